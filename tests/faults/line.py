"""A line to a server on which one thing goes wrong, at one byte: it ends, falls silent, or carries something else."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

_RECEIVE = 65536
_HESITATION = 0.02
"""Seconds that a delayed byte comes later: enough for the client to see what was before it alone."""

_HESITATES_EVERY = 50
"""Pieces of a chopped line."""


class Trouble(StrEnum):
    """What happens at the byte. The line ends before it (with FIN, with RST, or for the client not at all), or the byte
    is another one, comes twice, or comes late."""

    CLOSED = "closed"
    RESET = "reset"
    SILENT = "silent"
    GARBLED = "garbled"
    DOUBLED = "doubled"
    DELAYED = "delayed"


class Way(StrEnum):
    """Which of the two directions has the trouble."""

    ANSWERS = "answers"
    COMMANDS = "commands"


@dataclass(frozen=True)
class Fault:
    """One trouble at the byte `at`, counted from 0 over all connections since `FaultyLine.next`."""

    trouble: Trouble
    at: int
    way: Way = Way.ANSWERS


class FaultyLine:
    """Listens on `port` and passes everything on to the server, but for one `Fault`.

    `passed` counts what came on each way since `next`. Each connection has one thread, so that closing a socket really
    closes it: while another thread waits in recv(), no RST goes out.
    """

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._fault: Fault | None = None
        self.passed = dict.fromkeys(Way, 0)
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._hang_up()
        self._thread.join(5)

    def next(self, fault: Fault | None) -> None:
        """Count anew, and let this happen. What is still open from before is closed."""
        self._hang_up()
        self._fault, self.passed = fault, dict.fromkeys(Way, 0)

    def fall_silent(self) -> None:
        """From the next byte of the server on the client hears nothing more, and nobody tells it; who connects anew does."""
        self._fault = Fault(Trouble.SILENT, self.passed[Way.ANSWERS])

    def _hang_up(self) -> None:
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the test is over
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with self._welcome(client) as client, socket.create_connection(("127.0.0.1", self._server_port)) as server:
            ends = {client, server}
            for each in ends:
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open |= ends
            with contextlib.suppress(OSError, EOFError):
                self._carry(client, server)
            self._open -= ends

    def _welcome(self, client: socket.socket) -> socket.socket:
        return client

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        """Until one of both hangs up, which raises EOFError; what it said before is passed on first."""
        while True:
            readable, _, _ = select.select([client, server], [], [])
            for source in readable:
                sink, way = (client, Way.ANSWERS) if source is server else (server, Way.COMMANDS)
                if not (data := source.recv(_RECEIVE)):
                    raise EOFError
                begin, fault = self.passed[way], self._fault
                self.passed[way] += len(data)
                if fault and fault.way is way and begin <= fault.at < begin + len(data):
                    self._strike(fault.trouble, data, fault.at - begin, sink, client)
                else:
                    self._pass_on(data, way, sink)

    def _pass_on(self, data: bytes, way: Way, sink: socket.socket) -> None:
        sink.sendall(data)

    def _strike(self, trouble: Trouble, data: bytes, at: int, sink: socket.socket, client: socket.socket) -> None:
        match trouble:
            case Trouble.GARBLED:
                sink.sendall(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            case Trouble.DOUBLED:
                sink.sendall(data[: at + 1] + data[at:])
            case Trouble.DELAYED:
                sink.sendall(data[:at])
                time.sleep(_HESITATION)
                sink.sendall(data[at:])
            case _:
                sink.sendall(data[:at])
                self._end(trouble, client)

    def _end(self, trouble: Trouble, client: socket.socket) -> None:
        if trouble is Trouble.SILENT:
            while client.recv(_RECEIVE):
                pass
        if trouble is Trouble.RESET:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise EOFError


class BusyLine(FaultyLine):
    """Before each command that it passes on, `before` is called: what it does has happened when the server reads it."""

    def __init__(self, server_port: int, before: Callable[[], None]) -> None:
        super().__init__(server_port)
        self._before = before

    def _pass_on(self, data: bytes, way: Way, sink: socket.socket) -> None:
        for command in data.splitlines(keepends=True) if way is Way.COMMANDS else [data]:
            if way is Way.COMMANDS:
                self._before()
            super()._pass_on(command, way, sink)


class ChoppedLine(FaultyLine):
    """The server's answers arrive in pieces of these `sizes`: TCP segments or, with `tls`, TLS records (it speaks TLS with
    the client then, and none with the server). Now and then it hesitates, so that the client sees a piece alone."""

    def __init__(self, server_port: int, sizes: Iterator[int], tls: ssl.SSLContext | None = None) -> None:
        super().__init__(server_port)
        self._sizes, self._tls = sizes, tls
        self.pieces = 0

    def _welcome(self, client: socket.socket) -> socket.socket:
        return self._tls.wrap_socket(client, server_side=True) if self._tls else client

    def _pass_on(self, data: bytes, way: Way, sink: socket.socket) -> None:
        if way is Way.COMMANDS:
            sink.sendall(data)
            return
        at = 0
        while at < len(data):
            size = next(self._sizes)
            sink.sendall(data[at : at + size])
            at += size
            self.pieces += 1
            if self.pieces % _HESITATES_EVERY == 0:
                time.sleep(_HESITATION / 20)
