"""What an order is when its source tells of it again, in whatever order it tells."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import UserError
from mailcrm.model.order import OrderLine, OrderStatus, decide_status, is_older, parse_order_line

OPEN, PAID, SHIPPED, CANCELLED = OrderStatus.OPEN, OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.CANCELLED
STATUS = st.sampled_from(OrderStatus)


@pytest.mark.parametrize(
    ("held", "told", "before", "then"),
    [
        (OPEN, PAID, OPEN, PAID), (SHIPPED, PAID, SHIPPED, SHIPPED), (OPEN, OPEN, OPEN, OPEN),
        (CANCELLED, PAID, OPEN, CANCELLED),  # a human cancelled it
        (OPEN, CANCELLED, CANCELLED, OPEN),  # a human opened it again
        (PAID, SHIPPED, OPEN, SHIPPED),
    ],
)  # fmt: skip
def test_a_status_goes_on_and_never_back(
    held: OrderStatus, told: OrderStatus, before: OrderStatus, then: OrderStatus
) -> None:
    assert decide_status(held, told, before) == then


@given(st.lists(STATUS, min_size=1))
def test_in_whatever_order_a_source_tells_the_end_is_the_same(told: list[OrderStatus]) -> None:
    held = before = told[0]
    for status in told:
        if not is_older(status, before):
            held, before = decide_status(held, status, before), status
    assert held == max(told, key=list(OrderStatus).index)


def test_nothing_is_older_than_what_was_never_told() -> None:
    assert not any(is_older(status, None) for status in OrderStatus)
    assert [is_older(a, b) for a, b in product((OPEN, PAID), repeat=2)] == [False, True, False, False]


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("Widget", OrderLine("Widget")), ("2 x Widget", OrderLine("Widget", 2000)),
        ("3× 螺丝 @ 0.05", OrderLine("螺丝", 3000, 5)),
        ("2.5 x Cloth @12.50", OrderLine("Cloth", 2500, 1250)), ("2x4 timber", OrderLine("2x4 timber")),
        ("Widget @ 1,000", OrderLine("Widget", 1000, 100000)),
    ],
)  # fmt: skip
def test_a_position_is_typed_in_one_line(typed: str, line: OrderLine) -> None:
    assert parse_order_line(typed, "CNY") == line


@pytest.mark.parametrize("typed", ["", "Widget @ 1.005", "Widget @ cheap"])
def test_what_is_no_position_is_refused(typed: str) -> None:
    with pytest.raises(UserError):
        parse_order_line(typed, "CNY")
