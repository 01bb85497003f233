"""Public forms, and what came in by them: kept as it came before anything is made of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.model.form import FormState, Judged, SubmissionState
from mailcrm.store.rows import consent, party  # noqa: F401 - tables of ours refer to theirs
from mailcrm.store.rows.base import Base, EnumText, Hash, Id, LongText, UtcMicros


class FormRow(Base):
    """A form as it is asked today. `fields` and `texts` are canonical text (`model.form`); `origins` the sites that may embed
    it, one a line. `purpose_id` is what its newsletter box asks for, `text_version` which wording of it."""

    __tablename__ = "form"
    __table_args__ = (Index(None, "purpose_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    language: Mapped[str] = mapped_column(String(10), default="")
    fields: Mapped[str] = mapped_column(LongText)
    texts: Mapped[str] = mapped_column(LongText)
    purpose_id: Mapped[int | None] = mapped_column(Id, ForeignKey("purpose.id"))
    text_version: Mapped[str] = mapped_column(String(40), default="")
    privacy_url: Mapped[str] = mapped_column(Text, default="")
    redirect_url: Mapped[str] = mapped_column(Text, default="")
    origins: Mapped[str] = mapped_column(Text, default="")
    region: Mapped[str] = mapped_column(String(2), default="")
    state: Mapped[FormState] = mapped_column(EnumText(FormState))
    created_at: Mapped[datetime] = mapped_column(UtcMicros)
    row_version: Mapped[int] = mapped_column(default=1)


class FormSubmission(Base):
    """What somebody sent. `answers` is canonical text by question; `asked` is the wording of the newsletter box if it was
    ticked, with its version and language: an asking, never a consent. `ip_hash` is keyed and changes every day.
    `trusted_at` is since when a human, or the owner of the address, stands for what it says. `source_key` makes a replay
    harmless, `text_hash` finds the same text again."""

    __tablename__ = "form_submission"
    __table_args__ = (
        Index(None, "form_id", "at"),
        Index(None, "form_id", "ip_hash", "at"),
        Index(None, "form_id", "text_hash", "at"),
        Index(None, "state", "verdict", "id"),
        Index(None, "party_id"),
        Index(None, "email_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    form_id: Mapped[int] = mapped_column(Id, ForeignKey("form.id"))
    at: Mapped[datetime] = mapped_column(UtcMicros)
    answers: Mapped[str] = mapped_column(LongText)
    language: Mapped[str] = mapped_column(String(10), default="")
    asked: Mapped[str] = mapped_column(Text, default="")
    text_version: Mapped[str] = mapped_column(String(40), default="")
    ip_hash: Mapped[str] = mapped_column(Hash)
    text_hash: Mapped[str] = mapped_column(String(64), default="")
    user_agent: Mapped[str] = mapped_column(String(20), default="")
    verdict: Mapped[Judged] = mapped_column(EnumText(Judged))
    reasons: Mapped[str] = mapped_column(String(400), default="")
    state: Mapped[SubmissionState] = mapped_column(EnumText(SubmissionState))
    party_id: Mapped[int | None] = mapped_column(Id, ForeignKey("party.id"))
    email_id: Mapped[int | None] = mapped_column(Id, ForeignKey("email_address.id"))
    trusted_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    source_key: Mapped[str] = mapped_column(String(120), unique=True)
