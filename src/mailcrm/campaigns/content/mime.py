"""One mail as bytes (RFC 5322, 2045-2047), by hand: far faster than EmailMessage, and the same bytes every time.

Nothing here looks at a clock or at chance: the date is `composed_at`, the boundary comes from the Message-ID, so that
a retry composes exactly the mail that may already have been accepted (decisions.md 18).
"""

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import blake2b

import idna

from mailcrm.errors import UserError
from mailcrm.model.text import clean_line, clean_text

_LINE = 76
"""RFC 2047 section 2: a line with an encoded word has at most 76 characters."""

_HARD_LINE = 998
"""RFC 5322 section 2.1.1: no line may be longer."""

_WORD_OPEN, _WORD_CLOSE = "=?utf-8?B?", "?="
_FOLD = "\r\n "
_LONG_PHRASE = 60

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*|\[(IPv6:)?[0-9A-Fa-f.:]+\]")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,180}@[A-Za-z0-9.\[\]:-]{1,180}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,70}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HIGH_BYTES = bytes(range(128, 256))
_OURS = frozenset({"from", "to", "cc", "bcc", "sender", "reply-to", "subject", "date", "message-id", "mime-version"})


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """One mail to one person. `message_id` is without angle brackets; one of `text` and `html` may be None."""

    from_address: str
    from_name: str
    to_address: str
    to_name: str
    reply_to: str | None
    subject: str
    text: str | None
    html: str | None
    message_id: str
    composed_at: datetime
    extra_headers: Mapping[str, str] = field(default_factory=dict)


def compose_email(mail: OutgoingMail) -> bytes:
    """The mail with CRLF line ends, pure ASCII, no line over 998 characters.

    What people read (names, subject) is cleaned of control characters. Raises UserError for an address that cannot be
    written, ValueError for a naive date or a Message-ID or extra header that no caller should ever hand in.
    """
    headers = [
        f"From: {_mailbox(mail.from_name, mail.from_address, len('From: '))}",
        f"To: {_mailbox(mail.to_name, mail.to_address, len('To: '))}",
        f"Subject: {_unstructured(clean_line(mail.subject), len('Subject: '))}",
        f"Date: {_date(mail.composed_at)}",
        f"Message-ID: <{_message_id(mail.message_id)}>",
    ]
    if mail.reply_to is not None:
        headers.append(f"Reply-To: {_mailbox('', mail.reply_to, len('Reply-To: '))}")
    headers += [_extra(name, value) for name, value in mail.extra_headers.items()]
    headers.append("MIME-Version: 1.0")
    return "\r\n".join(headers).encode("ascii") + b"\r\n" + _body(mail)


# --- addresses ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def ascii_address(address: str) -> str:
    """The address for the wire: the domain as A-labels. Raises UserError if it has no such form.

    A local part outside ASCII needs SMTPUTF8 (RFC 6531) at every server on the way; it is refused.
    """
    if _CONTROL.search(address):
        raise UserError(f"{address!r} has control characters; it is not an address")
    local, at, domain = address.strip().rpartition("@")
    if not at or not local or not domain:
        raise UserError(f"{address!r} is not an address: it needs a name, an @ and a domain")
    if not local.isascii():
        raise UserError(
            f"{address!r}: mail servers take only ASCII letters before the @ (SMTPUTF8 is not supported yet)"
        )
    return f"{_local_part(local)}@{_ascii_domain(domain, address)}"


def _local_part(local: str) -> str:
    if _DOT_ATOM.fullmatch(local):
        return local
    plain = re.sub(r"\\(.)", r"\1", local[1:-1]) if len(local) > 1 and local[0] == local[-1] == '"' else local
    return _quoted(plain)


def _ascii_domain(domain: str, address: str) -> str:
    try:
        wire = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as exc:
        raise UserError(f"{address!r}: {domain!r} is not a domain: {exc}") from exc
    if not _DOMAIN.fullmatch(wire) or len(wire) > 255:
        raise UserError(f"{address!r}: {domain!r} is not a domain")
    return wire


@lru_cache(maxsize=256)
def _phrase(name: str, used: int) -> str:
    """A display name that follows `used` characters on its line."""
    if not name.isascii() or "=?" in name or len(name) > _LONG_PHRASE:
        return _encoded_words(name, used)
    return name if _ATOMS.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _mailbox(name: str, address: str, used: int) -> str:
    wire = ascii_address(address)
    phrase = _phrase(clean_line(name), used)
    if not phrase:
        return wire
    on_last_line = len(phrase.rpartition("\n")[2]) + (0 if "\n" in phrase else used)
    fits = on_last_line + len(f" <{wire}>") <= _LINE
    return f"{phrase}{' ' if fits else _FOLD}<{wire}>"


# --- headers -----------------------------------------------------------------------------------------------------


def _unstructured(text: str, used: int) -> str:
    """Free text as a header value: folded at its spaces, or as encoded words where that is not enough."""
    if text.isascii() and "=?" not in text:
        if used + len(text) <= _LINE:
            return text
        if max(map(len, text.split(" "))) < _LINE - used:
            return _folded(text, used)
    return _encoded_words(text, used)


def _folded(text: str, used: int) -> str:
    """`text` with line breaks before some of its spaces; a word that is longer than a line gets a line of its own."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) + (0 if lines else used) > _LINE:
            lines.append(line)
            line = ""
        line = f"{line} {word}" if line or lines else word
    return "\r\n".join([*lines, line])


def _encoded_words(text: str, used: int) -> str:
    """`text` as base64 encoded words of whole characters (RFC 2047 sections 2 and 5)."""
    words = (
        f"{_WORD_OPEN}{binascii.b2a_base64(piece, newline=False).decode('ascii')}{_WORD_CLOSE}"
        for piece in _pieces(text, used)
    )
    return _FOLD.join(words)


def _pieces(text: str, used: int) -> Iterator[bytes]:
    """UTF-8 pieces of `text` that fit an encoded word each; the first line already has `used` characters."""
    room, piece = _word_bytes(used), b""
    for character in text:
        coded = character.encode("utf-8")
        if len(piece) + len(coded) > room:
            yield piece
            room, piece = _word_bytes(1), b""
        piece += coded
    yield piece


def _word_bytes(used: int) -> int:
    return (_LINE - used - len(_WORD_OPEN) - len(_WORD_CLOSE)) // 4 * 3


def _date(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("composed_at must be aware")
    return format_datetime(moment)


def _message_id(value: str) -> str:
    if not _MESSAGE_ID.fullmatch(value):
        raise ValueError(f"{value!r} is not a Message-ID")
    return value


def _extra(name: str, value: str) -> str:
    if not _HEADER_NAME.fullmatch(name) or name.lower() in _OURS or name.lower().startswith("content-"):
        raise ValueError(f"{name!r} cannot be an extra header")
    if _CONTROL.search(value):
        raise ValueError(f"the value of {name} has control characters")
    used = len(name) + 2
    value = " ".join(value.split())  # a line of nothing but spaces would be obsolete syntax
    if not value.isascii():
        return f"{name}: {_encoded_words(value, used)}"
    if max(map(len, value.split(" "))) + used > _HARD_LINE:
        raise ValueError(f"the value of {name} is too long for a header line")
    return f"{name}: {_folded(value, used)}"


# --- body --------------------------------------------------------------------------------------------------------


def _body(mail: OutgoingMail) -> bytes:
    """The rest of the header, and the content. The best alternative comes last (RFC 2046 section 5.1.4)."""
    parts = [_part(kind, text) for kind, text in (("plain", mail.text), ("html", mail.html)) if text is not None]
    if not parts:
        raise ValueError("a mail needs a text or an HTML part")
    if len(parts) == 1:
        return parts[0]
    boundary = _boundary(mail.message_id)
    head = b'Content-Type: multipart/alternative;\r\n boundary="%s"\r\n\r\n' % boundary
    return head + b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts) + b"--%s--\r\n" % boundary


def _boundary(message_id: str) -> bytes:
    """`=_` occurs neither in quoted-printable nor in base64, so no content can contain it (RFC 2045 section 6.7)."""
    return b"=_" + blake2b(message_id.encode("ascii"), digest_size=12).hexdigest().encode("ascii")


def _part(kind: str, text: str) -> bytes:
    data = (_lines(clean_text(text)) + "\n").replace("\n", "\r\n").encode("utf-8")
    encoding, content = _transfer_encoded(data)
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode("ascii") + content


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")


def _transfer_encoded(data: bytes) -> tuple[str, bytes]:
    """Quoted-printable, which stays readable and makes no filter suspicious; base64 for what is mostly not ASCII.

    Of a Chinese character the one makes nine bytes, the other four.
    """
    outside_ascii = len(data) - len(data.translate(None, _HIGH_BYTES))
    if outside_ascii * 10 <= len(data) * 3:
        return "quoted-printable", binascii.b2a_qp(data)
    coded = binascii.b2a_base64(data, newline=False)
    return "base64", b"".join(coded[at : at + _LINE] + b"\r\n" for at in range(0, len(coded), _LINE))
