"""Learning time: keeping the spans equal to what all activities add up to."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection

from learners.learning.sql import spans

GAP = timedelta(minutes=60)
Stretch = tuple[int, datetime, datetime]


def recount(*, moments: Iterable[tuple[int, datetime]]) -> set[int]:
    """Bring the spans up to date after new activities of these accounts at these moments, in any order.
    Returns the course records whose time may have changed: those of other courses of a session too.

    Only the whole sessions around them are read and only spans that differ are written; the result equals
    that of `rebuild`. The accounts are locked and the activities stored.
    """
    stretches = _stretches(moments)
    if not stretches:
        return set()
    users, firsts, lasts = zip(*stretches, strict=True)
    parameters = {"users": list(users), "firsts": list(firsts), "lasts": list(lasts)}
    with connection.cursor() as cursor:
        cursor.execute(spans.AROUND.store(""), parameters)
        cursor.execute(spans.RECORDS_AROUND, parameters)
        return {record for (record,) in cursor.fetchall()}


def rebuild(*, low: int, high: int) -> None:
    """Tell the spans of the accounts in this range of ids anew from all their activities, in one pass. The
    accounts are locked. Only spans that differ are written.
    """
    with connection.cursor() as cursor:
        cursor.execute(spans.WHOLE.store(spans.ACCOUNTS_OF_RUN), {"low": low, "high": high})


def _stretches(moments: Iterable[tuple[int, datetime]]) -> Sequence[Stretch]:
    """Moments of one account that no gap parts, as one."""
    found: list[Stretch] = []
    for user, at in sorted(moments):
        if found and found[-1][0] == user and at - found[-1][2] <= GAP:
            found[-1] = (user, found[-1][1], at)
        else:
            found.append((user, at, at))
    return found
