"""Patterns of customer numbers, and the form in which numbers are compared."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mailcrm.errors import UserError
from mailcrm.model.number import (
    LONGEST,
    STANDARD,
    NumberPattern,
    Restart,
    luhn_digit,
    number_key,
    parse_pattern,
)
from mailcrm.model.party import CustomerNumber, PartyKind

AT = datetime(2026, 3, 5, tzinfo=UTC)
PERSON, ORGANISATION = PartyKind.PERSON, PartyKind.ORGANISATION
PATTERNS = [
    parse_pattern("C{seq:06}{check}"),
    parse_pattern("K-{yyyy}-{seq:05}-{check}", restart=Restart.YEAR),
    parse_pattern("{kind}{yy}{mm}{seq:04}{check}", restart=Restart.MONTH),
    parse_pattern("{kind}/{seq}{luhn}", person="CUST", organisation="CO"),
    parse_pattern("A.7{seq:04}"),
]
patterns = st.sampled_from(PATTERNS)
serials = st.integers(1, 10**9 - 1)
kinds = st.sampled_from(PartyKind)
times = st.builds(lambda days: AT + timedelta(days=days), st.integers(-9_000, 9_000))


# --- patterns ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "person", "organisation"),
    [
        ("C{seq:06}{check}", "C000017Z", "C000017Z"),
        ("K-{yyyy}-{seq:05}", "K-2026-00017", "K-2026-00017"),
        ("{kind}{yy}{mm}{seq:4}", "P26030017", "O26030017"),
        ("{kind}-{seq}", "P-17", "O-17"),
        ("K{seq:04}{luhn}", "K00174", "K00174"),
    ],
)
def test_a_number_is_made_as_the_pattern_says(pattern: str, person: str, organisation: str) -> None:
    made = parse_pattern(pattern)
    assert made.number(17, PERSON, AT).text == person == made.example
    assert made.number(17, ORGANISATION, AT).text == organisation


def test_the_year_is_that_of_utc() -> None:
    new_year_in_china = datetime(2027, 1, 1, 7, tzinfo=timezone(timedelta(hours=8)))
    pattern = parse_pattern("K{yy}{seq:04}", restart=Restart.YEAR)
    assert pattern.number(1, PERSON, new_year_in_china).text == "K260001"
    assert pattern.scope(new_year_in_china) == "customer.2026"


def test_serials_count_on_within_their_year_or_month() -> None:
    scopes = [parse_pattern("K{yy}{mm}{seq}", restart=each).scope(AT) for each in Restart]
    assert scopes == ["customer", "customer.2026", "customer.2026-03"]


@pytest.mark.parametrize(
    ("text", "more", "why"),
    [
        ("", {}, "has no {seq}"),
        ("C{check}", {}, "has no {seq}"),
        ("C{seq}{seq}", {}, "stands twice"),
        ("C{seq}{check}{luhn}", {}, "only at the end"),
        ("C{check}{seq}", {}, "only at the end"),
        ("{seq:06}{check}", {}, "must begin with a capital"),
        ("7C{seq:06}", {}, "must begin with a capital"),
        ("-C{seq:06}", {}, "must begin with a capital"),
        ("{yyyy}C{seq:06}", {}, "must begin with a capital"),
        ("c{seq:06}", {}, "only capitals"),
        ("C@{seq:06}", {}, "only capitals"),
        ("#C{seq:06}", {}, "only capitals"),
        ("客{seq:06}", {}, "only capitals"),
        ("C{seq", {}, "only capitals"),
        ("C{serial}", {}, "is no field"),
        ("C{random:4}{seq}", {}, "is no field"),
        ("C{yy:2}{seq}", {}, "is no field"),
        ("C{seq:0}", {}, "1 to 12 digits"),
        ("C{seq:13}", {}, "1 to 12 digits"),
        ("C{seq:x}", {}, "1 to 12 digits"),
        ("CUSTOMER-{yyyy}-{seq:05}", {}, "too long"),
        ("{kind}{seq}", {"person": "p"}, "one to six capitals"),
        ("{kind}{seq}", {"person": "O"}, "give two"),
        ("C{seq}", {"restart": Restart.YEAR}, "needs {yy} or {yyyy}"),
        ("C{yy}{seq}", {"restart": Restart.MONTH}, "needs {mm}"),
    ],
)
def test_a_pattern_that_would_not_do_is_told_why(text: str, more: dict[str, str], why: str) -> None:
    with pytest.raises(UserError, match=why):
        parse_pattern(text, **more)


@given(patterns, serials, serials, kinds, kinds)
def test_two_serials_never_have_the_same_key(
    pattern: NumberPattern, one: int, other: int, of_one: PartyKind, of_other: PartyKind
) -> None:
    assume(one != other)
    keys = {number_key(pattern.number(serial, kind, AT).text) for serial, kind in ((one, of_one), (other, of_other))}
    assert len(keys) == 2


@given(patterns, serials, kinds, times)
def test_what_a_pattern_makes_it_knows_and_a_column_holds(
    pattern: NumberPattern, serial: int, kind: PartyKind, at: datetime
) -> None:
    number = pattern.number(serial, kind, at).text
    assert pattern.is_right(number_key(number.lower()))
    assert len(number) <= LONGEST


def test_a_serial_that_has_outgrown_the_pattern_is_told() -> None:
    with pytest.raises(UserError, match=r"has no room.*numbers\.pattern"):
        STANDARD.number(10**20, PERSON, AT)


@given(serials)
def test_the_standard_pattern_makes_the_numbers_we_always_made(serial: int) -> None:
    assert STANDARD.number(serial, PERSON, AT) == CustomerNumber.of(serial)


@pytest.mark.parametrize(("payload", "digit"), [("7992739871", "3"), ("K-0017", "4"), ("", "0")])
def test_the_luhn_digit_is_that_of_published_numbers(payload: str, digit: str) -> None:
    assert luhn_digit(payload) == digit


# --- how numbers are typed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "C000017Z", "c000017z", " C000017Z\n", "C-000 017-Z", "C–000017–Z", "Ｃ００００１７Ｚ", "ｃ０００－０１７ｚ",
        "C000\u3000017Z", "C‑000017−Z", "C000\u200b017Z",
    ],
)  # fmt: skip
def test_a_number_is_the_same_however_it_is_typed(typed: str) -> None:
    assert number_key(typed) == "C000017Z"


def test_a_full_stop_and_a_slash_are_part_of_a_number() -> None:
    assert len({number_key(text) for text in ("4/11", "41/1", "4.11", "411")}) == 4


@given(st.text(max_size=60))
def test_the_key_of_a_key_is_itself(text: str) -> None:
    assert number_key(number_key(text)) == number_key(text)
