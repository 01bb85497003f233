"""The strictest of all that a customer ever said, under whatever address: what the send check asks.

Consent and closures belong to an address, and a merge changes none of them. But who asked from one address to be left
alone is not mailed at another. An address that bounces closes itself only.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from mailcrm.model.consent import ConsentState
from mailcrm.model.recipient import Suppress
from mailcrm.store.bulk import portions
from mailcrm.store.consents import consent_states, suppressed
from mailcrm.store.rows.party import Party, PartyEmail


def closed(session: Session, address_ids: Collection[int], purpose_id: int | None) -> dict[int, Suppress]:
    """Like `consents.suppressed`, with what was closed for other addresses of the same customer."""
    others = merged_with(session, sorted(address_ids))
    every = {*address_ids, *(other for those in others.values() for other in those)}
    said = suppressed(session, every, purpose_id)
    found = {each: said[each] for each in address_ids if each in said}
    for each, those in others.items():
        reasons = [said[other] for other in those if said.get(other, Suppress.HARD_BOUNCE) != Suppress.HARD_BOUNCE]
        if reasons:
            found.setdefault(each, reasons[0])
    return found


def consents(session: Session, address_ids: Collection[int], purpose_id: int) -> dict[int, ConsentState]:
    """Like `consents.consent_states`; withdrawn where another address of the same customer withdrew."""
    others = merged_with(session, sorted(address_ids))
    every = sorted({*address_ids, *(other for those in others.values() for other in those)})
    said = consent_states(session, every, purpose_id)
    found = {each: said[each] for each in address_ids if each in said}
    for each, those in others.items():
        if any(said.get(other) == ConsentState.WITHDRAWN for other in those):
            found[each] = ConsentState.WITHDRAWN
    return found


def merged_with(session: Session, address_ids: Sequence[int]) -> dict[int, list[int]]:
    """The other addresses of the same customers, by address: of those that are merged. Ended ones speak, too."""
    mine, theirs, member, other = aliased(PartyEmail), aliased(PartyEmail), aliased(Party), aliased(Party)
    found: dict[int, list[int]] = {}
    for part in portions(address_ids):
        query = (
            select(mine.email_id, theirs.email_id)
            .join(member, member.id == mine.party_id)
            .join(other, other.root_id == member.root_id)
            .join(theirs, theirs.party_id == other.id)
            .where(mine.email_id.in_(part), member.cluster_size > 1, theirs.email_id != mine.email_id)
            .order_by(mine.email_id, theirs.email_id)
            .distinct()
        )
        for address_id, another in session.execute(query):
            found.setdefault(address_id, []).append(another)
    return found
