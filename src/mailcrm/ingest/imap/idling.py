"""Waits for news of the open folder: by IDLE (RFC 2177), else by listening and asking once at the end."""

import time
from enum import Enum, auto

from mailcrm.ingest.imap.talk import Talk
from mailcrm.ingest.imap.transport import Ready

_DONE_SECONDS = 10.0


class Change(Enum):
    """How a wait for new mail ended. WOKEN: the wake pipe spoke; there may be mail too, the next wait tells."""

    CHANGED = auto()
    TIMEOUT = auto()
    WOKEN = auto()


class Idling:
    """Waiting on one connection; `wake` is a file descriptor that ends waits, from which nothing is read."""

    def __init__(self, talk: Talk, wake: int | None) -> None:
        self._talk = talk
        self._client = talk.client
        self._wake = wake
        self._idle_works = "IDLE" in talk.capabilities

    def wait_for_change(self, seconds: float) -> Change:
        """Until the folder has more messages, for at most `seconds`, or until woken."""
        with self._talk.guard():
            deadline = time.monotonic() + seconds
            if not self._client.grown and self._wait(deadline) is Ready.WOKEN:
                return Change.WOKEN
            grown, self._client.grown = self._client.grown, False
            return Change.CHANGED if grown else Change.TIMEOUT

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
            ready = Ready.LINE if client.grown else self._listen(deadline, tag)
        if client.answered(tag):
            client.finish(tag)
            return Ready.LINE if client.grown else None
        client.transport.limit(min(_DONE_SECONDS, self._talk.place.read_timeout))
        client.transport.send(b"DONE\r\n")
        client.finish(tag)
        client.transport.limit(self._talk.place.read_timeout)
        return ready

    def _listen(self, deadline: float, tag: bytes | None = None) -> Ready:
        """Take in lines until there is more mail, the command of `tag` is over, the deadline, or the wake pipe."""
        while (ready := self._client.transport.wait(deadline, self._wake)) is Ready.LINE:
            self._client.next_response()
            if self._client.grown or (tag and self._client.answered(tag)):
                break
        return ready
