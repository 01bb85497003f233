"""Customers as lists show them: one line each."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mailcrm.model.archive import PartyLine
from mailcrm.store.bulk import rows_in
from mailcrm.store.preference import preference
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.party import EmailAddress, Party, PartyEmail
from mailcrm.store.tags import tags_of


def lines_of(session: Session, parties: Sequence[Party]) -> list[PartyLine]:
    ids = [party.id for party in parties]
    emails, tags = _primary_addresses(session, ids), tags_of(session, ids)
    touched = _last_contact(session, [party.id for party in parties if party.cluster_size > 1])
    return [
        PartyLine(
            p.id, p.customer_no or "", p.kind, p.state, p.display_name, emails.get(p.id, ""),
            tuple(tags.get(p.id, ())), *touched.get(p.id, (p.last_in_at, p.last_out_at)),
        )
        for p in parties
    ]  # fmt: skip


def _last_contact(session: Session, roots: Sequence[int]) -> dict[int, tuple[datetime | None, datetime | None]]:
    """When mail of any member of these clusters came last, and went out."""
    if not roots:
        return {}
    query = select(Party.root_id, func.max(Party.last_in_at), func.max(Party.last_out_at))
    rows = session.execute(query.where(Party.root_id.in_(roots)).group_by(Party.root_id))
    return {root: (came, went) for root, came, went in rows if root is not None}


def _primary_addresses(session: Session, roots: Sequence[int]) -> dict[int, str]:
    """Where to write to each customer (by root): of several members the one who wrote last."""
    found: dict[int, str] = {}
    for root, address in rows_in(session, _where_to_write(), roots):
        found.setdefault(root or 0, address)
    return found


@cache
def _where_to_write() -> Lookup:
    query = (
        select(Party.root_id, EmailAddress.address_display)
        .join(PartyEmail, PartyEmail.party_id == Party.id)
        .join(EmailAddress, EmailAddress.id == PartyEmail.email_id)
        .where(PartyEmail.valid_to.is_(None))
        .order_by(*preference())
    )
    return Lookup(query, Party.root_id)
