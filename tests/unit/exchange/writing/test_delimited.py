"""CSV that no program computes, and that our own import reads back."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from mailcrm.exchange.columns import guess_columns, mapping_of
from mailcrm.exchange.mapping import Mapping
from mailcrm.exchange.records import find_headings, read_rows
from mailcrm.exchange.tables.delimited import Delimited
from mailcrm.exchange.targets import ACTIVITY, MAIL, ORDERS
from mailcrm.exchange.writing.delimited import write_csv, written
from mailcrm.exchange.writing.sheets import Sheet, all_sheets, customer_sheet
from mailcrm.model.consent import ConsentState
from mailcrm.model.important_date import Calendar
from mailcrm.model.record import CustomerRecord
from tests.unit.exchange.generated import records
from tests.unit.exchange.writing.sample import NOON, ZHANG


def _table(sheet: Sheet, *records: CustomerRecord, bom: bool = False) -> list[dict[str, str]]:
    file = io.StringIO(newline="")
    write_csv(file, sheet, records, bom=bom)
    return list(csv.DictReader(io.StringIO(file.getvalue(), newline="")))


def test_customer_is_one_row_with_lists_in_cells() -> None:
    (row,) = _table(customer_sheet(("x.budget",)), ZHANG)
    assert row["Customer number"] == "C000017Z"
    assert row["Mobile"] == "'+8613800138000"
    assert row["Title"] == '\'=HYPERLINK("http://x")'
    assert (row["Tier"], row["x.budget"], row["Tags"]) == ("007", "1E5", "茶; coffee")
    assert (row["Birthday"], row["Lunar birthday"]) == ("'--03-05", "农历1980年闰8月15日")
    assert row["Created at"] == "2026-03-05T12:00:00Z"


def test_bounced_address_is_left_out_and_a_no_is_told() -> None:
    (row,) = _table(customer_sheet(), ZHANG)
    assert row["E-mail"] == "zw@hq.cn; no@hq.cn"
    assert (row["Unsubscribed"], row["Bounced"]) == ("yes", "")


def test_orders_have_their_amounts_in_units_of_the_currency() -> None:
    sheets = {sheet.name: _table(sheet, ZHANG) for sheet in all_sheets()}
    assert [row["Order amount"] for row in sheets["orders"]] == ["1299.50"]
    assert [(row["Quantity"], row["Unit price"]) for row in sheets["order lines"]] == [("2.5", "519.80"), ("1", "")]
    assert [(row["Amount"], row["Currency"]) for row in sheets["payments"]] == [("-5", "JPY")]


def test_timeline_is_newest_first() -> None:
    (timeline,) = (_table(sheet, ZHANG) for sheet in all_sheets() if sheet.name == "timeline")
    assert [row["Activity subject"] for row in timeline] == ["then", "first"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(records)
def test_no_text_of_any_sheet_is_a_formula(record: CustomerRecord) -> None:
    for sheet in all_sheets():
        for row in sheet.rows_of(record):
            assert len(row) == len(sheet.columns)
            assert not any(written(value).startswith(tuple("=+@\t\r\n＝＋－＠")) for value in row)
            assert not any(written(value).startswith("-") for value in row if isinstance(value, str))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (Decimal("-0.50"), "-0.50"),
        (-3, "-3"),
        (datetime(1, 2, 3, tzinfo=UTC), "0001-02-03T00:00:00Z"),
    ],
)
def test_values_are_written_plainly(value: object, text: str) -> None:
    assert written(value) == text  # type: ignore[arg-type]


@pytest.mark.parametrize("bom", [True, False])
def test_own_import_reads_what_was_exported(tmp_path: Path, bom: bool) -> None:
    path = tmp_path / "customers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        assert write_csv(file, customer_sheet(("x.budget",)), [ZHANG], bom=bom) == 1
    table = Delimited.of(path)
    headed = find_headings(table)
    mapping = mapping_of(guess_columns(headed.headings, headed.sample), headed.headings, Mapping(()))
    (row,) = read_rows(table, headed, mapping, of="import:customers.csv", at=NOON)
    record = row.record
    assert row.problems == ()
    assert (record.number, record.fields["name"], record.fields["tier"]) == ("C000017Z", "张伟", "007")
    assert [entry.address for entry in record.emails] == ["zw@hq.cn", "no@hq.cn"]
    assert all(entry.consents[0].state is ConsentState.WITHDRAWN for entry in record.emails)
    held = {(claim.field, claim.value) for claim in record.claims}
    wanted = {(claim.field, claim.value) for claim in ZHANG.claims if claim.field != "address"}
    assert wanted <= held
    assert {(day.calendar, day.month, day.day, day.leap_month) for day in record.dates} == {
        (Calendar.SOLAR, 3, 5, False), (Calendar.LUNAR, 8, 15, True),
    }  # fmt: skip
    assert {tag for _, tag in record.tags} == {"茶", "coffee"}


_OF_OTHERS = ("number", "name", *MAIL, *ORDERS, *ACTIVITY)


@pytest.mark.parametrize("sheet", all_sheets()[1:], ids=lambda sheet: str(sheet.name))
def test_headings_of_other_sheets_change_nothing_of_a_customer(sheet: Sheet) -> None:
    guesses = guess_columns([column.heading for column in sheet.columns], [])
    taken = {
        str(rule.target)
        for rule in mapping_of(guesses, [column.heading for column in sheet.columns], Mapping(())).rules
    }
    assert taken - set(_OF_OTHERS) == set()


def test_address_that_said_no_is_marked_in_its_own_row() -> None:
    (table,) = (_table(sheet, ZHANG) for sheet in all_sheets() if sheet.name == "addresses")
    marks = {row["Value"]: (row["Unsubscribed"], row["Bounced"]) for row in table if row["Field"] == "email"}
    assert marks == {
        "zw@hq.cn": ("", ""), "old@hq.cn": ("", "yes"), "no@hq.cn": ("yes", ""), "gone@hq.cn": ("", ""),
    }  # fmt: skip
