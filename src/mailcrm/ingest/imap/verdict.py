"""Judges by its code and words what a refusal of a server means: slow down, wrong secret, or nobody knows.

Texts seen in issue threads: Gmail (Mailspring#1113, chatwoot#6082), Exchange (imapsync#272), Dovecot's
mail_max_userip_connections, QQ and Exmail (cursor-auto-free#294, fdm#30).
"""

import re
from datetime import timedelta
from enum import Enum, auto

from mailcrm.ingest.imap.responses import code, readable

CAUSES = (
    "the password or authorization code is wrong, expired, or was withdrawn (at QQ by a change of the password)",
    "IMAP is switched off for this mailbox: look into the settings of the web mail",
    "there were too many logins, or there are too many connections: that passes by itself",
    "the server is busy: that passes by itself",
)
"""All that a refusal may mean which does not say what it means."""

_SLOW_DOWN_CODES = {b"UNAVAILABLE", b"LIMIT", b"INUSE", b"THROTTLED", b"OVERQUOTA"}
"""RFC 5530; THROTTLED is Yahoo's and Gmail's. To somebody who only reads, OVERQUOTA is about bytes and commands."""

_SLOW_DOWN = re.compile(
    r"too many (simultaneous )?(connections|logins|login attempts)|maximum number of connections"
    r"|suggested backoff time|bandwidth limit|request is throttled|rate limit(ed| exceeded| hit)"
    r"|(system|server) (is )?(too )?busy|login frequency limited"
    r"|系统繁忙|服务器繁忙|系统忙|频繁|频率|连接数",
    re.IGNORECASE,
)
_PROOF_CODES = {b"AUTHENTICATIONFAILED", b"EXPIRED"}
_PROOF = re.compile("application-specific password required", re.IGNORECASE)
_ABOUT_SECRETS = re.compile("password|credential|密码|口令|授权码", re.IGNORECASE)
_HINT = re.compile(
    r"(?:suggested backoff time:?|(?:try|retry) again (?:in|after)) *(\d{1,12}) *"
    r"(?P<unit>milliseconds?|ms|seconds?|minutes?|hours?)\b",
    re.IGNORECASE,
)
_MILLISECONDS = {"m": 1, "millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000}  # "ms" without its s


class LoginVerdict(Enum):
    """What a refused login means. UNCLEAR: it may be any of the CAUSES."""

    SLOW_DOWN = auto()
    WRONG = auto()
    UNCLEAR = auto()


def asks_to_wait(text: bytes) -> bool:
    """Whether the server is busy with us or others, and nothing is wrong."""
    return _code(text) in _SLOW_DOWN_CODES or bool(_SLOW_DOWN.search(readable(text)))


def suggested_wait(text: bytes) -> timedelta | None:
    """How long the server wants us to stay away; None if it names no time."""
    found = _HINT.search(readable(text))
    if found is None:
        return None
    return timedelta(milliseconds=int(found[1]) * _MILLISECONDS[found["unit"].lower().removesuffix("s")])


def judge_login(text: bytes, *, ambiguous: bool) -> LoginVerdict:
    """What a NO or BAD to a login proves. `ambiguous`: this provider has one answer for everything."""
    said = readable(text)
    slow = bool(_SLOW_DOWN.search(said))
    if _code(text) in _SLOW_DOWN_CODES or (slow and not _ABOUT_SECRETS.search(said)):
        return LoginVerdict.SLOW_DOWN
    proved = _code(text) in _PROOF_CODES or bool(_PROOF.search(said))
    return LoginVerdict.WRONG if proved and not slow and not ambiguous else LoginVerdict.UNCLEAR


def _code(text: bytes) -> bytes:
    found = code(text)
    return found[0] if found else b""
