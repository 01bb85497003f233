"""A page as values, before it is HTML or PDF: sections of entries, each a label, a text, and what stands below it."""

import re
from dataclasses import dataclass

from mailcrm.model.text import clean_text, for_terminal

_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates (UAX #9): they make text read otherwise than it is, `gpj.exe` for one. The marks, which
Arabic and Hebrew need now and then, stay."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A small table. `right`: columns (from 0) that hold amounts."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a section: `note` says where it comes from or what kind it is, `details` stand below it, each a paragraph."""

    label: str
    text: str
    note: str = ""
    details: tuple[str, ...] = ()
    grid: Grid | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under a heading of their own ('' = none)."""

    heading: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page. `hint` says in a sentence how to read it; `key` tells sections apart for programs."""

    key: str
    heading: str
    groups: tuple[Group, ...]
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A page. `facts` stand below the title, `colophon` says who printed it and when, `left_out` what is not on it."""

    language: str
    title: str
    kind: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    colophon: str
    left_out: tuple[str, ...]


def printable(text: str) -> str:
    """A customer's text as a page can show it: no NUL, no other controls but line ends and tabs, no lone surrogates, nothing
    that turns the direction of what follows."""
    return _BIDI.sub("", for_terminal(clean_text(text)))
