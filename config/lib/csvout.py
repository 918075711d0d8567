"""CSV as it leaves the house: quoted by the standard writer, formulas defused, readable by spreadsheets."""

import csv
import re
from collections.abc import Iterable, Sequence
from typing import Protocol

# A spreadsheet runs a cell that begins like this; an apostrophe in front makes it text
# (OWASP, CSV injection).
_FORMULA = re.compile(r"[=+\-@\t\r]")
# Numbers stay numbers, telephone numbers too.
_NUMBER = re.compile(r"[+-]?[0-9][0-9 .,]*")
# Tells Excel that the bytes are UTF-8; other programs skip it.
BOM = "\ufeff"


class Writable(Protocol):
    def write(self, text: str, /) -> object: ...


def defuse(value: object) -> str:
    """The cell as text that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def write(target: Writable, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write one table with its header, row by row, into anything that takes text."""
    target.write(BOM)
    writer = csv.writer(target)
    writer.writerow(header)
    writer.writerows([defuse(value) for value in row] for row in rows)
