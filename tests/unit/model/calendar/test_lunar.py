"""Lunar days: the table against two others, the days that sources quarrel about, and there and back again."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import UserError
from mailcrm.model.calendar.lunar import (
    FIRST_DAY,
    LAST_DAY,
    LunarDay,
    days_in_month,
    leap_month_of,
    lunar_year_of,
    new_year,
    new_years_eve,
    to_lunar,
    to_solar,
)

YEARS = range(1900, 2101)

# From the table of another program (borax 4.1.3), not from ours.
LEAP_MONTHS = {
    2: [1909, 1917, 1928, 1947, 2004, 2023, 2042, 2099],
    3: [1936, 1955, 1966, 1993, 2031, 2050, 2061, 2080],
    4: [1906, 1925, 1944, 1963, 1974, 1982, 2001, 2012, 2020, 2058, 2069, 2077, 2088, 2096],
    5: [1903, 1914, 1922, 1933, 1952, 1971, 1990, 1998, 2009, 2028, 2039, 2047, 2066, 2085],
    6: [1911, 1930, 1941, 1960, 1979, 1987, 2017, 2025, 2036, 2055, 2074, 2093],
    7: [1919, 1938, 1949, 1968, 2006, 2044, 2063, 2082],
    8: [1900, 1957, 1976, 1995, 2052, 2071, 2090],
    9: [2014],
    10: [1984],
    11: [2033],
}

# From the formulas of a third (sxtwl 2.0.7): how long after 21 January (A) new year's day is, one letter for each year.
NEW_YEARS = (
    "KdSIaOEXMBUJcQFYNCVLeSHaPDXMCUJbQFYODVKdSGZPEXMBUI"
    "bQGYNDWKcSHZPEXMATJbQGZNCVKcRHaPEXMeTIbQGZOCUKdRHa"
    "PDWLBTIcRFYNCUKdSHaPEWLBUIbQFXNCVKdSHZODWLBUJbQFYM"
    "CVLdSHZODWMATIbPFYNCVKdRGZPDWMBTIbQFYNDUJcRGZPEWLA"
    "T"
)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij"

# (a day, the lunar day we decided for): docs/lunar.md has the instants.
DECIDED = [
    ("1906-04-23", LunarDay(1906, 3, 30)),
    ("1906-04-24", LunarDay(1906, 4, 1)),
    ("1914-11-17", LunarDay(1914, 10, 1)),
    ("1916-02-03", LunarDay(1916, 1, 1)),
    ("1920-11-10", LunarDay(1920, 10, 1)),
    ("1933-07-22", LunarDay(1933, 5, 30, leap=True)),
    ("1933-07-23", LunarDay(1933, 6, 1)),
    ("1954-11-25", LunarDay(1954, 11, 1)),
    ("1978-09-02", LunarDay(1978, 7, 30)),
    ("1978-09-17", LunarDay(1978, 8, 15)),
    ("2033-12-22", LunarDay(2033, 11, 1, leap=True)),
    ("2057-09-28", LunarDay(2057, 8, 30)),
    ("2057-09-29", LunarDay(2057, 9, 1)),
    ("2089-09-04", LunarDay(2089, 8, 1)),
    ("2097-08-07", LunarDay(2097, 6, 30)),
    ("2097-08-08", LunarDay(2097, 7, 1)),
    ("2100-02-09", LunarDay(2100, 1, 1)),
]

# Days printed in calendars and known to everybody.
KNOWN = [
    ("1949-10-01", LunarDay(1949, 8, 10)),
    ("1990-06-23", LunarDay(1990, 5, 1, leap=True)),
    ("2000-02-05", LunarDay(2000, 1, 1)),
    ("2020-05-23", LunarDay(2020, 4, 1, leap=True)),
    ("2025-01-28", LunarDay(2024, 12, 29)),
    ("2026-02-17", LunarDay(2026, 1, 1)),
    ("2026-09-25", LunarDay(2026, 8, 15)),
    ("2027-02-06", LunarDay(2027, 1, 1)),
]


@pytest.mark.parametrize(("day", "lunar"), DECIDED + KNOWN)
def test_day_is_the_lunar_day_it_was_decided_to_be(day: str, lunar: LunarDay) -> None:
    assert to_lunar(date.fromisoformat(day)) == lunar
    assert to_solar(lunar) == date.fromisoformat(day)


def test_leap_months_are_those_of_another_table() -> None:
    ours = {year: month for year in YEARS if (month := leap_month_of(year))}
    assert ours == {year: month for month, years in LEAP_MONTHS.items() for year in years}


def test_years_begin_where_another_computation_begins_them() -> None:
    for year, letter in zip(YEARS, NEW_YEARS, strict=True):
        assert new_year(year) == date(year, 1, 21) + timedelta(days=_LETTERS.index(letter))


def test_months_are_as_long_as_the_moon_needs() -> None:
    lengths = [[days_in_month(year, month, leap) for month in range(1, 13) for leap in (False, True)] for year in YEARS]
    assert {days for year in lengths for days in year} == {0, 29, 30}
    total = sum(map(sum, lengths))
    months = sum(1 for year in lengths for days in year if days)
    assert (total, months) == ((LAST_DAY - FIRST_DAY).days + 1, 201 * 12 + 74) == (73412, 2486)
    assert total / months == pytest.approx(29.530588, abs=0.0005)  # the mean synodic month


def test_each_day_follows_the_one_before_and_comes_back() -> None:
    before = to_lunar(FIRST_DAY)
    assert before == LunarDay(1900, 1, 1)
    for ordinal in range(FIRST_DAY.toordinal() + 1, LAST_DAY.toordinal() + 1):
        day = date.fromordinal(ordinal)
        lunar = to_lunar(day)
        assert to_solar(lunar) == day
        if lunar.day != 1:
            assert lunar == before._replace(day=before.day + 1)
        else:
            assert before.day == days_in_month(before.year, before.month, before.leap)
            assert (lunar.year, lunar.month, lunar.leap) == _next_month(before)
        before = lunar
    assert before == LunarDay(2100, 12, 29)


def _next_month(day: LunarDay) -> tuple[int, int, bool]:
    if not day.leap and leap_month_of(day.year) == day.month:
        return day.year, day.month, True
    return (day.year + 1, 1, False) if day.month == 12 else (day.year, day.month + 1, False)


@given(st.dates(FIRST_DAY, LAST_DAY))
def test_any_day_lies_in_its_lunar_year(day: date) -> None:
    year = lunar_year_of(day)
    assert new_year(year) <= day <= new_years_eve(year)
    assert to_lunar(day).year == year


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (LunarDay(1899, 12, 1), "from 1900 to 2100, not 1899"),
        (LunarDay(2101, 1, 1), "from 1900 to 2100, not 2101"),
        (LunarDay(1990, 6, 1, leap=True), "the lunar year 1990 has no leap month 6"),
        (LunarDay(1990, 13, 1), "the lunar year 1990 has no month 13"),
        (LunarDay(1990, 8, 30), "month 8 of the lunar year 1990 has 29 days, and no day 30"),
        (LunarDay(1990, 5, 30, leap=True), "leap month 5 of the lunar year 1990 has 29 days, and no day 30"),
        (LunarDay(1990, 8, 0), "no day 0"),
    ],
)
def test_day_that_is_none_is_refused(day: LunarDay, said: str) -> None:
    with pytest.raises(UserError, match=said):
        to_solar(day)


@pytest.mark.parametrize("day", [FIRST_DAY - timedelta(days=1), LAST_DAY + timedelta(days=1), date.min, date.max])
def test_day_beyond_the_table_is_refused(day: date) -> None:
    with pytest.raises(UserError, match="lunar days are known from 1900-01-31 to 2101-01-28"):
        to_lunar(day)
    assert not 1900 <= lunar_year_of(day) <= 2100
