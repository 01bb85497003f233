"""Whether two names may be one person's, and how much that says, in bits."""

from dataclasses import dataclass
from enum import StrEnum

from mailcrm.identity.names.form import NameForm
from mailcrm.identity.names.korean import family_sounds, is_hangul, korean_sound
from mailcrm.identity.names.order import family_leads
from mailcrm.identity.names.rarity import Rarity
from mailcrm.identity.names.readings import syllable_count
from mailcrm.identity.names.sounds import consonants
from mailcrm.identity.names.twins import Twin, find_twin, is_near, join_split
from mailcrm.identity.names.variants import same_characters

_SHARE, _LEAST, _MOST = 0.82, 3.0, 13.0
"""Of the rarity of a word, and the bits that one word gives."""

_OTHER_FORM = 4.0
"""Less for a word that both have in two forms."""

_INITIAL, _ENGLISH = 2.5, 5.0
_HOUSEHOLD, _RENAMED, _ONE_SHARED, _CONFLICT = -7.0, -3.0, -5.0, -9.0
_A_LETTER = -2.0
"""Where the other given or family name is a letter apart."""

_READING, _CHARACTERS, _CONSONANTS = 0.8, 0.75, 0.3
_SAME_CHARACTERS = 2.0
_HANGUL = 10.0
"""A whole Korean name: half of the people have one of five family names, and no table says how rare the given ones are."""


class Level(StrEnum):
    """How two names stand to each other."""

    SAME = "same name"
    NICKNAME = "short form"
    SPELLING = "another spelling"
    MISTYPED = "mistyped"
    INITIAL = "initial"
    PART = "part of the name"
    READING = "same reading"
    ENGLISH = "English name, same family name"
    UNKNOWN = "cannot be compared"
    HOUSEHOLD = "same family name, another given name"
    RENAMED = "same given name, another family name"
    ONE_SHARED = "one word shared"
    CONFLICT = "another name"


_AGAINST = frozenset({Level.HOUSEHOLD, Level.RENAMED, Level.ONE_SHARED, Level.CONFLICT})


_TWINS = {
    Twin.NICKNAME: (Level.NICKNAME, 5.0),
    Twin.SPELLING: (Level.SPELLING, 4.0),
    Twin.MISTYPED: (Level.MISTYPED, 4.0),
}


@dataclass(frozen=True, slots=True)
class NameMatch:
    """`bits` for one person, negative against it."""

    level: Level
    bits: float

    @property
    def agrees(self) -> bool:
        """Whether both may be one person's name."""
        return self.level not in _AGAINST


_OTHER_NAME = NameMatch(Level.CONFLICT, _CONFLICT)
_OTHER_GIVEN_NAME = NameMatch(Level.HOUSEHOLD, _HOUSEHOLD)
_OTHER_FAMILY_NAME = NameMatch(Level.RENAMED, _RENAMED)
_ANOTHER_WORD = NameMatch(Level.ONE_SHARED, _ONE_SHARED)


def compare_names(one: NameForm, other: NameForm, rarity: Rarity) -> NameMatch:
    """Of two names, in either order and script."""
    if one.han or other.han:
        return _scripts(one, other, rarity)
    if one.generation and other.generation and one.generation != other.generation:
        return _OTHER_GIVEN_NAME  # father and son
    if one.father and other.father and one.father != other.father:
        return _OTHER_GIVEN_NAME
    if one.initials and other.initials and _initials_differ(one, other):
        return _OTHER_GIVEN_NAME
    if one.unvowelled != other.unvowelled:
        return _by_consonants(one, other, rarity)
    return _words(one, other, rarity)


def most_bits(form: NameForm, rarity: Rarity) -> float:
    """No less than any other name gives with this one. One word may be two without a gap."""
    words = sum(max(_word_bits(rarity, word), _TWINS[Twin.NICKNAME][1]) for word in form.words)
    words = words if form.whole or form.han else 2 * _MOST
    return max(_SAME_CHARACTERS + words + _INITIAL * len(form.initials), _HANGUL if is_hangul(form.han) else 0.0)


def _scripts(one: NameForm, other: NameForm, rarity: Rarity) -> NameMatch:
    """Where at least one is written in Chinese characters or Hangul."""
    if is_hangul(one.han) != is_hangul(other.han):
        return _korean(one, other) if is_hangul(one.han) else _korean(other, one)
    if one.han and other.han:
        return _characters(one, other, rarity)
    return _across(one, other, rarity) if one.han else _across(other, one, rarity)


def _characters(one: NameForm, other: NameForm, rarity: Rarity) -> NameMatch:
    """Other characters of the same reading are another name."""
    if same_characters(one.han, other.han):
        bits = sum(_word_bits(rarity, word, _CHARACTERS) for word in one.words)
        return NameMatch(Level.SAME, _HANGUL if is_hangul(one.han) else _SAME_CHARACTERS + bits)
    short, long = sorted((one, other), key=lambda form: len(form.words))
    if not short.whole and long.whole and short.given and long.han.endswith(short.han):
        return NameMatch(Level.PART, _word_bits(rarity, short.given, _CHARACTERS))
    if not short.whole and short.family and short.family == long.family and long.han.startswith(short.han):
        return NameMatch(Level.PART, 0.0)
    if one.family and one.family == other.family and one.han[0] == other.han[0]:
        return _OTHER_GIVEN_NAME
    return _OTHER_NAME


def _across(han: NameForm, latin: NameForm, rarity: Rarity) -> NameMatch:
    """Characters against letters: a reading in either order, initials, or an English given name."""
    if han.joined & latin.joined:
        return NameMatch(Level.READING, sum(_word_bits(rarity, word, _READING) for word in han.words))
    words = set(latin.words)
    if han.family in words and not han.given:
        return NameMatch(Level.PART, 0.0)  # Mr. Li
    if han.family in words:
        rest = words - {han.family}
        if not rest:
            same = latin.initials and han.given.startswith(tuple(latin.initials))
            wrong = latin.initials and han.given and not same
            if wrong:
                return _OTHER_GIVEN_NAME
            base = _word_bits(rarity, han.family, _READING)
            return NameMatch(Level.INITIAL, base + _INITIAL) if same else NameMatch(Level.PART, base / 2)
        if any(not syllable_count(word) for word in rest):
            return NameMatch(Level.ENGLISH, _ENGLISH)
        return _OTHER_GIVEN_NAME
    if han.given and han.given in words and len(words) == 1:
        return NameMatch(Level.PART, _word_bits(rarity, han.given, _READING))
    if len(words) == 1 and not latin.chinese:
        return NameMatch(Level.UNKNOWN, 0.0)  # Amy of 余梅 cannot be told from another Amy
    return _OTHER_NAME


def _korean(hangul: NameForm, latin: NameForm) -> NameMatch:
    """Hangul against letters; against Chinese characters nothing can be said."""
    if latin.han:
        return NameMatch(Level.UNKNOWN, 0.0)
    if hangul.joined & {korean_sound(written) for written in latin.joined}:
        return NameMatch(Level.READING, _HANGUL)
    if set(family_sounds(hangul.family)) & set(map(korean_sound, latin.words)):
        return _OTHER_GIVEN_NAME
    return _OTHER_NAME


def _by_consonants(one: NameForm, other: NameForm, rarity: Rarity) -> NameMatch:
    """Letters against a script that leaves vowels out: of whole names, each word of the shorter must be found."""
    short, long = sorted((one, other), key=lambda form: len(form.words))
    left = {consonants(word): word for word in long.words}
    bits = 0.0
    for word in short.words:
        twin = left.pop(consonants(word), "")
        if not twin:
            return _OTHER_NAME
        bits += _word_bits(rarity, twin if short.unvowelled else word, _CONSONANTS)
    return NameMatch(Level.READING, bits) if short.whole else NameMatch(Level.PART, bits)


def _words(one: NameForm, other: NameForm, rarity: Rarity) -> NameMatch:
    if one.joined & other.joined and (one.whole or other.whole):
        return NameMatch(Level.SAME, min(sum(_word_bits(rarity, word) for word in form.words) for form in (one, other)))
    shared = [word for word in dict.fromkeys(one.plain) if word in other.plain]
    left, right = _rest(one, other.plain), _rest(other, one.plain)
    level, bits = _take_twins(left, right, rarity)
    found, disagree = _by_initials(one, other, left, right)
    if found:
        level, bits = Level.INITIAL, bits + found * _INITIAL
    if disagree or (left and right):
        return _against(one, other, shared, left, right)
    bits += _shared_bits(one, other, shared, rarity)
    if level is Level.SAME:
        if not shared:
            return _OTHER_NAME
        return NameMatch(Level.PART if left or right else Level.SAME, bits)
    if not shared and len(one.words) == len(other.words) == 1:
        return NameMatch(level, min(bits, _LEAST))  # Bob and Robert, without any more
    return NameMatch(level, bits)


def _shared_bits(one: NameForm, other: NameForm, shared: list[str], rarity: Rarity) -> float:
    """Of each the less, as Muller is rarer than Müller."""
    mine, theirs = (dict(zip(form.plain, form.words, strict=True)) for form in (one, other))
    return sum(min(_word_bits(rarity, mine[word]), _word_bits(rarity, theirs[word])) for word in shared)


def _take_twins(left: list[str], right: list[str], rarity: Rarity) -> tuple[Level, float]:
    """Takes away the words that both have in two forms, and says how and what for: a rare word says much even mistyped."""
    level, bits = Level.SAME, 0.0
    if not right:
        return level, bits
    for word in list(left):
        twin, how = find_twin(word, right)
        if how is not None:
            left.remove(word)
            right.remove(twin)
            level, least = _TWINS[how]
            bits += max(least, min(_word_bits(rarity, word), _word_bits(rarity, twin)) - _OTHER_FORM)
    if left and right and len(left) != len(right) and join_split(left, right):
        bits += _LEAST
    return level, bits


def _initials_differ(one: NameForm, other: NameForm) -> bool:
    """William G. Frost and William W. Frost."""
    return one.words == other.words and not set(one.initials) & set(other.initials)


def _rest(form: NameForm, others: tuple[str, ...]) -> list[str]:
    """Its words that the others do not have, or have fewer of: Li Li is not Li Lei."""
    found, free = [], list(others)
    for key, word in zip(form.plain, form.words, strict=True):
        if key in free:
            free.remove(key)
        else:
            found.append(word)
    return found


def _by_initials(one: NameForm, other: NameForm, left: list[str], right: list[str]) -> tuple[int, bool]:
    """How many words are said by an initial of the other, which are taken away; and whether initials disagree."""
    if not (one.initials or other.initials):
        return 0, False
    mine = [each for each in one.initials if each not in other.initials]
    theirs = [each for each in other.initials if each not in one.initials]
    found = 0
    for words, initials in ((left, theirs), (right, mine)):
        for initial in list(initials):
            if match := next((word for word in words if word.startswith(initial)), None):
                words.remove(match)
                initials.remove(initial)
                found += 1
    return found, bool((mine and theirs) or (mine and right) or (theirs and left))


def _against(one: NameForm, other: NameForm, shared: list[str], left: list[str], right: list[str]) -> NameMatch:
    found = _contradiction(one, other, shared, left, right)
    if found.bits < _A_LETTER and len(left) == len(right) == 1 and shared and is_near(left[0], right[0]):
        return NameMatch(found.level, _A_LETTER)
    return found


def _contradiction(one: NameForm, other: NameForm, shared: list[str], left: list[str], right: list[str]) -> NameMatch:
    if not shared:
        return _OTHER_NAME
    if (
        len(shared) == 1
        and one.chinese != other.chinese
        and len(left) == len(right) == 1
        and syllable_count(shared[0]) == 1
    ):
        return NameMatch(Level.ENGLISH, _ENGLISH)  # Grace Li and Bojing Li
    if one.chinese and other.chinese:
        return _OTHER_GIVEN_NAME
    word = shared[0]
    if one.whole and other.whole:
        if word == one.plain[-1] == other.plain[-1]:
            return _OTHER_GIVEN_NAME
        if word == one.plain[0] == other.plain[0]:
            if family_leads(one.plain) and family_leads(other.plain):
                return _OTHER_GIVEN_NAME
            return _OTHER_FAMILY_NAME
    return _ANOTHER_WORD


def _word_bits(rarity: Rarity, word: str, share: float = _SHARE) -> float:
    return min(max(share * rarity.bits(word), _LEAST), _MOST)
