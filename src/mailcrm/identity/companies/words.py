"""What a word of a company's name says: nothing (the, of), little (trading, bank), where it is (Chile), or its name."""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from itertools import zip_longest

from mailcrm.identity.companies.forms import read_sections
from mailcrm.identity.names.readings import company_reading


class Sort(StrEnum):
    """What a word does in the name of a company."""

    OWN = "own"
    GENERIC = "generic"
    GROUP = "group"
    PLACE = "place"
    LETTER = "letter"
    EMPTY = "empty"


_WEIGHTS = {Sort.OWN: 1.0, Sort.GENERIC: 0.3, Sort.GROUP: 0.15, Sort.PLACE: 0.5, Sort.LETTER: 0.5, Sort.EMPTY: 0.0}
_CHINESE = "chinese"
_ROMAN = {
    "i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "x": "10",
    "xi": "11", "xii": "12", "xiii": "13", "xiv": "14", "xv": "15", "xvi": "16", "xvii": "17", "xviii": "18", "xix": "19",
    "xx": "20",
}  # fmt: skip
_SPELT = dict(zip("one two three four five six seven eight nine ten".split(), map(str, range(1, 11)), strict=True))


def sort_of(word: str) -> Sort:
    """Of a folded word."""
    return _sorts().get(word) or (Sort.LETTER if len(word) == 1 else Sort.OWN)


def weight_of(word: str) -> float:
    """How much it says, 0..1, that two names have this word."""
    return _WEIGHTS[sort_of(word)]


def number_of(word: str, *, first: bool) -> str:
    """The number that a folded word is or has in it; '' if none. A name begins with no Roman number: V Kontakte, X Corp."""
    if any(map(str.isdigit, word)):
        return word
    return _SPELT.get(word, "" if first else _ROMAN.get(word, ""))


def in_letters(written: str) -> str:
    """Chinese characters as such a company would call itself in Latin letters: 华为技术 is huawei technology."""
    parts, words = _chinese_word().split(written), _chinese_word().findall(written)
    meant = (_chinese()[word] for word in words)
    return " ".join(
        each for pair in zip_longest(map(company_reading, parts), meant, fillvalue="") for each in pair if each
    )


@lru_cache(maxsize=1)
def _sorts() -> Mapping[str, Sort]:
    sections = read_sections("words.txt")
    return {
        word: Sort(sort)
        for sort, lines in sections.items()
        if sort != _CHINESE
        for line in lines
        for word in line.split()
    }


@lru_cache(maxsize=1)
def _chinese() -> Mapping[str, str]:
    """What Chinese companies translate in their name; all else they write as it is read."""
    lines = (line.partition(": ") for line in read_sections("words.txt")[_CHINESE])
    return {word: meant for meant, _, written in lines for word in written.split()}


@lru_cache(maxsize=1)
def _chinese_word() -> re.Pattern[str]:
    return re.compile("|".join(sorted(_chinese(), key=len, reverse=True)))
