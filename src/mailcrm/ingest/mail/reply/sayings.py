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
        self._by_head: dict[str, list[str]] = {}
        for word in set(alternatives):
            self._by_head.setdefault(word[:HEAD] if len(word) >= HEAD else "", []).append(word)
        self._short = tuple(self._by_head.setdefault("", []))
        self.heads = self._by_head.keys() - {""}
        self._tail = tail
        self._patterns: dict[str, re.Pattern[str]] = {}

    def match(self, text: str) -> re.Match[str] | None:
        """The match of words that begin `text`."""
        head = text[:HEAD].lower()
        if head not in self.heads:
            if not (self._short and head.startswith(self._short)):
                return None
            head = ""
        return (self._patterns.get(head) or self._compile(head)).match(text)

    def _compile(self, head: str) -> re.Pattern[str]:
        words = sorted({*self._by_head[head], *self._short}, key=lambda word: (-len(word), word))
        pattern = self._patterns[head] = re.compile(rf"(?:{either(words)}){self._tail}", re.IGNORECASE)
        return pattern


class Inside:
    """Do any of these words stand somewhere in a text? Only its `last` characters are searched, if that is given."""

    def __init__(self, alternatives: Iterable[str], pattern: str, last: int = 0) -> None:
        found = set(alternatives)
        self._stems = sorted(word for word in found if not any(other in word for other in found - {word}))
        self._ascii_stems = [word for word in self._stems if word.isascii()]
        self._expression = pattern
        self._last = last

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self._expression, re.IGNORECASE)

    def search(self, text: str) -> re.Match[str] | None:
        """The first match of the whole pattern."""
        start = max(0, len(text) - self._last) if self._last else 0
        return self._pattern.search(text, start) if self.may_be_in(text[start:]) else None

    def may_be_in(self, text: str) -> bool:
        """Whether one of the words is there, whatever the pattern says."""
        lowered = text.lower()
        for stem in self._ascii_stems if text.isascii() else self._stems:  # noqa: SIM110 - any() takes twice as long
            if stem in lowered:
                return True
        return False


def either(alternatives: Iterable[str]) -> str:
    """A pattern that matches any of these words, whatever white space divides them."""
    return "|".join(re.escape(word).replace(r"\ ", r"\s") for word in alternatives)
