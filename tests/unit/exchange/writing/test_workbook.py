"""Workbooks in which text stays text, which our own import reads back."""

import io
import re
import zipfile
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from mailcrm.exchange.writing import workbook
from mailcrm.exchange.writing.sheets import all_sheets, customer_sheet
from mailcrm.exchange.writing.workbook import write_workbook
from mailcrm.model.record import CustomerRecord
from mailcrm.model.sheet import Book, SheetValue
from tests.unit.exchange.generated import records
from tests.unit.exchange.writing.sample import NOON, ZHANG


def _book(*records: CustomerRecord) -> bytes:
    file = io.BytesIO()
    write_workbook(file, all_sheets(("x.budget",)), records)
    return file.getvalue()


def _table(book: bytes, name: str) -> list[dict[SheetValue, SheetValue]]:
    (_, headings), *rows = Book(book).rows(name)
    return [dict(zip(headings, row, strict=False)) for _, row in rows]


def _name(text: str) -> SheetValue:
    file = io.BytesIO()
    write_workbook(file, [customer_sheet()], [CustomerRecord(fields={"name": text})])
    (row,) = _table(file.getvalue(), "Customers")
    return row["Name"]


def test_text_stays_text_and_times_are_times() -> None:
    book = _book(ZHANG)
    (row,) = _table(book, "Customers")
    assert (row["Tier"], row["x.budget"], row["QQ"]) == ("007", "1E5", "0012345678901234567")
    assert (row["Mobile"], row["Title"]) == ("+8613800138000", '=HYPERLINK("http://x")')
    (order,) = _table(book, "Orders")
    assert order["Order number"] == "0001"
    assert order["Order amount"] == 1299.5
    assert order["Order date (UTC)"] == NOON.replace(tzinfo=None)


def test_every_sheet_is_there_in_its_order() -> None:
    assert Book(_book(ZHANG)).names == ("Customers", "Addresses", "Orders", "Order lines", "Payments", "Timeline")


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(records)
def test_no_cell_is_a_formula_whatever_the_text(record: CustomerRecord) -> None:
    parts = zipfile.ZipFile(io.BytesIO(_book(record)))
    pages = [parts.read(name) for name in parts.namelist() if "worksheets/" in name]
    assert len(pages) == 6
    assert not any(re.search(rb"<f[ >/]", page) for page in pages)


@pytest.mark.parametrize("text", ["张伟", "a_x0041_b", "_x005F_", "a\nb", "😀", "'=1", "-1", "TRUE", "2026-03-05"])
def test_awkward_text_is_read_as_it_was(text: str) -> None:
    assert _name(text) == text


def test_what_xml_cannot_hold_is_replaced() -> None:
    assert _name("a\x0bb\ufffe") == "a\ufffdb\ufffd"


@pytest.mark.parametrize("char", ["x", "😀"])
def test_text_that_is_too_long_ends_with_a_mark(char: str) -> None:
    held = str(_name(char * 40_000))
    assert held.endswith(" […]")
    assert 32_766 <= len(held.encode("utf-16-le")) // 2 <= 32_767


def test_amount_that_excel_would_round_is_text() -> None:
    order = replace(ZHANG.orders[0], amount_minor=12345678901234567)
    (row,) = _table(_book(replace(ZHANG, orders=(order,))), "Orders")
    assert row["Order amount"] == "123456789012345.67"


def test_more_rows_than_excel_shows_go_on_in_a_further_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    book = _book(*[CustomerRecord(number=f"C{each}") for each in range(3)])
    assert [row["Customer number"] for row in _table(book, "Customers")] == ["C0", "C1"]
    assert [row["Customer number"] for row in _table(book, "Customers 2")] == ["C2"]
