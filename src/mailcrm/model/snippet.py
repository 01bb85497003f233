"""Shows where a search hit: the place in a text, and what there is meant.

The index folds case, accents and width away (`model.words`), and what is shown is the text as it was written, so places in
folded text are brought back to places in the text itself.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise
from operator import attrgetter

from mailcrm.model.hits import Piece, Pieces
from mailcrm.model.search import Search, Words
from mailcrm.model.words import OTHER_SCRIPTS, RUN, UNSEEN, WORD, WORD_OF_MOST, fold, is_run

MOST_TEXT = 200_000
"""Characters of a text in which a hit is looked for."""

_BEFORE, _AFTER = 40, 120
"""Characters around a hit; of characters that are two columns wide half as many."""

_GAP = r"[\W_]{1,20}"
_MANY_WIDE = re.compile(f"(?s:(?>.*?{RUN}){{11}})")
_SPACE = re.compile(r"\s")
_SAID = re.compile(r"\S")
_TEXT = attrgetter("text")


class Finder:
    """Finds the words of one search in texts. `text` arguments are as they were written."""

    def __init__(self, search: Search) -> None:
        self._wanted = search.wanted

    def marked(self, text: str) -> Pieces:
        """All of a short text."""
        pieces: list[Piece] = []
        at = 0
        for start, end in self._spans(text):
            pieces += [Piece(text[at:start]), Piece(text[start:end], hit=True)]
            at = end
        if not at:
            return (Piece(text),) if text else ()
        return tuple(filter(_TEXT, [*pieces, Piece(text[at:])]))

    def around(self, text: str) -> Pieces | None:
        """The surroundings of a hit in one line, None where there is no hit."""
        text = text[:MOST_TEXT]
        place = self._place(text)
        if place is None:
            return None
        dots, line, more = _cut(text, *place)
        return tuple(filter(_TEXT, (Piece(dots), *self.marked(line), Piece(more))))

    def _place(self, text: str) -> tuple[int, int] | None:
        """Where a hit is: one that needs no folding, which takes most of the time, or else the first."""
        if not self._wanted:
            return None
        hits = self._hits_in(text)
        if as_written := hits.search(text):
            return as_written.span()
        folded = fold(text)
        found = self._hits_in(folded).search(folded)
        if found is None:
            return None
        return found.span() if _keeps_places(text, folded) else _unfolded(text, found.span())

    def _spans(self, text: str) -> list[tuple[int, int]]:
        if not self._wanted:
            return []
        folded = fold(text)
        found = [match.span() for match in self._hits_in(folded).finditer(folded)]
        if not found or _keeps_places(text, folded):
            return found
        return [_unfolded(text, span) for span in found]

    def _hits_in(self, text: str) -> re.Pattern[str]:
        return self._of_any if not text.isascii() and OTHER_SCRIPTS.search(text) else self._of_most

    @cached_property
    def _of_any(self) -> re.Pattern[str]:
        return _patterns(self._wanted, WORD)

    @cached_property
    def _of_most(self) -> re.Pattern[str]:
        return _patterns(self._wanted, WORD_OF_MOST)


def beginning(text: str) -> Pieces:
    """How a text begins, in one line."""
    text = text[:MOST_TEXT]
    return (Piece("".join(_cut(text, 0, 0))),) if _SAID.search(text) else ()


def _patterns(wanted: Iterable[Words], word: str) -> re.Pattern[str]:
    return re.compile("|".join(sorted({_pattern(each, word) for each in wanted}, key=len, reverse=True)))


def _pattern(words: Words, word: str) -> str:
    """Like the index matches them. It begins with letters, which are found much faster than their borders."""
    pieces = words.phrase.pieces
    joined = re.escape(pieces[0])
    joined += "" if is_run(pieces[0]) else f"(?<!(?:{word}){joined})"
    after = "" if is_run(pieces[-1]) or words.phrase.begins else f"(?!{word})"
    for last, piece in pairwise(pieces):
        joined += (f"(?:{_GAP})?" if is_run(last) != is_run(piece) else _GAP) + re.escape(piece)
    return f"{joined}{after}"


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
    near = text[max(start - 5, 0) : end + 20]
    wide = not near.isascii() and _MANY_WIDE.match(near)
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
