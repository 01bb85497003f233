"""How much it says that two names share a word: much for a rare one, little for Smith.

A shipped table, smoothed by counts of this archive's own mailboxes: in few records of one company a name that is seen twice
is not common (Splink#2035), and in a large archive its own counts know better than a census of another country.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

from mailcrm.identity.names.readings import syllable_count

_UNLISTED = 16.0
"""Bits of a word that the table does not have: rarer than one in 20,000."""

_READ = {1: 6.5, 2: 10.0, 3: 12.0}
"""Bits of a word that is so many Chinese syllables. Few readings are shared by many characters."""

_WEIGHT = 500
"""So many mailboxes of our own count as much as the table."""

_OWN = 2
"""Mailboxes that the pair itself may have: they do not make its name common."""

_SURNAMES = (
    "wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he lin gao luo zheng liang xie song tang deng "
    "han feng cao peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng su wei lv ding ren lu yao shen zhong cui "
    "fan fang shi liao jia xia"
).split()
_COMMON = 3.8
"""Bits of the most frequent Chinese family name (7 %); the others follow by rank."""


@dataclass(frozen=True)
class Rarity:
    """`counts` of distinct mailboxes by word, `total` of them all."""

    counts: Mapping[str, int] = field(default_factory=dict)
    total: int = 0
    _known: dict[str, float] = field(default_factory=dict, init=False, repr=False, compare=False)

    def bits(self, word: str) -> float:
        """-log2 of the share of people who have this word in their name."""
        found = self._known.get(word)
        if found is None:
            others = max(self.counts.get(word, 0) - _OWN, 0)
            share = (_WEIGHT * 2.0 ** -_table_bits(word) + others) / (_WEIGHT + self.total)
            found = self._known[word] = -math.log2(share)
        return found


def is_listed(word: str) -> bool:
    """Whether the table has it as a name."""
    return word in _table()


@lru_cache(maxsize=65536)
def _table_bits(word: str) -> float:
    listed = _table().get(word, _UNLISTED)
    syllables = syllable_count(word)
    if not syllables:
        return listed
    return min(listed, _chinese_surnames().get(word, _UNLISTED), _READ[min(syllables, 3)])


@lru_cache(maxsize=1)
def _chinese_surnames() -> dict[str, float]:
    return {name: _COMMON + 0.9 * math.log2(1 + at / 3) for at, name in enumerate(_SURNAMES)}


@lru_cache(maxsize=1)
def _table() -> dict[str, float]:
    found: dict[str, float] = {}
    for line in files(__package__).joinpath("frequencies.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            bits, *names = line.split()
            found.update(dict.fromkeys(names, float(bits)))
    return found
