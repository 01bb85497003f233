"""How alike two names are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.identity.score import name_likeness, same_name


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Jane Smith", "Jane Smith"),
        ("Jane Smith", "JANE SMITH"),
        ("Smith, Jane", "Jane Smith"),
        ("José García", "Jose Garcia"),
        ("Jean-Pierre Dupont", "Jean Pierre Dupont"),
        ("张三", "张 三"),
        ("张三", "“张三”"),
        ("Wang Xiaoming", "Xiaoming Wang"),
        ("Christopher Johnson", "Christoper Johnson"),
        ("김철수", "김철수"),
    ],
)
def test_spellings_of_one_name_are_the_same(left: str, right: str) -> None:
    assert same_name(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Jane Smith", "Jane Smyth"),
        ("Jane Smith", "John Smith"),
        ("Jane Smith", "Jane"),
        ("Jane Smith", "J. Smith"),
        ("Jane Smith", "Sales Team"),
        ("张三", "张四"),
        ("王小明", "王晓明"),
        ("张三", "Zhang San"),
        ("Li Na", "Li Ma"),
        ("!!!", "???"),
        ("", ""),
        ("🎉", "😀"),
    ],
)
def test_different_names_are_not_the_same(left: str, right: str) -> None:
    assert not same_name(left, right)


def test_threshold_lies_between_a_slip_and_another_name() -> None:
    assert name_likeness("Smith, Jane", "Jane Smith") == 100
    assert name_likeness("Jane Smith", "Jane Smyth") == 90


names = st.text(max_size=30)


@given(names, names)
def test_likeness_has_no_direction_and_stays_in_its_scale(left: str, right: str) -> None:
    assert 0 <= name_likeness(left, right) <= 100
    assert name_likeness(left, right) == pytest.approx(name_likeness(right, left))


@given(names)
def test_name_is_like_itself_if_it_says_anything(name: str) -> None:
    assert name_likeness(name, name) in (0, 100)
    if name.isalpha() and name.isascii():
        assert same_name(name, name)
