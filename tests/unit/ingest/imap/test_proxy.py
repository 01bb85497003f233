"""Reaching a server through a proxy, and what is said when that fails."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from mailcrm.errors import ConnectionLost, MailcrmError, PermanentError, UserError
from mailcrm.ingest.imap.mailbox import Login, open_mailbox
from mailcrm.ingest.imap.proxy import connect_through
from mailcrm.model.provider import Security
from mailcrm.model.proxy import parse_proxy
from tests.providers.server import ScriptedImap
from tests.servers.proxy import ScriptedProxy
from tests.servers.server import free_ports
from tests.unit.ingest.imap.peer import Authority, answering
from tests.unit.ingest.imap.script import INBOX

_HOST = "mail.nowhere.invalid"  # nobody knows it but the proxy
_BOTH = pytest.mark.parametrize("kind", ["socks5", "http"])


def _login(port: int, proxy: str, host: str = "127.0.0.1", security: Security = Security.NONE) -> Login:
    return Login(host, port, security, "me@example.com", "code", None, 5, 5, proxy=proxy)


def _failure(proxy: str, host: str = "mail.example") -> MailcrmError:
    with pytest.raises(MailcrmError) as caught, open_mailbox(_login(143, proxy, host)):
        pass
    assert "hunter2" not in str(caught.value)
    return caught.value


@_BOTH
@pytest.mark.parametrize("drip", [False, True])
@pytest.mark.parametrize("login", ["", "me:p%40ss"])
def test_a_mailbox_is_read_through_a_proxy_that_looks_up_the_name(kind: str, drip: bool, login: str) -> None:
    user, password = ("me", "p@ss") if login else ("", "")
    names = {_HOST: "127.0.0.1"}
    with (
        ScriptedImap() as server,
        ScriptedProxy(kind, user=user, password=password, names=names, drip=drip) as proxy,
        open_mailbox(_login(server.port, proxy.url(login), _HOST)) as mailbox,
    ):
        server.append("INBOX", b"From: a@example.com\r\n\r\nhi\r\n")
        assert mailbox.examine(INBOX).exists == 1
        assert proxy.targets == [(_HOST, server.port)]


@_BOTH
def test_the_certificate_is_that_of_the_server_and_not_of_the_proxy(kind: str, tmp_path: Path) -> None:
    authority = Authority.new(_HOST)
    (tmp_path / "ca.pem").write_bytes(authority.pem)
    with ScriptedImap(tls=authority.server) as server, ScriptedProxy(kind, names={_HOST: "127.0.0.1"}) as proxy:
        login = Login(
            _HOST, server.port, Security.TLS, server.user, server.secret, tmp_path / "ca.pem", 5, 5, proxy=proxy.url()
        )
        with open_mailbox(login) as mailbox:
            assert mailbox.examine(INBOX).exists == 0


@_BOTH
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_addresses_are_handed_on_as_they_are(kind: str, host: str) -> None:
    with ScriptedProxy(kind, names={"::1": "127.0.0.1"}) as proxy, ScriptedImap() as server:
        with open_mailbox(_login(server.port, proxy.url(), host)):
            pass
        assert proxy.targets == [(host, server.port)]


@_BOTH
@pytest.mark.parametrize(("login", "words"), [("me:hunter2", "refused our user"), ("", "wants a user")])
def test_a_wrong_login_to_the_proxy_is_told_apart_from_one_to_the_server(kind: str, login: str, words: str) -> None:
    with ScriptedProxy(kind, user="me", password="right") as proxy:
        failure = _failure(proxy.url(login))
        assert type(failure) is PermanentError
        assert str(failure).startswith(f"the proxy 127.0.0.1:{proxy.port} {words}")


@pytest.mark.parametrize(
    ("kind", "answer", "error", "words"),
    [
        ("socks5", b"\x05\x02\0\1\0\0\0\0\0\0", PermanentError, "does not allow connections to mail.example:143"),
        ("socks5", b"\x05\x05\0\1\0\0\0\0\0\0", ConnectionLost, "mail.example:143: the server refused it"),
        ("socks5", b"\x05\x63\0\1\0\0\0\0\0\0", ConnectionLost, "mail.example:143: it says 99"),
        ("socks5", b"\x04\x00\0\1\0\0\0\0\0\0", PermanentError, "does not speak SOCKS5"),
        ("socks5", b"\x05\x00\0\1\0", ConnectionLost, "hung up before"),
        ("http", b"HTTP/1.1 403 Forbidden\r\n\r\n", PermanentError, "does not allow connections to mail.example:143"),
        ("http", b"HTTP/1.0 502 Bad Gateway\r\nX: y\r\n\r\n", ConnectionLost, "mail.example:143: it answers 502"),
        ("http", b"HTTP/2 200 x\r\n\r\n", ConnectionLost, "it answers 0"),
        ("http", b"* OK IMAP4\r\n", PermanentError, "does not speak HTTP"),
        ("http", b"HTTP/1.1 200 ok\r\n" + b"X: y\r\n" * 5000, PermanentError, "does not speak HTTP"),
        ("http", b"HTTP/1.1 200 ok\r\n", ConnectionLost, "hung up before"),
    ],
)
def test_what_the_proxy_says_is_put_into_words(kind: str, answer: bytes, error: type[MailcrmError], words: str) -> None:
    with ScriptedProxy(kind, answer=answer) as proxy:
        failure = _failure(proxy.url())
        assert type(failure) is error
        assert words in str(failure)
        assert f"127.0.0.1:{proxy.port}" in str(failure)


@pytest.mark.parametrize("address", [b"\x01" + bytes(4), b"\x04" + bytes(16), b"\x03\x07bound.x"])
def test_whatever_address_socks_binds_the_greeting_of_the_server_is_not_swallowed(address: bytes) -> None:
    reply = b"\x05\0\0" + address + b"\0\x19"
    with ScriptedProxy("socks5", answer=reply + b"* OK hello\r\n") as proxy:
        sock = connect_through(parse_proxy(proxy.url()), "mail.example", 143, 5)
        assert sock.recv(100, socket.MSG_WAITALL) == b"* OK hello\r\n"
        sock.close()


def test_a_proxy_of_the_other_kind_is_named() -> None:
    with answering(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        failure = _failure(f"socks5://127.0.0.1:{port}")
        assert type(failure) is PermanentError
        assert "is it an http:// proxy?" in str(failure)


@_BOTH
def test_a_proxy_that_is_not_there_is_told_apart_from_a_server_that_is_not(kind: str) -> None:
    (port,) = free_ports(1)
    failure = _failure(f"{kind}://me:hunter2@127.0.0.1:{port}")
    assert type(failure) is ConnectionLost
    assert str(failure).startswith(f"cannot reach the proxy 127.0.0.1:{port}: connection refused")
    failure = _failure(f"{kind}://proxy.nowhere.invalid:1")
    assert str(failure).startswith("cannot reach the proxy proxy.nowhere.invalid:1: no such host")


def test_a_proxy_that_says_nothing_or_drips_is_given_up() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 ok\r\n")
        while True:
            connection.sendall(b"X")
            connection.settimeout(0.02)
            try:
                if not connection.recv(4096):
                    return
            except TimeoutError:
                continue

    for script in (drip, lambda connection: connection.recv(4096) and connection.recv(1)):
        with answering(script) as port, pytest.raises(ConnectionLost, match="broke off: no answer"):
            connect_through(parse_proxy(f"http://127.0.0.1:{port}"), "mail.example", 143, 0.2)


def test_a_login_with_an_impossible_proxy_is_an_error_that_does_not_show_it() -> None:
    failure = _failure("https://me:hunter2@proxy.example")
    assert isinstance(failure, UserError)
    assert "hunter2" not in repr(_login(1, "http://me:hunter2@proxy.example"))
