"""Fixed words of many languages as fast tests: nearly every line of nearly every mail is asked, and says no.

A pattern is compiled when it is first needed: that takes long, and many a process never needs it.
"""

import re
from collections.abc import Iterable
from functools import cached_property

HEAD = 3
"""How many letters tell nearly all other words apart."""


class Openings:
    """Do these words stand at the beginning of a line? `tail` is a pattern that has to follow them."""

    def __init__(self, alternatives: Iterable[str], tail: str = "") -> None:
        longest_first = sorted(set(alternatives), key=lambda word: (-len(word), word))
        self.heads = frozenset(word[:HEAD] for word in longest_first if len(word) >= HEAD)
        self._short = tuple(word for word in longest_first if len(word) < HEAD)
        self._expression = rf"(?:{either(longest_first)}){tail}"

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self._expression, re.IGNORECASE)

    def match(self, text: str) -> re.Match[str] | None:
        """The match of words that begin `text`."""
        head = text[:HEAD].lower()
        if head in self.heads or (self._short and head.startswith(self._short)):
            return self._pattern.match(text)
        return None


class Inside:
    """Do any of these words stand somewhere in a text?"""

    def __init__(self, alternatives: Iterable[str], pattern: str) -> None:
        found = set(alternatives)
        self._stems = tuple(sorted(word for word in found if not any(other in word for other in found - {word})))
        self._expression = pattern

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self._expression, re.IGNORECASE)

    def search(self, text: str) -> re.Match[str] | None:
        """The first match of the whole pattern."""
        lowered = text.lower()
        for stem in self._stems:
            if stem in lowered:
                return self._pattern.search(text)
        return None


def either(alternatives: Iterable[str]) -> str:
    """A pattern that matches any of these words, whatever white space divides them."""
    return "|".join(re.escape(word).replace(r"\ ", r"\s") for word in alternatives)
