"""Which sightings of a sheet are weighed: those that share a key. In memory; `by_splink` finds them with DuckDB."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from mailcrm.identity.features import Features
from mailcrm.identity.keys import CAPS, keys_of
from mailcrm.identity.world import World
from mailcrm.model.identity import Key


@dataclass(frozen=True, slots=True)
class Found:
    """`later`: of each position in turn the later ones that it is weighed with, to be read once; `capped`: keys that too many
    share to be weighed by them alone, and how many, the largest first."""

    later: Iterable[Collection[int]]
    capped: Sequence[tuple[Key, int]]


class Finder(Protocol):
    """Finds pairs of features. Those that are `alone` are none's (twins of another, or no person)."""

    def __call__(self, features: Sequence[Features], world: World, alone: Collection[int], /) -> Found: ...


def pairs_in_memory(features: Sequence[Features], _world: World, alone: Collection[int]) -> Found:
    """All that share a key."""
    found: dict[Key, list[int]] = defaultdict(list)
    for number, each in enumerate(features):
        if number not in alone:
            for key in set(keys_of(each)):
                found[key].append(number)
    sizes = {key: len(members) for key, members in found.items() if len(members) > 1}
    capped = largest_first({key: size for key, size in sizes.items() if not fits(key, size)})
    return Found(_later_ones(len(features), [found[key] for key, size in sizes.items() if fits(key, size)]), capped)


def fits(key: Key, size: int) -> bool:
    """Whether so many are few enough to be compared by this key, each with each."""
    return size <= CAPS.get(key[0], size)


def largest_first(sizes: dict[Key, int]) -> list[tuple[Key, int]]:
    """By how many share a key, then by key."""
    return sorted(sizes.items(), key=lambda each: (-each[1], each[0]))


def _later_ones(size: int, blocks: Iterable[Sequence[int]]) -> Iterator[set[int]]:
    """Not all pairs at once, which are millions."""
    blocks_of: list[list[Sequence[int]]] = [[] for _ in range(size)]
    for block in blocks:
        for each in block:
            blocks_of[each].append(block)
    for one, those in enumerate(blocks_of):
        yield {other for block in those for other in block[bisect_right(block, one) :]}
