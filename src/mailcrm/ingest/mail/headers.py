"""What the header block tells: who wrote to whom, when, about what, in answer to what, and what sort of mail it is."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import unquote

from mailcrm.ingest.mail.addresses import split_addresses
from mailcrm.ingest.mail.charset import Guesser
from mailcrm.ingest.mail.fields import HeaderFields, header_block, normalise_raw, read_block
from mailcrm.ingest.mail.kinds import mail_kind
from mailcrm.ingest.mail.threads import thread_ids
from mailcrm.ingest.mail.words import decode_words
from mailcrm.model.address import address_key
from mailcrm.model.message import ParsedHeaders, Participant, ParticipantRole
from mailcrm.model.text import clean_line

_ROLES = {
    "from": ParticipantRole.FROM,
    "sender": ParticipantRole.SENDER,
    "reply-to": ParticipantRole.REPLY_TO,
    "to": ParticipantRole.TO,
    "cc": ParticipantRole.CC,
    "bcc": ParticipantRole.BCC,
}
_BESIDE_FROM = ("sender", "reply-to", "to", "cc", "bcc")
# RFC 5322 section 3.6 allows these once; of two From or Subject lines the first is the one that servers check.
_ONCE = ("from", "subject", "date", "message-id")
_THREADING = frozenset({"message-id", "in-reply-to", "references"})
_ID = re.compile(r"<([^<>]*)>")
_POST_TO = re.compile(r"<\s*mailto:([^<>?]*)", re.IGNORECASE)
_ID_LIMIT = 998
_ADDRESS_LIMIT = 320  # RFC 5321 section 4.5.3.1: 64 + 1 + 255
_NAME_LIMIT = 255
_IDS_LIMIT = 1_000
_FIRST_YEAR, _LAST_YEAR = 1970, 2100
_SHORT = 200
_MONTHS = {
    name: f"{number:02}" for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}
# RFC 5322 section 3.3 as nearly all mail has it; the library reads this and much else, but slowly.
_USUAL_DATE = re.compile(
    rf"(?:[A-Za-z]{{3}}, )?([0-9]{{1,2}}) ({'|'.join(_MONTHS)}) ([12][0-9]{{3}}) "
    r"((?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}) ([+-][01][0-9][0-5][0-9])(?: \([A-Z]+\))?"
)


def parse_headers(header: bytes) -> ParsedHeaders:
    """Everything that a header block tells (a body behind it is ignored). Never raises on bad mail."""
    raw, defects = normalise_raw(header)
    block = read_block(header_block(raw))
    return read_headers(HeaderFields(block.items, Guesser()), [*defects, *block.defects])


def parse_thread_ids(header: bytes) -> tuple[str, ...]:
    """`thread_ids` of the message that begins with `header`, for little work."""
    block = read_block(header_block(normalise_raw(header)[0]))
    items = [(name, value) for name, value in block.items if name.lower() in _THREADING]
    fields = HeaderFields(items, Guesser())
    return thread_ids(
        ParsedHeaders(
            message_id=_message_id(fields, []),
            in_reply_to=_ids(fields, "in-reply-to"),
            references=_ids(fields, "references"),
        )
    )


def read_headers(fields: HeaderFields, defects: Iterable[str] = ()) -> ParsedHeaders:
    """The fields of a message as values; `defects` were found before and go first."""
    found = [*defects, *_repetitions(fields)]
    subject = read_line(fields, "subject")
    participants = _participants(fields, found)
    return ParsedHeaders(
        message_id=_message_id(fields, found),
        in_reply_to=_ids(fields, "in-reply-to"),
        references=_ids(fields, "references"),
        subject=subject,
        sent_at=_sent_at(fields, found),
        participants=participants,
        kind=mail_kind(fields, subject),
        list_id=_list_id(fields),
        list_post=_list_post(fields),
        content_type=clean_line(fields.content_type.value, 255),
        defects=tuple(dict.fromkeys(found)),
    )


def read_line(fields: HeaderFields, name: str) -> str:
    """A field that holds text, decoded and as one clean line."""
    return clean_line(decode_words(fields.first(name), fields.guesser, fields.charset))


def _repetitions(fields: HeaderFields) -> list[str]:
    return [f"{name} stands {fields.count(name)} times, the first counts" for name in _ONCE if fields.count(name) > 1]


def _participants(fields: HeaderFields, defects: list[str]) -> tuple[Participant, ...]:
    participants = list(_mailboxes("from", fields.first("from"), fields))
    if not participants:
        defects.append("From has no address" if fields.first("from") else "From is missing")
    for name in _BESIDE_FROM:
        values = fields.every(name)
        if len(values) == 1:
            participants += _mailboxes(name, values[0], fields)
        elif values:  # positions count over all fields of a role
            boxes = [box for value in values for box in _mailboxes(name, value, fields)]
            participants += [replace(box, position=position) for position, box in enumerate(boxes)]
    return tuple(participants)


def _mailboxes(name: str, value: str, fields: HeaderFields) -> tuple[Participant, ...]:
    """Those that the value of one field names, counted from 0."""
    if len(value) <= _SHORT and value.isascii() and "=?" not in value:  # nothing in it depends on the rest of the mail
        return _known_mailboxes(name, value)
    return _read_mailboxes(name, value, fields.guesser, fields.charset)


def _read_mailboxes(name: str, value: str, guesser: Guesser, hint: str) -> tuple[Participant, ...]:
    participants: list[Participant] = []
    for phrase, address in split_addresses(value):
        if address.isascii() and len(address) <= _ADDRESS_LIMIT:
            shown, key = _known_address(address)
        else:
            shown, key = _clean_address(decode_words(address, guesser, hint))
        if key:
            named = _clean_name(phrase, guesser, hint)
            participants.append(Participant(_ROLES[name], len(participants), key, shown, named))
    return tuple(participants)


@lru_cache(maxsize=4_096)
def _known_mailboxes(name: str, value: str) -> tuple[Participant, ...]:
    """The same few correspondents come again and again."""
    return _read_mailboxes(name, value, Guesser(), "")


def _clean_address(address: str) -> tuple[str, str]:
    """An address to show, and its key."""
    shown = clean_line(address, _ADDRESS_LIMIT)
    return shown, address_key(shown)


# Long lists of recipients consist of known ones, too.
_known_address = lru_cache(maxsize=4_096)(_clean_address)


def _clean_name(name: str, guesser: Guesser, hint: str) -> str:
    if name.isascii() and name.isprintable() and "=?" not in name and "  " not in name:
        return name[:_NAME_LIMIT]
    return clean_line(decode_words(name, guesser, hint), _NAME_LIMIT)


def _message_id(fields: HeaderFields, defects: list[str]) -> str:
    value = fields.first("message-id")
    inside = _ID.search(value)
    if inside is None and value:
        defects.append("Message-ID without angle brackets")
    found = _clean_id(inside[1] if inside else value.strip("<>"))
    if not found:
        defects.append("Message-ID is missing")
    return found


def _ids(fields: HeaderFields, name: str) -> tuple[str, ...]:
    """The ids inside <...>; what stands outside is text (old mailers wrote "Message of DATE from X")."""
    values = fields.every(name)
    if not values:
        return ()
    ids = dict.fromkeys([found for value in values for found in _ids_in(value)])
    ids.pop("", None)
    kept = tuple(ids)
    return kept if len(kept) <= _IDS_LIMIT else kept[: _IDS_LIMIT // 2] + kept[-_IDS_LIMIT // 2 :]


def _ids_in(value: str) -> list[str]:
    close = "".join(value.split())
    if close.isascii() and close.isprintable():
        return [found[:_ID_LIMIT] for found in _ID.findall(close)]
    return [_clean_id(inside) for inside in _ID.findall(value)]


def _clean_id(text: str) -> str:
    """Folding puts white space into ids; no id contains any (RFC 5322 section 3.6.4)."""
    if not (text.isascii() and text.isprintable()):
        text = clean_line(text, 4 * _ID_LIMIT)
    return text.replace(" ", "")[:_ID_LIMIT]


def _sent_at(fields: HeaderFields, defects: list[str]) -> datetime | None:
    value = fields.first("date")
    if not value:
        defects.append("Date is missing")
        return None
    try:
        sent_at = _instant(value)
    except (ValueError, TypeError, OverflowError, IndexError):
        sent_at = None
    if sent_at is None or not _FIRST_YEAR <= sent_at.year <= _LAST_YEAR:
        defects.append("Date is impossible")
        return None
    return sent_at


def _instant(value: str) -> datetime:
    usual = _USUAL_DATE.fullmatch(value)
    if usual:
        day, month, year, time, zone = usual.groups()
        return datetime.fromisoformat(f"{year}-{_MONTHS[month]}-{day:0>2}T{time}{zone}").astimezone(UTC)
    found = parsedate_to_datetime(value[:200])
    # RFC 5322 section 3.3: -0000 is UTC of an unknown zone, which the library hands over as a naive time.
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _list_id(fields: HeaderFields) -> str:
    """The id of RFC 2919, without its description."""
    if "list-id" not in fields:
        return ""
    value = fields.first("list-id")
    inside = _ID.findall(value)
    return clean_line(inside[-1] if inside else read_line(fields, "list-id"), 255).lower() if value else ""


def _list_post(fields: HeaderFields) -> str:
    """Where a list takes posts (RFC 2369 section 3.4), as a comparison key; '' where it takes none."""
    found = _POST_TO.search(fields.first("list-post")) if "list-post" in fields else None
    return _known_address(unquote(found[1])[:_ADDRESS_LIMIT])[1] if found else ""
