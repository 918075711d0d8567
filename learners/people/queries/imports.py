"""Imports of a program and the rows of one, as the pages show them."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Count, F, Func, Prefetch, Q, QuerySet, TextField
from django.http import QueryDict
from django.utils.functional import Promise

from config.lib import keyset
from config.lib.keyset import Order, Place, Slice, Total
from learners.people import imports as files
from learners.people import problems
from learners.people.columns import PROFILE
from learners.people.imports import Problem
from learners.people.models import ImportFile, ImportRow, ImportUndo, InviteImport, Membership, Person
from learners.people.problems import Marked
from programs.models import Program

State = Membership.State
# So many values show what a column holds.
SAMPLES = 3
BY_LINE = Order("line", "line", id="line")
LATEST_FIRST = Order("-id", "pk")
UNDOS = Prefetch("undos", ImportUndo.objects.exclude(state=ImportUndo.State.FAILED), to_attr="undoing")


@dataclass(frozen=True)
class Column:
    """A column of an uploaded file: its header and its first values."""

    title: str
    samples: list[str]


@dataclass(frozen=True)
class Reason:
    """One reason to filter by, with the number of rows it applies to."""

    key: str
    label: str | Promise
    count: int


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used. `status` is the list in which the person stands already, if they do."""

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
class Part:
    """One page of a list: its rows, and where they stand in it."""

    rows: list[Any]
    slice: Slice


def imports(program: Program, *, page: str, query: QueryDict) -> Part:
    """A page of the imports of a program, the latest first. `page` is a word of the address."""
    rows = InviteImport.objects.filter(program=program)
    place = Place.read(page, keyset.DEFAULT_SIZE, LATEST_FIRST)
    part = keyset.cut(rows, LATEST_FIRST, place, keyset.counts(rows)[0], query)
    shown = InviteImport.objects.select_related("contract", "requested_by").prefetch_related(UNDOS)
    return Part(keyset.in_order(shown, part.ids) if part.ids else [], part)


def find(program: Program, pk: int) -> InviteImport | None:
    """One import of this program, with its contract and its organization."""
    return (
        InviteImport.objects.filter(program=program, pk=pk)
        .select_related("contract__organization", "program", "organization", "requested_by")
        .first()
    )


def awaits_columns(job: InviteImport) -> bool:
    """Whether somebody has to say which column of the file holds what."""
    return ImportFile.objects.filter(job=job).exists()


def columns(job: InviteImport) -> list[Column]:
    """The columns of a file that awaits the choice, each with its first values."""
    upload = ImportFile.objects.filter(job=job).first()
    if upload is None:
        return []
    table = files.open_table(io.BytesIO(upload.content))
    first = [record.cells for record in islice(table.records(), SAMPLES)]
    return [
        Column(title.strip(), [cells[place].strip() for cells in first if place < len(cells)])
        for place, title in enumerate(table.header)
    ]


def reasons(job: InviteImport) -> list[Reason]:
    """Why rows of this import cannot be used, the most frequent reason first."""
    counts = dict(
        ImportRow.objects.filter(job=job)
        .exclude(problem="")
        .values_list("problem")
        .annotate(count=Count("line"))
        .order_by()
    )
    found = [
        Reason(key, label, sum(counts.get(problem, 0) for problem in group))
        for key, (label, group) in problems.GROUPS.items()
    ]
    return sorted((reason for reason in found if reason.count), key=lambda reason: -reason.count)


def bad_rows(job: InviteImport, *, reason: str, page: str, query: QueryDict) -> Part:
    """A page of the rows that cannot be used, in the order of the file: all, or those of one reason.

    Each has its reason in words and the wrong part marked. `page` is a word of the address.
    """
    rows = _bad(job)
    if reason in problems.GROUPS:
        rows = rows.filter(problem__in=problems.GROUPS[reason][1])
    place = Place.read(page, keyset.DEFAULT_SIZE, BY_LINE)
    part = keyset.cut(rows, BY_LINE, place, Total.of(rows.count()), query)
    return Part([_shown(row) for row in rows.filter(line__in=part.ids).order_by("line")], part)


def bad_lines(job: InviteImport) -> Iterator[tuple[object, ...]]:
    """The rows that cannot be used as the download holds them: line, name, e-mail, External ID, what the
    file said of `profile_fields`, reason.
    """
    fields = profile_fields(job)
    for row in _bad(job).order_by("line").iterator(chunk_size=5_000):
        reason = problems.sentence(row.problem, row.detail, row.raw_email)
        profile = (row.profile.get(field, "") for field in fields)
        yield row.line, row.raw_name, row.raw_email, row.external_id, *profile, reason


def profile_fields(job: InviteImport) -> list[str]:
    """The fields of the profile that its unusable rows speak of, in the order of the documentation."""
    keys = Func(F("profile"), function="jsonb_object_keys", output_field=TextField())
    said = set(_bad(job).annotate(field=keys).values_list("field", flat=True).distinct().order_by())
    return [field for field in PROFILE.values() if field in said]


def sample(job: InviteImport) -> ImportRow | None:
    """The first row that can be used, to show what its person gets."""
    return ImportRow.objects.filter(job=job, problem="").order_by("line").first()


def has_rows(job: InviteImport) -> bool:
    """Whether the rows of an import that ended are still kept."""
    return ImportRow.objects.filter(job=job).exists()


def membership_at(program: Program, email: str) -> Membership | None:
    """What the person of this (normalized) address is to the program, if anything: the one known by it, or
    whose account has confirmed it. A place they have now comes before one that they had.
    """
    owners = EmailAddress.objects.filter(email=email, verified=True).values("user")
    known = Person.objects.filter(organization=program.organization_id)
    people = known.filter(Q(email=email) | Q(user__in=owners))
    rows = Membership.objects.filter(program=program, person__in=people).select_related("person", "program")
    # Member, then invited, then removed.
    return min(rows.order_by("-state"), key=lambda row: row.state == State.REMOVED, default=None)


def _bad(job: InviteImport) -> QuerySet[ImportRow]:
    return ImportRow.objects.filter(job=job).exclude(problem="")


def _shown(row: ImportRow) -> BadRow:
    return BadRow(
        line=row.line,
        name=row.raw_name.strip(),
        email=problems.marked(row.problem, row.detail, row.raw_email.strip()),
        address=row.email,
        reason=problems.sentence(row.problem, row.detail, row.raw_email),
        status={Problem.MEMBER: "joined", Problem.INVITED: "invited"}.get(Problem(row.problem), ""),
    )
