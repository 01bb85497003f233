"""Segments, templates, campaigns, and one row per recipient with all that happened to it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.model.campaign import CampaignKind, CampaignState
from mailcrm.model.recipient import EventType, RecipientState
from mailcrm.store.rows import consent, mail, party  # noqa: F401 - tables of ours refer to theirs
from mailcrm.store.rows.base import Base, EnumText, Hash, Id, LongText, UtcMicros


class SegmentRow(Base):
    """A stored expression over parties."""

    __tablename__ = "segment"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    expression: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcMicros)


class Template(Base):
    """A named text; what is sent are its versions."""

    __tablename__ = "template"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)


class TemplateVersion(Base):
    """One immutable version of a template."""

    __tablename__ = "template_version"
    __table_args__ = (UniqueConstraint("template_id", "version", "lang"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    template_id: Mapped[int] = mapped_column(Id, ForeignKey("template.id"))
    version: Mapped[int]
    lang: Mapped[str] = mapped_column(String(20), default="")
    filename: Mapped[str] = mapped_column(String(255))
    source: Mapped[str] = mapped_column(LongText)
    sha256: Mapped[str] = mapped_column(Hash)
    created_at: Mapped[datetime] = mapped_column(UtcMicros)


class Campaign(Base):
    """What is sent to whom from where. `withheld` counts by reason who was left out when the audience was frozen."""

    __tablename__ = "campaign"
    __table_args__ = (
        Index(None, "state"),
        Index(None, "purpose_id"),
        Index(None, "account_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[CampaignKind] = mapped_column(EnumText(CampaignKind))
    state: Mapped[CampaignState] = mapped_column(EnumText(CampaignState))
    state_reason: Mapped[str] = mapped_column(Text, default="")
    purpose_id: Mapped[int | None] = mapped_column(Id, ForeignKey("purpose.id"))
    account_id: Mapped[int] = mapped_column(Id, ForeignKey("account.id"))
    segment: Mapped[str] = mapped_column(Text, default="")
    withheld: Mapped[str] = mapped_column(Text, default="")
    start_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    created_at: Mapped[datetime] = mapped_column(UtcMicros)
    started_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    finished_at: Mapped[datetime | None] = mapped_column(UtcMicros)


class CampaignStep(Base):
    """One mail of a campaign."""

    __tablename__ = "campaign_step"
    __table_args__ = (
        UniqueConstraint("campaign_id", "position"),
        Index(None, "template_version_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(Id, ForeignKey("campaign.id"))
    position: Mapped[int] = mapped_column(default=0)
    template_version_id: Mapped[int] = mapped_column(Id, ForeignKey("template_version.id"))


class Recipient(Base):
    """One (step, address, occurrence), frozen with its Message-ID before anything is sent."""

    __tablename__ = "recipient"
    __table_args__ = (
        UniqueConstraint("step_id", "email_id", "occurrence"),
        Index(None, "step_id", "state", "due_at"),
        Index(None, "state", "lease_until"),
        Index(None, "email_id"),
        Index(None, "party_id"),
        Index(None, "template_version_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    step_id: Mapped[int] = mapped_column(Id, ForeignKey("campaign_step.id"))
    party_id: Mapped[int | None] = mapped_column(Id, ForeignKey("party.id"))
    email_id: Mapped[int] = mapped_column(Id, ForeignKey("email_address.id"))
    occurrence: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[RecipientState] = mapped_column(EnumText(RecipientState))
    skip_reason: Mapped[str] = mapped_column(String(190), default="")
    due_at: Mapped[datetime] = mapped_column(UtcMicros)
    lease_owner: Mapped[str] = mapped_column(String(80), default="")
    lease_until: Mapped[datetime | None] = mapped_column(UtcMicros)
    fence: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    message_id: Mapped[str] = mapped_column(String(190), unique=True)
    message_id_hash: Mapped[str] = mapped_column(Hash, unique=True)
    composed_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    merge_values: Mapped[str | None] = mapped_column(Text)
    template_version_id: Mapped[int | None] = mapped_column(Id, ForeignKey("template_version.id"))
    rendered_sha256: Mapped[str | None] = mapped_column(Hash)
    smtp_reply: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    in_doubt_at: Mapped[datetime | None] = mapped_column(UtcMicros)


class DeliveryEventRow(Base):
    """Something that happened to a recipient; the unique key makes a replay harmless."""

    __tablename__ = "delivery_event"
    __table_args__ = (Index(None, "recipient_id", "type"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    recipient_id: Mapped[int] = mapped_column(Id, ForeignKey("recipient.id"))
    type: Mapped[EventType] = mapped_column(EnumText(EventType))
    at: Mapped[datetime] = mapped_column(UtcMicros)
    dedupe_key: Mapped[str] = mapped_column(String(190), unique=True)
    smtp_code: Mapped[int] = mapped_column(default=0)
    enhanced: Mapped[str] = mapped_column(String(20), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    is_machine: Mapped[bool] = mapped_column(default=False)
