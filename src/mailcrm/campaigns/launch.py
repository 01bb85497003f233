"""Starting a campaign: check everything, freeze the audience into one row per recipient, and only then let it run.

segment as of now | may_mail -> audience and who is left out
  | compose every mail once -> problems stop it here
  | one row per (step, address) with its Message-ID, unique, in one transaction with the new state
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from mailcrm.campaigns.audience import Audience, resolve_audience
from mailcrm.campaigns.preflight import Means, check_campaign
from mailcrm.errors import Conflict
from mailcrm.model.address import domain_of
from mailcrm.model.campaign import CampaignKind, CampaignState, require_transition
from mailcrm.model.outbox import CampaignRow
from mailcrm.model.rights import Viewer
from mailcrm.store import Session, Store, addresses, audit, campaigns, recipients
from mailcrm.store.recipients import merge_values


@dataclass(frozen=True, slots=True)
class Readiness:
    """What would happen if a campaign started now."""

    campaign: CampaignRow
    audience: Audience
    problems: list[str]


def prepare(store: Store, name: str, means: Means, now: datetime, viewer: Viewer | None = None) -> Readiness:
    """Look before starting: the audience and every problem. Changes nothing. Raises NotFound."""
    with store.read(viewer) as session:
        campaign = campaigns.get_campaign(session, name)
        audience = resolve_audience(session, campaign, now)
        pairs = [(who.party_id, who.address_id) for who in audience.chosen if who.address_id is not None]
        values = merge_values(session, pairs)
    return Readiness(campaign, audience, check_campaign(campaign, audience, values, means, now))


def start(
    session: Session, ready: Readiness, expected: int, now: datetime, start_at: datetime | None = None
) -> CampaignRow:
    """Freeze the audience and let the campaign run, or wait for `start_at`.

    `expected` is the number of recipients the user typed back; the audience is taken anew in this transaction, and if
    it is not that number any more nothing happens. Raises Conflict.
    """
    campaign = campaigns.get_campaign(session, ready.campaign.name)
    require_transition(campaign.name, campaign.state, CampaignState.SCHEDULED if start_at else CampaignState.RUNNING)
    if campaign.state != CampaignState.DRAFT:
        raise Conflict(f"campaign {campaign.name!r} is {campaign.state.value}; its recipients are frozen already")
    if ready.problems:
        raise Conflict(f"campaign {campaign.name!r} cannot start", problems=ready.problems)
    audience = resolve_audience(session, campaign, now)
    if len(audience.chosen) != expected or campaign.template != ready.campaign.template:
        raise Conflict(
            f"the audience is {len(audience.chosen)} now, not {expected}; look at it again and repeat the start"
        )
    freeze_recipients(session, campaign, audience, start_at or now)
    audit.append_audit(session, "campaign.start", f"campaign:{campaign.id}", now, recipients=expected)
    if start_at is not None:
        return campaigns.schedule(session, campaign.name, start_at, now)
    return campaigns.set_state(session, campaign.name, CampaignState.RUNNING, now)


def freeze_recipients(session: Session, campaign: CampaignRow, audience: Audience, due_at: datetime) -> int:
    """One row per recipient, each with the Message-ID it will keep through every retry."""
    domain = domain_of(addresses.account_address(session, campaign.account_id)) or "mailcrm.invalid"
    rows = [
        (who.party_id, who.address_id, new_message_id(domain)) for who in audience.chosen if who.address_id is not None
    ]
    campaigns.note_withheld(session, campaign.id, audience.reasons())
    return recipients.freeze(session, campaign.step_id, rows, due_at)


def new_message_id(domain: str) -> str:
    """A random Message-ID without brackets, made once and stored."""
    return f"{uuid.uuid4().hex}@{domain}"


def enqueue_test(
    session: Session, campaign: CampaignRow, address_id: int, values: dict[str, str], now: datetime
) -> CampaignRow:
    """One mail of this campaign to one of our own addresses, as a system campaign of its own: reports stay clean."""
    stamp = f"{now:%Y-%m-%d %H:%M:%S}"
    test = campaigns.create_campaign(
        session, f"test of {campaign.name} {stamp} {uuid.uuid4().hex[:4]}"[:120], CampaignKind.SYSTEM,
        account_id=campaign.account_id, template_version_id=campaign.template.id, purpose_id=None, segment="", now=now,
    )  # fmt: skip
    domain = domain_of(addresses.account_address(session, campaign.account_id)) or "mailcrm.invalid"
    recipients.freeze(session, test.step_id, [(None, address_id, new_message_id(domain))], now, values=values)
    return campaigns.set_state(session, test.name, CampaignState.RUNNING, now)
