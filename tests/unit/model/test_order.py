"""What an order is when its source tells of it again, in whatever order it tells."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.model.order import OrderStatus, decide_status, is_older

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
