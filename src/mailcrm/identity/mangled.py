"""Names that disagree, looked at again where something else says that they are one person's: slips in every word, letters in
another order, a slip in a short word. Too lenient for two names of which no more is known.
"""

from collections.abc import Sequence

from mailcrm.identity.names.compare import Level, NameMatch
from mailcrm.identity.names.form import NameForm
from mailcrm.identity.names.rarity import Rarity, is_listed
from mailcrm.identity.score import slips

_SHARE, _LEAST, _MOST = 0.6, 3.0, 10.0
"""Of the rarity of a word that both have, and the bits that it gives: less than in names that agree."""

_A_WORD = 4.0
"""Bits of a word that is mistyped."""

_SHORTEST, _JUMBLED = 3, 4
"""Letters of a word that may be mistyped; of one whose letters may stand in another order."""

_LETTERS_A_SLIP, _MOST_SLIPS = 3, 3
"""Letters of a word for each slip in it."""


def second_look(one: NameForm, other: NameForm, found: NameMatch, rarity: Rarity) -> NameMatch:
    """How two names that disagree stand to each other, of people born on one day or at one mailbox."""
    if not (_is_plain(one) and _is_plain(other)) or (one.generation, one.father) != (other.generation, other.father):
        return found
    short, long = sorted((one.plain, other.plain), key=len)
    if len(short) == 1 and any(_is_alike(short[0], word) and not _may_be_sisters(short[0], word) for word in long):
        return NameMatch(Level.MISTYPED if len(long) == 1 else Level.PART, _LEAST)
    if len(short) != len(long):
        return found
    turned = (long[-1], *long[:-1])
    bits = max(_aligned(short, long, rarity), _aligned(short, turned, rarity))
    return NameMatch(Level.MISTYPED, bits) if bits else found


def _is_plain(name: NameForm) -> bool:
    """Whether a slip is only a slip in it: not where each syllable, or an initial, is a name of its own."""
    return not (name.han or name.chinese or name.initials)


def _aligned(left: Sequence[str], right: Sequence[str], rarity: Rarity) -> float:
    """Bits of two names each word of which is one of the other but for slips; 0 where not."""
    bits = 0.0
    pairs = list(zip(left, right, strict=True))
    strict = any(one == other for one, other in pairs)
    for one, other in pairs:
        if one == other:
            bits += min(max(_SHARE * rarity.bits(one), _LEAST), _MOST)
        elif _is_alike(one, other) and not (strict and _may_be_sisters(one, other)):
            bits += _A_WORD
        else:
            return 0.0
    return bits


def _is_alike(one: str, other: str) -> bool:
    shorter = min(len(one), len(other))
    if shorter >= _JUMBLED and sorted(one) == sorted(other):
        return True
    return shorter >= _SHORTEST and slips(one, other) <= min(max(shorter // _LETTERS_A_SLIP, 1), _MOST_SLIPS)


def _may_be_sisters(one: str, other: str) -> bool:
    """Whether two given names of one family are more than a slip apart, or both known: Anna and Anne, Jan and Jana."""
    couple = one + "a" == other or other + "a" == one
    return couple or (is_listed(one) and is_listed(other)) or (slips(one, other) > 1 and sorted(one) != sorted(other))
