"""The audit log: append only, each entry holds the hash of the one before it."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.store.rows.base import Base, Hash, Id, UtcMicros


class AuditEntry(Base):
    """Who did what when. `seq` has no gaps; `payload` is canonical text without personal data."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "actor", "seq"),
        Index(None, "action", "seq"),
    )

    seq: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcMicros)
    actor: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(60))
    object: Mapped[str] = mapped_column(String(190))
    payload: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[str] = mapped_column(Hash)
    hash: Mapped[str] = mapped_column(Hash, unique=True)


class AuditHead(Base):
    """The newest entry: its row lock keeps the chain single, and a cut-off tail is found by it."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Id)
    hash: Mapped[str] = mapped_column(Hash)
