"""Messages: each server UID is in a location, a skip or the quarantine (decisions.md 19, 20)."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.model.document import TextState
from mailcrm.model.interaction import Direction
from mailcrm.model.message import BodyState, MailKind, ParticipantRole
from mailcrm.store.rows import account, party  # noqa: F401 - tables of ours refer to theirs
from mailcrm.store.rows.base import BY_KEY, Base, Bytes, EnumText, Hash, Id, LongText, UtcMicros


class Thread(Base):
    """Messages joined by their references; `merged_into` points on where a later mail joined two. `stale`: its
    conversations have to be read anew."""

    __tablename__ = "thread"
    __table_args__ = (
        Index(None, "last_at"),
        Index(None, "stale", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    subject: Mapped[str] = mapped_column(String(998), default="")
    first_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    last_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    message_count: Mapped[int] = mapped_column(default=0)
    stale: Mapped[bool] = mapped_column(default=True)
    merged_into: Mapped[int | None] = mapped_column(Id, ForeignKey("thread.id"), index=True)


class MessageRef(Base):
    """Every Message-ID ever seen, those of missing parents included, and the thread it belongs to.

    `domain` is what stands behind its @: all that is known of who made an id whose mail never came.
    """

    __tablename__ = "message_ref"
    __table_args__ = (Index(None, "thread_id"), BY_KEY)

    ref_hash: Mapped[str] = mapped_column(Hash, primary_key=True)
    thread_id: Mapped[int] = mapped_column(Id, ForeignKey("thread.id"))
    domain: Mapped[str] = mapped_column(String(255), default="")


class ReplyLink(Base):
    """A reply that names no mail it answers, and the mail it seems to answer by its subject (None: none found). A weak edge
    beside the threads, so that it can be taken away: by a human (`dropped_at`), or when a better parent comes."""

    __tablename__ = "reply_link"
    __table_args__ = (Index(None, "subject_key"), Index(None, "parent_id"))

    message_id: Mapped[int] = mapped_column(Id, ForeignKey("message.id"), primary_key=True, autoincrement=False)
    subject_key: Mapped[int] = mapped_column(BigInteger)
    parent_id: Mapped[int | None] = mapped_column(Id, ForeignKey("message.id"))
    dropped_at: Mapped[datetime | None] = mapped_column(UtcMicros)


class Message(Base):
    """One mail, however many folders hold it. `subject_key` is of the subject without reply marks, where a human wrote it;
    `away_until` is the last day (ISO 8601) that an automatic answer names, `answers_hash` is of the Message-ID it answers,
    `rules` are those by which its body was read. `newest_text` is what its sender wrote himself, without quotes and signature;
    NULL where that is the whole `body_text`."""

    __tablename__ = "message"
    __table_args__ = (
        Index(None, "message_id_hash"),
        Index(None, "thread_id"),
        Index(None, "received_at"),
        Index(None, "body_state", "id"),
        Index(None, "subject_key"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(Hash, unique=True)
    message_id: Mapped[str] = mapped_column(Text, default="")
    message_id_hash: Mapped[str | None] = mapped_column(Hash)
    answers_hash: Mapped[str | None] = mapped_column(Hash)
    thread_id: Mapped[int] = mapped_column(Id, ForeignKey("thread.id"))
    sent_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    received_at: Mapped[datetime] = mapped_column(UtcMicros)
    direction: Mapped[Direction] = mapped_column(EnumText(Direction))
    kind: Mapped[MailKind] = mapped_column(EnumText(MailKind))
    subject: Mapped[str] = mapped_column(String(998), default="")
    subject_key: Mapped[int | None] = mapped_column(BigInteger)
    away_until: Mapped[str | None] = mapped_column(String(10))
    rules: Mapped[int] = mapped_column(default=0)
    body_text: Mapped[str | None] = mapped_column(LongText)
    newest_text: Mapped[str | None] = mapped_column(LongText)
    size: Mapped[int] = mapped_column(default=0)
    body_state: Mapped[BodyState] = mapped_column(EnumText(BodyState))
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")
    defects: Mapped[str] = mapped_column(Text, default="")


class MessageLocation(Base):
    """That a folder holds a message under a UID, or held it until `gone_at`. `labels` are the folders that Gmail shows it
    in, one a line.

    `raw_sha256` is of the bytes as this mailbox has them where `body_state` is `done`; in any other state the parts that
    are attachments are empty in them.
    """

    __tablename__ = "message_location"
    __table_args__ = (
        Index(None, "message_id"),
        Index(None, "raw_sha256"),
        Index(None, "folder_id", "body_state", "uid"),
        BY_KEY,
    )

    folder_id: Mapped[int] = mapped_column(Id, ForeignKey("folder.id"), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    message_id: Mapped[int] = mapped_column(Id, ForeignKey("message.id"))
    flags: Mapped[str] = mapped_column(Text, default="")
    labels: Mapped[str] = mapped_column(Text, default="")
    internaldate: Mapped[datetime | None] = mapped_column(UtcMicros)
    size: Mapped[int] = mapped_column(default=0)
    body_state: Mapped[BodyState] = mapped_column(EnumText(BodyState))
    raw_sha256: Mapped[str | None] = mapped_column(Hash, ForeignKey("blob.sha256"))
    gone_at: Mapped[datetime | None] = mapped_column(UtcMicros)


class MessageObject(Base):
    """The id that a server gives a message for ever, in whatever folder and under whatever UID: X-GM-MSGID of Gmail, or
    EMAILID (RFC 8474). `server_thread` is the server's conversation: X-GM-THRID or THREADID, '' where it has none."""

    __tablename__ = "message_object"
    __table_args__ = (Index(None, "message_id"), BY_KEY)

    account_id: Mapped[int] = mapped_column(Id, ForeignKey("account.id"), primary_key=True)
    object_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    message_id: Mapped[int] = mapped_column(Id, ForeignKey("message.id"))
    server_thread: Mapped[str] = mapped_column(String(255), default="")


class MessageSkip(Base):
    """A UID that a rule leaves out: no content, only which rule, and when the mail arrived."""

    __tablename__ = "message_skip"
    __table_args__ = BY_KEY

    folder_id: Mapped[int] = mapped_column(Id, ForeignKey("folder.id"), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    rule: Mapped[str] = mapped_column(String(200))
    arrived_at: Mapped[datetime | None] = mapped_column(UtcMicros)


class SyncQuarantine(Base):
    """A UID that could not be recorded at all, with the reason and its raw bytes where we have them."""

    __tablename__ = "sync_quarantine"
    __table_args__ = (Index(None, "raw_sha256"),)

    folder_id: Mapped[int] = mapped_column(Id, ForeignKey("folder.id"), primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    error: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=1)
    raw_sha256: Mapped[str | None] = mapped_column(Hash, ForeignKey("blob.sha256"))
    at: Mapped[datetime] = mapped_column(UtcMicros)


class MessageParticipant(Base):
    """An address in a role in a message, and the party it stood for."""

    __tablename__ = "message_participant"
    __table_args__ = (
        Index(None, "email_id", "message_id"),
        Index(None, "party_id"),
        BY_KEY,
    )

    message_id: Mapped[int] = mapped_column(Id, ForeignKey("message.id"), primary_key=True)
    role: Mapped[ParticipantRole] = mapped_column(EnumText(ParticipantRole, 10), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    email_id: Mapped[int] = mapped_column(Id, ForeignKey("email_address.id"))
    display_name: Mapped[str] = mapped_column(String(255), default="")
    party_id: Mapped[int | None] = mapped_column(Id, ForeignKey("party.id"))


class Attachment(Base):
    """A part that is not text. Its bytes are inside the raw message; where that was read without its attachments, they are
    a blob of their own once somebody has opened it, and `sha256` is NULL before. `text` is what can be searched for of it."""

    __tablename__ = "attachment"
    __table_args__ = (
        UniqueConstraint("message_id", "position"),
        Index(None, "sha256"),
        Index(None, "text_state", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    message_id: Mapped[int] = mapped_column(Id, ForeignKey("message.id"))
    position: Mapped[int]
    filename: Mapped[str] = mapped_column(Text, default="")
    mime_type: Mapped[str] = mapped_column(String(120), default="")
    content_id: Mapped[str] = mapped_column(Text, default="")
    inline: Mapped[bool] = mapped_column(default=False)
    size: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str | None] = mapped_column(Hash)
    section: Mapped[str] = mapped_column(Text, default="")
    text_state: Mapped[TextState] = mapped_column(EnumText(TextState), default=TextState.NONE)
    text_error: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str | None] = mapped_column(LongText, deferred=True)


class Blob(Base):
    """Bytes by their SHA-256: small ones compressed in `blob_data`, larger ones in files (decisions.md 10)."""

    __tablename__ = "blob"
    __table_args__ = BY_KEY

    sha256: Mapped[str] = mapped_column(Hash, primary_key=True)
    size: Mapped[int]
    place: Mapped[str] = mapped_column(String(8))


class BlobData(Base):
    """The compressed bytes of a small blob."""

    __tablename__ = "blob_data"

    sha256: Mapped[str] = mapped_column(Hash, ForeignKey("blob.sha256", ondelete="CASCADE"), primary_key=True)
    data: Mapped[bytes] = mapped_column(Bytes)
