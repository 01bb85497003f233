"""The outbox: claim, mark, settle. The sending protocol's half that lives in the database.

A claim proves that nothing was sent. A mark is durable before the final dot. A settlement writes the event, the state,
the suppression and the timeline in one transaction. Only expired leases are recovered: a `claimed` row goes back to
ready, a `sending` row becomes in doubt and is never sent again by itself (docs/sending.md).
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased

from mailcrm.model.campaign import CampaignKind, CampaignState
from mailcrm.model.consent import ConsentState
from mailcrm.model.outbox import Claimed, Mark, Result
from mailcrm.model.recipient import ACCEPTANCE_EVIDENCE, DeliveryEvent, EventType, RecipientState
from mailcrm.store import strictest
from mailcrm.store.consents import suppressed
from mailcrm.store.recipients import person_values
from mailcrm.store.rows.campaign import Campaign, CampaignStep, DeliveryEventRow, Recipient
from mailcrm.store.rows.consent import Purpose
from mailcrm.store.rows.party import EmailAddress, Party, Person
from mailcrm.store.settings import sending_enabled
from mailcrm.store.settle import Happening, apply_events, count_refusal, move, put_back

_WAITING = (RecipientState.READY, RecipientState.DEFERRED)
_OURS = (RecipientState.CLAIMED, RecipientState.SENDING)
_SERVING = (CampaignKind.SYSTEM, CampaignKind.ONE_TO_ONE)
"""What is no advertising: of a merged customer only the address itself can refuse it."""


# --- claiming ----------------------------------------------------------------------------------------------------


def claim(session: Session, account_id: int, owner: str, limit: int, now: datetime, lease: timedelta) -> list[Claimed]:
    """At most `limit` due recipients of the account's running campaigns, ours until `now + lease`."""
    steps = list(
        session.execute(
            select(CampaignStep.id)
            .join(Campaign, Campaign.id == CampaignStep.campaign_id)
            .where(Campaign.account_id == account_id, Campaign.state == CampaignState.RUNNING)
        ).scalars()
    )
    if not steps or not sending_enabled(session):
        return []
    query = (
        select(Recipient.id)
        .where(Recipient.step_id.in_(steps), Recipient.state.in_(_WAITING), Recipient.due_at <= now)
        .order_by(Recipient.due_at, Recipient.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(session.execute(query).scalars())
    if not ids:
        return []
    taken = session.execute(
        update(Recipient)
        .where(Recipient.id.in_(ids), Recipient.state.in_(_WAITING))
        .values(state=RecipientState.CLAIMED, lease_owner=owner, lease_until=now + lease, fence=Recipient.fence + 1)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != len(ids):  # type: ignore[attr-defined]
        raise RuntimeError(f"claimed {taken.rowcount} of {len(ids)} locked recipients")  # type: ignore[attr-defined]
    return _claimed(session, ids)


def _claimed(session: Session, ids: Sequence[int]) -> list[Claimed]:
    member, root = aliased(Party), aliased(Person)
    query = (
        select(Recipient, Campaign, CampaignStep, Purpose.key, EmailAddress.address_norm, Party, Person, root)
        .join(CampaignStep, CampaignStep.id == Recipient.step_id)
        .join(Campaign, Campaign.id == CampaignStep.campaign_id)
        .join(EmailAddress, EmailAddress.id == Recipient.email_id)
        .outerjoin(Purpose, Purpose.id == Campaign.purpose_id)
        .outerjoin(member, member.id == Recipient.party_id)
        .outerjoin(Party, Party.id == member.root_id)
        .outerjoin(Person, Person.party_id == func.coalesce(Party.named_by, Party.id))
        .outerjoin(root, root.party_id == Party.id)
        .where(Recipient.id.in_(ids))
        .order_by(Recipient.due_at, Recipient.id)
        .execution_options(populate_existing=True)
    )
    return [_claim_value(*row) for row in session.execute(query)]


def _claim_value(
    row: Recipient,
    campaign: Campaign,
    step: CampaignStep,
    purpose: str | None,
    address: str,
    party: Party | None,
    person: Person | None,
    root: Person | None,
) -> Claimed:
    """A mail that was composed before is composed again as it was: same values, same moment, same text."""
    return Claimed(
        id=row.id, fence=row.fence, attempts=row.attempts, campaign_id=campaign.id, campaign=campaign.name,
        kind=campaign.kind, purpose=purpose, party_id=row.party_id, address_id=row.email_id, address=address,
        message_id=row.message_id,
        template_version_id=row.template_version_id or step.template_version_id,
        composed_at=row.composed_at,
        rendered_sha256=row.rendered_sha256,
        values=json.loads(row.merge_values) if row.merge_values else person_values(address, party, person, root),
    )  # fmt: skip


def renew(session: Session, ids: Sequence[int], owner: str, until: datetime) -> None:
    """The sender still waits for the server: its rows stay its own."""
    session.execute(
        update(Recipient)
        .where(Recipient.id.in_(ids), Recipient.lease_owner == owner, Recipient.state.in_(_OURS))
        .values(lease_until=until)
        .execution_options(synchronize_session=False)
    )


# --- marking -----------------------------------------------------------------------------------------------------


def mark(session: Session, marks: Sequence[Mark], owner: str, now: datetime, lease: timedelta) -> dict[int, bool]:
    """The last look before the server can accept: True means `sending` is written and the mail must go out now.

    False: the campaign stopped, sending was switched off, the lease was lost, the address was closed meanwhile, or an
    earlier try proved to be accepted; a closed address is skipped in this same transaction, an accepted mail is sent.
    """
    if not marks:
        return {}
    rows = _locked(session, [item.recipient_id for item in marks])
    campaigns = _campaigns_of(
        session, {row.step_id for row in rows.values()}
    )  # read after the lock: they may have moved
    closed = _closed(session, [(row, campaigns[row.step_id]) for row in rows.values()])
    proven = _proven(session, rows.values())
    on = sending_enabled(session)
    verdicts: dict[int, bool] = {}
    for item in marks:
        row = rows[item.recipient_id]
        if row.state != RecipientState.CLAIMED or row.lease_owner != owner or row.fence != item.fence:
            verdicts[row.id] = False
        elif row.id in proven:
            move(row, RecipientState.SENT, now)
            verdicts[row.id] = False
        elif row.id in closed:
            _skip(row, closed[row.id])
            verdicts[row.id] = False
        else:
            verdicts[row.id] = on and campaigns[row.step_id].state == CampaignState.RUNNING
            if verdicts[row.id]:
                _note(row, item, now + lease)
    session.flush()
    return verdicts


def _campaigns_of(session: Session, step_ids: Iterable[int]) -> dict[int, Campaign]:
    query = (
        select(CampaignStep.id, Campaign)
        .join(Campaign, Campaign.id == CampaignStep.campaign_id)
        .where(CampaignStep.id.in_(step_ids))
        .execution_options(populate_existing=True)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _closed(session: Session, pairs: Sequence[tuple[Recipient, Campaign]]) -> dict[int, str]:
    """Recipients that must not be mailed any more, with the reason."""
    found: dict[int, str] = {}
    by_purpose: dict[tuple[int | None, CampaignKind], list[Recipient]] = {}
    for row, campaign in pairs:
        by_purpose.setdefault((campaign.purpose_id, campaign.kind), []).append(row)
    for (purpose_id, kind), rows in by_purpose.items():
        addresses = [row.email_id for row in rows]
        serves = kind in _SERVING
        stopped = (suppressed if serves else strictest.closed)(session, addresses, purpose_id)
        said = strictest.consents(session, addresses, purpose_id) if purpose_id and not serves else {}
        for row in rows:
            if row.email_id in stopped:
                found[row.id] = f"suppressed: {stopped[row.email_id].value}"
            elif kind == CampaignKind.MARKETING and said.get(row.email_id) != ConsentState.GIVEN:
                found[row.id] = "consent withdrawn"
    return found


def _proven(session: Session, rows: Iterable[Recipient]) -> set[int]:
    """Retries whose earlier try was accepted after all: an answer or a copy came, although the server said "not now"."""
    tried = [row.id for row in rows if row.composed_at is not None]  # an attempt may have ended before the mark
    if not tried:
        return set()
    query = select(DeliveryEventRow.recipient_id).where(
        DeliveryEventRow.recipient_id.in_(tried), DeliveryEventRow.type.in_(ACCEPTANCE_EVIDENCE)
    )
    return set(session.execute(query).scalars())


def _note(row: Recipient, item: Mark, until: datetime) -> None:
    row.state, row.lease_until, row.attempts = RecipientState.SENDING, until, row.attempts + 1
    row.composed_at, row.merge_values = item.composed_at, item.merge_values
    row.template_version_id, row.rendered_sha256 = item.template_version_id, item.rendered_sha256


def _skip(row: Recipient, reason: str) -> None:
    row.state, row.skip_reason = RecipientState.SKIPPED, reason[:190]
    row.lease_owner, row.lease_until, row.merge_values = "", None, None


# --- settling ----------------------------------------------------------------------------------------------------


def settle_results(session: Session, results: Sequence[Result], owner: str, now: datetime) -> None:
    """What the sender learned. A row that is no longer ours is left to whoever has it, but evidence still counts."""
    rows = _locked(session, [result.recipient_id for result in results])
    happened = []
    for result in results:
        row = rows[result.recipient_id]
        mine = row.lease_owner == owner and row.fence == result.fence and row.state in _OURS
        if result.event is not None and (mine or result.event.type == EventType.SENT):
            happened.append(Happening(row, result.event, result.reply, result.due_at))
        elif mine and result.skip_reason:
            _skip(row, result.skip_reason)
        elif mine and result.event is None:
            _give_back(row, result.due_at, tried=result.tried)
    apply_events(session, happened, now)
    session.flush()


def settle(session: Session, recipient_id: int, event: DeliveryEvent, now: datetime) -> bool:
    """A late event (bounce, reply, unsubscribe ...). Returns whether it was new."""
    return apply_events(session, [Happening(_locked(session, [recipient_id])[recipient_id], event)], now) == 1


def _locked(session: Session, recipient_ids: Sequence[int]) -> dict[int, Recipient]:
    if not recipient_ids:
        return {}
    query = select(Recipient).where(Recipient.id.in_(recipient_ids)).order_by(Recipient.id).with_for_update()
    rows = session.execute(query.execution_options(populate_existing=True)).scalars()
    return {row.id: row for row in rows}


def _give_back(row: Recipient, due_at: datetime | None = None, *, tried: bool = False) -> None:
    count_refusal(row, tried=tried)
    put_back(row)
    row.lease_owner, row.lease_until = "", None
    if due_at is not None:
        row.due_at = due_at


def release(session: Session, owner: str) -> int:
    """A sender that stops gives back what it had claimed and not marked. Returns how many."""
    query = select(Recipient).where(Recipient.state == RecipientState.CLAIMED, Recipient.lease_owner == owner)
    query = query.order_by(Recipient.id).with_for_update().execution_options(populate_existing=True)
    rows = session.execute(query).scalars().all()
    for row in rows:
        _give_back(row)
    session.flush()
    return len(rows)


def recover_expired(session: Session, now: datetime) -> tuple[int, int]:
    """Rows of senders that died: claimed -> ready (nothing was sent), sending -> in doubt. Returns both counts."""
    query = select(Recipient).where(Recipient.state.in_(_OURS), Recipient.lease_until < now)
    query = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    rows = session.execute(query).scalars().all()
    unsent = [row for row in rows if row.state == RecipientState.CLAIMED]
    doubtful = [Happening(row, _died(row)) for row in rows if row.state == RecipientState.SENDING]
    for row in unsent:
        _give_back(row)
    apply_events(session, doubtful, now)
    session.flush()
    return len(unsent), len(doubtful)


def _died(row: Recipient) -> DeliveryEvent:
    return DeliveryEvent(EventType.IN_DOUBT, f"in_doubt:{row.id}:{row.fence}", detail="the sender died after the mark")
