"""Statements of xAPI: whom and what they are about, and those that are kept."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.models import Item
from config.lib import emails
from learners.learning.models import XapiStatement
from learners.learning.queries import recognizing
from learners.learning.queries.recognizing import Place, Standing
from learners.learning.xapi.meaning import Found, ItemFound
from learners.learning.xapi.statements import Agent, Statement
from learners.learning.xapi.verbs import VERBS
from orgs.models import Organization

Outcome = XapiStatement.Outcome


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of a statement: counted for `found`, or kept for the reason that `outcome` names."""

    statement: Statement
    outcome: Outcome
    user_id: int | None = None
    found: Found | None = None


def judge(organization: Organization, statements: Sequence[Statement]) -> list[Judged]:
    """Find learner, course and item of each. A handful of queries, however many statements there are.

    The learner is a person of the organization with an account, known by a confirmed address, by the
    address the organization has, or by External ID; the course is the object itself, a parent or grouping,
    or the only one that has the object among its items. It counts for those whom the organization had
    enrolled in the course and who had not left it by then.
    """
    known = [statement for statement in statements if statement.verb in VERBS]
    users = accounts(organization, {statement.agent for statement in statements if statement.agent})
    places = _places(known)
    held = recognizing.standings(organization, users.values(), {place.course_id for place in places.values()})
    names = {name for statement in known if statement.id in places for name in _names(statement, places)}
    items = recognizing.items({standing.version_id for standing in held.values()}, names)
    return [_judge(statement, users, places, held, items) for statement in statements]


def accounts(organization: Organization, agents: Collection[Agent]) -> dict[Agent, int]:
    """The accounts of those agents who are people of the organization. The name of an account elsewhere is
    an External ID here, or an address.
    """
    named = {agent.value for agent in agents if agent.kind == "account"}
    addresses = {emails.normalize(agent.value) for agent in agents if agent.kind in ("account", "mbox")}
    by_email = recognizing.accounts_by_email(organization, addresses)
    by_external_id = recognizing.accounts_by_external_id(organization, named)
    hashed = {agent.value for agent in agents if agent.kind == "mbox_sha1sum"}
    by_sha1 = recognizing.accounts_by_sha1(organization, hashed) if hashed else {}
    found = {}
    for agent in agents:
        address = by_email.get(emails.normalize(agent.value))
        if agent.kind == "account":
            found[agent] = by_external_id.get(agent.value, address)
        elif agent.kind == "mbox":
            found[agent] = address
        elif agent.kind == "mbox_sha1sum":
            found[agent] = by_sha1.get(agent.value)
    return {agent: user_id for agent, user_id in found.items() if user_id is not None}


def listed(organization: Organization) -> QuerySet[XapiStatement]:
    """The organization's statements that nobody has voided. A voiding statement cannot be voided."""
    return XapiStatement.objects.filter(~Q(voids=None) | ~_voided(organization), organization=organization)


def find(organization: Organization, statement_id: UUID, *, voided: bool) -> XapiStatement | None:
    """The statement with this id: one that was voided when `voided`, else one that was not."""
    rows = XapiStatement.objects.filter(_voided(organization), voids=None) if voided else listed(organization)
    return rows.filter(organization=organization, statement_id=statement_id).first()


def page(
    organization: Organization,
    filters: dict[str, Any],
    *,
    ascending: bool,
    after: tuple[datetime, int] | None,
    limit: int,
) -> list[XapiStatement]:
    """The next `limit` statements beyond a place in the list, by the time they were stored."""
    rows = listed(organization).filter(**filters).select_related("organization")
    if after is not None:
        stored_at, pk = after
        sign = "gt" if ascending else "lt"
        beyond = Q(**{f"stored_at__{sign}": stored_at}) | Q(stored_at=stored_at, **{f"pk__{sign}": pk})
        rows = rows.filter(beyond)
    order = ("stored_at", "pk") if ascending else ("-stored_at", "-pk")
    return list(rows.order_by(*order)[:limit])


def consistent_through() -> datetime:
    """The moment up to which all that was stored can be read: when the oldest transaction at work began."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(min(xact_start), now()) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]


def _voided(organization: Organization) -> Exists:
    return Exists(XapiStatement.objects.filter(organization=organization, voids=OuterRef("statement_id")))


def _places(statements: Sequence[Statement]) -> dict[UUID, Place]:
    """Of each statement the first course that it names; of its places only the course counts."""
    addresses = {address for statement in statements for address in (statement.activity, *statement.places)}
    by_address = recognizing.courses(addresses - {""})
    found = {}
    for statement in statements:
        if own := by_address.get(statement.activity):
            found[statement.id] = own
        elif around := next(filter(None, map(by_address.get, statement.places)), None):
            found[statement.id] = Place(around.course_id)
    rest = {statement.activity for statement in statements if statement.id not in found} - {""}
    by_item = recognizing.courses_of_items(rest) if rest else {}
    for statement in statements:
        if statement.id not in found and statement.activity in by_item:
            found[statement.id] = by_item[statement.activity]
    return found


def _names(statement: Statement, places: dict[UUID, Place]) -> Iterator[str]:
    """What the item may be called: the object's IRI, what its address says beyond the course's, and the
    last part of that.
    """
    place = places[statement.id]
    if place.whole or not statement.activity:
        return
    yield statement.activity
    if place.tail:
        yield place.tail
    yield statement.activity.rstrip("/").rpartition("/")[2]


def _judge(
    statement: Statement,
    users: dict[Agent, int],
    places: dict[UUID, Place],
    held: dict[tuple[int, int], Standing],
    items: dict[tuple[int, str], Item],
) -> Judged:
    user_id = users.get(statement.agent) if statement.agent else None
    place = places.get(statement.id)
    if statement.voids is not None:
        return Judged(statement, Outcome.VOIDING, user_id)
    if statement.verb not in VERBS:
        return Judged(statement, Outcome.UNKNOWN_VERB, user_id)
    if user_id is None:
        return Judged(statement, Outcome.UNKNOWN_LEARNER)
    if place is None:
        return Judged(statement, Outcome.UNKNOWN_COURSE, user_id)
    standing = held.get((user_id, place.course_id))
    if standing is None or (standing.until is not None and standing.until < statement.at):
        return Judged(statement, Outcome.NOT_ENROLLED, user_id)
    named = (items.get((standing.version_id, name)) for name in _names(statement, places))
    item = next(filter(None, named), None)
    found = Found(user_id, place.course_id, _item_found(item) if item else None, place.whole)
    return Judged(statement, Outcome.COUNTED, user_id, found)


def _item_found(item: Item) -> ItemFound:
    assessment = getattr(item, "assessment", None)
    return ItemFound(item.pk, assessment.pass_mark if assessment else None)
