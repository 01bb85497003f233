"""Turns what can go wrong on an IMAP connection into our own errors, in words that say what to do."""

import imaplib
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mailcrm.errors import (
    ConnectionLost,
    LoginRefused,
    LoginUnclear,
    MailcrmError,
    PermanentError,
    Throttled,
    TransientError,
)
from mailcrm.ingest.imap.responses import readable
from mailcrm.ingest.imap.verdict import CAUSES, LoginVerdict, asks_to_wait, judge_login, suggested_wait
from mailcrm.model.proxy import Proxy

_NOT_CONNECTED = "authenticated but not connected"  # Microsoft, imapflow#314
_UNSAFE_LOGIN = "unsafe login"  # NetEase, imapclient#544
# How Exchange and Gmail end a session whose token has run out (imapsync#250; Gmail's words are from its forum).
_TOKEN_OVER = re.compile(r"access ?token ?expired|session expired", re.IGNORECASE)


class CommandRefused(TransientError):
    """The server refused a command. The connection still works, and other folders may."""


class TokenExpired(ConnectionLost):
    """The server does not take the OAuth token, or not any more. A new one, and a new connection, will do."""


class FreshTokenRefused(LoginUnclear):
    """The server does not take an OAuth token that was made a moment ago; who gave it has said that the sign-in is right."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server is, how long it is waited for, in seconds, and the proxy on the way."""

    host: str
    port: int
    connect_timeout: float
    read_timeout: float
    proxy: Proxy | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@contextmanager
def translated(place: Place) -> Iterator[None]:
    """Whatever the socket, TLS or imaplib raise inside becomes a ConnectionLost, Throttled or PermanentError."""
    try:
        yield
    except (OSError, imaplib.IMAP4.error, UnicodeError) as exc:
        raise _translation(exc, place) from exc


def refusal(place: Place, text: bytes, doing: str) -> MailcrmError:
    """The error for a NO or BAD after the login: Throttled, PermanentError or CommandRefused."""
    said = readable(text)
    if asks_to_wait(text):
        return Throttled(f"{place} asks us to slow down: {said}", wait=suggested_wait(text))
    if _UNSAFE_LOGIN in said.lower():
        return PermanentError(
            f"{place} does not let us open folders: {said}. Sign in to the web mail, confirm its security notice "
            "or make a new authorization code"
        )
    if _NOT_CONNECTED in said.lower():
        return ConnectionLost(
            f"{place} took the login but does not connect it to a mailbox: {said}. If it lasts: is IMAP allowed for "
            "this mailbox, and is it the right one?"
        )
    return CommandRefused(f"{place} refused to {doing}: {said}")


def login_refusal(place: Place, text: bytes, user: str, secret: str, *, ambiguous: bool = False) -> MailcrmError:
    """The error for a NO or BAD to the login: Throttled, LoginRefused where it is proved that the login is wrong, or
    LoginUnclear with all that may be the cause. `ambiguous`: this server has one answer for everything.

    The text is without the secret, should the server repeat it.
    """
    said = readable(text.replace(secret.encode(), b"***"))
    match judge_login(text, ambiguous=ambiguous):
        case LoginVerdict.SLOW_DOWN:
            return Throttled(f"{place} does not take the login of {user} now: {said}", wait=suggested_wait(text))
        case LoginVerdict.WRONG:
            return LoginRefused(f"{place} refused the login of {user}: {said}")
    return LoginUnclear(f"{place} refused the login of {user}: {said}", problems=CAUSES)


def token_refusal(place: Place, text: bytes, why: str, user: str, token: str, *, fresh: bool) -> MailcrmError:
    """The error for a NO or BAD to a token: Throttled, TokenExpired, or FreshTokenRefused if it was `fresh`.

    `why` is what the server said in its challenge.
    """
    said = " ".join(filter(None, (readable(text.replace(token.encode(), b"***")), why and f"({why})")))
    if asks_to_wait(text):
        return Throttled(f"{place} does not take the login of {user} now: {said}", wait=suggested_wait(text))
    if not fresh:
        return TokenExpired(f"{place} refused the token of {user}: {said}")
    return FreshTokenRefused(
        f"{place} refused a fresh token of {user}: {said}. Did somebody else sign in, was access to mail not granted, or "
        "is IMAP switched off for this mailbox?"
    )


def _translation(exc: OSError | imaplib.IMAP4.error | UnicodeError, place: Place) -> MailcrmError:
    if isinstance(exc, ssl.SSLCertVerificationError):
        return PermanentError(
            f"the certificate of {place} is not trusted: {exc.verify_message or exc.reason}; set ca_file to the "
            "authority that signed it, or use the host name it was made for"
        )
    if isinstance(exc, ssl.SSLError) and exc.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return PermanentError(f"{place} does not speak TLS on this port; is the port right, or is security 'starttls'?")
    if isinstance(exc, imaplib.IMAP4.error):
        return _of_imaplib(exc, place)
    return ConnectionLost(_plain_words(exc, place))


def _of_imaplib(exc: imaplib.IMAP4.error, place: Place) -> MailcrmError:
    """imaplib gives a text, or the line of the server as bytes."""
    text = exc.args[0] if exc.args else b""
    text = (text if isinstance(text, bytes) else str(text).encode()).removeprefix(b"* BYE ")
    if asks_to_wait(text):
        return Throttled(f"{place} asks us to slow down: {readable(text)}", wait=suggested_wait(text))
    if _TOKEN_OVER.search(readable(text)):
        return TokenExpired(f"{place} ended the session, since its token ran out: {readable(text)}")
    return ConnectionLost(f"the connection to {place} broke off: {readable(text)}")


def _plain_words(exc: OSError | UnicodeError, place: Place) -> str:
    match exc:
        case socket.gaierror() | UnicodeError():
            return f"cannot find the host {place.host}: is its name right, and does name resolution work?"
        case ConnectionRefusedError():
            return f"cannot reach {place}: connection refused; is the port right?"
        case TimeoutError():
            return f"{place} does not answer; is the network up, and the port right?"
        case _:
            return f"the connection to {place} was lost: {exc.strerror or exc}"
