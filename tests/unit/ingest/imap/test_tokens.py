"""Logging in with an OAuth token: as the server offers it, and what is made of a refusal."""

import pytest

from mailcrm.errors import ConnectionLost, LoginRefused, MailcrmError, Throttled
from mailcrm.ingest.imap.failures import FreshTokenRefused, TokenExpired
from mailcrm.ingest.imap.mailbox import open_mailbox
from mailcrm.ingest.imap.session import Login, open_session
from mailcrm.model.provider import Security
from tests.providers.server import Quirks, ScriptedImap

TOKEN = "acc3ss"


class Source:
    """Gives `tokens`, one after the other as they are refused."""

    def __init__(self, *tokens: str) -> None:
        self._tokens, self.refused = list(tokens), [""]

    def __call__(self, refused: str = "") -> str:
        if refused:
            self.refused.append(refused)
            self._tokens.pop(0)
        return self._tokens[0]


def server_with(*capabilities: str) -> ScriptedImap:
    return ScriptedImap(Quirks(capabilities=("IMAP4rev1", *capabilities)), secret=TOKEN)


def open_(server: ScriptedImap, source: Source, user: str = "me@example.com") -> None:
    login = Login("127.0.0.1", server.port, Security.NONE, user, "", None, 2, 2, token=source)
    assert TOKEN not in repr(login)
    open_session(login).client.transport.shutdown()


def failure(server: ScriptedImap, source: Source) -> MailcrmError:
    with pytest.raises(MailcrmError) as caught:
        open_(server, source)
    assert TOKEN not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
@pytest.mark.parametrize("at_once", [("SASL-IR",), ()])
def test_a_token_is_shown_as_the_server_offers_it(mechanism: str, at_once: tuple[str, ...]) -> None:
    with server_with(f"AUTH={mechanism}", *at_once) as server:
        open_(server, Source(TOKEN))
        (said,) = server.sent("AUTHENTICATE")
        assert said.split()[1] == mechanism
        assert len(said.split()) == (3 if at_once else 2)


@pytest.mark.parametrize(("mechanism", "answer"), [("XOAUTH2", ""), ("OAUTHBEARER", "AQ==")])
@pytest.mark.parametrize("at_once", [("SASL-IR",), ()])
def test_a_refusal_is_answered_and_the_token_renewed(mechanism: str, answer: str, at_once: tuple[str, ...]) -> None:
    with server_with(f"AUTH={mechanism}", *at_once) as server:
        source = Source("old", TOKEN)
        open_(server, source)
        assert source.refused == ["", "old"]
        assert server.sent("(answer)") == [f"(answer) {answer}"]
        assert len(server.sent("AUTHENTICATE")) == 2


def test_a_fresh_token_that_is_refused_is_the_end() -> None:
    with server_with("AUTH=XOAUTH2", "SASL-IR") as server:
        source = Source("old", "n3w", "never")
        found = failure(server, source)
        assert type(found) is FreshTokenRefused
        assert source.refused == ["", "old"]
        assert "Authentication failed. (400). Did somebody else sign in" in str(found)


def test_the_password_is_never_tried_instead() -> None:
    with server_with("AUTH=PLAIN") as server:
        assert "takes no OAuth tokens" in str(failure(server, Source(TOKEN)))
        assert server.sent("LOGIN") + server.sent("AUTHENTICATE") == []


@pytest.mark.parametrize(
    ("answer", "kind"), [(b"NO [UNAVAILABLE] later", Throttled), (b"* BYE shutting down", ConnectionLost)]
)
def test_what_is_no_refusal_renews_nothing(answer: bytes, kind: type[MailcrmError]) -> None:
    with server_with("AUTH=XOAUTH2", "SASL-IR") as server:
        server.answer("AUTHENTICATE", answer)
        source = Source(TOKEN, "never")
        assert type(failure(server, source)) is kind
        assert source.refused == [""]


@pytest.mark.parametrize(
    "words",
    [
        b"* BYE Session expired, please login again.",
        b"* BYE [UNAVAILABLE?] AccessTokenExpired",
        b"* BYE Access Token Expired",
    ],
)
def test_a_session_that_ends_with_its_token_is_told_from_a_lost_one(words: bytes) -> None:
    with server_with("AUTH=XOAUTH2", "SASL-IR") as server:
        login = Login("127.0.0.1", server.port, Security.NONE, "me@example.com", "", None, 2, 2, token=Source(TOKEN))
        server.answer("LIST", words)
        with pytest.raises(TokenExpired, match="its token ran out"), open_mailbox(login) as mailbox:
            mailbox.list_folders()


def test_a_user_with_a_line_break_is_not_sent() -> None:
    with server_with("AUTH=XOAUTH2") as server:
        with pytest.raises(LoginRefused, match="control character"):
            open_(server, Source(TOKEN), user="me\x01auth=x")
        assert server.sent("AUTHENTICATE") == []
