"""Parties (people and organisations) and the customer numbers that name them for ever."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from mailcrm.errors import UserError


class PartyKind(StrEnum):
    """A party is one of the two."""

    PERSON = "person"
    ORGANISATION = "organisation"


class PartyState(StrEnum):
    """A candidate was only seen in mail; an active party is a customer and has a number."""

    CANDIDATE = "candidate"
    ACTIVE = "active"
    ARCHIVED = "archived"
    MERGED = "merged"
    ERASED = "erased"


class AffiliationKind(StrEnum):
    """What a person has to do with an organisation."""

    EMPLOYEE = "employee"
    AGENT = "agent"
    END_CUSTOMER = "end_customer"


@dataclass(frozen=True, slots=True)
class PartyBrief:
    """What the resolver must know of a party. `name` is its own, whatever its cluster shows."""

    kind: PartyKind
    state: PartyState
    name: str
    name_source: str
    root_id: int
    cluster_size: int


SOURCES = ("header", "signature", "vcard", "import", "api", "form", "user")
"""Where a value comes from, the weakest first."""


def may_replace(source: str, present: str) -> bool:
    """Whether a value from `source` may take the place of one from `present`: user > form > api > import > vcard > signature
    > header.

    A source that this version does not know is not overwritten.
    """
    return present in SOURCES and source in SOURCES and SOURCES.index(source) >= SOURCES.index(present)


_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS = 6
_LONGEST = 60
_SEPARATORS = re.compile(r"[\s\-‐-―−]+")
_SHAPE = re.compile(r"C(\d{6}|[1-9]\d{6,15})[0-9A-Z]", re.ASCII)


@dataclass(frozen=True, slots=True)
class CustomerNumber:
    """A permanent public id such as C000017Z: prefix, serial, and an ISO 7064 MOD 37,36 check character.

    The check character finds every single wrong character and nearly all swaps of two neighbours, so a number read
    over the phone cannot silently become somebody else's.
    """

    text: str

    @classmethod
    def of(cls, serial: int) -> "CustomerNumber":
        """The number for a serial from the sequence; it grows past six digits when it must."""
        payload = f"C{serial:0{_DIGITS}d}"
        return cls(payload + check_character(payload))

    @classmethod
    def parse(cls, text: str) -> "CustomerNumber":
        """A number as somebody typed it: any case, full-width letters, spaces and dashes allowed.

        Raises UserError if it cannot be one.
        """
        shown = text[:_LONGEST]
        plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", shown)).upper()
        if not _SHAPE.fullmatch(plain):
            raise UserError(f"{shown!r} is not a customer number; they look like {cls.of(17).text}")
        if check_character(plain[:-1]) != plain[-1]:
            raise UserError(f"{shown!r} has a wrong check character: one of its characters was mistyped")
        return cls(plain)

    def __str__(self) -> str:
        return self.text


def check_character(payload: str) -> str:
    """The ISO 7064 MOD 37,36 check character of a string of digits and capital letters."""
    total = 36
    for char in payload:
        total = (total + _ALPHABET.index(char)) % 36 or 36
        total = total * 2 % 37
    return _ALPHABET[(37 - total) % 36]
