"""How long to wait before the next try."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailcrm.model.backoff import ACCOUNT_BASE, ACCOUNT_CAP, account_delay, hinted_delay, login_delay, send_delay

failures = st.integers(min_value=1, max_value=10**9)
chances = st.randoms(use_true_random=False)


@given(failures, chances)
@example(1100, Random(1))
def test_account_waits_between_its_bounds(fail_count: int, chance: Random) -> None:
    assert ACCOUNT_BASE * 0.8 <= account_delay(fail_count, chance) <= ACCOUNT_CAP


@pytest.mark.parametrize(
    ("fail_count", "seconds"), [(0, 15), (1, 15), (2, 30), (3, 60), (4, 120), (6, 480), (7, 750), (8, 750), (50, 750)]
)
def test_account_waits_twice_as_long_each_time(fail_count: int, seconds: int) -> None:
    for seed in range(50):
        wait = account_delay(fail_count, Random(seed)).total_seconds()
        assert seconds * 0.8 <= wait <= seconds * 1.2


def test_accounts_that_failed_together_do_not_return_together() -> None:
    assert len({account_delay(5, Random(seed)) for seed in range(100)}) > 90


@pytest.mark.parametrize(
    ("hint", "wait"),
    [(None, 60), (timedelta(seconds=5), 60), (timedelta(minutes=5), 300), (timedelta(days=365), 86_400)],
)
def test_a_wait_that_the_server_asks_for_is_never_cut_short(hint: timedelta | None, wait: int) -> None:
    assert hinted_delay(timedelta(minutes=1), hint) == timedelta(seconds=wait)


def test_refused_mail_is_tried_for_about_two_days() -> None:
    waits = [wait for attempts in range(1, 100) if (wait := send_delay(attempts)) is not None]
    assert timedelta(days=2) <= sum(waits, timedelta()) <= timedelta(days=3)
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=5)


@given(st.integers(min_value=-5, max_value=10**9))
def test_mail_that_was_given_up_stays_given_up(attempts: int) -> None:
    if send_delay(attempts) is None:
        assert send_delay(attempts + 1) is None


@pytest.mark.parametrize(
    ("fail_count", "minutes"), [(0, 5), (1, 5), (2, 25), (3, None), (4, None), (10**9, None)]
)  # fmt: skip
def test_ambiguous_refusal_gets_three_tries_in_half_an_hour(fail_count: int, minutes: int | None) -> None:
    assert login_delay(fail_count) == (None if minutes is None else timedelta(minutes=minutes))
