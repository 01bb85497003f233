"""Parameters of MIME headers: `text/plain; charset=x; name*0*=...` (RFC 2045, RFC 2231), leniently."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from mailcrm.ingest.mail.charset import Guesser, codecs_for, decode_text
from mailcrm.ingest.mail.words import decode_words, raw_bytes

# After white space is collapsed. A missing semicolon is forgiven.
_PARAMETER = re.compile(r'[; ] ?([^ =;"]+) ?= ?(?:"((?:[^"\\]|\\.)*)"?|([^;]*))')
_SPACES = re.compile(r"\s+")
_ESCAPED = re.compile(r'\\(["\\])')
_SECTION = re.compile(r"^(?P<name>[^*]+)(?:\*(?P<number>\d{1,3}))?(?P<encoded>\*)?$")
_VALUE_LIMIT = 20_000
_SHORT = 80


class Parameters(NamedTuple):
    """The value of a MIME header in lower case, and its parameters, still as raw text."""

    value: str
    raw: Mapping[str, str]

    def plain(self, name: str) -> str:
        """A parameter that is ASCII by nature (charset, boundary, format), '' if absent."""
        value = self.raw.get(name) or self.raw.get(f"{name}*", "").rpartition("'")[2]
        return value.partition(" ")[0]

    def decoded(self, name: str, guesser: Guesser, hint: str) -> str:
        """A parameter that a human may have written (name, filename), decoded by RFC 2231, else by RFC 2047."""
        sections = self._sections(name)
        if sections:
            return _decode_sections(sections, guesser)
        return decode_words(self.raw.get(name, ""), guesser, hint)

    def _sections(self, name: str) -> list[tuple[str, bool]]:
        """The numbered pieces of a parameter, each with whether it is percent-encoded (RFC 2231 section 4.1)."""
        found = {}
        for key, value in self.raw.items():
            section = _SECTION.match(key)
            if section and section["name"] == name and key != name:
                found[int(section["number"] or 0)] = (value, bool(section["encoded"]))
        return [found[number] for number in sorted(found)]


def parse_parameters(value: str) -> Parameters:
    """A raw header value taken apart. The first of two parameters of one name wins."""
    return _parse_usual(value) if len(value) <= _SHORT else _parse(value)


def _parse(value: str) -> Parameters:
    value = _SPACES.sub(" ", value[:_VALUE_LIMIT].strip())
    token = value.partition(";")[0].partition(" ")[0]
    raw: dict[str, str] = {}
    for found in _PARAMETER.finditer(value, len(token)):
        quoted, bare = found[2], found[3]
        raw.setdefault(found[1].lower(), (bare or "").strip() if quoted is None else _ESCAPED.sub(r"\1", quoted))
    return Parameters(token.lower(), raw)


# "text/plain; charset=utf-8" and a few others stand in nearly all mail.
_parse_usual = lru_cache(maxsize=256)(_parse)


def _decode_sections(sections: list[tuple[str, bool]], guesser: Guesser) -> str:
    charset = ""
    if sections[0][1] and sections[0][0].count("'") >= 2:
        charset, _, first = sections[0][0].split("'", 2)
        sections = [(first, True), *sections[1:]]
    data = b"".join(unquote_to_bytes(raw_bytes(text)) if encoded else raw_bytes(text) for text, encoded in sections)
    return decode_text(data, charset if codecs_for(charset) else "", guesser)[0]
