"""A text as lines that know whether they are quoted: by `>` before them, or by what the HTML put around them.

Nearly all lines of nearly all mail are plain, and are not looked at closely.
"""

import re
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from html import unescape
from typing import NamedTuple

_QUOTE_SIGNS = re.compile(r"[ \t]{0,3}(?:>[ \t]?)+")
_INVISIBLE_SIGNS = "\ufeff\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069"
_INVISIBLE = dict.fromkeys(map(ord, _INVISIBLE_SIGNS))
EDGES = f" \t\r\xa0\u3000*{_INVISIBLE_SIGNS}"
"""What may stand around the words of a line."""
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
_ENDS = frozenset(":：道성ル")
_SIGNS = frozenset("-_=*~#—─━–ᐧ<`")
_ODD_FIRSTS = _SIGNS | frozenset(">&0123456789")
_ODD_LASTS = _ENDS | frozenset(";")  # of an entity, behind which others may stand
_LOOKED_AT = _FIRST_COLON_WITHIN + 10


class Lines:
    """The lines of a text, by their numbers from 0. One is looked at closely when it is first asked for.

    `texts`: as they stand in the mail; `stripped`: without what may stand around their words; `at[number]`: each Line;
    `odd`: the numbers of all that may not be PLAIN, in order.
    """

    def __init__(self, texts: list[str], odd: Sequence[int], known: Iterable[Line] = ()) -> None:
        self.texts = texts
        self.stripped = [text.strip(EDGES) for text in texts]
        self.odd = odd
        self.at = _Known(texts)
        self.at.update(enumerate(known))

    def __len__(self) -> int:
        return len(self.texts)

    def shorten(self, number: int, text: str) -> None:
        """Only `text`, its beginning, is left of a line; the rest is of a mail program."""
        self.texts[number] = self.stripped[number] = text
        self.at[number] = Line(text, text, PLAIN)

    def between(self, start: int, end: int) -> list[Line]:
        """Those from `start` on and before `end`."""
        return [self.at[number] for number in range(start, min(end, len(self.texts)))]


class _Known(dict[int, Line]):
    def __init__(self, texts: Sequence[str]) -> None:
        super().__init__()
        self._texts = texts

    def __missing__(self, number: int) -> Line:
        line = self[number] = read_line(self._texts[number])
        return line


def read_lines(text: str) -> Lines:
    """The lines of a plain text."""
    texts = text.split("\n")
    lines = Lines(texts, ())
    lines.odd = [number for number in _candidates(lines.stripped, text) if lines.at[number].mark is not PLAIN]
    return lines


def _candidates(stripped: Sequence[str], text: str) -> list[int]:
    """The numbers of the lines for which it is worth the while to look closely; fast."""
    if "：" in text:
        stripped = [line.replace("：", ":") for line in stripped]
    return [
        number
        for number, line in enumerate(stripped)
        if line
        and (line[0] in _ODD_FIRSTS or line[-1] in _ODD_LASTS or (":" in line[:_LOOKED_AT] and line[:4] != "http"))
    ]


def known_lines(lines: Sequence[Line]) -> Lines:
    """Lines whose marks are known."""
    odd = [number for number, line in enumerate(lines) if line.mark is not PLAIN]
    return Lines([line.text for line in lines], odd, lines)


def read_line(line: str) -> Line:
    """A line of plain text by itself."""
    bare = line.strip(EDGES)
    if not bare:
        return Line(line, "", PLAIN)
    if ">" in line[:4] and (signs := _QUOTE_SIGNS.match(line)):
        rest = readable(line[signs.end() :].strip(EDGES))
        if rest not in _COLONS:  # the end of "... <a@example.com" newline ">:", broken before its bracket
            return Line(line, rest, _QUOTED)
    if "&" in bare or not bare.isascii():
        bare = readable(bare)
    return Line(line, bare, PLAIN if not bare or _is_plain(bare) else OWN)


def _is_plain(bare: str) -> bool:
    """What mail programs write above quotes has a colon near its begin or at its end, or begins with a date or dashes."""
    first, last = bare[0], bare[-1]
    if first in _SIGNS:
        return first == "-" and len(bare) > 1 and bare[1] not in _SIGNS  # of a list
    if last in _ENDS:
        return False
    if first.isdigit():
        return "@" not in bare and " GMT" not in bare
    head = bare[:_FIRST_COLON_WITHIN]
    return (":" not in head or head.startswith("http")) and (head.isascii() or "：" not in head)


def readable(bare: str) -> str:
    """Without invisible marks, and without the entities that some programs leave in plain text."""
    if "&" not in bare and bare.isascii():
        return bare
    bare = bare.translate(_INVISIBLE).replace("\xa0", " ").strip(EDGES)
    return unescape(bare).replace("\xa0", " ").strip(EDGES) if _ENTITY.search(bare) else bare


def is_own(mark: Mark) -> bool:
    """Whether nothing but its words can say that a line is quoted."""
    return mark in _OWN_MARKS


def is_cited(mark: Mark) -> bool:
    """Whether a line is quoted, by whatever sign."""
    return mark in _CITED_MARKS
