"""What makes an important date one: its kind, and a day that its calendar has."""

from calendar import monthrange
from dataclasses import replace

from mailcrm.errors import UserError
from mailcrm.model.calendar.lunar import LAST_YEAR, LONG, days_in_month, leap_month_of
from mailcrm.model.calendar.lunar_table import FIRST_YEAR
from mailcrm.model.important_date import Calendar, DateKind, ImportantDate
from mailcrm.model.text import clean_line

MOST_LEAD_DAYS = 366
"""How long before a day somebody can want to be told of it, in days."""

MOST_LABEL = 120
"""Characters of a label."""

FIRST_SOLAR_YEAR, LAST_SOLAR_YEAR = 1000, 9999
"""Years of the sun with four digits: a founding may lie long ago."""

LEAP_YEAR = 2000
"""A year that has a 29 February, where none is known."""


def validate(date_: ImportantDate) -> ImportantDate:
    """The same with a clean label. Raises UserError that says what is wrong: a kind or a day that is none."""
    if date_.kind not in frozenset[str](DateKind):
        raise UserError(f"there is no kind of date {date_.kind!r}; kinds are: {', '.join(DateKind)}")
    label = clean_line(date_.label, MOST_LABEL)
    if date_.kind == DateKind.OTHER and not label:
        raise UserError(f"a date of the kind {DateKind.OTHER} needs a label that says what it is")
    if not 0 <= date_.lead_days <= MOST_LEAD_DAYS:
        raise UserError(f"somebody can be told 0 to {MOST_LEAD_DAYS} days before a date, not {date_.lead_days}")
    if date_.year is None and not date_.recurs:
        raise UserError("a date that comes once needs a year")
    check_day(date_)
    return date_ if label == date_.label else replace(date_, label=label)


def check_day(date_: ImportantDate) -> None:
    """Raises UserError if its calendar has no such day, or in no year that we know."""
    if not 1 <= date_.month <= 12:
        raise UserError(f"there is no month {date_.month}: months go from 1 to 12")
    if date_.day < 1:
        raise UserError(f"there is no day {date_.day}: days begin with 1")
    if date_.calendar is Calendar.LUNAR:
        _check_lunar(date_)
    else:
        _check_solar(date_)


def _check_solar(date_: ImportantDate) -> None:
    if date_.leap_month:
        raise UserError("only a lunar date can lie in a leap month")
    if date_.year is not None and not FIRST_SOLAR_YEAR <= date_.year <= LAST_SOLAR_YEAR:
        raise UserError(f"the year {date_.year} is none; years have four digits")
    length = monthrange(date_.year or LEAP_YEAR, date_.month)[1]
    if date_.day > length:
        where = f"{date_.year}-{date_.month:02}" if date_.year else f"month {date_.month}"
        raise UserError(f"{where} has {length} days, and no day {date_.day}")


def _check_lunar(date_: ImportantDate) -> None:
    which = f"{'leap ' if date_.leap_month else ''}month {date_.month}"
    if date_.day > LONG:
        raise UserError(f"a lunar month has 29 or 30 days, and no day {date_.day}")
    if date_.year is None:
        if date_.leap_month and not any(
            leap_month_of(year) == date_.month for year in range(FIRST_YEAR, LAST_YEAR + 1)
        ):
            raise UserError(f"no lunar year from {FIRST_YEAR} to {LAST_YEAR} has a {which}")
        return
    length = days_in_month(date_.year, date_.month, date_.leap_month)
    if not length:
        other = leap_month_of(date_.year)
        hint = f"its leap month is the one after month {other}" if other else "it has no leap month"
        raise UserError(f"the lunar year {date_.year} has no {which}: {hint}")
    if date_.day > length and date_.month != 12:  # 12-30 is new year's eve, however long the month
        raise UserError(f"{which} of the lunar year {date_.year} has {length} days, and no day {date_.day}")
