"""The bytes of a file as text, piece by piece, and where exactly they are none."""

import codecs
from collections.abc import Iterator
from pathlib import Path

from mailcrm.errors import UserError

_PIECE = 256 * 1024


class Broken(Exception):
    """The text cannot be read on. What is said lacks the row, which only the caller knows."""


def byte_pieces(path: Path) -> Iterator[bytes]:
    """The file as it is. Raises UserError where it cannot be opened."""
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    except OSError as exc:
        raise UserError(f"{path} cannot be read: {exc.strerror or exc}") from exc


def text_pieces(path: Path, encoding: str) -> Iterator[str]:
    """The file decoded strictly. Raises Broken with the byte that does not fit, after all text before it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    for piece in byte_pieces(path):
        yield from _decoded(decoder, piece, done, encoding)
        done += len(piece)
    yield from _decoded(decoder, b"", done, encoding)


def _decoded(decoder: codecs.IncrementalDecoder, piece: bytes, done: int, encoding: str) -> Iterator[str]:
    waiting = len(decoder.getstate()[0])
    try:
        text = decoder.decode(piece, not piece)
    except UnicodeDecodeError as exc:
        yield exc.object[: exc.start].decode(encoding, "ignore")
        raise Broken(
            f"byte {done - waiting + exc.start:,} of the file (0x{exc.object[exc.start]:02x}) is no {encoding.upper()}; "
            "save the file as UTF-8, or name its encoding"
        ) from exc
    yield text


def known_encoding(encoding: str) -> str:
    """The codec for a name that somebody gave. Raises UserError where there is none."""
    try:
        found = codecs.lookup(encoding)
    except (LookupError, ValueError) as exc:
        raise UserError(f"no encoding is called {encoding!r}; common ones are utf-8, gb18030, big5, cp1252") from exc
    if not getattr(found, "_is_text_encoding", True) or found.name in ("idna", "punycode", "undefined"):
        raise UserError(f"{encoding!r} is no encoding of text; common ones are utf-8, gb18030, big5, cp1252")
    return _SUPERSETS.get(found.name, found.name)


_SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "cp950", "iso8859-1": "cp1252"}
"""What people mean by a name is the larger set that their system writes."""
