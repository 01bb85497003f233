"""Logging in with tokens on a real server, by each mechanism, with each way to offer it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mailcrm.errors import LoginRefused
from mailcrm.ingest.imap.mailbox import Login, open_mailbox
from mailcrm.model.provider import Security
from tests.conftest import require
from tests.servers.authorization import AuthorizationServer
from tests.servers.dovecot import Dovecot
from tests.servers.token_dovecot import TokenDovecot

USER = "ann@own.example"
MECHANISMS = ("xoauth2", "oauthbearer")


@pytest.fixture(scope="module")
def server() -> Iterator[AuthorizationServer]:
    with AuthorizationServer(USER) as found:
        yield found


@pytest.fixture(scope="module", params=MECHANISMS)
def imap(request: pytest.FixtureRequest, server: AuthorizationServer) -> Iterator[Dovecot]:
    """One that offers a single mechanism."""
    require(Dovecot)
    with TokenDovecot(server, request.param) as found:
        yield found


class Source:
    """Tokens by hand: the first is shown first, the second when the first was refused."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = tokens
        self.refused: list[str] = []

    def __call__(self, refused: str = "") -> str:
        self.refused += [refused] if refused else []
        return self._tokens[len(self.refused)]


def login_to(imap: Dovecot, token: Callable[..., str], user: str = USER) -> Login:
    return Login(imap.host, imap.tls_port, Security.TLS, user, "", imap.ca_file, 10, 10, token=token)


def test_a_token_opens_the_mailbox(imap: Dovecot, server: AuthorizationServer) -> None:
    source = Source(server.give()["access_token"])
    with open_mailbox(login_to(imap, source)) as mailbox:
        assert "INBOX" in [folder.name for folder in mailbox.list_folders()]
    assert source.refused == []


def test_a_token_that_is_refused_is_replaced_once(imap: Dovecot, server: AuthorizationServer) -> None:
    source = Source("old", server.give()["access_token"])
    with open_mailbox(login_to(imap, source)) as mailbox:
        assert mailbox.list_folders()
    assert source.refused == ["old"]


def test_a_fresh_token_that_is_refused_says_what_may_be_wrong(imap: Dovecot) -> None:
    source = Source("old", "n3w", "never")
    with pytest.raises(LoginRefused) as caught, open_mailbox(login_to(imap, source)):
        pass
    assert source.refused == ["old"]
    assert "refused a fresh token of ann@own.example: " in str(caught.value)
    assert "Did somebody else sign in" in str(caught.value)
    assert "n3w" not in str(caught.value)


def test_the_token_of_somebody_else_opens_nothing(imap: Dovecot, server: AuthorizationServer) -> None:
    other = server.give("bob@own.example")["access_token"]
    with pytest.raises(LoginRefused), open_mailbox(login_to(imap, Source(other, other))):
        pass


def test_a_server_without_tokens_says_so(dovecot: Dovecot) -> None:
    with pytest.raises(LoginRefused, match="takes no OAuth tokens"), open_mailbox(login_to(dovecot, Source("x"))):
        pass
