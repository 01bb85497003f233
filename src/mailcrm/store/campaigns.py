"""Campaigns and templates: what is to be sent, in which state, and how it went."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased

from mailcrm.errors import Conflict, NotFound, UserError
from mailcrm.model.campaign import CampaignKind, CampaignState, require_transition
from mailcrm.model.outbox import CampaignCounts, CampaignRow, RecipientLine, TemplateRow
from mailcrm.model.recipient import OPEN_STATES, RecipientState
from mailcrm.model.text import clean_text
from mailcrm.store.rows.account import Account
from mailcrm.store.rows.campaign import (
    Campaign,
    CampaignStep,
    DeliveryEventRow,
    Recipient,
    Template,
    TemplateVersion,
)
from mailcrm.store.rows.consent import Purpose
from mailcrm.store.rows.party import EmailAddress, Party

_LONGEST_NAME = 120

# --- templates ---------------------------------------------------------------------------------------------------


def save_template(session: Session, name: str, filename: str, source: str, now: datetime) -> TemplateRow:
    """The version of a template with exactly this text; a new version if the text is new."""
    digest = hashlib.sha256(f"{filename}\n{source}".encode()).hexdigest()
    template = session.execute(select(Template).where(Template.name == name)).scalar_one_or_none()
    if template is None:
        template = Template(name=name)
        session.add(template)
        session.flush()
    versions = select(TemplateVersion).where(TemplateVersion.template_id == template.id)
    found = session.execute(versions.where(TemplateVersion.sha256 == digest)).scalars().first()
    if found is None:
        newest = session.execute(
            select(func.coalesce(func.max(TemplateVersion.version), 0)).where(
                TemplateVersion.template_id == template.id
            )
        ).scalar_one()
        found = TemplateVersion(
            template_id=template.id,
            version=newest + 1,
            lang="",
            filename=filename,
            source=source,
            sha256=digest,
            created_at=now,
        )
        session.add(found)
        session.flush()
    return TemplateRow(found.id, name, found.version, found.filename, found.source, found.sha256)


def get_template(session: Session, version_id: int) -> TemplateRow:
    """One version of a template."""
    row, name = session.execute(
        select(TemplateVersion, Template.name)
        .join(Template, Template.id == TemplateVersion.template_id)
        .where(TemplateVersion.id == version_id)
    ).one()
    return TemplateRow(row.id, name, row.version, row.filename, row.source, row.sha256)


# --- campaigns ---------------------------------------------------------------------------------------------------


def create_campaign(
    session: Session,
    name: str,
    kind: CampaignKind,
    *,
    account_id: int,
    template_version_id: int,
    purpose_id: int | None,
    segment: str,
    now: datetime,
) -> CampaignRow:
    """A draft with one step. Raises UserError if the name cannot be one, Conflict if it is taken."""
    if not 0 < len(name.strip()) <= _LONGEST_NAME or not name.isprintable():
        raise UserError(f"a campaign's name is one line of 1 to {_LONGEST_NAME} characters")
    if session.execute(select(Campaign.id).where(Campaign.name == name)).first() is not None:
        raise Conflict(f"there is a campaign {name!r} already; campaigns keep their name, choose another")
    row = Campaign(
        name=name, kind=kind, state=CampaignState.DRAFT, state_reason="", account_id=account_id, purpose_id=purpose_id,
        segment=segment, withheld="", created_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.add(CampaignStep(campaign_id=row.id, position=0, template_version_id=template_version_id))
    session.flush()
    return get_campaign(session, name)


def set_template(session: Session, campaign: CampaignRow, template_version_id: int) -> None:
    """Change what a draft will send. Raises Conflict once the audience is frozen."""
    state = session.execute(select(Campaign.state).where(Campaign.id == campaign.id).with_for_update()).scalar_one()
    if state != CampaignState.DRAFT:
        raise Conflict(f"campaign {campaign.name!r} is {state.value}; only a draft can change its text")
    session.execute(
        update(CampaignStep).where(CampaignStep.id == campaign.step_id).values(template_version_id=template_version_id)
    )


def _campaigns() -> Any:
    return (
        select(Campaign, CampaignStep, TemplateVersion, Template.name, Account.name, Purpose.key)
        .join(CampaignStep, CampaignStep.campaign_id == Campaign.id)
        .join(TemplateVersion, TemplateVersion.id == CampaignStep.template_version_id)
        .join(Template, Template.id == TemplateVersion.template_id)
        .join(Account, Account.id == Campaign.account_id)
        .outerjoin(Purpose, Purpose.id == Campaign.purpose_id)
    )


def _row(
    campaign: Campaign, step: CampaignStep, version: TemplateVersion, template: str, account: str, purpose: str | None
) -> CampaignRow:
    text = TemplateRow(version.id, template, version.version, version.filename, version.source, version.sha256)
    return CampaignRow(
        id=campaign.id, name=campaign.name, kind=campaign.kind, state=campaign.state, state_reason=campaign.state_reason,
        purpose=purpose, purpose_id=campaign.purpose_id, account=account, account_id=campaign.account_id,
        segment=campaign.segment, withheld=json.loads(campaign.withheld or "{}"), step_id=step.id, template=text,
        start_at=campaign.start_at, created_at=campaign.created_at, started_at=campaign.started_at,
        finished_at=campaign.finished_at,
    )  # fmt: skip


def find_campaign(session: Session, name: str) -> CampaignRow | None:
    """A campaign by its name."""
    found = session.execute(_campaigns().where(Campaign.name == name)).first()
    return None if found is None else _row(*found)


def get_campaign(session: Session, name: str) -> CampaignRow:
    """A campaign by its name; raises NotFound."""
    found = find_campaign(session, name)
    if found is None:
        raise NotFound(f"no campaign {name!r}; `mailcrm campaigns list` shows them")
    return found


def list_campaigns(session: Session, states: Sequence[CampaignState] = ()) -> list[CampaignRow]:
    """Campaigns, newest first; only those in `states` if any are given."""
    query = _campaigns().order_by(Campaign.id.desc())
    return [_row(*found) for found in session.execute(query.where(Campaign.state.in_(states)) if states else query)]


def set_state(session: Session, name: str, state: CampaignState, now: datetime, reason: str = "") -> CampaignRow:
    """Move a campaign on. Raises Conflict, naming what is possible, if that is not allowed from where it is."""
    query = select(Campaign).where(Campaign.name == name).with_for_update().execution_options(populate_existing=True)
    row = session.execute(query).scalar_one_or_none()
    if row is None:
        raise NotFound(f"no campaign {name!r}; `mailcrm campaigns list` shows them")
    require_transition(name, row.state, state)
    row.state, row.state_reason = state, clean_text(reason)[:2000]
    if state == CampaignState.RUNNING and row.started_at is None:
        row.started_at = now
    if state in (CampaignState.FINISHED, CampaignState.CANCELLED):
        row.finished_at = now
    session.flush()
    return get_campaign(session, name)


def schedule(session: Session, name: str, start_at: datetime, now: datetime) -> CampaignRow:
    """A frozen campaign that starts by itself at `start_at`."""
    session.execute(update(Campaign).where(Campaign.name == name).values(start_at=start_at))
    return set_state(session, name, CampaignState.SCHEDULED, now)


def due_campaigns(session: Session, now: datetime) -> list[str]:
    """Names of scheduled campaigns whose time has come."""
    query = select(Campaign.name).where(Campaign.state == CampaignState.SCHEDULED, Campaign.start_at <= now)
    return list(session.execute(query.order_by(Campaign.start_at)).scalars())


def finish_campaigns(session: Session, now: datetime) -> list[str]:
    """Running campaigns none of whose recipients is open any more are finished. Returns their names."""
    still_open = (  # per campaign, so that the first open recipient answers
        select(Recipient.id)
        .join(CampaignStep, CampaignStep.id == Recipient.step_id)
        .where(CampaignStep.campaign_id == Campaign.id, Recipient.state.in_(OPEN_STATES))
        .exists()
    )
    query = select(Campaign.name).where(Campaign.state == CampaignState.RUNNING, ~still_open)
    names = list(session.execute(query.order_by(Campaign.id).with_for_update(skip_locked=True)).scalars())
    for name in names:
        set_state(session, name, CampaignState.FINISHED, now)
    return names


def note_withheld(session: Session, campaign_id: int, withheld: dict[str, int]) -> None:
    """Keep, by reason, how many were left out when the audience was frozen."""
    text = json.dumps(withheld, ensure_ascii=False, sort_keys=True)
    session.execute(update(Campaign).where(Campaign.id == campaign_id).values(withheld=text))


# --- how it went -------------------------------------------------------------------------------------------------


def count_recipients(session: Session, campaign_id: int) -> CampaignCounts:
    """Recipients by state and by what happened to them (a recipient counts once per kind of event)."""
    mine = select(CampaignStep.id).where(CampaignStep.campaign_id == campaign_id)
    states = session.execute(
        select(Recipient.state, func.count()).where(Recipient.step_id.in_(mine)).group_by(Recipient.state)
    ).all()
    events = session.execute(
        select(DeliveryEventRow.type, func.count(func.distinct(DeliveryEventRow.recipient_id)))
        .join(Recipient, Recipient.id == DeliveryEventRow.recipient_id)
        .where(Recipient.step_id.in_(mine))
        .group_by(DeliveryEventRow.type)
    ).all()
    counted = dict.fromkeys(RecipientState, 0) | {row[0]: row[1] for row in states}
    return CampaignCounts(sum(counted.values()), counted, {row[0].value: row[1] for row in events})


def list_recipients(
    session: Session, campaign_id: int, states: Sequence[RecipientState] = (), limit: int = 1000, after: int = 0
) -> list[tuple[int, RecipientLine]]:
    """The per-recipient table, by row id, which pages on."""
    member = aliased(Party)
    query = (
        select(Recipient, EmailAddress.address_display, Party.customer_no, Party.display_name)
        .join(CampaignStep, CampaignStep.id == Recipient.step_id)
        .join(EmailAddress, EmailAddress.id == Recipient.email_id)
        .outerjoin(member, member.id == Recipient.party_id)
        .outerjoin(Party, Party.id == member.root_id)
        .where(CampaignStep.campaign_id == campaign_id, Recipient.id > after)
        .order_by(Recipient.id)
        .limit(limit)
    )
    if states:
        query = query.where(Recipient.state.in_(states))
    rows = session.execute(query).all()
    events = _events(session, [row[0].id for row in rows])
    return [(row[0].id, _line(*row, tuple(events.get(row[0].id, ())))) for row in rows]


def _line(row: Recipient, address: str, number: str | None, name: str | None, events: tuple[str, ...]) -> RecipientLine:
    return RecipientLine(
        number or "", name or "", address, row.state, row.skip_reason, row.smtp_reply, row.attempts, row.sent_at, events
    )


def _events(session: Session, recipient_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for start in range(0, len(recipient_ids), 500):
        query = (
            select(DeliveryEventRow.recipient_id, DeliveryEventRow.type)
            .where(DeliveryEventRow.recipient_id.in_(recipient_ids[start : start + 500]))
            .order_by(DeliveryEventRow.id)
        )
        for recipient_id, kind in session.execute(query):
            found.setdefault(recipient_id, []).append(kind.value)
    return found
