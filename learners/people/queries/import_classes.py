"""What a staged file holds, class by class, and what would happen to each given what was chosen."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cached_property, reduce
from operator import or_

from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    F,
    Func,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from config.lib import keyset
from config.lib.keyset import Order, Place, Total
from learners.people import problems
from learners.people.choices import LABELS, Choices, Kind
from learners.people.columns import PROFILE
from learners.people.imports import Problem
from learners.people.models import ImportRow, InviteImport
from learners.people.problems import Marked
from learners.people.queries.imports import Part
from learners.people.sql import inviting
from learners.people.sql.inviting import Resendable
from programs.models import Contract

BY_LINE = Order("line", "line", id="line")
ALL_LINES = {"low": 0, "high": 2**31 - 1}
NOBODY = Resendable(0, 0, 0)
# Beside which class the page asks for each choice; `recent` stands below `resend` where somebody is.
CONCERNS = {
    "again": Kind.REMOVED,
    "beyond_seats": Kind.OVER,
    "mistyped": Kind.MISTYPED,
    "resend": Kind.INVITED,
}
FOR_GOOD = ImportRow.Removed.FOR_GOOD


@dataclass(frozen=True)
class Group:
    """Rows that are alike: the same problem, removed in the same way, within the seats or beyond."""

    problem: str
    removed: str
    is_beyond: bool
    kind: Kind
    count: int

    def where(self, cut: int | None) -> Q:
        """The rows of this group."""
        found = Q(problem=self.problem, removed=self.removed)
        return found if cut is None else found & (Q(line__gt=cut) if self.is_beyond else Q(line__lte=cut))


@dataclass(frozen=True)
class Reason:
    """One class, or one reason why rows cannot be used, with the number of its rows."""

    key: str
    label: str | Promise
    count: int


@dataclass(frozen=True)
class Line:
    """A row as the page shows it. `status` is the list in which the person stands already, if they do."""

    line: int
    name: str
    email: Marked
    address: str
    reason: str
    status: str

    @property
    def has_address(self) -> bool:
        return bool(self.email.before or self.email.wrong or self.email.after)


@dataclass(frozen=True)
class Classes:
    """The rows of one import in groups. `seats` were left (None: as many as one likes); `cut` is the last
    line within them, None when all are.

    `resendable` says how many of those already invited can get the mail again.
    """

    job: InviteImport
    chosen: Choices
    seats: int | None
    cut: int | None
    groups: list[Group]
    resendable: Resendable

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many rows each class has; together they are the rows of the file."""
        return {kind: sum(group.count for group in self.groups if group.kind == kind) for kind in Kind}

    @property
    def invited(self) -> int:
        """How many people are invited."""
        return sum(count for kind, count in self.counts.items() if self.chosen.invites(Kind(kind)))

    @property
    def resent(self) -> int:
        """How many mails go out to those who were invited already."""
        if not self.chosen.resend:
            return 0
        return self.resendable.others_queued + (self.resendable.recent_queued if self.chosen.recent else 0)

    @property
    def stuck(self) -> int:
        """How many get no mail for another reason than that they were just mailed."""
        spared = 0 if self.chosen.recent else self.resendable.recent
        return self.counts[Kind.INVITED] - spared - self.resent

    @property
    def used(self) -> int:
        """How many rows are worked on."""
        return sum(count for kind, count in self.counts.items() if self.chosen.uses(Kind(kind)))

    @property
    def left_out(self) -> dict[str, int]:
        """The rows of each class that stay out."""
        return {
            str(kind): count
            for kind, count in self.counts.items()
            if count and not self.chosen.uses(Kind(kind))
        }

    @property
    def removed(self) -> int:
        """How many people that were removed could be invited again."""
        return sum(group.count for group in self.groups if group.removed and not group.problem)

    @property
    def for_good(self) -> int:
        """How many of them were removed until somebody invites them again."""
        return sum(group.count for group in self.groups if group.removed == FOR_GOOD and not group.problem)

    @property
    def mistyped(self) -> int:
        """How many addresses look mistyped."""
        return sum(group.count for group in self.groups if group.problem == Problem.MISTYPED)

    @property
    def shown(self) -> list[Reason]:
        """The classes that have rows, or about whose people there is a choice."""
        asked = {Kind.REMOVED: self.removed, Kind.MISTYPED: self.mistyped}
        return [
            Reason(kind, LABELS[kind], count)
            for kind, count in self.counts.items()
            if count or asked.get(Kind(kind))
        ]

    @property
    def unasked(self) -> list[str]:
        """The choices that hold though the page has no box for them, since they concern nobody now."""
        shown = {one.key for one in self.shown}
        asked = {choice for choice, kind in CONCERNS.items() if kind in shown}
        if self.chosen.resend and self.resendable.recent:
            asked.add("recent")
        return [name for name, value in asdict(self.chosen).items() if value and name not in asked]

    @property
    def reasons(self) -> list[Reason]:
        """Why rows cannot be used, the most frequent reason first."""
        found = []
        for key, (label, group) in problems.REASONS.items():
            count = sum(row.count for row in self.groups if row.problem in group)
            if count:
                found.append(Reason(key, label, count))
        return sorted(found, key=lambda reason: -reason.count)

    def label(self, show: str) -> str | Promise:
        """The name of a class or of a reason; "" for what is left out."""
        return next((one.label for one in (*self.shown, *self.reasons) if one.key == show), "")

    def rows(self, show: str) -> QuerySet[ImportRow]:
        """The rows of one class, those of one reason, or whatever is left out."""
        return self._of(self._shown(show))

    def count(self, show: str) -> int:
        """How many these are."""
        return sum(group.count for group in self._shown(show))

    def is_over(self, row: ImportRow) -> bool:
        """Whether a row comes after the seats that are left."""
        is_beyond = self.cut is not None and row.line > self.cut
        return self.chosen.kind(row.problem, row.removed, is_beyond=is_beyond) == Kind.OVER

    def sample(self) -> ImportRow | None:
        """The first row whose person is invited, to show what they get."""
        invited = (group for group in self.groups if self.chosen.invites(group.kind))
        return self._of(invited).order_by("line").first()

    def _of(self, groups: Iterable[Group]) -> QuerySet[ImportRow]:
        where = reduce(or_, (group.where(self.cut) for group in groups), Q(line__in=[]))
        return ImportRow.objects.filter(where, job=self.job)

    def _shown(self, show: str) -> Iterator[Group]:
        reason = problems.REASONS[show][1] if show in problems.REASONS else ()
        for group in self.groups:
            if show in LABELS:
                belongs = group.kind == show
            elif reason:
                belongs = group.problem in reason
            else:
                belongs = not self.chosen.uses(group.kind)
            if belongs:
                yield group


def classes(job: InviteImport, chosen: Choices, *, seats: int | None, guard: timedelta) -> Classes:
    """The rows of a draft, given these choices and so many seats (None: as many as one likes).

    `guard`: a mail sent so recently is not sent again unless that was chosen.
    """
    cut = _cut(job, chosen, seats)
    groups = _groups(job, chosen, cut)
    invited = any(group.kind == Kind.INVITED for group in groups)
    resendable = _resendable(job, guard) if invited else NOBODY
    return Classes(job, chosen, seats, cut, groups, resendable)


def settled(job: InviteImport) -> Classes:
    """The rows of an import that was started, as was chosen then. What was resent stands on the import."""
    chosen, cut = Choices.of(job), job.last_line
    return Classes(job, chosen, None, cut, _groups(job, chosen, cut), NOBODY)


def page(found: Classes, *, show: str, page: str, query: QueryDict) -> Part:
    """A page of the rows of one class or reason, in the order of the file. `page` is a word of the address.

    Each has its reason in words and the wrong part marked.
    """
    rows = found.rows(show)
    part = keyset.cut(
        rows,
        BY_LINE,
        Place.read(page, keyset.DEFAULT_SIZE, BY_LINE),
        Total.of(found.count(show)),
        query,
    )
    return Part([_line(found, row) for row in rows.filter(line__in=part.ids).order_by("line")], part)


def lines(found: Classes, show: str) -> Iterator[tuple[object, ...]]:
    """The same rows as the download holds them: line, name, e-mail, External ID, what the file said of
    `profile_fields`, reason.
    """
    fields = profile_fields(found, show)
    for row in found.rows(show).order_by("line").iterator(chunk_size=5_000):
        profile = (row.profile.get(field, "") for field in fields)
        yield row.line, row.raw_name, row.raw_email, row.external_id, *profile, reason(found, row)


def reason(found: Classes, row: ImportRow) -> str:
    """Why this row is not like any other, in words; empty for someone new."""
    if found.is_over(row):
        return _("No seat is left for this person.")
    if row.problem:
        return problems.sentence(row.problem, row.detail, row.raw_email)
    return problems.removal(row.removed, row.detail) if row.removed else ""


def profile_fields(found: Classes, show: str) -> list[str]:
    """The fields of the profile that these rows speak of, in the order of the documentation."""
    keys = Func(F("profile"), function="jsonb_object_keys", output_field=TextField())
    said = set(found.rows(show).annotate(field=keys).values_list("field", flat=True).distinct().order_by())
    return [field for field in PROFILE.values() if field in said]


def seats(contract: Contract) -> int | None:
    """The seats of a contract that are left; None when there is no limit to who joins."""
    return contract.left if contract.kind == Contract.Kind.SEATS else None


def _groups(job: InviteImport, chosen: Choices, cut: int | None) -> list[Group]:
    beyond = Value(False) if cut is None else ExpressionWrapper(Q(line__gt=cut), BooleanField())
    found = (
        ImportRow.objects.filter(job=job)
        .annotate(beyond=beyond)
        .values_list("problem", "removed", "beyond")
        .annotate(count=Count("line"))
        .order_by()
    )
    return [
        Group(problem, removed, is_beyond, chosen.kind(problem, removed, is_beyond=is_beyond), count)
        for problem, removed, is_beyond, count in found
    ]


def _cut(job: InviteImport, chosen: Choices, seats: int | None) -> int | None:
    """The last line before the first person for whom there is no seat; None when there is one for all."""
    if seats is None:
        return None
    candidates = Q(problem="") if chosen.again else Q(problem="", removed="")
    if chosen.mistyped:
        candidates |= Q(problem=Problem.MISTYPED)
    rows = ImportRow.objects.filter(candidates, job=job).order_by("line").values_list("line", flat=True)
    beyond = rows[seats : seats + 1].first()
    return None if beyond is None else beyond - 1


def _resendable(job: InviteImport, guard: timedelta) -> Resendable:
    where = {"job": job.pk, "organization": job.organization_id, "program": job.program_id}
    return inviting.resendable(where | ALL_LINES | {"today": job.contract.today, "guard": guard})


def _line(found: Classes, row: ImportRow) -> Line:
    known: dict[str, str] = {Problem.MEMBER: "joined", Problem.INVITED: "invited"}
    return Line(
        line=row.line,
        name=row.raw_name.strip(),
        email=problems.marked(row.problem, row.detail, row.raw_email.strip()),
        address=row.email,
        reason=reason(found, row),
        status="removed" if row.removed else known.get(row.problem, ""),
    )
