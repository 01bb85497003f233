"""The doctor at scripted servers: what it sees there, what it says of it, and that it only looks."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from mailcrm.clock import utc_now
from mailcrm.ingest.imap.doctor.diagnose import diagnose
from mailcrm.ingest.imap.doctor.facts import Facts, Finding, Severity, Step
from mailcrm.ingest.imap.doctor.matrix import Use, matrix
from mailcrm.ingest.imap.doctor.probe import probe
from mailcrm.ingest.imap.session import Login
from mailcrm.model.folder import FolderRole
from mailcrm.model.provider import PROVIDERS, Security
from tests.providers import profiles
from tests.providers.server import Quirks, ScriptedImap
from tests.servers.proxy import ScriptedProxy
from tests.servers.server import free_ports
from tests.unit.ingest.imap.peer import answering, greet

_TOO_LATE = datetime(2020, 1, 1, tzinfo=UTC)
_MAIL = b"From: a@example.com\r\nDate: Mon, 1 Jan 2024 08:00:00 +0000\r\n\r\nhello\r\n"


def _examined(login: Login, provider: str = "", now: datetime | None = None) -> Facts:
    known = next((each for each in PROVIDERS if each.key == provider), None)
    facts = Facts(
        "main", login.host, login.port, login.security, login.user, now or utc_now(), known, qresync=login.qresync
    )
    probe(login, facts)
    return facts


def _login(server: ScriptedImap, security: Security = Security.NONE, **changes: Any) -> Login:
    login = Login(server.host, server.port, security, server.user, server.secret, None, 5, 5)
    return replace(login, **changes)


def _to_do(facts: Facts) -> list[Finding]:
    return [each for each in diagnose(facts) if each.severity in (Severity.WARNING, Severity.ERROR)]


def _the_one(facts: Facts) -> Finding:
    (found,) = _to_do(facts)
    assert found.means
    assert found.next
    return found


@pytest.mark.parametrize("quirks", profiles.ALL, ids=lambda quirks: quirks.name)
def test_it_looks_once_and_changes_nothing(quirks: Quirks) -> None:
    with ScriptedImap(quirks) as server:
        server.append("INBOX", _MAIL, when=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC))
        facts = _examined(_login(server))
        assert server.violations == []
        assert [line.split()[0] for line in server.commands].count("LOGIN") == 1
        assert server.commands[-1] == "LOGOUT"
    assert _to_do(facts) == []
    assert facts.trouble is None
    assert facts.newest == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert facts.inbox is not None
    assert (facts.inbox.uidnext is None) is quirks.no_uidnext
    assert {FolderRole.INBOX, FolderRole.SENT} <= {folder.role for folder in facts.folders}
    assert facts.greeting.endswith(quirks.greeting.rpartition("] ")[2])
    assert facts.before == {each.upper() for each in quirks.capabilities}
    assert facts.round_trip_ms is not None


def test_roles_say_where_they_come_from() -> None:
    with ScriptedImap(profiles.EXCHANGE) as server:
        by_name = _examined(_login(server))
    with ScriptedImap(profiles.QQ) as server:
        by_flag = _examined(_login(server))
    assert {folder.flagged for folder in by_name.folders} == {False}
    assert {folder.name: folder.flagged for folder in by_flag.folders}["Sent Messages"]
    assert next(each.use for each in matrix(by_flag) if each.name == "XLIST") is Use.USED


# --- refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quirks", "key", "means", "step"),
    [
        (profiles.QQ, "qq", "one answer for a wrong code", "generate authorization code"),
        (profiles.EXMAIL, "exmail", "one answer for a wrong code", "client password"),
        (profiles.NETEASE_163, "163", "wants its 授权码", "switch IMAP on"),
        (profiles.ALIYUN, "aliyun", "login or the password is wrong", "web mail"),
        (profiles.GMAIL, "gmail", "wants its app password", "App passwords"),
        (profiles.EXCHANGE, "outlook", "no longer takes passwords", "accounts sign-in"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_refused_logins_are_explained_by_what_is_known_of_the_provider(
    quirks: Quirks, key: str, means: str, step: str
) -> None:
    with ScriptedImap(quirks) as server:
        facts = _examined(_login(server, secret="wr0ng"), key)
    found = _the_one(facts)
    assert means in found.means
    assert step in found.next
    assert "wr0ng" not in repr(facts)
    assert facts.reached


@pytest.mark.parametrize(
    ("answer", "means"),
    [
        (b"NO [ALERT] Your account is not enabled for IMAP use.", "IMAP is switched off"),
        (b"NO [ALERT] Application-specific password required: https://x.example (Failure)", "a code made for mail"),
        ("NO 请使用授权码登录。".encode("gbk"), "a code made for mail"),
        (b"NO [ALERT] Please log in via your web browser: https://x.example (Failure)", "see a human"),
    ],
)
def test_servers_that_say_why_are_believed(answer: bytes, means: str) -> None:
    with ScriptedImap(replace(profiles.GMAIL, login_error=answer)) as server:
        assert means in _the_one(_examined(_login(server, secret="wrong"), "gmail")).means


def test_busy_server_is_no_wrong_password() -> None:
    with ScriptedImap() as server:
        server.answer("LOGIN", b"NO [UNAVAILABLE] try later")
        assert _the_one(_examined(_login(server))).severity is Severity.WARNING


def test_unsafe_login_is_told_as_what_it_is() -> None:
    with ScriptedImap(replace(profiles.NETEASE_163, capabilities=("IMAP4rev1", "SPECIAL-USE"))) as server:
        facts = _examined(_login(server), "163")
    assert facts.trouble is not None
    assert facts.trouble.step is Step.INBOX
    assert "shows them nothing" in _the_one(facts).means


@pytest.mark.parametrize("command", ["LIST", "EXAMINE"])
def test_authenticated_but_not_connected(command: str) -> None:
    with ScriptedImap(profiles.EXCHANGE) as server:
        server.answer(command, b"BAD User is authenticated but not connected.")
        found = _the_one(_examined(_login(server)))
    assert "no mailbox behind it" in found.means
    assert "me@example.com the mailbox's own address" in found.next


def test_hidden_all_mail_is_noticed() -> None:
    folders = tuple(each for each in profiles.GMAIL.folders if "\\All" not in each[1])
    with ScriptedImap(replace(profiles.GMAIL, folders=folders, all_mail="")) as server:
        assert "All Mail: tick 'Show in IMAP'" in _the_one(_examined(_login(server), "gmail")).next


def test_mail_from_the_future_accuses_the_clock() -> None:
    with ScriptedImap() as server:
        for hour in (8, 12, 7):  # a mail that was moved here later may be older
            server.append("INBOX", _MAIL, when=datetime(2024, 1, 1, hour, tzinfo=UTC))
        facts = _examined(_login(server), now=datetime(2024, 1, 1, 9, 0, tzinfo=UTC))
    assert "3 hours in the future" in _the_one(facts).seen


# --- the way there -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Signs the certificates of the servers here."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """The authority as a file to be trusted."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def _tls(authority: trustme.CA, name: str = "127.0.0.1", **validity: datetime) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, **validity).configure_cert(context)
    return context


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_trusted_certificate_is_described(authority: trustme.CA, ca_file: Path, security: Security) -> None:
    context = _tls(authority, not_after=utc_now() + timedelta(days=3))
    ways = {"tls": context} if security is Security.TLS else {"starttls": context}
    with ScriptedImap(**ways) as server:
        facts = _examined(_login(server, security, ca_file=ca_file))
    assert facts.trouble is None
    assert facts.tls.startswith("TLSv1")
    assert facts.certificate is not None
    assert (facts.certificate.names, facts.certificate.trusted) == (("127.0.0.1",), True)
    assert "the certificate ends on" in _the_one(facts).seen


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize(
    ("name", "validity", "trusted", "means"),
    [
        ("127.0.0.1", {"not_after": _TOO_LATE}, True, "the certificate is too old"),
        ("127.0.0.1", {"not_before": datetime(2999, 1, 1, tzinfo=UTC)}, True, "does not hold yet"),
        ("mail.other.example", {}, True, "made for other names than 127.0.0.1"),
        ("127.0.0.1", {}, False, "nobody this machine trusts has signed it"),
    ],
)
def test_certificate_that_is_not_trusted_is_shown_and_explained(
    authority: trustme.CA,
    ca_file: Path,
    security: Security,
    name: str,
    validity: dict[str, datetime],
    trusted: bool,
    means: str,
) -> None:
    context = _tls(authority, name, **validity)
    ways = {"tls": context} if security is Security.TLS else {"starttls": context}
    with ScriptedImap(**ways) as server:
        facts = _examined(_login(server, security, ca_file=ca_file if trusted else None))
        assert server.sent("LOGIN") == []
    found = _the_one(facts)
    assert means in found.means
    assert name in found.seen
    assert facts.certificate is not None
    assert not facts.certificate.trusted
    assert not facts.reached


def test_server_without_starttls() -> None:
    with ScriptedImap() as server:
        found = _the_one(_examined(_login(server, Security.STARTTLS)))
    assert "does not offer STARTTLS" in found.seen
    assert "'tls'" in found.next


def test_port_that_speaks_no_tls() -> None:
    with ScriptedImap() as server:
        assert "'starttls'" in _the_one(_examined(_login(server, Security.TLS))).next


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and never speaks."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.parametrize(("security", "step"), [(Security.STARTTLS, "to 'tls'"), (Security.TLS, "another network")])
def test_server_that_says_nothing(silent: int, security: Security, step: str) -> None:
    login = Login("127.0.0.1", silent, security, "me", "code", None, 0.2, 0.2)
    facts = _examined(login)
    assert facts.connect_ms is not None
    assert step in _the_one(facts).next


def test_server_that_is_full() -> None:
    with answering(lambda line: line.sendall(b"* BYE Too many simultaneous connections. (Failure)\r\n")) as port:
        found = _the_one(_examined(Login("127.0.0.1", port, Security.NONE, "me", "code", None, 5, 5)))
    assert found.severity is Severity.WARNING
    assert "too many connections" in found.means


def test_server_that_hangs_up_during_the_login() -> None:
    with answering(greet) as port:
        facts = _examined(Login("127.0.0.1", port, Security.NONE, "me", "code", None, 5, 5))
    assert facts.trouble is not None
    assert facts.trouble.step is Step.LOGIN
    assert _the_one(facts).topic == "login"


def test_closed_port_and_unknown_name() -> None:
    closed = Login("127.0.0.1", free_ports(1)[0], Security.NONE, "me", "code", None, 5, 5)
    assert "no mail server listens" in _the_one(_examined(closed)).means
    unknown = _examined(replace(closed, host="no such host.invalid"))
    assert _the_one(unknown).topic == "name"
    assert not unknown.reached


def test_way_through_a_proxy_and_one_that_refuses() -> None:
    with ScriptedImap() as server, ScriptedProxy("socks5", names={"imap.example": "127.0.0.1"}) as proxy:
        facts = _examined(_login(server, host="imap.example", proxy=proxy.url()))
    assert facts.trouble is None
    assert facts.addresses == ()
    assert any(f"through the proxy {facts.proxy}" in each.seen for each in diagnose(facts))
    with ScriptedProxy("socks5", answer=bytes([5, 2, 0, 1, 0, 0, 0, 0, 0, 0])) as proxy:
        refused = _examined(Login("imap.example", 993, Security.TLS, "me", "code", None, 5, 5, proxy=proxy.url()))
    assert "who runs the proxy" in _the_one(refused).next
