"""Signing in to send with an OAuth token."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from mailcrm.campaigns.delivery.transport import SmtpTransport
from mailcrm.errors import LoginRefused, MailcrmError, PermanentError, Throttled
from mailcrm.model.provider import Security
from tests.contract.moody_server import SECRET, USER, moody_server, scripted_server
from tests.contract.scene import LOGIN, certificate, connect_and_close, run

TOKEN = "acc3ss"
WHY = base64.b64encode(b'{"status":"401","schemes":"bearer"}').decode()
HELLO = ("220 hello", "250-hello\r\n250 AUTH PLAIN {}")
REFUSED = (f"334 {WHY}", "535 5.7.8 no")


class Source:
    """Gives `tokens`, one after the other as they are refused."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens)
        self.refused: list[str] = []

    def __call__(self, refused: str = "") -> str:
        if refused:
            self.refused.append(refused)
            self._tokens.pop(0)
        return self._tokens[0]


def hello(mechanisms: str) -> tuple[str, str]:
    return HELLO[0], HELLO[1].format(mechanisms)


@pytest.mark.parametrize(
    ("offered", "said"),
    [
        ("XOAUTH2 OAUTHBEARER", b"user=sales@shop.example\x01auth=Bearer acc3ss\x01\x01"),
        ("OAUTHBEARER", b"n,a=sales@shop.example,\x01host=127.0.0.1\x01port=%d\x01auth=Bearer acc3ss\x01\x01"),
    ],
)
def test_a_token_signs_in(offered: str, said: bytes) -> None:
    async def scenario() -> None:
        async with scripted_server(*hello(offered), "235 ok", "221 bye") as (door, heard):
            login = replace(LOGIN, port=door.port, user=USER, token=Source(TOKEN))
            assert TOKEN not in repr(login)
            await connect_and_close(SmtpTransport(login))
            (line,) = [each for each in heard if each.startswith("AUTH ")]
            assert line.split()[1] == offered.split()[0]
            assert base64.b64decode(line.split()[2]) == (said % door.port if b"%d" in said else said)

    run(scenario())


@pytest.mark.parametrize(("mechanism", "answer"), [("XOAUTH2", ""), ("OAUTHBEARER", "AQ==")])
def test_a_refused_token_is_answered_for_and_renewed(mechanism: str, answer: str) -> None:
    async def scenario() -> None:
        source = Source("old", TOKEN)
        async with scripted_server(*hello(mechanism), *REFUSED) as (door, heard):
            login = replace(LOGIN, port=door.port, user=USER, token=source)
            with pytest.raises(LoginRefused, match=r"535 5\.7\.8 no \(401\)\. Did somebody else sign in"):
                await SmtpTransport(login).connect()  # this server says the same each time
            assert heard[2] == answer
            shown = [base64.b64decode(line.split()[2]) for line in heard if line.startswith("AUTH ")]
        assert [b"old" in shown[0], TOKEN.encode() in shown[1], len(shown)] == [True, True, 2]
        assert source.refused == ["old"]

    run(scenario())


def test_the_renewed_token_signs_in(tmp_path: Path) -> None:
    async def scenario() -> None:
        server, ca_file = certificate(tmp_path)
        async with moody_server(implicit=server) as door:
            source = Source("old", SECRET)
            login = replace(LOGIN, port=door.port, security=Security.TLS, user=USER, ca_file=ca_file, token=source)
            await connect_and_close(SmtpTransport(login))
            assert door.mood.logins == ["XOAUTH2", "XOAUTH2"]
            assert source.refused == ["old"]

    run(scenario())


async def why_not(error: type[MailcrmError], source: Source, *lines: str) -> str:
    async with scripted_server(*lines) as (door, _heard):
        with pytest.raises(error) as caught:
            await SmtpTransport(replace(LOGIN, port=door.port, user=USER, token=source)).connect()
    assert type(caught.value) is error
    assert TOKEN not in str(caught.value)
    return str(caught.value)


def test_what_is_no_refusal_renews_nothing() -> None:
    async def scenario() -> None:
        source = Source(TOKEN, "never")
        await why_not(Throttled, source, *hello("XOAUTH2"), "454 4.7.0 later")
        assert "takes no OAuth tokens" in await why_not(PermanentError, source, *hello("LOGIN"))
        assert source.refused == []

    run(scenario())
