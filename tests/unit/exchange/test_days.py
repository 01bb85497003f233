"""Dates in all the forms that sheets hold, and those that nobody can be sure of."""

from contextlib import suppress
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.exchange.days import DateOrder, Day, Unreadable, guess_order, parse_day, parse_time
from mailcrm.model.important_date import Calendar

FIFTH = Day(3, 5, 2026)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-03-05", FIFTH), ("2026/3/5", FIFTH), ("2026.3.5", FIFTH), ("2026年3月5日", FIFTH), ("２０２６／３／５", FIFTH),
        ("20260305", FIFTH), ("05.03.2026", FIFTH), ("5. 3. 2026", FIFTH), ("46086", FIFTH), ("46086.5", FIFTH),
        (date(2026, 3, 5), FIFTH), ("2026-03-05 14:30:00", FIFTH), ("2026-03-05T14:30:00Z", FIFTH), ("5 Mar 2026", FIFTH),
        ("March 5, 2026", FIFTH), ("5. März 2026", FIFTH), ("5 mars 2026", FIFTH), ("5 de marzo de 2026", FIFTH),
        ("13/3/2026", Day(3, 13, 2026)), ("3/13/2026", Day(3, 13, 2026)), ("--03-05", Day(3, 5)), ("3月5日", Day(3, 5)),
        ("29.02.2024", Day(2, 29, 2024)), ("--02-29", Day(2, 29)),
        ("农历八月十五", Day(8, 15, None, Calendar.LUNAR)), ("1990年农历腊月廿三", Day(12, 23, 1990, Calendar.LUNAR)),
        ("闰四月初二", Day(4, 2, None, Calendar.LUNAR, True)), ("正月初十", Day(1, 10, None, Calendar.LUNAR)),
        ("农历8月15日", Day(8, 15, None, Calendar.LUNAR)), ("1990-08-15(农历)", Day(8, 15, 1990, Calendar.LUNAR)),
        ("冬月三十", Day(11, 30, None, Calendar.LUNAR)), ("八月十五日", Day(8, 15)),
    ],
)  # fmt: skip
def test_day_is_read_in_every_form(cell: str | date, day: Day) -> None:
    assert parse_day(cell) == day


@pytest.mark.parametrize(
    "cell",
    [
        "3/5/2026",
        "2026-13-01",
        "31.02.2026",
        "29.02.2025",
        "soon",
        "",
        "3/5/26",
        "12",
        "99999",
        "农历二月卅五",
        "2026-3",
        "May",
    ],
)
def test_day_that_is_none_or_may_be_two_is_told(cell: str) -> None:
    with pytest.raises(Unreadable):
        parse_day(cell)


def test_order_is_used_where_it_is_told() -> None:
    assert parse_day("3/5/2026", DateOrder.MONTH_FIRST) == FIFTH
    assert parse_day("3/5/2026", DateOrder.DAY_FIRST) == Day(5, 3, 2026)
    assert parse_day("05.03.2026", DateOrder.MONTH_FIRST) == FIFTH


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["3/5/2026", "3/25/2026"], DateOrder.MONTH_FIRST),
        (["3/5/2026", "25/3/2026", ""], DateOrder.DAY_FIRST),
        (["3/5/2026"], None),
        (["25/3/2026", "3/25/2026"], None),
    ],
)
def test_order_is_seen_in_the_whole_column(cells: list[str], order: DateOrder | None) -> None:
    assert guess_order(cells) is order


@pytest.mark.parametrize(
    ("cell", "hour", "minute"),
    [
        ("2026-03-05 14:30", 6, 30), ("2026/3/5 2:30 PM", 6, 30), ("2026年3月5日 下午2:30", 6, 30),
        ("2026-03-05T14:30:05Z", 14, 30),
        ("2026-03-05 14:30 +01:00", 13, 30), (datetime(2026, 3, 5, 14, 30), 6, 30), ("46086.604166667", 6, 30),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_time_is_in_utc_and_its_own_zone_wins(cell: str | date, hour: int, minute: int) -> None:
    time = parse_time(cell, ZoneInfo("Asia/Shanghai"))
    assert (time.tzinfo, time.hour, time.minute) == (UTC, hour, minute)


@given(st.dates(date(1000, 1, 1)))
def test_iso_dates_come_back(day: date) -> None:
    assert parse_day(day.isoformat()) == parse_day(day) == Day(day.month, day.day, day.year)


@given(st.text(max_size=20))
def test_any_text_is_a_day_or_unreadable(text: str) -> None:
    with suppress(Unreadable):
        parse_time(text, UTC)
