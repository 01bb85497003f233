"""Whether two different words are one name in another form: short, spelt otherwise, mistyped, or written in two words."""

from enum import Enum, auto
from functools import lru_cache

from mailcrm.identity.names.form import LONG_FOR_CHINESE
from mailcrm.identity.names.nicknames import is_short_for
from mailcrm.identity.names.rarity import is_listed
from mailcrm.identity.names.readings import syllable_count
from mailcrm.identity.names.sounds import is_spelling, sound
from mailcrm.identity.score import is_slip, slips, word_likeness

_TYPO = 0.90
_SHORTEST_TYPO = 4
"""Letters of a word that may have been mistyped; in shorter ones another letter is another name."""

_TWO_TYPOS, _TWO_TYPOS_ALIKE = 8, 6
"""Letters of a word that may have been mistyped twice; of one whose start is the same."""

_SHORTEST_JOINED = 5
"""Letters of a word that may be two without a gap."""


class Twin(Enum):
    """How two words are one."""

    NICKNAME = auto()
    SPELLING = auto()
    MISTYPED = auto()


def find_twin(word: str, others: list[str]) -> tuple[str, Twin | None]:
    """Which of the others is the same word in another form; '' if none."""
    for other in others:
        if is_short_for(word, other):
            return other, Twin.NICKNAME
    for other in others:
        if _share_an_end(word, other) and (how := _same_word(word, other)):
            return other, how
    return "", None


@lru_cache(maxsize=1 << 17)
def _same_word(word: str, other: str) -> Twin | None:
    """Otherwise than by a short form."""
    if min(len(word), len(other)) < _SHORTEST_TYPO or _are_syllables(word, other):
        return None
    if is_spelling(word, other, listed=is_listed(word) and is_listed(other)):
        return Twin.SPELLING
    return Twin.MISTYPED if _is_mistyped(word, other) else None


def _share_an_end(word: str, other: str) -> bool:
    """What all but very few words do that are one; seen at a glance."""
    return word[0] == other[0] or word[-1] == other[-1]


def is_near(word: str, other: str) -> bool:
    """Whether they are a letter apart, though both are names: Serena and Selena, but not a man's and a woman's."""
    if not _share_an_end(word, other) or _are_couple(word, other):
        return False
    return is_slip(word, other) and not _are_syllables(word, other)


def join_split(left: list[str], right: list[str]) -> bool:
    """Takes away what one side writes in two words and the other in one: Jan Daniel, JanDaniel."""
    return _take_joined(left, right) or _take_joined(right, left)


def _take_joined(split: list[str], joined: list[str]) -> bool:
    for word in joined:
        if len(word) < _SHORTEST_JOINED:
            continue
        for start in split:
            for end in split:
                if end is not start and word.startswith(start[0]) and sound(start + end) == sound(word):
                    joined.remove(word)
                    split.remove(start)
                    split.remove(end)
                    return True
    return False


def _are_syllables(word: str, other: str) -> bool:
    """Whether both may be Chinese, where another letter is another name."""
    return 0 < syllable_count(word) < LONG_FOR_CHINESE and 0 < syllable_count(other) < LONG_FOR_CHINESE


def _are_couple(word: str, other: str) -> bool:
    """The name of a man and of a woman: Aleksandr and Aleksandra, Christian and Christina, Maria and Mario."""
    return word + "a" == other or other + "a" == word or (word[-1] != other[-1] and "a" in (word[-1], other[-1]))


def _is_mistyped(word: str, other: str) -> bool:
    """Not where both are names of their own (Christian, Christina), nor those of a man and a woman (Aleksandr, Aleksandra)."""
    if word + "a" == other or other + "a" == word or (is_listed(word) and is_listed(other)):
        return False
    shorter = min(len(word), len(other))
    alike = word_likeness(word, other) >= _TYPO
    if is_slip(word, other):
        return alike or shorter > _SHORTEST_TYPO
    if alike and (word.startswith(other) or other.startswith(word)):
        return True  # cut off
    return shorter >= (_TWO_TYPOS_ALIKE if alike else _TWO_TYPOS) and slips(word, other) == 2
