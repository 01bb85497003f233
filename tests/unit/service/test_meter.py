"""Counting what a connection brings, to the day."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mailcrm.ingest.imap.job import PassReport
from mailcrm.model.account import Capture
from mailcrm.model.budget import DayTraffic, day_of
from mailcrm.service.accounts import account_row
from mailcrm.service.meter import Meter
from mailcrm.store import Store, traffic
from tests.builders import NOW, a_store, a_write, an_account

TODAY = day_of(NOW)
TOMORROW = TODAY + timedelta(days=1)


class Line:
    """A connection of an account, and a clock."""

    def __init__(self, store: Store, budget: int | None = None) -> None:
        self.store, self.now, self.received = store, NOW, 0
        self.row = account_row(store, "shop")
        self.meter = Meter(store, self.row, budget, self.clock, lambda: self.received)

    def clock(self) -> datetime:
        return self.now

    def kept(self) -> list[DayTraffic]:
        with self.store.read() as session:
            return traffic.traffic_since(session, [self.row.id], TODAY).get(self.row.id, [])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with a_store(tmp_path) as opened:
        with a_write(opened) as session:
            an_account(session)
        yield opened


def test_what_is_counted_belongs_to_its_day(store: Store) -> None:
    line = Line(store)
    line.received = 100
    line.meter.note(PassReport())
    line.now += timedelta(days=1)
    line.received = 130
    with a_write(store) as session:  # the old day is written in the same transaction
        line.meter.save(session)
    assert line.kept() == [DayTraffic(TODAY, 100), DayTraffic(TOMORROW, 30)]


def test_mails_count_once_and_waiting_is_no_work(store: Store) -> None:
    line = Line(store)
    everything = line.row.policy.capture is Capture.ALL
    report = PassReport()
    for _ in range(2):
        line.now += timedelta(hours=1)  # nothing to do
        line.meter.begin()
        for _ in range(3):
            line.now += timedelta(seconds=2)
            report.bodies += 10 * everything
            report.headers += 10
            line.meter.note(report)
        report = PassReport()
    with line.meter:
        pass
    assert line.kept() == [DayTraffic(TODAY, 0, 60, 12)]


def test_a_budget_counts_what_came_before_this_connection(store: Store) -> None:
    line = Line(store, budget=1000)
    with a_write(store) as session:
        traffic.add_traffic(session, line.row.id, DayTraffic(TODAY, 900))
    assert not line.meter.enough()
    line.received = 100
    assert line.meter.enough()
    line.now += timedelta(days=1)
    assert not line.meter.enough()
    line.received = 1099
    assert not line.meter.enough()
    line.received = 1100
    assert line.meter.enough()


def test_large_batches_are_kept_at_once(store: Store) -> None:
    line = Line(store)
    line.received = 5 * 2**20
    line.meter.note(PassReport())
    assert line.kept() == [DayTraffic(TODAY, 5 * 2**20)]
