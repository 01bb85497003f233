"""A lock that is fair: whoever asks first is served first.

SQLite's own busy waiting is not: a thread that writes in a tight loop starves the others for seconds (decisions.md 9).
"""

import threading
from collections import deque
from types import TracebackType


class FifoLock:
    """A mutex with a queue. Not re-entrant: a thread that asks twice hears it instead of waiting for itself for ever."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[tuple[threading.Lock, int]] = deque()
        self._holder: int | None = None

    def __enter__(self) -> None:
        me = threading.get_ident()
        with self._guard:
            if self._holder == me:
                raise RuntimeError("a write inside a write of the same thread would wait for itself for ever")
            if self._holder is None:
                self._holder = me
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append((turn, me))
        try:
            turn.acquire()  # released by whoever hands the lock over
        except BaseException:  # Ctrl-C: leave the queue, or pass on what was just handed to us
            self._leave(turn, me)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._guard:
            self._hand_over()

    def _hand_over(self) -> None:
        self._holder = None
        if self._waiting:
            turn, self._holder = self._waiting.popleft()
            turn.release()

    def _leave(self, turn: threading.Lock, me: int) -> None:
        with self._guard:
            if (turn, me) in self._waiting:
                self._waiting.remove((turn, me))
            else:
                self._hand_over()
