"""What learners did, here or elsewhere, comes in: facts are added, reports say how far someone is."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.backends.utils import CursorWrapper

from learners.learning import figures, time
from learners.learning.facts import Fact, Report
from learners.learning.sql import recording
from orgs.models import User
from orgs.tenancy import site_transaction

BATCH = 10_000
Records = dict[tuple[int, int], int]


@dataclass(frozen=True)
class Recorded:
    """How many facts were new, and how many had come in before."""

    new: int
    known: int


def record(*, facts: Collection[Fact], by: User | None) -> Recorded:
    """Add these facts, at most `BATCH`, and tell every figure that follows from them, in one transaction.

    It does not matter in which order facts come, in which batches, or how often those with an `event_id`
    do. Each account has a record of the course, since it enrolled; raises ValueError otherwise, with nothing
    written. What is told of items of another version than the record's counts for time only.
    """
    once = _once(facts)
    if len(once) > BATCH:
        raise ValueError(f"At most {BATCH} facts at once.")
    if not once:
        return Recorded(new=0, known=len(facts))
    with site_transaction(), connection.cursor() as cursor:
        records = _hold(cursor, once)
        new = _append(cursor, once, records)
        if new:
            cursor.execute(recording.ITEMS, _columns(new, records))
            around = time.recount(moments=((fact.user_id, fact.at) for fact in new))
            figures.settle(records=around | {records[fact.user_id, fact.course_id] for fact in new})
    return Recorded(new=len(new), known=len(facts) - len(new))


def report(*, reports: Collection[Report], by: User | None) -> None:
    """Note how far accounts are in courses that they take elsewhere, and tell what follows from it.

    Of several reports, in whatever order they come, the newest counts for each of progress, grade and
    result, the earliest for completion and confirmed identity. Each account has a record of the course;
    raises ValueError otherwise, with nothing written.
    """
    if not reports:
        return
    with site_transaction(), connection.cursor() as cursor:
        records = _hold(cursor, reports)
        cursor.execute(
            recording.REPORTS,
            {
                "records": [records[said.user_id, said.course_id] for said in reports],
                "moments": [said.at for said in reports],
                "progress": [said.progress for said in reports],
                "grades": [said.grade for said in reports],
                "results": [said.result for said in reports],
                "completions": [said.completed_at for said in reports],
                "verified": [said.verified for said in reports],
            },
        )
        figures.settle(records=set(records.values()))


def _once(facts: Iterable[Fact]) -> list[Fact]:
    """Facts of one event count once."""
    return list({fact.event_id or place: fact for place, fact in enumerate(facts)}.values())


def _hold(cursor: CursorWrapper, told: Collection[Fact] | Collection[Report]) -> Records:
    """Lock the accounts; the id of each one's record of each course."""
    pairs = sorted({(one.user_id, one.course_id) for one in told})
    users, courses = (list(column) for column in zip(*pairs, strict=True))
    cursor.execute(recording.HOLD_ACCOUNTS, {"users": sorted(set(users))})
    cursor.execute(recording.RECORDS, {"users": users, "courses": courses})
    records = {(user, course): pk for user, course, pk in cursor.fetchall()}
    if missing := [pair for pair in pairs if pair not in records]:
        raise ValueError("Account {} has no record of course {}.".format(*missing[0]))
    return records


def _append(cursor: CursorWrapper, facts: Sequence[Fact], records: Records) -> list[Fact]:
    """Store what is new; those facts."""
    cursor.execute(recording.ACTIVITIES, _columns(facts, records))
    stored = {event for (event,) in cursor.fetchall()}
    new = [fact for fact in facts if fact.event_id is None or fact.event_id in stored]
    if any(fact.is_attempt for fact in new):
        cursor.execute(recording.ATTEMPTS, _columns(new, records))
    return new


def _columns(facts: Sequence[Fact], records: Records) -> dict[str, list]:
    return {
        "users": [fact.user_id for fact in facts],
        "courses": [fact.course_id for fact in facts],
        "records": [records[fact.user_id, fact.course_id] for fact in facts],
        "items": [fact.item_id for fact in facts],
        "kinds": [fact.kind.value for fact in facts],
        "moments": [fact.at for fact in facts],
        "events": [fact.event_id for fact in facts],
        "points": [fact.points for fact in facts],
        "passed": [fact.passed for fact in facts],
        "completes": [fact.completes for fact in facts],
    }
