"""The query string of a request for statements: each parameter checked, those not offered refused."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core import signing

from learners.learning.xapi import reading, statements, validation
from learners.learning.xapi.validation import Invalid

LIMIT, MOST = 100, 500
SALT = "learners.learning.api.statements"
FILTERS = ("agent", "verb", "activity", "registration", "since", "until", "limit", "ascending", "cursor")
ONE = ("statementId", "voidedStatementId")
# Accepted where they ask for nothing else than what is done anyway.
FIXED = {
    "attachments": "false",
    "format": "exact",
    "related_activities": "false",
    "related_agents": "false",
}
Position = tuple[datetime, int]
Query = Mapping[str, str]


@dataclass(frozen=True)
class Wanted:
    """What a request for a list asks for; `filters` are conditions on the rows."""

    filters: dict[str, Any]
    ascending: bool
    limit: int
    after: Position | None


def statement_id(query: Query, name: str) -> UUID | None:
    """The id in this parameter, None without it. Raises Invalid when others come with it."""
    if name not in query:
        return None
    others = sorted(query.keys() - {name, "attachments", "format"})
    if others:
        raise Invalid(f"{name} comes alone, without {', '.join(others)}.")
    _refuse_unknown(query)
    return _uuid(query, name)


def wanted(query: Query) -> Wanted:
    """The list that a query string asks for. Raises Invalid for what is unknown, broken or not offered."""
    _refuse_unknown(query)
    filters: dict[str, Any] = {}
    if "agent" in query:
        with _naming("agent"):
            actor = reading.loads(query["agent"])
            validation.check_actor(actor)
        agent = statements.agent(actor)
        filters["actor"] = agent.digest if agent else ""
    for name in ("verb", "activity"):
        if name in query:
            filters[name] = query[name].replace("\0", "")
    if "registration" in query:
        filters["body__context__registration"] = str(_uuid(query, "registration"))
    if "since" in query:
        filters["stored_at__gt"] = _moment(query, "since")
    if "until" in query:
        filters["stored_at__lte"] = _moment(query, "until")
    if query.get("ascending", "false") not in ("true", "false"):
        raise Invalid("ascending: is neither true nor false.")
    return Wanted(filters, query.get("ascending") == "true", _limit(query), _cursor(query))


def cursor(position: Position) -> str:
    """A place in a list, signed so that nobody writes one by hand."""
    stored_at, pk = position
    return signing.dumps([stored_at.isoformat(), pk], salt=SALT)


def _refuse_unknown(query: Query) -> None:
    for name, value in query.items():
        if name in FIXED and value != FIXED[name]:
            raise Invalid(f"{name}={value} is not offered here; leave it out.")
        if name not in (*FILTERS, *ONE, *FIXED):
            raise Invalid(f"{name}: is no parameter of this address.")


def _uuid(query: Query, name: str) -> UUID:
    if not validation.UUID_FORM.fullmatch(query[name]):
        raise Invalid(f"{name}: {query[name][:80]!r} is not a UUID.")
    return UUID(query[name])


def _moment(query: Query, name: str) -> datetime:
    # A plus sign that was not encoded comes as a space.
    value = query[name].replace(" ", "+") if "T" in query[name] else query[name]
    validation.check_moment(value, name)
    return datetime.fromisoformat(value)


def _limit(query: Query) -> int:
    value = query.get("limit", str(LIMIT))
    if not (value.isascii() and value.isdecimal()) or len(value) > 9:
        raise Invalid("limit: is not a whole number from 0.")
    # 0 asks for as many as there may be.
    return min(int(value) or MOST, MOST)


def _cursor(query: Query) -> Position | None:
    if "cursor" not in query:
        return None
    try:
        stored_at, pk = signing.loads(query["cursor"], salt=SALT)
    except signing.BadSignature as error:
        raise Invalid("cursor: follow the address in `more` as it is.") from error
    return datetime.fromisoformat(stored_at), pk


@contextmanager
def _naming(name: str) -> Iterator[None]:
    try:
        yield
    except Invalid as invalid:
        raise Invalid(f"{name}: {invalid.text}") from invalid
