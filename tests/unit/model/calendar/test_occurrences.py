"""When a day comes round: the customs of docs/lunar.md as tables, and what must hold of any date."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.model.calendar.lunar import leap_month_of, to_lunar
from mailcrm.model.calendar.occurrences import (
    comes_round_on,
    coming,
    days_kept_on,
    next_occurrence,
    occurrence,
    occurrence_key,
    occurrences,
    ordinal,
)
from mailcrm.model.important_date import Calendar, ImportantDate, LeapRule


def solar(month: int, day: int, year: int | None = None, *, recurs: bool = True) -> ImportantDate:
    return ImportantDate("birthday", Calendar.SOLAR, month, day, year, recurs=recurs)


def lunar(month: int, day: int, year: int | None = None) -> ImportantDate:
    return ImportantDate("birthday", Calendar.LUNAR, month, day, year)


def leap(month: int, day: int, rule: LeapRule = LeapRule.ORDINARY, year: int | None = None) -> ImportantDate:
    return replace(lunar(month, day, year), leap_month=True, leap_rule=rule)


@pytest.mark.parametrize(
    ("kept", "in_year", "days"),
    [
        (solar(3, 5), 2027, "2027-03-05"),
        (solar(2, 29), 2028, "2028-02-29"),
        (solar(2, 29), 2027, "2027-02-28"),  # the last day of February in common years
        (solar(2, 29), 2100, "2100-02-28"),
        (lunar(8, 15), 2026, "2026-09-25"),
        (lunar(12, 15), 2026, "2027-01-22"),  # of the lunar year 2026, though in January
        (lunar(12, 30), 2026, "2027-02-05"),  # a twelfth month of 29 days ends with new year's eve
        (lunar(12, 30), 2027, "2028-01-25"),
        (lunar(8, 30), 1990, "1990-10-17"),  # the 29th of a month of 29
        (lunar(6, 1), 2025, "2025-06-25"),  # 2025 has a leap sixth month: the ordinary one counts
        (leap(6, 1), 2025, "2025-07-25"),
        (leap(6, 1), 2026, "2026-07-14"),  # no leap sixth month: the ordinary one
        (leap(6, 1, LeapRule.LEAP_ONLY), 2025, "2025-07-25"),
        (leap(6, 1, LeapRule.LEAP_ONLY), 2026, ""),
        (leap(6, 1, LeapRule.BOTH), 2025, "2025-06-25 2025-07-25"),
        (leap(6, 1, LeapRule.BOTH), 2026, "2026-07-14"),
        (leap(6, 1, LeapRule.BOTH, year=2025), 2025, "2025-07-25"),  # the day itself was one
        (leap(6, 30), 2025, "2025-08-22"),  # that leap month has 29 days
        (solar(3, 5, 1990), 1989, ""),
        (solar(3, 5, 1990), 1990, "1990-03-05"),
        (solar(3, 5, 2027, recurs=False), 2027, "2027-03-05"),
        (solar(3, 5, 2027, recurs=False), 2028, ""),
        (lunar(8, 15), 1899, ""),
        (lunar(8, 15), 2101, ""),
    ],
)
def test_date_is_kept_on_the_days_custom_says(kept: ImportantDate, in_year: int, days: str) -> None:
    assert " ".join(each.day.isoformat() for each in occurrences(kept, in_year)) == days
    assert occurrence(kept, in_year) == (date.fromisoformat(days.split()[0]) if days else None)


@pytest.mark.parametrize(
    ("kept", "today", "day", "key"),
    [
        (solar(11, 23), "2026-11-23", "2026-11-23", "2026"),
        (solar(11, 22), "2026-11-23", "2027-11-22", "2027"),
        (solar(2, 29), "2027-03-01", "2028-02-29", "2028"),
        (lunar(12, 15), "2027-01-01", "2027-01-22", "2026"),  # keyed by the lunar year
        (lunar(12, 15), "2027-01-23", "2028-01-11", "2027"),
        (lunar(1, 1), "2026-11-23", "2027-02-06", "2027"),
        (leap(6, 1, LeapRule.BOTH), "2025-06-26", "2025-07-25", "2025+"),
        (leap(11, 5, LeapRule.LEAP_ONLY), "2026-11-23", "2033-12-26", "2033"),
        (leap(10, 5, LeapRule.LEAP_ONLY), "2026-11-23", "", ""),  # 1984 was the last
        (solar(3, 5, 2030), "2026-11-23", "2030-03-05", "2030"),
        (solar(3, 5, 2026, recurs=False), "2026-03-05", "2026-03-05", "2026"),
        (solar(3, 5, 2026, recurs=False), "2026-03-06", "", ""),
        (lunar(12, 1), "2101-01-28", "", ""),
        (lunar(1, 1), "1850-01-01", "1900-01-31", "1900"),
        (solar(12, 30), "9999-12-31", "", ""),
    ],
)
def test_next_time_is_found(kept: ImportantDate, today: str, day: str, key: str) -> None:
    found = coming(kept, date.fromisoformat(today))
    assert (str(found.day), found.key) == (day, key) if found else day == ""
    assert next_occurrence(kept, date.fromisoformat(today)) == (found.day if found else None)


@pytest.mark.parametrize(
    ("kept", "in_year", "years"),
    [
        (solar(3, 5, 1990), 2026, 36),
        (solar(3, 5, 1990), 1990, 0),
        (solar(3, 5, 1990), 1980, None),
        (solar(3, 5), 2026, None),
        (lunar(12, 15, 1990), 2026, 36),
    ],
)
def test_years_are_counted_in_the_dates_own_calendar(kept: ImportantDate, in_year: int, years: int | None) -> None:
    assert ordinal(kept, in_year) == years


def test_two_birthdays_in_one_solar_year_have_two_keys() -> None:
    kept = lunar(12, 1)
    assert [occurrence_key(kept, date(2027, 1, 8)), occurrence_key(kept, date(2027, 12, 28))] == ["2026", "2027"]
    assert occurrence_key(kept, date(2027, 12, 29)) == ""


_LEAPS = sorted({leap_month_of(year) for year in range(1900, 2101)} - {0})
_DATES = st.one_of(
    st.builds(solar, st.integers(1, 12), st.integers(1, 28)),
    st.builds(solar, st.just(2), st.just(29)),
    st.builds(lunar, st.integers(1, 12), st.integers(1, 30)),
    st.builds(leap, st.sampled_from(_LEAPS), st.integers(1, 30), st.sampled_from(LeapRule)),
)


@given(_DATES, st.dates(date(1901, 1, 1), date(2099, 1, 1)))
def test_nothing_comes_between_today_and_the_next_time(kept: ImportantDate, today: date) -> None:
    found = coming(kept, today)
    if found is None:
        assert kept.leap_rule is LeapRule.LEAP_ONLY
        return
    assert found.day >= today
    assert comes_round_on(kept, found.day) == found
    between = (found.day - today).days
    assert all(comes_round_on(kept, today + timedelta(days=at)) is None for at in range(min(between, 400)))


@given(_DATES, st.integers(1901, 2098))
def test_each_time_has_a_key_of_its_own(kept: ImportantDate, year: int) -> None:
    found = [each for at in (year, year + 1) for each in occurrences(kept, at)]
    assert len({each.key for each in found}) == len(found) == len({each.day for each in found})
    assert [each.day for each in found] == sorted(each.day for each in found)


@given(_DATES, st.integers(1901, 2098))
def test_day_is_looked_up_by_what_is_kept_on_it(kept: ImportantDate, year: int) -> None:
    for each in occurrences(kept, year):
        assert (kept.calendar, kept.month, kept.day) in set(days_kept_on(each.day))


def test_lunar_date_lies_on_its_lunar_day() -> None:
    for year in range(1900, 2101):
        for month in range(1, 13):
            day = occurrence(lunar(month, 29), year)
            assert day is not None
            assert to_lunar(day) == (year, month, 29, False)
