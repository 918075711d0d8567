"""Imports of a program and the rows of one, as the pages show them."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.utils.functional import Promise

from learners.people import problems
from learners.people.imports import Problem
from learners.people.models import ImportRow, InviteImport, Membership
from learners.people.problems import Marked
from programs.models import Program


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


def imports(program: Program) -> QuerySet[InviteImport]:
    """The imports of a program, the latest first, with what their list shows."""
    return (
        InviteImport.objects.filter(program=program)
        .select_related("contract", "requested_by")
        .order_by("-created_at", "-id")
    )


def find(program: Program, pk: int) -> InviteImport | None:
    """One import of this program, with its contract and its organization."""
    return (
        InviteImport.objects.filter(program=program, pk=pk)
        .select_related("contract__organization", "program", "organization", "requested_by")
        .first()
    )


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


def bad_rows(job: InviteImport, reason: str = "") -> QuerySet[ImportRow]:
    """The rows that cannot be used, in the order of the file; of one reason when it is given."""
    rows = ImportRow.objects.filter(job=job).exclude(problem="").order_by("line")
    return rows.filter(problem__in=problems.GROUPS[reason][1]) if reason in problems.GROUPS else rows


def shown(job: InviteImport, rows: QuerySet[ImportRow]) -> list[BadRow]:
    """Rows of a page of this import, each with its reason in words and the wrong part marked."""
    status = {Problem.MEMBER: "joined", Problem.INVITED: "invited"}
    return [
        BadRow(
            line=row.line,
            name=row.raw_name.strip(),
            email=problems.marked(row.problem, row.detail, row.raw_email.strip()),
            address=row.email,
            reason=problems.sentence(row.problem, row.detail, row.raw_email),
            status=status.get(row.problem, ""),
        )
        for row in rows
    ]


def bad_lines(job: InviteImport) -> Iterator[tuple[object, ...]]:
    """The rows that cannot be used as the download holds them: line, name, e-mail, External ID, reason."""
    for row in bad_rows(job).iterator(chunk_size=5_000):
        reason = problems.sentence(row.problem, row.detail, row.raw_email)
        yield row.line, row.raw_name, row.raw_email, row.external_id, reason


def has_rows(job: InviteImport) -> bool:
    """Whether the rows of an import that ended are still kept."""
    return ImportRow.objects.filter(job=job).exists()


def membership_at(program: Program, email: str) -> Membership | None:
    """What the person at this (normalized) address is to the program, if anything."""
    return Membership.objects.filter(
        program=program, person__email=email, person__organization=program.organization_id
    ).first()
