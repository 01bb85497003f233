"""Whose a mail is: of a merged customer the member whose address it went to, so that an un-merge leaves it with them."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from mailcrm.store.bulk import portions
from mailcrm.store.rows.party import Party, PartyEmail


def leaves_of(session: Session, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """The member of a customer that has an address, by (party id, address id): of those who are merged, where one has it."""
    wanted = sorted({*pairs})
    parties = sorted({party for party, _ in wanted})
    if not _any_merged(session, parties):
        return {}
    member, named = aliased(Party), aliased(Party)
    found: dict[tuple[int, int], int] = {}
    for part in portions(wanted):
        query = (
            select(named.id, PartyEmail.email_id, member.id)
            .join(member, member.root_id == named.root_id)
            .join(PartyEmail, PartyEmail.party_id == member.id)
            .where(named.id.in_([party for party, _ in part]), PartyEmail.email_id.in_([each for _, each in part]))
            .where(named.cluster_size > 1)
            .order_by(member.id.desc())  # the oldest comes last and stays
        )
        found |= {(party, address): leaf for party, address, leaf in session.execute(query)}
    return {pair: found[pair] for pair in wanted if pair in found}


def _any_merged(session: Session, party_ids: Sequence[int]) -> bool:
    return any(
        session.execute(select(Party.id).where(Party.id.in_(part), Party.cluster_size > 1).limit(1)).first()
        for part in portions(party_ids)
    )
