"""The verbs that count, in one place. A statement with any other is kept and not counted."""

from dataclasses import dataclass
from enum import Enum, auto

from learners.learning.models import Activity

ADL = "http://adlnet.gov/expapi/verbs/"
CMI5 = "https://w3id.org/xapi/adl/verbs/"
VIDEO = "https://w3id.org/xapi/video/verbs/"
TINCAN = "http://id.tincanapi.com/verb/"
STREAMS = "http://activitystrea.ms/schema/1.0/"
Kind = Activity.Kind


class Sense(Enum):
    """What a verb says beyond that something was done."""

    ACTIVITY = auto()
    COMPLETED = auto()
    PASSED = auto()
    FAILED = auto()
    SCORED = auto()
    PROGRESSED = auto()


@dataclass(frozen=True, slots=True)
class Verb:
    """How the activity is called in the learner's history, and what else it says."""

    kind: Kind
    sense: Sense = Sense.ACTIVITY


VERBS: dict[str, Verb] = {
    **{
        f"{ADL}{name}": verb
        for name, verb in {
            "initialized": Verb(Kind.OPENED),
            "launched": Verb(Kind.OPENED),
            "resumed": Verb(Kind.OPENED),
            "experienced": Verb(Kind.READ),
            "interacted": Verb(Kind.OTHER),
            "suspended": Verb(Kind.OTHER),
            "terminated": Verb(Kind.OTHER),
            "exited": Verb(Kind.OTHER),
            "progressed": Verb(Kind.OTHER, Sense.PROGRESSED),
            "asked": Verb(Kind.DISCUSSED),
            "commented": Verb(Kind.DISCUSSED),
            "responded": Verb(Kind.DISCUSSED),
            "shared": Verb(Kind.DISCUSSED),
            "attempted": Verb(Kind.ANSWERED, Sense.SCORED),
            "answered": Verb(Kind.ANSWERED, Sense.SCORED),
            "scored": Verb(Kind.ANSWERED, Sense.SCORED),
            "passed": Verb(Kind.ANSWERED, Sense.PASSED),
            "mastered": Verb(Kind.ANSWERED, Sense.PASSED),
            "failed": Verb(Kind.ANSWERED, Sense.FAILED),
            "completed": Verb(Kind.COMPLETED, Sense.COMPLETED),
        }.items()
    },
    f"{CMI5}satisfied": Verb(Kind.COMPLETED, Sense.COMPLETED),
    f"{CMI5}abandoned": Verb(Kind.OTHER),
    f"{VIDEO}played": Verb(Kind.WATCHED),
    f"{VIDEO}paused": Verb(Kind.WATCHED),
    f"{VIDEO}seeked": Verb(Kind.WATCHED),
    f"{TINCAN}viewed": Verb(Kind.READ),
    f"{TINCAN}downloaded": Verb(Kind.OTHER),
    f"{STREAMS}open": Verb(Kind.OPENED),
    f"{STREAMS}watch": Verb(Kind.WATCHED),
    f"{STREAMS}read": Verb(Kind.READ),
    f"{STREAMS}submit": Verb(Kind.HANDED_IN),
    f"{STREAMS}complete": Verb(Kind.COMPLETED, Sense.COMPLETED),
}
