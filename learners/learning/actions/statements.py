"""Taking in statements of xAPI, and what becomes of them when their learner's account changes."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from learners.learning.actions import facts
from learners.learning.models import XapiStatement
from learners.learning.queries import recognizing
from learners.learning.queries import statements as queries
from learners.learning.queries.statements import Judged
from learners.learning.xapi import meaning
from learners.learning.xapi.statements import Agent, Statement
from orgs.actions.pseudonyms import Pseudonym
from orgs.errors import ActionError
from orgs.models import Organization, User
from orgs.tenancy import org_transaction

Outcome = XapiStatement.Outcome
# In the order of their ids, so that two batches with the same statements wait for one another in line.
INSERT = """
insert into learners_xapistatement
  (organization_id, statement_id, digest, body, actor, verb, activity, voids, occurred_at, user_id, outcome)
select %(organization)s, statement_id, digest, body::jsonb, actor, verb, activity, voids, at, user_id, outcome
from unnest(%(ids)s::uuid[], %(digests)s::text[], %(bodies)s::text[], %(actors)s::text[], %(verbs)s::text[],
  %(activities)s::text[], %(voids)s::uuid[], %(times)s::timestamptz[], %(users)s::bigint[],
  %(outcomes)s::text[])
  as s(statement_id, digest, body, actor, verb, activity, voids, at, user_id, outcome)
order by statement_id
on conflict (statement_id, organization_id) do nothing
returning statement_id"""


@dataclass(frozen=True)
class Stored:
    """What became of a batch: the new ones and how they were judged, those known before, and those whose
    id is known with another content, which were left out.
    """

    new: tuple[Judged, ...]
    known: int
    conflicts: tuple[Statement, ...]


def store(*, organization: Organization, statements: Sequence[Statement], by: User | None) -> Stored:
    """Keep the statements of one request, all of them or none, and count what they say.

    Raises ActionError when an id stands twice in the batch (`twice`) or is known with another content
    (`conflict`). A statement that is known already changes nothing.
    """
    if len({statement.id for statement in statements}) < len(statements):
        raise ActionError(_("The same statement id stands twice in this batch."), code="twice")
    with org_transaction(organization):
        stored = take_in(organization=organization, statements=statements, by=by)
        if stored.conflicts:
            text = _("A statement with the id %(id)s and another content is here already.")
            raise ActionError(text % {"id": stored.conflicts[0].id}, code="conflict")
        return stored


def take_in(*, organization: Organization, statements: Sequence[Statement], by: User | None) -> Stored:
    """Keep the statements of a file, at most 10,000 at a time, and count what they say; those whose id is
    known with another content are left out and returned.
    """
    first: dict[UUID, Statement] = {}
    for statement in statements:
        first.setdefault(statement.id, statement)
    with org_transaction(organization):
        judged = queries.judge(organization, list(first.values()))
        new_ids = _insert(organization, judged)
        new = tuple(verdict for verdict in judged if verdict.statement.id in new_ids)
        kept = _digests(organization, first.keys() - new_ids)
        kept |= {verdict.statement.id: verdict.statement.digest for verdict in new}
        conflicts = tuple(statement for statement in statements if kept[statement.id] != statement.digest)
        _count(organization, new, by)
        return Stored(new, len(statements) - len(new) - len(conflicts), conflicts)


def move(*, gone: User, keep: User, by: User | None) -> None:
    """Two accounts become one: the statements of the one that goes are about the one that stays."""
    XapiStatement.objects.filter(user=gone).update(user=keep)


def cover(*, organization: Organization, user: User, pseudonym: Pseudonym, by: User | None) -> None:
    """An erased person leaves the statements: as the actor, and by name and address wherever they stand.

    Digests stay, so that the same statement sent again is still known.
    """
    agents = _agents(pseudonym.addresses)
    mentioned = Q(user=user) | Q(actor__in=[agent.digest for agent in agents])
    for text in pseudonym.addresses | {agent.value for agent in agents}:
        mentioned |= Q(text__icontains=text)
    rows = XapiStatement.objects.filter(organization=organization)
    nobody = {"objectType": "Agent", "name": pseudonym.name, "mbox": f"mailto:{pseudonym.email}"}
    hashes = {agent.value: recognizing.sha1_of(pseudonym.email) for agent in agents}
    for row in rows.annotate(text=Cast("body", TextField())).filter(mentioned).iterator(chunk_size=500):
        is_actor = row.user_id == user.pk or row.actor in {agent.digest for agent in agents}
        body = _replaced(pseudonym.cover(row.body), hashes)
        if is_actor:
            body["actor"], row.user, row.actor = nobody, None, Agent("mbox", pseudonym.email).digest
        row.body = body
        row.save(update_fields=["body", "user", "actor"])


def _insert(organization: Organization, judged: Sequence[Judged]) -> set[UUID]:
    rows = [verdict.statement for verdict in judged]
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            {
                "organization": organization.pk,
                "ids": [row.id for row in rows],
                "digests": [row.digest for row in rows],
                "bodies": [json.dumps(row.body) for row in rows],
                "actors": [row.agent.digest if row.agent else "" for row in rows],
                "verbs": [row.verb for row in rows],
                "activities": [row.activity for row in rows],
                "voids": [row.voids for row in rows],
                "times": [row.at for row in rows],
                "users": [verdict.user_id for verdict in judged],
                "outcomes": [verdict.outcome.value for verdict in judged],
            },
        )
        return {statement_id for (statement_id,) in cursor.fetchall()}


def _digests(organization: Organization, ids: Collection[UUID]) -> dict[UUID, str]:
    """A statement of its own: its snapshot sees what a concurrent batch committed meanwhile."""
    rows = XapiStatement.objects.filter(organization=organization, statement_id__in=ids)
    return dict(rows.values_list("statement_id", "digest"))


def _count(organization: Organization, judged: Sequence[Judged], by: User | None) -> None:
    counted = [(verdict.statement, verdict.found) for verdict in judged if verdict.found is not None]
    told = [meaning.fact(statement, found, organization.pk) for statement, found in counted]
    reports = [meaning.report(statement, found) for statement, found in counted]
    if told:
        facts.record(facts=told, by=by)
    if any(reports):
        facts.report(reports=[report for report in reports if report is not None], by=by)


def _agents(addresses: Collection[str]) -> list[Agent]:
    """Every identifier that can be told from an address; of accounts elsewhere the user is known."""
    hashed = [Agent("mbox_sha1sum", recognizing.sha1_of(address)) for address in addresses]
    return [*hashed, *(Agent("mbox", address) for address in addresses)]


def _replaced(value: Any, texts: Mapping[str, str]) -> Any:
    """The same value with each of these texts, where it stands alone, replaced."""
    if isinstance(value, dict):
        return {key: _replaced(part, texts) for key, part in value.items()}
    if isinstance(value, list):
        return [_replaced(part, texts) for part in value]
    return texts.get(value, value) if isinstance(value, str) else value
