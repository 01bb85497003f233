"""When a day that matters comes round: once in each year of its own calendar, and under a key that is greeted once."""

from calendar import isleap
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from mailcrm.model.calendar.lunar import (
    FIRST_DAY,
    LAST_DAY,
    LAST_YEAR,
    LONG,
    LunarDay,
    days_in_month,
    leap_month_of,
    lunar_year_of,
    to_lunar,
    to_solar,
)
from mailcrm.model.calendar.lunar_table import FIRST_YEAR
from mailcrm.model.calendar.rules import LAST_SOLAR_YEAR
from mailcrm.model.important_date import Calendar, ImportantDate, LeapRule


class Occurrence(NamedTuple):
    """A day of the sun on which a date comes round. `year` is of the date's own calendar: a birthday in the twelfth lunar month
    of 2026 is kept in January or February of 2027."""

    day: date
    year: int
    again: bool = False
    """Whether it is the second of its year: in the leap month, by the rule BOTH."""

    @property
    def key(self) -> str:
        """What a greeting is remembered by, so that it goes out once: '2027', and '2027+' for the second of its year."""
        return f"{self.year}{'+' if self.again else ''}"


def occurrences(date_: ImportantDate, in_year: int) -> tuple[Occurrence, ...]:
    """All days on which it comes round in a year of its own calendar, the earliest first: one as a rule; none before the year
    it is of, in a year without its leap month by LEAP_ONLY, and outside 1900 to 2100 for lunar dates; two by BOTH."""
    if date_.year is not None and (in_year < date_.year or (in_year > date_.year and not date_.recurs)):
        return ()
    if date_.calendar is Calendar.SOLAR:
        return (
            (Occurrence(_solar(date_.month, date_.day, in_year), in_year),) if 1 <= in_year <= LAST_SOLAR_YEAR else ()
        )
    if not FIRST_YEAR <= in_year <= LAST_YEAR:
        return ()
    months = _lunar_months(date_, in_year)
    days = [_lunar(in_year, date_.month, date_.day, leap) for leap in months]
    return tuple(Occurrence(day, in_year, again=at > 0) for at, day in enumerate(days))


def occurrence(date_: ImportantDate, in_year: int) -> date | None:
    """The first day of the sun on which it comes round in a year of its own calendar; None: in that year it does not."""
    found = occurrences(date_, in_year)
    return found[0].day if found else None


def next_occurrence(date_: ImportantDate, today: date) -> date | None:
    """The day of the sun on which it comes round next, `today` or later; None as `coming` has it."""
    found = coming(date_, today)
    return found and found.day


def coming(date_: ImportantDate, today: date) -> Occurrence | None:
    """The first on `today` or later; None: it does not come round any more, or nobody can say (lunar days after 2100)."""
    if not date_.recurs or (date_.year is not None and date_.year > today.year):
        years = range(date_.year or 0, (date_.year or 0) + 1)
    elif date_.calendar is Calendar.SOLAR:
        years = range(today.year, min(today.year + 1, LAST_SOLAR_YEAR) + 1)
    else:
        years = range(max(lunar_year_of(today), FIRST_YEAR), LAST_YEAR + 1)
    only = date_.leap_month and date_.leap_rule is LeapRule.LEAP_ONLY
    some = (year for year in years if not only or leap_month_of(year) == date_.month)
    return next((each for year in some for each in occurrences(date_, year) if each.day >= today), None)


def occurrence_key(date_: ImportantDate, day: date) -> str:
    """What a greeting for it on `day` is remembered by (`Occurrence.key`); '' if it does not come round on that day."""
    found = comes_round_on(date_, day)
    return found.key if found else ""


def ordinal(date_: ImportantDate, in_year: int) -> int | None:
    """How many years it is by then in its own calendar: an age, the number of an anniversary; None where its year is unknown or
    still to come."""
    return None if date_.year is None or in_year < date_.year else in_year - date_.year


def _solar(month: int, day: int, year: int) -> date:
    """Whose day is 29 February keeps the last day of February in common years."""
    return date(year, month, 28 if (month, day) == (2, 29) and not isleap(year) else day)


def _lunar(year: int, month: int, day: int, leap: bool) -> date:
    """Whose day is the 30th keeps the last day of a month of 29."""
    return to_solar(LunarDay(year, month, min(day, days_in_month(year, month, leap)), leap))


def _lunar_months(date_: ImportantDate, year: int) -> tuple[bool, ...]:
    """In which months of its number it is kept: False the ordinary one, True the leap month."""
    if not date_.leap_month:
        return (False,)
    if leap_month_of(year) == date_.month:
        return (False, True) if date_.leap_rule is LeapRule.BOTH and year != date_.year else (True,)
    return () if date_.leap_rule is LeapRule.LEAP_ONLY else (False,)


def days_kept_on(day: date) -> Iterator[tuple[Calendar, int, int]]:
    """(calendar, month, day) of all dates that may come round on a day of the sun: few to look up among many. Whether one does,
    `occurrences` says."""
    yield Calendar.SOLAR, day.month, day.day
    if (day.month, day.day) == (2, 28) and not isleap(day.year):
        yield Calendar.SOLAR, 2, 29
    if not FIRST_DAY <= day <= LAST_DAY:
        return
    lunar = to_lunar(day)
    yield Calendar.LUNAR, lunar.month, lunar.day
    if lunar.day == days_in_month(lunar.year, lunar.month, lunar.leap) < LONG:
        yield Calendar.LUNAR, lunar.month, LONG


def comes_round_on(date_: ImportantDate, day: date) -> Occurrence | None:
    """Its occurrence on that day of the sun, if there is one."""
    year = day.year if date_.calendar is Calendar.SOLAR else lunar_year_of(day)
    return next((each for each in occurrences(date_, year) if each.day == day), None)
