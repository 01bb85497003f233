"""Finds the mail servers of an address: a known provider by its domain or MX, else SRV records, else a guess that says so.

Names from DNS can be forged on the way, and a password will be sent to what is found here. What the provider table says
is safe; a host from SRV that lies outside the domain is not, and RFC 6186 section 6 wants it confirmed: `needs_consent`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from mailcrm.errors import ConnectionLost
from mailcrm.model.address import address_key, domain_of
from mailcrm.model.provider import (
    Provider,
    Security,
    Server,
    provider_for_domain,
    provider_for_host,
    provider_for_mx,
)

How = Literal["provider table", "MX", "SRV", "guess"]

_SECONDS = 2.0
_IMAP_SERVICES = (("_imaps._tcp", Security.TLS), ("_imap._tcp", Security.STARTTLS))
_SMTP_SERVICES = (("_submissions._tcp", Security.TLS), ("_submission._tcp", Security.STARTTLS))  # RFC 8314, RFC 6186


@dataclass(frozen=True, slots=True)
class Discovery:
    """Where the mailbox of an address probably is. `smtp` is None where SRV records name no submission server."""

    domain: str
    provider: Provider | None
    imap: Server
    smtp: Server | None
    how: How

    @property
    def needs_consent(self) -> list[str]:
        """Hosts that only DNS says are right: neither a known provider's nor below the domain itself."""
        servers = [server for server in (self.imap, self.smtp) if server is not None]
        return [server.host for server in servers if self.how == "SRV" and not self._trusted(server.host)]

    def _trusted(self, host: str) -> bool:
        return host == self.domain or host.endswith(f".{self.domain}") or provider_for_host(host) is not None


class Resolver(Protocol):
    """The three questions to DNS. Each raises ConnectionLost if nobody answers in time."""

    def mail_hosts(self, domain: str) -> list[str]:
        """The MX host names of a domain, best preference first; empty if it has none."""
        ...

    def service(self, name: str) -> tuple[str, int] | None:
        """Host and port of an SRV name, the best one; None if it is not offered."""
        ...

    def exists(self, host: str) -> bool:
        """Whether a host name has an address."""
        ...


def discover(address: str, resolver: Resolver | None = None) -> Discovery:
    """The servers for an address. Never fails: where DNS is silent, the answer is a guess."""
    domain = domain_of(address_key(address))
    known = provider_for_domain(domain)
    if known is not None:
        return Discovery(domain, known, known.imap, known.smtp, "provider table")
    resolver = resolver or DnsResolver()
    try:
        return _by_mx(domain, resolver) or _by_srv(domain, resolver) or _by_guess(domain, resolver)
    except ConnectionLost:
        return Discovery(domain, None, _tls(f"imap.{domain}", 993), _tls(f"smtp.{domain}", 465), "guess")


def _by_mx(domain: str, resolver: Resolver) -> Discovery | None:
    known = provider_for_mx(resolver.mail_hosts(domain))
    return None if known is None else Discovery(domain, known, known.imap, known.smtp, "MX")


def _by_srv(domain: str, resolver: Resolver) -> Discovery | None:
    imap = _offered(domain, _IMAP_SERVICES, resolver)
    if imap is None:
        return None
    return Discovery(domain, provider_for_host(imap.host), imap, _offered(domain, _SMTP_SERVICES, resolver), "SRV")


def _offered(domain: str, services: Sequence[tuple[str, Security]], resolver: Resolver) -> Server | None:
    """The first service that is offered; TLS from the first byte is preferred (RFC 8314 section 3)."""
    for name, security in services:
        found = resolver.service(f"{name}.{domain}")
        if found is not None:
            return Server(found[0], found[1], security)
    return None


def _by_guess(domain: str, resolver: Resolver) -> Discovery:
    imap = _likely("imap", domain, resolver)
    return Discovery(
        domain, provider_for_host(imap), _tls(imap, 993), _tls(_likely("smtp", domain, resolver), 465), "guess"
    )


def _likely(word: str, domain: str, resolver: Resolver) -> str:
    names = (f"{word}.{domain}", f"mail.{domain}")
    return next((name for name in names if resolver.exists(name)), names[0])


def _tls(host: str, port: int) -> Server:
    return Server(host, port, Security.TLS)


class DnsResolver:
    """Asks the system's name servers, or the one given as (address, port), for at most `seconds` a question."""

    def __init__(self, server: tuple[str, int] | None = None, *, seconds: float = _SECONDS) -> None:
        self._server = server
        self._seconds = seconds
        self._client: dns.resolver.Resolver | None = None

    def mail_hosts(self, domain: str) -> list[str]:
        """See Resolver."""
        records = sorted(self._ask(domain, dns.rdatatype.MX), key=lambda record: record.preference)
        return [host for record in records if (host := _text(record.exchange))]

    def service(self, name: str) -> tuple[str, int] | None:
        """See Resolver. A target of "." says that there is no such service (RFC 2782)."""
        records = sorted(self._ask(name, dns.rdatatype.SRV), key=lambda record: (record.priority, -record.weight))
        return next(((host, record.port) for record in records if (host := _text(record.target))), None)

    def exists(self, host: str) -> bool:
        """See Resolver."""
        return any(self._ask(host, kind) for kind in (dns.rdatatype.A, dns.rdatatype.AAAA))

    def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> list[Any]:
        """The records of a name; none as well if a server refuses to say, as some do for SRV."""
        try:
            return list(self._resolver().resolve(dns.name.from_text(name), kind, search=False))
        except (dns.resolver.LifetimeTimeout, dns.resolver.NoResolverConfiguration, OSError) as exc:
            raise ConnectionLost(f"no name server answers for {name}: is the network up?") from exc
        except (dns.exception.DNSException, UnicodeError):
            return []

    def _resolver(self) -> dns.resolver.Resolver:
        if self._client is None:
            self._client = dns.resolver.Resolver(configure=self._server is None)
            if self._server is not None:
                self._client.nameservers, self._client.port = [self._server[0]], self._server[1]
            self._client.lifetime = self._client.timeout = self._seconds
        return self._client


def _text(name: dns.name.Name) -> str:
    """The name in lower case without its final dot; empty for the root."""
    return name.to_text(omit_final_dot=True).lower().removesuffix(".")
