"""A file of people to invite, read row by row: what each row says and what is wrong with it.

Pure: knows no database. What only the database can tell (there twice, already invited, already a member)
is written into the staged rows later, statement by statement.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import BinaryIO

from django.utils.translation import gettext as _

from config.lib import emails
from config.lib.csvin import Table, Unreadable
from config.lib.xlsxin import Sheet, is_workbook
from learners.people import columns, names
from learners.people.columns import Columns
from learners.people.models.person import EXTERNAL_ID_MAX, NAME_MAX, PROFILE_MAX


class Problem(StrEnum):
    """Why a row cannot be used. Stored with the row."""

    EMAIL_MISSING = "email_missing"
    EMAIL_INVALID = "email_invalid"
    EMAIL_LONG = "email_long"
    NAME_MISSING = "name_missing"
    NAME_LONG = "name_long"
    EXTERNAL_ID_LONG = "external_id_long"
    PROFILE_LONG = "profile_long"
    DUPLICATE = "duplicate"
    INVITED = "already_invited"
    MEMBER = "already_member"
    MISTYPED = "mistyped"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: as it was typed, as it will be used, and what is wrong with it ("" when nothing is).

    `detail` is what the reason speaks of: the code of `emails.problem`, a length, a line.
    """

    line: int
    raw_name: str
    raw_email: str
    name: str
    email: str
    external_id: str
    problem: str
    detail: str
    profile: Mapping[str, str] = field(default_factory=dict)

    @property
    def sort_name(self) -> str:
        return names.sort_name(self.name)

    @property
    def search(self) -> str:
        return names.search(self.name, self.email, self.external_id)


def open_table(file: BinaryIO) -> Table | Sheet:
    """The table in a file, be it CSV or a workbook. Raises Unreadable."""
    return Sheet(file) if is_workbook(file) else Table(file)


def read(table: Table | Sheet, where: Columns, limit: int) -> Iterator[Row]:
    """The rows of a table, each checked on its own; none is held in memory.

    Raises Unreadable when there is no row or more than `limit`.
    """
    external_id = () if where.external_id is None else (where.external_id,)
    count = 0
    for record in table.records():
        count += 1
        if count > limit:
            raise Unreadable(
                _("The file has more than %(limit)s rows. Split it and import the parts one after the other.")
                % {"limit": f"{limit:,}"}
            )
        places = (where.name, (where.email,), external_id)
        row = check(record.line, *(columns.joined(record.cells, place) for place in places))
        if where.profile:
            row = _with_profile(row, record.cells, where.profile)
        yield row
    if not count:
        raise no_rows()


def no_rows() -> Unreadable:
    """The refusal of a file that ends after its header."""
    return Unreadable(
        _("The file has a header but no rows. Add one row for each learner and upload it again.")
    )


def check(line: int, raw_name: str, raw_email: str, raw_external_id: str) -> Row:
    """One row by itself: cleaned, and with the first thing that is wrong with it."""
    raw_name, raw_email = raw_name.replace("\0", ""), raw_email.replace("\0", "")
    name, external_id = names.clean(raw_name), names.clean(raw_external_id)
    email = emails.normalize(names.clean(raw_email))
    problem, detail = _problem(name, email, external_id)
    return Row(line, raw_name, raw_email, name, email, external_id, problem, detail)


def _problem(name: str, email: str, external_id: str) -> tuple[str, str]:
    if not email:
        return Problem.EMAIL_MISSING, ""
    if code := emails.problem(email):
        return (Problem.EMAIL_LONG, str(len(email))) if code == "long" else (Problem.EMAIL_INVALID, code)
    if not name:
        return Problem.NAME_MISSING, ""
    if len(name) > NAME_MAX:
        return Problem.NAME_LONG, str(len(name))
    if len(external_id) > EXTERNAL_ID_MAX:
        return Problem.EXTERNAL_ID_LONG, str(len(external_id))
    return "", ""


def _with_profile(row: Row, cells: list[str], where: Mapping[str, int]) -> Row:
    values = {name: names.clean(columns.joined(cells, (place,))) for name, place in where.items()}
    values = {name: value for name, value in values.items() if value}
    long = next((name for name, value in values.items() if len(value) > PROFILE_MAX), None)
    if long and not row.problem:
        row = replace(row, problem=Problem.PROFILE_LONG, detail=f"{long}:{len(values[long])}")
    return replace(row, profile=values)
