"""From a host name to a connection that is protected and signed in, or one clear sentence about why not."""

import asyncio
import ipaddress
import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiosmtplib

from mailcrm.campaigns.delivery.attempt import reply_text
from mailcrm.errors import (
    ConfigError,
    ConnectionLost,
    LoginRefused,
    MailcrmError,
    PermanentError,
    SenderRefused,
    Throttled,
)
from mailcrm.model.oauth import TokenSource, challenge_words, chosen_mechanism, first_message, last_message
from mailcrm.model.provider import Security, provider_for_host

REPLY_SECONDS = 600.0
"""RFC 5321 section 4.5.3.2.6: ten minutes for the reply to the final dot; whoever gives up sooner is left in doubt."""

_NEXT_METHOD = 504  # RFC 4954: this mechanism is not supported after all
_CHALLENGE, _SIGNED_IN = 334, 235
_TOKEN_HINT = (
    ". Did somebody else sign in, or was sending not granted? With Microsoft 365, SMTP AUTH may be switched off"
)


@dataclass(frozen=True, slots=True)
class SmtpLogin:
    """How to reach a submission server. Seconds; `secret` never shows in a repr. No `user`: no login is tried.

    `token` gives access tokens where one signs in by OAuth; `secret` is not used then.
    """

    host: str
    port: int
    security: Security
    user: str | None = None
    secret: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout: float = 60.0
    reply_timeout: float = REPLY_SECONDS
    token: TokenSource | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """For messages."""
        return f"{self.host}:{self.port}"


def tls_context(login: SmtpLogin) -> ssl.SSLContext:
    """Certificates and names are always checked. Raises ConfigError if `ca_file` cannot be used."""
    try:
        return ssl.create_default_context(cafile=None if login.ca_file is None else str(login.ca_file))
    except OSError as exc:
        raise ConfigError(
            f"smtp.ca_file: {login.ca_file} is not a file of certificates: {exc.strerror or exc}"
        ) from exc


async def open_client(login: SmtpLogin, context: ssl.SSLContext | None) -> aiosmtplib.SMTP:
    """A client that may send at once; a token that is refused is renewed, once.

    Raises ConnectionLost, Throttled, LoginRefused, SenderRefused, PermanentError.
    """
    if login.token is None:
        return await _opened(login, context)
    # In a thread: it looks into the database, and may have to ask the provider, while other mails are on their way.
    token = await asyncio.to_thread(login.token)
    try:
        return await _opened(replace(login, secret=token), context)
    except LoginRefused:
        renewed = await asyncio.to_thread(login.token, token)
    return await _opened(replace(login, secret=renewed), context)


async def _opened(login: SmtpLogin, context: ssl.SSLContext | None) -> aiosmtplib.SMTP:
    if login.security is Security.NONE and not _is_loopback(login.host):
        raise PermanentError(f"{login.place} is not on this machine: use security = 'tls' or 'starttls'")
    client = aiosmtplib.SMTP(
        hostname=login.host,
        port=login.port,
        timeout=login.timeout,
        use_tls=login.security is Security.TLS,
        start_tls=False,  # done below, where it is either complete or an error
        tls_context=context,
        local_hostname="localhost",  # replaced as soon as our own address is known; saves a slow name look-up
    )
    try:
        await _open(client, login)
    except (aiosmtplib.SMTPException, OSError) as exc:
        drop(client)
        raise _translated(exc, login) from exc
    except BaseException:
        drop(client)
        raise
    return client


def drop(client: aiosmtplib.SMTP) -> None:
    """Ends the connection at once: nothing that is still buffered goes out."""
    transport = client.transport
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


async def _open(client: aiosmtplib.SMTP, login: SmtpLogin) -> None:
    await client.connect()
    client.local_hostname = _address_literal(client)
    if login.security is Security.STARTTLS:
        await _greet(client)
        if not client.supports_extension("starttls"):
            raise PermanentError(
                f"{login.place} does not offer STARTTLS, so nothing was sent; use port 465 with security = 'tls'"
            )
        await client.starttls()
    await _greet(client)
    if login.user is not None and login.token is not None:
        await _show_token(client, login, login.user)
    elif login.user is not None:
        await _sign_in(client, login, login.user)


async def _greet(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo()


def _address_literal(client: aiosmtplib.SMTP) -> str:
    """Our name for EHLO, as mail programs do it: the address we talk from (RFC 5321 section 4.1.3)."""
    address = ipaddress.ip_address(str(client.get_transport_info("sockname")[0]).partition("%")[0])
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


# --- signing in --------------------------------------------------------------------------------------------------


async def _sign_in(client: aiosmtplib.SMTP, login: SmtpLogin, user: str) -> None:
    """One try with one mechanism: trying the same wrong password three ways can lock an account."""
    offered = {
        "plain": client.auth_plain,
        "login": client.auth_login,
        "cram-md5": client.auth_crammd5,
    }
    methods = [offered[name] for name in offered if name in client.supported_auth_methods]
    if not methods:
        if _sign_in_is_optional(login.host):
            return
        raise LoginRefused(f"{login.place} offers no login that mailcrm can use; is this the submission server?")
    for position, method in enumerate(methods, 1):
        try:
            await method(user, login.secret or "")
            return
        except aiosmtplib.SMTPAuthenticationError as exc:
            if exc.code != _NEXT_METHOD or position == len(methods):
                raise _refused(exc, login) from exc


async def _show_token(client: aiosmtplib.SMTP, login: SmtpLogin, user: str) -> None:
    """XOAUTH2 or OAUTHBEARER; a server tells why it refuses, and wants an answer to that."""
    token = login.secret or ""
    mechanism = chosen_mechanism({name.upper() for name in client.server_auth_methods})
    if mechanism is None:
        raise PermanentError(
            f"{login.place} takes no OAuth tokens (neither XOAUTH2 nor OAUTHBEARER); is it the right server?"
        )
    if any(ord(letter) < 32 for letter in user + token):
        raise LoginRefused(f"the login or the token for {login.place} holds a control character")
    message, why = first_message(mechanism, user, login.host, login.port, token), ""
    reply = await client.execute_command(b"AUTH", mechanism.encode(), message)
    if reply.code == _CHALLENGE:
        why = challenge_words(reply.message.encode())
        reply = await client.execute_command(last_message(mechanism))
    if reply.code != _SIGNED_IN:
        words = f"{reply.message} ({why})" if why else reply.message
        raise _refused(aiosmtplib.SMTPAuthenticationError(reply.code, words), login)


def _sign_in_is_optional(host: str) -> bool:
    """A relay on this machine trusts it, and often offers no login at all."""
    return _is_loopback(host)


def _refused(exc: aiosmtplib.SMTPAuthenticationError, login: SmtpLogin) -> MailcrmError:
    words = _words(exc, login)
    if 400 <= exc.code < 500:
        return Throttled(f"{login.place} puts the login of {login.user} off: {words}")
    hint = _TOKEN_HINT if login.token is not None else _login_hint(login.host)
    return LoginRefused(f"{login.place} refused the login of {login.user}: {words}{hint}")


def _login_hint(host: str) -> str:
    provider = provider_for_host(host)
    if provider is None or not provider.code_name:
        return ". Check user and password"
    hint = f". {provider.title} wants its {provider.code_name}: {provider.code_where[0]}"
    if provider.ambiguous_login:
        hint += "; it answers the same when the service is switched off or after too many logins"
    return hint


# --- errors ------------------------------------------------------------------------------------------------------


def _translated(exc: Exception, login: SmtpLogin) -> MailcrmError:
    broken = _tls_fault(exc)
    if broken is not None:
        return _tls_error(broken, login)
    if isinstance(exc, aiosmtplib.SMTPResponseException):
        return _response_error(exc, login)
    if isinstance(exc, TimeoutError):
        hint = (
            "" if login.security is Security.TLS else "; a port that expects TLS at once (465) needs security = 'tls'"
        )
        return ConnectionLost(f"{login.place} did not answer within {login.timeout:g} s{hint}")
    return ConnectionLost(f"cannot reach {login.place}: {_root(exc)}")


def _response_error(exc: aiosmtplib.SMTPResponseException, login: SmtpLogin) -> MailcrmError:
    if 400 <= exc.code < 500:
        return Throttled(f"{login.place} asks us to come back later: {_words(exc, login)}")
    if 500 <= exc.code < 600:
        return SenderRefused(f"{login.place} refuses us: {_words(exc, login)}")
    return ConnectionLost(f"{login.place} does not speak SMTP: {_words(exc, login)}")


def _tls_error(exc: ssl.SSLError, login: SmtpLogin) -> MailcrmError:
    if isinstance(exc, ssl.SSLCertVerificationError):
        return PermanentError(
            f"the certificate of {login.place} is not valid: {exc.verify_message}. Nothing was sent. Check the "
            "host name; for a server of your own, name its certificate authority in smtp.ca_file"
        )
    hint = (
        "; if the port begins in plain text (587), set security = 'starttls'" if login.security is Security.TLS else ""
    )
    return PermanentError(f"TLS with {login.place} failed: {exc.reason or exc}{hint}")


def _tls_fault(exc: BaseException | None) -> ssl.SSLError | None:
    """The TLS error behind `exc`, unless it only says that the connection ended."""
    while exc is not None:
        if isinstance(exc, ssl.SSLError) and not isinstance(exc, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return exc
        exc = exc.__cause__
    return None


def _root(exc: BaseException) -> str:
    while exc.__cause__ is not None:
        exc = exc.__cause__
    return (exc.strerror if isinstance(exc, OSError) else None) or str(exc) or type(exc).__name__


def _words(exc: aiosmtplib.SMTPResponseException, login: SmtpLogin) -> str:
    """What the server said, without the secret even if the server repeats it."""
    text = f"{exc.code} {reply_text(exc.message)}" if exc.code > 0 else reply_text(exc.message)
    return text.replace(login.secret, "***") if login.secret else text
