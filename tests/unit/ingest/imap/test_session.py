"""Logging in, and what is said when that fails."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest

from mailcrm.errors import (
    ConfigError,
    ConnectionLost,
    LoginRefused,
    LoginUnclear,
    MailcrmError,
    PermanentError,
    Throttled,
)
from mailcrm.ingest.imap.session import Login, open_session
from mailcrm.model.provider import Security
from tests.providers import profiles
from tests.providers.server import Quirks, ScriptedImap
from tests.unit.ingest.imap.peer import Authority, answering, command, greet

_SECRET = "s3cret-c0de"


def _login(
    port: int,
    security: Security = Security.NONE,
    *,
    host: str = "127.0.0.1",
    user: str = "me@example.com",
    secret: str = _SECRET,
    ca_file: Path | None = None,
) -> Login:
    return Login(host, port, security, user, secret, ca_file, connect_timeout=2, read_timeout=2)


def _open(login: Login) -> frozenset[str]:
    session = open_session(login)
    session.introduction.settle()
    session.client.transport.shutdown()
    return session.capabilities


def _failure(login: Login) -> MailcrmError:
    with pytest.raises(MailcrmError) as caught:
        _open(login)
    assert login.secret not in str(caught.value)
    return caught.value


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Signs the certificates of the servers here."""
    return Authority.new()


@pytest.fixture
def ca_file(authority: Authority, tmp_path: Path) -> Path:
    """The authority as a file to be trusted."""
    path = tmp_path / "ca.pem"
    path.write_bytes(authority.pem)
    return path


def test_the_secret_is_not_shown() -> None:
    assert _SECRET not in repr(_login(143))


# --- TLS


def test_tls(authority: Authority, ca_file: Path) -> None:
    with ScriptedImap(secret=_SECRET, tls=authority.server) as server:
        assert "IDLE" in _open(_login(server.port, Security.TLS, ca_file=ca_file))


def test_starttls_protects_the_login(authority: Authority, ca_file: Path) -> None:
    with ScriptedImap(secret=_SECRET, starttls=authority.server) as server:
        assert "STARTTLS" not in _open(_login(server.port, Security.STARTTLS, ca_file=ca_file))
        assert [line.split()[0] for line in server.commands][:4] == ["CAPABILITY", "STARTTLS", "CAPABILITY", "LOGIN"]


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_certificate_of_a_stranger_is_refused(security: Security, authority: Authority) -> None:
    tls, starttls = (authority.server, None) if security is Security.TLS else (None, authority.server)
    with ScriptedImap(tls=tls, starttls=starttls) as server:
        failure = _failure(_login(server.port, security))
        assert type(failure) is PermanentError
        assert "not trusted" in str(failure)
        assert "ca_file" in str(failure)
        assert not server.sent("LOGIN")


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    other = Authority.new("imap.example.com")
    (tmp_path / "ca.pem").write_bytes(other.pem)
    with ScriptedImap(tls=other.server) as server:
        failure = _failure(_login(server.port, Security.TLS, ca_file=tmp_path / "ca.pem"))
        assert type(failure) is PermanentError
        assert "not trusted: IP address mismatch" in str(failure)
        assert not server.sent("LOGIN")


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_a_bad_ca_file_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    failure = _failure(_login(1, Security.TLS, ca_file=path))
    assert isinstance(failure, ConfigError)
    assert str(path) in str(failure)


def test_tls_to_a_port_without_tls_says_so() -> None:
    with ScriptedImap() as server:
        failure = _failure(_login(server.port, Security.TLS))
        assert isinstance(failure, PermanentError)
        assert "starttls" in str(failure)


def test_a_server_without_starttls_gets_no_password() -> None:
    with ScriptedImap() as server:
        failure = _failure(_login(server.port, Security.STARTTLS))
        assert isinstance(failure, PermanentError)
        assert "does not offer STARTTLS" in str(failure)
        assert not server.sent("LOGIN")


def test_starttls_that_is_refused_ends_it(authority: Authority) -> None:
    with ScriptedImap(starttls=authority.server) as server:
        server.answer("STARTTLS", b"NO not now")
        assert isinstance(_failure(_login(server.port, Security.STARTTLS)), PermanentError)
        assert not server.sent("LOGIN")


@pytest.mark.parametrize("injected", [b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", b"x"])
def test_bytes_sent_before_tls_starts_are_an_attack(injected: bytes, authority: Authority, ca_file: Path) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"* OK hello\r\n")
        tag = command(connection).split()[0]
        connection.sendall(b"* CAPABILITY IMAP4rev1 STARTTLS\r\n" + tag + b" OK done\r\n")
        tag = command(connection).split()[0]
        connection.sendall(tag + b" OK begin\r\n" + injected)
        with authority.server.wrap_socket(connection, server_side=True) as secured:
            greet(secured)

    with answering(serve) as port:
        failure = _failure(_login(port, Security.STARTTLS, ca_file=ca_file))
        assert isinstance(failure, PermanentError)
        assert "before" in str(failure) or "between" in str(failure)


def test_preauth_before_starttls_is_not_trusted() -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"* PREAUTH come in\r\n")
        tag = command(connection).split()[0]
        connection.sendall(b"* CAPABILITY IMAP4rev1 STARTTLS\r\n" + tag + b" OK done\r\n")
        connection.recv(1)

    with answering(serve) as port:
        failure = _failure(_login(port, Security.STARTTLS))
        assert isinstance(failure, PermanentError)
        assert "PREAUTH" in str(failure)


# --- login


@pytest.mark.parametrize(
    ("user", "secret"), [('a"b\\c', 'pass "word"\\'), ("me@example.com", "{7}"), ("李", "密码"), ("me", "a b")]
)
def test_any_letters_may_stand_in_a_login(user: str, secret: str) -> None:
    with ScriptedImap(user=user, secret=secret) as server:
        assert "IDLE" in _open(_login(server.port, user=user, secret=secret))
        assert bool(server.sent("LOGIN")) == (user + secret).isascii()


def test_without_another_way_utf8_goes_into_login() -> None:
    with ScriptedImap(Quirks(capabilities=("IMAP4rev1",)), user="李", secret="密码") as server:
        _open(_login(server.port, user="李", secret="密码"))
        assert server.sent("LOGIN") == ['LOGIN "李" "密码"']


def test_a_server_that_takes_no_login_command_gets_authenticate() -> None:
    with ScriptedImap(Quirks(capabilities=("IMAP4rev1", "LOGINDISABLED", "AUTH=PLAIN")), secret=_SECRET) as server:
        _open(_login(server.port))
        assert server.sent("LOGIN") == []


def test_a_server_that_refuses_the_mechanism_after_all_gets_no_secret() -> None:
    with ScriptedImap(Quirks(capabilities=("IMAP4rev1", "LOGINDISABLED", "AUTH=PLAIN"))) as server:
        server.answer("AUTHENTICATE", b"NO not this")
        assert isinstance(_failure(_login(server.port)), LoginRefused)


def test_a_server_that_takes_no_password_at_all_gets_none() -> None:
    with ScriptedImap(Quirks(capabilities=("IMAP4rev1", "LOGINDISABLED"))) as server:
        failure = _failure(_login(server.port))
        assert isinstance(failure, LoginRefused)
        assert "starttls" in str(failure)


def test_a_line_break_in_the_secret_is_not_sent() -> None:
    with ScriptedImap() as server:
        assert isinstance(_failure(_login(server.port, secret="a\r\nX DELETE INBOX")), LoginRefused)
        assert [line.split()[0] for line in server.commands] == ["CAPABILITY"]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (b"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", LoginRefused, "Invalid credentials"),
        ("BAD 登录失败".encode("gbk"), LoginUnclear, "登录失败"),
        ("NO 登录失败".encode(), LoginUnclear, "登录失败"),
        (profiles.QQ.login_error, LoginUnclear, "busy"),
        (b"BAD syntax: LOGIN me@example.com s3cret-c0de", LoginUnclear, "***"),
        (b"NO LOGIN failed.", LoginUnclear, "IMAP is switched off"),
        ("NO 系统繁忙".encode("gbk"), Throttled, "系统繁忙"),
        (b"NO [ALERT] Too many simultaneous connections. (Failure)", Throttled, "Too many"),
        (b"NO [UNAVAILABLE] Temporary authentication failure.", Throttled, "Temporary"),
        (b"NO [LIMIT] enough", Throttled, "enough"),
        (b"", ConnectionLost, "closed"),
    ],
)
def test_a_refused_login_is_told_in_the_words_of_the_server(
    answer: bytes, kind: type[MailcrmError], words: str
) -> None:
    with ScriptedImap(secret=_SECRET) as server:
        server.answer("LOGIN", answer)
        failure = _failure(_login(server.port))
        assert type(failure) is kind
        assert words in str(failure)


# --- who we are, and what the server can do


@pytest.mark.parametrize("comes", ["when asked", "untagged", "in code", "in an untagged code"])
def test_capabilities_are_those_after_the_login(comes: str) -> None:
    quirks = Quirks(
        capabilities=("IMAP4rev1", "ID"), capabilities_after_login=("IMAP4rev1", "NAMESPACE"), capability_comes=comes
    )
    with ScriptedImap(quirks, secret=_SECRET) as server:
        assert _open(_login(server.port)) == {"IMAP4REV1", "NAMESPACE"}
        assert len(server.sent("CAPABILITY")) == (2 if comes == "when asked" else 1)


def test_we_say_who_we_are_after_the_login_where_id_was_offered_at_all() -> None:
    quirks = Quirks(capabilities=("IMAP4rev1", "ID"), capabilities_after_login=("IMAP4rev1",))
    with ScriptedImap(quirks, secret=_SECRET) as server:
        _open(_login(server.port))
        assert server.sent("ID")[0].startswith('ID ("name" "mailcrm" "version"')
        assert server.commands[-1] == server.sent("ID")[0]


def test_a_server_without_id_is_not_asked() -> None:
    with ScriptedImap(Quirks(capabilities=("IMAP4rev1",)), secret=_SECRET) as server:
        _open(_login(server.port))
        assert server.sent("ID") == []


def test_what_the_server_says_it_is_is_kept() -> None:
    with ScriptedImap(Quirks(server_id=(("name", "Coremail Imap"),)), secret=_SECRET) as server:
        session = open_session(_login(server.port))
        session.introduction.settle()
        session.client.transport.shutdown()
        assert session.introduction.server_id == {"name": "Coremail Imap"}


def test_a_server_that_knows_us_already_needs_no_login() -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"* PREAUTH welcome\r\n")
        tag = command(connection).split()[0]
        connection.sendall(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")
        connection.recv(1)

    with answering(serve) as port:
        assert _open(_login(port)) == {"IMAP4REV1"}


# --- no connection


def test_a_closed_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    failure = _failure(_login(port))
    assert isinstance(failure, ConnectionLost)
    assert "connection refused; is the port right?" in str(failure)


def test_an_unknown_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    failure = _failure(_login(143, host="imap.invalid"))
    assert isinstance(failure, ConnectionLost)
    assert "cannot find the host imap.invalid" in str(failure)


def test_an_impossible_host_name() -> None:
    assert "cannot find the host" in str(_failure(_login(143, host="a" * 70 + ".example.com")))


def test_a_server_that_says_nothing() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(1)

    with answering(serve) as port:
        login = Login("127.0.0.1", port, Security.NONE, "u", "xxxx", None, connect_timeout=0.1, read_timeout=0.1)
        failure = _failure(login)
        assert isinstance(failure, ConnectionLost)
        assert "does not answer" in str(failure)


@pytest.mark.parametrize(
    ("greeting", "kind", "words"),
    [
        (b"220 mail.example.com ESMTP\r\n", ConnectionLost, "220 mail.example.com"),
        (b"* BYE Too many connections\r\n", Throttled, "slow down: Too many connections"),
        (b"* BYE under repair\r\n", ConnectionLost, "under repair"),
        (b"", ConnectionLost, "closed"),
    ],
)
def test_a_server_that_does_not_greet_as_it_should(greeting: bytes, kind: type[MailcrmError], words: str) -> None:
    with answering(lambda connection: connection.sendall(greeting)) as port:
        failure = _failure(_login(port))
        assert type(failure) is kind
        assert words in str(failure)


def test_other_tls_troubles_pass() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(1)  # and hang up in the middle of the handshake

    with answering(serve) as port:
        failure = _failure(_login(port, Security.TLS))
        assert isinstance(failure, ConnectionLost)
        assert isinstance(failure.__cause__, ssl.SSLError | ConnectionResetError)
