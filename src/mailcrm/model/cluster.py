"""A cluster: leaf parties that are one customer. Which ones, by their edges; which stands for all; whose name is shown.

All of it follows from members and edges alone, so that what is undone leaves no trace.
"""

from collections.abc import Iterable, Sequence

from mailcrm.model.identity import Member
from mailcrm.model.party import SOURCES

Edge = tuple[int, int]


def components(members: Iterable[int], edges: Iterable[Edge]) -> list[tuple[int, ...]]:
    """The members in groups that edges connect, each in order, the group of the lowest member first."""
    parent = {member: member for member in members}
    for one, other in edges:
        left, right = _root(parent, one), _root(parent, other)
        parent[max(left, right)] = min(left, right)
    groups: dict[int, list[int]] = {}
    for member in sorted(parent):
        groups.setdefault(_root(parent, member), []).append(member)
    return [tuple(group) for group in groups.values()]


def _root(parent: dict[int, int], one: int) -> int:
    while parent[one] != one:
        parent[one] = parent[parent[one]]
        one = parent[one]
    return one


def path_between(one: int, other: int, edges: Iterable[tuple[int, Edge]]) -> list[int]:
    """The numbers of the edges from one party to another, by the fewest steps; [] if there is no way."""
    beside: dict[int, list[tuple[int, int]]] = {}
    for number, (left, right) in edges:
        beside.setdefault(left, []).append((right, number))
        beside.setdefault(right, []).append((left, number))
    came: dict[int, tuple[int, int]] = {one: (one, 0)}
    waiting = [one]
    for at in waiting:
        for following, number in beside.get(at, ()):
            if following not in came:
                came[following] = at, number
                waiting.append(following)
    found = []
    while other in came and other != one:
        other, number = came[other]
        found.append(number)
    return found[::-1]


def root_of(members: Sequence[Member]) -> Member:
    """Who stands for all: a customer before a candidate, these before whoever is archived; the lowest number, so that the
    oldest number goes on."""
    return min(
        members,
        key=lambda each: (not each.active, each.gone, not each.number, len(each.number), each.number, each.id),
    )


def named_by(members: Sequence[Member]) -> Member:
    """Whose name all are shown under: a human's word first (of two the root's, which is what people edit), then the better
    source, the more complete form, the root's own."""
    root = root_of(members)
    return max(members, key=lambda each: (_strength(each.name_source), _fullness(each), each.id == root.id, -each.id))


def _fullness(member: Member) -> int:
    return 0 if member.name_source == SOURCES[-1] else _complete(member.name)


def _strength(source: str) -> int:
    return SOURCES.index(source) if source in SOURCES else len(SOURCES)


def _complete(name: str) -> int:
    """A whole name before an initial and one word, and these before an address."""
    if not name or "@" in name:
        return 0
    words = [word for word in name.replace(".", " ").split() if len(word) > 1 or not word.isascii()]
    whole = len(words) > 1 or not name.isascii()
    return 2 if whole and len(words) == len(name.replace(".", ". ").split()) else 1
