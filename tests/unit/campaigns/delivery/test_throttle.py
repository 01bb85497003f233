"""Limits in every sliding window, and the pace."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.campaigns.delivery.throttle import DAY, MINUTE, Limits, Meter, Pace, next_slot

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
ZERO = timedelta(0)
limits = st.builds(Limits, st.none() | st.integers(1, 8), st.none() | st.integers(1, 12))


def ago(*seconds: float) -> list[datetime]:
    return [NOW - timedelta(seconds=each) for each in seconds]


@pytest.mark.parametrize(
    ("limit", "sent", "seconds"),
    [
        (Limits(), ago(3, 2, 1), 0),
        (Limits(per_minute=3), ago(30, 20), 0),
        (Limits(per_minute=3), ago(30, 20, 10), 30),
        (Limits(per_minute=3), ago(90, 20, 10), 0),
        (Limits(per_minute=2), ago(30, 20, 10), 40),
        (Limits(per_minute=1), ago(60), 0),
        (Limits(per_minute=1), ago(0), 60),
        (Limits(per_day=2), ago(86_000, 10), 400),
        (Limits(per_minute=2, per_day=2), ago(86_000, 10), 400),
        (Limits(per_minute=1, per_day=2), ago(86_390, 10), 50),
        (Limits(per_minute=1), [], 0),
    ],
)
def test_wait_until_the_window_has_room(limit: Limits, sent: list[datetime], seconds: float) -> None:
    assert next_slot(limit, sent, NOW) == timedelta(seconds=seconds)


@given(limits, st.lists(st.integers(0, 40_000_000_000), max_size=40))
def test_no_sliding_window_ever_holds_more_than_the_limit(limit: Limits, pauses: list[int]) -> None:
    """A sender that idles for `pauses` (microseconds) and otherwise sends as soon as it may."""
    now, sent = NOW, list[datetime]()
    for pause in pauses:
        now += timedelta(microseconds=pause)
        now += next_slot(limit, sent, now)
        assert next_slot(limit, sent, now) == ZERO
        sent.append(now)
    for first, moment in enumerate(sent):
        for most, window in ((limit.per_minute, MINUTE), (limit.per_day, DAY)):
            assert most is None or sum(moment <= other < moment + window for other in sent[first:]) <= most


@given(limits, st.lists(st.integers(0, 200_000_000_000), max_size=30))
def test_never_waits_without_need(limit: Limits, ages: list[int]) -> None:
    sent = sorted(NOW - timedelta(microseconds=age) for age in ages)
    wait = next_slot(limit, sent, NOW)
    earlier = NOW + wait - timedelta(microseconds=1)
    if wait > ZERO:
        full = [
            most is not None and sum(earlier - window < moment for moment in sent) >= most
            for most, window in ((limit.per_minute, MINUTE), (limit.per_day, DAY))
        ]
        assert any(full)


# --- the pace ----------------------------------------------------------------------------------------------------


def test_complaint_halves_the_rate_and_quiet_minutes_bring_it_back() -> None:
    pace = Pace(Limits(per_minute=40, per_day=500))
    assert pace.current == Limits(40, 500)
    pace = pace.slower(sent_last_minute=12)
    assert pace.current == Limits(20, 500)
    rates = []
    while pace.per_minute is not None:
        rates.append(pace.current.per_minute)
        pace = pace.faster()
    assert rates == [20, 22, 24, 26, 28, 30, 33, 36, 39]
    assert pace == Pace(Limits(per_minute=40, per_day=500))


def test_without_a_limit_the_rate_that_was_too_fast_counts() -> None:
    pace = Pace(Limits()).slower(sent_last_minute=100)
    assert pace.current == Limits(per_minute=50)
    assert pace.slower(sent_last_minute=0).current == Limits(per_minute=25)
    for _ in range(100):
        pace = pace.faster()
    assert pace == Pace(Limits())


def test_faster_is_nothing_where_nothing_was_slowed() -> None:
    assert Pace(Limits(per_minute=5)).faster() == Pace(Limits(per_minute=5))


@given(limits, st.lists(st.one_of(st.none(), st.integers(0, 500)), max_size=60))
def test_pace_stays_between_one_and_the_limit(limit: Limits, complaints: list[int | None]) -> None:
    pace = Pace(limit)
    for sent in complaints:
        pace = pace.faster() if sent is None else pace.slower(sent)
        rate = pace.current.per_minute
        assert rate is None or rate >= 1
        assert limit.per_minute is None or (rate is not None and rate <= limit.per_minute)
        assert pace.current.per_day == limit.per_day


# --- the meter ---------------------------------------------------------------------------------------------------

SECOND = timedelta(seconds=1)


def test_a_burst_of_complaints_is_one_complaint() -> None:
    meter = Meter(Limits(per_minute=120), [], NOW)
    for number in range(8):
        meter.complaint(NOW + number * SECOND)
    assert meter.pace.current == Limits(per_minute=60)
    meter.complaint(NOW + MINUTE)
    assert meter.pace.current == Limits(per_minute=30)


def test_quiet_minutes_are_counted_from_the_last_complaint() -> None:
    meter = Meter(Limits(per_minute=120), [], NOW)
    meter.complaint(NOW)
    meter.complaint(NOW + 30 * SECOND)
    meter.allowance(NOW + 89 * SECOND, 8)
    assert meter.pace.current == Limits(per_minute=60)
    meter.allowance(NOW + 90 * SECOND, 8)
    assert meter.pace.current == Limits(per_minute=66)


def test_what_went_before_a_restart_counts() -> None:
    meter = Meter(Limits(per_day=5), ago(3600, 60, 10), NOW)
    assert meter.allowance(NOW, 8) == 2
    meter.went(NOW)
    assert meter.allowance(NOW, 8) == 1


def test_what_never_reached_the_server_does_not_count() -> None:
    meter = Meter(Limits(per_minute=2), [], NOW)
    for _ in range(2):
        meter.went(NOW)
    meter.came_back()
    assert meter.allowance(NOW, 8) == 1


@pytest.mark.parametrize(
    ("limits", "kept"), [(Limits(), 60), (Limits(per_minute=500), 60), (Limits(per_day=10**6), 300)]
)
def test_moments_are_kept_no_longer_than_a_limit_needs_them(limits: Limits, kept: int) -> None:
    """A daemon runs for months."""
    meter = Meter(limits, [], NOW)
    for number in range(300):
        meter.went(NOW + number * SECOND)
    assert len(meter._sent) == kept


@given(limits, st.lists(st.integers(0, 100_000), max_size=30))
def test_the_allowance_never_lets_a_window_overflow(limit: Limits, pauses: list[int]) -> None:
    meter, now, sent = Meter(limit, [], NOW), NOW, list[datetime]()
    for pause in pauses:
        now += pause * SECOND
        for _ in range(meter.allowance(now, 4)):
            assert next_slot(limit, sent, now) == ZERO
            meter.went(now)
            sent.append(now)
