"""Which slips in a customer number are found, and what they are called."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.model.number import STANDARD, NumberPattern, Restart, number_key, parse_pattern
from mailcrm.model.party import CHECK_ALPHABET, PartyKind
from mailcrm.model.slips import Slip, SlipKind, slips

AT = datetime(2026, 3, 5, tzinfo=UTC)
CHECKED = [
    parse_pattern("C{seq:06}{check}"),
    parse_pattern("K-{yyyy}-{seq:05}-{check}", restart=Restart.YEAR),
    parse_pattern("{kind}{yy}{mm}{seq:04}{check}", restart=Restart.MONTH),
]
checked = st.sampled_from(CHECKED)
serials = st.integers(1, 10**9 - 1)


def key_of(pattern: NumberPattern, serial: int) -> str:
    return number_key(pattern.number(serial, PartyKind.PERSON, AT).text)


@given(checked, serials)
def test_a_right_number_has_no_slip(pattern: NumberPattern, serial: int) -> None:
    assert slips(key_of(pattern, serial), pattern) == []


@given(checked, serials, st.data())
def test_every_single_wrong_character_is_found(pattern: NumberPattern, serial: int, data: st.DataObject) -> None:
    key = key_of(pattern, serial)
    at = data.draw(st.integers(0, len(key) - 1))
    wrong = key[:at] + data.draw(st.sampled_from(CHECK_ALPHABET.replace(key[at], ""))) + key[at + 1 :]
    assert not pattern.is_right(wrong)
    assert key in [slip.key for slip in slips(wrong, pattern)]


@pytest.mark.parametrize("pattern", CHECKED, ids=lambda p: p.text)
def test_nearly_every_swap_of_two_neighbours_is_found_and_said_to_be_one(pattern: NumberPattern) -> None:
    swaps = missed = 0
    for serial in range(1, 100_000, 991):
        key = key_of(pattern, serial)
        for at in range(len(key) - 1):
            wrong = key[:at] + key[at + 1] + key[at] + key[at + 2 :]
            if wrong == key:
                continue
            swaps += 1
            missed += pattern.is_right(wrong)
            assert pattern.is_right(wrong) or Slip(SlipKind.SWAPPED, key) in slips(wrong, pattern)
    assert swaps > 300
    assert missed / swaps < 0.05


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("C000071Z", SlipKind.SWAPPED),
        ("COOOO17Z", SlipKind.LOOKALIKE),
        ("C0OOOl7Z", SlipKind.LOOKALIKE),
        ("C000018Z", SlipKind.WRONG),
        ("C00017Z", SlipKind.MISSING),
        ("000017Z", SlipKind.MISSING),
        ("C0000117Z", SlipKind.EXTRA),
    ],
)
def test_a_slip_is_called_what_it_is(typed: str, kind: SlipKind) -> None:
    assert Slip(kind, "C000017Z") in slips(typed, STANDARD)


@pytest.mark.parametrize("text", ["", "C", "张三", "zhang@example.com", "C" * 1_000_000])
def test_what_is_nothing_like_a_number_has_no_slip(text: str) -> None:
    assert slips(text, STANDARD) == []


def test_without_a_check_character_no_slip_is_seen() -> None:
    assert slips("K0018", parse_pattern("K{seq:04}")) == []
