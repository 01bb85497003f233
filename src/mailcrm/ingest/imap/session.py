"""Opens a session: connect, TLS, login, and say who we are, in the order that providers insist on."""

import base64
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from mailcrm import __version__
from mailcrm.errors import ConfigError, LoginRefused, PermanentError
from mailcrm.ingest.imap.client import MailClient, Reply
from mailcrm.ingest.imap.deflate import worth_it
from mailcrm.ingest.imap.failures import Place, TokenExpired, login_refusal, token_refusal, translated
from mailcrm.ingest.imap.responses import code, server_identity
from mailcrm.ingest.imap.values import Chunk
from mailcrm.model.oauth import TokenSource, challenge_words, chosen_mechanism, first_message, last_message
from mailcrm.model.provider import Compress, Security
from mailcrm.model.proxy import parse_proxy

_IDENTITY = b'("name" "mailcrm" "version" "%s" "vendor" "mailcrm")' % __version__.encode()


@dataclass(frozen=True, slots=True)
class Login:
    """Whom to connect to and as whom. Time-outs are in seconds; `ca_file` replaces the authorities of the system.

    `qresync` false: it is not used, even if offered (`model.provider`, or a setting). `compress`: whether to compress
    what is sent and received, where the server can. `proxy`: the URL of a proxy (`model.proxy`). `token` gives access
    tokens where one signs in by OAuth; `secret` is not used then.
    `ambiguous`: the server has one answer for a wrong secret and for everything else (QQ, Exmail).
    """

    host: str
    port: int
    security: Security
    user: str
    secret: str = field(repr=False)
    ca_file: Path | None = None
    connect_timeout: float = 30
    read_timeout: float = 90
    qresync: bool = True
    compress: Compress = Compress.AUTO
    proxy: str = field(default="", repr=False)
    token: TokenSource | None = field(default=None, repr=False)
    ambiguous: bool = False

    @property
    def place(self) -> Place:
        """Where that is, for the connection and for error messages. Raises UserError if the proxy is none."""
        proxy = parse_proxy(self.proxy) if self.proxy else None
        return Place(self.host, self.port, self.connect_timeout, self.read_timeout, proxy)


class Introduction:
    """ID and ENABLE, sent behind the login. Nobody has to wait for their answers before saying more: a round trip less.

    Afterwards `server_id` is what the server says it is, and `enabled` what is switched on (upper case).
    """

    def __init__(self, client: MailClient, tags: Sequence[bytes]) -> None:
        self.server_id: dict[str, str] = {}
        self.enabled: frozenset[str] = frozenset()
        self._client, self._tags = client, tags

    def settle(self) -> None:
        """Take the answers. A server that does not want to know us, or to enable what it offers, is no reason to stop."""
        if not self._tags:
            return
        tags, self._tags = self._tags, ()
        for tag in tags:
            self._client.finish(tag)
        self.server_id = server_identity(self._client.take("ID"))
        self.enabled = _words(*self._client.take("ENABLED"))


@dataclass(frozen=True, slots=True)
class Session:
    """A connection that is logged in, and what the server can do (upper case)."""

    client: MailClient
    capabilities: frozenset[str]
    introduction: Introduction
    compress: Compress

    def compress_if_worth(self) -> None:
        """Before much is fetched: it costs a round trip, and nothing may be on its way behind it (RFC 4978)."""
        transport = self.client.transport
        if transport.compressed or not worth_it(self.compress, self.capabilities, transport.round_trip):
            return
        self.introduction.settle()
        # Refused: it may be compressed already, below TLS or by a proxy.
        if self.client.call("COMPRESS", b"DEFLATE").ok:
            transport.compress()


def open_session(login: Login) -> Session:
    """Connect and log in; a token that is refused is renewed, once.

    Raises ConnectionLost, Throttled, LoginRefused, PermanentError (certificate, no TLS) or ConfigError (ca_file).
    """
    if login.token is None:
        return _open(login)
    token = login.token()
    try:
        return _open(replace(login, secret=token))
    except TokenExpired:  # it may have been withdrawn before its time, or our clock is wrong
        return _open(replace(login, secret=login.token(token)), fresh=True)


def _open(login: Login, *, fresh: bool = False) -> Session:
    client, before = connect(login, trust(login))
    return sign_in(client, login, before, fresh=fresh)


def connect(
    login: Login, tls: ssl.SSLContext | None, sock: socket.socket | None = None
) -> tuple[MailClient, frozenset[str]]:
    """A connection with TLS as the login wants it, and what the server can do before anybody is known.

    `sock` is used if it is given, and closed in case of an error. Raises like `open_session`.
    """
    with translated(login.place):
        client = MailClient(login.place, tls if login.security is Security.TLS else None, sock)
    with _closed_on_error(client, login):
        before = frozenset(client.transport.capabilities)
        if tls and login.security is Security.STARTTLS:
            before = _start_tls(client, login, before, tls)
        return client, before


def sign_in(client: MailClient, login: Login, before: frozenset[str], *, fresh: bool = False) -> Session:
    """Log in, with `secret` as the token where one signs in by OAuth, and switch on what the server offers.

    `fresh`: the token was just renewed, so that a refusal is final. Raises like `open_session`, and closes the
    connection then.
    """
    with _closed_on_error(client, login):
        return _signed_in(client, login, before, fresh=fresh)


@contextmanager
def _closed_on_error(client: MailClient, login: Login) -> Iterator[None]:
    try:
        with translated(login.place):
            yield
    except BaseException:
        client.transport.shutdown()
        raise


def trust(login: Login) -> ssl.SSLContext | None:
    """Whose certificates are believed; None without TLS. Raises ConfigError if `ca_file` cannot be read."""
    if login.security is Security.NONE:
        return None
    try:
        return ssl.create_default_context(cafile=login.ca_file)
    except OSError as exc:
        raise ConfigError(f"ca_file {login.ca_file} is not a readable file of certificates: {exc.strerror}") from exc


def _signed_in(client: MailClient, login: Login, before: frozenset[str], *, fresh: bool) -> Session:
    after = before if client.transport.state == "AUTH" else _log_in(client, login, before, fresh=fresh)
    # NetEase opens no folder before it has seen an ID, on every connection; some name ID only before the login.
    client.forget()
    wish = _wish(after, login)
    tags = [client.start("ID", _IDENTITY)] if "ID" in before | after else []
    tags += [client.start("ENABLE", wish)] if wish else []
    return Session(client, after, Introduction(client, tags), login.compress)


def _wish(capabilities: frozenset[str], login: Login) -> bytes:
    """What to switch on before the first folder is opened (RFC 7162, 3.2.3), nothing if the server has no ENABLE.

    Without either, or if it is refused, EXAMINE asks for CONDSTORE by itself.
    """
    if login.qresync and "QRESYNC" in capabilities:
        return b"QRESYNC"
    return b"CONDSTORE" if {"ENABLE", "CONDSTORE"} <= capabilities else b""


def _start_tls(client: MailClient, login: Login, before: frozenset[str], tls: ssl.SSLContext) -> frozenset[str]:
    if client.transport.state != "NONAUTH":
        raise PermanentError(f"{login.place} greets with PREAUTH, which leaves no way to start TLS; not trusting it")
    if "STARTTLS" not in before or not client.call("STARTTLS").ok:
        raise PermanentError(f"{login.place} does not offer STARTTLS; use security = 'tls', most often on port 993")
    client.transport.upgrade(tls)
    client.transport.limit(login.read_timeout)
    # What was said before TLS anybody could have said (RFC 3501, 6.2.1).
    return _capabilities(client, client.call("CAPABILITY"))


def _log_in(client: MailClient, login: Login, before: frozenset[str], *, fresh: bool) -> frozenset[str]:
    if any(ord(letter) < 32 for letter in login.user + login.secret):
        raise LoginRefused(f"the login or the secret for {login.place} holds a line break or control character")
    if login.token is not None:
        reply, why = _authenticate_by_token(client, login, before)
        if not reply.ok:
            raise token_refusal(login.place, reply.text, why, login.user, login.secret, fresh=fresh)
        client.transport.state = "AUTH"
        return _capabilities(client, reply)
    reply = _authenticate(client, login, before)
    if not reply.ok:
        raise login_refusal(login.place, reply.text, login.user, login.secret, ambiguous=login.ambiguous)
    client.transport.state = "AUTH"
    return _capabilities(client, reply)


def _authenticate(client: MailClient, login: Login, before: frozenset[str]) -> Reply:
    """LOGIN where it can carry the login, else AUTHENTICATE PLAIN, which takes any letters (RFC 4616)."""
    login_works = "LOGINDISABLED" not in before and (login.user + login.secret).isascii()
    if not login_works and "AUTH=PLAIN" in before:
        return _authenticate_plain(client, login)
    if "LOGINDISABLED" in before:
        raise LoginRefused(
            f"{login.place} takes no password on this connection; is security 'tls' or 'starttls' meant?"
        )
    # Beyond ASCII this is not in the grammar, but servers that know no other way take UTF-8 here.
    return client.call("LOGIN", _quoted(login.user), _quoted(login.secret))


def _authenticate_plain(client: MailClient, login: Login) -> Reply:
    tag = client.start("AUTHENTICATE", b"PLAIN")
    if client.asked_to_go_on(tag):
        client.transport.send(base64.b64encode(f"\0{login.user}\0{login.secret}".encode()) + b"\r\n")
    return client.finish(tag)


def _authenticate_by_token(client: MailClient, login: Login, before: frozenset[str]) -> tuple[Reply, str]:
    """The answer to XOAUTH2 or OAUTHBEARER, and the reason that the server gave in a challenge for refusing it."""
    mechanism = chosen_mechanism({name.removeprefix("AUTH=") for name in before if name.startswith("AUTH=")})
    if mechanism is None:
        raise LoginRefused(
            f"{login.place} takes no OAuth tokens (neither XOAUTH2 nor OAUTHBEARER); is it the right server?"
        )
    message = first_message(mechanism, login.user, login.host, login.port, login.secret)
    if "SASL-IR" in before:  # RFC 4959: saves a round trip
        tag = client.start("AUTHENTICATE", mechanism.encode(), message)
    else:
        tag = client.start("AUTHENTICATE", mechanism.encode())
        if client.asked_to_go_on(tag):
            client.transport.send(message + b"\r\n")
    why = ""
    if client.asked_to_go_on(tag):
        why = challenge_words(client.challenge)
        client.transport.send(last_message(mechanism) + b"\r\n")
    return client.finish(tag), why


def _capabilities(client: MailClient, reply: Reply) -> frozenset[str]:
    """From the code of the answer, from an untagged line before it, else by asking."""
    found = code(reply.text)
    if found and found[0] == b"CAPABILITY":
        return _words(found[1])
    if lines := client.take("CAPABILITY"):
        return _words(lines[-1])
    client.call("CAPABILITY")
    return _words(*client.take("CAPABILITY")[-1:])


def _words(*lines: Chunk) -> frozenset[str]:
    text = b" ".join(line for line in lines if isinstance(line, bytes))
    # imaplib looks for the last bracket of a line and may keep text behind the list.
    return frozenset(text.partition(b"]")[0].decode("ascii", "replace").upper().split())


def _quoted(text: str) -> bytes:
    return b'"%s"' % text.replace("\\", "\\\\").replace('"', '\\"').encode()
