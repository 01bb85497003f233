"""Numbers of all countries, and money in minor units."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.exchange.amounts import currency_of, guess_decimal, parse_money, parse_number
from mailcrm.exchange.days import Unreadable


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234", "1234"), ("1,234.50", "1234.5"), ("1.234,50", "1234.5"), ("1 234,50", "1234.5"), ("1'234.50", "1234.5"),
        ("12,5", "12.5"), ("1,234", "1234"), ("1.234.567", "1234567"), ("１２３，４５６．７", "123456.7"), ("12.5万", "125000"),
        ("3亿", "300000000"), ("-5", "-5"), ("(5.00)", "-5"), ("0.125", "0.125"), ("1e3", "1000"), ("1234.567", "1234.567"),
    ],
)  # fmt: skip
def test_number_is_read_whatever_its_separators(text: str, number: str) -> None:
    assert parse_number(text) == Decimal(number)


def test_thousand_or_fraction_is_asked_for_and_then_known() -> None:
    with pytest.raises(Unreadable, match="thousands or a fraction"):
        parse_number("1.234")
    assert parse_number("1.234", ",") == 1234
    assert parse_number("1.234", ".") == Decimal("1.234")


@pytest.mark.parametrize(
    ("cells", "mark"), [(["1.234", "9,50"], ","), (["1,234", "9.50"], "."), (["1.234"], ""), (["1.5", "1,5"], "")]
)
def test_mark_is_seen_in_the_whole_column(cells: list[str], mark: str) -> None:
    assert guess_decimal(cells) == mark


@pytest.mark.parametrize(
    ("text", "money"),
    [
        ("¥1,234.50", (123450, "CNY")), ("￥1234.5", (123450, "CNY")), ("1.234,50 €", (123450, "EUR")),
        ("US$ 99", (9900, "USD")),
        ("99 USD", (9900, "USD")), ("3.5万元", (3500000, "CNY")), ("人民币 20", (2000, "CNY")), ("JPY 500", (500, "JPY")),
        ("-$5.25", (-525, "USD")), ("$-5.25", (-525, "USD")), ("5", (500, "EUR")), ("KWD 1.5", (1500, "KWD")),
        ("12.340000000000002", (1234, "EUR")),
    ],
)  # fmt: skip
def test_money_is_in_minor_units_with_its_currency(text: str, money: tuple[int, str]) -> None:
    assert parse_money(text, "EUR") == money


@pytest.mark.parametrize("text", ["", "abc", "5 pieces of gold", "1.005", "JPY 1.5", "9" * 20, "--5"])
def test_what_is_no_amount_is_told(text: str) -> None:
    with pytest.raises(Unreadable):
        parse_money(text, "EUR")


def test_money_needs_a_currency() -> None:
    with pytest.raises(Unreadable, match="no currency"):
        parse_money("5")
    assert currency_of("$", "HKD") == "HKD"
    assert currency_of("¥", "JPY") == "JPY"
    assert currency_of("人民币") == "CNY"


@given(st.integers(-(10**12), 10**12))
def test_amounts_with_point_and_commas_come_back(minor: int) -> None:
    sign, size = ("-" if minor < 0 else ""), abs(minor)
    assert parse_money(f"{sign}{size // 100:,}.{size % 100:02}", "EUR")[0] == minor


@given(st.text(max_size=20))
def test_any_text_is_money_or_unreadable(text: str) -> None:
    with suppress(Unreadable):
        parse_money(text, "EUR")
