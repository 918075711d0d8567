"""The organization, program and contract that a round of a benchmark works in, new each time."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from orgs.models import Organization
from programs.models import Contract, Program


@dataclass(frozen=True)
class Place:
    """Where people are invited and join."""

    organization: Organization
    program: Program
    contract: Contract


def make_place(*, seats: int | None = None) -> Place:
    """A new organization with one program, and a contract over so many seats or without a limit."""
    slug = f"benchmark-{uuid4().hex[:12]}"
    today = timezone.localdate()
    organization = Organization.objects.create(name="Benchmark", slug=slug)
    contract = Contract.objects.create(
        organization=organization,
        name="Workforce",
        kind=Contract.Kind.UNLIMITED if seats is None else Contract.Kind.SEATS,
        quantity=seats,
        starts_on=today - timedelta(days=30),
        ends_on=today + timedelta(days=30),
    )
    program = Program.objects.create(organization=organization, name="English for Work", slug=slug)
    return Place(organization, program, contract)
