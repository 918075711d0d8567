"""What `manage.py check --database default` reports about the database itself."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage
from django.core.checks import Warning as CheckWarning
from django.db import connections

LEAKPROOF = "alter function pg_catalog.textlike(text, text) leakproof"


def search_stays_fast(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Warn when `textlike` is not LEAKPROOF: under row security searching then goes past the index.

    The mark belongs to the database, is in no dump, and is lost by a restore or an upgrade.
    """
    return [message for alias in databases or () for message in _check(alias)]


def _check(alias: str) -> list[CheckMessage]:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "select proleakproof from pg_proc where oid = 'pg_catalog.textlike(text, text)'::regprocedure"
        )
        if cursor.fetchone()[0]:
            return []
    return [
        CheckWarning(
            f"Searching people is slow: textlike is not marked LEAKPROOF in the database “{alias}”.",
            hint=f"As a superuser, in that database: {LEAKPROOF};",
            id="orgs.W001",
        )
    ]
