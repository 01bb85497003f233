"""What is claimed of a party, by whom, and which claim is the value; what it was before; and what lists are filtered by."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Dialect, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from mailcrm.model.contact import ContactField
from mailcrm.model.own_field import FieldType
from mailcrm.store.rows import party  # noqa: F401 - tables of ours refer to theirs
from mailcrm.store.rows.base import BY_KEY, SOURCE, Base, EnumText, Hash, Id, LongText, UtcMicros

_KNOWN: dict[str, str] = {field.value: field for field in ContactField}
"""A `ContactField` is its text, and more."""


class FieldName(TypeDecorator[str]):
    """A `ContactField`, or the name of one of the team's own fields."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else _KNOWN.get(value, str(value))


FIELD = FieldName(64)


class ContactFactRow(Base):
    """One value of one field from one source. Seen again, it counts up (`times`) and moves on (`observed_at`, `source_ref`: the
    id of the mail, the import or the form that said it last). `confidence` is in percent; `verified_by` is the human who
    entered it; `rules` are those by which it was read in a mail last. `label` is what kind of it, `parts` those of a postal
    address as canonical text. Of several values a human may prefer one. `batch_id` is the
    import that made it, whatever source it names. A value
    is ended (`ended_at`), never wiped.

    Facts stay on the party they were found for; a merge shows them together.
    """

    __tablename__ = "contact_fact"
    __table_args__ = (
        UniqueConstraint("party_id", "field", "value_hash", "source"),
        Index(None, "source", "source_ref"),
        Index(None, "value_hash"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"))
    field: Mapped[str] = mapped_column(FIELD)
    value: Mapped[str] = mapped_column(Text)
    value_hash: Mapped[str] = mapped_column(Hash)
    label: Mapped[str] = mapped_column(String(60), default="")
    parts: Mapped[str] = mapped_column(LongText, default="")
    source: Mapped[str] = mapped_column(SOURCE)
    source_ref: Mapped[int | None] = mapped_column(Id)
    confidence: Mapped[int]
    observed_at: Mapped[datetime] = mapped_column(UtcMicros)
    times: Mapped[int] = mapped_column(default=1)
    is_current: Mapped[bool] = mapped_column(default=False)
    verified_by: Mapped[str] = mapped_column(String(120), default="")
    rules: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    is_preferred: Mapped[bool] = mapped_column(default=False)
    batch_id: Mapped[int | None] = mapped_column(Id)


class FieldChange(Base):
    """That a field of a party came to hold another value: `before` and `after` ('' = nothing), by whom, and from what source.
    `version` is the row version of the customer with it."""

    __tablename__ = "field_change"
    __table_args__ = (Index(None, "party_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"))
    field: Mapped[str] = mapped_column(FIELD)
    before: Mapped[str] = mapped_column(Text, default="")
    after: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(SOURCE)
    source_ref: Mapped[int | None] = mapped_column(Id)
    at: Mapped[datetime] = mapped_column(UtcMicros)
    by: Mapped[str] = mapped_column(String(120))
    version: Mapped[int] = mapped_column(default=0)


class ShownValue(Base):
    """What a customer (a root) shows in a field that lists are filtered and sorted by: follows from the facts of all members.

    `v_text` is folded; numbers (in thousandths), dates (days since 1970) and yes or no (1, 0) are in `v_int`.
    """

    __tablename__ = "shown_value"
    __table_args__ = (Index(None, "field", "v_text", "party_id"), Index(None, "field", "v_int", "party_id"), BY_KEY)

    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"), primary_key=True)
    field: Mapped[str] = mapped_column(FIELD, primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    v_text: Mapped[str] = mapped_column(String(190), default="")
    v_int: Mapped[int | None] = mapped_column(BigInteger)


class OwnField(Base):
    """A field that a team defined: `key` without its prefix, `options` of a choice one a line, `rules` as canonical text.
    Archived ones keep their values."""

    __tablename__ = "custom_field"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    label: Mapped[str] = mapped_column(String(120))
    label_zh: Mapped[str] = mapped_column(String(120), default="")
    type: Mapped[FieldType] = mapped_column(EnumText(FieldType))
    options: Mapped[str] = mapped_column(Text, default="")
    rules: Mapped[str] = mapped_column(Text, default="")
    applies_to: Mapped[str] = mapped_column(String(20), default="")
    section: Mapped[str] = mapped_column(String(60), default="")
    position: Mapped[int] = mapped_column(default=0)
    required: Mapped[bool] = mapped_column(default=False)
    is_sensitive: Mapped[bool] = mapped_column(default=False)
    preset: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime] = mapped_column(UtcMicros)
    archived_at: Mapped[datetime | None] = mapped_column(UtcMicros)
