"""What was sold and what was done: orders with their lines and payments; cases, calls, visits and notes with their files."""

from datetime import datetime

from sqlalchemy import CHAR, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.model.activity import CaseState
from mailcrm.model.order import OrderStatus
from mailcrm.store.rows import mail, party, timeline  # noqa: F401 - tables of ours refer to theirs
from mailcrm.store.rows.base import BY_KEY, Base, EnumText, Hash, Id, UtcMicros

CURRENCY = CHAR(3)
"""ISO 4217."""


class SalesOrder(Base):
    """An order. `source_ref` makes a replay harmless; numbers are unique in one shop only, so `order_no` is not. `told` is the
    hash of what the source said last, `told_status` the status it said: what a human changed since stays when it is said again.

    Orders stay on the party they were found for; a merge shows them together.
    """

    __tablename__ = "sales_order"
    __table_args__ = (Index(None, "party_id", "ordered_at"), Index(None, "ordered_at"), Index(None, "order_no"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"))
    order_no: Mapped[str] = mapped_column(String(80))
    ordered_at: Mapped[datetime] = mapped_column(UtcMicros)
    currency: Mapped[str] = mapped_column(CURRENCY)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[OrderStatus] = mapped_column(EnumText(OrderStatus))
    source: Mapped[str] = mapped_column(String(40), default="")
    source_ref: Mapped[str] = mapped_column(String(190), unique=True)
    note: Mapped[str] = mapped_column(Text, default="")
    told: Mapped[str] = mapped_column(Hash)
    told_status: Mapped[OrderStatus] = mapped_column(EnumText(OrderStatus))
    created_at: Mapped[datetime] = mapped_column(UtcMicros)
    updated_at: Mapped[datetime] = mapped_column(UtcMicros)
    row_version: Mapped[int] = mapped_column(default=1)
    archived_at: Mapped[datetime | None] = mapped_column(UtcMicros)


class OrderLineRow(Base):
    """One position: thousandths, and minor units of the currency of the order."""

    __tablename__ = "order_line"
    __table_args__ = (BY_KEY,)

    order_id: Mapped[int] = mapped_column(Id, ForeignKey("sales_order.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(String(120), default="")
    title: Mapped[str] = mapped_column(String(998))
    qty_milli: Mapped[int] = mapped_column(BigInteger)
    unit_minor: Mapped[int | None] = mapped_column(BigInteger)


class PaymentRow(Base):
    """Money that came (negative: that went back), for an order or none that is known. A payment is never changed."""

    __tablename__ = "payment"
    __table_args__ = (Index(None, "party_id", "paid_at"), Index(None, "order_id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    order_id: Mapped[int | None] = mapped_column(Id, ForeignKey("sales_order.id"))
    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"))
    paid_at: Mapped[datetime] = mapped_column(UtcMicros)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(CURRENCY)
    method: Mapped[str] = mapped_column(String(60), default="")
    reference: Mapped[str] = mapped_column(String(190), default="")
    source_ref: Mapped[str] = mapped_column(String(190), unique=True)


class ActivityRow(Base):
    """What a line of the timeline that a human logged has beyond others. `state` is NULL where nobody has to do anything;
    `private_to` is the user who alone sees it ('' = all do)."""

    __tablename__ = "activity"
    __table_args__ = (Index(None, "state", "due_at"), Index(None, "owner", "state", "due_at"), BY_KEY)

    interaction_id: Mapped[int] = mapped_column(Id, ForeignKey("interaction.id"), primary_key=True)
    state: Mapped[CaseState | None] = mapped_column(EnumText(CaseState))
    owner: Mapped[str] = mapped_column(String(120), default="")
    due_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    closed_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    pinned: Mapped[bool] = mapped_column(default=False)
    private_to: Mapped[str] = mapped_column(String(120), default="")
    channel: Mapped[str] = mapped_column(String(40), default="")
    rating: Mapped[int | None]
    minutes: Mapped[int | None]
    updated_at: Mapped[datetime] = mapped_column(UtcMicros)
    row_version: Mapped[int] = mapped_column(default=1)


class ActivityParty(Base):
    """Whose activities they are: the timeline says it, too, but there they lie among a hundred times as many mails."""

    __tablename__ = "activity_party"
    __table_args__ = (Index(None, "interaction_id"), BY_KEY)

    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"), primary_key=True)
    interaction_id: Mapped[int] = mapped_column(Id, ForeignKey("activity.interaction_id"), primary_key=True)


class ActivityFileRow(Base):
    """A file that somebody attached."""

    __tablename__ = "activity_file"
    __table_args__ = (UniqueConstraint("interaction_id", "sha256"), Index(None, "sha256"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    interaction_id: Mapped[int] = mapped_column(Id, ForeignKey("activity.interaction_id"))
    sha256: Mapped[str] = mapped_column(Hash, ForeignKey("blob.sha256"))
    filename: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(127))
    size: Mapped[int] = mapped_column(BigInteger)
    added_at: Mapped[datetime] = mapped_column(UtcMicros)


class ActivityWord(Base):
    """That a word (`model.words`) stands in the title or text of an activity."""

    __tablename__ = "activity_word"
    __table_args__ = (Index(None, "interaction_id"), BY_KEY)

    word: Mapped[str] = mapped_column(String(32), primary_key=True)
    interaction_id: Mapped[int] = mapped_column(Id, ForeignKey("activity.interaction_id"), primary_key=True)


class InteractionChange(Base):
    """That something of an order or an activity (by its line on the timeline) was `before` and then `after`. `version` is the
    row version with it."""

    __tablename__ = "interaction_change"
    __table_args__ = (Index(None, "interaction_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    interaction_id: Mapped[int] = mapped_column(Id, ForeignKey("interaction.id"))
    field: Mapped[str] = mapped_column(String(40))
    before: Mapped[str] = mapped_column(Text, default="")
    after: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(UtcMicros)
    by: Mapped[str] = mapped_column(String(120))
    version: Mapped[int]
