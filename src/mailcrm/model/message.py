"""A mail on its way from the wire to the archive."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from mailcrm.model.contact import ContactFinding
from mailcrm.model.meeting import Meeting

LARGEST_MESSAGE = 256 * 1024 * 1024
"""Bytes. What is larger is not fetched but listed with that reason."""

LARGE_MESSAGE = 1024 * 1024
"""Bytes beyond which a message is never held in memory: it comes in pieces that are kept one by one."""

SMALL_MESSAGE = 64 * 1024
"""Bytes up to which a message is fetched with its attachments at once, also where those wait until they are opened: to
ask for its parts would cost more."""

READ_AT_ONCE = 256 * 1024
"""Bytes up to which a message is understood in the process that has it: the worst of that size takes a fraction of a second.
A larger one is read where it can be stopped."""

LONGEST_TEXT = 2_000_000
"""Characters of text kept beside a message; the raw bytes are always whole."""


RULES = 3
"""Of understanding mail: grows by one with each change by which `mailcrm reprocess` should read stored mail again."""

_CLOCK_SKEW = timedelta(days=1)


def happened_at(sent: datetime | None, received: datetime) -> datetime:
    """When a mail was written: what its Date header says, unless that lies in the future of its arrival."""
    return sent if sent is not None and sent <= received + _CLOCK_SKEW else received


def written_at(sent: datetime | None, received: datetime) -> datetime:
    """When a mail was written, to tell what came first: not later than it arrived, however fast its writer's clock is."""
    return min(sent, received) if sent is not None else received


class ParticipantRole(StrEnum):
    """In which header an address stood."""

    FROM = "from"
    SENDER = "sender"
    REPLY_TO = "reply_to"
    TO = "to"
    CC = "cc"
    BCC = "bcc"


class MailKind(StrEnum):
    """What sort of mail it is. Only `person` was written by hand; `receipt` says that a mail was shown (RFC 8098)."""

    PERSON = "person"
    BULK = "bulk"
    LIST = "list"
    AUTO = "auto"
    OUT_OF_OFFICE = "out_of_office"
    RECEIPT = "receipt"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    CALENDAR = "calendar"


class BodyState(StrEnum):
    """What we have beyond the headers. `none`: the capture level leaves the body on the server; `same` (of a location
    only): another folder holds the same mail with the same size, so its bytes were not downloaded again; `partial`: all
    but the attachments is here, and those come when they are opened."""

    PENDING = "pending"
    DONE = "done"
    PARTIAL = "partial"
    SAME = "same"
    NONE = "none"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class FetchedHeader:
    """One UID as the server described it: header block, flags, size in bytes, arrival time (aware, UTC; None if unreadable).

    `object_id` and `server_thread` are what the server calls the message and its conversation, in whatever folder
    (X-GM-MSGID and X-GM-THRID, or EMAILID and THREADID of RFC 8474); '' where it does not say. `labels` are Gmail's,
    readable, with system labels as `\\Inbox`; None where the server has none.
    """

    uid: int
    header: bytes
    flags: tuple[str, ...] = ()
    internaldate: datetime | None = None
    size: int = 0
    object_id: str = ""
    server_thread: str = ""
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One UID with the whole message as it came off the wire."""

    uid: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class LargeMessage:
    """One UID with a message that nobody should hold in memory as a whole: its bytes are the file at `path`."""

    uid: int
    path: Path


@dataclass(frozen=True, slots=True)
class Participant:
    """An address in a role in one message. `key` is the comparison form, `address` and `name` are as written."""

    role: ParticipantRole
    position: int
    key: str
    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ParsedHeaders:
    """All that the header block tells.

    `message_id`, `in_reply_to` and `references` are without angle brackets. `sent_at` is aware and in UTC, None if the
    Date header is missing or impossible. `list_post` is the comparison key of the address that List-Post names, or ''.
    `defects` lists in plain words what was wrong.
    """

    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    subject: str = ""
    sent_at: datetime | None = None
    participants: tuple[Participant, ...] = ()
    kind: MailKind = MailKind.PERSON
    list_id: str = ""
    list_post: str = ""
    content_type: str = ""
    defects: tuple[str, ...] = ()

    def sender(self) -> Participant | None:
        """The first From address (Sender if there is no From)."""
        for role in (ParticipantRole.FROM, ParticipantRole.SENDER):
            for participant in self.participants:
                if participant.role == role:
                    return participant
        return None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part of a message that is not its text, `section` being its number in IMAP (RFC 9051, 6.4.5.1).

    `size` is in decoded bytes. `sha256` is None where they are still on the server; then `size` is about right.
    """

    position: int
    filename: str
    mime_type: str
    size: int
    sha256: str | None
    content_id: str = ""
    inline: bool = False
    section: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a delivery report or complaint says of one recipient (RFC 3464, RFC 5965).

    `recipient` is a comparison key or ''. `reason` is a class of ingest.md B (invalid, full, ...). `hard` is decided by
    the reason, never by a 5.x.x status alone. `original_message_id` names our mail where the report carries it.
    """

    kind: str  # bounced | delayed | delivered | complained
    recipient: str = ""
    reason: str = "other"
    hard: bool = False
    status: str = ""
    diagnostic: str = ""
    original_message_id: str = ""


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The mail that another one forwards, as its quoted header tells. Each is '' where it does not say."""

    address: str
    name: str
    subject: str


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What the sender of a mail wrote himself.

    `newest` is the text without quotes, without the original of a forward, and without the `signature`; '' for a mail
    that was forwarded without a word.
    """

    newest: str = ""
    signature: str = ""
    forwarded: Forwarded | None = None


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """A whole message, understood as far as it can be. Parsing never raises on bad mail; it adds `defects`.

    `away_until` is the last day of the absence that an automatic answer names, `asks_to_stop` is whether a human asks for no
    more mail.
    `findings` are what the signature and the cards in mail of a person say of its sender, `meetings` what its
    calendars tell.
    """

    headers: ParsedHeaders
    text: str = ""
    html: str = ""
    said: OwnWords = OwnWords()
    attachments: tuple[Attachment, ...] = ()
    reports: tuple[Report, ...] = ()
    away_until: date | None = None
    asks_to_stop: bool = False
    defects: tuple[str, ...] = field(default=())
    findings: tuple[ContactFinding, ...] = ()
    meetings: tuple[Meeting, ...] = ()
