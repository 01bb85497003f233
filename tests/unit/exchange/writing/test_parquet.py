"""Parquet that keeps money exact and times in UTC."""

import io

import pytest
from hypothesis import HealthCheck, given, settings

from mailcrm.exchange.writing import parquet
from mailcrm.exchange.writing.parquet import arrow_tables, write_parquet
from mailcrm.model.record import CustomerRecord
from tests.unit.exchange.generated import records
from tests.unit.exchange.writing.sample import NOON, ZHANG

read = pytest.importorskip("pyarrow.parquet")


def _tables(*records: CustomerRecord) -> dict[str, list[dict[str, object]]]:
    found = {}
    for table in arrow_tables(("x.budget",)):
        file = io.BytesIO()
        count = write_parquet(file, table, records)
        found[str(table.name)] = read.read_table(io.BytesIO(file.getvalue())).to_pylist()
        assert len(found[str(table.name)]) == count
    return found


def test_money_is_whole_and_times_are_utc() -> None:
    tables = _tables(ZHANG)
    (order,) = tables["orders"]
    assert (order["amount_minor"], order["currency"], order["ordered_at"]) == (129950, "CNY", NOON)
    assert [line["unit_minor"] for line in tables["order lines"]] == [51980, None]
    assert [line["quantity_milli"] for line in tables["order lines"]] == [2500, 1000]
    assert [each["amount_minor"] for each in tables["payments"]] == [-5]


def test_text_is_kept_as_it_is() -> None:
    (row,) = _tables(ZHANG)["customers"]
    assert (row["mobile"], row["tier"], row["x.budget"]) == ("+8613800138000", "007", "1E5")


def test_table_without_rows_has_its_columns() -> None:
    file = io.BytesIO()
    assert write_parquet(file, parquet.ORDERS, [CustomerRecord()]) == 0
    assert read.read_schema(io.BytesIO(file.getvalue())).names == [name for name, _ in parquet.ORDERS.columns]


def test_many_rows_are_written_group_by_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_ROWS", 2)
    assert [row["customer_number"] for row in _tables(*[ZHANG] * 5)["orders"]] == ["C000017Z"] * 5


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(records)
def test_every_record_can_be_written(record: CustomerRecord) -> None:
    assert len(_tables(record)["orders"]) == len(record.orders)
