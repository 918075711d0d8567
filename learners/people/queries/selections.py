"""What an administrator selected in a list, and what acting on it would mean."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, QuerySet
from django.utils import timezone

from learners.people.models import Membership
from learners.people.queries import members
from learners.people.queries.members import Filter
from programs.models import Contract, Program

State = Membership.State
NAMES = 3


@dataclass(frozen=True)
class Selection:
    """People of one program: those with these ids, or with `ids` None all that the filter means."""

    program: Program
    which: Filter
    ids: tuple[int, ...] | None = None

    @property
    def state(self) -> str:
        """The state of everyone selected: the list one selects from shows people of one state."""
        return self.which.status.state

    def rows(self) -> QuerySet[Membership]:
        """The selected people who are still in that state, in the order of their ids."""
        if self.ids is None:
            return members.matching(self.program, self.which).order_by("pk")
        rows = Membership.objects.filter(program=self.program, state=self.state, pk__in=self.ids)
        return rows.order_by("pk")

    def gone(self, found: int) -> int:
        """How many of the ids one selected are no longer in that state."""
        return 0 if self.ids is None else len(self.ids) - found


@dataclass(frozen=True)
class Outlook:
    """What removing would mean: how many people, the first of them by name, the licences freed by contract,
    and how many that were selected have changed their state since.
    """

    people: int
    first: list[Membership]
    seats: list[tuple[str, int]]
    gone: int

    @property
    def others(self) -> int:
        """How many besides those named."""
        return self.people - len(self.first)


def outlook(selection: Selection) -> Outlook:
    """Look ahead at a removal, in three queries."""
    rows = selection.rows()
    by_contract = (
        rows.order_by()
        .values_list("contract__name", "contract__kind")
        .annotate(people=Count("pk"))
        .order_by("contract__name")
    )
    counted = list(by_contract)
    people = sum(number for _name, _kind, number in counted)
    seats = [
        (name, number)
        for name, kind, number in counted
        if selection.state == State.MEMBER and kind != Contract.Kind.ENROLLMENTS
    ]
    first = list(rows.select_related("person").order_by("sort_name", "pk")[:NAMES])
    return Outlook(people, first, seats, selection.gone(people))


def mailed_since(rows: QuerySet[Membership], guard: timedelta) -> QuerySet[Membership]:
    """Those of the invitees whose mail went out within the guard."""
    return rows.filter(invitation__sent_at__gt=timezone.now() - guard)
