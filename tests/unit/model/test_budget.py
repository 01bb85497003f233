"""What a day's budget leaves, and when a first reading will be done."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from mailcrm.model.budget import DayTraffic, Outlook, day_of, mails_an_hour, next_day, outlook, received_on

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = date(2026, 11, 22)
GB = 10**9


def an_hour(mails: int = 1000, received: int = GB // 10, day: date = TODAY) -> DayTraffic:
    return DayTraffic(day, received, mails, 3600)


def test_days_are_those_of_utc() -> None:
    in_china = datetime(2026, 11, 23, 7, 59, tzinfo=timezone(timedelta(hours=8)))
    assert day_of(in_china) == TODAY
    assert next_day(in_china) == next_day(NOON) == datetime(2026, 11, 23, tzinfo=UTC)
    assert received_on(TODAY, [an_hour(), an_hour(day=TODAY - timedelta(days=1))]) == GB // 10


@pytest.mark.parametrize("days", [[], [DayTraffic(TODAY, 5000)], [an_hour(mails=19)], [DayTraffic(TODAY, 5, 50, 0)]])
def test_where_nothing_is_known_nothing_is_said(days: list[DayTraffic]) -> None:
    assert mails_an_hour(days) is None
    assert outlook(10, days, GB, NOON) is None


@pytest.mark.parametrize("budget", [None, 100 * GB])
def test_without_a_tight_budget_the_pace_decides(budget: int | None) -> None:
    assert outlook(5000, [an_hour()], budget, NOON) == Outlook(timedelta(hours=5), by_budget=False)


def test_what_is_left_of_today_counts() -> None:
    """1,000 mails are 100 MB."""
    spent = [an_hour(received=GB // 10), DayTraffic(TODAY, 900 * 10**6)]
    assert outlook(900, [an_hour()], GB, NOON) == Outlook(timedelta(minutes=54), by_budget=False)
    found = outlook(500, spent, GB, NOON)
    assert found is not None
    assert found.by_budget
    assert found.left > timedelta(hours=12)  # not before tomorrow


def test_a_budget_makes_days_of_it() -> None:
    # 100,000 mails at 100 kB are 10 GB: 0.9 today, 2 on each of four days, 1.1 on the last.
    found = outlook(100_000, [an_hour(received=GB // 10), DayTraffic(TODAY - timedelta(days=1))], 2 * GB, NOON)
    assert found is not None
    assert found.by_budget
    assert timedelta(days=4) < found.left < timedelta(days=5.5)


def test_a_slow_line_is_worse_than_the_budget() -> None:
    slow = DayTraffic(TODAY, GB // 100, 100, 36_000)
    assert outlook(100_000, [slow], 2 * GB, NOON) == Outlook(timedelta(hours=10_000), by_budget=False)
