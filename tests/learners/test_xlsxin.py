"""Workbooks as they arrive, and the template as it leaves."""

import io
import struct
import zipfile
from datetime import date, datetime, time

import pytest
import xlsxwriter

from config.lib import xlsxin, xlsxout
from config.lib.csvin import Unreadable
from config.lib.xlsxin import Sheet
from learners.models import ImportRow, InviteImport
from orgs.errors import ActionError
from tests.learners.files import address, stage

BROKEN = (
    "This workbook cannot be read. "
    "Save it anew in your spreadsheet program as “Excel workbook (.xlsx)” or “CSV UTF-8” and upload that."
)
TOO_LARGE = (
    "This workbook unpacks to more than a list of learners can be. "
    "Save its first sheet as “CSV UTF-8” and upload that."
)
TOO_FAR = (
    "A sheet of this workbook has cells far away from the others. "
    "Delete the empty rows and columns, or save the list as “CSV UTF-8”, and upload that."
)
OLD = (
    "This file is in the format of Excel before 2007. "
    "Save it in your spreadsheet program as “Excel workbook (.xlsx)” and upload that."
)
PASSWORD = "This workbook is protected by a password. Save it without one and upload it again."
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def workbook(fill) -> bytes:
    """A workbook with one sheet that `fill(workbook, sheet)` writes on."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as made:
        fill(made, made.add_worksheet())
    return target.getvalue()


def of_rows(*rows) -> bytes:
    def fill(made, sheet):
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)

    return workbook(fill)


def changed(content: bytes, name: str, data: bytes) -> bytes:
    """The same archive with another part in the place of this one."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            new.writestr(part, data if part == name else old.read(part))
        if name not in old.namelist():
            new.writestr(name, data)
    return target.getvalue()


def read(content: bytes):
    sheet = Sheet(io.BytesIO(content))
    return sheet.header, [(record.line, record.cells) for record in sheet.records()]


def refusal(content: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        read(content)
    return caught.value.text


def test_lines_are_the_rows_of_the_sheet_and_empty_ones_are_left_out():
    def fill(made, sheet):
        sheet.write_row(1, 0, ["Name", "Mail"])
        sheet.write_row(3, 0, ["Ann", "ann@acme.example"])
        sheet.write_row(6, 0, ["Bo", "bo@acme.example"])
        sheet.set_row(900, 20, made.add_format({"bold": True}))

    assert read(workbook(fill)) == (
        ["Name", "Mail"],
        [(4, ["Ann", "ann@acme.example"]), (7, ["Bo", "bo@acme.example"])],
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1406.0, "1406"),
        (1.5, "1.5"),
        (True, "TRUE"),
        (None, ""),
        (date(2026, 6, 8), "2026-06-08"),
        (datetime(2026, 6, 8), "2026-06-08"),  # noqa: DTZ001 - a cell knows no time zone
        (datetime(2026, 6, 8, 14, 30), "2026-06-08 14:30:00"),  # noqa: DTZ001
        (time(14, 30), "14:30:00"),
        ("0042", "0042"),
    ],
)
def test_numbers_and_dates_are_text_as_one_would_type_it(value, text):
    assert xlsxin.as_text(value) == text


def test_merged_cells_hold_their_text_once():
    def fill(made, sheet):
        sheet.write_row(0, 0, ["Name", "Mail"])
        sheet.merge_range(1, 0, 1, 1, "Sales")
        sheet.write_row(2, 0, ["Ann", "ann@acme.example"])

    assert read(workbook(fill))[1] == [(2, ["Sales", ""]), (3, ["Ann", "ann@acme.example"])]


def test_the_first_sheet_that_is_shown_counts():
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as made:
        made.add_worksheet("Lists").hide()
        shown = made.add_worksheet("People")
        shown.write_row(0, 0, ["Name"])
        shown.activate()
        made.add_worksheet("More").write_row(0, 0, ["Other"])
    assert read(target.getvalue()) == (["Name"], [])


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (of_rows(), "The file is empty."),
        (b"PK\x03\x04 no archive", BROKEN),
        (of_rows(["Name"])[:-300], BROKEN),
        (changed(of_rows(["Name"]), "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row"), BROKEN),
        (changed(of_rows(["Name"]), "xl/workbook.xml", b"\xff\xfe nonsense"), BROKEN),
        (COMPOUND, OLD),
        (COMPOUND + "EncryptedPackage".encode("utf-16-le"), PASSWORD),
    ],
    ids=["empty", "no archive", "torn", "torn sheet", "nonsense", "xls", "password"],
)
def test_what_cannot_be_read_gets_one_clear_sentence(content, text):
    assert refusal(content) == text


def test_a_document_in_an_archive_is_no_workbook():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert refusal(target.getvalue()) == BROKEN


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    small = of_rows(["Name"])
    assert refusal(changed(small, "xl/media/image1.png", bytes(30 * 1024 * 1024))) == TOO_LARGE
    assert refusal(changed(small, "xl/sharedStrings.xml", b"<sst>" + bytes(30 * 1024 * 1024))) == TOO_LARGE
    monkeypatch.setattr(xlsxin, "MOST_PARTS", 5)
    assert refusal(small) == TOO_LARGE
    monkeypatch.undo()
    monkeypatch.setattr(xlsxin, "MOST_BYTES", 1_000)
    assert refusal(small) == TOO_LARGE


def test_a_bomb_that_lies_about_its_size_is_not_unpacked():
    content = changed(
        of_rows(["Name"]), "xl/worksheets/sheet1.xml", b"<worksheet/>" + bytes(30 * 1024 * 1024)
    )
    true = struct.pack("<I", len(b"<worksheet/>") + 30 * 1024 * 1024)
    assert refusal(content.replace(true, struct.pack("<I", 12))) == BROKEN


@pytest.mark.parametrize("place", ["XFD1048576", "ZZ200000", "xfd1048576"])
def test_a_cell_at_the_far_end_of_the_sheet_is_refused_before_the_sheet_is_laid_out(place):
    row = "".join(character for character in place if character.isdigit())
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        f"<row r='{row}'><c  s='0' r = '{place}'><v>1</v></c></row></sheetData></worksheet>"
    )
    assert refusal(changed(of_rows(["Name"]), "xl/worksheets/sheet1.xml", sheet.encode())) == TOO_FAR


def test_a_workbook_of_people_is_staged_like_a_file(program, contract, alice):
    content = of_rows(
        ["External ID", "Email", "Full Name"],
        [7, "Ann@acme.example", "Ann Ek"],
        [],
        ["=1+1", "bad", "Bo"],
    )
    job = stage(program, contract, content, alice, name="people.xlsx")
    assert (job.rows, job.problems, job.encoding_name) == (2, 1, "Excel workbook")
    rows = ImportRow.objects.order_by("line").values_list("line", "name", "email", "external_id", "problem")
    assert list(rows) == [(2, "Ann Ek", "ann@acme.example", "7", ""), (4, "Bo", "bad", "0", "email_invalid")]


def test_a_bad_workbook_leaves_nothing_behind(program, contract, alice):
    with pytest.raises(ActionError) as refused:
        stage(program, contract, COMPOUND, alice, name="people.xls")
    assert refused.value.text == OLD
    assert not InviteImport.objects.exists()


def test_the_template_is_there_as_a_workbook_that_can_be_uploaded(program, contract, bob, signed_in):
    response = signed_in(bob).get(address("import_template_xlsx", program))
    assert response["Content-Disposition"] == 'attachment; filename="learners.xlsx"'
    assert read(response.content) == (["Full Name", "Email", "External ID"], [])


def test_text_in_a_workbook_stays_text():
    content = xlsxout.write("Sheet", ["Name"], [["=1+1"], ["https://acme.example"], ["0042"]])
    assert [cells for _, cells in read(content)[1]] == [["=1+1"], ["https://acme.example"], ["0042"]]
