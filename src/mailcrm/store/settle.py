"""What events do to recipients: state, suppression, consent and timeline in one transaction, once however often they come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.model.campaign import CampaignKind
from mailcrm.model.consent import ConsentState
from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.model.recipient import TERMINAL_STATES, DeliveryEvent, EventType, RecipientState, Suppress, settlement
from mailcrm.model.text import clean_text
from mailcrm.store.bulk import insert_rows
from mailcrm.store.consents import record_consent, suppress
from mailcrm.store.identity.leaves import leaves_of
from mailcrm.store.rows.campaign import Campaign, CampaignStep, DeliveryEventRow, Recipient
from mailcrm.store.rows.party import EmailAddress
from mailcrm.store.timeline import NewInteraction, append_interactions

_SHOWN = {
    EventType.SENT: Direction.OUT,
    EventType.FAILED: Direction.OUT,
    EventType.BOUNCED: Direction.IN,
    EventType.COMPLAINED: Direction.IN,
    EventType.UNSUBSCRIBED: Direction.IN,
}
"""Events worth a line on the timeline; a reply has its own line, the mail itself."""


def timeline_key(event: EventType, recipient_id: int) -> str:
    """The source key of the line that an event writes."""
    return f"recipient:{recipient_id}:{event.value}"


@dataclass(frozen=True, slots=True)
class Happening:
    """An event on a locked row. `due_at` is when a deferred one is tried again."""

    row: Recipient
    event: DeliveryEvent
    reply: str = ""
    due_at: datetime | None = None


def apply_events(session: Session, happenings: Sequence[Happening], now: datetime) -> int:
    """Settle events on locked rows. Returns how many were new; those known already change nothing."""
    keys = [item.event.dedupe_key for item in happenings]
    query = select(DeliveryEventRow.dedupe_key).where(DeliveryEventRow.dedupe_key.in_(keys))
    known = set(session.execute(query).scalars()) if keys else set()
    new = [item for item in {i.event.dedupe_key: i for i in happenings}.values() if item.event.dedupe_key not in known]
    if not new:
        return 0
    closes = [(item, settled) for item in new if (settled := _settle(item, now)) is not None]
    session.flush()
    insert_rows(session, DeliveryEventRow, [_event_row(item, now) for item in new])
    campaigns = _campaigns(session, new)
    for item, reason in closes:
        _close(session, item, reason, campaigns[item.row.step_id], now)
    owners = leaves_of(
        session, ((row.party_id, row.email_id) for item in new if (row := item.row).party_id is not None)
    )
    append_interactions(
        session, [each for item in new for each in _lines(item, campaigns[item.row.step_id], owners, now)]
    )
    return len(new)


def _settle(item: Happening, now: datetime) -> Suppress | None:
    """Move the row; returns the reason if its address is closed from now on."""
    decided = settlement(item.row.state, item.event)
    if decided.state is not None:
        move(item.row, decided.state, now, item.reply or item.event.detail, item.due_at)
    return decided.suppress


def count_refusal(row: Recipient, *, tried: bool) -> None:
    """A try that ended before the mark is an attempt as well, or it would be repeated for ever; a mark has counted."""
    if tried and row.state == RecipientState.CLAIMED:
        row.attempts += 1


def put_back(row: Recipient) -> None:
    """In line again; a mail that was composed before is composed as it was."""
    row.state = RecipientState.READY if row.composed_at is None else RecipientState.DEFERRED


def move(row: Recipient, state: RecipientState, now: datetime, reply: str = "", due_at: datetime | None = None) -> None:
    """Settle a locked row in `state`, with all that goes with it."""
    count_refusal(row, tried=state in (RecipientState.DEFERRED, RecipientState.FAILED))
    row.state = state
    row.lease_owner, row.lease_until = "", None
    row.smtp_reply = clean_text(reply)[:2000] or row.smtp_reply
    if state == RecipientState.SENT:
        row.sent_at = row.sent_at or now
    elif state == RecipientState.IN_DOUBT:
        row.in_doubt_at = now
    elif state == RecipientState.DEFERRED:
        row.due_at = due_at or now
    if state in TERMINAL_STATES:
        row.merge_values = None  # personal data is not kept longer than a retry could need it


def _event_row(item: Happening, now: datetime) -> dict[str, object]:
    event = item.event
    return {
        "recipient_id": item.row.id,
        "type": event.type,
        "at": now,
        "dedupe_key": event.dedupe_key,
        "smtp_code": event.code,
        "enhanced": event.enhanced[:20],
        "detail": clean_text(event.detail)[:2000],
        "is_machine": event.is_machine,
    }


def _campaigns(session: Session, happenings: Sequence[Happening]) -> dict[int, Campaign]:
    """The campaign of each step."""
    steps = {item.row.step_id for item in happenings}
    query = (
        select(CampaignStep.id, Campaign)
        .join(Campaign, CampaignStep.campaign_id == Campaign.id)
        .where(CampaignStep.id.in_(steps))
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _lines(
    item: Happening, campaign: Campaign, owners: Mapping[tuple[int, int], int], now: datetime
) -> Sequence[NewInteraction]:
    row, event = item.row, item.event
    if event.type not in _SHOWN or row.party_id is None:
        return ()
    owner = owners.get((row.party_id, row.email_id), row.party_id)
    line = NewInteraction(
        kind=InteractionKind.CAMPAIGN, source_key=timeline_key(event.type, row.id), at=now, title=campaign.name,
        parties=((owner, "to"),), direction=_SHOWN[event.type], body=clean_text(event.detail)[:500],
        outcome=event.type.value,
    )  # fmt: skip
    return (line,)


def _close(session: Session, item: Happening, reason: Suppress, campaign: Campaign, now: datetime) -> None:
    """An opt-out closes its purpose; a dead or complaining address is closed for everything.

    Who tries the link in a test mail to himself closes nothing.
    """
    opted_out = reason == Suppress.UNSUBSCRIBE
    if opted_out and campaign.kind == CampaignKind.SYSTEM:
        return
    row, event = item.row, item.event
    key = session.execute(select(EmailAddress.address_norm).where(EmailAddress.id == row.email_id)).scalar_one()
    source = f"campaign {campaign.name}"
    suppress(session, key, reason, now, purpose_id=campaign.purpose_id if opted_out else None, source=source)
    if opted_out and campaign.purpose_id is not None:
        evidence = event.detail or event.dedupe_key
        record_consent(
            session, row.email_id, campaign.purpose_id, ConsentState.WITHDRAWN, basis="withdrawal", at=now,
            source=source, evidence=evidence, now=now,
        )  # fmt: skip
