"""A catalog file opened: a table (CSV of any kind, .xlsx) or JSON lines; its rows as fields."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from catalog.reading import columns
from config.lib.csvin import Table, Unreadable
from config.lib.xlsxin import Sheet, is_workbook

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Entry:
    """One row: its line in the file and its values by our names, or why it cannot be read."""

    line: int
    fields: dict[str, Any]
    reason: str = ""


@dataclass(frozen=True)
class Source:
    """The rows of a file, once, and its columns that mean nothing here."""

    entries: Iterator[Entry]
    unused: tuple[str, ...] = ()


def opened(file: BinaryIO) -> Source:
    """The rows of a catalog, JSON lines when the first sign is a brace. Raises Unreadable."""
    file.seek(0)
    if file.read(4096).removeprefix(BOM).lstrip().startswith(b"{"):
        file.seek(0)
        return Source(_json_lines(file))
    table: Table | Sheet = Sheet(file) if is_workbook(file) else Table(file)
    found = columns.recognise(table.header)
    if not {"title", "slug"} & found.places.keys():
        header = ", ".join(cell.strip() for cell in table.header if cell.strip())
        reason = _("The first row must name the columns, title or slug among them. It says: %(header)s.")
        raise Unreadable(reason % {"header": header[:200]})
    return Source(_rows(table, found), found.unused)


def _rows(table: Table | Sheet, found: columns.Columns) -> Iterator[Entry]:
    for record in table.records():
        cells = record.cells
        fields = {name: cells[place].strip() for name, place in found.places.items() if place < len(cells)}
        yield Entry(record.line, fields)


def _json_lines(file: BinaryIO) -> Iterator[Entry]:
    for number, line in enumerate(file, 1):
        text = line.removeprefix(BOM).strip() if number == 1 else line.strip()
        if not text:
            continue
        try:
            value = json.loads(text)
            _check_storable(text, value)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            yield Entry(number, {columns.field_of(name): one for name, one in value.items()})
        else:
            yield Entry(number, {}, _("This line is no JSON object."))


def _check_storable(text: bytes, value: object) -> None:
    """Raise ValueError at what JSON may hold and no database does: the null character, half a character."""
    if b"\\u0000" in text:
        raise ValueError
    if b"\\ud" in text.lower():
        json.dumps(value, ensure_ascii=False).encode()
