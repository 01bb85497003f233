"""The resolver's shell: takes up what mail left unresolved and decides who becomes a customer, and under which name.

unresolved sightings: the oldest 200 in a transaction, and all others of the same parties
  | names seen | best_name   | rename, unless a better source named it
  |            | never seen before: compared with others (`unite`), at once where it is a few
  | settle       whose mail meets the rule gets a number, and an employer
  | mark resolved
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailcrm.clock import Clock
from mailcrm.identity.activate import settle
from mailcrm.identity.decide import best_name
from mailcrm.identity.normalise import split_name
from mailcrm.identity.unite import BATCH as FEW
from mailcrm.identity.unite import Known, begin, unite
from mailcrm.model.identity import MOST_NAMES, read_names
from mailcrm.model.party import PartyBrief, PartyKind, may_replace
from mailcrm.model.rights import Actor
from mailcrm.store import Session, Store, parties, sightings, waiting
from mailcrm.store.identity import clusters, profiles
from mailcrm.store.identity.shown import show_names

BATCH = 200
_ACTOR = Actor.system("identity")
_SOURCE = "header"


@dataclass(frozen=True, slots=True)
class Resolved:
    """How many parties became customers, and whether any wait to be compared with others."""

    activated: int
    waiting: bool


def resolve_sightings(store: Store, clock: Clock) -> Resolved:
    """Resolve everything that waits, in short transactions."""
    activated = 0
    while True:
        with store.write(_ACTOR) as session:
            oldest = sightings.select_unresolved(session, BATCH)
            if oldest:
                clusters.hold(session)
                party_ids = sorted(set(oldest.values()))
                # A party is looked at once, not in each batch.
                its = list(oldest) if len(oldest) < BATCH else sightings.unresolved_of(session, party_ids)
                activated += _resolve(session, party_ids, clock())
                sightings.mark_resolved(session, its, clock())
            if len(oldest) < BATCH:
                return Resolved(activated, waiting.anyone_new(session))


def _resolve(session: Session, party_ids: Sequence[int], now: datetime) -> int:
    auto, known = begin(session, now), parties.states_of(session, party_ids)
    names, kept = sightings.names_of(session, party_ids), profiles.contents(session, party_ids)
    _rename(session, {i: p for i, p in known.items() if _may_be_renamed(p)}, names, kept, now)
    new = [each for each, party in known.items() if _is_new(party, names.get(each, ()), kept.get(each, ""))]
    activated = settle(session, {each: party for each, party in known.items() if each not in new}, now)
    if len(new) <= FEW:
        read = Known(kept, known, names)
        return activated + (unite(session, new, now, auto, read).activated if new else 0)
    profiles.touch(session, new)
    return activated


def _is_new(party: PartyBrief, names: Sequence[tuple[str, str, int]], kept: str) -> bool:
    """Whether it was never compared, or is a person and not under all its names."""
    if not kept or party.kind != PartyKind.PERSON:
        return not kept
    compared = read_names(kept)
    return len(compared) < MOST_NAMES and not {name for name, _, _ in names} <= compared


def _may_be_renamed(party: PartyBrief) -> bool:
    return may_replace(_SOURCE, party.name_source) and party.kind == PartyKind.PERSON


def _rename(
    session: Session,
    called: Mapping[int, PartyBrief],
    seen: Mapping[int, Sequence[tuple[str, str, int]]],
    kept: Mapping[int, str],
    now: datetime,
) -> None:
    """Give people (by party id) the best of the names they were seen under; `kept` is there of those who have one already."""
    best = {party_id: name for party_id in called if (name := best_name(seen.get(party_id, ())))}
    changed = {party_id: name for party_id, name in best.items() if name != called[party_id].name}
    parties.rename_parties(session, changed, _SOURCE, now)
    merged = [party_id for party_id in changed if called[party_id].cluster_size > 1]
    if merged:
        show_names(session, merged)
    # Also where it cannot be split: the parts of an older name would greet the wrong person.
    first = {party_id: name for party_id, name in best.items() if not kept.get(party_id)}
    parties.set_person_names(session, {party_id: split_name(name) for party_id, name in (changed | first).items()})
