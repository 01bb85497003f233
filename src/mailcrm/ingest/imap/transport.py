"""Carries IMAP commands and answers between us and a server, with a limit on every wait.

imaplib keeps the protocol state and splits answers, imapclient knows the commands beyond RFC 3501; what stock versions
of both get wrong (lines split over segments, end of file in IDLE, 1 MB lines, `repr` of every body) is replaced here.
"""

import imaplib
import math
import re
import select
import socket
import ssl
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from typing import Any

from mailcrm.errors import PermanentError
from mailcrm.ingest.imap.deflate import Deflate
from mailcrm.ingest.imap.failures import Place
from mailcrm.ingest.imap.wire import connect, poll
from mailcrm.model.message import LARGEST_MESSAGE

LINE_LIMIT = 64 * 1024 * 1024
LITERAL_LIMIT = LARGEST_MESSAGE
_RECEIVE = 256 * 1024
_RECORD = 16 * 1024  # TLS hands out one record at a time, which has no more than this; room for more is made in vain
_SLOWEST = 512  # bytes per second; who drips slower is cut off

_FETCH = re.compile(rb"(\* (\d+) FETCH( \([^\r\n{]*(?:\{(\d{1,10})\})?))\r\n")
"""The first line of nearly every FETCH answer; a line with other braces, or none, is imaplib's."""


class Ready(Enum):
    """Why a wait ended."""

    LINE = auto()
    TIMEOUT = auto()
    WOKEN = auto()


class Transport(imaplib.IMAP4):
    """The socket under imaplib, through its documented hooks: open, read, readline, send, shutdown.

    `rx` and `tx` count bytes as they are on their way (inside TLS, deflated). `round_trip` is the shortest time, in
    seconds, from sending something to receiving something. Reading raises OSError, or imaplib's abort at the end of the
    stream. `tls` speaks TLS from the first byte; `upgrade` starts it later. `sock` is connected to the server already.
    """

    def __init__(self, place: Place, tls: ssl.SSLContext | None = None, sock: socket.socket | None = None) -> None:
        self.place = place
        self._connected = sock
        self.rx = self.tx = 0
        self.round_trip = math.inf
        self._sent_at: float | None = None
        self._deflate: Deflate | None = None
        self._tls = tls
        self._buffer = bytearray()
        self._scanned = 0  # so far there is no line end in the buffer
        self._patience = place.connect_timeout
        super().__init__(place.host, place.port, place.connect_timeout)

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """Connect, through the proxy of the place if it has one.

        `timeout` in seconds holds for each address, for the proxy, for TLS and for the greeting.
        """
        self.host, self.port = host, port
        plain = self._connected or connect(host, port, timeout, self.place.proxy)
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=host) if self._tls else plain
        except BaseException:
            plain.close()
            raise

    def capability(self) -> tuple[str, list[Any]]:
        """What the server can do. imaplib asks for it behind every greeting, though most greetings tell."""
        if said := self.untagged_responses.pop("CAPABILITY", None):
            return "OK", said[-1:]
        answer: tuple[str, list[Any]] = super().capability()
        return answer

    def upgrade(self, tls: ssl.SSLContext) -> None:
        """Speak TLS from here on (STARTTLS). Raises PermanentError if anything came in before TLS.

        Such bytes were not protected, and answering to them is the STARTTLS injection (CVE-2011-0411 and its kind).
        """
        if self._buffer:
            raise PermanentError(f"{self.place} sent data between STARTTLS and TLS: somebody may be in the line")
        self.sock = tls.wrap_socket(self.sock, server_hostname=self.host)

    def compress(self) -> None:
        """Deflate from here on, in both directions. What was read behind the OK to COMPRESS is deflated already."""
        self._deflate = Deflate()
        trailing, self._buffer, self._scanned = bytes(self._buffer), bytearray(), 0
        self._buffer += self._inflated(self._deflate, trailing)

    @property
    def compressed(self) -> bool:
        """Whether it deflates."""
        return self._deflate is not None

    def limit(self, seconds: float) -> None:
        """How long from now on the server may take for each line or literal (longer only while bytes keep coming)."""
        self._patience = seconds
        self.sock.settimeout(seconds)

    def read(self, size: int) -> bytes:
        """A literal of `size` bytes."""
        if size > LITERAL_LIMIT:
            raise self.abort(f"a literal of {size} bytes is beyond reason")
        self._await_bytes(size)
        return self._take(size)

    def readline(self) -> bytes:
        """A line with its line end, however many segments it came in."""
        return self._take(self._await_line())

    def fetched(self) -> tuple[bytes, bytes, list[bytes]] | None:
        """The next answer if it is the usual FETCH, with one literal or none: its first line, its text as in
        `values.items_of`, and the literals.

        None, and nothing is taken, if it is anything else: then it is for imaplib, which understands more and is slow.
        """
        self._await_line()
        if not (found := _FETCH.match(self._buffer)):
            return None
        line, number, items, size = found.groups()
        begin = found.end()
        if size is None:
            self._drop(begin)
            return line, number + items, []
        end = begin + int(size)
        if int(size) > LITERAL_LIMIT:
            return None
        self._await_bytes(end)
        after = self._await_line(end)
        self._scanned = 0
        rest = bytes(self._buffer[end:after])
        if b"{" in rest or not rest.endswith(b"\r\n"):
            return None
        with memoryview(self._buffer) as view:
            literal = bytes(view[begin:end])
        self._drop(after)
        return line, number + items + rest[:-2], [literal]

    def send(self, data: Any) -> None:
        """Send all of it. That the server has hung up is left to whoever reads: it may have said why."""
        wire = self._deflate.deflate(data) if self._deflate else data
        self.tx += len(wire)
        with suppress(BrokenPipeError, ConnectionResetError):
            self.sock.sendall(wire)
        self._sent_at = time.monotonic()

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
            if wake is not None and poll({wake: select.POLLIN}, 0):
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
                poll(sources, seconds)

    def _receive_at_once(self) -> int:
        """Take in what is there: 0, or the poll events to wait for before there can be more."""
        try:
            self._receive()
        except (BlockingIOError, ssl.SSLWantReadError):
            return select.POLLIN
        except ssl.SSLWantWriteError:
            return select.POLLOUT
        return 0

    def _await_bytes(self, size: int) -> None:
        if len(self._buffer) < size:
            self._read_until(lambda: len(self._buffer) >= size)

    def _await_line(self, start: int = 0) -> int:
        """Where the line ends that begins at `start`."""
        return self._line_end(start) or self._read_until(lambda: self._line_end(start))

    def _read_until(self, enough: Callable[[], int]) -> int:
        """What `enough` says when it is not 0 any more."""
        started, before = time.monotonic(), self.rx
        while not (found := enough()):
            self._receive()
            if time.monotonic() - started > self._patience + (self.rx - before) / _SLOWEST:
                raise TimeoutError
        return found

    def _receive(self) -> None:
        if self._deflate and self._deflate.more:
            self._buffer += self._inflated(self._deflate, b"")
            return
        data = self.sock.recv(min(_RECEIVE, _RECORD) if isinstance(self.sock, ssl.SSLSocket) else _RECEIVE)
        if not data:
            raise self.abort("the server closed it")
        self.rx += len(data)
        if self._sent_at is not None:
            self.round_trip = min(self.round_trip, time.monotonic() - self._sent_at)
            self._sent_at = None
        self._buffer += self._inflated(self._deflate, data) if self._deflate else data

    def _inflated(self, deflate: Deflate, data: bytes) -> bytes:
        try:
            return deflate.inflate(data)
        except zlib.error as exc:
            raise self.abort("what the server compressed cannot be read") from exc
        except EOFError as exc:
            raise self.abort("the server ended the compression") from exc

    def _line_end(self, start: int = 0) -> int:
        """Where the line ends that begins at `start` in the buffer, 0 if it is not complete."""
        end = self._buffer.find(b"\n", max(start, self._scanned))
        if end < 0:
            self._scanned = len(self._buffer)
            if self._scanned - start > LINE_LIMIT:
                raise self.abort(f"a line of more than {LINE_LIMIT} bytes is beyond reason")
        return end + 1

    def _take(self, size: int) -> bytes:
        with memoryview(self._buffer) as view:
            data = bytes(view[:size])
        self._drop(size)
        return data

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        self._scanned = 0
