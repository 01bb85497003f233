"""Carries IMAP commands and answers between us and a server, with a limit on every wait.

imaplib keeps the protocol state and splits answers, imapclient knows the commands beyond RFC 3501; what stock versions
of both get wrong (lines split over segments, end of file in IDLE, 1 MB lines, `repr` of every body) is replaced here.
"""

import imaplib
import re
import select
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from imapclient import IMAPClient

from mailcrm.errors import PermanentError
from mailcrm.ingest.imap.failures import Place
from mailcrm.ingest.imap.responses import Chunk
from mailcrm.model.message import LARGEST_MESSAGE

LINE_LIMIT = 64 * 1024 * 1024
LITERAL_LIMIT = LARGEST_MESSAGE
_RECEIVE = 256 * 1024
_SLOWEST = 512  # bytes per second; who drips slower is cut off
_KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}  # seconds, seconds, probes
_COUNT = re.compile(rb"\* (\d+) (EXISTS|EXPUNGE)\s*")
# The commands that cannot change a mailbox. EXAMINE, never SELECT: SELECT alone takes \Recent away.
_READING = frozenset(
    {"CAPABILITY", "ID", "NOOP", "LOGOUT", "STARTTLS", "LOGIN", "AUTHENTICATE"}
    | {"LIST", "XLIST", "STATUS", "EXAMINE", "FETCH", "UID", "IDLE"}
)


class Ready(Enum):
    """Why a wait ended."""

    LINE = auto()
    TIMEOUT = auto()
    WOKEN = auto()


class Transport(imaplib.IMAP4):
    """The socket under imaplib, through its documented hooks: open, read, readline, send, shutdown.

    A proxy would belong into `open`, compression into `_receive` and `send`; nothing else touches the socket.
    `rx` and `tx` count bytes (inside TLS). Reading raises OSError, or imaplib's abort at the end of the stream. `tls`
    speaks TLS from the first byte; `upgrade` starts it later.
    """

    def __init__(self, place: Place, tls: ssl.SSLContext | None = None) -> None:
        self.place = place
        self.rx = self.tx = 0
        self._tls = tls
        self._buffer = bytearray()
        self._scanned = 0  # so far there is no line end in the buffer
        self._patience = place.connect_timeout
        super().__init__(place.host, place.port, place.connect_timeout)

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """Connect; `timeout` in seconds holds for each address, for TLS and for the greeting."""
        self.host, self.port = host, port
        plain = socket.create_connection((host, port), timeout)
        try:
            _prepare(plain)
            self.sock = self._tls.wrap_socket(plain, server_hostname=host) if self._tls else plain
        except BaseException:
            plain.close()
            raise

    def upgrade(self, tls: ssl.SSLContext) -> None:
        """Speak TLS from here on (STARTTLS). Raises PermanentError if anything came in before TLS.

        Such bytes were not protected, and answering to them is the STARTTLS injection (CVE-2011-0411 and its kind).
        """
        if self._buffer:
            raise PermanentError(f"{self.place} sent data between STARTTLS and TLS: somebody may be in the line")
        self.sock = tls.wrap_socket(self.sock, server_hostname=self.host)

    def limit(self, seconds: float) -> None:
        """How long from now on the server may take for each line or literal (longer only while bytes keep coming)."""
        self._patience = seconds
        self.sock.settimeout(seconds)

    def read(self, size: int) -> bytes:
        """A literal of `size` bytes."""
        if size > LITERAL_LIMIT:
            raise self.abort(f"a literal of {size} bytes is beyond reason")
        self._read_until(lambda: len(self._buffer) >= size)
        return self._take(size)

    def readline(self) -> bytes:
        """A line with its line end, however many segments it came in."""
        self._read_until(lambda: self._line_end() > 0)
        return self._take(self._line_end())

    def send(self, data: Any) -> None:
        """Send all of it."""
        self.tx += len(data)
        self.sock.sendall(data)

    def shutdown(self) -> None:
        """Close the connection; never fails and never waits."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the peer was faster, which is all we want
        finally:
            self.sock.close()

    def wait(self, deadline: float, wake: int | None = None) -> Ready:
        """Wait until a whole line is there, `wake` (a file descriptor) is readable, or time.monotonic() is `deadline`.

        Raises OSError or imaplib's abort if the connection ends meanwhile.
        """
        self.sock.setblocking(False)
        try:
            return self._wait(deadline, wake)
        finally:
            self.sock.settimeout(self._patience)

    def _wait(self, deadline: float, wake: int | None) -> Ready:
        while True:
            if wake is not None and _poll({wake: select.POLLIN}, 0):
                return Ready.WOKEN
            if self._line_end() > 0:
                return Ready.LINE
            # Reading comes before polling: what TLS holds decrypted is not seen by poll().
            events = self._receive_at_once()
            seconds = deadline - time.monotonic()
            if events and seconds <= 0:
                return Ready.TIMEOUT
            if events:
                sources = {self.sock.fileno(): events} | ({} if wake is None else {wake: select.POLLIN})
                _poll(sources, seconds)

    def _receive_at_once(self) -> int:
        """Take in what is there: 0, or the poll events to wait for before there can be more."""
        try:
            self._receive()
        except (BlockingIOError, ssl.SSLWantReadError):
            return select.POLLIN
        except ssl.SSLWantWriteError:
            return select.POLLOUT
        return 0

    def _read_until(self, enough: Callable[[], bool]) -> None:
        started, before = time.monotonic(), self.rx
        while not enough():
            self._receive()
            if time.monotonic() - started > self._patience + (self.rx - before) / _SLOWEST:
                raise TimeoutError

    def _receive(self) -> None:
        data = self.sock.recv(_RECEIVE)
        if not data:
            raise self.abort("the server closed it")
        self.rx += len(data)
        self._buffer += data

    def _line_end(self) -> int:
        """Where the first line in the buffer ends, 0 if it is not complete."""
        end = self._buffer.find(b"\n", self._scanned)
        if end < 0:
            self._scanned = len(self._buffer)
            if self._scanned > LINE_LIMIT:
                raise self.abort(f"a line of more than {LINE_LIMIT} bytes is beyond reason")
        return end + 1

    def _take(self, size: int) -> bytes:
        with memoryview(self._buffer) as view:
            data = bytes(view[:size])
        del self._buffer[:size]
        self._scanned = 0
        return data


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
    untagged, whatever command it came with. `exists` is the number of messages in the examined folder, `grown` turns
    true when the server reports more.
    """

    def __init__(self, place: Place, tls: ssl.SSLContext | None = None) -> None:
        self.place = place
        self.exists = 0
        self.grown = False
        super().__init__(place.host, place.port, ssl=tls is not None, ssl_context=tls, timeout=place.read_timeout)
        # imapclient sets 5, and imaplib then makes a repr() of every body for a log that nobody reads.
        self._imap.debug = 0
        self._imap.is_readonly = True
        self.transport.limit(place.read_timeout)

    def _create_IMAP4(self) -> Transport:  # noqa: N802 (imapclient's name for its factory)
        return Transport(self.place, self.ssl_context)

    @property
    def transport(self) -> Transport:
        """The connection below."""
        transport: Transport = self._imap
        return transport

    def start(self, command: str, *arguments: bytes) -> bytes:
        """Send a command; returns its tag for `finish`. Arguments go out as they are, so quote them."""
        if command not in _READING or (command == "UID" and arguments[0] != b"FETCH"):
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
        """Send a command and wait for its answer; what came untagged before is forgotten."""
        self.forget()
        return self.finish(self.start(command, *arguments))

    def forget(self) -> None:
        """Drop what came untagged and was not taken."""
        self._imap.untagged_responses.clear()

    def answered(self, tag: bytes) -> bool:
        """Whether the tagged answer is there."""
        return self._imap.tagged_commands[tag] is not None

    def asked_to_go_on(self, tag: bytes) -> bool:
        """Read until the server asks for more (true), or answers the command without."""
        while not self.answered(tag):
            if self.next_response():
                return True
        return False

    def next_response(self) -> bool:
        """Read one answer. True if it was a continuation request."""
        line: bytes | None = self._imap._get_response()
        if line is not None and (found := _COUNT.fullmatch(line)):
            self._count(int(found[1]), found[2])
        if bye := self._imap.untagged_responses.get("BYE"):
            raise imaplib.IMAP4.abort(bye[-1])
        return line is None

    def take(self, keyword: str) -> list[Chunk]:
        """The untagged answers of a keyword that came since the last `call`."""
        taken: list[Chunk] = self._imap.untagged_responses.pop(keyword, [])
        return taken

    def _count(self, number: int, what: bytes) -> None:
        if what == b"EXPUNGE":
            self.exists -= 1
            return
        self.grown = self.grown or number > self.exists
        self.exists = number


def _prepare(sock: socket.socket) -> None:
    """Small commands go out at once; a peer that vanished is noticed even when nobody speaks."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if option := getattr(socket, name, None):  # macOS lacks some
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


def _poll(sources: dict[int, int], seconds: float) -> bool:
    """Whether one of the file descriptors has one of its events within `seconds`."""
    poll = select.poll()
    for descriptor, events in sources.items():
        poll.register(descriptor, events)
    return bool(poll.poll(max(0.0, seconds) * 1000))
