"""The strictest of all that a customer ever said, under whatever address: what the send check asks.

Consent and closures belong to an address, and a merge changes none of them. But who asked from one address to be left
alone is not mailed at another. An address that bounces closes itself only.
"""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.model.consent import ConsentState
from mailcrm.model.recipient import Suppress
from mailcrm.store.bulk import portions
from mailcrm.store.consents import consent_states, suppressed
from mailcrm.store.rows.party import Party, PartyEmail


def closed(session: Session, address_ids: Collection[int], purpose_id: int | None) -> dict[int, Suppress]:
    """Like `consents.suppressed`, with what was closed for other addresses of the same customer."""
    customers, addresses = merged(session, address_ids)
    found = suppressed(session, address_ids, purpose_id)
    # An address that is dead as well may have died first: that must not hide what its owner said.
    said = suppressed(session, {each for those in addresses.values() for each in those}, purpose_id, but=_ITS_OWN)
    left = {root: said[those[0]] for root, all_ in addresses.items() if (those := [a for a in all_ if a in said])}
    for address_id, roots in customers.items():
        reasons = [left[root] for root in roots if root in left]
        if reasons:
            found.setdefault(address_id, reasons[0])
    return found


_ITS_OWN = (Suppress.HARD_BOUNCE,)
"""What closes an address and says nothing of its owner."""


def consents(session: Session, address_ids: Collection[int], purpose_id: int) -> dict[int, ConsentState]:
    """Like `consents.consent_states`; withdrawn where another address of the same customer withdrew."""
    customers, addresses = merged(session, address_ids)
    every = {*address_ids, *(each for those in addresses.values() for each in those)}
    said = consent_states(session, sorted(every), purpose_id)
    withdrew = {
        root for root, those in addresses.items() if any(said.get(a) == ConsentState.WITHDRAWN for a in those)
    }  # fmt: skip
    found = {each: said[each] for each in address_ids if each in said}
    for address_id, roots in customers.items():
        if not withdrew.isdisjoint(roots):
            found[address_id] = ConsentState.WITHDRAWN
    return found


def merged(session: Session, address_ids: Collection[int]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Of those that are merged: the customers (roots) that have each address, and all addresses of each customer, ended ones
    too. Not pairs of addresses: a customer may have a thousand."""
    customers: dict[int, list[int]] = {}
    for part in portions(sorted(set(address_ids))):
        query = (
            select(PartyEmail.email_id, Party.root_id)
            .join(Party, Party.id == PartyEmail.party_id)
            .where(PartyEmail.email_id.in_(part), Party.cluster_size > 1)
            .order_by(PartyEmail.email_id, Party.root_id)
            .distinct()
        )
        for address_id, root in session.execute(query):
            customers.setdefault(address_id, []).append(root or 0)
    addresses: dict[int, list[int]] = {}
    for part in portions(sorted({root for roots in customers.values() for root in roots})):
        theirs = (
            select(Party.root_id, PartyEmail.email_id)
            .join(PartyEmail, PartyEmail.party_id == Party.id)
            .where(Party.root_id.in_(part))
            .order_by(Party.root_id, PartyEmail.email_id)
        )
        for customer, address_id in session.execute(theirs):
            addresses.setdefault(customer or 0, []).append(address_id)
    return customers, addresses
