"""vCard 2.1, RFC 2426 (3.0) and RFC 6350 (4.0): bytes become properties, card by card.

Work is on bytes until a property is whole, since lines are folded within characters, and each property of 2.1 may have a
character set of its own. What is not understood is left out, never the card with it.
"""

import binascii
import codecs
import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mailcrm.model.text import clean_text

_LONGEST = 1024 * 1024
"""Bytes of a property; only pictures have more, and they are left out."""

_MOST_PROPERTIES = 2_000
_PICTURES = (b"PHOTO", b"LOGO", b"SOUND", b"KEY", b"X-ABCROP-RECTANGLE")
_HEAD = re.compile(rb'((?:[^":]|"[^"]*")*):(.*)', re.DOTALL)
_PARAMS = re.compile(r'((?:[^";]|"[^"]*")+)')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PIECE = re.compile(r"\\.|[^\\;,]+|[;,\\]", re.DOTALL)
_CIRCUMFLEX = {"^n": "\n", "^'": '"', "^^": "^"}
_ENCODINGS = {"QUOTED-PRINTABLE", "BASE64", "B", "8BIT", "7BIT"}


@dataclass(frozen=True, slots=True)
class Property:
    """One line of a card. `group` joins it with others (`item1`), `types` are its TYPE words in small letters, also those that
    2.1 writes without TYPE=. `raw` is the value as it stands, still with its backslashes."""

    name: str
    raw: str
    group: str = ""
    types: frozenset[str] = frozenset()
    params: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The value as text."""
        return unescaped(self.raw).strip()

    def parts(self, mark: str = ";") -> list[str]:
        """The fields of a structured value (N, ADR, ORG), or with a comma those of a list."""
        parts = [""]
        for piece in _PIECE.findall(self.raw):
            if piece == mark:
                parts.append("")
            else:
                parts[-1] += piece
        return [unescaped(part).strip() for part in parts]

    def param(self, name: str) -> str:
        """A parameter; '' where there is none."""
        return next((value for key, value in self.params if key == name), "")


@dataclass(slots=True)
class Card:
    """The properties of one card, and what was wrong with it as a whole."""

    properties: list[Property] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)

    def all(self, *names: str) -> list[Property]:
        """Those with one of these names, that have a value."""
        return [each for each in self.properties if each.name in names and each.raw.strip()]

    def first(self, name: str) -> Property | None:
        """The first with a name; one that is marked as preferred comes before."""
        found = self.all(name)
        return next((each for each in found if "pref" in each.types), found[0] if found else None)

    def beside(self, prop: Property, name: str) -> str:
        """The text of a property in the same group: X-ABLabel tells what kind of value the other is."""
        found = (each.text for each in self.all(name) if prop.group and each.group == prop.group)
        return next(found, "")


def read_cards(pieces: Iterable[bytes], encoding: str = "utf-8") -> Iterator[Card]:
    """The cards of a file that is handed in piece by piece. `encoding` is that of text which does not name its own."""
    card: Card | None = None
    inner = 0
    for line in _whole_lines(pieces):
        prop = _property(line, encoding)
        if prop is None:
            continue
        mark = f"{prop.name}:{prop.raw.strip().upper()}"
        if mark == "BEGIN:VCARD":
            if card is not None and card.properties and card.properties[-1].name == "AGENT":
                inner += 1  # the card of his secretary
                continue
            if card is not None:
                card.flaws.append("has no END:VCARD")
                yield card
            card, inner = Card(), 0
        elif mark == "END:VCARD" and card is not None:
            if inner:
                inner -= 1
                continue
            yield card
            card = None
        elif card is not None and not inner and len(card.properties) < _MOST_PROPERTIES:
            card.properties.append(prop)
    if card is not None:
        card.flaws.append("has no END:VCARD: the file was cut short")
        yield card


def unescaped(text: str) -> str:
    """Text without the backslashes of RFC 6350 section 3.4."""
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], text)


# --- lines -------------------------------------------------------------------------------------------------------


def _whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Lines put together again: folded ones begin with a space, quoted-printable ones go on behind an = at their end."""
    held: list[bytes] = []
    size = 0
    quoted = False
    for line in _raw_lines(pieces):
        soft = quoted and bool(held) and held[-1].endswith(b"=")
        if held and (soft or line[:1] in (b" ", b"\t")):
            if soft:
                held[-1] = held[-1][:-1]
            size += len(line)
            if size < _LONGEST and not _is_picture(held[0]):
                held.append(line if soft else line[1:])
            continue
        if held:
            yield b"".join(held)
        held, size = [line], len(line)
        quoted = b"QUOTED-PRINTABLE" in line.partition(b":")[0].upper()
    if held:
        yield b"".join(held)


def _is_picture(line: bytes) -> bool:
    name = re.split(rb"[;:]", line[:80].upper(), maxsplit=1)[0]
    return name.rpartition(b".")[2] in _PICTURES


def _raw_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        rest += piece
        *lines, rest = re.split(rb"\r\n|\n|\r(?!\n|$)", rest)
        yield from lines
        if len(rest) > 64 * _LONGEST:
            rest = rest[:_LONGEST]  # no card has such a line
    yield from re.split(rb"\r\n|\n|\r", rest)


# --- one property ------------------------------------------------------------------------------------------------


def _property(line: bytes, encoding: str) -> Property | None:
    if _is_picture(line):
        return None
    match = _HEAD.match(line.removeprefix(codecs.BOM_UTF8))
    if not match:
        return None
    head = match[1].decode(encoding, "replace")
    first, *rest = _PARAMS.findall(head) or [""]
    group, _, name = first.strip().rpartition(".")
    params = tuple(_param(each) for each in rest)
    types = frozenset(word for key, value in params if key == "TYPE" for word in value.lower().split(",") if word)
    pref = {"pref"} if any(key == "PREF" and value == "1" for key, value in params) else set()
    value = _decoded(match[2], dict(params), encoding)
    return Property(name.upper(), clean_text(value.replace("\r\n", "\n")), group.lower(), types | pref, params)


def _param(text: str) -> tuple[str, str]:
    """A parameter; words without a name (2.1) are types or encodings."""
    key, equals, value = text.partition("=")
    key, value = key.strip(), value.strip().replace('"', "")
    if not equals:
        return ("ENCODING" if key.upper() in _ENCODINGS else "TYPE", key)
    value = re.sub(r"\^[n'^]", lambda match: _CIRCUMFLEX[match[0]], value)
    return key.upper(), value


def _decoded(value: bytes, params: dict[str, str], encoding: str) -> str:
    """The text of a value by its own encoding and character set."""
    how = params.get("ENCODING", "").upper()
    if how == "QUOTED-PRINTABLE":
        value = quopri.decodestring(value.rstrip(b"="))
    elif how in ("B", "BASE64"):
        try:
            value = binascii.a2b_base64(value)
        except binascii.Error:
            return ""
    named = params.get("CHARSET", "")
    for codec in (_codec(named), "utf-8", encoding):
        try:
            if codec:
                return value.decode(codec)
        except UnicodeDecodeError:
            continue
    return value.decode("gb18030", "replace")


def _codec(name: str) -> str:
    """The codec for a character set that a card names; '' for one that is unknown."""
    plain = name.strip().lower().replace("_", "-")
    return _CHARSETS.get(plain, "")


_CHARSETS = {
    "utf-8": "utf-8", "utf8": "utf-8", "gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030", "big5": "cp950",
    "iso-8859-1": "cp1252", "windows-1252": "cp1252", "us-ascii": "ascii", "shift-jis": "cp932", "utf-16": "utf-16",
    "windows-1251": "cp1251", "iso-8859-15": "iso8859-15", "windows-1250": "cp1250", "iso-8859-2": "iso8859-2",
    "euc-kr": "cp949", "utf-7": "",
}  # fmt: skip
