"""Days of the year that matter to a customer: birthdays and anniversaries, by the sun or by the moon."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class DateKind(StrEnum):
    """What the day is of. OTHER goes with a label that says it."""

    BIRTHDAY = "birthday"
    ANNIVERSARY = "anniversary"
    CONTRACT_EXPIRY = "contract_expiry"
    NAME_DAY = "name_day"
    FOUNDING = "founding"
    FIRST_ORDER = "first_order"
    OTHER = "other"


ONCE = frozenset({DateKind.CONTRACT_EXPIRY})
"""Kinds that come once, if nobody says otherwise."""


class Calendar(StrEnum):
    """Which calendar month and day belong to."""

    SOLAR = "solar"
    LUNAR = "lunar"


class LeapRule(StrEnum):
    """When a day of a leap month is kept; in years that have that leap month it is, by all of them. ORDINARY: in other years
    in the ordinary month of its number. LEAP_ONLY: in other years not at all. BOTH: in the ordinary month each year, and
    once more in the leap month where there is one."""

    ORDINARY = "ordinary"
    LEAP_ONLY = "leap_only"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class ImportantDate:
    """A day. `year` None: nobody knows it. `leap_month`: the second month of that number in a lunar year. `recurs`: each year,
    else once (a contract that ends). `lead_days`: how long before it somebody wants to be told."""

    kind: str
    calendar: Calendar
    month: int
    day: int
    year: int | None = None
    leap_month: bool = False
    leap_rule: LeapRule = LeapRule.ORDINARY
    lead_days: int = 0
    label: str = ""
    recurs: bool = True


@dataclass(frozen=True, slots=True)
class KeptDate:
    """A date as the store holds it, on the leaf party it was found for. Times in UTC; `ended_at`: it held until then."""

    id: int
    party_id: int
    date: ImportantDate
    source: str
    observed_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DueDate:
    """A customer's date that comes up on `day`. `key` is what a greeting for it is remembered by (`Occurrence.key`), `years`
    how many it is by then, None where nobody knows."""

    party_id: int
    number: str
    name: str
    kept: KeptDate
    day: date
    key: str
    years: int | None = None
