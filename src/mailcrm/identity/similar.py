"""Who is already known that somebody is about to make again: what a human types is compared as mail is, and nothing is kept."""

from dataclasses import dataclass

from mailcrm.identity.judge import Decision, judge_unless_hopeless
from mailcrm.identity.profile import profile_of, records_of
from mailcrm.identity.stored import NOBODY, StoredCandidates, read_rules
from mailcrm.model.identity import Judgement, Observed, records_text
from mailcrm.store import Session

_AT_ONCE = 25


@dataclass(frozen=True, slots=True)
class Similar:
    """A (leaf) party that may be the same. `sure`: the resolver would join them by itself."""

    party_id: int
    judgement: Judgement
    sure: bool


def similar(session: Session, typed: Observed, most: int = 5) -> list[Similar]:
    """The likeliest first. `typed` is what was typed so far, with the party id `NOBODY`."""
    content = records_text(records_of(typed), dict.fromkeys(name for name, _, _ in typed.names))
    profile = profile_of(NOBODY, content)
    candidates = StoredCandidates(session)
    near = candidates.near(profile, _AT_ONCE)
    if not near:
        return []
    world, auto = candidates.world([profile, *near]), read_rules(session).auto
    found = []
    for other in near:
        judged = judge_unless_hopeless(profile, other, world, auto)
        if judged is not None and judged[0] is not Decision.NOTHING:
            found.append(Similar(other.party_id, judged[1], judged[0] is Decision.JOIN))
    return sorted(found, key=lambda each: (-each.judgement.bits, each.party_id))[:most]
