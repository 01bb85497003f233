"""A personal name taken apart for comparison: words without accents, and Chinese characters with how they are read."""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

from mailcrm.identity.names.korean import hangul_sounds, is_hangul, split_hangul
from mailcrm.identity.names.readings import given_readings, spellings, surname_reading, syllable_count
from mailcrm.identity.names.scripts import latin, leaves_vowels_out
from mailcrm.identity.names.sounds import sound
from mailcrm.identity.normalise import clean_name, has_han, is_personal, split_name, without_title

_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_WORD = re.compile("[^ .,-]+")
"""Of a personal name, which has nothing but letters, their marks (those of Hindi and Thai are no letters to `re`) and these."""

_LETTERS = {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
_FOLDED = str.maketrans(_LETTERS)
_UMLAUT = re.compile("(?<=[aou])e(?=[^aeiouy])")
_KANA = re.compile("[\u3040-\u30ff]")
_REMARK = re.compile(r"\s+[-–—/·•]\s+|\s*[|,]\s*")
_WHOLE = range(2, 5)
"""Words of a whole name, where it cannot be told otherwise what is one."""

_GENERATION = re.compile(r"[ ,](jr|sr|jun|sen|ii|iii|iv)\b\.?", re.IGNORECASE)
_GENERATIONS = {"sr": "1", "sen": "1", "jr": "2", "jun": "2", "ii": "2", "iii": "3", "iv": "4"}
LONG_FOR_CHINESE = 3
"""Syllables; Juergen can be read as three."""


_PARTICLES = frozenset(
    "van von der den de del della di da do dos das du la le ten ter zu zur bin ibn al el y e".split()
)
_SON_OF = frozenset(("bin", "ibn", "ben"))


@dataclass(frozen=True, slots=True)
class NameForm:
    """`words` of two letters and more, in the order written, a family name that is known to lead put last; the same words
    `plain`; `initials`.

    Of a name in Chinese characters, `han`, the words are the readings of given and family name; `family` and `given` are
    words where it is known which is which. `joined` are all letters without a gap, in both orders.
    `generation` is 1 for Sr, 2 for Jr and II, and so on. Of an `unvowelled` name most vowels are not written; `father` is
    the sound of the word after bin or ibn.
    """

    words: tuple[str, ...]
    initials: str = ""
    han: str = ""
    family: str = ""
    given: str = ""
    joined: frozenset[str] = frozenset()
    chinese: bool = False
    generation: str = ""
    unvowelled: bool = False
    father: str = ""
    plain: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plain", tuple(map(plain, self.words)))

    @property
    def whole(self) -> bool:
        """Whether it has a given and a family name."""
        return len(self.words) > 1


@lru_cache(maxsize=1 << 18)
def name_form(display: str) -> NameForm | None:
    """Of a name as a header, a signature or a sheet has it; None if it names no human."""
    name = clean_name(display)
    if not name:
        return None
    if has_han(name):
        return _of_han(name)
    if is_hangul(name):
        return _of_hangul(name)
    if not name.isascii() and _KANA.search(name):
        name = latin(name).title()
    return _of_words(name) or _of_words(_before_remark(name))


def words_form(words: tuple[str, ...], initials: str = "") -> NameForm | None:
    """Of folded words whose order says nothing, as those of a mailbox."""
    if not words:
        return None
    return NameForm(words, initials, joined=_joined(words), chinese=_is_chinese(words))


def fold(text: str) -> str:
    """Lower case, without accents, in Latin letters but for Chinese characters."""
    lower = text.lower()
    if lower.isascii():
        return lower
    lower = unicodedata.normalize("NFKD", latin(lower).translate(_FOLDED))
    return "".join(char for char in lower if not unicodedata.combining(char))


def plain(word: str) -> str:
    """A folded word for comparison: Müller is Mueller where there are no dots to be had, and both become Muller.
    Yuechen is not Yuchen."""
    if "e" not in word or 0 < syllable_count(word) < LONG_FOR_CHINESE:
        return word
    return _UMLAUT.sub("", word)


def _of_words(name: str) -> NameForm | None:
    bare = without_title(name)
    if not is_personal(bare):
        return None
    family_first = bare.count(",") == 1
    if family_first:
        family, _, given = bare.partition(",")
        bare = f"{given} {family}"
    pieces = [fold(word) for word in _WORD.findall(bare.replace("'", "").replace("’", "").replace("\u200c", ""))]
    words = tuple(word for word in pieces if len(word) > 1 and word not in _PARTICLES)
    if len(words) < 2 and bare == name and bare.istitle() and min(map(len, pieces), default=0) > 1:
        words = tuple(pieces)  # Wang Bin, Al Gore: no particles, but all that the name has
    if not words:
        return None
    initials = "".join(sorted(word for word in pieces if len(word) == 1))
    known = family_first and len(words) == 2
    found = _GENERATION.search(name)
    chinese = _is_chinese(words)
    return NameForm(
        words,
        initials,
        "",
        words[-1] if known else "",
        words[0] if known else "",
        _joined(words),
        chinese,
        _GENERATIONS[found[1].lower()] if found else "",
        not name.isascii() and leaves_vowels_out(name),
        "" if chinese else _father(pieces),
    )


def _father(pieces: list[str]) -> str:
    """Whose son somebody is: Salman bin Muhammad is not Muhammad bin Salman."""
    at = next((at for at, word in enumerate(pieces[:-1]) if at and word in _SON_OF), len(pieces))
    return next((sound(word) for word in pieces[at + 1 :] if word not in _PARTICLES), "")


def _before_remark(name: str) -> str:
    """Of Jane Smith - Acme, or Acme | Jane Smith, the one part that may be a whole name; '' if none."""
    parts = [part.strip() for part in _REMARK.split(name)]
    whole = [part for part in parts if is_personal(without_title(part)) and len(part.split()) in _WHOLE]
    return whole[0] if len(whole) == 1 < len(parts) else ""


def _of_hangul(name: str) -> NameForm | None:
    given, family = split_hangul(name)
    if not family:
        return None
    words = (latin(given), latin(family))
    return NameForm(words, "", family + given, words[1], words[0], hangul_sounds(given, family))


def _of_han(name: str) -> NameForm | None:
    given, family = split_name(name)
    if not family:
        whole = "".join(_HAN.findall(name))
        if not 2 <= len(whole) <= 3 or name != whole:
            return None
        readings = given_readings(whole)  # a given name alone
        return NameForm((readings[0],), "", whole, "", readings[0], frozenset(readings), chinese=True)
    read = surname_reading(family)
    if not given:
        return NameForm((read,), "", family, read, "", frozenset({read}), chinese=True)
    readings = given_readings(given)
    families = spellings(read)
    joined = frozenset(each for a in families for b in readings for each in (a + b, b + a))
    return NameForm((readings[0], read), "", family + given, read, readings[0], joined, chinese=True)


def _joined(words: tuple[str, ...]) -> frozenset[str]:
    words = tuple(map(plain, words))
    if len(words) == 1:
        return frozenset(words)
    return frozenset({"".join(words), "".join((words[-1], *words[:-1])), "".join((*words[1:], words[0]))})


def _is_chinese(words: tuple[str, ...]) -> bool:
    return len(words) <= 4 and all(syllable_count(word) for word in words)
