"""How single things read on the page: times, sources, money, the lines of the timeline."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from mailcrm.exchange.page.document import Entry, Group, Section
from mailcrm.exchange.page.texts import Words

Local = Callable[[datetime], datetime]
"""Makes a moment one of the zone that the page is in."""


class Look(NamedTuple):
    """The words and the zone of a page."""

    words: Words
    local: Local

    def day(self, at: datetime) -> str:
        """2026-03-05."""
        return f"{self.local(at):%Y-%m-%d}"

    def minute(self, at: datetime) -> str:
        """2026-03-05 12:00."""
        return f"{self.local(at):%Y-%m-%d %H:%M}"

    def name(self, of: str, value: str) -> str:
        """What a value of a kind is called."""
        return self.words.name(of, value)


def joined(parts: Iterable[str]) -> str:
    """Those that are not empty, in one line."""
    return " · ".join(part for part in parts if part)


def section(look: Look, key: str, entries: Iterable[Entry], hint: str = "") -> Section | None:
    """A part of the page without headings of its own; None where there is nothing in it."""
    return grouped(look, key, [Group("", tuple(entries))], hint)


def grouped(look: Look, key: str, groups: Iterable[Group], hint: str = "") -> Section | None:
    """A part of the page with groups; None where there is nothing in them."""
    kept = tuple(group for group in groups if group.entries)
    return Section(key, look.words.say(key), kept, look.words.say(hint) if hint else "") if kept else None
