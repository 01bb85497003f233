"""From days of the sun to days of the moon and back, by GB/T 33661-2017, for the lunar years 1900 to 2100 (docs/lunar.md)."""

from bisect import bisect_right
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from mailcrm.errors import UserError
from mailcrm.model.calendar.lunar_table import FIRST_YEAR, YEARS

LAST_YEAR = FIRST_YEAR + len(YEARS) - 1
"""The last lunar year that is known."""

LONG = 30
"""Days of a long month; a short one has 29."""


class LunarDay(NamedTuple):
    """A day of the lunar calendar as China reckons it (UTC+8). `leap`: in the second month of that number of its year."""

    year: int
    month: int
    day: int
    leap: bool = False


class _Year(NamedTuple):
    """A lunar year laid out: the ordinals (`date.toordinal`) its months begin at, and one past its last day."""

    starts: tuple[int, ...]
    leap_month: int

    def place(self, month: int, leap: bool) -> int:
        """Where in `starts` a month stands, that is there."""
        return month - 1 + (leap or 0 < self.leap_month < month)


@lru_cache(maxsize=len(YEARS))
def _year(year: int) -> _Year:
    """Raises UserError for a year that is not known."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise UserError(f"lunar years are known from {FIRST_YEAR} to {LAST_YEAR}, not {year}")
    packed = YEARS[year - FIRST_YEAR]
    leap_month = packed >> 13 & 15
    starts = [date(year, 1, 1).toordinal() + (packed >> 17)]
    for at in range(13 if leap_month else 12):
        starts.append(starts[-1] + LONG - 1 + (packed >> at & 1))
    return _Year(tuple(starts), leap_month)


FIRST_DAY = date.fromordinal(_year(FIRST_YEAR).starts[0])
LAST_DAY = date.fromordinal(_year(LAST_YEAR).starts[-1] - 1)
"""The first and the last day of the sun that can be turned into lunar ones."""


def leap_month_of(year: int) -> int:
    """Which month of a lunar year is followed by a leap month, 0 for none. Raises UserError outside 1900 to 2100."""
    return _year(year).leap_month


def days_in_month(year: int, month: int, leap: bool = False) -> int:
    """29 or 30; 0 where the year has no such month. Raises UserError outside 1900 to 2100."""
    laid_out = _year(year)
    if not 1 <= month <= 12 or (leap and month != laid_out.leap_month):
        return 0
    at = laid_out.place(month, leap)
    return laid_out.starts[at + 1] - laid_out.starts[at]


def new_year(year: int) -> date:
    """The day of the sun on which a lunar year begins. Raises UserError outside 1900 to 2100."""
    return date.fromordinal(_year(year).starts[0])


def lunar_year_of(day: date) -> int:
    """The lunar year that a day of the sun lies in; also one before 1900 or after 2100 where only that is known."""
    if day < FIRST_DAY:
        return min(day.year, FIRST_YEAR - 1)
    if day > LAST_DAY:
        return max(day.year, LAST_YEAR + 1)
    year = min(day.year, LAST_YEAR)
    return year if day.toordinal() >= _year(year).starts[0] else year - 1


def to_lunar(day: date) -> LunarDay:
    """A day of the sun as one of the moon. Raises UserError outside 1900-01-31 to 2101-01-28."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise UserError(f"lunar days are known from {FIRST_DAY} to {LAST_DAY}, not for {day}")
    year, ordinal = lunar_year_of(day), day.toordinal()
    starts, leap_month = _year(year)
    at = bisect_right(starts, ordinal) - 1
    leap = 0 < leap_month == at
    month = at if 0 < leap_month <= at else at + 1
    return LunarDay(year, month, ordinal - starts[at] + 1, leap)


def to_solar(day: LunarDay) -> date:
    """A day of the moon as one of the sun. Raises UserError for a day that its year does not have."""
    length = days_in_month(day.year, day.month, day.leap)
    if not 1 <= day.day <= length:
        which = f"{'leap ' if day.leap else ''}month {day.month}"
        if not length:
            raise UserError(f"the lunar year {day.year} has no {which}")
        raise UserError(f"{which} of the lunar year {day.year} has {length} days, and no day {day.day}")
    laid_out = _year(day.year)
    return date.fromordinal(laid_out.starts[laid_out.place(day.month, day.leap)] + day.day - 1)


def new_years_eve(year: int) -> date:
    """The last day of a lunar year (除夕). Raises UserError outside 1900 to 2100."""
    return date.fromordinal(_year(year).starts[-1]) - timedelta(days=1)
