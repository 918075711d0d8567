"""Work in the background about people. Rules live in the actions; a task claims, loops and reports."""

from celery import shared_task

from learners.people.actions import bulk, imports, undoing
from learners.people.models import (
    ImportUndo,
    InvitationResend,
    InviteImport,
    MembershipJob,
    MembershipRemoval,
)
from orgs import jobs
from orgs.errors import ActionError


@shared_task(name=InviteImport.TASK)
def import_invitations(pk: int) -> None:
    """Work off one import, from where the last worker left it."""
    job = jobs.claim(InviteImport, pk)
    if job is None:
        return
    try:
        imports.verify(job=job, by=job.requested_by)
        while imports.work(job=job, by=job.requested_by):
            pass
        jobs.finish(job)
        imports.tidy(by=None)
    except jobs.LostJob:
        return
    except ActionError as refusal:
        jobs.fail(job, refusal.text)
    except Exception:
        jobs.give_back(job)
        raise


@shared_task(name=ImportUndo.TASK)
def undo_import(pk: int) -> None:
    """Withdraw what an import left open, chunk by chunk."""
    job = jobs.claim(ImportUndo, pk)
    if job is None:
        return
    try:
        undoing.verify(job=job, by=job.requested_by)
        while undoing.work(job=job, by=job.requested_by):
            pass
    except jobs.LostJob:
        return
    except ActionError as refusal:
        jobs.fail(job, refusal.text)
    except Exception:
        jobs.give_back(job)
        raise


@shared_task(name="learners.expire_imports")
def expire_imports() -> None:
    """Forget drafts and staged rows that nobody needs any more."""
    imports.expire(by=None)


@shared_task(name=MembershipRemoval.TASK)
def remove_memberships(pk: int) -> None:
    """Take many people out of a program, chunk by chunk."""
    _work_off(MembershipRemoval, pk)


@shared_task(name=InvitationResend.TASK)
def resend_invitations(pk: int) -> None:
    """Queue the invitation mail of many people again, chunk by chunk."""
    _work_off(InvitationResend, pk)


def _work_off(model: type[MembershipJob], pk: int) -> None:
    job = jobs.claim(model, pk)
    if job is None:
        return
    try:
        bulk.verify(job=job, by=job.requested_by)
        while bulk.work(job=job, by=job.requested_by):
            pass
    except jobs.LostJob:
        return
    except ActionError as refusal:
        jobs.fail(job, refusal.text)
    except Exception:
        jobs.give_back(job)
        raise
