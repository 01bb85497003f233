"""A proxy of SOCKS5 and HTTP for tests: hands bytes on, or refuses as it is told."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from typing import Self

from tests.servers.server import HOST


class ScriptedProxy:
    """A proxy on `port`, as a context manager.

    `user` and `password` are asked for where given. `names` are the hosts that it alone knows. `answer` is said instead
    of connecting: a SOCKS reply as bytes([5, n, ...]), or the head of an HTTP answer. `drip` sends what the proxy itself
    says byte by byte. `targets` are the hosts and ports it was asked for.
    """

    def __init__(
        self,
        kind: str,
        *,
        user: str = "",
        password: str = "",
        names: dict[str, str] | None = None,
        answer: bytes = b"",
        drip: bool = False,
    ) -> None:
        self.kind, self.user, self.password = kind, user, password
        self.names = names or {}
        self.answer, self.drip = answer, drip
        self.targets: list[tuple[str, int]] = []
        self._listening = socket.create_server((HOST, 0))
        self.port = int(self._listening.getsockname()[1])
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for each in self._open:
            each.close()

    def cut(self) -> None:
        """Cut all lines through it; new ones may come."""
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def url(self, login: str = "") -> str:
        """Its address, with `user:password` where given."""
        return f"{self.kind}://{login + '@' if login else ''}{HOST}:{self.port}"

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return  # the test is over
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._start(self._serve, client)

    def _start(self, target: object, *arguments: socket.socket) -> None:
        thread = threading.Thread(target=target, args=arguments)  # type: ignore[arg-type]
        self._threads.append(thread)
        self._open += [each for each in arguments if each not in self._open]
        thread.start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError):
            target = self._socks(client) if self.kind == "socks5" else self._http(client)
            if target is None:
                client.shutdown(socket.SHUT_RDWR)
                return
            self.targets.append(target)
            if self.answer:
                self._say(client, self.answer)
                client.shutdown(socket.SHUT_RDWR)
                return
            server = socket.create_connection((self.names.get(target[0], target[0]), target[1]), 5)
            server.settimeout(None)
            self._say(
                client, b"\x05\0\0\1\0\0\0\0\0\0" if self.kind == "socks5" else b"HTTP/1.1 200 ok\r\nX: y\r\n\r\n"
            )
            self._start(self._pump, server, client)
            self._pump(client, server)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def _say(self, client: socket.socket, data: bytes) -> None:
        for part in [bytes([byte]) for byte in data] if self.drip else [data]:
            client.sendall(part)

    def _socks(self, client: socket.socket) -> tuple[str, int] | None:
        ways = _read(client, _read(client, 2)[1])
        wanted = 2 if self.user else 0
        if wanted not in ways:
            self._say(client, b"\x05\xff")
            return None
        self._say(client, bytes([5, wanted]))
        if self.user:
            user = _read(client, _read(client, 2)[1])
            password = _read(client, _read(client, 1)[0])
            right = (user, password) == (self.user.encode(), self.password.encode())
            self._say(client, b"\x01\x00" if right else b"\x01\x01")
            if not right:
                return None
        kind = _read(client, 4)[3]
        if kind == 3:
            host = _read(client, _read(client, 1)[0]).decode()
        else:
            host = socket.inet_ntop(
                *((socket.AF_INET, _read(client, 4)) if kind == 1 else (socket.AF_INET6, _read(client, 16)))
            )
        return host, int.from_bytes(_read(client, 2), "big")

    def _http(self, client: socket.socket) -> tuple[str, int] | None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += _read(client, 1)
        login = base64.b64encode(f"{self.user}:{self.password}".encode())
        if self.user and b"\r\nProxy-Authorization: Basic " + login + b"\r\n" not in head:
            self._say(client, b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            return None
        host, _, port = head.split()[1].decode().rpartition(":")
        return host.strip("[]"), int(port)


def _read(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = client.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data
