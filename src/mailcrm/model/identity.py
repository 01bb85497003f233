"""What is said of who is the same customer: sightings as they were written, evidence in bits, edges and verdicts."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice

Key = tuple[str, ...]
"""What two sightings may share; the first word is the kind."""


class MergeMethod(StrEnum):
    """Who joined two parties: the resolver by its evidence, a human one pair, a human a list of pairs."""

    AUTO = "auto"
    HUMAN = "human"
    BULK = "bulk"


class MatchState(StrEnum):
    """How a pair stands with the humans who are asked."""

    OPEN = "open"
    LATER = "later"
    MERGED = "merged"
    REJECTED = "rejected"


class Backend(StrEnum):
    """What finds the pairs that are weighed, where all are compared at once."""

    PYTHON = "python"
    SPLINK = "splink"


@dataclass(frozen=True, slots=True)
class Record:
    """One sighting: a header, a signature, a row of a sheet, a form. All as written; any may be ''."""

    id: str
    source: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    company: str = ""
    title: str = ""
    birth_date: str = ""
    customer_no: str = ""
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One line of an explanation."""

    what: str
    left: str
    right: str
    bits: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What speaks for and against two parties being one, in bits. `lines` add up to `bits`, both rounded to hundredths.

    `veto` is why it is out of the question, '' if it is not; `refused` why their clusters may not become one.
    """

    bits: float
    lines: tuple[Evidence, ...] = ()
    veto: str = ""
    refused: str = ""
    name_only: bool = False

    @classmethod
    def of(cls, lines: Iterable[Evidence], veto: str = "", *, name_only: bool = False) -> "Judgement":
        """Rounded, so that what is shown adds up."""
        shown = tuple(Evidence(line.what, line.left, line.right, round(line.bits, 2)) for line in lines)
        return cls(round(sum(line.bits for line in shown), 2), shown, veto, name_only=name_only)

    def asked(self, why: str) -> "Judgement":
        """The same, with why it is not acted upon without asking."""
        return replace(self, refused=why)


@dataclass(frozen=True, slots=True)
class Observed:
    """All that was seen of a leaf party and is compared. `names` with the address they were seen with and how often, the most
    frequent first; `name` is the one a human gave, if one did; `birth_date` in ISO 8601. An organisation has `domains`."""

    party_id: int
    organisation: bool = False
    name: str = ""
    names: tuple[tuple[str, str, int], ...] = ()
    addresses: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    tax_id: str = ""
    birth_date: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A pair of leaf parties and what was found of it."""

    party_lo: int
    party_hi: int
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Member:
    """A leaf party as the choice of what its cluster shows needs it. `number` is '' for who has none, `gone` who is archived
    or erased."""

    id: int
    active: bool
    number: str
    name: str
    name_source: str
    organisation: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True)
class MergeLine:
    """An edge as people look at it. Times in UTC."""

    id: int
    party_lo: int
    party_hi: int
    method: MergeMethod
    judgement: Judgement | None
    at: datetime
    by: str
    undone_at: datetime | None = None
    undone_by: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two of a pair, as a human compares them. Times in UTC."""

    party_id: int
    root_id: int
    number: str
    name: str
    kind: str
    addresses: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    mails: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A pair that a human is asked about; `id` is what to answer with."""

    id: int
    left: Side
    right: Side
    judgement: Judgement
    state: MatchState
    later_until: datetime | None = None


def key_number(key: Key) -> int:
    """64 bits that stand for a key in the store: short rows, and the same comparison on all engines."""
    digest = hashlib.blake2b("\x1f".join(key).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


# --- canonical text ----------------------------------------------------------------------------------------------


def judgement_text(judgement: Judgement) -> str:
    """As it is kept beside a merge, the same on every engine."""
    lines = [astuple(line) for line in judgement.lines]
    return _text({"lines": lines, "veto": judgement.veto, "name_only": judgement.name_only})


def read_judgement(text: str, refused: str = "") -> Judgement | None:
    """Back again; None where a human decided without any."""
    if not text:
        return None
    value = json.loads(text)
    lines = tuple(Evidence(*line) for line in value["lines"])
    bits = round(sum(line.bits for line in lines), 2)
    return Judgement(bits, lines, value["veto"], refused, value["name_only"])


MOST_NAMES = 200
"""Names of a party that are kept; who is seen under more is no person whom another name would tell."""

_NAMES = tuple(each.name for each in fields(Record))


def records_text(records: Sequence[Record], names: Iterable[str]) -> str:
    """What is compared of a party, and the names it was seen under, the most usual first."""
    rows = [{name: value for name in _NAMES if (value := getattr(record, name))} for record in records]
    return _text({"records": rows, "names": sorted(islice(names, MOST_NAMES))})


def read_records(text: str) -> tuple[Record, ...]:
    """Back again."""
    if not text:
        return ()
    rows: Iterable[Mapping[str, str]] = json.loads(text)["records"]
    return tuple(Record(**{"id": "", **row}) for row in rows)


def read_names(text: str) -> frozenset[str]:
    """The names a party was seen under when its records were made."""
    return frozenset(json.loads(text)["names"]) if text else frozenset()


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
