"""Talks OAuth to an authorization server, by authlib, and says in our words what went wrong."""

import base64
import binascii
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from authlib.common.security import generate_token
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import DEFAULT_HEADERS, OAuth2Client

from mailcrm.clock import Clock
from mailcrm.errors import ConnectionLost, LoginRefused, MailcrmError, PermanentError, Throttled, UserError
from mailcrm.model.oauth import Client, Tokens, new_tokens
from mailcrm.service.oauth.web import Answer, Web

_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_USUAL_LIFETIME = 3600  # seconds, where a server does not say (RFC 6749, 5.1, leaves it open)
_LONGEST = 366 * 86400.0
_VERIFIER_LENGTH = 64  # RFC 7636 allows 43 to 128

# What a human must sign in for; the last three are Microsoft's, from OpenID Connect.
_SIGN_IN = {"invalid_grant", "interaction_required", "login_required", "consent_required"}
_WHO_ARE_YOU = {"invalid_client", "unauthorized_client"}
_LATER = {"temporarily_unavailable", "server_error", "slow_down"}


class _Refused(Exception):
    """The server's error code and its words. Not authlib's: that fails on the line breaks in Microsoft's words."""

    def __init__(self, error: object, description: object) -> None:
        self.error = str(error)
        self.words = " ".join(f"{self.error} {description or ''}".split())[:300]
        super().__init__(self.error)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in under way: what the browser must bring back, and what proves that it was us who began (PKCE)."""

    url: str
    redirect: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Device:
    """A sign-in on another device: `url` is where `user_code` is typed in. Seconds."""

    url: str
    user_code: str
    code: str = field(repr=False)
    interval: float
    expires_in: float


class AuthorizationServer:
    """One account's. `again` says what a human can do when the tokens are of no use any more.

    Every method that asks the server raises ConnectionLost and Throttled (nothing is known of the sign-in then), and
    PermanentError if it does not take us for its client.
    """

    def __init__(self, client: Client, web: Web, clock: Clock, again: str) -> None:
        self._client, self._web, self._clock, self._again = client, web, clock, again

    def begin(self, redirect: str) -> Attempt:
        """The page to sign in on; from there the browser comes to `redirect`. Nobody is asked yet."""
        endpoints, verifier = self._client.endpoints, generate_token(_VERIFIER_LENGTH)
        url, state = self._session().create_authorization_url(
            endpoints.authorization_url,
            code_verifier=verifier,
            redirect_uri=redirect,
            scope=list(endpoints.scopes),
            **dict(endpoints.extras),
        )
        return Attempt(url, redirect, state, verifier)

    def exchange(self, attempt: Attempt, code: str) -> Tokens:
        """The tokens for the code that the browser brought. Raises UserError if the code is over, or tokens lack."""
        with self._talking("the code", code, attempt.verifier):
            return self._tokens(
                self._session().fetch_token(
                    self._client.endpoints.token_url,
                    grant_type="authorization_code",
                    code=code,
                    redirect_uri=attempt.redirect,
                    code_verifier=attempt.verifier,
                )
            )

    def renew(self, tokens: Tokens) -> Tokens:
        """New tokens for old ones. Raises LoginRefused if somebody has to sign in again."""
        with self._talking("the refresh token", tokens.refresh):
            found = self._session().refresh_token(self._client.endpoints.token_url, refresh_token=tokens.refresh)
            return self._tokens(found, tokens.who)

    def begin_device(self) -> Device:
        """A code to be typed in on another device (RFC 8628). Raises UserError where the provider cannot do that."""
        url = self._client.endpoints.device_url
        if not url:
            raise UserError(
                "this provider has no sign-in on another device; use --paste on a machine without a browser"
            )
        with self._talking("the request"):
            data = {"scope": " ".join(self._client.endpoints.scopes)}
            answer = self._web.post(url, data, DEFAULT_HEADERS, self._auth())
            return _device(answer, _loaded(answer))

    def ask_device(self, device: Device) -> Tokens | None:
        """The tokens, None as long as nobody has signed in. Raises UserError if that was refused or took too long."""
        try:
            with self._talking("the code", device.code, pending=True):
                found = self._session().fetch_token(
                    self._client.endpoints.token_url, grant_type=_DEVICE_GRANT, device_code=device.code
                )
                return self._tokens(found)
        except _Refused:
            return None

    # --- below

    def _session(self) -> Any:
        session = OAuth2Client(
            self._web,
            self._client.id,
            self._client.secret or None,
            token_endpoint_auth_method=self._auth_method,
            code_challenge_method="S256",
        )
        session.oauth_error_class = _Refused  # type: ignore[assignment]  # it is raised, and nothing else
        return session

    @property
    def _auth_method(self) -> str:
        return "client_secret_post" if self._client.secret else "none"

    def _auth(self) -> Any:
        return ClientAuth(self._client.id, self._client.secret, self._auth_method)

    def _tokens(self, found: Any, who: str = "") -> Tokens:
        access, refresh = found.get("access_token"), found.get("refresh_token")
        if not isinstance(access, str) or not access:
            raise ValueError("no access token")
        if not isinstance(refresh, str) or not refresh:
            raise UserError(
                "the provider gave no refresh token, so every hour somebody would have to sign in. With Google: take "
                "mailcrm's access away at myaccount.google.com/permissions and sign in again; elsewhere "
                "accounts.oauth.scopes may lack offline_access"
            )
        lifetime = timedelta(seconds=_seconds(found.get("expires_in"), _USUAL_LIFETIME))
        return new_tokens(access, refresh, lifetime, self._clock(), _who(found.get("id_token")) or who)

    @contextmanager
    def _talking(self, what: str, *secrets: str, pending: bool = False) -> Iterator[None]:
        """Refusals in our words, without the secrets that were sent, should the server repeat them."""
        try:
            yield
        except _Refused as exc:
            if pending and exc.error == "authorization_pending":  # RFC 8628, section 3.5
                raise
            words = exc.words
            for secret in filter(None, (*secrets, self._client.secret)):
                words = words.replace(secret, "***")
            raise self._translation(exc.error, words, what) from exc
        except (ValueError, OverflowError) as exc:
            raise ConnectionLost(
                "the authorization server answers something that is no token; if it lasts, are the addresses in "
                "accounts.oauth right, and is there a login page of the network in between?"
            ) from exc

    def _translation(self, error: str, words: str, what: str) -> MailcrmError:
        if error in _SIGN_IN:
            if what == "the refresh token":
                return LoginRefused(f"the sign-in is not valid any more ({words}): {self._again}")
            return UserError(f"{what} was not accepted ({words}); it may be too old or used already: {self._again}")
        if error == "expired_token":
            return UserError(f"nobody signed in in time: {self._again}")
        if error == "access_denied":
            return UserError(f"the sign-in was refused in the browser; if that was a mistake: {self._again}")
        if error in _WHO_ARE_YOU:
            return PermanentError(
                f"the provider does not take us for its client ({words}): check client_id and client_secret in accounts.oauth"
            )
        if error in _LATER:
            return Throttled(f"the authorization server is busy: {words}")
        return PermanentError(f"the authorization server refuses {what}: {words}. Check accounts.oauth")


def _loaded(answer: Answer) -> dict[str, Any]:
    if answer.status_code >= 500:
        answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise answer.unusable()
    if "error" in found:
        raise _Refused(found["error"], found.get("error_description"))
    return found


def _device(answer: Answer, found: dict[str, Any]) -> Device:
    url = found.get("verification_uri") or found.get("verification_url")  # the second is Google's
    if not (url and found.get("user_code") and found.get("device_code")):
        raise answer.unusable()
    return Device(
        str(url), str(found["user_code"]), str(found["device_code"]), _seconds(found.get("interval"), 5),
        _seconds(found.get("expires_in"), 900),
    )  # fmt: skip


def _seconds(value: object, otherwise: int) -> float:
    """A number of seconds, which some servers write as text."""
    try:
        return min(max(0.0, float(value)), _LONGEST) if isinstance(value, str | int | float) else otherwise
    except ValueError:
        return otherwise


def _who(id_token: object) -> str:
    """The address in an ID token. It came from the server itself, over TLS, so its signature says nothing new
    (OpenID Connect Core, 3.1.3.7); it is for messages only."""
    try:
        payload = str(id_token).split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims.get("email") or claims.get("preferred_username") or "")
    except (IndexError, ValueError, AttributeError, binascii.Error):
        return ""
