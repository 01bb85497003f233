"""Slips in customer numbers: which number somebody may have meant who typed one that cannot be."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mailcrm.model.number import LONGEST, NumberPattern, number_key
from mailcrm.model.party import CHECK_ALPHABET

_LOOKALIKES = str.maketrans("OQILSBZ", "0011582")


class SlipKind(StrEnum):
    """What went wrong between the paper and the keyboard."""

    SWAPPED = "two neighbours are swapped"
    LOOKALIKE = "a letter stands for a digit that looks like it"
    WRONG = "one character is another"
    MISSING = "one character is missing"
    EXTRA = "one character is too many"


@dataclass(frozen=True, slots=True)
class Slip:
    """A number that may have been meant, by its key."""

    kind: SlipKind
    key: str


def slips(text: str, pattern: NumberPattern) -> list[Slip]:
    """The numbers of a pattern that are one slip away from what was typed, the likelier slips first. Most of them nobody has.

    Empty where the pattern has no check character, or the text is nothing like a number.
    """
    key = number_key(text)
    if not pattern.is_checked or not 3 <= len(key) <= LONGEST + 1 or pattern.is_right(key):
        return []
    found: dict[str, SlipKind] = {}
    for kind, candidate in _candidates(key):
        if candidate not in found and pattern.is_right(candidate):
            found[candidate] = kind
    return [Slip(kind, candidate) for candidate, kind in found.items()]


def _candidates(key: str) -> Iterator[tuple[SlipKind, str]]:
    for at in range(len(key) - 1):
        yield SlipKind.SWAPPED, key[:at] + key[at + 1] + key[at] + key[at + 2 :]
    for end in (len(key), len(key) - 1):
        for start in (1, 0):
            yield SlipKind.LOOKALIKE, key[:start] + key[start:end].translate(_LOOKALIKES) + key[end:]
    for at in range(len(key)):
        for char in CHECK_ALPHABET:
            yield SlipKind.WRONG, key[:at] + char + key[at + 1 :]
    for at in range(len(key)):
        yield SlipKind.EXTRA, key[:at] + key[at + 1 :]
    for at in range(len(key) + 1):
        for char in CHECK_ALPHABET:
            yield SlipKind.MISSING, key[:at] + char + key[at:]
