"""Places in courses for many members at once, as another system tells them.

Locks are taken as for one place: accounts, memberships, contracts, each by their ids.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from catalog.models import Course
from learners.learning import figures
from learners.learning.models import CourseRecord, Enrollment
from learners.learning.queries import enrolling
from learners.learning.refusals import Refusal
from learners.learning.sql import enrolling_many as sql
from learners.people.models import Membership
from orgs.models import Organization, User
from orgs.tenancy import org_transaction
from programs import queries as offers
from programs.models import Contract, Program

BATCH = 10_000


class Outcome(StrEnum):
    """What became of a row that was not refused."""

    ENROLLED = "enrolled"
    KNOWN = "known"
    UPDATED = "updated"


@dataclass(frozen=True, slots=True)
class Row:
    """A place in a course: from `enrolled_at`, until `left_at` if the learner left it. `class_start_at` is
    the same as `enrolled_at` where nothing else is said.
    """

    membership_id: int
    course_id: int
    enrolled_at: datetime
    class_start_at: datetime | None = None
    source: str = ""
    left_at: datetime | None = None


@dataclass(slots=True)
class _Place:
    """A place as it is going to be; `pk` where there is one, `row` where it is new, `ends` where it ends."""

    enrolled_at: datetime
    left_at: datetime | None
    pk: int | None = None
    row: Row | None = None
    ends: bool = False

    def is_of(self, row: Row) -> bool:
        """Whether the row speaks of this place: both began at one moment, or both were open at one."""
        if self.enrolled_at == row.enrolled_at:
            return True
        began_before_end = row.left_at is None or self.enrolled_at < row.left_at
        return began_before_end and (self.left_at is None or row.enrolled_at < self.left_at)


@dataclass(slots=True)
class _Known:
    """Everything that rows are judged by, read under the locks; `places`, `counted` and `credits` move on
    with each row.
    """

    organization: Organization
    today: date
    memberships: dict[int, Membership]
    programs: dict[int, Program]
    contracts: dict[int, Contract]
    courses: dict[int, Course]
    catalogs: set[tuple[int, int]]
    completed: set[tuple[int, int]]
    counted: dict[int, set[int]]
    credits: dict[int, int]
    places: dict[tuple[int, int], list[_Place]] = field(default_factory=dict)


def enroll_many(
    *, organization: Organization, rows: Sequence[Row], by: User | None
) -> list[Outcome | Refusal]:
    """Give members of the organization places in courses as of the moments the rows tell, at most `BATCH`
    in one transaction. Returns what became of each row, in their order.

    A row is known when the member has or had a place in that course that began at the same moment or was
    open at the same time; it costs nothing, and ends the place where the row says when it was left and the
    place is still open (`updated`). So rows may come again, and a stay in a course that ended before the
    next one began is a place of its own. Otherwise the rules of `enroll` hold, for the earliest rows first,
    with these differences: the contract's dates are asked on the organization's day of `enrolled_at`; what
    is no longer offered can have been enrolled in before today; a place that was left counts toward the
    limit only where the course is completed; and someone who was removed from the program is accepted for
    a place that was left by then, since they were a member at that time. A credit is taken for each new
    place, with a line in the ledger at its `enrolled_at`, never more than there are. A membership of another
    organization is not a member here.

    Raises ValueError for more than `BATCH` rows and for one that was left before it began, with nothing
    written. Who calls logs the import.
    """
    if len(rows) > BATCH:
        raise ValueError(f"At most {BATCH} rows at once.")
    if any(row.left_at is not None and row.left_at < row.enrolled_at for row in rows):
        raise ValueError("A course cannot be left before it is enrolled in.")
    if not rows:
        return []
    with org_transaction(organization), connection.cursor() as cursor:
        known = _hold(cursor, organization, rows)
        told: dict[int, Outcome | Refusal] = {}
        for number in sorted(range(len(rows)), key=lambda number: _turn(rows[number])):
            told[number] = _judge(known, rows[number])
        _write(cursor, [place for places in known.places.values() for place in places])
    return [told[number] for number in range(len(rows))]


def _turn(row: Row) -> tuple[datetime, int, int, bool]:
    return row.enrolled_at, row.membership_id, row.course_id, row.left_at is not None


def _hold(cursor: CursorWrapper, organization: Organization, rows: Sequence[Row]) -> _Known:
    """Lock the accounts, memberships and contracts; what the rows are judged by, read after that."""
    ours = Membership.objects.filter(
        organization=organization, pk__in={row.membership_id for row in rows}, person__user__isnull=False
    )
    users = sorted(set(ours.values_list("person__user", flat=True)))
    users = _lock(cursor, sql.HOLD_ACCOUNTS, {"users": users})
    _lock(cursor, sql.HOLD_MEMBERSHIPS, {"organization": organization.pk, "users": users})
    held = ours.filter(person__user__in=users).select_related("person")
    memberships = {membership.pk: membership for membership in held}
    contracts = {membership.contract_id for membership in memberships.values()}
    _lock(cursor, sql.HOLD_CONTRACTS, {"contracts": sorted(contracts)})
    return _read(organization, memberships, Contract.objects.in_bulk(contracts), rows)


def _lock(cursor: CursorWrapper, statement: str, values: dict[str, Any]) -> list[int]:
    cursor.execute(statement, values)
    return [pk for (pk,) in cursor.fetchall()]


def _read(
    organization: Organization,
    memberships: dict[int, Membership],
    contracts: dict[int, Contract],
    rows: Sequence[Row],
) -> _Known:
    programs = Program.objects.in_bulk({membership.program_id for membership in memberships.values()})
    courses = Course.objects.in_bulk({row.course_id for row in rows})
    limited = (pk for pk, one in memberships.items() if programs[one.program_id].enrollment_limit is not None)
    records = CourseRecord.objects.filter(
        user__in={membership.person.user_id for membership in memberships.values()},
        course__in=courses,
        completed_at__isnull=False,
    )
    known = _Known(
        organization=organization,
        today=timezone.localdate(timezone=organization.zone),
        memberships=memberships,
        programs=programs,
        contracts=contracts,
        courses=courses,
        catalogs=offers.in_catalogs(list(programs), list(courses)),
        completed=set(records.values_list("user", "course")),
        counted=enrolling.courses_counted(limited),
        credits={pk: one.left or 0 for pk, one in contracts.items() if one.kind == Contract.Kind.ENROLLMENTS},
    )
    places = Enrollment.objects.filter(membership__in=memberships, course__in=courses)
    for pk, membership, course, enrolled_at, left_at in places.values_list(
        "pk", "membership", "course", "enrolled_at", "left_at"
    ):
        known.places.setdefault((membership, course), []).append(_Place(enrolled_at, left_at, pk))
    return known


def _judge(known: _Known, row: Row) -> Outcome | Refusal:
    """What becomes of the row, noted in what is known for the rows after it."""
    membership = known.memberships.get(row.membership_id)
    if membership is None:
        return Refusal.NOT_A_MEMBER
    places = known.places.setdefault((row.membership_id, row.course_id), [])
    found = [place for place in places if place.is_of(row)]
    if found:
        return _again(known, membership, row, found)
    refusal = (
        _standing(known, membership, row)
        or _course(known, membership, row)
        or _dates(known, membership, row)
        or _room(known, membership, row)
    )
    if refusal is not None:
        return refusal
    places.append(_Place(row.enrolled_at, row.left_at, row=row))
    if row.membership_id in known.counted and _counts(known, membership, row):
        known.counted[row.membership_id].add(row.course_id)
    if membership.contract_id in known.credits:
        known.credits[membership.contract_id] -= 1
    return Outcome.ENROLLED


def _again(known: _Known, membership: Membership, row: Row, found: Iterable[_Place]) -> Outcome:
    still_open = next((place for place in found if place.left_at is None), None)
    if row.left_at is None or still_open is None:
        return Outcome.KNOWN
    still_open.left_at, still_open.ends = row.left_at, True
    if row.membership_id in known.counted and not _counts(known, membership, row):
        known.counted[row.membership_id].discard(row.course_id)
    return Outcome.UPDATED


def _counts(known: _Known, membership: Membership, row: Row) -> bool:
    """Whether the limit counts the place: current and completed ones."""
    return row.left_at is None or (membership.person.user_id, row.course_id) in known.completed


def _standing(known: _Known, membership: Membership, row: Row) -> Refusal | None:
    if not known.programs[membership.program_id].is_active:
        return Refusal.PROGRAM_REMOVED
    if membership.state == Membership.State.MEMBER:
        return None
    removed_at = membership.removed_at if membership.state == Membership.State.REMOVED else None
    was_in = removed_at is not None and row.left_at is not None and row.left_at <= removed_at
    return None if was_in else Refusal.NOT_A_MEMBER


def _course(known: _Known, membership: Membership, row: Row) -> Refusal | None:
    if (membership.program_id, row.course_id) not in known.catalogs:
        return Refusal.NOT_IN_CATALOG
    course = known.courses[row.course_id]
    if not course.is_offered and _day(known, row) >= known.today:
        return Refusal.NOT_OFFERED
    return None if course.version_id else Refusal.NO_CONTENT


def _dates(known: _Known, membership: Membership, row: Row) -> Refusal | None:
    contract, day = known.contracts[membership.contract_id], _day(known, row)
    if day < contract.starts_on:
        return Refusal.NOT_STARTED
    return Refusal.ENDED if day > contract.ends_on else None


def _room(known: _Known, membership: Membership, row: Row) -> Refusal | None:
    limit = known.programs[membership.program_id].enrollment_limit
    if limit is not None and _counts(known, membership, row):
        others = known.counted[row.membership_id] - {row.course_id}
        if len(others) >= limit:
            return Refusal.LIMIT
    return Refusal.NO_CREDITS if known.credits.get(membership.contract_id) == 0 else None


def _day(known: _Known, row: Row) -> date:
    return timezone.localdate(row.enrolled_at, timezone=known.organization.zone)


def _write(cursor: CursorWrapper, places: Sequence[_Place]) -> None:
    """Store what the rows changed, places that end before those that begin."""
    records: set[int] = set()
    if ended := [place for place in places if place.ends and place.pk is not None]:
        values: dict[str, Any] = {
            "places": [place.pk for place in ended],
            "ends": [place.left_at for place in ended],
        }
        records.update(_lock(cursor, sql.END, values))
    if new := [(place, place.row) for place in places if place.row is not None]:
        values = {
            "memberships": [row.membership_id for _, row in new],
            "courses": [row.course_id for _, row in new],
            "sources": [row.source for _, row in new],
            "starts": [row.enrolled_at for _, row in new],
            "class_starts": [row.class_start_at or row.enrolled_at for _, row in new],
            "ends": [place.left_at for place, _ in new],
        }
        cursor.execute(sql.RECORDS, values)
        records.update(_lock(cursor, sql.ENROLL, values))
        cursor.execute(sql.CHARGE, values)
    figures.settle(records=records)
