"""How each thread stands with each customer: a projection of the messages, read anew where their thread is stale."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.model.conversation import Waiting
from mailcrm.store.rows import mail, party  # noqa: F401 - tables of ours refer to theirs
from mailcrm.store.rows.base import BY_KEY, Base, EnumText, Id, UtcMicros


class Conversation(Base):
    """A thread (the oldest of those that weak links join) and a party. `handled_at`: a human says that nothing that was
    written until then waits for an answer."""

    __tablename__ = "conversation"
    __table_args__ = (Index(None, "waiting", "since"), Index(None, "party_id"), BY_KEY)

    thread_id: Mapped[int] = mapped_column(Id, ForeignKey("thread.id"), primary_key=True)
    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"), primary_key=True)
    waiting: Mapped[Waiting] = mapped_column(EnumText(Waiting))
    since: Mapped[datetime | None] = mapped_column(UtcMicros)
    last_in_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    last_out_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    mails_in: Mapped[int]
    mails_out: Mapped[int]
    our_replies: Mapped[int]
    our_seconds: Mapped[int] = mapped_column(BigInteger)
    their_replies: Mapped[int]
    their_seconds: Mapped[int] = mapped_column(BigInteger)
    handled_at: Mapped[datetime | None] = mapped_column(UtcMicros)
