"""Signing in without a password: whose page one signs in on, the tokens that come of it, and how a server is shown one.

OAuth 2.0 (RFC 6749) with PKCE (RFC 7636) and loopback redirects (RFC 8252); towards mail servers XOAUTH2, which the
large providers document, or OAUTHBEARER (RFC 7628).
"""

import base64
import binascii
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

_AHEAD = timedelta(minutes=5)
_MECHANISMS = ("XOAUTH2", "OAUTHBEARER")


class OAuthProvider(StrEnum):
    """Those whose pages are known."""

    GOOGLE = "google"
    MICROSOFT = "microsoft"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where one signs in, where tokens come from, and what is asked for. `{tenant}` is Microsoft's.

    `extras` are added to the address of the page. `redirect_host`: by which name of this machine the provider sends
    people back; Microsoft takes any port of localhost only, RFC 8252 (7.3) prefers 127.0.0.1.
    """

    authorization_url: str
    token_url: str
    device_url: str = ""
    scopes: tuple[str, ...] = ()
    extras: tuple[tuple[str, str], ...] = ()
    redirect_host: str = "127.0.0.1"


ENDPOINTS = {
    OAuthProvider.GOOGLE: Endpoints(
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        scopes=("openid", "email", "https://mail.google.com/"),
        # Google gives a refresh token for these two only, and without the second only the first time.
        extras=(("access_type", "offline"), ("prompt", "consent")),
    ),
    OAuthProvider.MICROSOFT: Endpoints(
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode",
        (
            "openid", "email", "profile", "offline_access",
            "https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send",
        ),
        extras=(("prompt", "select_account"),),
        redirect_host="localhost",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are to an authorization server. A program on somebody's own machine often has no secret ('')."""

    id: str
    endpoints: Endpoints
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a sign-in gave. `renew_at` is when to get a new access token, some time before `expires_at`; both aware.

    `who` is the address that the provider says has signed in, '' if it does not say.
    """

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    renew_at: datetime
    expires_at: datetime
    who: str = ""

    def good(self, now: datetime, refused: str = "") -> bool:
        """Whether the access token can be shown to a server that has not refused it."""
        return now < self.renew_at and self.access != refused


class TokenSource(Protocol):
    """Gives the access token of one account; the mailbox and the sender share it."""

    def __call__(self, refused: str = "") -> str:
        """One that holds for a while; another than `refused`, which a server did not take. May take some seconds.

        Raises LoginRefused if somebody has to sign in (again), ConnectionLost and Throttled while there is none to be had.
        """
        ...


def new_tokens(access: str, refresh: str, lifetime: timedelta, now: datetime, who: str = "") -> Tokens:
    """Tokens that were just given: renewed 5 minutes before the end, short ones in the last quarter of their life."""
    return Tokens(access, refresh, now + lifetime - min(_AHEAD, lifetime / 4), now + lifetime, who)


# --- towards a mail server ---------------------------------------------------------------------------------------


def chosen_mechanism(offered: Collection[str]) -> str | None:
    """The way in which to show a token, of those that a server offers (upper case); None if there is none."""
    return next((each for each in _MECHANISMS if each in offered), None)


def first_message(mechanism: str, user: str, host: str, port: int, token: str) -> bytes:
    """What is said with AUTHENTICATE or AUTH, in base64."""
    if mechanism == "XOAUTH2":
        text = f"user={user}\x01auth=Bearer {token}\x01\x01"
    else:
        name = user.replace("=", "=3D").replace(",", "=2C")  # RFC 5801, section 4
        text = f"n,a={name},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01"
    return base64.b64encode(text.encode())


def last_message(mechanism: str) -> bytes:
    """What a server wants to hear after it told, in a challenge, why it refuses the token: then comes its NO."""
    return b"" if mechanism == "XOAUTH2" else b"AQ=="  # RFC 7628, section 3.2.3: a single ^A


def challenge_words(challenge: bytes) -> str:
    """The reason in such a challenge (JSON in base64), '' if there is none to be read."""
    try:
        found = json.loads(base64.b64decode(challenge, validate=True))
    except (binascii.Error, ValueError):
        return ""
    if not isinstance(found, dict):
        return ""
    words = [str(found[key]) for key in ("status", "error_description") if found.get(key)]
    return " ".join(" ".join(words).split())[:200]
