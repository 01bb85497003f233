"""Customer numbers: how they look, what is accepted when somebody types one, and which mistakes are found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import UserError
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
    assert CustomerNumber.parse(text) == number


@pytest.mark.parametrize(
    "typed",
    [
        "C000017Z", "c000017z", " C000017Z\n", "C-000 017-Z", "C–000017–Z", "Ｃ００００１７Ｚ",
        "C000\u3000017Z", "C‑000017−Z",
    ],
)  # fmt: skip
def test_number_is_read_as_people_type_it(typed: str) -> None:
    assert CustomerNumber.parse(typed) == CustomerNumber.of(17)


@given(serials)
def test_every_number_can_be_read_again(serial: int) -> None:
    number = CustomerNumber.of(serial)
    assert CustomerNumber.parse(number.text.lower()) == number


@given(serials, serials)
def test_two_serials_never_have_the_same_number(one: int, other: int) -> None:
    assert (CustomerNumber.of(one) == CustomerNumber.of(other)) == (one == other)


@pytest.mark.parametrize(
    "typed",
    ["", "C", "17", "C17", "C00017Z", "D000017Z", "C00001XZ", "C000017!", "C0000017" + check_character("C0000017"), "张三",
     "jane@mytrade.example", "C" + "1" * 100, "C٠٠٠٠١٧Z", "C000017Z C000017Z"],
)  # fmt: skip
def test_what_cannot_be_a_number_is_told_how_they_look(typed: str) -> None:
    with pytest.raises(UserError, match="is not a customer number; they look like C000017Z"):
        CustomerNumber.parse(typed)


@pytest.mark.parametrize("typed", ["C000018Z", "C000071Z", "C100017Z", "C000017K", "C0000171"])
def test_mistyped_number_is_nobody_else(typed: str) -> None:
    with pytest.raises(UserError, match="wrong check character: one of its characters was mistyped"):
        CustomerNumber.parse(typed)


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        number = CustomerNumber.parse(text)
    except UserError:
        return
    assert CustomerNumber.of(int(number.text[1:-1])) == number


def test_long_text_is_refused_in_one_short_line() -> None:
    with pytest.raises(UserError) as caught:
        CustomerNumber.parse("C" * 1_000_000)
    assert len(str(caught.value)) < 200


def test_a_value_is_replaced_only_from_a_source_as_good() -> None:
    ranking = ["user", "form", "api", "import", "vcard", "signature", "header"]
    for present_rank, present in enumerate(ranking):
        for rank, source in enumerate(ranking):
            assert may_replace(source, present) == (rank <= present_rank)


def test_a_source_of_a_newer_version_is_left_alone() -> None:
    assert not may_replace("header", "oracle")
    assert not may_replace("oracle", "header")
