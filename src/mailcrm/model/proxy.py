"""The proxy through which a mail server is reached, from the URL that people know it by."""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from mailcrm.errors import UserError

_KINDS = "socks5://host:port or http://host:port, with user:password@ before the host where needed"
_USUAL_PORT = {"socks5": 1080, "http": 8080}


class ProxyKind(StrEnum):
    """How one asks it for a connection: SOCKS5 (RFC 1928), or CONNECT of HTTP."""

    SOCKS5 = "socks5"
    HTTP = "http"


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where it is, and who we are to it ('' = nobody). It looks up host names itself."""

    kind: ProxyKind
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_proxy(url: str) -> Proxy:
    """The proxy of a URL; %40 and the like in user and password are decoded.

    Raises UserError saying what is wrong, without the URL: there may be a password in it.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # its text may hold a part of the password
        raise UserError(f"is not the address of a proxy; write {_KINDS}, and % signs for special letters") from None
    kind = {"socks5": ProxyKind.SOCKS5, "socks5h": ProxyKind.SOCKS5, "http": ProxyKind.HTTP}.get(parts.scheme)
    if kind is None or not host or parts.path not in ("", "/") or parts.query or parts.fragment or port == 0:
        raise UserError(f"is not the address of a proxy that can be used; write {_KINDS}")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if max(len(user.encode()), len(password.encode())) > 255 or any(ord(letter) < 32 for letter in user + password):
        raise UserError("has a user or password with control characters, or of more than 255 bytes")
    return Proxy(kind, host, port or _USUAL_PORT[kind], user, password)
