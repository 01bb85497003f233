"""The shell that makes one customer of several parties, and asks where it is not sure.

parties of which something is new, a few in a transaction
  | observe, records_of         what is known of each now; unchanged: nothing to do
  | keys                        by which others find it
  | near, world                 who shares a key, and how much that says
  | judge                       each pair, the best first
  | join                        unless the clusters speak against it, or a human did: then ask
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailcrm.clock import Clock
from mailcrm.identity.activate import settle
from mailcrm.identity.candidates import AT_ONCE, Candidates
from mailcrm.identity.groups import why_not_one
from mailcrm.identity.judge import Decision, judge, judge_unless_hopeless
from mailcrm.identity.profile import RULES, Profile, profile_of, records_of
from mailcrm.identity.stored import StoredCandidates, keys_as_kept, note_rules, read_profiles, read_rules
from mailcrm.identity.world import World
from mailcrm.model.identity import Judgement, Match, MergeMethod, Observed, records_text
from mailcrm.model.party import PartyBrief
from mailcrm.model.rights import Actor
from mailcrm.store import Session, Store, parties
from mailcrm.store.identity import clusters, keys, matches, merges, profiles, shown
from mailcrm.store.identity.keys import Keys

BATCH = 10
"""Parties in a transaction: some milliseconds each where they are new."""

_ACTOR = Actor.system("identity")

SAID_TWO = "a human said that they are two"
TOO_MANY = "more customers would be joined in a day than without asking"

SHARE, FEWEST = 0.01, 20
"""Of all customers, but at least so many, may be joined with another customer in a day without asking."""


@dataclass(frozen=True, slots=True)
class United:
    """What came of it: how many were joined, how many pairs are new to be asked about, and how many became customers by what
    all their members did."""

    joined: int = 0
    asked: int = 0
    activated: int = 0

    def __add__(self, other: "United") -> "United":
        return United(self.joined + other.joined, self.asked + other.asked, self.activated + other.activated)


def unite_all(store: Store, clock: Clock) -> United:
    """Look at every party that waits."""
    done = United()
    while True:
        with store.write(_ACTOR) as session:
            auto = begin(session, clock())
            waiting = profiles.select_stale(session, BATCH)
            if waiting:
                clusters.hold(session)
                done += unite(session, waiting, clock(), auto)
        if len(waiting) < BATCH:
            return done


@dataclass(frozen=True, slots=True)
class Known:
    """What was read of parties in this transaction: what is kept of them, what they are, and the names they were seen under."""

    kept: Mapping[int, str]
    states: Mapping[int, PartyBrief]
    names: Mapping[int, Sequence[tuple[str, str, int]]] | None = None


def begin(session: Session, now: datetime) -> float:
    """From how many bits on two are one. Keys that older rules made are found by nobody: where there are any, everybody waits
    to be looked at again."""
    rules = read_rules(session)
    if rules.made_by != str(RULES):
        if rules.made_by:
            keys.recount(session)
            profiles.forget(session)
        note_rules(session, now)
    return rules.auto


def unite(session: Session, party_ids: Sequence[int], now: datetime, auto: float, known: Known | None = None) -> United:
    """Look at these: what is new of them is compared with all that may be the same. `known` is what was read of them."""
    known = known or Known(profiles.contents(session, party_ids), parties.states_of(session, party_ids))
    changed = refresh(session, party_ids, now, known)
    found = compare(session, changed, now, auto, known={each for each in party_ids if known.kept.get(each)})
    states = parties.states_of(session, party_ids) if found.joined else {each: known.states[each] for each in party_ids}
    return replace(found, activated=settle(session, states, now))


def refresh(session: Session, party_ids: Sequence[int], now: datetime, known: Known | None = None) -> list[Profile]:
    """Keep what is known of these now, and the keys they are found by. Returns those of whom something changed."""
    profiles.hold(session, party_ids)
    before = known.kept if known else profiles.contents(session, party_ids)
    seen = (
        profiles.observe(session, party_ids, known.names, known.states)
        if known
        else profiles.observe(session, party_ids)
    )
    _name_organisations(session, [each for each in seen.values() if each.organisation], now)
    after = {each: _text(seen[each]) if each in seen else "" for each in party_ids}
    moved = {each: (_keys(each, before.get(each, "")), _keys(each, after[each])) for each in party_ids}
    keys.change(session, {each: pair for each, pair in moved.items() if pair[0] != pair[1]})
    profiles.keep(session, after, RULES, before)
    if nothing := [each for each in party_ids if not after[each] and before.get(each)]:
        matches.withdraw(session, matches.open_pairs(session, nothing))  # archived: nobody is to be asked about them
    return [profile_of(each, after[each]) for each in party_ids if after[each] and after[each] != before.get(each, "")]


def _text(seen: Observed) -> str:
    return records_text(records_of(seen), dict.fromkeys(name for name, _, _ in seen.names))


def _name_organisations(session: Session, seen: Sequence[Observed], now: datetime) -> None:
    """As those who write from there name them, unless a human does."""
    names = {each.party_id: each.companies[0] for each in seen if each.companies and not each.name}
    if names:
        called = parties.states_of(session, list(names))
        moved = {each: name for each, name in names.items() if called[each].name != name}
        parties.rename_parties(session, moved, "signature", now)
        shown.show_names(session, [each for each in moved if called[each].cluster_size > 1])


def _keys(party_id: int, content: str) -> Keys:
    return keys_as_kept(profile_of(party_id, content)) if content else Keys()


# --- comparing ---------------------------------------------------------------------------------------------------


def compare(
    session: Session,
    those: Sequence[Profile],
    now: datetime,
    auto: float,
    most: int | None = None,
    known: Collection[int] | None = None,
) -> United:
    """Judge each of these against all that may be the same, and do what follows; of a key that more than `most` have against
    nobody. Only of those `known` before (None: all) there are questions that may have no reason any more."""
    candidates = StoredCandidates(session)
    done = United()
    for profile in those:
        asked = known is None or profile.party_id in known
        waiting = matches.open_pairs(session, [profile.party_id]) if asked else []
        near = _with_asked(session, profile, candidates.near(profile, most or AT_ONCE), waiting)
        world = candidates.world([profile, *near]) if near else _NOBODY
        found = _judged(profile, near, world, auto)
        still = {(match.party_lo, match.party_hi) for _, match in found}
        # Questions for which nothing speaks any more.
        matches.withdraw(session, [pair for pair in waiting if pair not in still])
        done += _follow(session, profile.party_id, found, world, now)
    return done


def _with_asked(
    session: Session, profile: Profile, near: Sequence[Profile], waiting: Iterable[tuple[int, int]]
) -> Sequence[Profile]:
    """Those near, and those about whom there is a question: the night or a rebuild may have found them by a key of many."""
    missing = {each for pair in waiting for each in pair} - {profile.party_id, *(each.party_id for each in near)}
    return [*near, *read_profiles(session, sorted(missing))]


_NOBODY = World()


def _judged(profile: Profile, near: Iterable[Profile], world: World, auto: float) -> list[tuple[Decision, Match]]:
    found = []
    for other in near:
        one, two = sorted((profile, other), key=lambda each: each.party_id)
        judged = judge_unless_hopeless(one, two, world, auto)
        if judged is not None and judged[0] is not Decision.NOTHING:
            found.append((judged[0], Match(one.party_id, two.party_id, judged[1])))
    return sorted(found, key=lambda each: (-each[1].judgement.bits, each[1].party_lo, each[1].party_hi))


def _follow(
    session: Session, party_id: int, found: Sequence[tuple[Decision, Match]], world: World, now: datetime
) -> United:
    joined, open_ = 0, []
    for decision, match in found:
        why = match.judgement.refused
        if decision is Decision.JOIN:
            why = join_unless(session, match, world, now)
            joined += not why
        if why != SAID_TWO and (decision is Decision.ASK or why):
            open_.append(replace(match, judgement=match.judgement.asked(why)))
    asked = _of_two(session, party_id, open_) if open_ else []
    return United(joined, matches.propose(session, asked, RULES, now))


def _of_two(session: Session, party_id: int, found: Sequence[Match]) -> list[Match]:
    """Those that are not one customer by now."""
    members = clusters.members_of(session, [party_id])
    same = {each for those in members.values() for each in those}
    return [match for match in found if not {match.party_lo, match.party_hi} <= same]


def join_unless(session: Session, match: Match, world: World, now: datetime, *, asked: bool = False) -> str:
    """Join the clusters of a pair, unless something in them speaks against it. Returns what; '' where they are one now.

    `asked`: a human agreed to as many as there are.
    """
    sides = clusters.members_of(session, [match.party_lo, match.party_hi])
    if len(sides) == 1:
        return ""
    left, right = (those for _, those in sorted(sides.items()))
    why = refusal(session, left, right, world)
    if not why and not asked and _is_too_much(session, list(sides), now):
        why = TOO_MANY
    if not why:
        merges.join(session, match.party_lo, match.party_hi, MergeMethod.AUTO, match.judgement, RULES, now)
    return why


def refusal(session: Session, left: Collection[int], right: Collection[int], world: World) -> str:
    """What speaks against making two clusters one; '' if nothing does."""
    if clusters.verdicts_between(session, sorted(left), sorted(right)):
        return SAID_TWO
    ours, theirs = read_profiles(session, sorted(left)), read_profiles(session, sorted(right))
    return why_not_one([each.facets for each in ours], [each.facets for each in theirs], world)


def _is_too_much(session: Session, roots: Sequence[int], now: datetime) -> bool:
    """Whether two customers would become one, and that happened often today."""
    if clusters.count_customers(session, roots) < 2:
        return False
    most = max(SHARE * clusters.count_customers(session), FEWEST)
    return merges.count_automatic(session, now - timedelta(days=1)) >= most


def explained(session: Session, one: int, other: int) -> tuple[Decision, Judgement]:
    """The judgement of two parties as they are now, with what their clusters say."""
    pair = read_profiles(session, sorted((one, other)))
    if len(pair) < 2:
        return Decision.NOTHING, Judgement(0.0, (), "nothing is known of one of them")
    candidates: Candidates = StoredCandidates(session)
    near = [each for profile in pair for each in candidates.near(profile)]
    world = candidates.world([*pair, *near])
    return judge(pair[0], pair[1], world, read_rules(session).auto)
