"""A text as lines that know whether they are quoted: by `>` before them, or by what the HTML put around them."""

import re
from enum import Enum, auto
from html import unescape
from typing import NamedTuple

_QUOTE_SIGNS = re.compile(r"[ \t]{0,3}(?:>[ \t]?)+")
_INVISIBLE = dict.fromkeys(
    map(ord, "\ufeff\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069")
)
_EDGES = " \t\r\xa0\u3000*"
_ENTITY = re.compile(r"&(?:nbsp|lt|gt|quot|amp|#\d{1,6});")
_COLONS = frozenset(":：")
_FIRST_COLON_WITHIN = 40
LONGEST_MARK = 1_000
"""Characters. A longer line is no mark of a mail program, and is not searched for one."""


class Mark(Enum):
    """What is known of a line before its words are looked at."""

    PLAIN = auto()  # an own line that has nothing of what mail programs write
    OWN = auto()
    QUOTED = auto()  # by `>` or by a plain <blockquote>: people write those themselves, too
    CITED = auto()  # by a mail program, without doubt
    ATTRIBUTION = auto()  # the line above a quote
    SIGNATURE = auto()
    RULE = auto()  # below a line that mail programs draw above a quote: one if header fields follow
    END = auto()  # all that follows is quoted


class Line(NamedTuple):
    """`text` is as it stands in the mail, `bare` without quote signs, bold stars and white space at its ends."""

    text: str
    bare: str
    mark: Mark


# Looking a member up in its class is slow before Python 3.12, and these are looked up for each line.
PLAIN, OWN, _QUOTED = Mark.PLAIN, Mark.OWN, Mark.QUOTED
_OWN_MARKS = (Mark.PLAIN, Mark.OWN)
_CITED_MARKS = (Mark.QUOTED, Mark.CITED)
_BLANK = Line("", "", PLAIN)
_ENDS = frozenset(":：道성ル")
_SIGNS = frozenset("-_=*~#—─━–ᐧ<`")
_ODD_STARTS = _SIGNS | frozenset("0123456789")
_new = tuple.__new__  # a third of the time of Line(...), which is made for each line


def read_lines(text: str) -> list[Line]:
    """The lines of a plain text."""
    lines: list[Line] = []
    for line in text.split("\n"):
        bare = line.strip(_EDGES)
        if not bare:
            lines.append(_new(Line, (line, "", PLAIN)) if line else _BLANK)
            continue
        if ">" in line[:4] and (signs := _QUOTE_SIGNS.match(line)):
            rest = readable(line[signs.end() :].strip(_EDGES))
            if rest not in _COLONS:  # the end of "... <a@example.com" newline ">:", broken before its bracket
                lines.append(_new(Line, (line, rest, _QUOTED)))
                continue
        if "&" in bare or not bare.isascii():
            bare = readable(bare)
        lines.append(_new(Line, (line, bare, PLAIN if not bare or _is_plain(bare) else OWN)))
    return lines


def _is_plain(bare: str) -> bool:
    """What mail programs write above quotes has a colon near its begin or at its end, or begins with a date or dashes."""
    first = bare[0]
    if first in _ODD_STARTS or first.isdigit():
        return first in "-*" and len(bare) > 1 and bare[1] not in _SIGNS  # of a list
    if bare[-1] in _ENDS:
        return False
    head = bare[:_FIRST_COLON_WITHIN]
    return (":" not in head or head.startswith("http")) and (head.isascii() or "：" not in head)


def readable(bare: str) -> str:
    """Without invisible marks, and without the entities that some programs leave in plain text."""
    if "&" not in bare and bare.isascii():
        return bare
    bare = bare.translate(_INVISIBLE).replace("\xa0", " ").strip(_EDGES)
    return unescape(bare).replace("\xa0", " ").strip(_EDGES) if _ENTITY.search(bare) else bare


def is_own(mark: Mark) -> bool:
    """Whether nothing but its words can say that a line is quoted."""
    return mark in _OWN_MARKS


def is_cited(mark: Mark) -> bool:
    """Whether a line is quoted, by whatever sign."""
    return mark in _CITED_MARKS
