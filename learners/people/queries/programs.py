"""Who is in a program, as its removal needs to know."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from learners.people.models import Membership
from programs.models import Program

State = Membership.State


@dataclass(frozen=True)
class People:
    """How many have joined and how many are invited."""

    members: int
    invited: int


def places(program: Program) -> QuerySet[Membership]:
    """Everyone who is a member or invited."""
    return Membership.objects.filter(program=program, state__in=(State.MEMBER, State.INVITED))


def people(program: Program) -> People:
    """How many would lose their place if the program were removed. One query."""
    members, invited = Count("pk", filter=Q(state=State.MEMBER)), Count("pk", filter=Q(state=State.INVITED))
    return People(**places(program).aggregate(members=members, invited=invited))
