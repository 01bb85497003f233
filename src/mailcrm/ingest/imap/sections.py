"""What messages of the open folder consist of, and single sections of them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from mailcrm.ingest.imap.client import Items, Reply
from mailcrm.ingest.imap.failures import CommandRefused, refusal
from mailcrm.ingest.imap.fetching import Command, Fetching
from mailcrm.ingest.imap.plan import chunks, uid_set
from mailcrm.ingest.imap.responses import uid_of
from mailcrm.ingest.imap.talk import Talk
from mailcrm.ingest.imap.values import Value

_T = TypeVar("_T")
_SECTION = re.compile(rb"BODY\[([A-Z0-9.]+)\]")
_AT_ONCE = 100
_DEPTH = 4


class Sections:
    """Of a message that the server refuses nothing comes; whoever asked fetches it in another way."""

    def __init__(self, talk: Talk, fetching: Fetching) -> None:
        self._talk = talk
        self._fetching = fetching

    def structures(self, uids: Sequence[int]) -> Iterator[tuple[int, Value]]:
        """UIDs with their BODYSTRUCTURE, as they arrive."""
        wanted = set(uids)

        def pick(items: Items) -> tuple[int, Value] | None:
            uid = uid_of(items)
            if uid not in wanted or b"BODYSTRUCTURE" not in items:
                return None
            wanted.discard(uid)
            return uid, items[b"BODYSTRUCTURE"]

        portions = chunks(((uid, 0) for uid in sorted(wanted)), _AT_ONCE, 1)
        return self._stream((Command((uid_set(part).encode(), b"(UID BODYSTRUCTURE)")) for part in portions), pick)

    def fetch(self, wanted: Mapping[int, Sequence[str]]) -> Iterator[tuple[int, dict[str, bytes]]]:
        """UIDs with those of the `wanted` sections that came, by section, as they arrive."""
        missing = set(wanted)

        def pick(items: Items) -> tuple[int, dict[str, bytes]] | None:
            found = {
                match[1].decode(): value
                for name, value in items.items()
                if (match := _SECTION.fullmatch(name)) and isinstance(value, bytes)
            }
            uid = uid_of(items)
            if not found or uid not in missing:
                return None
            missing.discard(uid)
            return uid, found

        return self._stream((Command((b"%d" % uid, _items(sections))) for uid, sections in wanted.items()), pick)

    def _stream(self, commands: Iterable[Command], pick: Callable[[Items], _T | None]) -> Iterator[_T]:
        return self._fetching.stream(commands, pick, depth=_DEPTH, refused=self._passed_over)

    def _passed_over(self, _command: Command, reply: Reply) -> None:
        """Raises what is not about these messages."""
        error = refusal(self._talk.place, reply.text, self._fetching.doing)
        if not isinstance(error, CommandRefused):
            raise error


def _items(sections: Sequence[str]) -> bytes:
    return b"(UID %s)" % b" ".join(b"BODY.PEEK[%s]" % section.encode() for section in sections)
