"""What an organization offers, read: its programs and its contracts."""

from django.db.models import QuerySet
from django.utils import timezone

from orgs.models import Organization
from programs.models import Contract, Program


def programs(organization: Organization) -> QuerySet[Program]:
    """The programs that were not removed, by name."""
    return Program.objects.filter(organization=organization, state=Program.State.ACTIVE)


def contracts(organization: Organization) -> QuerySet[Contract]:
    """Every contract of the organization, the one that ends last first. Each answers `left`, `is_running`
    and `takes_members` without another query.
    """
    return Contract.objects.filter(organization=organization).select_related("organization")


def open_contracts(organization: Organization) -> QuerySet[Contract]:
    """The contracts one may invite under: those that run, then those that have not started yet. One that
    is full is among them, since inviting takes no seat.
    """
    today = timezone.localdate(timezone=organization.zone)
    return contracts(organization).filter(ends_on__gte=today).order_by("starts_on", "ends_on", "name", "id")


def contract(organization: Organization, pk: int) -> Contract | None:
    """One contract of the organization, whether it runs or not."""
    return contracts(organization).filter(pk=pk).first()
