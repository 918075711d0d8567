"""A file of domains, read line by line. Pure: what a line is worth is for the action to judge."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

from config.lib.csvin import Table, Unreadable

HEADER = ("Domain",)
ROWS_LIMIT = 10_000
SIZE_LIMIT_BYTES = 5 * 1024 * 1024
# Longer than any domain, so that one cut here is still refused.
VALUE_MAX = 300
# The header may be left out: a column is found by one of these names, else the first one is read.
NAMES = {"domain", "domains", "email domain", "email domains", "e-mail domain", "e-mail domains"}


@dataclass(frozen=True)
class Line:
    """What stands on one line of the file, as it was typed; no more of it than a refusal can show."""

    number: int
    value: str


def read(file: BinaryIO) -> list[Line]:
    """The lines of the file, one domain each. Raises Unreadable for what is no table, an empty one and
    more than `ROWS_LIMIT` rows.
    """
    table = Table(file)
    lines: list[Line] = []
    for line in _lines(table):
        if len(lines) == ROWS_LIMIT:
            raise Unreadable(
                _("The file has more than %(limit)s rows. Split it and import the parts one after the other.")
                % {"limit": f"{ROWS_LIMIT:,}"}
            )
        lines.append(line)
    if not lines:
        raise Unreadable(_("The file has a header but no domain. Write one domain on each line."))
    return lines


def _lines(table: Table) -> Iterator[Line]:
    named = [index for index, name in enumerate(table.header) if name.strip().casefold() in NAMES]
    column = named[0] if named else 0
    if not named:
        yield _line(table.header_line, table.header[0])
    for record in table.records():
        yield _line(record.line, record.cells[column] if column < len(record.cells) else "")


def _line(number: int, cell: str) -> Line:
    return Line(number, cell.strip()[:VALUE_MAX])
