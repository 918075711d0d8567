"""An .xlsx workbook as it arrives: the first sheet in, records with their row numbers out, as of a CSV file.

A workbook is an archive, so a small file can hold more than any memory. Only the parts that are read are
copied out, with their true sizes counted, and how far the cells of a sheet reach is known before they are
read: the reader would lay out every cell up to the last one.
"""

import re
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _
from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from config.lib.csvin import Record, Unreadable

ARCHIVE = b"PK\x03\x04"
# The container of the formats before 2007, and of any workbook with a password.
COMPOUND = b"\xd0\xcf\x11\xe0"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
MOST_PARTS = 2_000
MOST_BYTES = 300 * 1024 * 1024
# Tables shrink to a tenth, hardly ever to a hundredth.
MOST_RATIO = 200
SMALL = 10 * 1024 * 1024
MOST_CELLS = 10_000_000
BLOCK = 1 << 20
PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/(_rels/[^/]+|workbook\.xml|styles\.xml|sharedStrings\.xml"
    r"|worksheets/[^/]+\.xml)",
    re.IGNORECASE,
)
# The place of a cell or a row: r="AB12", r="12".
PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{0,3})([0-9]{1,7})[\"']")
# Longer than any place, so that none is torn between two blocks.
OVERLAP = 64
LETTERS = 26


class Sheet:
    """The first visible sheet of a workbook: its header, then its records, once. `line` is the row."""

    encoding = "xlsx"

    def __init__(self, file: BinaryIO) -> None:
        """Check the archive and read the header. Raises Unreadable."""
        self._rows = _rows(file)
        first = next(self.records(), Record(0, []))
        if not first.cells:
            raise Unreadable(_("The file is empty."))
        self.header, self.header_line = first.cells, first.line

    def records(self) -> Iterator[Record]:
        """The rows that are left, without empty ones; numbers and dates as text."""
        for line, values in self._rows:
            cells = [as_text(value) for value in values]
            if any(map(str.strip, cells)):
                yield Record(line, cells)


def is_workbook(file: BinaryIO) -> bool:
    """Whether the file is, or was meant to be, a workbook of any age."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return head in (ARCHIVE, COMPOUND)


def as_text(value: object) -> str:
    """A cell as one would have typed it: whole numbers without a point, dates as 2026-06-08."""
    match value:
        case bool():
            return str(value).upper()
        case float() if value.is_integer() and abs(value) < 1e17:
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
    return "" if value is None else str(value)


def _rows(file: BinaryIO) -> Iterator[tuple[int, list[object]]]:
    file.seek(0)
    if file.read(4) == COMPOUND:
        raise _compound(file)
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / "workbook.xlsx"
        try:
            _copy(file, copy)
            # Opened by name: what is handed over as an object is read into memory as a whole.
            workbook = CalamineWorkbook.from_path(copy)
            first = next(
                index
                for index, sheet in enumerate(workbook.sheets_metadata)
                if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
            )
            rows = workbook.get_sheet_by_index(first).iter_rows()
        except (Unreadable, KeyboardInterrupt, SystemExit, MemoryError):
            raise
        except BaseException as error:
            # The reader is not written in Python; what it stumbles over may come as any exception.
            raise _broken() from error
    yield from enumerate(rows, 1)


def _copy(file: BinaryIO, target: Path) -> None:
    """Copy the parts that are read. What they declare about their size is not believed but counted."""
    file.seek(0)
    total = 0
    with (
        zipfile.ZipFile(file) as archive,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy,
    ):
        parts = archive.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES:
            raise _too_large()
        if any(_is_suspicious(part) for part in parts):
            raise _too_large()
        for part in {part.filename: part for part in parts if PARTS.fullmatch(part.filename)}.values():
            extent = _Extent()
            with archive.open(part) as source, copy.open(part.filename, "w", force_zip64=True) as sink:
                while block := source.read(BLOCK):
                    total += len(block)
                    if total > MOST_BYTES:
                        raise _too_large()
                    extent.see(block)
                    sink.write(block)
            if part.filename.lower().startswith("xl/worksheets/") and extent.cells > MOST_CELLS:
                raise _too_far()


class _Extent:
    """How far the cells of a sheet reach."""

    def __init__(self) -> None:
        self.row = 0
        self.columns: set[bytes] = set()
        self._tail = b""

    def see(self, block: bytes) -> None:
        for letters, digits in PLACE.findall(self._tail + block):
            self.row = max(self.row, int(digits))
            self.columns.add(letters)
        self._tail = block[-OVERLAP:]

    @property
    def cells(self) -> int:
        return self.row * max(map(_column, self.columns), default=0)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * LETTERS + letter - ord("A") + 1
    return number


def _is_suspicious(part: zipfile.ZipInfo) -> bool:
    return part.file_size > SMALL and part.file_size > MOST_RATIO * max(1, part.compress_size)


def _compound(file: BinaryIO) -> Unreadable:
    tail = b""
    while block := file.read(BLOCK):
        if ENCRYPTED in tail + block:
            return Unreadable(
                _("This workbook is protected by a password. Save it without one and upload it again.")
            )
        tail = block[-OVERLAP:]
    return Unreadable(
        _(
            "This file is in the format of Excel before 2007. "
            "Save it in your spreadsheet program as “Excel workbook (.xlsx)” and upload that."
        )
    )


def _broken() -> Unreadable:
    return Unreadable(
        _(
            "This workbook cannot be read. "
            "Save it anew in your spreadsheet program as “Excel workbook (.xlsx)” or “CSV UTF-8” "
            "and upload that."
        )
    )


def _too_large() -> Unreadable:
    return Unreadable(
        _(
            "This workbook unpacks to more than a list of learners can be. "
            "Save its first sheet as “CSV UTF-8” and upload that."
        )
    )


def _too_far() -> Unreadable:
    return Unreadable(
        _(
            "A sheet of this workbook has cells far away from the others. "
            "Delete the empty rows and columns, or save the list as “CSV UTF-8”, and upload that."
        )
    )
