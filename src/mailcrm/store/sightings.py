"""Sightings: what was observed of whom, and the evidence the identity resolver draws from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from mailcrm.model.account import CustomerWhen
from mailcrm.model.filing import NewSighting
from mailcrm.model.interaction import Direction
from mailcrm.model.message import ParticipantRole
from mailcrm.store.bulk import insert_rows, portions
from mailcrm.store.rows.account import Account
from mailcrm.store.rows.party import EmailAddress
from mailcrm.store.rows.sighting import Sighting

SOURCE = "header"
"""Where observations come from: the headers of a mail; `source_ref` is its id then."""


def add_sightings(session: Session, sightings: Sequence[NewSighting]) -> None:
    """Append observations; the resolver takes them up in its own transaction."""
    rows = [
        {
            "source": SOURCE, "source_ref": s.message_id, "position": s.position, "account_id": s.account_id,
            "email_id": s.address_id, "party_id": s.party_id, "name": s.name[:255], "role": s.role,
            "direction": s.direction, "by_hand": s.by_hand, "seen_at": s.seen_at,
        }
        for s in sightings
    ]  # fmt: skip
    insert_rows(session, Sighting, rows)


def select_unresolved(session: Session, limit: int) -> dict[int, int]:
    """Observations waiting for the resolver, oldest first: sighting id -> party id."""
    query = (
        select(Sighting.id, Sighting.party_id).where(Sighting.resolved_at.is_(None)).order_by(Sighting.id).limit(limit)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def unresolved_of(session: Session, party_ids: Sequence[int]) -> list[int]:
    """All observations of these parties that wait for the resolver."""
    query = select(Sighting.id).where(Sighting.party_id.in_(party_ids), Sighting.resolved_at.is_(None))
    return sorted(session.execute(query).scalars())


def mark_resolved(session: Session, sighting_ids: Sequence[int], now: datetime) -> None:
    """The resolver has dealt with these."""
    for part in portions(sighting_ids):
        these = update(Sighting).where(Sighting.id.in_(part)).values(resolved_at=now)
        session.execute(these.execution_options(synchronize_session=False))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one account's mail says about one party. Counts are of mails written by hand; `seen` counts all."""

    party_id: int
    account_id: int
    customer_when: CustomerWhen
    they_wrote: int
    we_wrote: int
    seen: int


def evidence_of(session: Session, party_ids: Sequence[int]) -> list[Evidence]:
    """The evidence for each party, one item per account that saw it."""
    theirs = (Sighting.direction == Direction.IN) & (Sighting.role == ParticipantRole.FROM.value) & Sighting.by_hand
    ours = (Sighting.direction == Direction.OUT) & Sighting.by_hand
    query = (
        select(
            Sighting.party_id,
            Account.id,
            Account.customer_when,
            func.sum(case((theirs, 1), else_=0)),
            func.sum(case((ours, 1), else_=0)),
            func.count(),
        )
        .join(Account, Account.id == Sighting.account_id)
        .where(Sighting.party_id.in_(party_ids))
        .group_by(Sighting.party_id, Account.id, Account.customer_when)
    )
    return [Evidence(row[0], row[1], row[2], int(row[3]), int(row[4]), row[5]) for row in session.execute(query)]


def names_of(session: Session, party_ids: Sequence[int]) -> dict[int, list[tuple[str, str, int]]]:
    """The names each party was seen under: (display name, its address, how often), most frequent first."""
    query = (
        select(Sighting.party_id, Sighting.name, EmailAddress.address_norm, func.count())
        .join(EmailAddress, EmailAddress.id == Sighting.email_id)
        .where(Sighting.party_id.in_(party_ids), Sighting.name != "")
        .group_by(Sighting.party_id, Sighting.name, EmailAddress.address_norm)
        .order_by(func.count().desc(), Sighting.name)
    )
    found: dict[int, list[tuple[str, str, int]]] = {}
    for party_id, name, address, count in session.execute(query):
        found.setdefault(party_id, []).append((name, address, count))
    return found
