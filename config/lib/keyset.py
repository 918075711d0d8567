"""Pages of long lists: numbered as far as an offset is cheap, then next, previous and last by keyset.

The whole position stands in one parameter, `page`: a number, `last`, or for pages beyond the numbered
ones `21.after.<row>` and `.before.<row>`, the row signed so that nobody writes one by hand.
"""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.db.models.expressions import OrderBy
from django.db.models.sql.compiler import SQLCompiler
from django.http import QueryDict
from django.utils.formats import number_format

CAP = 10_000
NUMBERED_PAGES = 20
SIZES = (10, 25, 50, 100)
DEFAULT_SIZE = 25
SALT = "config.lib.keyset"
Row = tuple[Any, int]
Found = list[Row]


@dataclass(frozen=True)
class Total:
    """How many rows there are: exact, or `capped` when there are more than anyone pages through."""

    value: int
    capped: bool = False

    @classmethod
    def of(cls, counted: int) -> "Total":
        return cls(min(counted, CAP), counted > CAP)

    def pages(self, size: int) -> int:
        """How many pages of this size; an empty list has one."""
        return max(1, -(-self.value // size))

    def __str__(self) -> str:
        return number_format(self.value, force_grouping=True) + ("+" if self.capped else "")


@dataclass(frozen=True)
class Order:
    """What a list is sorted by; `key` names it in the address, with a minus when it descends.

    Rows that are equal follow their id, in the same direction. `nullable` says that the column may be
    empty in this list; empty ones come last either way. `id` is the number that tells the rows of the
    list apart, where that is not the primary key.
    """

    key: str
    field: str
    nullable: bool = False
    id: str = "pk"

    @property
    def descending(self) -> bool:
        return self.key.startswith("-")

    def expressions(self, *, reverse: bool = False) -> list[OrderBy]:
        """The ORDER BY, or the same read from the end."""
        descending = self.descending != reverse
        nulls: dict[str, Any] = {}
        if self.nullable:
            nulls = {"nulls_first": True} if reverse else {"nulls_last": True}
        by_id = OrderBy(F(self.id), descending=descending)
        return (
            [by_id]
            if self.field == self.id
            else [OrderBy(F(self.field), descending=descending, **nulls), by_id]
        )

    def beyond(self, row: Row, *, backwards: bool = False) -> Q:
        """The rows after this one, or before it."""
        value, pk = row
        less = self.descending != backwards
        by_id = Q(**{f"{self.id}__{'lt' if less else 'gt'}": pk})
        if self.field == self.id:
            return by_id
        empty = Q(**{f"{self.field}__isnull": True})
        if value is None:
            return (empty & by_id) | ~empty if backwards else empty & by_id
        passed = Q(
            _RowComparison(F(self.field), F(self.id), Value(value), Value(pk), sign="<" if less else ">")
        )
        return passed | empty if self.nullable and not backwards else passed


class _RowComparison(Func):
    """`(a, b) < (x, y)`: the form that walks an index from the row on, however many rows are equal in a."""

    output_field = BooleanField()

    def as_sql(
        self,
        compiler: SQLCompiler,
        connection: BaseDatabaseWrapper,
        function: str | None = None,
        template: str | None = None,
        arg_joiner: str | None = None,
        **extra_context: Any,
    ) -> tuple[str, tuple[Any, ...]]:
        parts = [compiler.compile(expression) for expression in self.source_expressions]
        left, right = (", ".join(sql for sql, _ in half) for half in (parts[:2], parts[2:]))
        return f"({left}) {self.extra['sign']} ({right})", tuple(
            value for _, values in parts for value in values
        )


@dataclass(frozen=True)
class Place:
    """Where in a list one is, as the address says it."""

    number: int | None = 1
    size: int = DEFAULT_SIZE
    after: Row | None = None
    before: Row | None = None
    last: bool = False

    @classmethod
    def read(cls, text: str, size: int, order: Order) -> "Place":
        """The place that `page` names; the first page for anything mangled, or of another order."""
        number, _, cursor = text.partition(".")
        direction, _, token = cursor.partition(".")
        page = int(number) if number.isdecimal() and len(number) < 10 and int(number) > 0 else None
        if text == "last":
            return cls(None, size, last=True)
        row = _read_row(token, order) if direction in ("after", "before") else None
        if row is None:
            return cls(page or 1, size)
        return cls(page, size, after=row) if direction == "after" else cls(page, size, before=row)


@dataclass(frozen=True)
class Slice:
    """One page: its ids in order, where it stands, and the links to its neighbours ("" for none)."""

    ids: list[int]
    total: Total
    size: int
    number: int | None
    previous: str
    next: str
    last: str
    numbers: tuple[tuple[int | None, str], ...]

    @property
    def start(self) -> int | None:
        """The position of the first row in the whole list, from 1; None when it is not known."""
        return None if self.number is None else (self.number - 1) * self.size + 1

    @property
    def end(self) -> int | None:
        return None if self.start is None else self.start + len(self.ids) - 1

    @property
    def has_others(self) -> bool:
        return bool(self.previous or self.next)


def cut(rows: QuerySet[Any], order: Order, place: Place, total: Total, query: QueryDict) -> Slice:
    """The page of `rows` at `place`, with links that keep the rest of `query`. One query, two when the
    page one asked for no longer exists: then the nearest there is.
    """
    size = place.size
    pages = min(total.pages(size), NUMBERED_PAGES)
    number, before, after = place.number, False, False
    found: Found = []
    if place.last:
        length = size if total.capped else total.value - (total.pages(size) - 1) * size
        found = _fetch(rows, order, max(length, 1), reverse=True)
        number = None if total.capped else total.pages(size)
        before = number != 1
    elif place.after is not None:
        found = _fetch(rows.filter(order.beyond(place.after)), order, size + 1)
        before, after = True, len(found) > size
    elif place.before is not None:
        found = _fetch(rows.filter(order.beyond(place.before, backwards=True)), order, size + 1, reverse=True)
        before, after = len(found) > size, True
        found = found[-size:] if len(found) >= size else []
    if not found:
        number = min(number or 1, pages) if place.before is None else 1
        found = _fetch(rows, order, size + 1, offset=(number - 1) * size)
        before, after = number > 1, len(found) > size
    return _slice(order, place, total, query, found[:size], number, before, after)


def counts(*querysets: QuerySet[Any]) -> list[Total]:
    """How many rows each has, counted to `CAP` and no further; all in one statement."""
    parts = [queryset.order_by().values("pk")[: CAP + 1].query.sql_with_params() for queryset in querysets]
    selected = ", ".join(f"(select count(*) from ({sql}) counted)" for sql, _ in parts)  # noqa: S608 - our own SQL
    with connection.cursor() as cursor:
        cursor.execute(f"select {selected}", [value for _, values in parts for value in values])
        return [Total.of(counted) for counted in cursor.fetchone()]


def in_order(rows: QuerySet[Any], ids: list[int]) -> list[Any]:
    """The rows with these ids, in the order of the ids; those that are gone meanwhile are left out."""
    found = {row.pk: row for row in rows.filter(pk__in=ids)}
    return [found[pk] for pk in ids if pk in found]


def _fetch(rows: QuerySet[Any], order: Order, limit: int, *, offset: int = 0, reverse: bool = False) -> Found:
    ordered = rows.order_by(*order.expressions(reverse=reverse)).annotate(sorted_by=F(order.field))
    found = list(ordered.values_list("sorted_by", order.id)[offset : offset + limit])
    return found[::-1] if reverse else found


def _slice(
    order: Order,
    place: Place,
    total: Total,
    query: QueryDict,
    found: Found,
    number: int | None,
    before: bool,
    after: bool,
) -> Slice:
    pages = min(total.pages(place.size), NUMBERED_PAGES)

    def link(page: object) -> str:
        kept = query.copy()
        kept.pop("page", None)
        if page != 1:
            kept["page"] = str(page)
        return f"?{kept.urlencode()}"

    def step(by: int, direction: str, row: Row) -> str:
        to = None if number is None else number + by
        if to is not None and to <= pages:
            return link(to)
        return link(f"{to or ''}.{direction}.{_token(order, row)}")

    return Slice(
        ids=[pk for _, pk in found],
        total=total,
        size=place.size,
        number=number,
        previous=step(-1, "before", found[0]) if before and found else "",
        next=step(1, "after", found[-1]) if after and found else "",
        last=link("last") if after and (total.capped or total.pages(place.size) > NUMBERED_PAGES) else "",
        numbers=tuple((page, link(page) if page else "") for page in _numbers(number, pages)),
    )


def _numbers(current: int | None, pages: int) -> list[int | None]:
    """The page numbers to show; None stands for a gap of two or more."""
    near = (current or 0) - 1, (current or 0), (current or 0) + 1
    shown: list[int | None] = []
    previous = 0
    for page in sorted({1, pages, *(page for page in near if 1 <= page <= pages)}):
        if page - previous == 2:
            shown.append(page - 1)
        elif page - previous > 2:
            shown.append(None)
        shown.append(page)
        previous = page
    return shown


def _token(order: Order, row: Row) -> str:
    value, pk = row
    plain = value.isoformat() if hasattr(value, "isoformat") else value
    return signing.dumps([order.key, plain, pk], salt=SALT)


def _read_row(token: str, order: Order) -> Row | None:
    try:
        key, value, pk = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return (value, pk) if key == order.key else None
