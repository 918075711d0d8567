"""Undoing an import: its invitations that nobody accepted are withdrawn, chunk by chunk."""

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from learners.people.actions import memberships
from learners.people.models import ImportUndo, InviteImport
from learners.people.queries import undoing as queries
from orgs import access, audit, jobs
from orgs.errors import ActionError
from orgs.models import User
from orgs.permissions import Permission
from orgs.tenancy import org_transaction

# Invitations per transaction.
CHUNK = 500


def undo(*, imported: InviteImport, by: User | None) -> ImportUndo:
    """Have the open invitations of an import that ended withdrawn by a worker; accepted ones stay.

    Asked again it returns what was asked before. Refuses an import that is not over, one that ended more
    than `ImportUndo.WITHIN` ago, and one without an open invitation.
    """
    with org_transaction(imported.organization):
        held = InviteImport.objects.select_for_update(no_key=True, of=("self",))
        imported = held.select_related("organization").get(pk=imported.pk)
        earlier = queries.latest(imported)
        if earlier and earlier.state != ImportUndo.State.FAILED:
            return earlier
        if refusal := _refusal(imported):
            raise ActionError(refusal)
        job = ImportUndo.objects.create(
            organization=imported.organization,
            undone=imported,
            requested_by=by,
            total=queries.open_invitations(imported).count(),
        )
        if not job.total:
            raise ActionError(_("None of these invitations is open any more, so there is nothing to undo."))
        audit.record(
            by=by,
            organization=imported.organization,
            verb="import.undone",
            target=imported,
            program_id=imported.program_id,
            after={"people": job.total},
        )
        jobs.enqueue(job)
    return job


def verify(*, job: ImportUndo, by: User | None) -> None:
    """Refuse to work for someone who lost the right to ask for this."""
    with org_transaction(job.organization):
        standing = access.resolve_for(by, job.organization)
        if standing is None or not standing.may(Permission.LEARNERS_REMOVE, job.undone.program_id):
            raise ActionError(_("The person who asked for this may no longer do so in this program."))


def work(*, job: ImportUndo, by: User | None) -> bool:
    """Withdraw the next invitations and move the cursor, in one transaction; ends the job after the last.

    Says whether some may be left. Raises `jobs.LostJob` when another worker has the job. Who accepts at
    the same moment stays a member; who was invited anew by another way since is no longer of this import.
    """
    with org_transaction(job.organization):
        found = queries.open_invitations(job.undone).filter(pk__gt=job.cursor).order_by("pk")
        chunk = list(found.select_related("membership")[:CHUNK])
        if chunk:
            asked = [invitation.membership for invitation in chunk]
            removed = memberships.remove_silently(memberships=asked, allow_return=False, by=by)
            jobs.advance(job, to=chunk[-1].pk, done=removed.people)
        else:
            jobs.advance(job, to=job.cursor)
            jobs.finish(job)
    return bool(chunk)


def _refusal(imported: InviteImport) -> str:
    if imported.finished_at is None or imported.is_open:
        return _("This import is not over yet. It can be undone once it is.")
    if not imported.may_be_undone:
        return _("An import can be undone for %(days)s days. This one ended on %(day)s.") % {
            "days": ImportUndo.WITHIN.days,
            "day": date_format(timezone.localtime(imported.finished_at), "DATE_FORMAT"),
        }
    return ""
