"""Tables as they arrive, and as they leave."""

import io

import pytest

from config.lib import csvout
from config.lib.csvin import Table, Unreadable

NOT_A_TABLE = (
    "This file is not a table. Save your list in your spreadsheet program as “CSV UTF-8” and upload that."
)
A_WORKBOOK = (
    "This is a workbook, not a CSV file. Save it in your spreadsheet program as “CSV UTF-8” and upload that."
)
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 8


def read(content: bytes):
    table = Table(io.BytesIO(content))
    return table.header, [(record.line, record.cells) for record in table.records()]


def refusal(content: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        read(content)
    return caught.value.text


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("cp1252", "cp1252")],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_common_encoding_and_delimiter_reads_the_same(encoding, name, delimiter):
    content = f"Name{delimiter}Mail\r\nBjörn Åström{delimiter}b@acme.example\r\n".encode(encoding)
    assert Table(io.BytesIO(content)).encoding == name
    assert read(content) == (["Name", "Mail"], [(2, ["Björn Åström", "b@acme.example"])])


def test_lines_are_those_of_the_file_where_each_record_begins():
    content = b'a,b\n\n1,"two\nlines"\n , \n3,"and\r\nmore\r\n"\n4,x\n'
    assert read(content)[1] == [
        (3, ["1", "two\nlines"]),
        (6, ["3", "and\r\nmore\r\n"]),
        (9, ["4", "x"]),
    ]


def test_empty_lines_and_the_separator_line_of_excel_come_before_the_header():
    assert read(b"sep=;\r\n\r\na;b\r\n1;2\r\n") == (["a", "b"], [(4, ["1", "2"])])


def test_old_macintosh_line_ends_are_line_ends():
    assert read(b"a,b\r1,2\r3,4\r") == (["a", "b"], [(2, ["1", "2"]), (3, ["3", "4"])])


def test_a_comma_inside_quotes_does_not_part_columns():
    assert read(b'"Name, full";Mail\n"Ek, Anna";a@acme.example\n') == (
        ["Name, full", "Mail"],
        [(2, ["Ek, Anna", "a@acme.example"])],
    )


def test_quotes_inside_a_cell_do_not_spoil_the_file():
    assert read(b'a,b\n1,"Anna" Ek\n2,x\n')[1] == [(2, ["1", "Anna Ek"]), (3, ["2", "x"])]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n \n\n"])
def test_a_file_with_nothing_on_it_is_empty(content):
    assert refusal(content) == "The file is empty."


@pytest.mark.parametrize(
    "content", [PNG, b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(32)), b"a,b\n\x81\xff"]
)
def test_a_picture_is_not_a_table(content):
    assert refusal(content) == NOT_A_TABLE


def test_a_damaged_file_is_not_taken_for_another_encoding():
    content = "a,b\nBjörn,Åsa\nGöran,Märta\n".encode().replace("ö".encode(), b"\xf6", 1)
    assert refusal(content) == (
        "Some characters of this file are damaged. "
        "Save your list in your spreadsheet program as “CSV UTF-8” and upload that."
    )


@pytest.mark.parametrize("content", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest"])
def test_a_workbook_is_named_as_such(content):
    assert refusal(content) == A_WORKBOOK


@pytest.mark.parametrize(
    "content",
    [
        b'a,b\n1,"open\n2,x\n3,y\n',
        b'a,b\n1,"open' + b"\n2,x" * 60 + b'\n3,"y"\n',
        b'a,b\n1,"' + b"x" * 200_000 + b"\n",
    ],
    ids=["to the end", "to a later quotation", "beyond any cell"],
)
def test_a_quotation_that_is_never_closed_is_named_with_its_line(content):
    assert refusal(content) == (
        "On line 2 a quotation mark opens that is never closed. "
        "Close it or leave it out, and upload the file again."
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+SUM(A1)", "'+SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("@cmd", "'@cmd"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("-12.5", "-12.5"),
        ("+46 70 123 45 67", "+46 70 123 45 67"),
        ("anna@acme.example", "anna@acme.example"),
        ("Anna", "Anna"),
        (1406, "1406"),
        (None, ""),
    ],
)
def test_formulas_are_defused_and_nothing_else(value, written):
    assert csvout.defuse(value) == written


def test_a_table_is_written_with_its_mark_and_quoted():
    target = io.StringIO()
    csvout.write(target, ["Name", "Reason"], [['Ek, "Anna"', "=x"], ["Två\nrader", None]])
    assert target.getvalue() == '\ufeffName,Reason\r\n"Ek, ""Anna""",\'=x\r\n"Två\nrader",\r\n'
