"""CSV as it arrives: bytes of any common encoding and delimiter in, records with their line numbers out.

Nothing is held in memory but the record in hand, so the size of a file does not matter.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

DELIMITERS = (",", ";", "\t")
BLOCK = 1 << 20
# A text holds hardly any control characters; a picture or a program is one in ten.
BINARY_SHARE = 0.05
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# A cell with more line breaks than this is a quotation mark that someone forgot to close.
LINES_OF_A_RECORD = 50
# The encodings as people know them.
NAMES = {"utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}


class Unreadable(ValueError):
    """The file is no table that could be read; `text` says in one sentence why and what to do."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True)
class Record:
    """One row of the table and the physical line of the file on which it begins, counted from 1."""

    line: int
    cells: list[str]


class Table:
    """A CSV file opened for reading: its encoding, its header, then its records, once."""

    def __init__(self, file: BinaryIO) -> None:
        """Find out the encoding and the delimiter and read the header. Raises Unreadable."""
        self.encoding = _encoding(file)
        self._lines = _Lines(io.TextIOWrapper(_unclosed(file), self._codec, newline=""))
        first = self._lines.first()
        if not first.strip():
            raise Unreadable(_("The file is empty."))
        self.delimiter = _delimiter(first)
        self._reader = csv.reader(self._lines, delimiter=self.delimiter)
        head = next(self.records(), Record(0, []))
        self.header, self.header_line = head.cells, head.line

    def records(self) -> Iterator[Record]:
        """The records that are left, without empty ones. Raises Unreadable at a quotation never closed."""
        while True:
            begins = self._reader.line_num + self._lines.skipped + 1
            self._lines.held.clear()
            try:
                cells = next(self._reader, None)
            except csv.Error as error:
                raise _torn(begins) from error
            if cells is None:
                return
            if len(self._lines.held) > 1:
                _check_closed(self._lines.held, self.delimiter, begins)
            if any(map(str.strip, cells)):
                yield Record(begins, cells)

    @property
    def _codec(self) -> str:
        return "utf-8-sig" if self.encoding == "utf-8" else self.encoding


class _Lines:
    """The lines of a file for the CSV reader; holds those of the record in hand."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text = text
        self.held: list[str] = []
        self.skipped = 0
        self.again: list[str] = []

    def first(self) -> str:
        """The first line with something on it, which will be read again. Excel's `sep=` line is skipped."""
        for line in self.text:
            if line.strip() and not line.lower().startswith("sep="):
                self.again.append(line)
                return line
            self.skipped += 1
        return ""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.again.pop() if self.again else next(self.text)
        self.held.append(line)
        return line


def _encoding(file: BinaryIO) -> str:
    """UTF-8 or UTF-16 by their marks, UTF-8 when all of it is, else Windows-1252 when all of it is."""
    file.seek(0)
    head = file.read(8192)
    if not head:
        raise Unreadable(_("The file is empty."))
    if head.startswith(WORKBOOKS):
        raise Unreadable(
            _(
                "This is a workbook, not a CSV file. "
                "Save it in your spreadsheet program as “CSV UTF-8” and upload that."
            )
        )
    candidates: tuple[str, ...]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ("utf-16",)
    elif _is_binary(head):
        candidates = ()
    else:
        candidates = ("utf-8", "cp1252")
    for candidate in candidates:
        if _decodes(file, candidate):
            file.seek(0)
            return candidate
        if candidate == "utf-8" and _is_damaged(file):
            raise Unreadable(
                _(
                    "Some characters of this file are damaged. "
                    "Save your list in your spreadsheet program as “CSV UTF-8” and upload that."
                )
            )
    raise Unreadable(
        _(
            "This file is not a table. "
            "Save your list in your spreadsheet program as “CSV UTF-8” and upload that."
        )
    )


def _is_binary(head: bytes) -> bool:
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1a" for byte in head)
    return controls > max(1, len(head) * BINARY_SHARE)


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while block := file.read(BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_damaged(file: BinaryIO) -> bool:
    """Whether it is UTF-8 but for some bytes: read as Windows-1252 every name would be garbled."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    damaged = whole = 0
    file.seek(0)
    while block := file.read(BLOCK):
        text = decoder.decode(block)
        here = text.count("\ufffd")
        damaged += here
        whole += len(text) - len(text.encode("ascii", "ignore")) - here
    return whole > damaged


def _unclosed(file: BinaryIO) -> BinaryIO:
    """The same bytes behind a reader of its own: a text wrapper closes what it reads when it is forgotten."""
    return io.BufferedReader(_Raw(file))


class _Raw(io.RawIOBase):
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        block = self._file.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)


def _delimiter(header: str) -> str:
    """The delimiter that parts the header into most columns; a comma when none parts it."""
    return max(DELIMITERS, key=lambda delimiter: len(next(csv.reader([header], delimiter=delimiter))))


def _check_closed(lines: list[str], delimiter: str, begins: int) -> None:
    """A quotation left open swallows the records that follow it, up to the next quotation mark or the end."""
    if len(lines) > LINES_OF_A_RECORD:
        raise _torn(begins)
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise _torn(begins) from error


def _torn(line: int) -> Unreadable:
    return Unreadable(
        _(
            "On line %(line)s a quotation mark opens that is never closed. "
            "Close it or leave it out, and upload the file again."
        )
        % {"line": line}
    )
