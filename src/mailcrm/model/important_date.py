"""Days of the year that matter to a customer: birthdays and anniversaries, by the sun or by the moon."""

from dataclasses import dataclass
from enum import StrEnum


class Calendar(StrEnum):
    """Which calendar month and day belong to."""

    SOLAR = "solar"
    LUNAR = "lunar"


class LeapRule(StrEnum):
    """When a day in a leap month is kept in a year that has no such leap month, or has it besides the ordinary one."""

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
