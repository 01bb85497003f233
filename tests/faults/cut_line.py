"""A line to a server that ends after so many bytes: closed, reset, or silent as if somebody had pulled the plug."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from enum import StrEnum
from typing import Self


class Ending(StrEnum):
    """How the line ends for the client."""

    CLOSED = "closed"
    RESET = "reset"
    SILENT = "silent"


class CutLine:
    """Listens on `port` and passes everything on to the server, until `limit` bytes came from there.

    `passed` counts what came from the server over all connections.
    """

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.limit: int | None = None
        self.ending = Ending.CLOSED
        self.passed = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._listener.close()
        self._hang_up()

    def cut_after(self, limit: int | None, ending: Ending = Ending.CLOSED) -> None:
        """From now on; what is still open from before is closed."""
        self._hang_up()
        self.limit, self.ending, self.passed = limit, ending, 0

    def _hang_up(self) -> None:
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open = []

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                self._open += [client, server]
                threading.Thread(target=self._ask, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answer, args=(server, client), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                room = len(data) if self.limit is None else max(self.limit - self.passed, 0)
                self.passed += min(len(data), room)
                client.sendall(data[:room])
                if room < len(data):
                    self._end(client)
                    return
            client.shutdown(socket.SHUT_WR)

    def _end(self, client: socket.socket) -> None:
        if self.ending is Ending.RESET:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if self.ending is not Ending.SILENT:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR) if self.ending is Ending.CLOSED else None
            client.close()
