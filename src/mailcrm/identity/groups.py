"""Groups of sightings that grow by joining, and what forbids that two of them become one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date

from mailcrm.identity.features import Features
from mailcrm.identity.mailboxes import are_nearly_one
from mailcrm.identity.mangled import second_look
from mailcrm.identity.names.compare import Level, compare_names
from mailcrm.identity.names.form import NameForm
from mailcrm.identity.vetoes import numbers_apart, years_apart
from mailcrm.identity.world import World

MOST = 15
"""Different sightings in a group that is not just one person's mailbox; of larger ones a human is asked."""

_SILENT = frozenset({Level.PART, Level.UNKNOWN})
"""A part of a name fits a whole family: it has no voice."""

_SIBLINGS = frozenset({Level.HOUSEHOLD, Level.ONE_SHARED})
_OTHERS = _SIBLINGS | {Level.CONFLICT}
"""What speaks against one person, where nobody has another's mailbox and birth date; people marry."""

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
    """Disjoint groups over sightings or parties, each by its facets; `twins` of one (by position) are with it from the
    beginning."""

    def __init__(self, facets: Iterable[Sequence[Features]], world: World, twins: Mapping[int, int]) -> None:
        self._world = world
        self._groups = {at: _group([at], each, world) for at, each in enumerate(facets)}
        self._parent = list(range(len(self._groups)))
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
            self._refused[asked] = _why_not(self._groups[left], self._groups[right], self._world)
        why = self._refused[asked]
        if not why:
            self._unite(left, right)
        return why

    def unite(self, one: int, other: int) -> None:
        """Make two groups one, whatever speaks against it: a human said so."""
        left, right = sorted((self.root(one), self.root(other)))
        if left != right:
            self._unite(left, right)

    def members(self, one: int) -> Sequence[int]:
        """All of its group."""
        return self._groups[self.root(one)].members

    def _unite(self, left: int, right: int) -> None:
        self._parent[right] = left
        self._groups[left].take_in(self._groups.pop(right))


def why_not_one(left: Iterable[Sequence[Features]], right: Iterable[Sequence[Features]], world: World) -> str:
    """What forbids that the members of two clusters become one; ''. Each member by its facets."""
    return _why_not(_cluster(left, world), _cluster(right, world), world)


def _cluster(members: Iterable[Sequence[Features]], world: World) -> _Group:
    found = _Group([], 0)
    for facets in members:
        found.take_in(_group([], facets, world))
    return found


def _group(members: list[int], facets: Sequence[Features], world: World) -> _Group:
    """One sighting, or one party that was seen in several ways."""
    personal = {each.mailbox for each in facets if not each.role}
    return _Group(
        members,
        1,
        {each.customer_no for each in facets} - world.shared - {""},
        {each.born for each in facets if each.born is not None} - world.defaults,
        personal - world.shared - {""},
        Counter(each.name for each in facets if each.name is not None),
    )


def _why_not(left: _Group, right: _Group, world: World) -> str:
    """What both would have together and may not; ''."""
    born, number = left.births & right.births, bool(left.numbers & right.numbers)
    named = bool(left.names and right.names)
    if numbers_apart(left.numbers, right.numbers, born):
        return "two customer numbers"
    if years_apart(
        left.births | right.births,
        number=named and number,
        known=lambda: named and (bool(born) or _have_nearly_one(left.mailboxes, right.mailboxes)),
    ):
        return "two years of birth"
    if left.size + right.size > MOST and len(left.mailboxes | right.mailboxes) != 1:
        return "too many sightings"
    known_otherwise = number and born
    return "other names" if not known_otherwise and _disagree(left, right, world) else ""


def _have_nearly_one(left: Set[str], right: Set[str]) -> bool:
    """Whether both have the same mailbox, or the same but for slips."""
    return bool(left & right) or any(are_nearly_one(one, other) for one in left for other in right)


def _disagree(left: _Group, right: _Group, world: World) -> bool:
    """Whether more than half of the names of both sides are of other people."""
    against = total = 0
    born, mailbox = bool(left.births & right.births), bool(left.mailboxes & right.mailboxes)
    known = mailbox or bool(left.numbers & right.numbers)
    for one, _ in left.names.most_common(_SAMPLE):
        for other, _ in right.names.most_common(_SAMPLE):
            level = _stand(one, other, world, born=born, known=known)
            if level in _SILENT or (born and not one.whole and not other.whole):
                continue  # of one day, Jaime and Musolino are Jaime Musolino
            total += 1
            against += level in (_SIBLINGS if born and mailbox else _OTHERS)
    return against * 2 > total


def _stand(one: NameForm, other: NameForm, world: World, *, born: bool, known: bool) -> Level:
    match = compare_names(one, other, world.rarity)
    again = born or (known and match.level is not Level.HOUSEHOLD)
    return second_look(one, other, match, world.rarity).level if again and not match.agrees else match.level
