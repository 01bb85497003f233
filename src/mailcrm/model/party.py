"""Parties (people and organisations) and the customer numbers that name them for ever."""

from dataclasses import dataclass
from enum import StrEnum


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


CHECK_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""What a check character can be of, in the order of its values."""

_DIGITS = 6


@dataclass(frozen=True, slots=True)
class CustomerNumber:
    """A permanent public id such as C000017Z, made by the pattern that was in force then (`model.number`).

    Its check character (ISO 7064 MOD 37,36, where the pattern has that) finds every single wrong character and nearly all
    swaps of two neighbours, so a number read over the phone cannot silently become somebody else's.
    """

    text: str

    @classmethod
    def of(cls, serial: int) -> "CustomerNumber":
        """The number of the standard pattern, C{seq:06}{check}; it grows past six digits when it must."""
        payload = f"C{serial:0{_DIGITS}d}"
        return cls(payload + check_character(payload))

    def __str__(self) -> str:
        return self.text


def check_character(payload: str) -> str:
    """The ISO 7064 MOD 37,36 check character of a string of digits and capital letters."""
    total = 36
    for char in payload:
        total = (total + CHECK_ALPHABET.index(char)) % 36 or 36
        total = total * 2 % 37
    return CHECK_ALPHABET[(37 - total) % 36]
