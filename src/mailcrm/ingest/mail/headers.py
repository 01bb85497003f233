"""What the header block tells: who wrote to whom, when, about what, in answer to what, and what sort of mail it is."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import unquote

from mailcrm.ingest.mail.addresses import split_addresses
from mailcrm.ingest.mail.charset import Guesser
from mailcrm.ingest.mail.fields import HeaderFields, header_block, normalise_raw, read_block
from mailcrm.ingest.mail.kinds import mail_kind
from mailcrm.ingest.mail.words import decode_words
from mailcrm.model.address import address_key
from mailcrm.model.message import ParsedHeaders, Participant, ParticipantRole
from mailcrm.model.text import clean_line

_ROLES = (
    (ParticipantRole.FROM, "from"),
    (ParticipantRole.SENDER, "sender"),
    (ParticipantRole.REPLY_TO, "reply-to"),
    (ParticipantRole.TO, "to"),
    (ParticipantRole.CC, "cc"),
    (ParticipantRole.BCC, "bcc"),
)
# RFC 5322 section 3.6 allows these once; of two From or Subject lines the first is the one that servers check.
_ONCE = ("from", "subject", "date", "message-id")
_ID = re.compile(r"<([^<>]*)>")
_POST_TO = re.compile(r"<\s*mailto:([^<>?]*)", re.IGNORECASE)
_ID_LIMIT = 998
_ADDRESS_LIMIT = 320  # RFC 5321 section 4.5.3.1: 64 + 1 + 255
_NAME_LIMIT = 255
_IDS_LIMIT = 1_000
_FIRST_YEAR, _LAST_YEAR = 1970, 2100


def parse_headers(header: bytes) -> ParsedHeaders:
    """Everything that a header block tells (a body behind it is ignored). Never raises on bad mail."""
    raw, defects = normalise_raw(header)
    block = read_block(header_block(raw))
    return read_headers(HeaderFields(block.items, Guesser()), [*defects, *block.defects])


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
    participants: list[Participant] = []
    for role, name in _ROLES:
        values = [fields.first(name)] if role is ParticipantRole.FROM else fields.every(name)
        found = [box for value in values for box in _mailboxes(value, role, fields)]
        participants += (box for box in found if box.key)
        if role is ParticipantRole.FROM and not any(box.key for box in found):
            defects.append("From has no address" if values[0] else "From is missing")
    return tuple(_numbered(participants))


def _mailboxes(value: str, role: ParticipantRole, fields: HeaderFields) -> Iterable[Participant]:
    for name, address in split_addresses(value):
        if address.isascii() and len(address) <= _ADDRESS_LIMIT:
            shown, key = _known_address(address)
        else:
            shown, key = _clean_address(decode_words(address, fields.guesser, fields.charset))
        yield Participant(role, 0, key, shown, _clean_name(name, fields))


def _clean_address(address: str) -> tuple[str, str]:
    """An address to show, and its key."""
    shown = clean_line(address, _ADDRESS_LIMIT)
    return shown, address_key(shown)


# The same few correspondents come again and again.
_known_address = lru_cache(maxsize=4_096)(_clean_address)


def _clean_name(name: str, fields: HeaderFields) -> str:
    if name.isascii() and name.isprintable() and "=?" not in name and "  " not in name:
        return name[:_NAME_LIMIT]
    return clean_line(decode_words(name, fields.guesser, fields.charset), _NAME_LIMIT)


def _numbered(participants: Iterable[Participant]) -> Iterable[Participant]:
    """Positions count within a role, over all fields of that role."""
    counts: dict[ParticipantRole, int] = {}
    for box in participants:
        position = counts.get(box.role, 0)
        counts[box.role] = position + 1
        yield Participant(box.role, position, box.key, box.address, box.name) if position else box


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
    ids = dict.fromkeys(_clean_id(inside) for value in fields.every(name) for inside in _ID.findall(value))
    ids.pop("", None)
    kept = tuple(ids)
    return kept if len(kept) <= _IDS_LIMIT else kept[: _IDS_LIMIT // 2] + kept[-_IDS_LIMIT // 2 :]


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
        sent_at = parsedate_to_datetime(value[:200])
        # RFC 5322 section 3.3: -0000 is UTC of an unknown zone, which the library hands over as a naive time.
        sent_at = sent_at.replace(tzinfo=UTC) if sent_at.tzinfo is None else sent_at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        sent_at = None
    if sent_at is None or not _FIRST_YEAR <= sent_at.year <= _LAST_YEAR:
        defects.append("Date is impossible")
        return None
    return sent_at


def _list_id(fields: HeaderFields) -> str:
    """The id of RFC 2919, without its description."""
    value = fields.first("list-id")
    inside = _ID.findall(value)
    return clean_line(inside[-1] if inside else read_line(fields, "list-id"), 255).lower() if value else ""


def _list_post(fields: HeaderFields) -> str:
    """Where a list takes posts (RFC 2369 section 3.4), as a comparison key; '' where it takes none."""
    found = _POST_TO.search(fields.first("list-post"))
    return _known_address(unquote(found[1])[:_ADDRESS_LIMIT])[1] if found else ""
