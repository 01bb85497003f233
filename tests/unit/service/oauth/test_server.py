"""Talking to an authorization server: what is asked, and what each refusal means for a human."""

import http.client
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from mailcrm.config import Secret
from mailcrm.errors import ConnectionLost, MailcrmError, PermanentError, Throttled, UserError
from mailcrm.model.oauth import ENDPOINTS, Client, OAuthProvider
from mailcrm.service.oauth.server import Attempt, AuthorizationServer
from mailcrm.service.oauth.tokens import authorization_server
from mailcrm.service.oauth.web import Web
from tests.unit.service.oauth.house import House, a_house

REDIRECT = "http://127.0.0.1:8765/"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with a_house(tmp_path) as found:
        yield found


def server_of(house: House) -> AuthorizationServer:
    return authorization_server(house.app.config, house.account, house.clock)


def browse(url: str) -> dict[str, str]:
    """What the browser brings back from the page."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.request("GET", f"{parts.path}?{parts.query}")
    back = connection.getresponse().headers["Location"]
    connection.close()
    assert back.startswith(REDIRECT)
    return {key: values[0] for key, values in parse_qs(urlsplit(back).query).items()}


def test_a_code_becomes_tokens(house: House) -> None:
    server = server_of(house)
    attempt = server.begin(REDIRECT)
    brought = browse(attempt.url)
    assert brought["state"] == attempt.state
    found = server.exchange(attempt, brought["code"])
    assert house.server.active(found.access) == house.server.user
    assert found.who == house.server.user
    assert house.server.pages[0]["scope"] == "mail offline_access"


def test_two_attempts_share_no_secret(house: House) -> None:
    one, two = server_of(house).begin(REDIRECT), server_of(house).begin(REDIRECT)
    assert len({one.state, two.state, one.verifier, two.verifier}) == 4
    assert len(one.verifier) >= 43
    assert one.verifier not in one.url
    assert one.verifier not in repr(one)


@pytest.mark.parametrize(
    "changed",
    [{"verifier": "x" * 64}, {"redirect": "http://127.0.0.1:1/"}],
)
def test_a_code_is_of_no_use_to_anybody_else(house: House, changed: dict[str, str]) -> None:
    server = server_of(house)
    attempt = server.begin(REDIRECT)
    code = browse(attempt.url)["code"]
    with pytest.raises(UserError, match="the code was not accepted"):
        server.exchange(replace(attempt, **changed), code)


def test_a_code_is_good_once(house: House) -> None:
    server = server_of(house)
    attempt = server.begin(REDIRECT)
    code = browse(attempt.url)["code"]
    server.exchange(attempt, code)
    with pytest.raises(UserError) as caught:
        server.exchange(attempt, code)
    assert "it may be too old or used already: sign in again: mailcrm accounts sign-in shop" in str(caught.value)
    assert code not in str(caught.value)


def test_without_a_refresh_token_a_sign_in_is_of_no_use(house: House) -> None:
    house.server.without_refresh_token = True
    server = server_of(house)
    attempt = server.begin(REDIRECT)
    with pytest.raises(UserError, match=r"no refresh token.*myaccount\.google\.com.*offline_access"):
        server.exchange(attempt, browse(attempt.url)["code"])


def test_the_secret_of_the_client_goes_with_each_request(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.server.client_secret = "hunter2"
    monkeypatch.setenv("CLIENT", "hunter2")
    (account,) = house.app.config.accounts
    assert account.oauth is not None
    section = account.oauth.model_copy(update={"client_secret": Secret(env="CLIENT")})
    server = authorization_server(house.app.config, account.model_copy(update={"oauth": section}), house.clock)
    attempt = server.begin(REDIRECT)
    assert "hunter2" not in attempt.url
    found = server.exchange(attempt, browse(attempt.url)["code"])
    assert house.server.active(server.renew(found).access)
    house.server.client_secret = "another"
    with pytest.raises(PermanentError) as caught:
        server.renew(found)
    assert "AADSTS7000215" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def page_of(provider: OAuthProvider) -> dict[str, str]:
    server = AuthorizationServer(Client("me", ENDPOINTS[provider]), Web(None, 1), lambda: None, "")  # type: ignore[arg-type, return-value]
    return {key: values[0] for key, values in parse_qs(urlsplit(server.begin(REDIRECT).url).query).items()}


def test_google_is_asked_for_a_refresh_token_each_time() -> None:
    page = page_of(OAuthProvider.GOOGLE)
    assert (page["access_type"], page["prompt"]) == ("offline", "consent")
    assert "https://mail.google.com/" in page["scope"].split()
    assert page["code_challenge_method"] == "S256"


def test_microsoft_is_asked_for_mail_and_a_refresh_token() -> None:
    scopes = page_of(OAuthProvider.MICROSOFT)["scope"].split()
    assert {"offline_access", "https://outlook.office.com/IMAP.AccessAsUser.All"} <= set(scopes)


# --- on another device


def test_a_sign_in_on_another_device(house: House) -> None:
    house.server.device_approved = False
    server = server_of(house)
    device = server.begin_device()
    assert (device.user_code, device.url) == ("ABCD-EFGH", house.server.url("activate"))
    assert server.ask_device(device) is None
    house.server.approve_devices()
    found = server.ask_device(device)
    assert found is not None
    assert house.server.active(found.access)
    assert device.code not in repr(device)


@pytest.mark.parametrize(
    ("refusal", "words"), [("access_denied", "refused in the browser"), ("expired_token", "nobody signed in in time")]
)
def test_a_sign_in_on_another_device_that_fails_says_why(house: House, refusal: str, words: str) -> None:
    house.server.refusal = refusal
    server = server_of(house)
    with pytest.raises(UserError, match=words):
        server.ask_device(server.begin_device())


def test_a_provider_without_that_says_so(house: House) -> None:
    server = AuthorizationServer(Client("me", ENDPOINTS[OAuthProvider.GOOGLE]), Web(None, 1), house.clock, "")
    with pytest.raises(UserError, match="no sign-in on another device; use --paste"):
        server.begin_device()


# --- what a server may answer


def refused(house: House, answer: bytes, ask: Callable[[AuthorizationServer], Any]) -> MailcrmError:
    house.server.broken = answer
    with pytest.raises(MailcrmError) as caught:
        ask(server_of(house))
    return caught.value


def test_each_refusal_says_what_to_do(house: House) -> None:
    given = house.sign_in()

    def renew(server: AuthorizationServer) -> Any:
        return server.renew(given)

    def exchange(server: AuthorizationServer) -> Any:
        return server.exchange(Attempt("", REDIRECT, "s", "v" * 64), "code")

    busy = refused(house, b'{"error": "temporarily_unavailable"}', renew)
    assert isinstance(busy, Throttled)
    scope = refused(house, b'{"error": "invalid_scope"}', exchange)
    assert isinstance(scope, PermanentError)
    assert "refuses the code: invalid_scope. Check accounts.oauth" in str(scope)
    empty = refused(house, b'{"token_type": "Bearer"}', renew)
    assert isinstance(empty, ConnectionLost)


@pytest.mark.parametrize("expires_in", ["3600", '"3600"', "null"])
def test_a_lifetime_may_be_written_in_any_way(house: House, expires_in: str) -> None:
    given = house.sign_in()
    house.server.broken = f'{{"access_token": "a", "refresh_token": "b", "expires_in": {expires_in}}}'.encode()
    assert (server_of(house).renew(given).expires_at - house.now).total_seconds() == 3600


@pytest.mark.parametrize("expires_in", ["1e300", "99999999999999"])
def test_a_lifetime_beyond_reason_is_a_year(house: House, expires_in: str) -> None:
    given = house.sign_in()
    house.server.broken = f'{{"access_token": "a", "refresh_token": "b", "expires_in": {expires_in}}}'.encode()
    assert (server_of(house).renew(given).expires_at - house.now).days == 366


@pytest.mark.parametrize("id_token", ['"x"', '"a.b.c"', '"e30.W10.x"', "7", "null", '"e30.e30.x"'])
def test_an_id_token_that_cannot_be_read_says_nothing(house: House, id_token: str) -> None:
    given = house.sign_in()
    house.server.broken = f'{{"access_token": "a", "refresh_token": "b", "id_token": {id_token}}}'.encode()
    assert server_of(house).renew(replace(given, who="me")).who == "me"
