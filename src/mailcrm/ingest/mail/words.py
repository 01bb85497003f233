"""Encoded words (RFC 2047) and raw 8-bit bytes in header values become text, as mailers really write them.

Values are `str` with surrogate escapes for raw bytes, as the standard parser keeps them. More tolerant than the RFC
where real mail demands it: words inside quotes or glued to text, raw bytes or spaces inside a word, a character or a
base64 group split between two words, a word that is never closed.
"""

import binascii
import re
from typing import NamedTuple

from mailcrm.ingest.mail.charset import Guesser, codecs_for, decode_text, decode_undeclared

_OPENING = re.compile(r"=\?([^?\s]{0,80})\?([bBqQ])\?")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")


class _Word(NamedTuple):
    start: int
    end: int
    charset: str
    is_base64: bool
    text: str


def decode_words(value: str, guesser: Guesser, hint: str = "") -> str:
    """A raw header value as text; not yet cleaned. `hint` is the charset that raw 8-bit bytes probably have."""
    if "=?" not in value:
        return _decode_plain(value, guesser, hint)
    pieces: list[str] = []
    position = 0
    for run in _runs(value):
        pieces.append(_decode_plain(value[position : run[0].start], guesser, hint))
        pieces.append(_decode_run(run, guesser))
        position = run[-1].end
    pieces.append(_decode_plain(value[position:], guesser, hint))
    return "".join(pieces)


def raw_bytes(text: str) -> bytes:
    """The bytes behind a surrogate-escaped header value."""
    return text.encode("utf-8", "surrogateescape")


def _decode_plain(text: str, guesser: Guesser, hint: str) -> str:
    return text if text.isascii() else decode_undeclared(raw_bytes(text), hint, guesser)


def _runs(value: str) -> list[list[_Word]]:
    """Encoded words of one charset with only white space between: one text, cut to fit lines (RFC 2047 section 6.2)."""
    runs: list[list[_Word]] = []
    for word in _words(value):
        previous = runs[-1][-1] if runs else None
        if previous and value[previous.end : word.start].isspace() | (previous.end == word.start):
            if previous.charset == word.charset:
                runs[-1].append(word)
            else:  # the white space between is no text here either
                runs.append([word._replace(start=previous.end)])
        else:
            runs.append([word])
    return runs


def _words(value: str) -> list[_Word]:
    """Every encoded word of `value`, in one pass: each search goes on where the last one ended."""
    words: list[_Word] = []
    opening = _OPENING.search(value)
    while opening:
        begin = opening.end()
        following = _OPENING.search(value, begin)
        close = value.find("?=", begin, following.start() + 1 if following else len(value))
        if close >= 0:
            end, after = close, close + 2
        elif following:  # the word was never closed
            end = after = following.start()
        else:
            break
        charset, is_base64 = opening[1].split("*", 1)[0].lower(), opening[2] in "bB"
        text = value[begin:end] if close >= 0 else value[begin:end].rstrip(" \t")
        words.append(_Word(opening.start(), after, charset, is_base64, text))
        opening = following if following and following.start() >= after else _OPENING.search(value, after)
    return words


def _decode_run(run: list[_Word], guesser: Guesser) -> str:
    if len(run) > 1 and all(word.is_base64 for word in run) and any(_is_cut(word.text) for word in run[:-1]):
        data = _decode_base64("".join(word.text for word in run))
    else:
        data = b"".join(_decode_base64(word.text) if word.is_base64 else _decode_q(word.text) for word in run)
    charset = run[0].charset
    if codecs_for(charset):
        return decode_text(data, charset, guesser)[0]
    return decode_undeclared(data, "", guesser)


def _is_cut(text: str) -> bool:
    """Whether base64 text stops inside a group of four, without padding."""
    letters = _NOT_BASE64.sub("", text)
    return len(letters) % 4 != 0 and "=" not in text


def _decode_base64(text: str) -> bytes:
    """Lenient base64: foreign characters are skipped, missing padding is added, padded pieces may follow each other."""
    return b"".join(_decode_group(_NOT_BASE64.sub("", piece)) for piece in text.split("="))


def _decode_group(letters: str) -> bytes:
    if len(letters) % 4 == 1:  # six bits are no byte
        letters = letters[:-1]
    return binascii.a2b_base64(letters + "=" * (-len(letters) % 4))


def _decode_q(text: str) -> bytes:
    return binascii.a2b_qp(raw_bytes(text), header=True)
