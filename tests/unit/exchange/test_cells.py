"""Addresses, phones, yes and no as they stand in cells."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.exchange.cells import parse_emails, parse_list, parse_phones, parse_yes_no, whole_digits
from mailcrm.exchange.days import Unreadable


@pytest.mark.parametrize(
    ("cell", "found", "wrong"),
    [
        ("a@x.de", ("a@x.de",), ""),
        ("a@x.de; B@x.de，c@x.de", ("a@x.de", "B@x.de", "c@x.de"), ""),
        ("a@x.de ::: b@x.de", ("a@x.de", "b@x.de"), ""),
        ("Ann <a@x.de>\nmailto:b@x.de", ("a@x.de", "b@x.de"), ""),
        ("a@x.de b@x.de", ("a@x.de", "b@x.de"), ""),
        ("a@x.de;A@X.DE", ("a@x.de",), ""),
        ("王＠例子.cn", ("王@例子.cn",), ""),
        ("a@x", (), "a@x"),
        ("a@x.de, b@", ("a@x.de",), "b@"),
        ("none", (), "none"),
        ("", (), ""),
    ],
)
def test_addresses_of_a_cell(cell: str, found: tuple[str, ...], wrong: str) -> None:
    assert parse_emails(cell) == (found, wrong)


@pytest.mark.parametrize(
    ("cell", "region", "numbers"),
    [
        ("13800138000", "CN", ["+8613800138000"]),
        ("13800138000.0", "CN", ["+8613800138000"]),
        ("1.38001380000E+10", "CN", ["+8613800138000"]),
        ("+86 138-0013-8000", "", ["+8613800138000"]),
        ("0755-88888888转801", "CN", ["+8675588888888;ext=801"]),
        ("１３８００１３８０００；010-62512345", "CN", ["+8613800138000", "+861062512345"]),
        ("089 123456 / 0171 1234567", "DE", ["+4989123456", "+491711234567"]),
        ("(415) 555-2671", "US", ["+14155552671"]),
    ],
)
def test_phones_are_kept_as_they_are_dialled(cell: str, region: str, numbers: list[str]) -> None:
    phones = parse_phones(cell, region)
    assert [phone.value for phone in phones] == numbers
    assert not any(phone.problem for phone in phones)


def test_number_that_cannot_be_dialled_is_kept_and_told() -> None:
    (phone,) = parse_phones("ask Ann 12", "CN")
    assert (phone.value, bool(phone.problem)) == ("ask Ann 12", True)


def test_digits_that_excel_cut_off_are_not_made_up() -> None:
    with pytest.raises(Unreadable, match="last digits are lost"):
        parse_phones("1.38E+10", "CN")
    with pytest.raises(Unreadable, match="last digits are lost"):
        whole_digits("4.40106199001011e+17")
    assert whole_digits("00420") == "00420"


@pytest.mark.parametrize("text", ["Yes", "TRUE", "1", "是", "√", "ja", "Oui", "sí", " ✓ "])
def test_yes_in_many_languages(text: str) -> None:
    assert parse_yes_no(text) is True


@pytest.mark.parametrize("text", ["No", "false", "0", "否", "×", "nein", "Non", "нет"])
def test_no_in_many_languages(text: str) -> None:
    assert parse_yes_no(text) is False


@pytest.mark.parametrize("text", ["", "maybe", "2", "yes and no"])
def test_all_else_is_neither(text: str) -> None:
    assert parse_yes_no(text) is None


def test_lists_are_taken_apart_and_googles_own_groups_left_out() -> None:
    assert parse_list("* myContacts ::: Friends ::: 茶，咖啡;Friends") == ("Friends", "茶", "咖啡")


@given(st.text(max_size=30))
def test_no_text_breaks_the_readers(text: str) -> None:
    parse_emails(text)
    parse_list(text)
    with suppress(Unreadable):
        parse_phones(text, "CN")
