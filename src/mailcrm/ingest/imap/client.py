"""Sends commands and sorts what comes back: the answer, what was asked for, and what the server tells unasked."""

import imaplib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from imapclient import IMAPClient

from mailcrm.ingest.imap import responses, values
from mailcrm.ingest.imap.changes import Harvest, count, merged
from mailcrm.ingest.imap.failures import Place
from mailcrm.ingest.imap.transport import Transport
from mailcrm.ingest.imap.values import Chunk, Value

imaplib.Commands.setdefault("COMPRESS", ("AUTH", "SELECTED"))
imaplib.Commands.setdefault("NOTIFY", ("AUTH", "SELECTED"))
_COUNT = re.compile(rb"\* (\d{1,20}) (EXISTS|EXPUNGE)\s*")
_OK = re.compile(rb"\S+ OK (?=\[)", re.IGNORECASE)
# The commands that cannot change a mailbox. EXAMINE, never SELECT: SELECT alone takes \Recent away.
_READING = frozenset(
    {"CAPABILITY", "ID", "NOOP", "LOGOUT", "STARTTLS", "LOGIN", "AUTHENTICATE", "ENABLE", "COMPRESS"}
    | {"LIST", "XLIST", "STATUS", "EXAMINE", "FETCH", "UID", "IDLE", "NOTIFY"}
)
_MOST_KEPT = 100_000
"""Untagged answers of a kind in the answer to a command: more than anybody has folders."""

_READING_BY_UID = (b"FETCH", b"SEARCH")

Items: TypeAlias = dict[bytes, Value]
"""One FETCH answer: its items by their upper-case names."""

Taker: TypeAlias = Callable[[Items], bool]
"""Is shown each FETCH answer as it arrives; true if it was asked for, and tells nothing but what was asked for."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The tagged answer to a command: OK, NO or BAD, and the text after it."""

    status: str
    text: bytes

    @property
    def ok(self) -> bool:
        """Whether the server did it."""
        return self.status == "OK"


class MailClient(IMAPClient):
    """imapclient over our transport, reduced to commands that read.

    `start` and `finish` are separate, so that several commands can be on their way; `take` hands out what came
    untagged, whatever command it came with. FETCH answers go to the `taking` block that asked for them; what nobody
    asked for, and what has vanished, is gathered in `harvest`. `exists` is the number of messages in the examined
    folder, `grown` turns true when the server reports more. `listener` is shown every line.
    """

    def __init__(self, place: Place, tls: ssl.SSLContext | None = None, sock: socket.socket | None = None) -> None:
        self.place = place
        self._connected = sock
        self.exists = 0
        self.grown = False
        self.harvest = Harvest()
        self.listener: Callable[[bytes], None] = lambda _line: None
        self._takers: list[Taker] = []
        super().__init__(place.host, place.port, ssl=tls is not None, ssl_context=tls, timeout=place.read_timeout)
        # imapclient sets 5, and imaplib then makes a repr() of every body for a log that nobody reads.
        self._imap.debug = 0
        self._imap.is_readonly = True
        self.transport.limit(place.read_timeout)

    def _create_IMAP4(self) -> Transport:  # noqa: N802 (imapclient's name for its factory)
        return Transport(self.place, self.ssl_context, self._connected)

    @property
    def transport(self) -> Transport:
        """The connection below."""
        transport: Transport = self._imap
        return transport

    def start(self, command: str, *arguments: bytes) -> bytes:
        """Send a command; returns its tag for `finish`. Arguments go out as they are, so quote them."""
        if command not in _READING or (command == "UID" and arguments[0] not in _READING_BY_UID):
            raise ValueError(f"{command} may change a mailbox")
        tag: bytes = self._imap._command(command, *arguments)
        return tag

    def finish(self, tag: bytes) -> Reply:
        """Read until the command is answered. Raises imaplib's abort if the server says BYE instead."""
        while not self.answered(tag):
            self.next_response()
        status, data = self._imap.tagged_commands.pop(tag)
        return Reply(status, data[0] or b"")

    def call(self, command: str, *arguments: bytes) -> Reply:
        """Send a command and wait for its answer; what came untagged before is forgotten, but for `harvest`."""
        self.forget()
        return self.finish(self.start(command, *arguments))

    def forget(self) -> None:
        """Drop what came untagged and was not taken."""
        self._imap.untagged_responses.clear()

    def settle(self) -> None:
        """Wait for commands that somebody began and left: what they bring would be taken for the next folder's."""
        for tag in [tag for tag, answer in self._imap.tagged_commands.items() if answer is None]:
            self.finish(tag)
        self._imap.tagged_commands.clear()

    def leave_folder(self) -> None:
        """What is known of the open folder does not hold for the next one."""
        self.exists = 0
        self.harvest.clear()

    @contextmanager
    def taking(self, taker: Taker) -> Iterator[None]:
        """Show FETCH answers to `taker` for as long as the block lasts."""
        self._takers.append(taker)
        try:
            yield
        finally:
            self._takers.remove(taker)

    def answered(self, tag: bytes) -> bool:
        """Whether the tagged answer is there."""
        return self._imap.tagged_commands[tag] is not None

    def asked_to_go_on(self, tag: bytes) -> bool:
        """Read until the server asks for more (true), or answers the command without."""
        while not self.answered(tag):
            if self.next_response():
                return True
        return False

    @property
    def greeting(self) -> bytes:
        """The first line that the server said."""
        welcome = self.transport.welcome
        return welcome if isinstance(welcome, bytes) else b""

    @property
    def challenge(self) -> bytes:
        """What the server said with its last continuation request."""
        said: bytes = self._imap.continuation_response
        return said

    def next_response(self) -> bool:
        """Read one answer. True if it was a continuation request."""
        if usual := self.transport.fetched():
            self._sort_usual(*usual)
            return False
        try:
            line: bytes | None = self._imap._get_response()
        except ValueError as exc:  # a literal whose size has thousands of digits
            raise imaplib.IMAP4.abort("the server announced a literal beyond reason") from exc
        if line is not None:
            self._sort(line)
        if any(len(kept) > _MOST_KEPT for kept in self._imap.untagged_responses.values()):
            raise imaplib.IMAP4.abort("the server tells more than anybody asked for")
        if bye := self._imap.untagged_responses.get("BYE"):
            raise imaplib.IMAP4.abort(bye[-1])
        return line is None

    def take(self, keyword: str) -> list[Chunk]:
        """The untagged answers of a keyword that came since the last `call`."""
        taken: list[Chunk] = self._imap.untagged_responses.pop(keyword, [])
        return taken

    def _sort(self, line: bytes) -> None:
        """What has to be seen with every answer, whatever command it came with."""
        self.listener(line)
        if found := _COUNT.fullmatch(line):
            self._count(int(found[1]), found[2])
        if chunks := self.take("FETCH"):
            for items in values.fetched(chunks):
                self._fetched(items)
        for gone in self.take("VANISHED"):
            self._vanished(gone if isinstance(gone, bytes) else b"")
        if ok := _OK.match(line):
            self._coded(responses.code(line[ok.end() :]))

    def _sort_usual(self, line: bytes, text: bytes, literals: list[bytes]) -> None:
        self.listener(line)
        if (items := values.items_of(text, literals)) is not None:
            self._fetched(items)

    def _coded(self, found: tuple[bytes, bytes] | None) -> None:
        if found and found[0] == b"CLOSED":  # what came until here was about the folder before (RFC 7162, 3.2.11)
            self.leave_folder()

    def _count(self, number: int, what: bytes) -> None:
        if number > responses.MOST:
            raise imaplib.IMAP4.abort(f"the server speaks of {number} messages, which is beyond reason")
        if what == b"EXPUNGE":
            self.exists = max(0, self.exists - 1)
            self.harvest.expunged()
            return
        self.grown = self.grown or number > self.exists
        self.exists = number

    def _fetched(self, items: Items) -> None:
        for taker in self._takers:
            if taker(items):
                return
        flags, uid = responses.flags_of(items), responses.uid_of(items)
        if flags is not None and uid is not None:
            self.harvest.flagged(uid, flags)
        elif b"FLAGS" in items:  # only a number, and numbers move; or cut short
            self.harvest.unclear()

    def _vanished(self, text: bytes) -> None:
        ranges, earlier = responses.vanished(text)
        if ranges is None:
            self.harvest.unclear()
            return
        self.harvest.vanished(ranges)
        if not earlier:
            self.exists = max(0, self.exists - count(merged(ranges)))
