"""Hears of mail in all folders on one connection, by NOTIFY (RFC 5465); where that ends, all is as without it."""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from mailcrm.ingest.imap.responses import wire_name
from mailcrm.ingest.imap.talk import Talk
from mailcrm.ingest.imap.values import parsed

_SELECTED = b"(selected-delayed (MessageNew MessageExpunge FlagChange))"  # as without NOTIFY
_OTHERS = b"(personal (MessageNew MessageExpunge))"
_STATUS = b"* STATUS "
_OVERFLOW = b"* OK [NOTIFICATIONOVERFLOW"


class Notifying:
    """On one connection. `news`: something came into or went from a folder that is not open, or we may have missed it."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._ignored: Collection[str] = ()
        self._asked: Counter[str] | None = None  # while we ask for STATUS ourselves: the answers by folder
        self._overflowed = False
        self.on = False
        self.news = False

    def begin(self, ignored: Collection[str]) -> None:
        """Ask to be told of all folders but those `ignored` (names on the wire), where the server offers it."""
        if "NOTIFY" not in self._talk.capabilities:
            return
        self._ignored = ignored
        self._talk.client.listener = self._hear
        self.on = self._talk.client.call("NOTIFY", b"SET", _SELECTED, _OTHERS).ok

    def restore(self) -> None:
        """After an overflow the server tells nothing any more, not even of the open folder: ask for that."""
        if self._overflowed:
            self._overflowed = False
            self._talk.client.call("NOTIFY", b"SET", _SELECTED)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around our own questions: the first STATUS of a folder answers them, a second one is news."""
        self._asked = Counter()
        try:
            yield
        finally:
            self._asked = None

    def _hear(self, line: bytes) -> None:
        if line.startswith(_OVERFLOW):
            self.on, self._overflowed, self.news = False, True, True
        elif self.on and line.startswith(_STATUS):
            name = _folder_of(line)
            if self._asked is not None:
                self._asked[name] += 1
                if self._asked[name] == 1:
                    return
            self.news = self.news or name not in self._ignored


def _folder_of(line: bytes) -> str:
    """The name on the wire; '' if it comes as a literal, which is a name like no other."""
    values = next(parsed([line[len(_STATUS) :].rstrip()]), [])
    return wire_name(b" ".join(part for part in values if isinstance(part, bytes)))
