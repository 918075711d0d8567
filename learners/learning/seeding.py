"""Writing much invented coursework at once, for the demo: facts by COPY, enrollments set by set.

Nothing here asks whether it may: whoever calls makes up consistent rows, in whole seconds since 1970. The
figures are left as they are; `learners.learning.actions` tells them from these facts. Run it inside a
transaction, with the wall open: coursework belongs to accounts, whatever organization they learn in.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import islice
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.sql import SQL, Identifier

# Learners at a time: some hundred thousand facts, so that memory stays flat.
BATCH = 5_000
DAY = 86_400
EPOCH = date(1970, 1, 1).toordinal()


@dataclass(slots=True)
class SeedItem:
    """How far a learner is with one item, told by the attempts at it if there are any."""

    started_at: int
    completed_at: int | None = None
    attempts: int = 0
    best_score: float | None = None
    passed_at: int | None = None


@dataclass(slots=True)
class SeedAttempt:
    item_id: int
    submitted_at: int
    score: float
    passed: bool


@dataclass(slots=True)
class SeedRecord:
    """One account's work in one course. `activities` are (item or None, kind, moment, completes the item)."""

    course_id: int
    version_id: int
    created_at: int
    completed_at: int | None = None
    verified_at: int | None = None
    items: dict[int, SeedItem] = field(default_factory=dict)
    attempts: list[SeedAttempt] = field(default_factory=list)
    activities: list[tuple[int | None, str, int, bool]] = field(default_factory=list)


@dataclass(slots=True)
class SeedPlace:
    """A member's place in a course, of which there is a record, or in a specialization."""

    organization_id: int
    program_id: int
    membership_id: int
    contract_id: int
    collection_id: int | None
    source: str
    enrolled_at: int
    left_at: int | None = None
    left_reason: str = ""
    record: SeedRecord | None = None
    session_id: int | None = None
    class_start_at: int | None = None
    specialization_id: int | None = None


@dataclass(slots=True)
class SeedLearner:
    """One account's coursework and the places it has in courses and specializations."""

    user_id: int
    records: list[SeedRecord] = field(default_factory=list)
    places: list[SeedPlace] = field(default_factory=list)


TABLES = [
    *("learners_courserecord", "learners_itemprogress", "learners_attempt", "learners_activity"),
    *("learners_learningspan", "learners_lessontaken", "learners_enrollment"),
]
FOREIGN_KEYS = """
select c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid) from pg_constraint c
where c.contype = 'f' and c.conrelid::regclass::text = any(%s) order by 1, 2"""
PLACED = (
    "organization_id, program_id, membership_id, contract_id, collection_id, source, enrolled_at, left_at, "
    "left_reason"
)
STAGING = """
create temporary table seed_place (
  n bigint, organization_id bigint, program_id bigint, membership_id bigint, contract_id bigint,
  collection_id bigint, source text, enrolled_at timestamptz, left_at timestamptz, left_reason text,
  record_id bigint, course_id bigint, session_id bigint, class_start_at timestamptz,
  specialization_id bigint) on commit drop"""
RECORD_IDS = """
select nextval(pg_get_serial_sequence('learners_courserecord', 'id')) from generate_series(1, %s)"""
COPY_RECORDS = """
copy learners_courserecord (id, user_id, course_id, version_id, created_at, completed_at, verified_at)
from stdin"""
COPY_ITEMS = """
copy learners_itemprogress (record_id, item_id, started_at, completed_at, attempts, best_score, passed_at)
from stdin"""
COPY_ATTEMPTS = "copy learners_attempt (record_id, item_id, submitted_at, score, passed) from stdin"
COPY_ACTIVITIES = "copy learners_activity (user_id, course_id, item_id, kind, at, completes) from stdin"
COPY_PLACES = f"""
copy seed_place (n, {PLACED}, record_id, course_id, session_id, class_start_at, specialization_id)
from stdin"""
# The only thing put in is our own list of columns.
STEPS = (
    f"""
    insert into learners_enrollment ({PLACED}, record_id, course_id, session_id, class_start_at)
    select {PLACED}, record_id, course_id, session_id, class_start_at from seed_place
    where record_id is not null order by n""",  # noqa: S608
    f"""
    insert into learners_specializationenrollment ({PLACED}, specialization_id)
    select {PLACED}, specialization_id from seed_place where specialization_id is not null
    order by n""",  # noqa: S608
    "truncate seed_place",
)
# Each enrollment in a course under an enrollments contract is charged, once and for good.
CHARGE = """
insert into learners_licenceledger (organization_id, contract_id, membership_id, delta, reason, at)
select e.organization_id, e.contract_id, e.membership_id, 1, 'enrolled', e.enrolled_at
from learners_enrollment e join programs_contract c on c.id = e.contract_id
where c.kind = 'enrollments' and c.organization_id = any(%(organizations)s) order by e.enrolled_at, e.id"""
TAKEN = """
update programs_contract c set taken = n.charged from (
  select contract_id, count(*) as charged from learners_enrollment
  where organization_id = any(%(organizations)s) group by contract_id) n
where n.contract_id = c.id and c.kind = 'enrollments'"""
# Seconds of a day as COPY reads them; a day is put before each.
_CLOCK = [f" {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}+00" for second in range(DAY)]
NULL = r"\N"


@contextmanager
def keys_checked_at_once() -> Iterator[None]:
    """Check the foreign keys of coursework once at the end instead of row by row, which would take most of
    the time. Nobody else reaches these tables until the transaction ends.
    """
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute(FOREIGN_KEYS, [TABLES])
        keys = cursor.fetchall()
        for table, name, _definition in keys:
            cursor.execute(
                SQL("alter table {} drop constraint {}").format(Identifier(table), Identifier(name))
            )
        yield
        for table, name, definition in keys:
            add = SQL("alter table {} add constraint {} ").format(Identifier(table), Identifier(name))
            cursor.execute(add + SQL(definition))
        cursor.execute("set constraints all deferred")


def write(learners: Iterable[SeedLearner], organization_ids: Collection[int]) -> int:
    """Write the coursework and places of these accounts, which have none yet, then charge the contracts of
    these organizations. Returns how many enrollments; memory stays flat however many there are.
    """
    enrollments = 0
    rows = iter(learners)
    with connection.cursor() as cursor:
        cursor.execute(STAGING)
        while batch := list(islice(rows, BATCH)):
            _copy(cursor, batch)
            enrollments += sum(place.record is not None for learner in batch for place in learner.places)
            for step in STEPS:
                cursor.execute(step)
        cursor.execute("drop table seed_place")
        values = {"organizations": list(organization_ids)}
        cursor.execute(CHARGE, values)
        cursor.execute(TAKEN, values)
    return enrollments


def settle() -> None:
    """After writing: let the planner learn what is there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "analyze learners_courserecord, learners_itemprogress, learners_attempt, learners_activity, "
            "learners_enrollment, learners_specializationenrollment, learners_licenceledger, "
            "programs_contract"
        )


def _copy(cursor: CursorWrapper, batch: Sequence[SeedLearner]) -> None:
    records = [(learner.user_id, record) for learner in batch for record in learner.records]
    cursor.execute(RECORD_IDS, [len(records)])
    numbered = [
        (pk, user_id, record) for (pk,), (user_id, record) in zip(cursor.fetchall(), records, strict=True)
    ]
    for statement, lines in (
        (COPY_RECORDS, _record_lines(numbered)),
        (COPY_ITEMS, _item_lines(numbered)),
        (COPY_ATTEMPTS, _attempt_lines(numbered)),
        (COPY_ACTIVITIES, _activity_lines(numbered)),
        (COPY_PLACES, _place_lines(batch, {id(record): pk for pk, _user_id, record in numbered})),
    ):
        with cursor.copy(statement) as copy:
            while part := "".join(islice(lines, 10_000)):
                copy.write(part)


Numbered = Sequence[tuple[int, int, SeedRecord]]


def _record_lines(numbered: Numbered) -> Iterator[str]:
    for pk, user_id, record in numbered:
        yield (
            f"{pk}\t{user_id}\t{record.course_id}\t{record.version_id}\t{_time(record.created_at)}\t"
            f"{_time(record.completed_at)}\t{_time(record.verified_at)}\n"
        )


def _item_lines(numbered: Numbered) -> Iterator[str]:
    for pk, _user_id, record in numbered:
        for item_id, item in record.items.items():
            best = NULL if item.best_score is None else f"{item.best_score:.2f}"
            yield (
                f"{pk}\t{item_id}\t{_time(item.started_at)}\t{_time(item.completed_at)}\t{item.attempts}\t"
                f"{best}\t{_time(item.passed_at)}\n"
            )


def _attempt_lines(numbered: Numbered) -> Iterator[str]:
    for pk, _user_id, record in numbered:
        for attempt in record.attempts:
            passed = "t" if attempt.passed else "f"
            yield f"{pk}\t{attempt.item_id}\t{_time(attempt.submitted_at)}\t{attempt.score:.2f}\t{passed}\n"


def _activity_lines(numbered: Numbered) -> Iterator[str]:
    for _pk, user_id, record in numbered:
        start = f"{user_id}\t{record.course_id}\t"
        for item_id, kind, at, completes in record.activities:
            yield f"{start}{_id(item_id)}\t{kind}\t{_time(at)}\t{'t' if completes else 'f'}\n"


def _place_lines(batch: Sequence[SeedLearner], ids: dict[int, int]) -> Iterator[str]:
    n = 0
    for learner in batch:
        for place in learner.places:
            n += 1
            values: tuple[Any, ...] = (
                *(n, place.organization_id, place.program_id, place.membership_id, place.contract_id),
                *(_id(place.collection_id), _text(place.source)),
                *(_time(place.enrolled_at), _time(place.left_at), place.left_reason),
                *((ids[id(place.record)], place.record.course_id) if place.record else (NULL, NULL)),
                *(_id(place.session_id), _time(place.class_start_at), _id(place.specialization_id)),
            )
            yield "\t".join(map(str, values)) + "\n"


def _id(pk: int | None) -> str:
    return NULL if pk is None else str(pk)


def _text(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _time(moment: int | None) -> str:
    """The moment as COPY reads it, put together of a day and a second, each written once."""
    if moment is None:
        return NULL
    day, second = divmod(moment, DAY)
    return _day(day) + _CLOCK[second]


@cache
def _day(number: int) -> str:
    return date.fromordinal(EPOCH + number).isoformat()
