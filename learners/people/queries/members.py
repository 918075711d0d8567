"""The people of one program as lists: statuses, search, order, pages. Every count of them is defined here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from config.lib import keyset
from config.lib.keyset import Order, Place, Slice, Total
from learners.people import names
from learners.people.models import Membership, Person
from learners.people.queries.mail_states import MailState, mail_states
from programs.models import Program

State = Membership.State
SEARCH_FROM = 3
SEARCH_MAX = 200


@dataclass(frozen=True)
class Column:
    """One column of the list. `field` is what a click on its head sorts by; "" for none.

    `kind` says how it is shown: person, date, number, text, or a word of its own.
    """

    key: str
    label: str | Promise
    kind: str
    field: str = ""


COLUMNS = {
    column.key: column
    for column in (
        Column("name", _("Learner"), "person", "sort_name"),
        Column("joined", _("Join date"), "date", "joined_at"),
        Column("invited", _("Invitation date"), "date", "invited_at"),
        Column("activity", _("Latest activity"), "date", "last_activity_at"),
        Column("status", _("Status"), "status"),
        Column("mail", _("Mail"), "mail"),
        Column("contract", _("Contract"), "contract"),
        Column("enrollments", _("Enrollments"), "number", "enrollments"),
        Column("completions", _("Completions"), "number", "completions"),
        Column("external_id", _("External ID"), "external_id"),
        Column("removed", _("Removal date"), "date", "removed_at"),
        Column("return", _("Allow return"), "return"),
    )
}


@dataclass(frozen=True)
class Status:
    """One learner activity status of product.md L1: a predicate over stored columns and the present moment.

    `state` is the state of all its rows, which decides what one may do with them; `sort` is the
    order when none is chosen; `empty` names columns that may be empty here.
    """

    key: str
    label: str | Promise
    where: Callable[[datetime], Q]
    state: str
    columns: tuple[str, ...]
    sort: str
    empty: frozenset[str] = frozenset()


STATUSES = (
    Status(
        "joined",
        _("Joined this program"),
        lambda now: Q(state=State.MEMBER),
        State.MEMBER,
        ("name", "joined", "activity", "status", "contract", "enrollments", "completions", "external_id"),
        "-joined",
    ),
    Status(
        "invited",
        _("Invited but never joined"),
        lambda now: Q(state=State.INVITED),
        State.INVITED,
        ("name", "invited", "mail", "status", "contract", "external_id"),
        "-invited",
    ),
    Status(
        "removed",
        _("Removed from this program"),
        lambda now: Q(state=State.REMOVED),
        State.REMOVED,
        ("name", "removed", "return", "joined", "status", "contract", "enrollments", "completions"),
        "-removed",
        frozenset({"joined"}),
    ),
)
DEFAULT_STATUS = STATUSES[0]


@dataclass(frozen=True)
class Filter:
    """Which of a program's people: one status, and what an administrator typed into the search."""

    status: Status = DEFAULT_STATUS
    search: str = ""

    @classmethod
    def of(cls, status: str, search: str) -> "Filter":
        """The filter that these words of an address mean; an unknown status is the first one."""
        chosen = next((known for known in STATUSES if known.key == status), DEFAULT_STATUS)
        return cls(chosen, names.search_term(search)[:SEARCH_MAX])

    @property
    def orders(self) -> dict[str, Order]:
        """The orders one may choose here, by their name in the address."""
        sortable = [COLUMNS[key] for key in self.status.columns if COLUMNS[key].field]
        return {
            key: Order(key, column.field, nullable=column.key in self.status.empty)
            for column in sortable
            for key in (column.key, f"-{column.key}")
        }

    def order(self, sort: str) -> Order:
        """The order of this name, or the status's own."""
        return self.orders.get(sort) or self.orders[self.status.sort]


@dataclass(frozen=True)
class MemberPage:
    """What the list shows: its rows, where they stand, and how many there are of each status.

    `mails` says what became of the latest mail of each, by membership, where the list shows it.
    """

    rows: list[Membership]
    mails: dict[int, MailState]
    slice: Slice
    which: Filter
    order: Order
    by_status: list[tuple[Status, Total]]
    as_of: datetime

    @property
    def columns(self) -> list[Column]:
        return [COLUMNS[key] for key in self.which.status.columns]

    @property
    def of_status(self) -> Total:
        """How many have the chosen status, whatever one searches for."""
        return dict(self.by_status)[self.which.status]

    @property
    def members(self) -> Total:
        """How many are members now."""
        return dict(self.by_status)[DEFAULT_STATUS]


def matching(program: Program, which: Filter) -> QuerySet[Membership]:
    """The memberships of the program that a filter means, at this moment, in no order.

    Three letters and more are searched in name, e-mail and External ID; one or two as the beginning
    of the name.
    """
    rows = Membership.objects.filter(which.status.where(timezone.now()), program=program)
    beginning = names.sort_name(which.search)
    if len(which.search) < SEARCH_FROM and beginning:
        return rows.filter(sort_name__startswith=beginning)
    if which.search:
        people = Person.objects.filter(organization=program.organization_id, search__contains=which.search)
        return rows.filter(person__in=people.values("pk"))
    return rows


def page(
    program: Program, *, which: Filter, sort: str, page: str, size: int, exact: bool, query: QueryDict
) -> MemberPage:
    """One page of the list and the counts beside it: three queries, however many rows it has, and one
    more where mails are shown.

    `sort` and `page` are words of the address; what they say wrongly is ignored. `exact` counts what
    matches to the end, in a fourth query. `query` is the whole query string, which links to other
    pages keep.
    """
    as_of = timezone.now()
    rows = matching(program, which)
    found, *of_status = keyset.counts(rows, *(matching(program, Filter(status)) for status in STATUSES))
    if exact and found.capped:
        found = Total(rows.count())
    order = which.order(sort)
    part = keyset.cut(rows, order, Place.read(page, size, order), found, query)
    people = Membership.objects.select_related("person", "contract", "invitation")
    shown = keyset.in_order(people, part.ids) if part.ids else []
    return MemberPage(
        rows=shown,
        mails=mail_states(shown) if "mail" in which.status.columns else {},
        slice=part,
        which=which,
        order=order,
        by_status=list(zip(STATUSES, of_status, strict=True)),
        as_of=as_of,
    )


def count(program: Program, status: str) -> Total:
    """How many people of the program have this status, counted to `keyset.CAP`."""
    return keyset.counts(matching(program, Filter.of(status, "")))[0]
