"""Removing and inviting again, from a selection of any size: a few at once, many by a job in chunks."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from learners.people.actions import invitations, memberships
from learners.people.actions.invitations import Resent
from learners.people.actions.memberships import Removed
from learners.people.models import InvitationResend, Membership, MembershipJob, MembershipRemoval
from learners.people.queries import members, selections
from learners.people.queries.members import Filter
from learners.people.queries.selections import Selection
from orgs import access, audit, jobs
from orgs.errors import ActionError
from orgs.models import User
from orgs.permissions import Permission
from orgs.tenancy import org_transaction

# So many are done while the administrator waits; more become a job.
AT_ONCE = 1_000
CHUNK = 500
RIGHTS = {
    MembershipRemoval: Permission.LEARNERS_REMOVE,
    InvitationResend: Permission.LEARNERS_INVITE,
}


def remove(*, selection: Selection, allow_return: bool, by: User | None) -> Removed | MembershipRemoval:
    """Remove the selected people (see `memberships.remove`): done on return, or a job when they are many."""
    organization = selection.program.organization
    with org_transaction(organization):
        rows = list(selection.rows()[: AT_ONCE + 1])
        if len(rows) <= AT_ONCE:
            done = memberships.remove(memberships=rows, allow_return=allow_return, by=by)
            return Removed(
                done.members, done.invitations, done.seats, done.left_alone + selection.gone(len(rows))
            )
        job = MembershipRemoval(allow_return=allow_return)
        _start(job, selection, by, "removal.started", {"allow_return": allow_return})
        return job


def resend(*, selection: Selection, spare_recent: bool, by: User | None) -> Resent | InvitationResend:
    """Send the selected invitees their mail again: queued on return, or a job when they are many.

    `spare_recent` leaves out those who got it within `invitations.GUARD`.
    """
    organization = selection.program.organization
    with org_transaction(organization):
        rows = list(selection.rows()[: AT_ONCE + 1])
        if len(rows) <= AT_ONCE:
            return _resend(rows, spare_recent, selection.gone(len(rows)), by)
        job = InvitationResend(spare_recent=spare_recent)
        _start(job, selection, by, "resend.started", {"spare_recent": spare_recent})
        return job


def verify(*, job: MembershipJob, by: User | None) -> None:
    """Refuse to work for someone who lost the right to ask for this."""
    with org_transaction(job.organization):
        standing = access.resolve_for(by, job.organization)
        if standing is None or not standing.may(RIGHTS[type(job)], job.program_id):
            raise ActionError(_("The person who asked for this may no longer do so in this program."))


def work(*, job: MembershipJob, by: User | None) -> bool:
    """Do the next chunk and move the cursor, in one transaction; ends the job after the last.

    Says whether people may be left. Raises `jobs.LostJob` when another worker has the job.
    """
    with org_transaction(job.organization):
        rows = _chunk(job)
        if rows:
            done = _do(job, rows, by)
            jobs.advance(job, to=rows[-1].pk, done=done)
        else:
            jobs.advance(job, to=job.cursor)
            jobs.finish(job)
    return bool(rows)


def _start(
    job: MembershipJob, selection: Selection, by: User | None, verb: str, after: dict[str, object]
) -> None:
    job.organization, job.program, job.requested_by = selection.program.organization, selection.program, by
    job.status, job.search = selection.which.status.key, selection.which.search
    job.total = selection.rows().count()
    job.save()
    audit.record(
        by=by,
        organization=job.organization,
        verb=verb,
        target=selection.program,
        program_id=job.program_id,
        after={"people": job.total, "status": job.status, "search": job.search, **after},
    )
    jobs.enqueue(job)


def _chunk(job: MembershipJob) -> Sequence[Membership]:
    """The next people who were in the list when the job was asked for and still are."""
    which = Filter.of(job.status, job.search)
    rows = members.matching(job.program, which).filter(pk__gt=job.cursor)
    if which.status.state == Membership.State.INVITED:
        rows = rows.filter(invited_at__lte=job.created_at)
    else:
        rows = rows.filter(joined_at__lte=job.created_at)
    return list(rows.order_by("pk")[:CHUNK])


def _do(job: MembershipJob, rows: Sequence[Membership], by: User | None) -> int:
    if isinstance(job, MembershipRemoval):
        removed = memberships.remove_silently(memberships=rows, allow_return=job.allow_return, by=by)
        return removed.people
    assert isinstance(job, InvitationResend)
    return _resend(rows, job.spare_recent, 0, by).queued


def _resend(rows: Sequence[Membership], spare_recent: bool, gone: int, by: User | None) -> Resent:
    with transaction.atomic():
        wanted = list(rows)
        if spare_recent:
            recent = selections.mailed_since(
                Membership.objects.filter(pk__in=[row.pk for row in rows]), invitations.GUARD
            )
            spared = set(recent.values_list("pk", flat=True))
            wanted = [row for row in rows if row.pk not in spared]
        sent = invitations.resend(memberships=wanted, by=by, confirmed=True)
    return Resent(sent.queued, sent.left_out + len(rows) - len(wanted) + gone)
