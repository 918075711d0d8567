"""What a statement comes to once its learner, course and item are known: a fact, and perhaps a report."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID, uuid5

from learners.learning.facts import Fact, Report
from learners.learning.xapi.statements import Statement
from learners.learning.xapi.verbs import VERBS, Sense, Verb

# The space of the event ids that are told from statements.
EVENTS = UUID("0b6ff7c5-3b0f-5e0a-8f0e-5a4f6f1c9d27")
HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class ItemFound:
    """An item of the course's version; `pass_mark` is None where it is not scored."""

    pk: int
    pass_mark: Decimal | None


@dataclass(frozen=True, slots=True)
class Found:
    """Whom and what a statement is about; without an item it is about the course or part of it.

    `whole` says that its object is the course itself.
    """

    user_id: int
    course_id: int
    item: ItemFound | None
    whole: bool


def event_id(organization_id: int, statement_id: UUID) -> UUID:
    """The id under which a statement is counted: two organizations may use the same statement id."""
    return uuid5(EVENTS, f"{organization_id} {statement_id}")


def fact(statement: Statement, found: Found, organization_id: int) -> Fact:
    """What the learner did: an attempt where an assessment was scored, else an activity.

    The score is `scaled` × 100, or `raw` on the way from `min` (0) to `max`; below 0 counts as 0. `passed`
    without a score is the pass mark, `failed` without one is 0.
    """
    verb = VERBS[statement.verb]
    score = passed = None
    if found.item is not None and found.item.pass_mark is not None:
        score, passed = _attempt(statement, verb, found.item.pass_mark)
    return Fact(
        user_id=found.user_id,
        course_id=found.course_id,
        at=statement.at,
        kind=verb.kind,
        item_id=found.item.pk if found.item else None,
        event_id=event_id(organization_id, statement.id),
        score=score,
        passed=passed,
        completes=found.item is not None and verb.sense in (Sense.COMPLETED, Sense.PASSED),
    )


def report(statement: Statement, found: Found) -> Report | None:
    """What a statement about the whole course reports of it; None where it reports nothing."""
    sense = VERBS[statement.verb].sense
    if not found.whole or sense == Sense.ACTIVITY:
        return None
    graded = sense in (Sense.PASSED, Sense.FAILED, Sense.SCORED, Sense.COMPLETED)
    grade = percentage(statement.result.get("score", {})) if graded else None
    progress = _progress(statement.result) if sense == Sense.PROGRESSED else None
    is_completed = sense == Sense.COMPLETED or statement.result.get("completion") is True
    result = {Sense.PASSED: "passed", Sense.FAILED: "failed"}.get(sense, "")
    if grade is None and progress is None and not is_completed and not result:
        return None
    return Report(
        user_id=found.user_id,
        course_id=found.course_id,
        at=statement.at,
        progress=progress,
        grade=grade,
        completed_at=statement.at if is_completed else None,
        result=result,
    )


def percentage(score: dict[str, Any]) -> Decimal | None:
    """A score of xAPI as 0 to 100, or None where it says nothing that can be compared."""
    if "scaled" in score:
        return _bounded(Decimal(str(score["scaled"])) * 100)
    if "raw" in score and "max" in score:
        raw, low, high = (Decimal(str(score.get(name, 0))) for name in ("raw", "min", "max"))
        return _bounded((raw - low) * 100 / (high - low)) if high > low else None
    return None


def _attempt(statement: Statement, verb: Verb, pass_mark: Decimal) -> tuple[Decimal | None, bool | None]:
    score = percentage(statement.result.get("score", {}))
    if verb.sense == Sense.PASSED:
        return (pass_mark if score is None else score), True
    if verb.sense == Sense.FAILED:
        return (Decimal(0) if score is None else score), False
    if score is None or verb.sense not in (Sense.SCORED, Sense.COMPLETED):
        return None, None
    return score, bool(statement.result.get("success", score >= pass_mark))


def _progress(result: dict[str, Any]) -> Decimal | None:
    """The extension that ends with `progress`: 0 to 1 in the video profile, 0 to 100 in every other."""
    for name, value in result.get("extensions", {}).items():
        if name.endswith("progress") and isinstance(value, int | float) and not isinstance(value, bool):
            return _bounded(Decimal(str(value)) * (100 if "/video/" in name else 1))
    return None


def _bounded(value: Decimal) -> Decimal:
    return min(max(value, Decimal(0)), Decimal(100)).quantize(HUNDREDTH, ROUND_HALF_UP)
