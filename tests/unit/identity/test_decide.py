"""Who is a customer, and what is a party called."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.identity.decide import best_name, is_customer
from mailcrm.model.account import CustomerWhen

COUNTS = list(product((0, 1, 9), repeat=3))


@pytest.mark.parametrize(
    ("when", "they_wrote", "we_wrote", "seen", "expected"),
    [
        (CustomerWhen.REPLIED, 1, 1, 2, True),
        (CustomerWhen.REPLIED, 9, 0, 9, False),
        (CustomerWhen.REPLIED, 0, 9, 9, False),
        (CustomerWhen.SENT, 0, 1, 1, True),
        (CustomerWhen.SENT, 9, 0, 9, False),
        (CustomerWhen.ALL_KNOWN, 1, 0, 1, True),
        (CustomerWhen.ALL_KNOWN, 0, 1, 1, True),
        (CustomerWhen.ALL_KNOWN, 0, 0, 9, False),
        (CustomerWhen.ALL, 0, 0, 1, True),
        (CustomerWhen.ALL, 0, 0, 0, False),
    ],
)
def test_customer_is_who_meets_the_rule_of_the_account(
    when: CustomerWhen, they_wrote: int, we_wrote: int, seen: int, expected: bool
) -> None:
    assert is_customer(when, they_wrote=they_wrote, we_wrote=we_wrote, seen=seen) is expected


def test_each_rule_lets_in_whom_the_stricter_one_does() -> None:
    rules = (CustomerWhen.REPLIED, CustomerWhen.SENT, CustomerWhen.ALL_KNOWN, CustomerWhen.ALL)
    for they_wrote, we_wrote, more in COUNTS:
        counts = {"they_wrote": they_wrote, "we_wrote": we_wrote, "seen": they_wrote + we_wrote + more}
        decided = [is_customer(rule, **counts) for rule in rules]
        assert decided == sorted(decided)


ADDRESS = "jane@x.example"


@pytest.mark.parametrize(
    ("observed", "name"),
    [
        pytest.param([], "", id="nothing was seen"),
        pytest.param([("", ADDRESS, 9)], "", id="never a name"),
        pytest.param([("jane@x.example", ADDRESS, 9), ("🎉", ADDRESS, 3)], "", id="nothing usable"),
        pytest.param([("Jane Smith", ADDRESS, 1)], "Jane Smith", id="the only one"),
        pytest.param([("Jane", ADDRESS, 2), ("Jane Smith", ADDRESS, 5)], "Jane Smith", id="the most frequent"),
        pytest.param(
            [("jane@x.example", ADDRESS, 99), ("Jane Smith", ADDRESS, 1)], "Jane Smith", id="a name before none"
        ),
        pytest.param(
            [("Sales Team", ADDRESS, 15), ("Smith, Jane", ADDRESS, 10), ("Jane Smith", ADDRESS, 9)],
            "Jane Smith",
            id="spellings support each other",
        ),
        pytest.param(
            [("Smith, Jane", ADDRESS, 50), ("Jane Smith", ADDRESS, 1)], "Jane Smith", id="the natural order is shown"
        ),
        pytest.param([("Smith, Jane", ADDRESS, 5)], "Smith, Jane", id="the only order that was seen"),
        pytest.param([("JANESMITH", ADDRESS, 9), ("JaneSmith", ADDRESS, 1)], "JaneSmith", id="mixed case is shown"),
        pytest.param([("José García", ADDRESS, 3), ("Jose Garcia", ADDRESS, 2)], "José García", id="the more frequent"),
        pytest.param([("Jose Garcia", ADDRESS, 2), ("José García", ADDRESS, 3)], "José García", id="in any order"),
        pytest.param(
            [("张三", ADDRESS, 2), ("张 三", ADDRESS, 2), ("阿三", ADDRESS, 3)], "张三", id="Chinese with a space"
        ),
        pytest.param(
            [("Jane Smith", ADDRESS, 3), ("John Smith", ADDRESS, 3)], "Jane Smith", id="a draw: the first seen"
        ),
        pytest.param([("'Jane Smith'", ADDRESS, 2), ("Jane Smith (Acme)", ADDRESS, 2)], "Jane Smith", id="cleaned"),
    ],
)
def test_name_is_what_most_mails_agree_on(observed: list[tuple[str, str, int]], name: str) -> None:
    assert best_name(observed) == name


observations = st.lists(
    st.tuples(
        st.sampled_from(["Jane Smith", "Smith, Jane", "JANE SMITH", "张三", "张 三", "Sales Team", "", "🎉"])
        | st.text(),
        st.just(ADDRESS),
        st.integers(1, 50),
    ),
    max_size=8,
)


@given(observations)
def test_name_is_one_that_was_seen(observed: list[tuple[str, str, int]]) -> None:
    name = best_name(observed)
    assert not name or name in {
        cleaned for display, address, _ in observed if (cleaned := best_name([(display, address, 1)]))
    }


@given(observations)
def test_any_usable_name_is_better_than_none(observed: list[tuple[str, str, int]]) -> None:
    usable = any(best_name([item]) for item in observed)
    assert bool(best_name(observed)) is usable
