"""How fast an account may send: limits that hold in every sliding window, and a pace that yields to complaints."""

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

_FREE_AGAIN = 600
"""Mails a minute at which a pace without a limit of its own is forgotten."""


@dataclass(frozen=True, slots=True)
class Limits:
    """At most so many mails in any 60 seconds and any 24 hours; None: no limit."""

    per_minute: int | None = None
    per_day: int | None = None


def next_slot(limits: Limits, sent: Sequence[datetime], now: datetime) -> timedelta:
    """How long the next mail must wait; zero if it may go now.

    `sent` are the moments at which mails went, oldest first, at least of the last 24 hours; those in flight and those
    without a clear answer belong to it, as the server may have counted them. They must outlive a restart.
    """
    waits = [_wait(limits.per_minute, MINUTE, sent, now), _wait(limits.per_day, DAY, sent, now)]
    return max(timedelta(0), *waits)


def _wait(limit: int | None, window: timedelta, sent: Sequence[datetime], now: datetime) -> timedelta:
    """Until the mail that is `limit` mails back has left the window."""
    if limit is None or len(sent) < limit:
        return timedelta(0)
    return sent[-limit] + window - now


@dataclass(frozen=True, slots=True)
class Pace:
    """The limits of an account, and a lower rate while its server asks for it (None: it does not)."""

    limits: Limits
    per_minute: int | None = None

    @property
    def current(self) -> Limits:
        """What holds now."""
        rates = [rate for rate in (self.per_minute, self.limits.per_minute) if rate is not None]
        return replace(self.limits, per_minute=min(rates, default=None))

    def slower(self, sent_last_minute: int) -> "Pace":
        """Half as fast, down to one mail a minute; where there was no limit, half of what was just sent."""
        now = self.current.per_minute
        return replace(self, per_minute=max(1, (max(sent_last_minute, 2) if now is None else now) // 2))

    def faster(self) -> "Pace":
        """A tenth faster; call it after each minute without complaint. Ends at the limits."""
        if self.per_minute is None:
            return self
        rate = self.per_minute + max(1, self.per_minute // 10)
        ceiling = _FREE_AGAIN if self.limits.per_minute is None else self.limits.per_minute
        return replace(self, per_minute=None if rate >= ceiling else rate)


class Meter:
    """What an account has sent lately, and its pace. Time is handed in; `moments` are those before this run began."""

    def __init__(self, limits: Limits, moments: Iterable[datetime], now: datetime) -> None:
        self._sent = sorted(moments)
        self._pace = Pace(limits)
        self._window = MINUTE if limits.per_day is None else DAY
        self._slowed_at: datetime | None = None
        self._calm_since = now

    @property
    def pace(self) -> Pace:
        """As it is now."""
        return self._pace

    def went(self, now: datetime) -> None:
        """A mail is on its way."""
        insort(self._sent, now)
        del self._sent[: bisect_right(self._sent, now - self._window)]

    def came_back(self) -> None:
        """A mail was given back before the server heard of it."""
        if self._sent:
            self._sent.pop()

    def complaint(self, now: datetime) -> None:
        """Half as fast. What else is heard within a minute speaks of the same burst, but quiet minutes begin anew."""
        self._calm_since = now
        if self._slowed_at is None or now - self._slowed_at >= MINUTE:
            self._slowed_at = now
            last_minute = len(self._sent) - bisect_right(self._sent, now - MINUTE)
            self._pace = self._pace.slower(last_minute)

    def allowance(self, now: datetime, most: int) -> int:
        """How many mails may go right now, at most `most`."""
        if now - self._calm_since >= MINUTE:
            self._pace, self._calm_since = self._pace.faster(), now
        limits = self._pace.current
        if limits == Limits():
            return most
        planned = list(self._sent)
        while len(planned) - len(self._sent) < most and next_slot(limits, planned, now) == timedelta(0):
            insort(planned, now)
        return len(planned) - len(self._sent)
