"""Money: exact from the keyboard to the screen and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import UserError
from mailcrm.model.money import EXPONENTS, LARGEST, parse_currency, parse_money, plain_money, show_money

CURRENCIES = st.sampled_from(sorted(EXPONENTS))
AMOUNTS = st.integers(-LARGEST, LARGEST)


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("1299.50", "CNY", 129950), ("1299.5", "cny", 129950), ("1,299.50", "CNY", 129950), ("1299", "CNY", 129900),
        ("１２９９．５０", "CNY", 129950), ("0.01", "EUR", 1), ("-3", "EUR", -300), ("\N{MINUS SIGN}3", "EUR", -300),
        ("+3", "EUR", 300),
        ("1500", "JPY", 1500), ("1500.00", "JPY", 1500), ("1.234", "KWD", 1234), ("1.2", "KWD", 1200),
        ("1.2345", "CLF", 12345), ("1.500", "USD", 150), ("12,345,678.9", "USD", 1234567890),
    ],
)  # fmt: skip
def test_what_is_typed_is_what_is_kept(typed: str, currency: str, minor: int) -> None:
    assert parse_money(typed, currency) == minor


@pytest.mark.parametrize(
    ("typed", "currency", "said"),
    [
        ("1299,50", "EUR", "like 1299.50"), ("1.299,50", "EUR", "like 1299.50"), ("12,34,567", "INR", "like 1299.50"),
        ("", "EUR", "no amount"), ("¥12", "CNY", "no currency sign"), ("1e3", "EUR", "no amount"), (".5", "EUR", "no amount"),
        ("nan", "EUR", "no amount"), ("1.5", "JPY", "no decimals"), ("1.005", "USD", "at most 2 digits"),
        ("99999999999999999", "USD", "more than any"), ("1", "XXX", "no currency"), ("1", "", "no currency"),
    ],
)  # fmt: skip
def test_what_cannot_be_exact_is_refused(typed: str, currency: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        parse_money(typed, currency)


@given(AMOUNTS, CURRENCIES)
def test_every_amount_can_be_typed_as_it_is_shown(minor: int, currency: str) -> None:
    assert parse_money(plain_money(minor, currency), currency) == minor
    assert parse_money(show_money(minor, currency).removesuffix(f" {currency}"), currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "english", "chinese"),
    [
        (129950, "CNY", "1,299.50 CNY", "1,299.50 元"), (1500, "JPY", "1,500 JPY", "1,500 日元"),
        (-5, "USD", "-0.05 USD", "-0.05 美元"),
        (1234, "KWD", "1.234 KWD", "1.234 KWD"), (0, "EUR", "0.00 EUR", "0.00 欧元"),
    ],
)  # fmt: skip
def test_people_read_amounts_in_their_language(minor: int, currency: str, english: str, chinese: str) -> None:
    assert show_money(minor, currency) == english
    assert show_money(minor, currency, "zh-CN") == chinese


def test_a_currency_has_one_exponent_and_three_letters() -> None:
    assert all(len(code) == 3 and code.isalpha() and code.isupper() for code in EXPONENTS)
    assert (EXPONENTS["CNY"], EXPONENTS["JPY"], EXPONENTS["KWD"], EXPONENTS["CLF"]) == (2, 0, 3, 4)
    assert parse_currency(" ｃｎｙ ") == "CNY"
