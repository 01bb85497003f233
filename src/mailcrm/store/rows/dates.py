"""Important dates: days that matter to a party, by the sun or by the moon."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.model.important_date import Calendar, DateKind, LeapRule
from mailcrm.store.rows import party  # noqa: F401 - tables of ours refer to theirs
from mailcrm.store.rows.base import SOURCE, Base, EnumText, Id, UtcMicros


class ImportantDateRow(Base):
    """A day of one kind, kept once however often it is told; ended, never wiped.

    `day_key` is its canonical text: a unique column must not be NULL, and `year` is where nobody knows it. Dates stay on the
    party they were found for; a merge shows them together.
    """

    __tablename__ = "important_date"
    __table_args__ = (
        UniqueConstraint("party_id", "kind", "day_key", "label"),
        Index(None, "calendar", "month", "day"),
        Index(None, "lead_days"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"))
    kind: Mapped[DateKind] = mapped_column(EnumText(DateKind))
    calendar: Mapped[Calendar] = mapped_column(EnumText(Calendar))
    month: Mapped[int]
    day: Mapped[int]
    year: Mapped[int | None]
    leap_month: Mapped[bool] = mapped_column(default=False)
    leap_rule: Mapped[LeapRule] = mapped_column(EnumText(LeapRule), default=LeapRule.ORDINARY)
    lead_days: Mapped[int] = mapped_column(default=0)
    label: Mapped[str] = mapped_column(String(120), default="")
    recurs: Mapped[bool] = mapped_column(default=True)
    day_key: Mapped[str] = mapped_column(String(12))
    source: Mapped[str] = mapped_column(SOURCE)
    observed_at: Mapped[datetime] = mapped_column(UtcMicros)
    ended_at: Mapped[datetime | None] = mapped_column(UtcMicros)
