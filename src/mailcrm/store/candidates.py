"""Parties made from mail, as many at a time as a window brings: one row per party, one link per address.

A role address (info@) belongs to the organisation of its domain; everything else to a person (decisions.md 27).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.model.address import AddressKind, domain_of, is_free_mail
from mailcrm.model.archive import KnownAddress
from mailcrm.model.party import PartyKind
from mailcrm.store.bulk import insert_rows, portions, rows_in
from mailcrm.store.parties import attach_addresses, create_parties
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.party import EmailAddress, OrgDomain

Wanted = tuple[KnownAddress, str]
"""An address, and the name it was first seen with."""


def parties_for(session: Session, wanted: Iterable[Wanted], source: str, now: datetime) -> dict[str, int]:
    """The party of each address, by its key; candidates are made where there is none."""
    by_id = {address.id: (address, name) for address, name in wanted}
    owners = _owners(session, sorted(by_id))
    new = [by_id[address_id] for address_id in sorted(by_id) if owners[address_id] is None]
    made = _people(session, new, source, now) | _organisations(session, new, source, now)
    attach_addresses(session, made, source, now)
    return {address.key: owners[address.id] or made[address.id] for address, _ in by_id.values()}


def _owners(session: Session, address_ids: Sequence[int]) -> dict[int, int | None]:
    """Whose these are, locked: another worker may have made the party since the address was read."""
    found: dict[int, int | None] = {}
    for part in portions(address_ids):
        query = select(EmailAddress.id, EmailAddress.match_party_id).where(EmailAddress.id.in_(part))
        rows = session.execute(query.order_by(EmailAddress.id).with_for_update())
        found |= {row[0]: row[1] for row in rows}
    return found


def _people(session: Session, new: Sequence[Wanted], source: str, now: datetime) -> dict[int, int]:
    people = [(address.id, name or address.key) for address, name in new if address.kind != AddressKind.ROLE]
    made = create_parties(session, PartyKind.PERSON, [name for _, name in people], source, now)
    return dict(zip([address_id for address_id, _ in people], made, strict=True))


def _organisations(session: Session, new: Sequence[Wanted], source: str, now: datetime) -> dict[int, int]:
    """That of the domain; at a free-mail provider, whose domain is nobody's, one of its own."""
    roles = [(address, name) for address, name in new if address.kind == AddressKind.ROLE]
    domains = {address.id: domain_of(address.key)[:255] for address, _ in roles}
    alone = [(a.id, name or a.key) for a, name in roles if not domains[a.id] or is_free_mail(domains[a.id])]
    made = create_parties(session, PartyKind.ORGANISATION, [name for _, name in alone], source, now)
    found = dict(zip([address_id for address_id, _ in alone], made, strict=True))
    owners = organisations_of(session, sorted({domains[a.id] for a, _ in roles if a.id not in found}), source, now)
    return found | {a.id: owners[domains[a.id]] for a, _ in roles if a.id not in found}


def organisations_of(session: Session, domains: Sequence[str], source: str, now: datetime) -> dict[str, int]:
    """The organisation of each of these domains; candidates are made where there is none. Never of a free-mail provider's."""
    known = {row[0]: row[1] for row in rows_in(session, _owned_domains(), domains)} if domains else {}
    new = [domain for domain in domains if domain not in known]
    made = dict(zip(new, create_parties(session, PartyKind.ORGANISATION, new, source, now), strict=True)) if new else {}
    insert_rows(session, OrgDomain, [{"domain": domain, "party_id": party_id} for domain, party_id in made.items()])
    return known | made


@cache
def _owned_domains() -> Lookup:
    return Lookup(select(OrgDomain.domain, OrgDomain.party_id), OrgDomain.domain)
