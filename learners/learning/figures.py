"""Keeping stored figures equal to the facts they follow from: of records, enrollments and memberships.

Locks, in this order everywhere: accounts, memberships, then rows beneath. What is locked is told in a new
statement, which sees what others committed meanwhile.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import connection, transaction

from learners.learning.sql import coursework, enrollments
from orgs.tenancy import site_transaction

HOLD_ACCOUNTS = """
select u.id from orgs_user u
where u.id in (select r.user_id from learners_courserecord r where {scope}) order by u.id for no key update"""


def settle(*, records: Collection[int]) -> None:
    """Tell these course records anew, and what hangs on them: lessons taken, the enrollments of every
    organization, specializations, the counters of memberships.

    Locks accounts and memberships. Only rows that differ are written. Items and learning time are told when
    facts are recorded.
    """
    if not records:
        return
    with site_transaction():
        _settle(coursework.RECORDS_OF, {"records": sorted(records)})


def count(*, memberships: Collection[int]) -> None:
    """Tell the counters of these memberships anew; they are locked already."""
    if not memberships:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            enrollments.MEMBERSHIPS.store(enrollments.MEMBERSHIPS_OF), {"memberships": sorted(memberships)}
        )


def _settle(scope: str, parameters: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(HOLD_ACCOUNTS.format(scope=scope), parameters)
        cursor.execute(enrollments.HELD.format(scope=scope), parameters)
        held = [pk for (pk,) in cursor.fetchall()]
        for told in (
            coursework.LESSONS,
            coursework.RECORDS,
            enrollments.ENROLLMENTS,
            enrollments.SPECIALIZATIONS,
        ):
            cursor.execute(told.store(scope), parameters)
    count(memberships=held)
