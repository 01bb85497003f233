"""Sightings: what was observed of whom, and the evidence the identity resolver draws from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Integer, Select, Update, bindparam, case, func, select, update
from sqlalchemy.orm import Session

from mailcrm.model.account import CustomerWhen
from mailcrm.model.filing import NewSighting
from mailcrm.model.interaction import Direction
from mailcrm.model.message import ParticipantRole
from mailcrm.store.bulk import insert_rows, rows_in, update_rows
from mailcrm.store.prepared import Lookup, selection
from mailcrm.store.rows.account import Account
from mailcrm.store.rows.base import UtcMicros
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
    connection = session.connection()
    session.flush()
    found = selection(connection.dialect, _unresolved()).find(connection, {"most": limit})
    return {row[0]: row[1] for row in found}


@cache
def _unresolved() -> Select[int, int]:
    query = select(Sighting.id, Sighting.party_id).where(Sighting.resolved_at.is_(None))
    return query.order_by(Sighting.id).limit(bindparam("most", type_=Integer))


def unresolved_of(session: Session, party_ids: Sequence[int]) -> list[int]:
    """All observations of these parties that wait for the resolver."""
    return sorted(row[0] for row in rows_in(session, _unresolved_of(), party_ids)) if party_ids else []


@cache
def _unresolved_of() -> Lookup:
    return Lookup(select(Sighting.id).where(Sighting.resolved_at.is_(None)), Sighting.party_id)


def mark_resolved(session: Session, sighting_ids: Sequence[int], now: datetime) -> None:
    """The resolver has dealt with these."""
    update_rows(session, _resolved(), [{"which": each, "at": now} for each in sighting_ids])


@cache
def _resolved() -> Update:
    return (
        update(Sighting).where(Sighting.id == bindparam("which")).values(resolved_at=bindparam("at", type_=UtcMicros()))
    )


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
    rows = rows_in(session, _evidence(), party_ids) if party_ids else ()
    return [Evidence(row[0], row[1], row[2], int(row[3]), int(row[4]), row[5]) for row in rows]


@cache
def _evidence() -> Lookup:
    theirs = (Sighting.direction == Direction.IN) & (Sighting.role == ParticipantRole.FROM.value) & Sighting.by_hand
    ours = (Sighting.direction == Direction.OUT) & Sighting.by_hand
    counted = select(
        Sighting.party_id, Account.id, Account.customer_when, func.sum(case((theirs, 1), else_=0)),
        func.sum(case((ours, 1), else_=0)), func.count(),
    )  # fmt: skip
    grouped = counted.join(Account, Account.id == Sighting.account_id)
    return Lookup(grouped.group_by(Sighting.party_id, Account.id, Account.customer_when), Sighting.party_id)


def names_of(session: Session, party_ids: Sequence[int]) -> dict[int, list[tuple[str, str, int]]]:
    """The names each party was seen under: (display name, its address, how often), most frequent first."""
    found: dict[int, list[tuple[str, str, int]]] = {}
    for party_id, name, address, count in rows_in(session, _names(), party_ids) if party_ids else ():
        found.setdefault(party_id, []).append((name, address, count))
    return found


@cache
def _names() -> Lookup:
    counted = (
        select(Sighting.party_id, Sighting.name, EmailAddress.address_norm, func.count())
        .join(EmailAddress, EmailAddress.id == Sighting.email_id)
        .where(Sighting.name != "")
        .group_by(Sighting.party_id, Sighting.name, EmailAddress.address_norm)
        .order_by(func.count().desc(), Sighting.name)
    )
    return Lookup(counted, Sighting.party_id)
