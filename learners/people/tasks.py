"""Work in the background about people. Rules live in the actions; a task only names them."""

from celery import shared_task

from learners.people.actions import bulk, imports, programs, undoing
from learners.people.models import (
    ImportUndo,
    InvitationResend,
    InviteImport,
    MembershipRemoval,
    ProgramRemoval,
)
from orgs import jobs


@shared_task(name=InviteImport.TASK)
def import_invitations(pk: int) -> None:
    """Work off one import, from where the last worker left it."""
    if jobs.work_off(InviteImport, pk, verify=imports.verify, work=imports.work):
        imports.tidy(by=None)


@shared_task(name=ImportUndo.TASK)
def undo_import(pk: int) -> None:
    """Withdraw what an import left open, chunk by chunk."""
    jobs.work_off(ImportUndo, pk, verify=undoing.verify, work=undoing.work)


@shared_task(name=MembershipRemoval.TASK)
def remove_memberships(pk: int) -> None:
    """Take many people out of a program, chunk by chunk."""
    jobs.work_off(MembershipRemoval, pk, verify=bulk.verify, work=bulk.work)


@shared_task(name=ProgramRemoval.TASK)
def remove_program(pk: int) -> None:
    """Take everyone out of a program that was removed, chunk by chunk."""
    jobs.work_off(ProgramRemoval, pk, verify=programs.verify, work=programs.work)


@shared_task(name=InvitationResend.TASK)
def resend_invitations(pk: int) -> None:
    """Queue the invitation mail of many people again, chunk by chunk."""
    jobs.work_off(InvitationResend, pk, verify=bulk.verify, work=bulk.work)


@shared_task(name="learners.expire_imports")
def expire_imports() -> None:
    """Forget drafts and staged rows that nobody needs any more."""
    imports.expire(by=None)
