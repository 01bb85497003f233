"""Customer numbers: how they look, and which mistakes their check character finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.model.party import CustomerNumber, check_character, may_replace

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
payloads = st.text(st.sampled_from(ALPHABET), min_size=1, max_size=20)
serials = st.integers(min_value=1, max_value=10**9)


@pytest.mark.parametrize(
    ("payload", "check"),
    [
        pytest.param("A12425GABC1234002", "M", id="GRid A1-2425G-ABC1234002-M"),
        pytest.param("000000003A8D0000", "Z", id="ISAN 0000-0000-3A8D-0000-Z"),
        pytest.param("000000003A8D000000000000", "6", id="ISAN 0000-0000-3A8D-0000-Z-0000-0000-6"),
        pytest.param("00000000D07A0090", "Q", id="ISAN 0000-0000-D07A-0090-Q"),
        pytest.param("00000000D07A009000000000", "X", id="ISAN 0000-0000-D07A-0090-Q-0000-0000-X"),
    ],
)
def test_check_character_is_that_of_published_numbers(payload: str, check: str) -> None:
    assert check_character(payload) == check


@given(payloads, st.data())
def test_every_single_wrong_character_is_found(payload: str, data: st.DataObject) -> None:
    number = payload + check_character(payload)
    place = data.draw(st.integers(0, len(number) - 1))
    wrong = data.draw(st.sampled_from(ALPHABET.replace(number[place], "")))
    mistyped = number[:place] + wrong + number[place + 1 :]
    assert check_character(mistyped[:-1]) != mistyped[-1]


def test_nearly_every_swap_of_two_neighbours_is_found() -> None:
    swaps = missed = 0
    for serial in range(1, 200_000, 37):
        number = CustomerNumber.of(serial).text
        for place in range(1, len(number) - 1):
            swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
            swaps += swapped != number
            missed += swapped != number and check_character(swapped[:-1]) == swapped[-1]
    assert swaps > 20_000
    assert missed / swaps < 0.05


@pytest.mark.parametrize(
    ("serial", "text"), [(1, "C000001G"), (17, "C000017Z"), (999_999, "C999999W"), (1_000_000, "C1000000J")]
)
def test_number_grows_past_six_digits(serial: int, text: str) -> None:
    number = CustomerNumber.of(serial)
    assert str(number) == number.text == text


@given(serials, serials)
def test_two_serials_never_have_the_same_number(one: int, other: int) -> None:
    assert (CustomerNumber.of(one) == CustomerNumber.of(other)) == (one == other)


def test_a_value_is_replaced_only_from_a_source_as_good() -> None:
    ranking = ["user", "form", "api", "import", "vcard", "signature", "header"]
    for present_rank, present in enumerate(ranking):
        for rank, source in enumerate(ranking):
            assert may_replace(source, present) == (rank <= present_rank)


def test_a_source_of_a_newer_version_is_left_alone() -> None:
    assert not may_replace("header", "oracle")
    assert not may_replace("oracle", "header")
