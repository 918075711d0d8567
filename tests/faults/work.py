"""Every kind of job about people: how one is asked for, who works on it, and what is true when it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from learners.models import (
    ImportUndo,
    Invitation,
    InvitationResend,
    InviteImport,
    LicenceLedger,
    Membership,
    MembershipRemoval,
    Person,
    ProgramRemoval,
)
from learners.people import tasks
from learners.people.actions import bulk, programs, undoing
from learners.people.queries.members import Filter
from learners.people.queries.selections import Selection
from orgs.models import Job, OutboundEmail
from programs.models import Contract
from tests.learners.files import people, start, table
from tests.learners.seats import agree, invite, seat

PEOPLE = 20
NO_LONGER = "The person who asked for this may no longer do so in this program."


@dataclass(frozen=True)
class Kind:
    """`ask(program, contract, by)` gives a queued job about `PEOPLE` people; `holds(job)` says whether
    everything it was to do is done, exactly once; `refusal` is what it says when the right is gone, empty
    for what goes on nevertheless.
    """

    model: type[Job]
    task: Callable[[int], None]
    ask: Callable[..., Job]
    holds: Callable[[Job], bool]
    refusal: str = NO_LONGER

    def __str__(self) -> str:
        return self.model._meta.model_name or ""


def fall_silent(job: Job) -> None:
    """Let the time pass after which a silent worker counts as dead."""
    past = timezone.now() - timedelta(hours=1)
    type(job)._default_manager.filter(pk=job.pk).update(heartbeat_at=past)


def rows() -> list[list[dict]]:
    """Every row that a job about people may write, but the job's own."""
    tables = (Person, Membership, Invitation, OutboundEmail, LicenceLedger, Contract)
    return [list(model._default_manager.order_by("pk").values()) for model in tables]


def all_invited_once(job: InviteImport) -> bool:
    """Each line done so far has one membership, one invitation and one mail, and nobody else has."""
    mails = OutboundEmail.objects.values("recipient").annotate(times=Count("pk"))
    counts = [model.objects.count() for model in (Person, Membership, Invitation, OutboundEmail)]
    return counts == [job.done] * 4 and job.invited == job.done and all(mail["times"] == 1 for mail in mails)


def _ask_import(program, contract, by):
    return start(program, contract, table(people(PEOPLE)), by)


def _ask_removal(program, contract, by):
    for number in range(PEOPLE):
        seat(program, contract, f"P{number}")
    return bulk.remove(selection=Selection(program, Filter()), allow_return=False, by=by)


def _ask_program_removal(program, contract, by):
    for number in range(PEOPLE):
        seat(program, contract, f"P{number}")
    return programs.remove_program(program=program, by=by)


def _ask_resend(program, contract, by):
    yesterday = timezone.now() - timedelta(days=2)
    for number in range(PEOPLE):
        invite(program, contract, f"P{number}", sent_at=yesterday, sent_count=1)
    return bulk.resend(selection=Selection(program, Filter.of("invited", "")), spare_recent=True, by=by)


def _ask_undo(program, contract, by):
    job = _ask_import(program, contract, by)
    tasks.import_invitations(job.pk)
    job.refresh_from_db()
    return undoing.undo(imported=job, by=by)


def _imported(job):
    return job.done == PEOPLE and all_invited_once(job)


def _removed(job):
    return _taken_out(job, "program_exit")


def _closed(job):
    return _taken_out(job, "program_removed")


def _taken_out(job, kind):
    told = [mail.data["membership"] for mail in OutboundEmail.objects.filter(kind=kind)]
    contract = Contract.objects.get()
    returned = LicenceLedger.objects.filter(delta=-1).values("membership").distinct().count()
    return (
        job.done == len(told) == len(set(told)) == returned == PEOPLE
        and agree(contract, 0)
        and LicenceLedger.objects.count() == 2 * PEOPLE
    )


def _resent(job):
    mails = OutboundEmail.objects.values_list("kind", "state", "dedupe", "recipient")
    told = {
        recipient
        for kind, state, _dedupe, recipient in mails
        if (kind, state) == ("invitation_reminder", "queued")
    }
    return job.done == len(mails) == len(told) == PEOPLE


def _undone(job):
    states = set(Membership.objects.values_list("state", flat=True))
    mails = list(OutboundEmail.objects.values_list("kind", "state"))
    return (
        job.done == Membership.objects.count() == PEOPLE
        and states == {"removed"}
        and mails == [("invitation", "cancelled")] * PEOPLE
    )


KINDS = [
    Kind(
        InviteImport,
        tasks.import_invitations,
        _ask_import,
        _imported,
        "The person who started this import may no longer invite learners to this program.",
    ),
    Kind(MembershipRemoval, tasks.remove_memberships, _ask_removal, _removed),
    # What follows from a removed program cannot be half done, whoever asked for it.
    Kind(ProgramRemoval, tasks.remove_program, _ask_program_removal, _closed, refusal=""),
    Kind(InvitationResend, tasks.resend_invitations, _ask_resend, _resent),
    Kind(ImportUndo, tasks.undo_import, _ask_undo, _undone),
]
