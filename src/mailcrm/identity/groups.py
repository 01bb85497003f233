"""Groups of sightings that grow by joining, and what forbids that two of them become one."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations

from mailcrm.identity.evidence import World, are_others
from mailcrm.identity.features import Features
from mailcrm.identity.names.compare import Level, compare_names
from mailcrm.identity.names.form import NameForm

MOST = 15
"""Different sightings in a group that is not just one person's mailbox; of larger ones a human is asked."""

_SILENT = frozenset({Level.PART, Level.UNKNOWN})
"""A part of a name fits a whole family: it has no voice."""

_SAMPLE = 12
"""Names of each side that are looked at."""


@dataclass
class _Group:
    """`size` is the number of different sightings, `mailboxes` those that one person alone has."""

    members: list[int]
    size: int
    numbers: set[str] = field(default_factory=set)
    births: set[date] = field(default_factory=set)
    mailboxes: set[str] = field(default_factory=set)
    names: Counter[NameForm] = field(default_factory=Counter)

    def take_in(self, other: "_Group") -> None:
        self.members += other.members
        self.size += other.size
        self.numbers |= other.numbers
        self.births |= other.births
        self.mailboxes |= other.mailboxes
        self.names += other.names


class Groups:
    """Disjoint groups over `features`; `twins` of a sighting (by position) are with it from the beginning."""

    def __init__(self, features: Sequence[Features], world: World, twins: Mapping[int, int]) -> None:
        self._world = world
        self._parent = list(range(len(features)))
        self._groups = {at: self._group(at, each) for at, each in enumerate(features)}
        self._refused: dict[tuple[int, int, int, int], str] = {}
        for twin, first in twins.items():
            self._parent[twin] = first
            self._groups[first].members += self._groups.pop(twin).members

    def __iter__(self) -> Iterator[Sequence[int]]:
        """The members of each group."""
        return (group.members for group in self._groups.values())

    def root(self, one: int) -> int:
        """The sighting that stands for a group."""
        while self._parent[one] != one:
            self._parent[one] = self._parent[self._parent[one]]
            one = self._parent[one]
        return one

    def join(self, one: int, other: int) -> str:
        """Make two groups one, if nothing in them speaks against it; else why not."""
        left, right = sorted((self.root(one), self.root(other)))
        if left == right:
            return ""
        # Groups only grow, so their sizes tell whether they are as they were when it was last asked.
        asked = left, right, len(self._groups[left].members), len(self._groups[right].members)
        if asked not in self._refused:
            self._refused[asked] = self._why_not(self._groups[left], self._groups[right])
        why = self._refused[asked]
        if not why:
            self._parent[right] = left
            self._groups[left].take_in(self._groups.pop(right))
        return why

    def _group(self, at: int, features: Features) -> _Group:
        own = features.mailbox and not features.role and features.mailbox not in self._world.shared
        return _Group(
            [at],
            1,
            {features.customer_no} - self._world.shared - {""},
            set() if features.born is None else {features.born} - self._world.defaults,
            {features.mailbox} if own else set(),
            Counter() if features.name is None else Counter({features.name: 1}),
        )

    def _why_not(self, left: _Group, right: _Group) -> str:
        """What both would have together and may not; ''."""
        if len(left.numbers | right.numbers) > 1:
            return "two customer numbers"
        if any(are_others(a, b) for a, b in combinations(sorted(left.births | right.births), 2)):
            return "two years of birth"
        if left.size + right.size > MOST and len(left.mailboxes | right.mailboxes) != 1:
            return "too many sightings"
        return "other names" if self._disagree(left, right) else ""

    def _disagree(self, left: _Group, right: _Group) -> bool:
        """Whether more than half of the names of both sides are of other people."""
        against = total = 0
        for one, _ in left.names.most_common(_SAMPLE):
            for other, _ in right.names.most_common(_SAMPLE):
                match = compare_names(one, other, self._world.rarity)
                total += match.level not in _SILENT
                against += not match.agrees and match.level is not Level.RENAMED  # people marry
        return against * 2 > total
