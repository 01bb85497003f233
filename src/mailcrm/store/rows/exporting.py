"""The log of what left the archive."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.store.rows.base import Base, Hash, Id, UtcMicros


class ExportEvent(Base):
    """Who exported what, when, for whom and why: never the content, but the hash of the file, by which a file that turns up
    somewhere is known again."""

    __tablename__ = "export_event"
    __table_args__ = (Index(None, "at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcMicros)
    actor: Mapped[str] = mapped_column(String(120))
    what: Mapped[str] = mapped_column(String(40))
    format: Mapped[str] = mapped_column(String(20))
    filter: Mapped[str] = mapped_column(Text, default="")
    rows: Mapped[int]
    file_sha256: Mapped[str] = mapped_column(Hash)
    receiver: Mapped[str] = mapped_column(String(190), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
