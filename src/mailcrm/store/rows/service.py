"""What the daemon keeps about itself: leases on standing work, living workers, switches."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.store.rows.base import Base, UtcMicros


class Lease(Base):
    """One piece of standing work and who holds it until when. Times are the database's."""

    __tablename__ = "lease"
    __table_args__ = (Index(None, "due", "until"),)

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    due: Mapped[datetime] = mapped_column(UtcMicros)
    owner: Mapped[str | None] = mapped_column(String(80))
    until: Mapped[datetime] = mapped_column(UtcMicros)
    fail_count: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(Text, default="")
    refusals: Mapped[int] = mapped_column(default=0)


class Worker(Base):
    """A living process."""

    __tablename__ = "worker"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    until: Mapped[datetime] = mapped_column(UtcMicros)


class Setting(Base):
    """A switch that must take effect at once in a running daemon, e.g. sending."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcMicros)
    actor: Mapped[str] = mapped_column(String(120))
