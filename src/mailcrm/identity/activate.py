"""Who is a customer: what all members of a cluster were seen to do counts together, and its root gets the number."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from mailcrm.identity.decide import is_customer
from mailcrm.identity.employers import note_employers
from mailcrm.model.party import PartyBrief, PartyState
from mailcrm.store import Session, parties, sightings
from mailcrm.store.identity import clusters
from mailcrm.store.sightings import Evidence


def settle(session: Session, states: Mapping[int, PartyBrief], now: datetime) -> int:
    """Who of these (as they are now, by id) is a customer, and for whom do they work? Returns how many became one."""
    activated = _activate(session, states, now) if states else 0
    note_employers(session, parties.states_of(session, list(states)) if activated else states, now)
    return activated


def activate(session: Session, party_ids: Sequence[int], now: datetime) -> int:
    """Make customers of those of whose cluster nobody is one yet, where mail says so. Returns how many."""
    return _activate(session, parties.states_of(session, party_ids), now)


def _activate(session: Session, states: Mapping[int, PartyBrief], now: datetime) -> int:
    open_ = {each: each for each, p in states.items() if p.cluster_size == 1 and p.state == PartyState.CANDIDATE}
    merged = [each for each, party in states.items() if party.cluster_size > 1]
    if merged:
        open_ |= _open_members(session, merged)
    by_root: dict[int, list[Evidence]] = defaultdict(list)
    for each in sightings.evidence_of(session, sorted(open_)):
        by_root[open_[each.party_id]].append(each)
    chosen = sorted(root for root, seen in by_root.items() if _are_customer(seen))
    if chosen:
        parties.activate_parties(session, chosen, now)
    return len(chosen)


def _open_members(session: Session, party_ids: Sequence[int]) -> dict[int, int]:
    """Members of clusters in which nobody is a customer yet, each with its root."""
    members = clusters.members_of(session, party_ids)
    states = parties.states_of(session, sorted({each for those in members.values() for each in those}))
    return {
        each: root
        for root, those in members.items()
        if states[root].state == PartyState.CANDIDATE
        for each in those
        if states[each].state == PartyState.CANDIDATE
    }


def _are_customer(seen: Iterable[Evidence]) -> bool:
    """Whether the mail of any account meets its rule."""
    by_account: dict[int, list[Evidence]] = defaultdict(list)
    for each in seen:
        by_account[each.account_id].append(each)
    return any(
        is_customer(
            those[0].customer_when,
            they_wrote=sum(each.they_wrote for each in those),
            we_wrote=sum(each.we_wrote for each in those),
            seen=sum(each.seen for each in those),
        )
        for those in by_account.values()
    )
