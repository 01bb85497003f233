"""What Excel stores and what a person sees are not the same; the rows hold what is seen."""

from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailcrm.errors import UserError
from mailcrm.exchange.tables.opening import open_table, sheet_names
from mailcrm.exchange.tables.workbook import digits
from tests.unit.exchange.tables.books import a_workbook, row


def _file(folder: Path, data: bytes) -> Path:
    path = folder / "customers.xlsx"
    path.write_bytes(data)
    return path


def _rows(folder: Path, data: bytes, sheet: str = "") -> dict[int, tuple[object, ...]]:
    return {each.number: each.cells for each in open_table(_file(folder, data), sheet=sheet).rows()}


@pytest.mark.parametrize(
    ("stored", "seen"),
    [
        (13800000000.0, "13800000000"),
        (1.38001380005e11, "138001380005"),
        (-5.0, "-5"),
        (12.5, "12.5"),
        (0.1, "0.1"),
        (4.40106199001011e17, "4.40106199001011e+17"),
    ],
)
def test_numbers_are_digits_as_long_as_none_is_lost(stored: float, seen: str) -> None:
    assert digits(stored) == seen


def test_rows_and_columns_stand_where_the_program_shows_them(tmp_path: Path) -> None:
    rows = _rows(tmp_path, a_workbook(("S", row(3, B="Name", C="Tel") + row(5, B="王", C=1.38e10))))
    assert rows[3] == ("", "Name", "Tel")
    assert rows[5] == ("", "王", "13800000000")
    assert set("".join(map(str, rows[4]))) == set()


def test_leading_zeros_of_text_stay_and_dates_are_dates(tmp_path: Path) -> None:
    rows = _rows(tmp_path, a_workbook(("S", row(1, A="00420", B="date:46086"))))
    assert rows[1] == ("00420", date(2026, 3, 5))


def test_merged_cells_repeat_downwards_and_not_to_the_right(tmp_path: Path) -> None:
    data = a_workbook(
        ("S", row(1, A="Title", C="x") + row(2, A="Acme", B="Ann") + row(3, B="Bob") + row(4, A="Own", B="Cat")),
        merged=("A1:B1", "A2:A3"),
    )
    rows = _rows(tmp_path, data)
    assert rows[1] == ("Title", "", "x")
    assert rows[3][:2] == ("Acme", "Bob")
    assert rows[4][:2] == ("Own", "Cat")


def test_sheets_are_listed_and_chosen_by_name(tmp_path: Path) -> None:
    data = a_workbook(("客户", row(1, A="a")), ("Orders", row(1, A="b")))
    assert sheet_names(open_table(_file(tmp_path, data))) == ("客户", "Orders")
    assert _rows(tmp_path, data, "Orders") == {1: ("b",)}
    with pytest.raises(UserError, match="no sheet 'X'; there are: 客户, Orders"):
        _rows(tmp_path, data, "X")


def test_value_far_away_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    data = a_workbook(("S", row(1, A="a") + row(1_048_576, XFD="b")))
    with pytest.raises(UserError, match="span 17,179,869,184 cells"):
        _rows(tmp_path, data)


def test_empty_cell_far_away_that_is_only_formatted_does_no_harm(tmp_path: Path) -> None:
    data = a_workbook(("S", row(1, A="a") + '<row r="1048576"><c r="XFD1048576" s="1"/></row>'))
    assert _rows(tmp_path, data)[1] == ("a",)


def test_file_cut_short_is_named_as_such(tmp_path: Path) -> None:
    whole = a_workbook(("S", row(1, A="a")))
    with pytest.raises(UserError, match="cut short"):
        _rows(tmp_path, whole[: len(whole) // 2])


def test_cell_of_ten_megabytes_is_refused_by_its_place(tmp_path: Path) -> None:
    data = a_workbook(("S", row(1, A="a") + row(2, A="a", B="x" * 10_000_000)))
    with pytest.raises(UserError, match="row 2, column B: has more than 131,072"):
        _rows(tmp_path, data)


@settings(max_examples=60, suppress_health_check=[*HealthCheck])
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_damaged_workbook_is_told_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, at: int, other: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.xlsx"
    whole = a_workbook(("S", row(1, A="Name", B="Tel") + row(2, A="Ann", B=5)), merged=("A1:A2",))
    place = at % len(whole)
    path.write_bytes(whole[:place] + other + whole[place + len(other) :])
    with suppress(UserError):
        list(open_table(path).rows())
