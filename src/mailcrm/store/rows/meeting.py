"""Meetings that calendar mail tells of: one row for each, one for each who is invited, and the line on the timeline."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.model.meeting import Attendance
from mailcrm.store.rows import timeline  # noqa: F401 - tables of ours refer to theirs
from mailcrm.store.rows.base import BY_KEY, Base, EnumText, Hash, Id, UtcMicros


class MeetingRow(Base):
    """A meeting, or one of a series, by the hash of its UID and instance. `sequence`, `tells_all` and `stamped_at` say which
    mail the rest is from: what is older changes nothing, in whatever order mails come."""

    __tablename__ = "meeting"
    __table_args__ = (Index(None, "interaction_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    uid_hash: Mapped[str] = mapped_column(Hash, unique=True)
    uid: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int]
    tells_all: Mapped[bool]
    stamped_at: Mapped[datetime] = mapped_column(UtcMicros)
    starts_at: Mapped[datetime] = mapped_column(UtcMicros)
    ends_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    all_day: Mapped[bool] = mapped_column(default=False)
    location: Mapped[str] = mapped_column(String(500), default="")
    organizer: Mapped[str] = mapped_column(String(320), default="")
    rule: Mapped[str] = mapped_column(String(500), default="")
    cancelled: Mapped[bool] = mapped_column(default=False)
    interaction_id: Mapped[int] = mapped_column(Id, ForeignKey("interaction.id"))


class MeetingAttendee(Base):
    """Who is invited, and what they said last. `key_hash` is that of the address."""

    __tablename__ = "meeting_attendee"
    __table_args__ = (BY_KEY,)

    meeting_id: Mapped[int] = mapped_column(Id, ForeignKey("meeting.id"), primary_key=True)
    key_hash: Mapped[str] = mapped_column(Hash, primary_key=True)
    address: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(255), default="")
    state: Mapped[Attendance] = mapped_column(EnumText(Attendance))
    stamped_at: Mapped[datetime] = mapped_column(UtcMicros)
