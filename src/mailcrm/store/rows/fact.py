"""Contact facts: what is claimed of a party, by whom, and which claim is the value."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.model.contact import ContactField
from mailcrm.store.rows import party  # noqa: F401 - tables of ours refer to theirs
from mailcrm.store.rows.base import SOURCE, Base, EnumText, Hash, Id, UtcMicros


class ContactFactRow(Base):
    """One value of one field from one source. Seen again, it counts up (`times`) and moves on (`observed_at`, `source_ref`: the
    id of the mail that said it last). `confidence` is in percent; `verified_by` is the human who entered it; `rules` are
    those by which it was read in a mail last.

    Facts stay on the party they were found for; a merge shows them together.
    """

    __tablename__ = "contact_fact"
    __table_args__ = (
        UniqueConstraint("party_id", "field", "value_hash", "source"),
        Index(None, "source", "source_ref"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"))
    field: Mapped[ContactField] = mapped_column(EnumText(ContactField))
    value: Mapped[str] = mapped_column(String(500))
    value_hash: Mapped[str] = mapped_column(Hash)
    source: Mapped[str] = mapped_column(SOURCE)
    source_ref: Mapped[int | None] = mapped_column(Id)
    confidence: Mapped[int]
    observed_at: Mapped[datetime] = mapped_column(UtcMicros)
    times: Mapped[int] = mapped_column(default=1)
    is_current: Mapped[bool] = mapped_column(default=False)
    verified_by: Mapped[str] = mapped_column(String(120), default="")
    rules: Mapped[int] = mapped_column(default=0)
