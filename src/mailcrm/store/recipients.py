"""Recipients: the audience frozen into rows, and our own mail recognised when it comes back.

Claiming, marking and settling what the sender does is `outbox`; what an event changes is `settle`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from mailcrm.model.address import AddressKind
from mailcrm.model.consent import ConsentState, MailFacts
from mailcrm.model.outbox import Reachable
from mailcrm.model.recipient import ACCEPTANCE_EVIDENCE, RecipientState, Suppress
from mailcrm.store import strictest
from mailcrm.store.bulk import insert_rows, portions, rows_in
from mailcrm.store.identity.leaves import leaves_of
from mailcrm.store.preference import preference
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.campaign import Campaign, CampaignStep, DeliveryEventRow, Recipient
from mailcrm.store.rows.party import EmailAddress, Party, PartyEmail, Person
from mailcrm.store.threads import ref_hash

# --- freezing ----------------------------------------------------------------------------------------------------


def freeze(
    session: Session,
    step_id: int,
    rows: Iterable[tuple[int | None, int, str]],
    due_at: datetime,
    *,
    occurrence: str = "",
    values: Mapping[str, str] | None = None,
) -> int:
    """One row per (party id, address id, Message-ID): the audience as it is sent. Returns how many.

    The unique key (step, address, occurrence) makes a second row for an address impossible. `values` are merge values
    to use instead of the customer's own, for tests. Of a merged customer the row is its member's that has the address, so
    that an un-merge takes it along.
    """
    preset = None if values is None else settled_values(values)
    those = list(rows)
    owners = leaves_of(session, ((party_id, address_id) for party_id, address_id, _ in those if party_id is not None))
    frozen = [
        {
            "step_id": step_id, "party_id": owners.get((party_id or 0, address_id), party_id), "email_id": address_id,
            "occurrence": occurrence,
            "state": RecipientState.READY, "skip_reason": "", "due_at": due_at, "lease_owner": "", "fence": 0,
            "attempts": 0, "message_id": message_id, "message_id_hash": ref_hash(message_id), "smtp_reply": "",
            "merge_values": preset,
        }
        for party_id, address_id, message_id in those
    ]  # fmt: skip
    insert_rows(session, Recipient, frozen)
    return len(frozen)


# --- what a template may say ------------------------------------------------------------------------------------------


def person_values(
    address: str, party: Party | None, person: Person | None, root: Person | None = None
) -> dict[str, str]:
    """What a template may say about a customer: `person` whose name is shown, and what was entered for the `root`."""
    entered = root or person
    return {
        "email": address,
        "name": party.display_name if party and not _is_address(party.display_name) else "",
        "number": (party.customer_no or "") if party else "",
        "given_name": person.given_name if person else "",
        "family_name": person.family_name if person else "",
        "salutation": (entered.salutation if entered else "") or (person.salutation if person else ""),
        "language": (entered.language if entered else "") or (person.language if person else ""),
    }


def _is_address(name: str) -> bool:
    """Who never told a name is called by an address; of a merged customer not always by the one that gets the mail."""
    return "@" in name and " " not in name


def merge_values(session: Session, pairs: Sequence[tuple[int, int]]) -> dict[int, dict[str, str]]:
    """Merge values by address id, for (party id, address id) pairs: for previews and the check before a start."""
    found: dict[int, dict[str, str]] = {}
    root = aliased(Person)
    for part in portions(pairs):
        addresses = {
            row[0]: row[1]
            for row in session.execute(
                select(EmailAddress.id, EmailAddress.address_norm).where(EmailAddress.id.in_([a for _, a in part]))
            )
        }
        people = {
            row[0].id: (row[0], row[1], row[2])
            for row in session.execute(
                select(Party, Person, root)
                .outerjoin(Person, Person.party_id == sa.func.coalesce(Party.named_by, Party.id))
                .outerjoin(root, root.party_id == Party.id)
                .where(Party.id.in_([p for p, _ in part]))
            )
        }
        found |= {address: person_values(addresses[address], *people[party]) for party, address in part}
    return found


# --- recognising our own mail ------------------------------------------------------------------------------------


def exists(session: Session, recipient_id: int) -> bool:
    """Whether there is such a recipient: a signed link outlives the database it was made for."""
    return session.get(Recipient, recipient_id) is not None


def reachable(session: Session, party_ids: Sequence[int], purpose_id: int | None) -> list[Reachable]:
    """Every customer (by root) with each address that mail could go to, of all members, best first; customers without one
    come once."""
    root = aliased(Party)
    found: list[Reachable] = []
    for part in portions(party_ids):
        query = (
            select(root, EmailAddress, Party.restricted_at)
            .join(Party, Party.root_id == root.id)
            .outerjoin(PartyEmail, (PartyEmail.party_id == Party.id) & PartyEmail.valid_to.is_(None))
            .outerjoin(EmailAddress, EmailAddress.id == PartyEmail.email_id)
            .where(root.id.in_(part))
            .order_by(root.sort_key, root.id, *preference())
        )
        rows: list[tuple[Party, EmailAddress | None, datetime | None]]
        rows = [(row[0], row[1], row[2]) for row in session.execute(query)]
        ids = [address.id for _, address, _ in rows if address is not None]
        closed = strictest.closed(session, ids, purpose_id)
        said = strictest.consents(session, ids, purpose_id) if purpose_id else {}
        restricted = {party.id for party, _, at in rows if at is not None}
        found += [
            _reachable(party, address, closed, said, restricted=party.id in restricted)
            for party, address in _once(rows)
        ]
    return found


def _once(
    rows: Sequence[tuple[Party, EmailAddress | None, datetime | None]],
) -> Iterable[tuple[Party, EmailAddress | None]]:
    """Every address of a customer, and one line for who has none: another member may have one."""
    has_one = {party.id for party, address, _ in rows if address is not None}
    for party, address, _ in rows:
        if address is not None or party.id not in has_one:
            has_one.add(party.id)
            yield party, address


def _reachable(
    party: Party,
    address: EmailAddress | None,
    closed: Mapping[int, Suppress],
    said: Mapping[int, ConsentState],
    *,
    restricted: bool,
) -> Reachable:
    if address is None:
        facts = MailFacts(party.state, AddressKind.PERSONAL)
        return Reachable(party.id, party.customer_no or "", party.display_name, "", None, facts)
    facts = MailFacts(
        party_state=party.state,
        address_kind=address.kind,
        consent=said.get(address.id, ConsentState.NONE),
        suppressed=address.id in closed,
        restricted=restricted,
    )
    return Reachable(party.id, party.customer_no or "", party.display_name, address.address_display, address.id, facts)


def find_by_message_ids(session: Session, hashes: Iterable[str]) -> dict[str, int]:
    """Recipients whose Message-ID has one of these hashes (`threads.ref_hash`): hash -> recipient id."""
    return {row[0]: row[1] for row in rows_in(session, _ours(), sorted(set(hashes)))}


@cache
def _ours() -> Lookup:
    return Lookup(select(Recipient.message_id_hash, Recipient.id), Recipient.message_id_hash)


_ACCEPTED = (RecipientState.SENT, RecipientState.SENDING, RecipientState.IN_DOUBT, RecipientState.UNKNOWN)
_REPORT_WINDOW = timedelta(days=7)


def find_reported(session: Session, message_id: str, address: str, now: datetime) -> int | None:
    """The recipient that a delivery report speaks of: by our Message-ID, else the newest mail to that address in 7 days."""
    if message_id:
        found = find_by_message_ids(session, [ref_hash(message_id)])
        if found:
            return next(iter(found.values()))
    if not address:
        return None
    went_out = sa.func.coalesce(Recipient.sent_at, Recipient.in_doubt_at, Recipient.composed_at)
    query = (
        select(Recipient.id)
        .join(EmailAddress, EmailAddress.id == Recipient.email_id)
        .where(
            EmailAddress.address_norm == address,
            Recipient.state.in_(_ACCEPTED),
            went_out >= now - _REPORT_WINDOW,
        )
        .order_by(Recipient.id.desc())
        .limit(1)
    )
    return session.execute(query).scalar_one_or_none()


def sent_times(session: Session, account_id: int, since: datetime) -> list[datetime]:
    """When the account's mails of the window were handed over, taken or not: the durable counter behind every limit.

    Each mail counts once. One that is `sending` counts until its lease ends, as nobody knows when it will be over.
    """
    under_way = sa.case((Recipient.state == RecipientState.SENDING, Recipient.lease_until))
    moment = sa.func.coalesce(Recipient.sent_at, Recipient.in_doubt_at, under_way, Recipient.composed_at)
    query = (
        select(moment)
        .join(CampaignStep, CampaignStep.id == Recipient.step_id)
        .join(Campaign, Campaign.id == CampaignStep.campaign_id)
        .where(Campaign.account_id == account_id, moment >= since)
    )
    return sorted(session.execute(query).scalars())


def settled_values(values: Mapping[str, str]) -> str:
    """Merge values as canonical text: the same on every engine, so that a retry composes the same mail."""
    return json.dumps(dict(values), ensure_ascii=False, sort_keys=True)


# --- in doubt --------------------------------------------------------------------------------------------------


def reconcile(session: Session, now: datetime, wait: timedelta) -> tuple[int, int]:
    """In-doubt rows: with evidence of acceptance -> sent; without, after `wait` -> unknown, listed, never sent again.

    Returns (sent, unknown).
    """
    evidence = sa.exists(
        select(DeliveryEventRow.id).where(
            DeliveryEventRow.recipient_id == Recipient.id, DeliveryEventRow.type.in_(ACCEPTANCE_EVIDENCE)
        )
    )
    # Who holds a row is settling it right now; it will be looked at again.
    query = select(Recipient).where(Recipient.state == RecipientState.IN_DOUBT).order_by(Recipient.id)
    query = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    sent = session.execute(query.where(evidence)).scalars().all()
    for row in sent:
        row.state, row.sent_at, row.merge_values = RecipientState.SENT, row.sent_at or row.in_doubt_at, None
    late = or_(Recipient.in_doubt_at.is_(None), Recipient.in_doubt_at <= now - wait)
    unknown = session.execute(query.where(~evidence, late)).scalars().all()
    for row in unknown:
        row.state, row.skip_reason, row.merge_values = RecipientState.UNKNOWN, "no evidence of acceptance", None
    session.flush()
    return len(sent), len(unknown)
