"""Counts what one connection brings for a mailbox, and says when enough of its old mail came for today."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Self

from mailcrm.clock import Clock
from mailcrm.errors import StoreBusy
from mailcrm.ingest.imap.job import PassReport
from mailcrm.model.account import Capture
from mailcrm.model.budget import DayTraffic, day_of
from mailcrm.model.rights import Actor
from mailcrm.store import Session, Store, traffic
from mailcrm.store.sync_state import AccountRow

_ACTOR = Actor.system("meter")
_AT_MOST_UNSAVED = 4 * 1024 * 1024
"""Bytes that a crash may forget."""


class Meter:
    """As a context manager around the reading: what was counted is then kept, however it ends.

    `budget` is in bytes a day, None where there is none; `received` counts the bytes of the connection.
    """

    def __init__(
        self, store: Store, row: AccountRow, budget: int | None, clock: Clock, received: Callable[[], int]
    ) -> None:
        self._store, self._account_id, self._clock, self._received = store, row.id, clock, received
        self._bodies = row.policy.capture is Capture.ALL
        self._budget = budget
        self._looked = clock()
        self._today = DayTraffic(day_of(self._looked))  # what is not in the store yet
        self._counted = 0
        self._report, self._done = PassReport(), 0
        self._before: int | None = None  # what the store knew of today, when that was looked up

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(StoreBusy):  # what is lost is less than a batch
            self._count()
            self._write()

    def note(self, report: PassReport) -> None:
        """Mail was filed. Called after each batch; raises StoreBusy."""
        before, self._looked = self._looked, self._clock()
        done = (report.bodies if self._bodies else report.headers) + report.skipped
        mails = done - (self._done if report is self._report else 0)
        self._report, self._done = report, done
        self._count()
        if mails > 0:
            seconds = max(0.0, (self._looked - before).total_seconds())
            self._today = replace(self._today, mails=self._today.mails + mails, seconds=self._today.seconds + seconds)
        if self._today.received >= _AT_MOST_UNSAVED:
            self._write()

    def begin(self) -> None:
        """A pass begins: what it takes counts from here, not the waiting before it."""
        self._looked = self._clock()

    def enough(self) -> bool:
        """Whether today's budget is spent: old mail has to wait for tomorrow, new mail never does."""
        if self._budget is None:
            return False
        self._count()
        if self._before is None:
            self._before = self._stored()
        return self._before + self._today.received >= self._budget

    def save(self, session: Session) -> None:
        """Keep what was counted, in a transaction that is open anyway."""
        self._count(lambda: self._keep(session))
        self._keep(session)

    def _count(self, keep: Callable[[], None] | None = None) -> None:
        """Bytes belong to the day on which they are looked at; `keep` writes down what belongs to the day before."""
        day = day_of(self._clock())
        if day != self._today.day:
            (keep or self._write)()
            self._today, self._before = DayTraffic(day), None
        received = self._received()
        self._today = replace(self._today, received=self._today.received + received - self._counted)
        self._counted = received

    def _stored(self) -> int:
        with self._store.read() as session:
            days = traffic.traffic_since(session, [self._account_id], self._today.day)
        return sum(each.received for each in days.get(self._account_id, ()))

    def _write(self) -> None:
        with self._store.write(_ACTOR) as session:
            self._keep(session)

    def _keep(self, session: Session) -> None:
        if self._today != DayTraffic(self._today.day):
            traffic.add_traffic(session, self._account_id, self._today)
            self._today, self._before = DayTraffic(self._today.day), None
