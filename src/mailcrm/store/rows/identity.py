"""Who is the same customer: what is compared of each party, the edges that join parties, and what humans are asked."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.model.identity import MatchState, MergeMethod
from mailcrm.store.rows import party  # noqa: F401 - tables of ours refer to theirs
from mailcrm.store.rows.base import BY_KEY, Base, EnumText, Id, LongText, UtcMicros


class IdentityProfile(Base):
    """What of a leaf party is compared, as canonical text (`store.identity.profiles`). `stale`: something of it is new and
    waits for the resolver; `compared`: with all, in a night. `rules` are those by which its keys were made."""

    __tablename__ = "identity_profile"
    __table_args__ = (Index(None, "stale", "party_id"), Index(None, "compared", "party_id"))

    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"), primary_key=True, autoincrement=False)
    content: Mapped[str] = mapped_column(LongText, default="")
    stale: Mapped[bool] = mapped_column(default=True)
    compared: Mapped[bool] = mapped_column(default=False)
    rules: Mapped[int] = mapped_column(default=0)


class SightingKey(Base):
    """That sightings of a party have a key; only parties that share one are compared. `key` is a hash (`key_number`)."""

    __tablename__ = "sighting_key"
    __table_args__ = (Index(None, "party_id"), BY_KEY)

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"), primary_key=True)


class KeyCount(Base):
    """How many parties have a word, a domain, a company in common: what tells how much it says. `key` is a hash."""

    __tablename__ = "key_count"
    __table_args__ = (BY_KEY,)

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    parties: Mapped[int]


class MergeRecord(Base):
    """An edge: two leaf parties are one customer, by whom and why. Never deleted; `undone_at` ends it.

    `score` is in hundredths of a bit, `evidence` canonical text whose bits add up to it.
    """

    __tablename__ = "merge_record"
    __table_args__ = (
        CheckConstraint("party_lo < party_hi", name="ordered"),
        Index(None, "party_lo"),
        Index(None, "party_hi"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    party_lo: Mapped[int] = mapped_column(Id, ForeignKey("party.id"))
    party_hi: Mapped[int] = mapped_column(Id, ForeignKey("party.id"))
    method: Mapped[MergeMethod] = mapped_column(EnumText(MergeMethod))
    score: Mapped[int | None]
    evidence: Mapped[str] = mapped_column(LongText, default="")
    rules: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(UtcMicros)
    by: Mapped[str] = mapped_column(String(120))
    undone_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    undone_by: Mapped[str] = mapped_column(String(120), default="")


class MatchCandidate(Base):
    """Two leaf parties that may be one customer, and what a human said of them: said once, it holds for ever.

    `rejected` forbids every cluster that would hold both.
    """

    __tablename__ = "match_candidate"
    __table_args__ = (
        CheckConstraint("party_lo < party_hi", name="ordered"),
        UniqueConstraint("party_lo", "party_hi"),
        Index(None, "party_hi"),
        Index(None, "state", "later_until"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    party_lo: Mapped[int] = mapped_column(Id, ForeignKey("party.id"))
    party_hi: Mapped[int] = mapped_column(Id, ForeignKey("party.id"))
    state: Mapped[MatchState] = mapped_column(EnumText(MatchState))
    score: Mapped[int | None]
    evidence: Mapped[str] = mapped_column(LongText, default="")
    name_only: Mapped[bool] = mapped_column(default=False)
    refused: Mapped[str] = mapped_column(String(120), default="")
    rules: Mapped[int] = mapped_column(default=0)
    found_at: Mapped[datetime] = mapped_column(UtcMicros)
    later_until: Mapped[datetime | None] = mapped_column(UtcMicros)
    decided_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    decided_by: Mapped[str] = mapped_column(String(120), default="")
