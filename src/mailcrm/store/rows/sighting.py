"""Sightings: immutable observations of somebody, from which the identity resolver works."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.model.interaction import Direction
from mailcrm.store.rows import mail, party  # noqa: F401 - tables of ours refer to theirs
from mailcrm.store.rows.base import SOURCE, Base, EnumText, Id, UtcMicros


class Sighting(Base):
    """One participant of one mail (later also signatures, forms, import rows). Immutable but for `by_hand` and the last two.

    `by_hand` is whether a person wrote the mail: newsletters and robots make nobody a customer. It is corrected when the
    body shows another kind of mail than the headers did.
    """

    __tablename__ = "sighting"
    __table_args__ = (
        UniqueConstraint("source", "source_ref", "position"),
        Index(None, "resolved_at", "id"),
        Index(None, "party_id"),
        Index(None, "account_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(SOURCE)
    source_ref: Mapped[int] = mapped_column(Id)
    position: Mapped[int]
    account_id: Mapped[int | None] = mapped_column(Id, ForeignKey("account.id"))
    email_id: Mapped[int] = mapped_column(Id, ForeignKey("email_address.id"), index=True)
    name: Mapped[str] = mapped_column(String(255), default="")
    role: Mapped[str] = mapped_column(String(10), default="")
    direction: Mapped[Direction | None] = mapped_column(EnumText(Direction))
    by_hand: Mapped[bool] = mapped_column(default=True)
    seen_at: Mapped[datetime] = mapped_column(UtcMicros)
    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"))
    resolved_at: Mapped[datetime | None] = mapped_column(UtcMicros)
