"""Text tables of all encodings and delimiters, whole and damaged."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailcrm.errors import UserError
from mailcrm.exchange.tables.delimited import Delimited, guess_delimiter
from mailcrm.exchange.tables.opening import open_table

SIMPLIFIED = "姓名,公司,电话\n张伟,深圳市华强电子有限公司,13800138000\n欧阳娜娜,义乌小商品进出口,0579-85123456\n"
TRADITIONAL = "姓名,公司,電話\n陳美玲,台灣電子股份有限公司,02-27001234\n黃志明,香港貿易發展,852-25841234\n"
GERMAN = "Name;Firma;Straße\nJürgen Groß;Müller & Söhne;Hauptstraße 5\nZoë;Café “Brûlé”;Überweg – 3\n"


def _file(folder: Path, data: bytes) -> Path:
    path = folder / "customers.csv"
    path.write_bytes(data)
    return path


def _cells(folder: Path, data: bytes, **how: str) -> list[tuple[object, ...]]:
    return [row.cells for row in open_table(_file(folder, data), **how).rows()]


@pytest.mark.parametrize(
    ("text", "encoding", "guessed"),
    [
        (SIMPLIFIED, "utf-8", "utf-8"),
        (SIMPLIFIED, "utf-8-sig", "utf-8-sig"),
        (SIMPLIFIED, "utf-16", "utf-16"),
        (SIMPLIFIED, "utf-16-le", "utf-16-le"),
        (SIMPLIFIED, "utf-16-be", "utf-16-be"),
        (SIMPLIFIED, "gbk", "gb18030"),
        (SIMPLIFIED.replace("张伟", "㐀龘𠮷"), "gb18030", "gb18030"),
        (TRADITIONAL, "big5", "cp950"),
        (TRADITIONAL, "gb18030", "gb18030"),
        (GERMAN, "cp1252", "cp1252"),
        ("Prénom;Société\nHélène;Générale à Orléans\n", "cp1252", "cp1252"),
        ("Nombre;País\nÍñigo Muñoz;España\n", "cp1252", "cp1252"),
        ("a,b\n" * 90_000 + "王小明,客户\n", "gbk", "gb18030"),
        ("a,b\n1,2\n", "ascii", "utf-8"),
    ],
)  # fmt: skip
def test_encoding_is_guessed_from_all_bytes(tmp_path: Path, text: str, encoding: str, guessed: str) -> None:
    table = Delimited.of(_file(tmp_path, text.encode(encoding)))
    assert table.encoding == guessed
    read = [row.cells for row in table.rows()]
    assert read == [tuple(line) for line in csv.reader(io.StringIO(text), delimiter=table.delimiter)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_what_makes_even_rows(delimiter: str) -> None:
    lines = [delimiter.join(each) + "\n" for each in (("name", "note"), ("Ann", '"a, b; c"'), ("Bob", "1"))]
    assert guess_delimiter(lines) == delimiter


def test_one_column_needs_no_delimiter(tmp_path: Path) -> None:
    assert _cells(tmp_path, b"email\na@x.de\n") == [("email",), ("a@x.de",)]


def test_line_for_excel_is_obeyed_and_counts_as_a_row(tmp_path: Path) -> None:
    rows = list(open_table(_file(tmp_path, b"sep=;\r\na;b\r\n")).rows())
    assert [(row.number, row.cells) for row in rows] == [(1, ()), (2, ("a", "b"))]


def test_rows_are_numbered_as_excel_shows_them_with_breaks_in_cells_and_empty_rows(tmp_path: Path) -> None:
    rows = list(open_table(_file(tmp_path, b'a,b\r\n"two\r\nlines",2\r\n\r\nx,y\r\n')).rows())
    assert [row.number for row in rows if any(row.cells)] == [1, 2, 4]


def test_nul_disappears_and_ragged_rows_stay_as_they_are(tmp_path: Path) -> None:
    assert _cells(tmp_path, b"a,b,c\nx\0y,2\n1,2,3,4\n") == [("a", "b", "c"), ("xy", "2"), ("1", "2", "3", "4")]


@pytest.mark.parametrize(
    ("encoding", "data", "row", "byte"),
    [
        ("", "姓名,公司\n王,中\n".encode() + b"a,\xff\xfe\n" + "张,北京\n".encode() * 9, 3, 24),
        ("gb18030", b"a,b\n" * 100_000 + b"x,\xff\n", 100_001, 400_002),
        ("utf-8", b"a,b\nc,\xe7\x8e", 2, 6),
        ("big5", b"a,b\n\xa4\x40,\xff\n", 2, 7),
    ],
)
def test_what_cannot_be_decoded_is_named_by_row_and_byte(
    tmp_path: Path, encoding: str, data: bytes, row: int, byte: int
) -> None:
    with pytest.raises(UserError, match=f"row {row}: byte {byte:,} "):
        _cells(tmp_path, data, encoding=encoding)


def test_file_cut_within_quotes_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="row 2: the file ends within quotes"):
        _cells(tmp_path, b'a,b\n1,"two\nthree')


def test_last_row_that_is_short_and_not_ended_is_told(tmp_path: Path) -> None:
    for data, told in ((b"a,b\n1,2\n3", True), (b"a,b\n1,2\n3\n", False), (b"a,b\n1,2", False)):
        *_, last = open_table(_file(tmp_path, data)).rows()
        assert bool(last.flaw) is told


def test_inch_mark_is_no_open_quote(tmp_path: Path) -> None:
    assert _cells(tmp_path, b'a,b\n5" pipe,2\n')[1] == ('5" pipe', "2")


@pytest.mark.parametrize("data", [b"a,b\n1," + b"x" * 10_000_000 + b"\n", b"a,b\n1," + b"x" * 200_000 + b"\n"])
def test_cell_that_is_too_long_is_named_by_its_row(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UserError, match="row 2: a cell holds more than 131,072"):
        _cells(tmp_path, data)


@pytest.mark.parametrize("name", ["klingon", "base64", "idna"])
def test_encoding_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="encoding"):
        _cells(tmp_path, b"a,b\n", encoding=name)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7", "is a PDF"),
        (b"<html><table>", "web page or XML"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "web page or XML"),
        (b"\xd0\xcf\x11\xe0 broken", "spreadsheet"),
    ],
)
def test_file_that_is_no_table_is_told_what_to_do(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(UserError, match=said):
        _cells(tmp_path, data)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"))), min_size=3, max_size=3)
    ),
    st.sampled_from(["utf-8-sig", "utf-16", "gb18030"]),
)
def test_what_a_csv_writer_wrote_is_read(tmp_path: Path, rows: list[list[str]], encoding: str) -> None:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(rows)
    path = _file(tmp_path, written.getvalue().encode(encoding))
    table = Delimited.of(path, encoding=encoding, delimiter=",")
    assert [list(row.cells) for row in table.rows()] == rows
