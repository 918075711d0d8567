"""Removing a program: at once for who wants to join, then, chunk by chunk, for those who are in it."""

from django.utils import timezone
from django.utils.translation import gettext as _

from learners.people.actions import memberships
from learners.people.models import ProgramRemoval
from learners.people.queries import programs as queries
from orgs import audit, jobs
from orgs.errors import ActionError
from orgs.models import User
from orgs.tenancy import org_transaction
from programs.models import Program

# People per transaction.
CHUNK = 500


def remove_program(*, program: Program, by: User | None) -> ProgramRemoval:
    """Close a program for good. From now on nobody joins, is invited or enrolls.

    A job then takes everyone out (see `memberships.close`): members give back their licences, get the
    Program Removed mail, and have their courses in audit; invitations are void. Memberships, enrollments
    and figures stay as rows, credits are not given back. Asked again, it returns the job of the first time.
    """
    with org_transaction(program.organization):
        # Waits for whoever is joining at this moment, and is waited for by the next.
        held = Program.objects.select_for_update(no_key=True).filter(pk=program.pk).first()
        if held is None:
            raise ActionError(_("That belongs to another organization."), code="other_organization")
        earlier = ProgramRemoval.objects.filter(program=held).first()
        if earlier is not None:
            return earlier
        held.state, held.removed_at = Program.State.REMOVED, timezone.now()
        held.save(update_fields=["state", "removed_at"])
        people = queries.people(held)
        job = ProgramRemoval.objects.create(
            organization=program.organization,
            program=held,
            requested_by=by,
            total=people.members + people.invited,
        )
        audit.record(
            by=by,
            organization=program.organization,
            verb="program.removed",
            target=held,
            program_id=held.pk,
            before={"state": Program.State.ACTIVE},
            after={"state": Program.State.REMOVED, "members": people.members, "invitations": people.invited},
        )
        jobs.enqueue(job)
        return job


def verify(*, job: ProgramRemoval, by: User | None) -> None:
    """Never refuses: the program is removed already, and what follows from it cannot be half done."""


def work(*, job: ProgramRemoval, by: User | None) -> bool:
    """Take the next people out and move the cursor, in one transaction; ends the job after the last.

    Says whether people may be left. Raises `jobs.LostJob` when another worker has the job.
    """
    with org_transaction(job.organization):
        rows = list(queries.places(job.program).order_by("pk")[:CHUNK])
        removed = memberships.close(memberships=rows, by=by)
        jobs.advance(job, to=job.cursor + 1, done=removed.people)
        if not rows:
            jobs.finish(job)
    return bool(rows)
