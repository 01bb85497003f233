"""Text as the search index sees it: the same words for the mail that is kept and for the words that somebody types.

Compatibility forms, case and accents are folded away (`Müller` = `muller`, `ＡＢＣ` = `abc`). A word is what stands between
separators. Scripts that are written without spaces have no words to be told apart: of each run of them every two neighbours
are a word, and so is the last character alone, so that any part of a run is found, also a single character (as the beginning
of a word), and two runs never join.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

BREAK = "¦"
"""A word that stands in every document and that nobody can type: between parts that no phrase may join."""

LONGEST_WORD = 32
"""Characters; what is longer is no word of a language, and its rest does not count."""

# Chinese, Japanese, Korean; Thai and its neighbours; symbols that are pictures.
_RUN = (
    "々〇\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\u0e01-\u0e4e\u0e80-\u0ecd\u1000-\u109f\u1780-\u17d3"
    "\u2600-\u27bf\U0001f300-\U0001faff\U00020000-\U0003ffff"
)
_JOINED = "\u0900-\u0963\u0966-\u0dff"  # vowel signs of India are no letters to Python, but parts of words

WORD = rf"[^\W_{_RUN}]|[{_JOINED}]"
"""A character of a word, for regular expressions over folded text."""

WORD_OF_MOST = r"[^\W_]"
"""The same in a text in which `OTHER_SCRIPTS` finds nothing: the whole class takes milliseconds to compile."""

OTHER_SCRIPTS = re.compile(f"[{_RUN}{_JOINED}]")

RUN = f"[{_RUN}]"
"""A character of a run."""

# Accents, points and vowel marks that may be left out, and what cannot be seen.
UNSEEN = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\U000e0000-\U000e0fff]+"
)
_SEPARATORS = re.compile(rf"[^\w\x00-\x7f{_RUN}{_JOINED}]+")
_RUNS = re.compile(f"{RUN}+")
_WORDS = re.compile("[0-9a-z\x80-\U0010ffff]+")
_SPANS = re.compile(r"[^\x00-\x7f]+")
_FOLDED = re.compile(r"[^\x00-\x7f。\u4e00-\u9fff]+")  # most Chinese is folded already
_SHORT = 8
_PIECES = re.compile(rf"(?P<run>{RUN}+)|(?:{WORD})+")


def fold(text: str) -> str:
    """`text` without differences of case, accents and width; what cannot be seen is left out."""
    return text.lower() if text.isascii() else _FOLDED.sub(_fold_span, text.casefold())


def indexed(text: str) -> str:
    """The words of a text for the index: runs of ASCII letters and digits and of all that is not ASCII.

    They are not cut, which would take as long as all the rest: a longer word is searched for by its beginning.
    """
    return text.lower() if text.isascii() else _SPANS.sub(_index_span, text.casefold())


# By spans, each by itself and not with the ASCII around it: of that nothing changes but the case. Nearly all spans in a text
# of Europe are short and the same again and again.


def _fold_span(match: re.Match[str]) -> str:
    span = match[0]
    return _usual_fold(span) if len(span) <= _SHORT else _folded(span)


def _folded(span: str) -> str:
    same = unicodedata.normalize("NFKC", span).casefold()
    return unicodedata.normalize("NFC", UNSEEN.sub("", unicodedata.normalize("NFD", same)))


def _index_span(match: re.Match[str]) -> str:
    span = match[0]
    return _usual_words(span) if len(span) <= _SHORT else _words_in(span)


def _words_in(span: str) -> str:
    return _RUNS.sub(_pairs, _SEPARATORS.sub(" ", _FOLDED.sub(_fold_span, span)))


_usual_fold = lru_cache(maxsize=10_000)(_folded)
_usual_words = lru_cache(maxsize=10_000)(_words_in)


def words_of(index_text: str) -> list[str]:
    """The words in what `indexed` made, in their order, none longer than `LONGEST_WORD`."""
    return [word[:LONGEST_WORD] for word in _WORDS.findall(index_text)]


def _pairs(match: re.Match[str]) -> str:
    return f" {' '.join(_split(match[0]))} "


def _split(run: str) -> list[str]:
    return [*map(str.__add__, run, run[1:]), run[-1]]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow one another. `pieces` are words and runs, folded; `prefix`: the last one need only begin so."""

    pieces: tuple[str, ...]
    prefix: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """As the index has them; `begins` says how the last one is meant."""
        before = [word for piece in self.pieces[:-1] for word in _words(piece)]
        last = self.pieces[-1]
        if not is_run(last):
            return *before, last[:LONGEST_WORD]
        return *before, *(_split(last)[:-1] or [last])  # the run may go on in the text

    @property
    def begins(self) -> bool:
        """Whether the last word is only the beginning of one."""
        last = self.pieces[-1]
        return len(last) == 1 if is_run(last) else self.prefix or len(last) >= LONGEST_WORD


def is_run(piece: str) -> bool:
    """Whether a piece of a phrase is of a script without spaces."""
    return _RUNS.match(piece) is not None


def _words(piece: str) -> list[str]:
    return _split(piece) if is_run(piece) else [piece[:LONGEST_WORD]]


def phrase_of(text: str, *, prefix: bool = False) -> Phrase | None:
    """The words of what somebody types, None if there are none."""
    pieces = tuple(match[0] for match in _PIECES.finditer(fold(text)))
    return Phrase(pieces, prefix) if pieces else None
