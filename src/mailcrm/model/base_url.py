"""The address under which the world reaches the public endpoint: what unsubscribe links begin with."""

import re

from mailcrm.errors import UserError

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""This machine, by the names that nobody else can have."""

_PARTS = re.compile(r"(?:([a-z]+)://)?([^/?#]*)([^?#]*)([?#].*)?")  # RFC 3986, appendix B
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"({_LABEL}\.)*{_LABEL}|\[[0-9A-Fa-f:.]+\]")
_PATH = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*")
_PORT = re.compile(r":\d{1,5}")


def parse_base_url(text: str) -> str:
    """`text` without a slash at its end: https and a host, perhaps a port and a path; or http on this machine.

    Raises UserError saying what is wrong. What passes can stand in a header and in front of a token.
    """
    if not text.isascii() or re.search(r"[\s\x00-\x1f\x7f<>\"\\]", text):
        raise UserError("has characters that cannot stand in a link; a domain in another script begins with xn--")
    found = _PARTS.fullmatch(text)
    assert found is not None, "every part may be empty"
    scheme, place, path, behind = found.groups()
    host, port = _host_and_port(place)
    if scheme != "https" and not (scheme == "http" and host.strip("[]").lower() in LOOPBACK):
        raise UserError("must start with https:// (mailbox providers ignore plain http links)")
    if not _HOST.fullmatch(host) or (port and not (_PORT.fullmatch(port) and 0 < int(port[1:]) < 65536)):
        raise UserError("needs a host, and nothing else before its path, as in https://mail.mytrade.example")
    if behind or not _PATH.fullmatch(path):
        raise UserError("cannot have a query or an anchor: the link of each recipient is put behind it")
    return text.rstrip("/")


def _host_and_port(place: str) -> tuple[str, str]:
    """An IPv6 address keeps its brackets, the port its colon."""
    end = place.find("]") + 1 if place.startswith("[") else place.find(":")
    return (place, "") if end < 0 else (place[:end], place[end:])
