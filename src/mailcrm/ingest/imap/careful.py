"""Fetches around messages that a server cannot deliver: asks for less and less until only the culprits are left out.

One damaged message makes some servers refuse a whole command (offlineimap3#62, #107). It must not stop its folder.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mailcrm.ingest.imap.fetching import HeadersAsked
from mailcrm.ingest.imap.mailbox import CommandRefused, Mailbox
from mailcrm.model.message import FetchedHeader, RawMessage

_CULPRITS = 5
"""More refusals than this without a single success in between: it is the folder that does not work, not a message."""

_NO_HEADER = "the server lists this message but gives no header of it"
_NO_BODY = "the server does not give this message"


@dataclass
class Headers:
    """Headers that came, ascending by UID, and why others that exist did not (uid -> reason)."""

    found: list[FetchedHeader] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


@dataclass
class Bodies:
    """Messages that came, and why others did not (uid -> reason)."""

    found: dict[int, RawMessage] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)


def fetch_headers(
    mailbox: Mailbox, uids: Sequence[int], fields: Sequence[str], asked: HeadersAsked | None = None
) -> Headers:
    """The header `fields` of `uids` (ascending). UIDs that are gone by now are in neither half of the answer. They may
    be `asked` for already.

    Raises CommandRefused where the folder does not work at all.
    """
    answer = Headers()
    if uids:
        _fetch_part(mailbox, uids, fields, answer, asked)
        _ask_once_more(mailbox, uids, fields, answer)
        answer.found.sort(key=lambda header: header.uid)
    return answer


def _fetch_part(
    mailbox: Mailbox, uids: Sequence[int], fields: Sequence[str], answer: Headers, asked: HeadersAsked | None = None
) -> None:
    try:
        wanted = set(uids)
        found = asked.take() if asked else mailbox.fetch_headers(uids[0], uids[-1], fields)
        answer.found += [each for each in found if each.uid in wanted]
    except CommandRefused as exc:
        if len(uids) == 1:
            answer.refused[uids[0]] = str(exc)
            if len(answer.refused) > _CULPRITS and not answer.found:
                raise
            return
        middle = len(uids) // 2
        for half in (uids[:middle], uids[middle:]):
            _fetch_part(mailbox, half, fields, answer)


def _ask_once_more(mailbox: Mailbox, uids: Sequence[int], fields: Sequence[str], answer: Headers) -> None:
    """Servers leave single messages out of a long answer, and give them when asked alone."""
    missing = sorted(set(uids) - {each.uid for each in answer.found} - answer.refused.keys())
    there = set(mailbox.uids(missing[0], missing[-1])) if missing else set()
    for uid in (uid for uid in missing if uid in there):
        before = len(answer.found)
        _fetch_part(mailbox, [uid], fields, answer)
        if len(answer.found) == before:
            answer.refused.setdefault(uid, _NO_HEADER)


def fetch_bodies(mailbox: Mailbox, uids: Sequence[int], *, works: bool = False) -> Bodies:
    """Whole messages. Raises CommandRefused where the folder does not work at all, unless it is known that it `works`."""
    answer, reason = Bodies(), _NO_BODY
    try:
        answer.found = {raw.uid: raw for raw in mailbox.fetch_bodies(uids)}
    except CommandRefused as exc:
        reason = str(exc)
    missing = [uid for uid in uids if uid not in answer.found]
    if len(uids) == 1:
        answer.refused = dict.fromkeys(missing, reason)
        return answer
    for uid in missing:
        alone = fetch_bodies(mailbox, [uid])
        answer.found |= alone.found
        answer.refused |= alone.refused
        if len(answer.refused) > _CULPRITS and not answer.found and not works:
            raise CommandRefused(reason)
    return answer
