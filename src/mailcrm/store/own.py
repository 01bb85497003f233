"""Our own addresses among all that were ever seen: they follow the configuration, forwards and back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from mailcrm.model.address import AddressKind, OwnAddresses, address_kind
from mailcrm.model.party import PartyState
from mailcrm.store.addresses import key_hash
from mailcrm.store.bulk import portions
from mailcrm.store.identity import profiles
from mailcrm.store.identity.clusters import hold, regroup
from mailcrm.store.parties import locked_parties
from mailcrm.store.rows.party import EmailAddress, PartyEmail


@dataclass(frozen=True, slots=True)
class OwnChanges:
    """How many addresses became ours and ceased to be, and which parties were archived and restored for it."""

    became: int
    left: int
    archived: tuple[int, ...]
    restored: tuple[int, ...]


def follow_own(session: Session, own: OwnAddresses, now: datetime) -> OwnChanges:
    """Make the rows of our own addresses say so, and only those.

    Who has no address but ours is a colleague, not a customer: archived, number and history kept. When an address is
    not ours any more its party is again what it was. Mail of the time between stays filed as it was.
    """
    new = _unmarked(session, own)
    left = [row for row in _marked(session) if row.address_norm not in own]
    if not new and not left:
        return OwnChanges(0, 0, (), ())
    hold(session)
    became = [row for row in _locked(session, new) if row.address_norm in own]
    owners = {row.match_party_id for row in became}
    for row in became:
        row.kind, row.match_party_id = AddressKind.OWN, None
    back = _owners(session, [row.id for row in left])
    for row in left:
        row.kind, row.match_party_id = address_kind(row.address_norm, own), back.get(row.id)
    session.flush()
    archived = tuple(_archive(session, sorted(owner for owner in owners if owner is not None), now))
    restored = tuple(_restore(session, sorted(set(back.values())), now))
    if moved := [*archived, *restored]:
        regroup(session, moved)  # another member may have to stand for the cluster now
        profiles.touch(session, moved)
    return OwnChanges(became=len(became), left=len(left), archived=archived, restored=restored)


def _unmarked(session: Session, own: OwnAddresses) -> list[int]:
    """Rows that the configuration may mean and that are not marked yet."""
    other = EmailAddress.kind != AddressKind.OWN
    return sorted({each for query in _queries(session, own) for each in session.execute(query.where(other)).scalars()})


def _locked(session: Session, address_ids: Sequence[int]) -> Iterable[EmailAddress]:
    for part in portions(address_ids):
        rows = select(EmailAddress).where(EmailAddress.id.in_(part), EmailAddress.kind != AddressKind.OWN)
        yield from session.execute(rows.order_by(EmailAddress.id).with_for_update()).scalars().all()


def _queries(session: Session, own: OwnAddresses) -> Iterable[Select[int]]:
    """A mailbox by the hash of what its spellings have in common, a domain by its name and by what ends in it.

    One by one, since each has an index of its own; only the last reads a whole index, and nothing else.
    """
    found = select(EmailAddress.id)
    for part in portions(sorted({key_hash(session, key) for key in own.addresses})):
        yield found.where(EmailAddress.mailbox_hash.in_(part))
    for domain in sorted(own.domains):
        yield found.where(EmailAddress.domain == domain)
        yield found.where(EmailAddress.domain.endswith(f".{domain}", autoescape=True))


def _marked(session: Session) -> Sequence[EmailAddress]:
    query = select(EmailAddress).where(EmailAddress.kind == AddressKind.OWN).order_by(EmailAddress.id)
    return session.execute(query).scalars().all()


def _owners(session: Session, address_ids: Sequence[int]) -> dict[int, int]:
    """Whose these addresses were, by address id: the party that had each first and has it still."""
    found: dict[int, int] = {}
    for part in portions(address_ids):
        query = select(PartyEmail.email_id, PartyEmail.party_id).where(
            PartyEmail.email_id.in_(part), PartyEmail.valid_to.is_(None)
        )
        for address_id, party_id in session.execute(query.order_by(PartyEmail.id)):
            found.setdefault(address_id, party_id)
    return found


def _archive(session: Session, party_ids: Sequence[int], now: datetime) -> Iterable[int]:
    for party in locked_parties(session, party_ids):
        if party.state in (PartyState.CANDIDATE, PartyState.ACTIVE) and not _has_another_address(session, party.id):
            party.state, party.updated_at = PartyState.ARCHIVED, now
            session.flush()
            yield party.id


def _restore(session: Session, party_ids: Sequence[int], now: datetime) -> Iterable[int]:
    """Nothing else archives a party so far, so every archived one was archived here."""
    for party in locked_parties(session, party_ids):
        if party.state == PartyState.ARCHIVED:
            party.state = PartyState.ACTIVE if party.customer_no else PartyState.CANDIDATE
            party.updated_at = now
            session.flush()
            yield party.id


def _has_another_address(session: Session, party_id: int) -> bool:
    query = (
        select(PartyEmail.id)
        .join(EmailAddress, EmailAddress.id == PartyEmail.email_id)
        .where(PartyEmail.party_id == party_id, PartyEmail.valid_to.is_(None), EmailAddress.kind != AddressKind.OWN)
        .limit(1)
    )
    return session.execute(query).first() is not None
