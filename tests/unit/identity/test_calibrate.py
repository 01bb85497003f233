"""From how many bits on two are one: what the answers say, within bounds."""

from hypothesis import given
from hypothesis import strategies as st

from mailcrm.identity.calibrate import BOLDEST, MOST_CAREFUL, threshold
from mailcrm.identity.weights import AUTO


def test_without_answers_the_starting_value_holds() -> None:
    assert threshold([]) == AUTO


def test_a_few_answers_change_nothing() -> None:
    assert threshold([(6.0, True)] * 50) == AUTO
    assert threshold([(8.0, True)] * 100 + [(8.0, False)]) == AUTO


def test_many_right_answers_below_make_it_bolder_step_by_step() -> None:
    assert threshold([(6.6, True)] * 200) == 6.5
    assert threshold([(6.6, True)] * 200 + [(6.2, True)] * 200) == 6.0
    assert threshold([(6.6, True)] * 200 + [(5.1, True)] * 200) == 6.5, "nobody knows what is between"


def test_a_wrong_share_below_keeps_it_where_it_is() -> None:
    assert threshold([(6.6, True)] * 180 + [(6.6, False)] * 20) == AUTO


def test_wrong_joins_make_it_more_careful() -> None:
    assert threshold([(7.2, False)] * 3 + [(9.0, True)] * 50) == 7.5
    assert threshold([(9.0, False)] * 5) > 9.0


@given(st.lists(st.tuples(st.floats(-5, 40), st.booleans()), max_size=400))
def test_it_never_leaves_its_bounds(answers: list[tuple[float, bool]]) -> None:
    assert BOLDEST <= threshold(answers) <= MOST_CAREFUL
