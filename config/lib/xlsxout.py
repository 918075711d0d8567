"""A workbook as it leaves the house: one sheet, every cell text, so that no number loses its zeros."""

import io
from collections.abc import Iterable, Sequence

import xlsxwriter

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTH = 28
# Text stays text: no formula, no link, no number is made of it.
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A workbook with one sheet of this name: the header in bold and always in view, then the rows."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, OPTIONS) as workbook:
        sheet = workbook.add_worksheet(name)
        sheet.set_column(0, len(header) - 1, WIDTH, workbook.add_format({"num_format": "@"}))
        sheet.write_row(0, 0, header, workbook.add_format({"num_format": "@", "bold": True}))
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows, 1):
            sheet.write_row(number, 0, row)
    return target.getvalue()
