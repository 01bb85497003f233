"""Everybody judged anew, in memory: what the resolver would join and take apart if it began today. A proposal, no change.

Human merges and verdicts hold. Numbers stay where they are: a cluster is called by its lowest number, whoever is in it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mailcrm.identity.candidates import MemoryCandidates
from mailcrm.identity.groups import Groups
from mailcrm.identity.judge import Decision, judge_unless_hopeless
from mailcrm.identity.keys import CAPS
from mailcrm.identity.profile import Profile
from mailcrm.identity.weights import AUTO
from mailcrm.identity.world import World
from mailcrm.model.cluster import Edge
from mailcrm.model.identity import Match

Progress = Callable[[str, int, int], None]

_STEP = 500
"""Parties between two words of progress."""


@dataclass(frozen=True, slots=True)
class Known:
    """What holds already: the active edges of humans and of the resolver (by merge id), and pairs that humans told apart."""

    by_hand: Sequence[Edge] = ()
    by_itself: Mapping[int, Edge] | None = None
    apart: Sequence[Edge] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """`joins` would become one, the surest first; `splits` are merges (by id) that nothing bears any more; `asked` pairs that
    a human should look at. `compared` pairs were judged; `capped` keys are shared by too many to compare each with each."""

    joins: tuple[Match, ...]
    splits: tuple[int, ...]
    asked: tuple[Match, ...]
    compared: int
    capped: tuple[tuple[str, int], ...] = ()


def propose(
    profiles: Sequence[Profile],
    known: Known,
    auto: float = AUTO,
    progress: Progress = lambda _what, _done, _of: None,
) -> Proposal:
    """Judge all, and compare the clusters that come of it with those that are there."""
    candidates = MemoryCandidates(profiles)
    world = candidates.world(profiles)
    sure, open_, compared = _judged(profiles, candidates, world, auto, progress)
    at = {profile.party_id: position for position, profile in enumerate(profiles)}
    groups = Groups((profile.facets for profile in profiles), world, {})
    for lo, hi in known.by_hand:
        if lo in at and hi in at:
            groups.unite(at[lo], at[hi])
    joined, refused = _join(sure, groups, at, known.apart)
    splits = tuple(
        merge_id
        for merge_id, (lo, hi) in sorted((known.by_itself or {}).items())
        if lo in at and hi in at and groups.root(at[lo]) != groups.root(at[hi])
    )
    now = _as_it_will_be(profiles, known, at, splits)
    joins = tuple(match for match in joined if now.unite_if_two(at[match.party_lo], at[match.party_hi]))
    asked = tuple(
        match for match in (*open_, *refused) if groups.root(at[match.party_lo]) != groups.root(at[match.party_hi])
    )
    capped = sorted(
        ((" ".join(key), size) for key, size in candidates.capped.items()), key=lambda each: (-each[1], each[0])
    )
    return Proposal(joins, splits, tuple(sorted(asked, key=_best_first)), compared, tuple(capped))


def _judged(
    profiles: Sequence[Profile], candidates: MemoryCandidates, world: World, auto: float, progress: Progress
) -> tuple[list[Match], list[Match], int]:
    most, compared = max(CAPS.values()), 0
    sure: list[Match] = []
    open_: list[Match] = []
    for done, profile in enumerate(profiles):
        if done % _STEP == 0:
            progress("comparing", done, len(profiles))
        for other in candidates.near(profile, most):
            if other.party_id < profile.party_id:
                continue
            compared += 1
            judged = judge_unless_hopeless(profile, other, world, auto)
            if judged is None or judged[0] is Decision.NOTHING:
                continue
            found = Match(profile.party_id, other.party_id, judged[1])
            (sure if judged[0] is Decision.JOIN else open_).append(found)
    return sorted(sure, key=_best_first), open_, compared


def _best_first(match: Match) -> tuple[float, int, int]:
    return -match.judgement.bits, match.party_lo, match.party_hi


def _join(
    sure: Iterable[Match], groups: Groups, at: Mapping[int, int], apart: Iterable[Edge]
) -> tuple[list[Match], list[Match]]:
    """Those that could be joined, and the others with what speaks against it."""
    two: dict[int, list[int]] = defaultdict(list)
    for lo, hi in apart:
        if lo in at and hi in at:
            two[at[lo]].append(at[hi])
            two[at[hi]].append(at[lo])
    joined, refused = [], []
    for match in sure:
        one, other = at[match.party_lo], at[match.party_hi]
        if _told_apart(groups, one, other, two):
            continue
        why = groups.join(one, other)
        if why:
            refused.append(replace(match, judgement=match.judgement.asked(why)))
        else:
            joined.append(match)
    return joined, refused


def _told_apart(groups: Groups, one: int, other: int, two: Mapping[int, Sequence[int]]) -> bool:
    if not two:
        return False
    right = groups.root(other)
    return any(groups.root(each) == right for member in groups.members(one) for each in two.get(member, ()))


class _AsItIs:
    """The clusters that are there, to which joins are added one by one."""

    def __init__(self, size: int, edges: Iterable[tuple[int, int]]) -> None:
        self._parent = list(range(size))
        for one, other in edges:
            self.unite_if_two(one, other)

    def unite_if_two(self, one: int, other: int) -> bool:
        """Returns whether they were two."""
        left, right = self._root(one), self._root(other)
        self._parent[max(left, right)] = min(left, right)
        return left != right

    def _root(self, one: int) -> int:
        while self._parent[one] != one:
            self._parent[one] = self._parent[self._parent[one]]
            one = self._parent[one]
        return one


def _as_it_will_be(profiles: Sequence[Profile], known: Known, at: Mapping[int, int], splits: Iterable[int]) -> _AsItIs:
    """The clusters that the splits leave: two may have been one only through a third."""
    ended = set(splits)
    edges = [*known.by_hand, *(edge for each, edge in (known.by_itself or {}).items() if each not in ended)]
    return _AsItIs(len(profiles), [(at[lo], at[hi]) for lo, hi in edges if lo in at and hi in at])
