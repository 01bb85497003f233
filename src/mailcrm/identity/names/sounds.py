"""Spellings of one name: Schmidt and Schmitt, Dmitry and Dmitri, Mohammed and Muhammad.

What transcriptions and languages write in several ways is written in one; the words of two spellings become the same.
"""

import re
from functools import lru_cache

_SHORTEST = 3
"""Letters of a word that has spellings; and consonants of one whose vowels may be others."""

_RULES = tuple(
    (re.compile(pattern), reading)
    for pattern, reading in (
        ("^(?:x|ks)", "s"),  # Xenia
        ("^(?:ye|je)(?=[^aeiou])", "e"),  # Yevgeny
        ("^(?:iu|yu|ju)", "ju"),  # Yuri, Iurii, Juri
        ("^(?:ia|ya|ja)(?=[^aeiouy])", "ja"),
        ("tzsch|tsch|tch", "ch"),
        ("shch|sch", "sh"),
        ("dzh|dj", "j"),
        ("ph", "f"),
        ("kh|gh(?=[aeiou])", "h"),
        ("ch(?=[rl])", "k"),  # Christian
        ("th", "t"),
        ("x", "ks"),
        ("ck|q|c(?=[aouklrt]|$)", "k"),
        ("dt$|tt$", "t"),
        ("(?<=[lnrt])tz|(?<=[ln])ts|tz", "z"),
        ("(?<=[bdgkpt])r$", "er"),  # Aleksandr
        ("w", "v"),
        ("ou|oo|uo", "u"),
        ("ee|(?<![aeiou])ie(?=[^aeiou])", "i"),
        ("(?:iy|ij|yj|yi|ii|yy|i|y)$", "i"),
        ("[ae][iyj]", "ai"),  # Meyer is Maier
        ("y|(?<=[aeiou])j", "i"),
        ("(?<=o)h(?=[^aeiou])", ""),  # John
        (r"(.)\1+", r"\1"),
    )
)
_VOWELS = str.maketrans({"e": "a", "o": "u"})
_CONSONANT = re.compile("[^aeiou]")
_UNWRITTEN = re.compile("(?<!^)[wy]")
_VOWEL = re.compile("[aeiou]")
_ALIKE_UNVOWELLED = str.maketrans({"p": "b", "v": "f", "c": "k", "q": "k", "g": "j", "z": "s"})


@lru_cache(maxsize=1 << 17)
def sound(word: str) -> str:
    """A folded word as all its spellings have it."""
    for pattern, reading in _RULES:
        word = pattern.sub(reading, word)
    return word


@lru_cache(maxsize=1 << 17)
def loose_sound(word: str) -> str:
    """The same without the difference of o and u, a and e, except at both ends; '' for a word too short for that."""
    heard = sound(word)
    if len(_CONSONANT.findall(heard)) < _SHORTEST:
        return ""
    return heard[0] + heard[1:-1].translate(_VOWELS) + heard[-1]


@lru_cache(maxsize=1 << 16)
def consonants(word: str) -> str:
    """What Arabic and Hebrew letters keep of a word."""
    return _VOWEL.sub("", sound(_UNWRITTEN.sub("", word))).translate(_ALIKE_UNVOWELLED)


def is_spelling(one: str, other: str, *, listed: bool) -> bool:
    """Whether two different folded words are spellings of one; of two that are `listed` as names the vowels must agree."""
    if min(len(one), len(other)) < _SHORTEST:
        return False
    if sound(one) == sound(other):
        return True
    return not listed and loose_sound(one) == loose_sound(other) != ""
