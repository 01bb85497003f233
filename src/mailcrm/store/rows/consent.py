"""Consent per address and purpose, with its proof, and the addresses that must never be mailed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.model.consent import ConsentState
from mailcrm.model.recipient import Suppress
from mailcrm.store.rows import party  # noqa: F401 - tables of ours refer to theirs
from mailcrm.store.rows.base import Base, EnumText, Hash, Id, UtcMicros


class Purpose(Base):
    """What mail is sent for, e.g. newsletter."""

    __tablename__ = "purpose"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    label: Mapped[str] = mapped_column(String(120))
    needs_consent: Mapped[bool] = mapped_column(default=True)


class ConsentEvent(Base):
    """Somebody said yes or no: append only, with evidence."""

    __tablename__ = "consent_event"
    __table_args__ = (
        Index(None, "email_id", "purpose_id"),
        Index(None, "party_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email_id: Mapped[int] = mapped_column(Id, ForeignKey("email_address.id"))
    party_id: Mapped[int | None] = mapped_column(Id, ForeignKey("party.id"))
    purpose_id: Mapped[int] = mapped_column(Id, ForeignKey("purpose.id"), index=True)
    action: Mapped[ConsentState] = mapped_column(EnumText(ConsentState))
    basis: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcMicros)
    recorded_at: Mapped[datetime] = mapped_column(UtcMicros)
    source: Mapped[str] = mapped_column(String(190))
    evidence: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(120))


class ConsentNow(Base):
    """The newest word per address and purpose: a projection of `consent_event` that can be rebuilt."""

    __tablename__ = "consent_state"
    __table_args__ = (
        Index(None, "purpose_id", "state"),
        Index(None, "event_id"),
    )

    email_id: Mapped[int] = mapped_column(Id, ForeignKey("email_address.id"), primary_key=True)
    purpose_id: Mapped[int] = mapped_column(Id, ForeignKey("purpose.id"), primary_key=True)
    state: Mapped[ConsentState] = mapped_column(EnumText(ConsentState))
    since: Mapped[datetime] = mapped_column(UtcMicros)
    event_id: Mapped[int] = mapped_column(Id, ForeignKey("consent_event.id"))


class Suppression(Base):
    """A keyed hash of an address never to be mailed: outlives the erasure of its owner. `scope_id` 0 = whole scope."""

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("kind", "key_hash", "scope", "scope_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    key_hash: Mapped[str] = mapped_column(Hash)
    scope: Mapped[str] = mapped_column(String(10))
    scope_id: Mapped[int] = mapped_column(Id, default=0)
    reason: Mapped[Suppress] = mapped_column(EnumText(Suppress))
    at: Mapped[datetime] = mapped_column(UtcMicros)
    source: Mapped[str] = mapped_column(String(190), default="")
