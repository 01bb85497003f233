"""How much of a mailbox may be read in a day (days are those of UTC), and when the rest will have come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

LOOK_BACK = timedelta(days=2)
"""An outlook rests on today and as many days before."""

_LEAST_MAILS = 20
"""From fewer mails nothing is concluded."""


@dataclass(frozen=True, slots=True)
class DayTraffic:
    """What one day brought: bytes `received` on the wire, `mails` that were read to the end, in how many seconds."""

    day: date
    received: int = 0
    mails: int = 0
    seconds: float = 0


@dataclass(frozen=True, slots=True)
class Outlook:
    """When the rest will have come, if all goes on as it did. `by_budget`: the bytes allowed in a day set the pace."""

    left: timedelta
    by_budget: bool


def day_of(now: datetime) -> date:
    """The day in UTC."""
    return now.astimezone(UTC).date()


def next_day(now: datetime) -> datetime:
    """When the next day begins."""
    return datetime.combine(day_of(now) + timedelta(days=1), time(), UTC)


def received_on(day: date, days: Sequence[DayTraffic]) -> int:
    """The bytes of one of the days."""
    return sum(each.received for each in days if each.day == day)


def mails_an_hour(days: Sequence[DayTraffic]) -> float | None:
    """The pace while there was something to read; None where too little is known."""
    mails, seconds = sum(each.mails for each in days), sum(each.seconds for each in days)
    return mails * 3600 / seconds if mails >= _LEAST_MAILS and seconds > 0 else None


def outlook(remaining: int, days: Sequence[DayTraffic], budget: int | None, now: datetime) -> Outlook | None:
    """When `remaining` mails will be read, by the last days; None where nothing is known. `budget` is in bytes a day.

    It takes for granted that we run all the time, and that older mails are as large as those that came.
    """
    pace = mails_an_hour(days)
    if pace is None:
        return None
    by_pace = timedelta(hours=remaining / pace)
    needed = remaining * sum(each.received for each in days) / sum(each.mails for each in days)
    today = max(0, budget - received_on(day_of(now), days)) if budget else 0
    if not budget or needed <= today:
        return Outlook(by_pace, by_budget=False)
    by_budget = next_day(now) - now + timedelta(days=(needed - today) // budget)
    by_budget += by_pace * ((needed - today) % budget / needed)  # the last day ends before midnight
    return Outlook(max(by_pace, by_budget), by_budget > by_pace)
