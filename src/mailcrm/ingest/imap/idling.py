"""Waits for news of the open folder: by IDLE (RFC 2177), else by listening and asking once at the end."""

import time
from collections.abc import Callable
from enum import Enum, auto

from mailcrm.clock import Clock, utc_now
from mailcrm.errors import ConnectionLost
from mailcrm.ingest.imap.notifying import Notifying
from mailcrm.ingest.imap.talk import Talk
from mailcrm.ingest.imap.transport import Ready

_DONE_SECONDS = 10.0
_LOOK_SECONDS = 5.0
_ASLEEP_SECONDS = 30.0


class Change(Enum):
    """How a wait for new mail ended. WOKEN: the wake pipe spoke; there may be mail too, the next wait tells."""

    CHANGED = auto()
    TIMEOUT = auto()
    WOKEN = auto()


class Suspended(ConnectionLost):
    """The machine was asleep: the other end has most likely hung up, and nothing would tell us."""


class Wakefulness:
    """Notices that the machine was suspended: the wall clock went on, the monotonic clock did not."""

    def __init__(self, clock: Clock = utc_now, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._monotonic = clock, monotonic
        self._before = self._lag()

    def _lag(self) -> float:
        return self._clock().timestamp() - self._monotonic()

    def slept(self) -> bool:
        """Whether it slept, for more than half a minute, since the last look. A clock set back is no sleep."""
        before, self._before = self._before, self._lag()
        return self._before - before > _ASLEEP_SECONDS


class Idling:
    """Waiting on one connection; `wake` is a file descriptor that ends waits, from which nothing is read."""

    def __init__(self, talk: Talk, notifying: Notifying, wake: int | None, wakefulness: Wakefulness) -> None:
        self._talk = talk
        self._client = talk.client
        self._notifying = notifying
        self._wake = wake
        self._wakefulness = wakefulness
        self._idle_works = "IDLE" in talk.capabilities

    def wait_for_change(self, seconds: float) -> Change:
        """Until the folder has more messages, or another of which we are notified; at most `seconds`, or woken."""
        with self._talk.guard():
            deadline = time.monotonic() + seconds
            self._look()
            self._notifying.restore()
            if not self._news and self._wait(deadline) is Ready.WOKEN:
                return Change.WOKEN
            news, self._client.grown, self._notifying.news = self._news, False, False
            return Change.CHANGED if news else Change.TIMEOUT

    @property
    def _news(self) -> bool:
        return self._client.grown or self._notifying.news

    def _look(self) -> None:
        if self._wakefulness.slept():
            self._talk.broken = True
            raise Suspended(f"this machine was asleep; connecting to {self._talk.place} anew")

    def _wait(self, deadline: float) -> Ready:
        ready = self._idle(deadline) if self._idle_works and self._client.transport.state == "SELECTED" else None
        if ready is None:
            ready = self._listen(deadline)
            if ready is Ready.TIMEOUT:
                self._client.call("NOOP")
        return ready

    def _idle(self, deadline: float) -> Ready | None:
        """Wait by IDLE. None if the server refuses it, or ends it without news: go on without it."""
        client = self._client
        client.forget()
        tag = client.start("IDLE")
        self._idle_works = client.asked_to_go_on(tag)
        ready = None
        if self._idle_works:  # the news may have come before the "+"
            ready = Ready.LINE if self._news else self._listen(deadline, tag)
        if client.answered(tag):
            client.finish(tag)
            return Ready.LINE if self._news else None
        client.transport.limit(min(_DONE_SECONDS, self._talk.place.read_timeout))
        client.transport.send(b"DONE\r\n")
        client.finish(tag)
        client.transport.limit(self._talk.place.read_timeout)
        return ready

    def _listen(self, deadline: float, tag: bytes | None = None) -> Ready:
        """Take in lines until there are news, the command of `tag` is over, the deadline, or the wake pipe."""
        while True:
            ready = self._client.transport.wait(min(deadline, time.monotonic() + _LOOK_SECONDS), self._wake)
            self._look()
            if ready is Ready.LINE:
                self._client.next_response()
                if self._news or (tag and self._client.answered(tag)):
                    return ready
            elif ready is Ready.WOKEN or time.monotonic() >= deadline:
                return ready
