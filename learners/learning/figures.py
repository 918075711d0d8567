"""Keeping stored figures equal to the facts they follow from: of records, enrollments and memberships.

Locks, in this order everywhere: accounts, memberships, then rows beneath. What is locked is told in a new
statement, which sees what others committed meanwhile.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from learners.learning import time
from learners.learning.sql import coursework, enrollments
from learners.learning.sql.told import Told
from orgs.tenancy import site_transaction

HOLD_ACCOUNTS = """
select u.id from orgs_user u
where u.id in (select r.user_id from learners_courserecord r where {scope}) order by u.id for no key update"""
HOLD_RUN = "select id from {table} where id between %(low)s and %(high)s order by id for no key update"
# As many accounts, or memberships, as are told in one transaction of a rebuild.
RUN = 50_000
RUNS = """
select min(id), max(id) from (select id, (row_number() over (order by id) - 1) / {run} as run from {table}) t
group by run order by run"""
# Whole tables are read: nothing for the limits of a page.
LIMITS = "set local statement_timeout = 0; set local work_mem = '128MB'"
# In the order in which they follow from each other.
AFTER_ITEMS = (
    coursework.LESSONS,
    coursework.RECORDS,
    enrollments.ENROLLMENTS,
    enrollments.SPECIALIZATIONS,
)


def settle(*, records: Collection[int]) -> None:
    """Tell these course records anew, and what hangs on them: lessons taken, the enrollments of every
    organization, specializations, the counters of memberships.

    Locks accounts and memberships. Only rows that differ are written. Items and learning time are told when
    facts are recorded.
    """
    if not records:
        return
    with site_transaction(), connection.cursor() as cursor:
        scope, parameters = coursework.RECORDS_OF, {"records": sorted(records)}
        cursor.execute(HOLD_ACCOUNTS.format(scope=scope), parameters)
        cursor.execute(enrollments.HELD.format(scope=scope), parameters)
        held = [pk for (pk,) in cursor.fetchall()]
        _store(cursor, AFTER_ITEMS, scope, parameters)
        count(memberships=held)


def count(*, memberships: Collection[int]) -> None:
    """Tell the counters of these memberships anew; they are locked already."""
    if not memberships:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        _store(
            cursor,
            (enrollments.MEMBERSHIPS,),
            enrollments.MEMBERSHIPS_OF,
            {"memberships": sorted(memberships)},
        )


def rebuild() -> None:
    """Tell every figure of every account and membership anew from activities, attempts and reports.

    In transactions of `RUN` accounts each; what comes in meanwhile waits for its account and is kept. Only
    rows that differ are written.
    """
    scope = coursework.RECORDS_OF_RUN
    for cursor, run in _runs("orgs_user"):
        _store(cursor, (coursework.ITEMS,), scope, run)
        time.rebuild(**run)
        cursor.execute(enrollments.HELD.format(scope=scope), run)
        _store(cursor, AFTER_ITEMS, scope, run)
    for cursor, run in _runs("learners_membership"):
        _store(cursor, (enrollments.MEMBERSHIPS,), enrollments.MEMBERSHIPS_OF_RUN, run)


def _runs(table: str) -> Iterator[tuple[CursorWrapper, dict[str, int]]]:
    """Ranges of ids that hold `RUN` rows each, locked, each in a transaction of its own."""
    with connection.cursor() as cursor:
        cursor.execute(RUNS.format(run=RUN, table=table))
        ranges = cursor.fetchall()
    for low, high in ranges:
        with site_transaction(), connection.cursor() as cursor:
            run = {"low": low, "high": high}
            cursor.execute(LIMITS)
            cursor.execute(HOLD_RUN.format(table=table), run)
            yield cursor, run


def _store(cursor: CursorWrapper, figures: Sequence[Told], scope: str, parameters: Mapping[str, Any]) -> None:
    for told in figures:
        cursor.execute(told.store(scope), parameters)
