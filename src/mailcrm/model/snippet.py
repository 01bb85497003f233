"""Shows where a search hit: the place in a text, and what there is meant.

The index folds case, accents and width away (`model.words`), and what is shown is the text as it was written, so places in
folded text are brought back to places in the text itself.
"""

import re
from bisect import bisect_left, bisect_right
from itertools import pairwise

from mailcrm.model.hits import Piece, Pieces
from mailcrm.model.search import Search, Words
from mailcrm.model.words import RUN, UNSEEN, WORD, fold, is_run

_MOST_TEXT = 200_000
"""Characters of a body in which a hit is looked for."""

_BEFORE, _AFTER = 40, 120
"""Characters around a hit; of characters that are two columns wide half as many."""

_GAP = r"[\W_]{1,20}"
_WIDE = re.compile(RUN)
_SPACE = re.compile(r"\s")
_SAID = re.compile(r"\S")


class Finder:
    """Finds the words of one search in texts. `text` arguments are as they were written."""

    def __init__(self, search: Search) -> None:
        patterns = sorted({_pattern(each) for each in search.wanted}, key=len, reverse=True)
        self._hits = re.compile("|".join(patterns)) if patterns else None

    def marked(self, text: str) -> Pieces:
        """All of a short text."""
        spans = self._spans(text)
        pieces: list[Piece] = []
        at = 0
        for start, end in spans:
            pieces += [Piece(text[at:start]), Piece(text[start:end], hit=True)]
            at = end
        return tuple(piece for piece in [*pieces, Piece(text[at:])] if piece.text)

    def snippet(self, text: str) -> Pieces:
        """Around a hit, or the beginning where there is none; in one line."""
        text = text[:_MOST_TEXT]
        place = self._place(text)
        if place is None:
            return (Piece("".join(_cut(text, 0, 0))),) if _SAID.search(text) else ()
        dots, line, more = _cut(text, *place)
        pieces = (Piece(dots), *self.marked(line), Piece(more))
        return tuple(piece for piece in pieces if piece.text)

    def hits(self, text: str) -> bool:
        """Whether there is something to show in a text."""
        return self._place(text[:_MOST_TEXT]) is not None

    def _place(self, text: str) -> tuple[int, int] | None:
        """Where a hit is: one that needs no folding, which takes most of the time, or else the first."""
        if self._hits is None:
            return None
        if as_written := self._hits.search(text):
            return as_written.span()
        folded = fold(text)
        found = self._hits.search(folded)
        if found is None:
            return None
        return found.span() if _keeps_places(text, folded) else _unfolded(text, found.span())

    def _spans(self, text: str) -> list[tuple[int, int]]:
        if self._hits is None:
            return []
        folded = fold(text)
        found = [match.span() for match in self._hits.finditer(folded)]
        if _keeps_places(text, folded):
            return found
        return [_unfolded(text, span) for span in found]


def _pattern(words: Words) -> str:
    """Like the index matches them."""
    pieces = words.phrase.pieces
    before = "" if is_run(pieces[0]) else f"(?<!{WORD})"
    after = "" if is_run(pieces[-1]) or words.phrase.begins else f"(?!{WORD})"
    joined = re.escape(pieces[0])
    for last, piece in pairwise(pieces):
        joined += (f"(?:{_GAP})?" if is_run(last) != is_run(piece) else _GAP) + re.escape(piece)
    return f"{before}{joined}{after}"


def _keeps_places(text: str, folded: str) -> bool:
    """Whether nothing was left out, and nothing became longer."""
    return len(text) == len(folded) and (text.isascii() or not UNSEEN.search(text))


def _unfolded(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """Where in `text` that is which is at `span` when it is folded, with the accents behind it.

    Folding more of a text never gives less.
    """

    def folded(length: int) -> int:
        return len(fold(text[:length]))

    places = range(len(text) + 1)
    return bisect_left(places, span[0], key=folded), bisect_right(places, span[1], key=folded) - 1


def _cut(text: str, start: int, end: int) -> tuple[str, str, str]:
    """The text around a place in one line, and what stands before and after it: dots where it goes on."""
    wide = len(_WIDE.findall(text, max(start - 5, 0), end + 20)) > 10
    before, after = (_BEFORE // 2, _AFTER // 2) if wide else (_BEFORE, _AFTER)
    first, last = _begin(text, start, before), _stop(text, end, after)
    more = _SAID.search(text, 0, first), _SAID.search(text, last)
    return "… " if more[0] else "", " ".join(text[first:last].split()), " …" if more[1] else ""


def _begin(text: str, start: int, before: int) -> int:
    """Not in the middle of a word, if one ends nearby."""
    first = max(start - before, 0)
    if first == 0 or text[first - 1].isspace():
        return first
    space = _SPACE.search(text, first, start)
    return space.end() if space and space.end() - first < before // 2 else first


def _stop(text: str, end: int, after: int) -> int:
    last = end + after
    if last >= len(text) or text[last].isspace():
        return min(last, len(text))
    cut = max(text.rfind(sign, end + after // 2, last) for sign in (" ", "\n"))
    return cut if cut > 0 else last
