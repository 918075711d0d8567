"""Imports of a program and the rows of one, as the pages show them."""

import io
from dataclasses import dataclass
from itertools import islice
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Prefetch, Q
from django.http import QueryDict

from config.lib import keyset
from config.lib.keyset import Order, Place, Slice
from learners.people import imports as files
from learners.people.models import ImportFile, ImportRow, ImportUndo, InviteImport, Membership, Person
from programs.models import Program

State = Membership.State
# So many values show what a column holds.
SAMPLES = 3
LATEST_FIRST = Order("-id", "pk")
UNDOS = Prefetch("undos", ImportUndo.objects.exclude(state=ImportUndo.State.FAILED), to_attr="undoing")


@dataclass(frozen=True)
class Column:
    """A column of an uploaded file: its header and its first values."""

    title: str
    samples: list[str]


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
