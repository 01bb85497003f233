"""Starting a campaign: check everything, freeze the audience into one row per recipient, and only then let it run.

segment as of now | may_mail -> audience and who is left out
  | compose every mail once -> problems stop it here
  | one row per (step, address) with its Message-ID, unique, in one transaction with the new state
"""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailcrm.campaigns.audience import Audience, resolve_audience
from mailcrm.campaigns.preflight import Means, check_campaign, warn_campaign
from mailcrm.errors import Conflict, UserError
from mailcrm.model.address import address_key, domain_of
from mailcrm.model.campaign import CampaignKind, CampaignState, require_transition
from mailcrm.model.outbox import CampaignRow, Reachable
from mailcrm.model.rights import Viewer
from mailcrm.store import Session, Store, addresses, audit, campaigns, recipients
from mailcrm.store.recipients import merge_values

_DOMAIN = re.compile(r"[a-z0-9.-]{1,150}")
"""What the Message-ID of a mail takes and its column holds; a name with other signs would be refused at each composing."""
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Readiness:
    """What would happen if a campaign started now; warnings do not keep it from that."""

    campaign: CampaignRow
    audience: Audience
    problems: list[str]
    warnings: list[str] = field(default_factory=list)


def prepare(store: Store, name: str, means: Means, now: datetime, viewer: Viewer | None = None) -> Readiness:
    """Look before starting: the audience and every problem. Changes nothing. Raises NotFound."""
    with store.read(viewer) as session:
        campaign = campaigns.get_campaign(session, name)
        audience = resolve_audience(session, campaign, now)
        pairs = [(who.party_id, who.address_id) for who in audience.chosen if who.address_id is not None]
        values = merge_values(session, pairs)
    problems = check_campaign(campaign, audience, values, means, now)
    return Readiness(campaign, audience, problems, warn_campaign(campaign, means))


def start(
    session: Session,
    ready: Readiness,
    expected: int,
    now: datetime,
    start_at: datetime | None = None,
    *,
    shown: Audience | None = None,
) -> CampaignRow:
    """Freeze the audience and let the campaign run, or wait for `start_at`.

    `expected` is the number of recipients the user typed back for the audience that was `shown` (default: that of
    `ready`). The audience is taken anew in this transaction: if it is not the same people any more nothing happens,
    also when one left and another came. Raises Conflict, and UserError if `start_at` is over.
    """
    require_future(start_at, now)
    campaign = campaigns.get_campaign(session, ready.campaign.name)
    require_transition(campaign.name, campaign.state, CampaignState.SCHEDULED if start_at else CampaignState.RUNNING)
    if campaign.state != CampaignState.DRAFT:
        raise Conflict(f"campaign {campaign.name!r} is {campaign.state.value}; its recipients are frozen already")
    if ready.problems:
        raise Conflict(f"campaign {campaign.name!r} cannot start", problems=ready.problems)
    audience = resolve_audience(session, campaign, now)
    if campaign.template != ready.campaign.template:
        raise Conflict(f"the text of {campaign.name!r} was changed meanwhile; look at it again and repeat the start")
    changes = _changes((shown or ready.audience).chosen, audience.chosen)
    if changes or len(audience.chosen) != expected:
        raise Conflict(
            f"the audience is {len(audience.chosen)} now, not the {expected} that were shown; nothing was sent. "
            f"Look at it again (mailcrm campaigns audience {campaign.name!r}) and repeat the start",
            problems=changes,
        )
    freeze_recipients(session, campaign, audience, start_at or now)
    audit.append_audit(session, "campaign.start", f"campaign:{campaign.id}", now, recipients=expected)
    if start_at is not None:
        return campaigns.schedule(session, campaign.name, start_at, now)
    return campaigns.set_state(session, campaign.name, CampaignState.RUNNING, now)


def require_future(start_at: datetime | None, now: datetime) -> None:
    """Raises UserError if a start is meant for a time that is over."""
    if start_at is not None and start_at <= now:
        raise UserError(
            f"--at {start_at:%Y-%m-%d %H:%M} is over: it is {now:%Y-%m-%d %H:%M} UTC. "
            "Give a later time, or leave --at away to start at once"
        )


def _changes(before: Sequence[Reachable], now: Sequence[Reachable]) -> list[str]:
    """Who left an audience and who came into it, in words. Another address of somebody is both."""
    old, new = ({who.address_id: who for who in people} for people in (before, now))
    gone = [who for address_id, who in old.items() if address_id not in new]
    come = [who for address_id, who in new.items() if address_id not in old]
    return [f"{word}: {_names(people)}" for word, people in (("left", gone), ("came", come)) if people]


def _names(people: Sequence[Reachable]) -> str:
    more = f" and {len(people) - _SHOWN} more" if len(people) > _SHOWN else ""
    return ", ".join(f"{who.number} {who.name} ({who.address})".strip() for who in people[:_SHOWN]) + more


def freeze_recipients(session: Session, campaign: CampaignRow, audience: Audience, due_at: datetime) -> int:
    """One row per recipient, each with the Message-ID it will keep through every retry."""
    domain = domain_of(addresses.account_address(session, campaign.account_id))
    rows = [
        (who.party_id, who.address_id, new_message_id(domain)) for who in audience.chosen if who.address_id is not None
    ]
    campaigns.note_withheld(session, campaign.id, audience.reasons())
    return recipients.freeze(session, campaign.step_id, rows, due_at)


def new_message_id(domain: str) -> str:
    """A random Message-ID without brackets, made once and stored; `domain` may be in any script."""
    wire = domain_of(address_key(f"id@{domain}"))
    return f"{uuid.uuid4().hex}@{wire if _DOMAIN.fullmatch(wire) else 'mailcrm.invalid'}"


def enqueue_test(
    session: Session, campaign: CampaignRow, address_id: int, values: dict[str, str], now: datetime
) -> CampaignRow:
    """One mail of this campaign to one of our own addresses, as a system campaign of its own: reports stay clean.

    It keeps the purpose, by which its mail gets the same headers; the link in it closes nothing.
    """
    stamp = f"{now:%Y-%m-%d %H:%M:%S}"
    test = campaigns.create_campaign(
        session, f"test of {campaign.name} {stamp} {uuid.uuid4().hex[:4]}"[:120], CampaignKind.SYSTEM,
        account_id=campaign.account_id, template_version_id=campaign.template.id, purpose_id=campaign.purpose_id, segment="",
        now=now,
    )  # fmt: skip
    domain = domain_of(addresses.account_address(session, campaign.account_id))
    recipients.freeze(session, test.step_id, [(None, address_id, new_message_id(domain))], now, values=values)
    return campaigns.set_state(session, test.name, CampaignState.RUNNING, now)
