"""Parts that hold other parts in a form of their own: S/MIME that is signed and not encrypted, and what Outlook packs into
winmail.dat; owner of tnefparse.

What is inside has a section like "2/1": the first part in the container that is part 2.
"""

from collections.abc import Iterator
from typing import Any

from mailcrm.ingest.mail.charset import Guesser
from mailcrm.ingest.mail.fields import HeaderFields, read_block
from mailcrm.ingest.mail.parts import Part, read_tree
from mailcrm.model.text import clean_line

_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_LARGEST = 64 * 1024 * 1024
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_ENVELOPED = (bytes.fromhex("06092a864886f70d010703"), bytes.fromhex("060b2a864886f70d0109100117"))
_DATA = bytes.fromhex("06092a864886f70d010701")
_WITHIN = 1024
_MOST_PARTS = 200
ENCRYPTED = "the mail is encrypted (S/MIME); its text can be read only where its key is"
_BAD_SMIME = "the signed content (S/MIME) cannot be read, it is kept as an attachment only"
_BAD_TNEF = "winmail.dat cannot be read, it is kept as an attachment only"
_NO_TNEF = 'winmail.dat is not read; `pip install "mailcrm[tnef]"` adds what reads it'


def is_container(part: Part) -> bool:
    """Whether there may be parts in it."""
    if part.mime_type in _SMIME or part.mime_type in _TNEF:
        return True
    return part.mime_type == "application/octet-stream" and part.has_filename and part.filename.lower() == "winmail.dat"


def open_container(part: Part) -> tuple[list[Part], list[str]]:
    """The parts in a container, and defects: no parts where it cannot be opened. Never raises."""
    content = part.content()
    if not content or len(content) > _LARGEST:  # of a mail whose attachments wait on the server there is no content
        return [], []
    inside, defects = _signed(content) if part.mime_type in _SMIME else _packed(content)
    for child in inside:
        _number(child, part.section)
    return inside, defects


def _number(part: Part, outer: str) -> None:
    part.section = f"{outer}/{part.section}"
    for child in part.children:
        _number(child, outer)


# --- S/MIME (RFC 5652, RFC 8551) ---------------------------------------------------------------------------------


def _signed(content: bytes) -> tuple[list[Part], list[str]]:
    """The signed message; who signed it is not checked. DER is not taken apart: the content follows its name."""
    start = content[:_WITHIN]
    if _SIGNED_DATA not in start:
        return [], [ENCRYPTED if any(name in start for name in _ENVELOPED) else _BAD_SMIME]
    at = content.find(_DATA, 0, _WITHIN)
    if at < 0:
        return [], [_BAD_SMIME]
    inside = read_tree(b"".join(_octets(content, at + len(_DATA))))
    is_whole = inside.children or inside.content().strip()  # with a wrong length, only a piece of its header is there
    return ([inside], []) if is_whole else ([], [_BAD_SMIME])


def _octets(data: bytes, at: int) -> Iterator[bytes]:
    """The pieces of the OCTET STRING in [0] that begins at `at`; in BER it may come in pieces without a length in all."""
    if data[at : at + 1] != b"\xa0":
        return
    _, at = _length(data, at + 1)
    if data[at : at + 1] == b"\x24":
        size, at = _length(data, at + 1)
        end = len(data) if size is None else at + size
    else:
        end = at + 1
    while at < end and data[at : at + 1] == b"\x04":
        size, at = _length(data, at + 1)
        if size is None:
            return
        yield data[at : at + size]
        at += size


def _length(data: bytes, at: int) -> tuple[int | None, int]:
    """The length that stands at `at` (None: until the end is marked), and where the content begins."""
    first = data[at] if at < len(data) else 0
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    return (int.from_bytes(data[at + 1 : at + 1 + count], "big") if 0 < count <= 8 else None), at + 1 + count


# --- TNEF --------------------------------------------------------------------------------------------------------


def _packed(content: bytes) -> tuple[list[Part], list[str]]:
    try:
        from tnefparse.tnef import TNEF
    except ImportError:
        return [], [_NO_TNEF]
    try:
        return list(_unpack(TNEF(content, do_checksum=False))), []
    except Exception:  # noqa: BLE001 - written for well-formed files, it falls over others in many ways
        return [], [_BAD_TNEF]


def _unpack(tnef: Any) -> Iterator[Part]:
    """Its text, and its attachments."""
    number = 0
    for kind, body in (("text/plain", tnef.body), ("text/html", tnef.htmlbody)):
        if body:
            number += 1
            data = body.encode("utf-8", "replace") if isinstance(body, str) else bytes(body)
            yield _part(f"{kind}; charset=utf-8" if isinstance(body, str) else kind, "", data, number)
            break
    for attachment in tnef.attachments[:_MOST_PARTS]:
        number += 1
        name = clean_line(str(attachment.long_filename() or ""), 255).replace('"', "").replace("\\", "")
        yield _part("application/octet-stream", name, bytes(attachment.data or b""), number)


def _part(kind: str, name: str, data: bytes, number: int) -> Part:
    head = f"Content-Type: {kind}\n"
    if name:
        head += f'Content-Disposition: attachment; filename="{name}"\n'
    part = Part(HeaderFields(read_block(f"{head}\n".encode("utf-8", "replace")).items, Guesser()), data)
    part.section = str(number)
    return part
