"""Opens a connection through a proxy: SOCKS5 (RFC 1928, 1929) or CONNECT of HTTP (RFC 9110, 9.3.6).

The proxy looks up the host name: where it is needed, names at home are often missing or false.
"""

import base64
import ipaddress
import re
import socket
import time

from mailcrm.errors import ConnectionLost, MailcrmError, PermanentError
from mailcrm.model.proxy import Proxy, ProxyKind

_MOST_HEADERS = 16 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})\b")
_NO_LOGIN, _USER_AND_PASSWORD, _NO_WAY = b"\x00", b"\x02", b"\xff"
_REASONS = {
    1: "it failed", 3: "it cannot reach the network", 4: "it cannot reach the host", 5: "the server refused it",
    6: "it took too long",
}  # fmt: skip
_ADDRESS_LENGTHS = {1: 4, 4: 16}


def connect_through(proxy: Proxy, host: str, port: int, timeout: float | None) -> socket.socket:
    """A connection to `host` and `port`; `timeout` in seconds is for reaching the proxy, and again for its answers.

    Raises ConnectionLost (the proxy does not answer, or cannot reach the server) or PermanentError (it does not let
    us, or is none).
    """
    try:
        sock = socket.create_connection((proxy.host, proxy.port), timeout)
    except (OSError, UnicodeError) as exc:
        raise ConnectionLost(f"cannot reach the proxy {proxy}: {_words(exc)}; are its name and port right?") from exc
    try:
        _Handshake(proxy, sock, timeout).ask_for(host, port)
        sock.settimeout(timeout)
    except OSError as exc:
        sock.close()
        raise ConnectionLost(f"the proxy {proxy} broke off: {_words(exc)}") from exc
    except BaseException:
        sock.close()
        raise
    return sock


class _Handshake:
    """What is said before the server is at the other end. Not one byte more is read: the rest is the server's."""

    def __init__(self, proxy: Proxy, sock: socket.socket, timeout: float | None) -> None:
        self._proxy = proxy
        self._sock = sock
        self._deadline = None if timeout is None else time.monotonic() + timeout

    def ask_for(self, host: str, port: int) -> None:
        if self._proxy.kind is ProxyKind.SOCKS5:
            self._socks_login()
            self._socks_connect(host, port)
        else:
            self._http_connect(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")

    def _socks_login(self) -> None:
        user, password = self._proxy.user.encode(), self._proxy.password.encode()
        ways = _NO_LOGIN + _USER_AND_PASSWORD if user else _NO_LOGIN
        self._sock.sendall(b"\x05" + bytes([len(ways)]) + ways)
        version, way = self._read(1), self._read(1)
        if version != b"\x05":
            raise PermanentError(f"{self._proxy} does not speak SOCKS5; is it an http:// proxy?")
        if way == _USER_AND_PASSWORD and user:
            self._sock.sendall(b"\x01" + _counted(user) + _counted(password))
            if self._read(2)[1]:
                raise self._wrong_login()
        elif way != _NO_LOGIN:
            raise self._wrong_login()

    def _socks_connect(self, host: str, port: int) -> None:
        self._sock.sendall(b"\x05\x01\x00" + _address(host) + port.to_bytes(2, "big"))
        version, reply, _, kind = self._read(4)
        if version != 5:
            raise PermanentError(f"{self._proxy} does not speak SOCKS5; is it an http:// proxy?")
        if reply == 2:
            raise self._forbidden(host, port)
        if reply:
            raise self._unreachable(host, port, _REASONS.get(reply, f"it says {reply}"))
        self._read((_ADDRESS_LENGTHS[kind] if kind in _ADDRESS_LENGTHS else self._read(1)[0]) + 2)

    def _http_connect(self, where: str) -> None:
        login = base64.b64encode(f"{self._proxy.user}:{self._proxy.password}".encode())
        headers = b"Proxy-Authorization: Basic %s\r\n" % login if self._proxy.user else b""
        place = where.encode("idna") if not where.isascii() else where.encode()
        self._sock.sendall(b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (place, place, headers))
        answer = b""
        while not answer.endswith((b"\r\n\r\n", b"\n\n")):
            answer += self._read(1)
            if len(answer) > _MOST_HEADERS or not b"HTTP/".startswith(answer[:5]):
                raise PermanentError(f"{self._proxy} does not speak HTTP; is it a socks5:// proxy?")
        found = _STATUS.match(answer)
        status = int(found[1]) if found else 0
        if status == 407:
            raise self._wrong_login()
        if status in (403, 405):
            raise self._forbidden(where)
        if not 200 <= status < 300:
            raise self._unreachable(where, None, f"it answers {status}")

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            if self._deadline is not None:
                self._sock.settimeout(max(0.001, self._deadline - time.monotonic()))
            more = self._sock.recv(size - len(data))
            if not more:
                raise ConnectionLost(f"the proxy {self._proxy} hung up before it had connected us")
            data += more
        return data

    def _wrong_login(self) -> MailcrmError:
        if self._proxy.user:
            return PermanentError(f"the proxy {self._proxy} refused our user and password")
        return PermanentError(f"the proxy {self._proxy} wants a user and a password")

    def _forbidden(self, host: str, port: int | None = None) -> MailcrmError:
        return PermanentError(f"the proxy {self._proxy} does not allow connections to {_place(host, port)}")

    def _unreachable(self, host: str, port: int | None, why: str) -> MailcrmError:
        return ConnectionLost(f"the proxy {self._proxy} cannot connect us to {_place(host, port)}: {why}")


def _place(host: str, port: int | None) -> str:
    return host if port is None else f"{host}:{port}"


def _address(host: str) -> bytes:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return b"\x03" + _counted(host.encode("ascii") if host.isascii() else host.encode("idna"))
    return (b"\x01" if address.version == 4 else b"\x04") + address.packed


def _counted(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def _words(exc: OSError | UnicodeError) -> str:
    match exc:
        case socket.gaierror() | UnicodeError():
            return "no such host"
        case TimeoutError():
            return "no answer"
        case ConnectionRefusedError():
            return "connection refused"
        case _:
            return exc.strerror or str(exc)
