"""Waiting for news: in any pieces, of any kind, and across a night in which the machine slept."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from mailcrm.errors import ConnectionLost
from mailcrm.ingest.imap import idling as module
from mailcrm.ingest.imap import transport
from mailcrm.ingest.imap.idling import Wakefulness
from mailcrm.ingest.imap.mailbox import Change, Suspended
from tests.unit.ingest.imap.script import DONE, talking

_IDLE = b"IDLE ENABLE QRESYNC"


class _Clock:
    """A wall clock that may jump while nothing else moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_sleep_is_a_wall_clock_that_runs_ahead() -> None:
    clock, passed = _Clock(), [100.0]
    wakefulness = Wakefulness(clock, lambda: passed[0])
    assert not wakefulness.slept()
    for wall, monotonic, slept in [(3600, 3600, False), (29, 0, False), (31, 0, True), (0, 0, False), (3601, 1, True)]:
        clock.now += timedelta(seconds=wall)
        passed[0] += monotonic
        assert wakefulness.slept() is slept
    clock.now -= timedelta(days=1)
    assert not wakefulness.slept()
    clock.now += timedelta(seconds=40)
    assert wakefulness.slept()


@pytest.mark.parametrize("capabilities", [_IDLE, b""])
def test_a_connection_that_was_slept_through_is_given_up_at_once(
    capabilities: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.02)
    clock = _Clock()
    with talking(b"+ idling\r\n", capabilities=capabilities, clock=clock) as (mailbox, _script):
        asleep = threading.Timer(0.1, lambda: setattr(clock, "now", clock.now + timedelta(hours=8)))
        asleep.start()
        started = time.monotonic()
        with pytest.raises(Suspended, match="asleep") as caught:
            mailbox.wait_for_change(60)
        assert isinstance(caught.value, ConnectionLost)
        assert time.monotonic() - started < 20
        asleep.join()
        sent = mailbox._client.transport.tx
        mailbox.close()
        assert mailbox._client.transport.tx == sent


def test_sleep_between_two_waits_is_noticed_by_the_second() -> None:
    clock = _Clock()
    with talking(b"+ idling\r\n", capabilities=_IDLE, clock=clock) as (mailbox, script):
        clock.now += timedelta(hours=8)
        with pytest.raises(Suspended):
            mailbox.wait_for_change(60)
        assert script.commands == []


def test_long_waits_are_not_cut_short_by_looking_at_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.01)
    with talking(b"+ idling\r\n", DONE, capabilities=_IDLE) as (mailbox, script):
        started = time.monotonic()
        assert mailbox.wait_for_change(0.2) is Change.TIMEOUT
        assert time.monotonic() - started >= 0.2
        assert script.commands == [b"IDLE", b"DONE"]


def test_a_wake_up_call_is_heard_while_waiting() -> None:
    reader, writer = os.pipe()
    with talking(b"+ idling\r\n", DONE, capabilities=_IDLE, wake=reader) as (mailbox, _script):
        os.write(writer, b"x")
        assert mailbox.wait_for_change(60) is Change.WOKEN
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("news", [b"* VANISHED 2\r\n", b"* 1 FETCH (UID 5 FLAGS (\\Seen))\r\n", b"* 2 EXPUNGE\r\n"])
def test_other_news_than_mail_end_no_wait_and_are_kept(news: bytes) -> None:
    with talking(b"+ idling\r\n" + news, DONE, capabilities=_IDLE) as (mailbox, _script):
        assert mailbox.wait_for_change(0.05) is Change.TIMEOUT
        assert mailbox.changes()


def _splits(answer: bytes) -> Iterator[int]:
    yield from range(1, len(answer) + 1)


def test_every_split_of_what_idle_brings_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    idle = b"+ idling\r\n* OK still here\r\n* VANISHED 2\r\n* 3 EXISTS\r\n"
    done = b"* VANISHED 9\r\n@ OK done\r\n"
    rounds = list(_splits(idle + done))
    with talking(*[idle, done] * len(rounds), capabilities=_IDLE) as (mailbox, _script):
        for size in rounds:
            monkeypatch.setattr(transport, "_RECEIVE", size)
            assert mailbox.wait_for_change(60) is Change.CHANGED
            assert mailbox.changes().vanished == ((2, 2), (9, 9))


def test_the_end_of_the_connection_ends_the_wait() -> None:
    with talking(b"+ idling\r\n", capabilities=_IDLE, hang_up=True) as (mailbox, _script):
        started = time.monotonic()
        with pytest.raises(ConnectionLost):
            mailbox.wait_for_change(60)
        assert time.monotonic() - started < 20
