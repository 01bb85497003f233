"""Windows of headers that are asked for before those above them are filed, so that the line to a far server is not idle.

What is on its way is noted as one range (`caution`), and each filed window takes its part out of it. Where something is
suspected nothing is asked for ahead: one window after the other, as small as `caution` wants them.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from mailcrm.ingest.imap.fetching import HeadersAsked
from mailcrm.ingest.imap.header_windows import HeaderWindows
from mailcrm.model.folder import FolderRef, SyncState, Tried, UidRange

_AHEAD = 4
"""Windows that are on their way. They come behind the bodies that were asked for before them: the more, the sooner all
headers are there, and the later the bodies."""

_TELLING = 2
"""Windows that tell how fast the line is: the first is waited for in any case."""


@dataclass(frozen=True)
class HeaderWindow:
    """The UIDs that exist in a range, ascending, and where the cursor stands when they are filed."""

    ends: UidRange
    uids: Sequence[int]
    state: SyncState


@dataclass
class HeadersAhead:
    """The windows of a folder with `count` mails in all, newest first, as a context manager: what was asked for and not filed
    is dropped at its end. `finish` is called when all are filed."""

    windows: HeaderWindows
    folder: FolderRef
    coming: Iterator[HeaderWindow]
    suspected: Tried | None
    count: int
    finish: Callable[[], None]
    _asked: deque[tuple[HeaderWindow, HeadersAsked]] = field(default_factory=deque, init=False)
    _next: HeaderWindow | None = field(default=None, init=False)
    _failed: Exception | None = field(default=None, init=False)
    _filed: int = field(default=0, init=False)
    _slow: bool = field(default=False, init=False)

    def __enter__(self) -> Self:
        self._next = next(self.coming, None)
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        for _, headers in self._asked:
            headers.drop()
        if self._asked and kind is None:
            self.windows.caution.forget(self.folder)

    @property
    def over(self) -> bool:
        """Whether all are filed."""
        return not self._asked and self._next is None

    @property
    def here(self) -> bool:
        """Whether the next window can be filed without waiting for the server."""
        return bool(self._asked) and self._asked[0][1].here

    def leave_room(self) -> bool:
        """Whether the line waits for us rather than we for the line, by the second window, which came while the first was
        filed. On a slow line headers alone fill it, and bodies would only hold them up."""
        while self._filed < _TELLING and self.step():
            pass
        return self.over or not self._slow

    def step(self) -> bool:
        """File the next window; whether there was one. After an error it raises the same again: no window is passed over."""
        if self._failed is not None:
            raise self._failed
        if self.over:
            return False
        try:
            self._file()
        except Exception as exc:
            self._failed = exc
            raise
        return True

    def _file(self) -> None:
        self._ask()
        if self._asked:
            window, headers = self._asked.popleft()
            self._ask(window)
            others = _around([each for each, _ in self._asked])
            started = time.monotonic()
            self.windows.file_asked(self.folder, window.state, window.uids, headers, others)
            self._slow = 2 * headers.waited > time.monotonic() - started
        elif alone := self._next:
            self._next = next(self.coming, None)
            self.windows.file(self.folder, alone.state, alone.uids, at_once=False)
        self._filed += 1
        if self.over:
            self.finish()

    def _ask(self, *unfiled: HeaderWindow) -> None:
        """For as many as may be on their way; `unfiled` are here already."""
        more: list[HeaderWindow] = []
        while (window := self._next) and len(self._asked) + len(more) < _AHEAD and self._is_calm(window):
            more.append(window)
            self._next = next(self.coming, None)
        asked = _around([*unfiled, *(each for each, _ in self._asked), *more])
        if not more or asked is None:
            return
        self.windows.caution.ahead(self.folder, asked)
        for window in more:
            self._asked.append((window, self.windows.ask(window.uids)))

    def _is_calm(self, window: HeaderWindow) -> bool:
        return bool(window.uids) and not (self.suspected and self.suspected.touches(*window.ends))


def _around(windows: Sequence[HeaderWindow]) -> UidRange | None:
    """From the first to the last UID that is asked for; they come newest first."""
    return (windows[-1].uids[0], windows[0].uids[-1]) if windows else None
