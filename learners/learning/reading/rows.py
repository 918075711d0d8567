"""Rows of the files that tell attempts and events: from cells to drafts, or a sentence why not.

Pure: knows no database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from config.lib import emails
from learners.learning.models import Activity

# The space of the event ids that are told from rows.
EVENTS = UUID("6f6c1c3e-7a39-5b0c-9d55-2b3a4e8d7c10")
HUNDREDTH = Decimal("0.01")
# How far a clock elsewhere may be ahead of ours.
AHEAD = timedelta(minutes=10)
# Older moments are empty date fields of other systems (1899, 1970).
OLDEST = 1990
YES, NO = {"yes", "true", "1"}, {"no", "false", "0"}


class Kind(StrEnum):
    ATTEMPTS = "attempts"
    EVENTS = "events"


# Columns that a file must have; besides these `email` or `external_id`.
REQUIRED = {
    Kind.ATTEMPTS: ("course", "assessment", "submitted_at", "score"),
    Kind.EVENTS: ("course", "at"),
}


class Refused(ValueError):
    """The row, or the file, cannot be taken: the value at fault and one sentence why."""

    def __init__(self, value: str, reason: str) -> None:
        super().__init__(reason)
        self.value, self.reason = value, reason


@dataclass(frozen=True, slots=True)
class Draft:
    """What a row says, before it is known whom and what it means. With a score it is an attempt."""

    line: int
    email: str
    external_id: str
    course: str
    item: str
    at: datetime
    kind: Activity.Kind
    id: str = ""
    score: Decimal | None = None
    passed: bool | None = None

    @property
    def who(self) -> str:
        return self.email or self.external_id

    def event_id(self, organization_id: int, user_id: int) -> UUID:
        """The id under which the row counts once: from its own id, else from all that it says."""
        sort = Kind.EVENTS if self.score is None else Kind.ATTEMPTS
        if self.id:
            return uuid5(EVENTS, f"{organization_id} {sort} id {self.id}")
        said = (user_id, self.course, self.item, self.at.timestamp(), self.kind, self.score, self.passed)
        return uuid5(EVENTS, f"{organization_id} {sort} row " + "\x1f".join(map(str, said)))


def names(header: Sequence[str]) -> list[str]:
    """The names of the columns as they are compared. Raises Refused when one is there twice."""
    found = [cell.strip().lower().replace(" ", "_") for cell in header]
    for name in found:
        if name and found.count(name) > 1:
            raise Refused(name, f"The column {name} is there twice. Keep one of them.")
    return found


def guess(columns: Sequence[str]) -> Kind:
    """What a file with these columns tells. Raises Refused when none of its kinds fits."""
    for kind, required in REQUIRED.items():
        if set(required) <= set(columns):
            return kind
    raise Refused(
        ", ".join(columns),
        "These columns are neither those of attempts (course, assessment, submitted_at, score) nor those of "
        "events (course, at).",
    )


def check(columns: Sequence[str], kind: Kind) -> None:
    """Raises Refused when the file lacks a column that its kind needs."""
    missing = [name for name in REQUIRED[kind] if name not in columns]
    if missing:
        raise Refused(", ".join(missing), f"A file of {kind} needs the columns {', '.join(missing)}.")
    if "email" not in columns and "external_id" not in columns:
        raise Refused("", "The file needs the column email or external_id.")


def draft(kind: Kind, line: int, cells: Mapping[str, str], *, zone: ZoneInfo, now: datetime) -> Draft:
    """What the row says; moments without a zone are in `zone`. Raises Refused."""
    values = {name: cell.replace("\x00", "").strip() for name, cell in cells.items()}
    email, external_id = emails.normalize(values.get("email", "")), values.get("external_id", "")
    if not email and not external_id:
        raise Refused("", "There is neither an email nor an external_id.")
    course = _needed(values, "course")
    if kind == Kind.EVENTS:
        at = _moment(_needed(values, "at"), zone, now)
        sort = _kind(values.get("kind", ""))
        return Draft(line, email, external_id, course, values.get("item", ""), at, sort, values.get("id", ""))
    return Draft(
        line,
        email,
        external_id,
        course,
        item=_needed(values, "assessment"),
        at=_moment(_needed(values, "submitted_at"), zone, now),
        kind=Activity.Kind.ANSWERED,
        id=values.get("id", ""),
        score=_score(_needed(values, "score")),
        passed=_verdict(values.get("passed", "")),
    )


def _needed(values: Mapping[str, str], name: str) -> str:
    value = values.get(name, "")
    if not value:
        raise Refused("", f"The {name} is missing.")
    return value


def _moment(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(text, "This is not an ISO 8601 date, such as 2026-03-02T09:30.") from error
    if at.year < OLDEST:
        raise Refused(text, f"This date lies before {OLDEST}.")
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    if at > now + AHEAD:
        raise Refused(text, "This date lies in the future.")
    return at


def _score(text: str) -> Decimal:
    try:
        score = Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise Refused(text, "The score is not a number.") from error
    if not score.is_finite() or not 0 <= score <= 100:
        raise Refused(text, "The score is not a number from 0 to 100.")
    return score.quantize(HUNDREDTH, ROUND_HALF_UP)


def _verdict(text: str) -> bool | None:
    if text and text.lower() not in YES | NO:
        raise Refused(text, "The column passed says neither yes nor no.")
    return text.lower() in YES if text else None


def _kind(text: str) -> Activity.Kind:
    try:
        return Activity.Kind(text.lower().replace(" ", "_") or Activity.Kind.OTHER)
    except ValueError as error:
        raise Refused(
            text, f"This kind is not known. There are: {', '.join(Activity.Kind.values)}."
        ) from error
