"""The probe: goes as far into a mailbox as it can, on one connection, and writes down what it sees.

Nothing is changed, and nothing taken away from a daemon that reads the same mailbox: EXAMINE, and no lease.
"""

import ipaddress
import math
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

from mailcrm.errors import MailcrmError
from mailcrm.ingest.imap.client import MailClient
from mailcrm.ingest.imap.doctor.facts import Certificate, Facts, FolderSeen, Step, Trouble
from mailcrm.ingest.imap.failures import CommandRefused, translated
from mailcrm.ingest.imap.folders import is_flagged, roles_of
from mailcrm.ingest.imap.mailbox import Mailbox
from mailcrm.ingest.imap.responses import readable
from mailcrm.ingest.imap.session import Login, connect, sign_in, trust
from mailcrm.ingest.imap.wire import connect as reach
from mailcrm.model.folder import FolderInfo, FolderRole

_NEWEST = 10  # UIDs below the highest, of which at least one will be there
_ANY_TIME = ssl.VerifyFlags(0x200000)  # X509_V_FLAG_NO_CHECK_TIME, which Python has no name for

_Seen = TypeVar("_Seen")


class _Stopped(Exception):
    """A step failed, and the next ones need it."""


def probe(login: Login, facts: Facts) -> None:
    """Write into `facts` what is seen, up to the first step that fails: that becomes `facts.trouble`."""
    with suppress(_Stopped), ExitStack() as stack:
        with _step(facts, Step.NAME):
            _resolve(login, facts)
        with _step(facts, Step.CONNECT):
            sock = _reach(login, facts)
        stack.callback(sock.close)
        with _step(facts, Step.TLS):
            client, facts.before = _greeted(login, sock, facts)
        stack.callback(client.transport.shutdown)
        stack.callback(_note_line, client, facts)
        with _step(facts, Step.LOGIN):
            mailbox = stack.enter_context(_signed_in(client, login, facts))
        with _step(facts, Step.FOLDERS):
            inbox = _list(mailbox, facts)
        if inbox is not None:
            with _step(facts, Step.INBOX):
                _open(mailbox, inbox, facts)


@contextmanager
def _step(facts: Facts, step: Step) -> Iterator[None]:
    try:
        yield
    except MailcrmError as exc:
        cause = exc.__cause__
        code = cause.verify_code if isinstance(cause, ssl.SSLCertVerificationError) else 0
        name = type(cause).__name__ if cause is not None else ""
        facts.trouble = Trouble(step, exc.message, type(exc).__name__, name, code)
        raise _Stopped from exc


# --- the way to the server ---------------------------------------------------------------------------------------


def _resolve(login: Login, facts: Facts) -> None:
    """Behind a proxy names are the proxy's business."""
    place = login.place
    if place.proxy is not None:
        facts.proxy = str(place.proxy)
        return
    with translated(place):
        found = socket.getaddrinfo(login.host, login.port, type=socket.SOCK_STREAM)
    facts.addresses = tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def _reach(login: Login, facts: Facts) -> socket.socket:
    started = time.monotonic()
    with translated(login.place):
        sock = reach(login.host, login.port, login.connect_timeout, login.place.proxy)
    facts.connect_ms = _milliseconds(time.monotonic() - started)
    return sock


def _greeted(login: Login, sock: socket.socket, facts: Facts) -> tuple[MailClient, frozenset[str]]:
    try:
        client, before = connect(login, trust(login), sock)
    except MailcrmError as exc:
        if isinstance(exc.__cause__, ssl.SSLCertVerificationError):
            with suppress(MailcrmError, ssl.SSLError):
                facts.certificate = _described(_distrusted(login), trusted=False)
        raise
    facts.greeting = readable(client.greeting)
    if isinstance(client.transport.sock, ssl.SSLSocket):
        facts.tls = client.transport.sock.version() or ""
        facts.certificate = _described(client.transport.sock.getpeercert() or {}, trusted=True)
    return client, before


def _distrusted(login: Login) -> Mapping[str, Any]:
    """The certificate of a server that is not trusted; it is given no login.

    Python takes apart only what it has verified. So the certificate is fetched, and then verified by nothing but itself.
    """
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    der = _shown(login, unverified, lambda sock: sock.getpeercert(binary_form=True))
    if der is None:
        return {}
    itself = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    itself.check_hostname = False
    itself.verify_flags = ssl.VERIFY_X509_PARTIAL_CHAIN | _ANY_TIME
    itself.load_verify_locations(cadata=der)
    return _shown(login, itself, lambda sock: sock.getpeercert()) or {}


def _shown(login: Login, tls: ssl.SSLContext, look: Callable[[ssl.SSLSocket], _Seen]) -> _Seen:
    """What is seen of a TLS connection that is opened for nothing else."""
    client, _ = connect(login, tls)
    try:
        assert isinstance(client.transport.sock, ssl.SSLSocket)
        return look(client.transport.sock)
    finally:
        client.transport.shutdown()


def _described(found: Mapping[str, Any], *, trusted: bool) -> Certificate | None:
    if not found:
        return None
    owner, issuer = (_pairs(found.get(key, ())) for key in ("subject", "issuer"))
    names = tuple(_plain_name(kind, name) for kind, name in found.get("subjectAltName", ()))
    start, end = (
        datetime.fromtimestamp(ssl.cert_time_to_seconds(found[key]), UTC) for key in ("notBefore", "notAfter")
    )
    return Certificate(
        names or tuple(filter(None, [owner.get("commonName")])),
        issuer.get("organizationName") or issuer.get("commonName") or "",
        start,
        end,
        trusted,
    )


def _pairs(name: Any) -> dict[str, str]:
    return {key: value for parts in name for key, value in parts}


def _plain_name(kind: str, name: str) -> str:
    """IPv6 addresses come in full length."""
    with suppress(ValueError):
        return str(ipaddress.ip_address(name.strip())) if kind == "IP Address" else name
    return name


# --- the mailbox -------------------------------------------------------------------------------------------------


@contextmanager
def _signed_in(client: MailClient, login: Login, facts: Facts) -> Iterator[Mailbox]:
    session = sign_in(client, login, facts.before)
    with translated(login.place):
        session.introduction.settle()
    facts.after = session.capabilities
    facts.enabled, facts.server_id = session.introduction.enabled, session.introduction.server_id
    mailbox = Mailbox(session, login)
    try:
        yield mailbox
    finally:
        mailbox.close()


def _list(mailbox: Mailbox, facts: Facts) -> FolderInfo | None:
    lines = mailbox.list_lines()
    folders = roles_of(lines)
    facts.folders = tuple(
        FolderSeen(folder.name, folder.role, is_flagged(line), folder.selectable)
        for line, folder in zip(lines, folders, strict=True)
    )
    return next((folder for folder in folders if folder.role is FolderRole.INBOX), None)


def _open(mailbox: Mailbox, inbox: FolderInfo, facts: Facts) -> None:
    facts.inbox = status = mailbox.examine(inbox)
    with suppress(CommandRefused):  # the time of a mail is no reason to fail
        top = status.uidnext - 1 if status.uidnext else mailbox.highest_uid(status.exists)
        found = mailbox.fetch_headers(max(1, top - _NEWEST + 1), top, ("DATE",))
        facts.newest = max((each.internaldate for each in found if each.internaldate), default=None)


def _note_line(client: MailClient, facts: Facts) -> None:
    facts.compressed = client.transport.compressed
    if math.isfinite(client.transport.round_trip):
        facts.round_trip_ms = _milliseconds(client.transport.round_trip)


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
