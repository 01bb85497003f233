"""What is usual among the sightings of a sheet or an archive: without it nothing says how much a shared value says."""

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import date

from mailcrm.identity.names.rarity import Rarity

_SMALLEST = 3000
"""An archive of fewer people is a part of a larger world."""


@dataclass(frozen=True, slots=True)
class World:
    """What is usual here: how many sightings, and of how many mailboxes, domains and names each value is shared; mailboxes and
    customer numbers that are `shared` by several people, and dates of birth that are `defaults`."""

    size: int = 0
    rarity: Rarity = field(default_factory=Rarity)
    mailboxes_at: Mapping[str, int] = field(default_factory=dict)
    domains_of_local: Mapping[str, int] = field(default_factory=dict)
    names_on_phone: Mapping[str, int] = field(default_factory=dict)
    people_of_company: Mapping[str, int] = field(default_factory=dict)
    shared: Set[str] = frozenset()
    defaults: Set[date] = frozenset()

    @property
    def prior(self) -> float:
        """Bits against any two being one."""
        return -math.log2(max(self.size, _SMALLEST))


def clamped(share: float, size: int, count: int, most: float) -> float:
    """Bits of a value that `count` of `size` have, 2 at least."""
    return min(max(share * math.log2(max(size, _SMALLEST) / max(count, 1)), 2.0), most)
