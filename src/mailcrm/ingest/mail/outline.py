"""A message with its long bodies taken out, so that the standard parser has only its structure to read line by line.

The parser of the standard library looks at each line of a body, and asks of each only whether it is a boundary, which
begins with two hyphens (RFC 2046 section 5.1.1). Stretches of lines that do not begin so can be anything: one line with
a mark stands for them, and afterwards their bytes stand where the mark was. What the parser finds is the same.
"""

import re
import secrets
from collections.abc import Iterator
from itertools import pairwise

_BLANK_LINE = re.compile(rb"(?:\r\n|\r(?!\n)|\n)(?:\r\n|\r(?!\n)|\n)")
_LONG = 256
"""Bytes from which on a stretch is taken out; below, the mark would save nothing."""


class Outline:
    """`text` is what is left of a message; `restore` gives the bytes of any piece of it."""

    def __init__(self, raw: bytes) -> None:
        self._mark = b"\0%s:" % secrets.token_hex(8).encode()  # nobody can write it into a mail beforehand
        self._marked = re.compile(re.escape(self._mark) + rb"(\d+)\0")
        self._taken: list[bytes] = []
        self.text = b"".join(self._pieces(raw))

    def restore(self, piece: bytes) -> bytes:
        """The bytes that stand for a piece of `text`."""
        if self._mark not in piece:
            return piece
        return self._marked.sub(lambda found: self._taken[int(found[1])], piece)

    def _pieces(self, raw: bytes) -> list[bytes]:
        edges = [0, *sorted([*_after(raw, b"\n--"), *_after(raw, b"\r--")]), len(raw)]
        pieces = []
        for start, end in pairwise(edges):
            blank = _BLANK_LINE.search(raw, start, end) if end - start > _LONG else None
            if blank is None:
                pieces.append(raw[start:end])
            else:
                pieces += [raw[start : blank.end()], self._shortened(raw[blank.end() : end])]
        return pieces

    def _shortened(self, lines: bytes) -> bytes:
        """A mark for whole lines; the last line end stays, for a boundary behind it takes it as its own."""
        body = lines.rstrip(b"\r\n")
        if len(body) < _LONG:
            return lines
        self._taken.append(body)
        return b"%s%d\0%s" % (self._mark, len(self._taken) - 1, lines[len(body) :])


def _after(raw: bytes, line: bytes) -> Iterator[int]:
    """Where each line begins that does so with hyphens; much faster than a regular expression."""
    at = raw.find(line)
    while at >= 0:
        yield at + 1
        at = raw.find(line, at + 1)
