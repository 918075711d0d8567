"""Acts on many people that run in the background, as the list of the program shows them."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from learners.people.models import InvitationResend, MembershipJob, MembershipRemoval
from orgs.models import Job
from programs.models import Program

# How long one that has ended stays above the list.
SHOWN_FOR = timedelta(minutes=10)
OPEN = (Job.State.QUEUED, Job.State.RUNNING)


def recent(program: Program) -> list[MembershipJob]:
    """Those that are under way or ended just now, the latest first. Two queries."""
    shown = Q(state__in=OPEN) | Q(finished_at__gt=timezone.now() - SHOWN_FOR)
    found: list[MembershipJob] = []
    for model in (MembershipRemoval, InvitationResend):
        found += model.objects.filter(shown, program=program).order_by("-created_at")[:5]
    return sorted(found, key=lambda job: job.created_at, reverse=True)


def removal(program: Program, pk: int) -> MembershipRemoval | None:
    """One removal of this program."""
    return MembershipRemoval.objects.filter(program=program, pk=pk).first()


def resend(program: Program, pk: int) -> InvitationResend | None:
    """One resending of this program."""
    return InvitationResend.objects.filter(program=program, pk=pk).first()
