"""What a browser or a program posted to a form, as names with values; who may post from where, and what kind of visitor it is.

All pure: bytes and headers in, values out.
"""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

from mailcrm.model.form_answers import Given

MOST_NAMES = 300
HONEYPOT, TOKEN, PROOF, LANGUAGE = "homepage", "_token", "_proof", "_lang"
"""Names in a form besides its questions. The first one is hidden from people."""


class Unreadable(Exception):
    """A body that holds no answers; `status` is that of the answer to it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Sender(StrEnum):
    """From where a POST was sent, by its Origin header (RFC 6454): our own page, a site that the form allows, or neither."""

    OWN = "own"
    ALLOWED = "allowed"
    FOREIGN = "foreign"


def is_json(content_type: str) -> bool:
    """Whether a program asks, and not a form in a page."""
    return content_type.partition(";")[0].strip().lower() == "application/json"


def wants_json(accept: str) -> bool:
    """Whether JSON is asked for by name, and no page (RFC 9110, 12.5.1): browsers name text/html, programs often `*/*`, too."""
    named = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    return "application/json" in named and "text/html" not in named


def read_post(content_type: str, body: bytes) -> Given:
    """The values by name. Raises Unreadable for files (415), for JSON that is no flat object and for too many names (400)."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return _from_json(body)
    if kind not in ("application/x-www-form-urlencoded", ""):
        raise Unreadable(415)
    try:
        return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_NAMES)
    except ValueError as exc:
        raise Unreadable(400) from exc


def _from_json(body: bytes) -> Given:
    try:
        found = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as exc:
        raise Unreadable(400) from exc
    if not isinstance(found, dict) or len(found) > MOST_NAMES:
        raise Unreadable(400)
    return {
        name: [_text(each) for each in (value if isinstance(value, list) else [value])] for name, value in found.items()
    }


def _text(value: object) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, str | int | float):
        return str(value)
    raise Unreadable(400)


def first(given: Given, name: str) -> str:
    """The value of a name that stands there once; '' for none."""
    values = given.get(name, ())
    return values[0] if values else ""


def sender_of(origin: str, host: str, base_url: str | None, allowed: tuple[str, ...]) -> Sender:
    """Who sends. Our own pages name no origin, since they keep their address to themselves (Referrer-Policy), nor do most
    programs: that alone says nothing."""
    if origin in ("", "null"):
        return Sender.OWN
    if origin in allowed:
        return Sender.ALLOWED
    ours = {host.lower(), urlsplit(base_url or "").netloc.lower()} - {""}
    return Sender.OWN if urlsplit(origin).netloc.lower() in ours else Sender.FOREIGN


_PROGRAM = re.compile(r"bot|crawl|spider|curl|wget|python|java/|go-http|okhttp|libwww|headless|scrapy", re.IGNORECASE)
_PHONE = re.compile(r"mobile|android|iphone|ipad", re.IGNORECASE)


def visitor_kind(headers: Mapping[str, str]) -> str:
    """The class of a User-Agent: that itself tells too much to be kept."""
    agent = headers.get("user-agent", "")
    if not agent:
        return "none"
    if _PROGRAM.search(agent):
        return "program"
    if _PHONE.search(agent):
        return "phone"
    return "browser" if agent.startswith("Mozilla/") else "other"
