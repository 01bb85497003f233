"""The timeline: one row per thing that happened, one link per party it happened with."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.store.rows import mail, party  # noqa: F401 - tables of ours refer to theirs
from mailcrm.store.rows.base import BY_KEY, Base, EnumText, Id, UtcMicros


class Interaction(Base):
    """One line. `source_key` makes a replay harmless."""

    __tablename__ = "interaction"
    __table_args__ = (
        UniqueConstraint("kind", "source_key"),
        Index(None, "occurred_at"),
        Index(None, "message_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[InteractionKind] = mapped_column(EnumText(InteractionKind))
    source_key: Mapped[str] = mapped_column(String(190))
    occurred_at: Mapped[datetime] = mapped_column(UtcMicros)
    direction: Mapped[Direction | None] = mapped_column(EnumText(Direction))
    title: Mapped[str] = mapped_column(String(998), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[str] = mapped_column(String(40), default="")
    message_id: Mapped[int | None] = mapped_column(Id, ForeignKey("message.id"))
    actor: Mapped[str] = mapped_column(String(120), default="")


class InteractionParty(Base):
    """The timeline index: a party's lines in time order."""

    __tablename__ = "interaction_party"
    __table_args__ = (Index(None, "interaction_id"), BY_KEY)

    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"), primary_key=True)
    occurred_at: Mapped[datetime] = mapped_column(UtcMicros, primary_key=True)
    interaction_id: Mapped[int] = mapped_column(Id, ForeignKey("interaction.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(10), default="")
