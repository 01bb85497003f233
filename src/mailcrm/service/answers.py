"""An installation and a mailbox as they were answered for, and the rules by which typed answers are read."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from mailcrm.campaigns.delivery.transport import SmtpLogin
from mailcrm.errors import ConfigError, Conflict, UserError
from mailcrm.ingest.imap.mailbox import Login
from mailcrm.model.account import AccountPolicy, Attachments
from mailcrm.model.address import address_key, domain_of, is_free_mail
from mailcrm.model.oauth import OAuthProvider
from mailcrm.model.provider import Security, Server, provider_for_domain

CONNECT_SECONDS = 15.0
"""Patience while somebody sits and waits; the daemon has more."""

_IMAPS, _SUBMISSION = 993, 465
_PLAIN_FIRST = (143, 587, 25)
_SERVER = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:\[\]/@]+)(?::(\d{1,5}))?(?::([A-Za-z]+))?")
_SPAN = re.compile(r"(\d{1,4}) ?(m|y)(?:onths?|ears?|o)?")


@dataclass(frozen=True, slots=True)
class NewClient:
    """Who mailcrm is to a provider where one signs in by OAuth."""

    provider: OAuthProvider
    id: str


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A mailbox as it was answered for. `since` and `secret_expires` are ISO dates.

    With `oauth` the secret is that of the client, often none ('').
    """

    name: str
    address: str
    imap: Server
    smtp: Server | None
    policy: AccountPolicy
    secret: str = field(repr=False)
    login: str | None = None
    ca_file: Path | None = None
    since: str | None = None
    secret_expires: str | None = None
    oauth: NewClient | None = None
    attachments: Attachments = Attachments.NOW

    def imap_login(self) -> Login:
        """To try it out."""
        place, user = self.imap, self.login or self.address
        return Login(
            place.host, place.port, place.security, user, self.secret, self.ca_file, CONNECT_SECONDS, CONNECT_SECONDS
        )

    def smtp_login(self) -> SmtpLogin | None:
        """To try it out; None if the account does not send."""
        if self.smtp is None:
            return None
        place, user = self.smtp, self.login or self.address
        return SmtpLogin(place.host, place.port, place.security, user, self.secret, self.ca_file, CONNECT_SECONDS)


@dataclass(frozen=True, slots=True)
class NewHouse:
    """An installation as it was answered for."""

    state: Path
    language: str
    company: str
    domains: tuple[str, ...]


def require_new(path: Path) -> None:
    """Raises Conflict if there is a configuration already."""
    if path.exists():
        raise Conflict(
            f"{path} exists already and is not touched. Another mailbox: mailcrm --config {path} accounts add; "
            "another installation: mailcrm --config OTHER.toml init --state OTHER-DIRECTORY"
        )


def require_place(path: Path, state: Path) -> None:
    """Raises ConfigError if the configuration or the state could not be written, before anybody is asked anything."""
    for directory in (path.parent, state):
        there = next(each for each in (directory.absolute(), *directory.absolute().parents) if each.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            raise ConfigError(f"{there} cannot be written; choose other places with --config and --state")


def account_name(address: str, known: Mapping[str, str]) -> str:
    """A name for the account of an address: what stands before the @, with the domain if that is taken.

    `known` has the names that mean something already, with their addresses; an address gets its old name back.
    """
    key = address_key(address)
    local, _, domain = key.rpartition("@")
    for words in (local, f"{local}-{domain}", *(f"{local}-{domain}-{number}" for number in range(2, 100))):
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", words).strip("._-")[:60] or "mailbox"
        if known.get(name, key) == key:
            return name
    raise Conflict(f"no free name for {address}; give one with --name")


def company_domain(address: str) -> str | None:
    """The domain of an address if it is the company's own; None where anybody can get an address."""
    domain = domain_of(address_key(address))
    return None if is_anybodys(domain) else domain


def is_anybodys(domain: str) -> bool:
    """Whether a domain is one of free mail or of a provider, so that it says nothing about who we are."""
    return is_free_mail(domain) or provider_for_domain(domain) is not None


def require_company_domain(domain: str) -> str:
    """A domain that the user says is theirs, in comparison form. Raises UserError for free mail."""
    found = domain_of(address_key(f"x@{domain.strip().lstrip('@')}"))
    if not found or "." not in found:
        raise UserError(f"{domain!r} is not a domain")
    if is_anybodys(found):
        raise UserError(f"{found} cannot be a company domain: anybody can have an address there")
    return found


def parse_server(text: str, *, sends: bool = False) -> Server:
    """HOST, HOST:PORT or HOST:PORT:SECURITY; what is missing follows from the rest. Raises UserError."""
    found = _SERVER.fullmatch(text.strip())
    if found is None:
        raise UserError(f"{text.strip()!r} is not HOST:PORT:SECURITY, for example imap.mytrade.example:993:tls")
    words, default = found[3], _SUBMISSION if sends else _IMAPS
    if words is not None and words.lower() not in list(Security):
        raise UserError(f"{words!r} is not one of {', '.join(Security)}")
    port = int(found[2]) if found[2] else default
    if not 0 < port < 65536:
        raise UserError(f"{port} is not a port")
    guessed = Security.STARTTLS if port in _PLAIN_FIRST else Security.TLS
    return Server(found[1].strip("[]").lower(), port, Security(words.lower()) if words else guessed)


def server_text(server: Server) -> str:
    """What `parse_server` reads."""
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"{host}:{server.port}:{server.security}"


def parse_since(text: str, today: date) -> date | None:
    """`24 months`, `2 years`, a date as 2025-01-31, or `all` (None). Raises UserError."""
    text = text.strip().lower()
    if text == "all":
        return None
    if found := _SPAN.fullmatch(text):
        return _months_before(today, int(found[1]) * (12 if found[2] == "y" else 1))
    return parse_day(text, "give a date as 2025-01-31, a span as '24 months', or 'all'")


def parse_day(text: str, otherwise: str = "give a date as 2025-01-31") -> date:
    """An ISO date. Raises UserError."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as exc:
        raise UserError(f"{text!r} is not a date; {otherwise}") from exc


def _months_before(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 - months
    if count < 12:
        raise UserError(f"{months} months lead to before the beginning of time; for everything say 'all'")
    return date(count // 12, count % 12 + 1, min(day.day, 28))
