"""Fetches one big message, or one part of it, piece by piece, so that it never is in memory as a whole.

A lost connection costs little."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mailcrm.ingest.imap.client import Items
from mailcrm.ingest.imap.failures import CommandRefused
from mailcrm.ingest.imap.fetching import Command, Fetching
from mailcrm.ingest.imap.responses import uid_of
from mailcrm.ingest.imap.talk import Talk
from mailcrm.ingest.imap.values import Value

_PIECE = re.compile(rb"BODY\[([\d.]*)\]<(\d{1,18})>")


@dataclass
class _Offsets:
    """Where the next pieces begin. Nothing is asked for beyond the known size, behind a piece that was the last, or
    when a command was done and no piece had come."""

    at: int
    length: int
    size: int | None
    depth: int
    open: int = 0
    over: bool = False

    def __iter__(self) -> Iterator[int]:
        while not self.over and self.open < self.depth:
            yield self.at
            self.open += 1
            self.at += self.length
            self.over = self.over or (self.size is not None and self.at >= self.size)

    def came(self, data: bytes) -> None:
        """One of them is here."""
        self.open -= 1
        self.over = self.over or len(data) < self.length


class Parts:
    """The pieces of messages of the open folder."""

    def __init__(self, talk: Talk, fetching: Fetching) -> None:
        self._place = talk.place
        self._fetching = fetching

    def all_from(
        self, uid: int, offset: int, length: int, size: int | None, depth: int, section: str = ""
    ) -> Iterator[tuple[int, bytes]]:
        """(offset, bytes) from `offset` to the end of the message, or of a `section` of it, without gaps.

        The end is where the server has nothing more: it may be wrong about the size, and give less than was asked for.
        Raises CommandRefused if it refuses a piece or says nothing of the message.
        """
        position = offset
        while True:
            begin, last, heard = position, length, False
            offsets = _Offsets(begin, length, size, depth)
            early: dict[int, bytes] = {}
            for at, data in self._pieces(uid, offsets, length, depth, section):
                early[at] = data
                heard = heard or at == begin
                offsets.came(data)
                while piece := early.pop(position, b""):
                    yield position, piece
                    position, last = position + len(piece), len(piece)
            if not heard:
                raise CommandRefused(f"{self._place} gives no part of message {uid} from byte {begin} on")
            if position == begin or (position == size and last < length):
                return

    def _pieces(
        self, uid: int, offsets: Iterable[int], length: int, depth: int, section: str = ""
    ) -> Iterator[tuple[int, bytes]]:
        """(offset, bytes) as they arrive."""
        name = section.encode()
        commands = (Command((b"%d" % uid, b"(UID BODY.PEEK[%s]<%d.%d>)" % (name, at, length))) for at in offsets)

        def pick(items: Items) -> tuple[int, bytes] | None:
            if uid_of(items) != uid:
                return None
            return next(filter(None, (_piece(found, value, name) for found, value in items.items())), None)

        return self._fetching.stream(commands, pick, depth=depth)


def _piece(name: bytes, value: Value, section: bytes) -> tuple[int, bytes] | None:
    found = _PIECE.fullmatch(name)
    if not found or found[1] != section or isinstance(value, list):
        return None
    return int(found[2]), value or b""  # behind the end some give NIL
