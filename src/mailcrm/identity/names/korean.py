"""Korean names: 김정은 is Kim Jong-un, Gim Jeong-eun and Kim Jung Eun, as each writes it."""

import re
import unicodedata

from mailcrm.identity.names.scripts import latin

_HANGUL = re.compile("[\uac00-\ud7a3]+")
_TWO = frozenset("남궁 황보 제갈 선우 독고 사공 서문".split())
"""Family names of two syllables."""

_HONORIFIC = re.compile("(?<=[\uac00-\ud7a3]{2})(?:님|씨)$")
_SYLLABLES = range(2, 5)
"""Of a whole name."""

_RULES = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ark$|ark(?=[^aeiou])", "ak"),  # Park is 박
        ("^yi", "i"),
        ("ee", "i"),
        ("oe", "oi"),
        ("ae|ai", "e"),
        ("eo|eu|oo|ou|u", "o"),
        ("w(?=o)", ""),
        ("(?<=o)h(?![aeiouy])", ""),
        ("sh", "s"),
        ("rh|r", "l"),
        ("ch|j", "c"),
        (r"(.)\1+", r"\1"),
    )
)
_HARD = str.maketrans("gdb", "ktp")


def split_hangul(name: str) -> tuple[str, str]:
    """(given, family) of a name in Hangul, with a gap or without; ('', '') of what is longer or shorter than a name."""
    whole = _HONORIFIC.sub("", unicodedata.normalize("NFC", "".join(name.split())))
    if not _HANGUL.fullmatch(whole) or len(whole) not in _SYLLABLES:
        return "", ""
    at = 2 if whole[:2] in _TWO and len(whole) > 2 else 1
    return whole[at:], whole[:at]


def is_hangul(text: str) -> bool:
    """Whether it begins with a Korean syllable."""
    return "\uac00" <= text[:1] <= "\ud7a3"


def korean_sound(word: str) -> str:
    """What all the ways to write a Korean word in Latin letters have in common; vowels that they mix up are one."""
    for pattern, sound in _RULES:
        word = pattern.sub(sound, word)
    return word.translate(_HARD)


def family_sounds(family: str) -> tuple[str, ...]:
    """이 is I, Yi, Lee and Ri; 노 is No and Roh."""
    sound = korean_sound(latin(family))
    if sound[0] in "iy":
        return sound, "l" + sound
    return (sound, "l" + sound[1:]) if sound[0] == "n" else (sound,)


def hangul_sounds(given: str, family: str) -> frozenset[str]:
    """Of a whole name, in both orders."""
    own = korean_sound(latin(given))
    return frozenset(each for sound in family_sounds(family) for each in (sound + own, own + sound))
