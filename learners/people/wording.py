"""The words of the invitation: a program's own, else its organization's, else the standard ones.

Plain paragraphs with tags that become each person's values. Nothing in them is markup.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from config.lib.text import one_line
from orgs.models import Organization
from programs.models import Program

SUBJECT_MAX = 78
MESSAGE_MAX = 3000
TAGS = ("LEARNER_NAME", "PROGRAM_NAME", "ORGANIZATION_NAME")
TAGS_SHOWN = ", ".join(f"[{tag}]" for tag in TAGS)
_TAG = re.compile(rf"\[({'|'.join(TAGS)})\]")
# What was meant as a tag: capitals, or words joined by underscores. “[see below]” is text.
_MEANT = re.compile(r"\[([A-Z][A-Z0-9_ ]+|[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+)\]")
_CONTROLS = re.compile(r"[\u0000-\u0008\u000b-\u001f\u007f]")
_PARAGRAPHS = re.compile(r"\n{2,}")


@dataclass(frozen=True)
class Wording:
    """A subject and a text, with tags."""

    subject: str
    message: str

    def subject_for(self, values: Mapping[str, str]) -> str:
        """The subject with this person's values, on one line."""
        return one_line(_filled(self.subject, values))

    def paragraphs_for(self, values: Mapping[str, str]) -> list[list[str]]:
        """The lines of each paragraph with this person's values: plain text, escaped where it is shown."""
        paragraphs = _PARAGRAPHS.split(self.message)
        return [[_filled(line, values) for line in paragraph.split("\n")] for paragraph in paragraphs]


def values(program: Program, name: str) -> dict[str, str]:
    """What the tags stand for, for one person of this name."""
    return {
        "LEARNER_NAME": one_line(name),
        "PROGRAM_NAME": one_line(program.name),
        "ORGANIZATION_NAME": one_line(program.organization.name),
    }


def tidy(subject: str, message: str) -> Wording:
    """What was typed, without controls, spaces at line ends and more than one empty line at a time."""
    text = _CONTROLS.sub("", message.replace("\r\n", "\n").replace("\r", "\n"))
    lines = "\n".join(line.rstrip() for line in text.split("\n")).strip()
    return Wording(one_line(subject, SUBJECT_MAX + 1), _PARAGRAPHS.sub("\n\n", lines))


def complaint(text: str) -> str:
    """A sentence about the first tag in the text that does not exist, or "" when all do."""
    unknown = next((tag for tag in _MEANT.findall(text) if tag not in TAGS), None)
    if unknown is None:
        return ""
    return _("There is no tag [%(tag)s]. Use %(known)s.") % {"tag": unknown, "known": TAGS_SHOWN}


def standard() -> Wording:
    """The words of an organization that wrote none, to begin from."""
    return Wording(
        _("[ORGANIZATION_NAME] invites you to [PROGRAM_NAME]"),
        _(
            "Hi [LEARNER_NAME],\n\n"
            "[ORGANIZATION_NAME] has invited you to the learning program [PROGRAM_NAME]. "
            "Your place is paid for.\n\n"
            "It takes a minute to join. You choose a course when you are ready."
        ),
    )


def own(place: Organization | Program) -> Wording | None:
    """What an organization or a program wrote itself."""
    if not place.invitation_message:
        return None
    return Wording(place.invitation_subject, place.invitation_message)


def written_for(program: Program) -> Wording | None:
    """What administrators wrote for the invitations of this program; None for the standard mail."""
    return own(program) or own(program.organization)


def inherited(place: Organization | Program) -> Wording:
    """What holds where nothing of its own is written."""
    above = own(place.organization) if isinstance(place, Program) else None
    return above or standard()


def _filled(text: str, given: Mapping[str, str]) -> str:
    """In one pass, so that a name that looks like a tag stays a name."""
    return _TAG.sub(lambda found: given[found[1]], text)
