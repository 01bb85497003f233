"""How likely two names are one company's: word by word, with legal forms, places, numbers and acronyms known as such."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from mailcrm.identity.companies.forms import Form, form_in_characters, forms_differ, without_forms
from mailcrm.identity.companies.key import bare_characters
from mailcrm.identity.companies.words import Sort, in_letters, number_of, sort_of, weight_of
from mailcrm.identity.names.form import fold
from mailcrm.identity.names.sounds import is_spelling, sound
from mailcrm.identity.normalise import has_han
from mailcrm.identity.score import slips

_LONGEST, _NAMES = 300, 3
"""Characters of a name that are read; and how many more names it may have."""

_SHORTEST_SLIP, _SHORTEST_TWO_SLIPS = 4, 9
"""Letters of a word that may be mistyped once, and twice; BP and BD are two companies, and so are BWI and BAE."""

_CONTRADICTS = 0.6
"""The least weight of a word where the other name has another one in its place: Acme Trading and Acme Holding are two."""

_SPELLING, _TOGETHER = 0.95, 0.9
"""What another spelling counts; the share of all letters without gaps that must be the same."""

_OTHER_FORM, _OTHER_PLACE, _OTHER_NUMBER, _ACRONYM = 0.95, 0.85, 0.7, 0.85
_ACRONYMS = range(2, 7)
"""Letters of an acronym."""

_GROUPS = ("集团", "集團", "控股")
_DOTS = re.compile(r"(?<=\w)\.(?=\w|\s|,|$)")
_BRACKETS = re.compile(r"\([^()]*\)")
_SLASHED = re.compile(r"\b([a-z])/([a-z])\b")
_POSSESSIVE = re.compile(r"['’`´ʼ]")
_ALSO = re.compile(
    r"(?<=\w{3})\s*/\s*(?=\w{3})|\s+(?:[dat]/?[bk]?/[as]\.?|dba|aka|formerly(?: known as)?|trading as|also known as)\s+",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class CompanyForm:
    """The words of a name without legal forms and numbers, what was taken away, and the first letters of all its words."""

    words: tuple[str, ...]
    numbers: frozenset[str]
    forms: frozenset[Form]
    initials: str

    @property
    def places(self) -> frozenset[str]:
        return frozenset(word for word in self.words if sort_of(word) is Sort.PLACE)


def company_likeness(left: str, right: str) -> float:
    """0..1: from 0.8 on they are likely one; what differs by nothing but a number has 0.7. Of what is also called otherwise
    (Acme / Widget Works), by the name that is most like."""
    return max(_likeness(_form(one), _form(other)) for one in _names(left) for other in _names(right))


def _names(written: str) -> list[str]:
    name = unicodedata.normalize("NFKC", written[:_LONGEST])
    return [name, *(_ALSO.split(name, _NAMES) if _ALSO.search(name) else ())]


def _likeness(one: CompanyForm, other: CompanyForm) -> float:
    if not (one.words and other.words):
        return 1.0 if one.numbers and one.numbers == other.numbers and not one.words + other.words else 0.0  # 3M
    likeness = max(_by_words(one, other), _acronym(one, other), _acronym(other, one))
    if forms_differ(one.forms, other.forms):
        likeness *= _OTHER_FORM
    if one.places != other.places:
        likeness *= _OTHER_PLACE
    if one.numbers != other.numbers:
        likeness *= _OTHER_NUMBER
    return likeness


@lru_cache(maxsize=1 << 16)
def _form(name: str) -> CompanyForm:
    written = _of_characters(name) if has_han(name) else name
    folded = _SLASHED.sub(r"\1\2", _POSSESSIVE.sub("", fold(written)))
    words, forms = _bare_words(_DOTS.sub("", folded))
    numbers = {word: number for at, word in enumerate(words) if (number := number_of(word, first=at == 0))}
    own = tuple(word for word in words if word not in numbers)
    said = tuple(word for word in own if sort_of(word) is not Sort.EMPTY)
    return CompanyForm(
        said or own,
        frozenset(numbers.values()),
        forms | form_in_characters(name),
        "".join(word[0] for word in said),
    )


def _bare_words(folded: str) -> tuple[tuple[str, ...], frozenset[Form]]:
    """Without the legal forms at both ends, wherever a remark in brackets stands: Acme (UK) Ltd, Acme Ltd (UK)."""
    inside = tuple(word for remark in _BRACKETS.findall(folded) for word in _WORD.findall(remark))
    words, forms = without_forms(tuple(_WORD.findall(_BRACKETS.sub(" ", folded))))
    return words + inside, forms


def _of_characters(name: str) -> str:
    """With the words for a group, which the bare name does not have."""
    bare = bare_characters(name)
    return " ".join((in_letters(bare), *(in_letters(word) for word in _GROUPS if word in name and word not in bare)))


def _by_words(one: CompanyForm, other: CompanyForm) -> float:
    """The weight of the words that both have, of the weight of all."""
    left, right = list(one.words), list(other.words)
    if _written(left) == _written(right):
        return 1.0
    shared = all_ = 0.0
    for word, twin, alike in _pairs(left, right):
        left.remove(word)
        right.remove(twin)
        weight = min(weight_of(word), weight_of(twin))
        shared += weight * alike
        all_ += weight
    least = _CONTRADICTS if left and right else 0.0
    all_ += sum(max(weight_of(word), least) for word in (*left, *right))
    return max(shared / all_ if all_ else 0.0, _together(one, other))


def _pairs(left: list[str], right: list[str]) -> Iterator[tuple[str, str, float]]:
    """Each word with the one most like it, the most alike first, none twice."""
    found = [(alike, word, twin) for word in left for twin in right if (alike := _word_likeness(word, twin))]
    mine, theirs = list(left), list(right)
    for alike, word, twin in sorted(found, key=lambda each: (each[0], sorted(each[1:])), reverse=True):
        if word in mine and twin in theirs:
            mine.remove(word)
            theirs.remove(twin)
            yield word, twin, alike


def _word_likeness(word: str, other: str) -> float:
    """0 where they are two words."""
    if word == other or _singular(word) == _singular(other):
        return 1.0
    if is_spelling(word, other, listed=True):
        return _SPELLING
    shorter = min(len(word), len(other))
    apart = slips(word, other)
    if apart > 2 or shorter < (_SHORTEST_SLIP, _SHORTEST_TWO_SLIPS)[apart - 1]:
        return 0.0
    return 1 - apart / max(len(word), len(other))


def _singular(word: str) -> str:
    if len(word) < _SHORTEST_SLIP:
        return word
    return word.removesuffix("ies") + "y" if word.endswith("ies") else word.removesuffix("s")


def _together(one: CompanyForm, other: CompanyForm) -> float:
    """All letters without a gap: Good Will and Goodwill. 0 where they are not nearly the same."""
    left, right = _written(one.words), _written(other.words)
    if min(len(left), len(right)) < _SHORTEST_SLIP or len(one.words) == len(other.words):
        return 0.0
    if sound(left) == sound(right):
        return _SPELLING
    alike = 1 - slips(left, right) / max(len(left), len(right))
    return alike if alike >= _TOGETHER else 0.0


def _acronym(one: CompanyForm, other: CompanyForm) -> float:
    """Whether one is called by the first letters of the other."""
    if len(one.words) != 1 or len(one.words[0]) not in _ACRONYMS or len(other.words) < 2:
        return 0.0
    return _ACRONYM if one.words[0] == other.initials else 0.0


def _written(words: tuple[str, ...] | list[str]) -> str:
    return "".join(words)
