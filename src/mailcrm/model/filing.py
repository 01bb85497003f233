"""A mail ready to be filed: what `ingest` decided about it before the store keeps it."""

from dataclasses import dataclass, field
from datetime import datetime

from mailcrm.model.interaction import Direction
from mailcrm.model.message import BodyState, ParsedHeaders, ParsedMessage


@dataclass(frozen=True, slots=True)
class Conversation:
    """The ids that tie a message to others (its own first), for threading."""

    ids: tuple[str, ...]
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FiledMessage:
    """One new message row. `at` is when it happened (UTC): the Date header where believable, else the arrival.

    `subject_key` is that of `ingest.mail.threads`; `orphan`: it is a reply that names no mail it answers.
    """

    dedupe_key: str
    headers: ParsedHeaders
    direction: Direction
    at: datetime
    received_at: datetime
    size: int
    body_state: BodyState
    thread_id: int
    subject_key: int | None = None
    orphan: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message lies on a server: one UID in one folder. `flags` are space separated, `size` is in bytes.

    `labels` are the folders that Gmail shows it in, one a line. The ids are the server's own (`FetchedHeader`).
    """

    uid: int
    flags: str
    internaldate: datetime | None
    size: int
    labels: str = ""
    object_id: str = ""
    server_thread: str = ""


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """What the archive already has of a message. `sizes` are those of the copies whose bytes are kept, `partial` those of
    the copies that are kept without their attachments.

    `untitled` is whether no copy so far told its subject.
    """

    id: int
    body_state: BodyState
    sizes: frozenset[int] = frozenset()
    untitled: bool = False
    partial: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class PendingBody:
    """A copy of a message whose bytes are still on the server. `known` messages only lack the bytes of this copy.

    `attempts` is how often a connection was lost over it.
    """

    message_id: int
    uid: int
    size: int
    known: bool
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class StagedBlob:
    """Bytes ready to be named in a transaction: hashed, compressed, and on disk already (`packed` None) if large."""

    sha256: str
    size: int
    packed: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class FetchedBody:
    """The bytes of one pending copy with what the parser made of them; None and `error` where it could not.

    `partial`: its attachments are not among these bytes.
    """

    pending: PendingBody
    raw: StagedBlob
    parsed: ParsedMessage | None
    error: str = ""
    partial: bool = False


@dataclass(frozen=True, slots=True)
class NewSighting:
    """One observation of somebody in a message, on its way to the identity resolver."""

    message_id: int
    position: int
    account_id: int
    address_id: int
    party_id: int
    name: str
    role: str
    direction: Direction
    by_hand: bool
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class LeftOut:
    """That a rule keeps a mail out of the archive: all that is known of it, with its UID. `arrived_at` is in UTC."""

    rule: str
    arrived_at: datetime | None
