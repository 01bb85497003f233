"""Getting in: protection, login, and one clear sentence wherever it fails."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mailcrm.campaigns.delivery import connect
from mailcrm.campaigns.delivery.connect import SmtpLogin
from mailcrm.campaigns.delivery.transport import SmtpTransport
from mailcrm.errors import (
    ConfigError,
    ConnectionLost,
    LoginRefused,
    MailcrmError,
    PermanentError,
    SenderRefused,
    Throttled,
)
from mailcrm.model.provider import Security
from tests.contract.moody_server import HOST, SECRET, SILENCE, USER, moody_server, scripted_server
from tests.contract.scene import LOGIN, certificate, connect_and_close, run


async def why_not(login: SmtpLogin, error: type[MailcrmError]) -> str:
    with pytest.raises(error) as caught:
        await SmtpTransport(login).connect()
    assert type(caught.value) is error
    assert "s3cret" not in str(caught.value)
    return str(caught.value)


async def what_of(error: type[MailcrmError], *lines: str, **changes: Any) -> str:
    async with scripted_server(*lines) as (door, _heard):
        return await why_not(replace(LOGIN, port=door.port, **changes), error)


def test_secret_is_never_shown() -> None:
    assert "s3cret" not in repr(replace(LOGIN, user=USER, secret="s3cret"))


def test_wrong_password_is_tried_once_and_hidden_even_if_the_server_repeats_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        server, ca_file = certificate(tmp_path)
        async with moody_server(implicit=server) as door:
            login = replace(LOGIN, port=door.port, security=Security.TLS, user=USER, secret="s3cret", ca_file=ca_file)
            assert await why_not(login, LoginRefused) == (
                f"{HOST}:{door.port} refused the login of {USER}: 535 5.7.8 not ***. Check user and password"
            )
            assert door.mood.logins == ["PLAIN"]
            assert "puts the login of busy off: 454" in await why_not(replace(login, user="busy"), Throttled)

    run(scenario())


def test_right_password_signs_in(tmp_path: Path) -> None:
    async def scenario() -> None:
        server, ca_file = certificate(tmp_path)
        async with moody_server(starttls=server) as door:
            login = replace(LOGIN, port=door.port, security=Security.STARTTLS, user=USER, secret=SECRET)
            await connect_and_close(SmtpTransport(replace(login, ca_file=ca_file)))
            assert door.mood.logins == ["PLAIN"]

    run(scenario())


def test_hint_says_what_the_provider_wants() -> None:
    assert "QQ Mail wants its 授权码 (authorization code): mail.qq.com > Settings" in connect._login_hint("smtp.qq.com")
    assert "it answers the same when the service is switched off" in connect._login_hint("smtp.qq.com")
    assert connect._login_hint("smtp.fastmail.com").startswith(". Fastmail wants its app password: ")
    assert connect._login_hint("mail.example.com") == ". Check user and password"


GREETING = ("220 hello", "250-hello\r\n250 AUTH {}")


@pytest.mark.parametrize(
    ("methods", "script", "expected"),
    [
        ("LOGIN", ("334 UGFzcw==", "235 ok", "221 bye"), "AUTH LOGIN"),
        ("CRAM-MD5 GSSAPI", ("334 PDFAeD4=", "235 ok", "221 bye"), "AUTH CRAM-MD5"),
        ("CRAM-MD5 LOGIN PLAIN", ("235 ok", "221 bye"), "AUTH PLAIN"),
        ("LOGIN PLAIN", ("504 5.5.4 not that one", "334 UGFzcw==", "235 ok", "221 bye"), "AUTH LOGIN"),
    ],
)
def test_one_mechanism_is_chosen(methods: str, script: tuple[str, ...], expected: str) -> None:
    async def scenario() -> None:
        async with scripted_server(GREETING[0], GREETING[1].format(methods), *script) as (door, heard):
            await connect_and_close(SmtpTransport(replace(LOGIN, port=door.port, user=USER, secret=SECRET)))
            assert [line for line in heard if line.startswith(expected)]
            assert heard[-1] == "QUIT"

    run(scenario())


def test_login_that_is_not_offered_is_left_out_on_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with moody_server() as door:
            await connect_and_close(SmtpTransport(replace(LOGIN, port=door.port, user=USER, secret=SECRET)))
        async with scripted_server("220 hello", "250 hello") as (other, heard):
            monkeypatch.setattr(connect, "_sign_in_is_optional", lambda _host: False)
            login = replace(LOGIN, port=other.port, user=USER, secret="s3cret")
            assert "offers no login that mailcrm can use" in await why_not(login, LoginRefused)
            assert not any("AUTH" in line for line in heard)

    run(scenario())


@pytest.mark.parametrize("host", ["mail.example.com", "192.0.2.1", "2001:db8::1"])
def test_plain_text_over_a_network_is_refused_before_connecting(host: str) -> None:
    run(_expect(replace(LOGIN, host=host, port=25), PermanentError, "is not on this machine"))


async def _expect(login: SmtpLogin, error: type[MailcrmError], words: str) -> None:
    assert words in await why_not(login, error)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_old_server_without_ehlo_is_greeted_with_helo(host: str) -> None:
    async def scenario() -> None:
        async with scripted_server("220 hello", "502 what?", "250 hello", "221 bye") as (door, heard):
            await connect_and_close(SmtpTransport(replace(LOGIN, host=host, port=door.port)))
            assert [line.partition(" ")[0] for line in heard] == ["EHLO", "HELO", "QUIT"]

    run(scenario())


def test_closed_port_and_unknown_host_can_be_tried_again() -> None:
    async def scenario() -> None:
        async with moody_server() as door:
            port = door.port
        assert f"cannot reach {HOST}:{port}: Connect" in await why_not(replace(LOGIN, port=port), ConnectionLost)
        login = replace(LOGIN, host="no-such-host.invalid", port=465, security=Security.TLS)
        assert "cannot reach no-such-host.invalid:465" in await why_not(login, ConnectionLost)

    run(scenario())


@pytest.mark.parametrize(
    ("lines", "error", "words"),
    [
        (("421 4.3.2 too busy",), Throttled, "asks us to come back later: 421 4.3.2 too busy"),
        (("554 5.7.1 no service for you",), SenderRefused, "refuses us: 554 5.7.1 no service for you"),
        (("220 hi", "421 closing"), Throttled, "421 closing"),
        (("220 hi", "550 no", "550 still no"), SenderRefused, "refuses us: 550 still no"),
        (("SSH-2.0-OpenSSH_9.2",), ConnectionLost, "does not speak SMTP: Malformed SMTP response line: SSH-2.0"),
        ((), ConnectionLost, "cannot reach"),
        (("220 hi",), ConnectionLost, "cannot reach"),
        (("220 hi", "250-hi\r\n250 AUTH PLAIN"), ConnectionLost, "cannot reach"),
        (("220 hi", "250-hi\r\n250 AUTH PLAIN", "535 \xb5\xc7\xc2\xbc\xca\xa7\xb0\xdc"), LoginRefused, "535 登录失败"),
    ],
)
def test_door_that_stays_shut_says_why(lines: tuple[str, ...], error: type[MailcrmError], words: str) -> None:
    async def scenario() -> None:
        assert words in await what_of(error, *lines, user=USER, secret="s3cret")

    run(scenario())


def test_server_that_never_speaks_is_given_up() -> None:
    async def scenario() -> None:
        async with scripted_server(SILENCE) as (door, _heard):
            message = await why_not(replace(LOGIN, port=door.port, timeout=0.5), ConnectionLost)
            assert message == (
                f"{HOST}:{door.port} did not answer within 0.5 s; "
                "a port that expects TLS at once (465) needs security = 'tls'"
            )

    run(scenario())


# --- SMTP: protection --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize(("name", "known"), [(HOST, False), ("other.example", True)])
def test_certificate_that_cannot_be_trusted_stops_everything(
    security: Security, name: str, known: bool, tmp_path: Path
) -> None:
    async def scenario() -> None:
        server, ca_file = certificate(tmp_path, name)
        implicit, starttls = (server, None) if security is Security.TLS else (None, server)
        async with moody_server(implicit=implicit, starttls=starttls) as door:
            login = replace(LOGIN, port=door.port, security=security, user=USER, secret="s3cret")
            message = await why_not(replace(login, ca_file=ca_file) if known else login, PermanentError)
            assert f"the certificate of {HOST}:{door.port} is not valid: " in message
            assert ("IP address mismatch" if known else "unable to get local issuer certificate") in message
            assert "Nothing was sent" in message
            assert door.mood.logins == []

    run(scenario())


def test_starttls_that_is_not_offered_is_never_done_without() -> None:
    async def scenario() -> None:
        async with scripted_server("220 hello", "250-hello\r\n250 AUTH PLAIN", "250 ok") as (door, heard):
            login = replace(LOGIN, port=door.port, security=Security.STARTTLS, user=USER, secret="s3cret")
            assert "does not offer STARTTLS, so nothing was sent" in await why_not(login, PermanentError)
            await asyncio.sleep(0.01)
            assert [line.partition(" ")[0] for line in heard if line] == ["EHLO"]

    run(scenario())


def test_starttls_that_is_refused_is_never_done_without() -> None:
    async def scenario() -> None:
        lines = ("220 hello", "250-hello\r\n250 STARTTLS", "454 4.7.0 TLS not available", "250 ok")
        assert "TLS not available" in await what_of(Throttled, *lines, security=Security.STARTTLS)

    run(scenario())


def test_tls_on_a_port_that_begins_in_plain_text_is_told() -> None:
    async def scenario() -> None:
        message = await what_of(PermanentError, "220 hello, this is plain text", security=Security.TLS)
        assert "if the port begins in plain text (587), set security = 'starttls'" in message

    run(scenario())


def test_hang_up_during_the_handshake_can_be_tried_again() -> None:
    async def scenario() -> None:
        await what_of(ConnectionLost, security=Security.TLS)
        await what_of(ConnectionLost, "220 x", "250-x\r\n250 STARTTLS", "220 go", security=Security.STARTTLS)

    run(scenario())


def test_file_of_certificates_must_be_one(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("x")
    login = replace(LOGIN, security=Security.TLS)
    run(_expect(replace(login, ca_file=nothing), ConfigError, "smtp.ca_file: "))
    run(_expect(replace(login, ca_file=tmp_path / "absent.pem"), ConfigError, "No such file"))
