"""Who works with the archive, and changes that wait until a second one of them has looked."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.model.approval import FourEyes, RequestState
from mailcrm.store.rows.base import Base, EnumText, Hash, Id, LongText, UtcMicros


class AppUser(Base):
    """A colleague. `name` is the comparison form, what `--as` takes; users are never removed, for the audit log names them."""

    __tablename__ = "app_user"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    display_name: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(320), default="")
    role: Mapped[str] = mapped_column(String(40), default="")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcMicros)


class ChangeRequest(Base):
    """A change as somebody asked for it, what it would do (`payload`, canonical JSON) and what became of it."""

    __tablename__ = "change_request"
    __table_args__ = (Index(None, "state", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[FourEyes] = mapped_column(EnumText(FourEyes))
    summary: Mapped[str] = mapped_column(String(500))
    payload: Mapped[str] = mapped_column(LongText)
    sha256: Mapped[str] = mapped_column(Hash)
    state: Mapped[RequestState] = mapped_column(EnumText(RequestState))
    asked_by: Mapped[str] = mapped_column(String(120))
    asked_login: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime] = mapped_column(UtcMicros)
    expires_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    decided_by: Mapped[str] = mapped_column(String(120), default="")
    decided_login: Mapped[str] = mapped_column(String(120), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    reason: Mapped[str] = mapped_column(String(500), default="")
    result: Mapped[str] = mapped_column(Text, default="")
