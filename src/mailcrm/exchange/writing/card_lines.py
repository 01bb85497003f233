"""Lines of a vCard: escaped (RFC 6350 section 3.4) and folded (section 3.2)."""

from collections.abc import Iterable

from mailcrm.model.text import clean_text

_LONGEST = 75
"""Octets of a line without its end."""

_SPECIAL = str.maketrans({"\\": "\\\\", ",": "\\,", ";": "\\;", "\n": "\\n"})


def text_value(text: str) -> str:
    """Text as the value of a property, or as a part of one."""
    plain = clean_text(text).replace("\r\n", "\n").replace("\r", "\n")
    return plain.translate(_SPECIAL)


def structured(*parts: str) -> str:
    """Parts that stand in their places: N, ORG, ADR."""
    return ";".join(text_value(part) for part in parts)


def list_value(values: Iterable[str]) -> str:
    """Values side by side: CATEGORIES, NICKNAME."""
    return ",".join(text_value(value) for value in values if value)


def line(name: str, value: str, *params: str) -> bytes:
    """A property as lines that end with CRLF. `value` is escaped already, `params` are words of our own (TYPE=work)."""
    head = ";".join((name, *params))
    whole = f"{head}:{value}".replace("\r", " ").replace("\n", " ")
    return fold(whole.encode("utf-8", "replace"))


def fold(octets: bytes) -> bytes:
    """Lines of at most 75 octets, the later ones behind a space; no character of UTF-8 is torn apart, for many programs
    decode each line by itself."""
    lines: list[bytes] = []
    start, room = 0, _LONGEST
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0xC0 == 0x80:  # within a character
            end -= 1
        lines.append(octets[start:end])
        start, room = end, _LONGEST - 1
    return b"\r\n ".join([*lines, octets[start:]]) + b"\r\n"
