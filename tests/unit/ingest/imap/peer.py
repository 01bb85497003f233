"""The other end of one connection, played by the test itself: it decides which bytes come when."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import trustme

from mailcrm.ingest.imap.failures import Place

_Client = TypeVar("_Client")


def place(port: int, *, connect_timeout: float = 5, read_timeout: float = 5) -> Place:
    """A server on this machine."""
    return Place("127.0.0.1", port, connect_timeout, read_timeout)


@dataclass
class Authority:
    """Who signs certificates: a context for servers, and one for clients that trust it."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    pem: bytes

    @classmethod
    def new(cls, host: str = "127.0.0.1") -> Authority:
        """An authority nobody else knows, with a certificate for `host`."""
        authority = trustme.CA()
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host).configure_cert(server)
        client = ssl.create_default_context()
        authority.configure_trust(client)
        return cls(server, client, authority.cert_pem.bytes())


def greet(connection: socket.socket) -> None:
    """Say hello and answer CAPABILITY, which is what imaplib wants before anything else."""
    connection.sendall(b"* OK hello\r\n")
    tag = command(connection).split()[0]
    connection.sendall(b"* CAPABILITY IMAP4rev1 IDLE\r\n" + tag + b" OK done\r\n")


def command(connection: socket.socket) -> bytes:
    """The next line that the client sends."""
    line = b""
    while not line.endswith(b"\r\n"):
        byte = connection.recv(1)
        assert byte, "the client hung up"
        line += byte
    return line


@contextlib.contextmanager
def connected(
    client: Callable[[int], _Client], tls: ssl.SSLContext | None = None
) -> Iterator[tuple[_Client, socket.socket]]:
    """A client built from a port, after the greeting, and our end of its connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ours: list[socket.socket] = []
        thread = threading.Thread(target=_accept, args=(listening, tls, ours))
        thread.start()
        built = client(listening.getsockname()[1])
        thread.join(5)
        with ours[0]:
            yield built, ours[0]


def _accept(listening: socket.socket, tls: ssl.SSLContext | None, ours: list[socket.socket]) -> None:
    connection, _ = listening.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if tls:
        connection = tls.wrap_socket(connection, server_side=True)
    ours.append(connection)
    greet(connection)


@contextlib.contextmanager
def answering(script: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server for one connection that runs `script` in a thread; gives its port."""

    def serve() -> None:
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            script(connection)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)
        assert not thread.is_alive()
