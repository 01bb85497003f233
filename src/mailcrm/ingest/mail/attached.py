"""One attachment of a message: the part by its section number, and its body without its transfer encoding."""

import binascii
import re
from collections.abc import Iterable, Iterator

from mailcrm.ingest.mail.containers import is_container, open_container
from mailcrm.ingest.mail.fields import normalise_raw
from mailcrm.ingest.mail.parts import Part, decode_transfer, read_tree

_CONTAINERS = 3
_NO_LETTERS = re.compile(rb"[^A-Za-z0-9+/]+")
_AS_A_WHOLE = frozenset({"quoted-printable", "x-uuencode", "uuencode", "uue", "x-uue"})


def find_part(raw: bytes, section: str) -> Part | None:
    """The part of a message that has this number in IMAP; None if there is none, or if it has parts of its own.

    Raises RecursionError where multiparts are nested too deep for the library.
    """
    outer, slash, inner = section.rpartition("/")
    if not slash:
        return _part_at(read_tree(normalise_raw(raw)[0]), section)
    container = find_part(raw, outer) if section.count("/") <= _CONTAINERS else None
    inside = open_container(container)[0] if container and is_container(container) else []
    if len(inside) == 1 and inside[0].children:
        return _part_at(inside[0], inner)
    return next((part for part in inside if part.section == section), None)


def _part_at(root: Part, section: str) -> Part | None:
    if not root.children:
        return root if section == "1" else None
    found = root
    for word in section.split("."):
        number = int(word) if word.isascii() and word.isdigit() else 0
        if not 0 < number <= len(found.children):
            return None
        found = found.children[number - 1]
    return None if found.children else found


def decode_pieces(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Undo a Content-Transfer-Encoding as `decode_transfer` does, of a body that comes in pieces.

    It is not in memory as a whole then, unless the encoding is a rare one for large files.
    """
    encoding = encoding.partition(";")[0].strip().strip('"').lower()
    if encoding == "base64":
        yield from _of_base64(pieces)
    elif encoding in _AS_A_WHOLE:
        yield decode_transfer(b"".join(pieces), encoding)
    else:
        yield from pieces


def _of_base64(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        letters, padding, _ = piece.partition(b"=")
        letters = rest + _NO_LETTERS.sub(b"", letters)
        whole = len(letters) - len(letters) % 4
        rest = letters[whole:]
        yield binascii.a2b_base64(letters[:whole])
        if padding:
            break
    yield decode_transfer(rest, "base64")
