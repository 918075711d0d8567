"""Inviting one person or a few, sending the mail again, replacing the link."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import Count, F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from learners.people import problems
from learners.people.imports import Row
from learners.people.models import Invitation, Membership
from learners.people.queries import imports as queries
from learners.people.sql import inviting
from orgs import audit, outbox
from orgs.errors import ActionError
from orgs.models import Organization, User
from orgs.tenancy import org_transaction
from programs.models import Contract, Program

GUARD = timedelta(hours=24)


@dataclass(frozen=True)
class Sent:
    """How many were invited, and how many were left alone because they are in the program already."""

    invited: int
    skipped: int


@dataclass(frozen=True)
class Resent:
    """How many mails were queued, how many people were left out: their mail is still on its way, they are
    no longer invited, or their contract has ended.
    """

    queued: int
    left_out: int


def send(*, program: Program, contract: Contract, rows: Sequence[Row], mail: bool, by: User | None) -> Sent:
    """Invite one person or a few (`learners.people.imports.check` makes the rows), with a mail or without.

    Takes no seat. A person who is known keeps their name; one who was removed is invited again. Refuses
    bad rows, a removed program, an ended contract, and a single person who is invited or a member.
    """
    for row in rows:
        if row.problem:
            raise ActionError(
                problems.sentence(row.problem, row.detail, row.raw_email), problems.field(row.problem)
            )
    people = list({row.email: row for row in rows}.values())
    with org_transaction(program.organization):
        program.refresh_from_db(fields=["state"])
        if refusal := problems.refusal(program, contract):
            raise ActionError(refusal, "contract")
        invited = inviting.invite(inviting.GIVEN, _given(program, contract, people, mail)).invited
        if len(people) == 1:
            _record_one(program, contract, people[0], mail, by) if invited else _refuse(program, people[0])
        elif invited:
            after = {"people": invited, "contract": contract.name, "mail": mail}
            audit.record(
                by=by,
                organization=program.organization,
                verb="invitations.created",
                target=program,
                program_id=program.pk,
                after=after,
            )
        if mail and invited:
            outbox.wake()
    return Sent(invited, len(people) - invited)


def resend(*, memberships: Iterable[Membership], by: User | None, confirmed: bool = False) -> Resent:
    """Queue the invitation mail again, with the same link, for those who are still invited.

    Refuses with the code `recent` when somebody among them got it within the last 24 hours, unless
    `confirmed`. A mail still on its way is not queued twice. All belong to one organization.
    """
    asked = list(memberships)
    if not asked:
        return Resent(0, 0)
    organization = Organization.objects.get(pk=asked[0].organization_id)
    with org_transaction(organization):
        found = _open_invitations(organization, [membership.pk for membership in asked])
        recent = found.filter(sent_at__gt=timezone.now() - GUARD).select_related("membership__person")
        if not confirmed and (count := recent.count()):
            raise ActionError(_too_soon(recent[0], count, len(asked)), code="recent")
        if len(asked) == 1 and not found.exists():
            raise ActionError(_closed(asked[0]))
        queued = _queue_again(organization, list(found.values_list("pk", flat=True)))
        _record_resent(organization, asked, found, by)
        outbox.wake()
    return Resent(queued, len(asked) - queued)


def replace_link(*, membership: Membership, by: User | None, mail: bool = False) -> Invitation:
    """Make the present link of an invitation void and give it a new one, mailed when `mail` says so.

    Refuses when the person is not invited any more.
    """
    with org_transaction(membership.organization):
        invitation = _open_invitations(membership.organization, [membership.pk]).first()
        if invitation is None:
            raise ActionError(_closed(membership))
        Invitation.objects.filter(pk=invitation.pk).update(
            generation=F("generation") + 1, sent_at=None, sent_count=0
        )
        audit.record(
            by=by,
            organization=membership.organization,
            verb="invitation.link_replaced",
            target=membership,
            program_id=membership.program_id,
            after={"mail": mail},
        )
        if mail:
            _queue_again(membership.organization, [invitation.pk])
            outbox.wake()
        invitation.refresh_from_db()
    return invitation


def _given(program: Program, contract: Contract, rows: Sequence[Row], mail: bool) -> dict[str, object]:
    return {
        "organization": program.organization_id,
        "program": program.pk,
        "contract": contract.pk,
        "mail": mail,
        "job": None,
        "again": True,
        "emails": [row.email for row in rows],
        "names": [row.name for row in rows],
        "sort_names": [row.sort_name for row in rows],
        "searches": [row.search for row in rows],
        "external_ids": [row.external_id for row in rows],
    }


def _membership(program: Program, row: Row) -> Membership:
    membership = queries.membership_at(program, row.email)
    assert membership is not None, "whoever was just invited, or could not be, has a membership"
    return membership


def _refuse(program: Program, row: Row) -> None:
    raise ActionError(problems.standing(_membership(program, row)), "email", code="there")


def _record_one(program: Program, contract: Contract, row: Row, mail: bool, by: User | None) -> None:
    audit.record(
        by=by,
        organization=program.organization,
        verb="invitation.created",
        target=_membership(program, row),
        program_id=program.pk,
        after={"contract": contract.name, "mail": mail},
    )


def _open_invitations(organization: Organization, memberships: Sequence[int]) -> QuerySet[Invitation]:
    """Of these, the invitations that can still be accepted: now, or once the contract has started."""
    return Invitation.objects.filter(
        membership__in=memberships,
        membership__state=Membership.State.INVITED,
        membership__program__state=Program.State.ACTIVE,
        membership__contract__ends_on__gte=timezone.localdate(timezone=organization.zone),
    ).order_by("id")


def _queue_again(organization: Organization, invitations: Sequence[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(inviting.RESEND, {"organization": organization.pk, "invitations": list(invitations)})
        return cursor.rowcount


def _record_resent(
    organization: Organization, asked: Sequence[Membership], found: QuerySet[Invitation], by: User | None
) -> None:
    """One entry for a single person, one per program for several."""
    if len(asked) == 1:
        audit.record(
            by=by,
            organization=organization,
            verb="invitation.resent",
            target=asked[0],
            program_id=asked[0].program_id,
        )
        return
    counts = found.order_by().values("membership__program").annotate(people=Count("id"))
    people = {entry["membership__program"]: entry["people"] for entry in counts}
    for program in Program.objects.filter(pk__in=people):
        audit.record(
            by=by,
            organization=organization,
            verb="invitations.resent",
            target=program,
            program_id=program.pk,
            after={"people": people[program.pk]},
        )


def _too_soon(invitation: Invitation, count: int, asked: int) -> str:
    if asked == 1:
        return _("%(name)s got this mail less than 24 hours ago. Send it again all the same?") % {
            "name": invitation.membership.person.name
        }
    return ngettext(
        "%(count)s of these people got the mail less than 24 hours ago. Send it again all the same?",
        "%(count)s of these people got the mail less than 24 hours ago. Send it again all the same?",
        count,
    ) % {"count": f"{count:,}"}


def _closed(membership: Membership) -> str:
    membership.refresh_from_db(fields=["state"])
    if membership.state != Membership.State.INVITED:
        return _("This person is not invited any more, so there is no mail to send.")
    return problems.refusal(membership.program, membership.contract)
