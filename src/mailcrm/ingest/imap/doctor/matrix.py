"""Decides what mailcrm makes of each ability of a server, and what it does where there is none."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from mailcrm.ingest.imap.deflate import SLOW_ROUND_TRIP
from mailcrm.ingest.imap.doctor.facts import Facts
from mailcrm.model.provider import Compress, Provider

_USED_BEFORE = {"ID", "SASL-IR"}
"""Of use before the login, and many servers name them only then."""


class Use(StrEnum):
    """Whether an ability is there, and whether it is used."""

    USED = "used"
    UNUSED = "not used"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Ability:
    """One name of the CAPABILITY list, and what comes of it."""

    name: str
    use: Use
    text: str


def matrix(facts: Facts) -> list[Ability]:
    """All abilities that could matter; empty if nobody could log in."""
    return [_ability(facts, *row) for row in _ROWS] if facts.after else []


def _ability(facts: Facts, name: str, used: str, absent: str, unused: Callable[[Facts], str]) -> Ability:
    if name not in facts.after | (facts.before & _USED_BEFORE):
        return Ability(name, Use.ABSENT, absent)
    why_not = unused(facts)
    return Ability(name, Use.UNUSED, why_not) if why_not else Ability(name, Use.USED, used)


def _always(_facts: Facts) -> str:
    return ""


def _never(why: str) -> Callable[[Facts], str]:
    return lambda _facts: why


def _qresync(facts: Facts) -> str:
    if facts.qresync_setting is False:
        return "switched off by accounts.imap.qresync"
    if not facts.qresync:
        return "known to name changes wrongly at this provider; changes are asked for as without it"
    return "" if "QRESYNC" in facts.enabled else "the server offers it and refuses to switch it on"


def _compress(facts: Facts) -> str:
    if facts.compressed:
        return ""
    if facts.compress is Compress.OFF:
        return "switched off by accounts.imap.compress"
    if facts.inbox is None:
        return "no folder was opened"
    if facts.compress is Compress.ON:
        return "the server offers it and refuses it"
    return f"the server is near (under {SLOW_ROUND_TRIP * 1000:g} ms), and sending is cheaper than compressing"


def _sasl(facts: Facts) -> str:
    return "" if facts.oauth else "only OAuth needs it"


def _xlist(facts: Facts) -> str:
    return "LIST shows the same flags" if "SPECIAL-USE" in facts.after else ""


_ROWS: tuple[tuple[str, str, str, Callable[[Facts], str]], ...] = (
    ("QRESYNC", "opening a folder tells what changed and what is gone", "what is gone is found by comparing", _qresync),
    (
        "CONDSTORE",
        "only flags that changed are asked for",
        "the flags of the newest 500 mails are looked at, every quarter of an hour",
        _always,
    ),
    ("IDLE", "new mail in INBOX comes at once", "INBOX is asked again and again (sync.poll_seconds)", _always),
    (
        "NOTIFY",
        "new mail comes at once in the other folders, too",
        "other folders than INBOX are asked for news by each poll",
        _always,
    ),
    ("COMPRESS=DEFLATE", "mail is compressed on its way", "mail comes in its full size", _compress),
    ("ESEARCH", "the list of UIDs comes as a few ranges", "the list of UIDs comes number by number", _always),
    ("LIST-STATUS", "all folders and their counts in one question", "each folder is asked for its counts", _always),
    ("SPECIAL-USE", "folders tell what they are for", "folders tell by XLIST, if at all, else by their names", _always),
    ("XLIST", "folders tell what they are for", "not needed", _xlist),
    (
        "OBJECTID",
        "moved mail and renamed folders are known by the server's own ids",
        "moved mail is known by its header",
        _always,
    ),
    ("X-GM-EXT-1", "all mail is read once, with its labels, and known by Gmail's ids", "only Gmail has it", _always),
    ("ID", "the server is told that we are mailcrm; NetEase insists on it", "the server is told nothing", _always),
    ("SASL-IR", "an OAuth token is sent a round trip earlier", "not needed", _sasl),
    ("LITERAL+", "", "not needed", _never("mailcrm sends nothing that would need it")),
)


def quirks(provider: Provider) -> Iterator[str]:
    """What is known of a provider, and what is done about it, in sentences."""
    if provider.oauth_only:
        yield "takes no passwords over IMAP"
    if provider.code_name and not provider.oauth_only:
        days = f", which ends after about {provider.code_days} days" if provider.code_days else ""
        yield f"wants its {provider.code_name}{days}"
    if provider.ambiguous_login:
        yield "gives one answer for every refused login, so three are tried before the mailbox is parked"
    if not provider.qresync_works:
        yield "offers QRESYNC and names changes wrongly, so it is not asked for"
    if provider.files_sent_copy:
        yield "keeps a copy of what is sent over SMTP by itself"
