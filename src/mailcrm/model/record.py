"""A customer as handed in and out: what a file brings and what an export takes along, whatever the file looks like.

One value for all formats, so that what is exported can be imported again. Absent is not empty: a field that is not in
`fields` is not spoken of, and one that is '' says that there is nothing. Lists only ever add.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mailcrm.model.activity import Activity
from mailcrm.model.consent import ConsentState
from mailcrm.model.important_date import ImportantDate
from mailcrm.model.order import Order
from mailcrm.model.party import PartyKind, PartyState

CUSTOM = "x."
"""What the names of a team's own fields begin with, in `Claim.field` and `fields`: `x.budget`."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Where a value comes from: `source` is one of `model.party.SOURCES`, `observed_at` UTC, `confidence` from 0 to 1,
    `verified_by` the human who entered or confirmed it."""

    source: str = "import"
    observed_at: datetime | None = None
    confidence: float = 1.0
    verified_by: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """One value of one field: a `ContactField` or a team's own (`x.key`). `label` is what kind of it ("office"), `parts` those
    of a postal address (country, region, city, district, street, postcode). `ended_at`: it held until then (UTC)."""

    field: str
    value: str
    label: str = ""
    parts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    is_current: bool = True
    ended_at: datetime | None = None
    proof: Proof = Proof()


@dataclass(frozen=True, slots=True)
class Said:
    """What was said about one purpose at one address; an unsubscribe column is `withdrawn` for the purpose ''  = everything."""

    purpose: str
    state: ConsentState
    at: datetime | None = None
    basis: str = "consent"
    source: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class EmailEntry:
    """An address. `closed`: why it must never be mailed (a `Suppress` value; '' if it may)."""

    address: str
    label: str = ""
    ended_at: datetime | None = None
    consents: tuple[Said, ...] = ()
    closed: str = ""


@dataclass(frozen=True, slots=True)
class AffiliationEntry:
    """Where a person works or what for: by the number of the organisation where the file has one, else by its name."""

    organisation: str
    number: str = ""
    kind: str = "employee"
    title: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """All that a file says of one customer. `number` is ours; `foreign_id` is what the other system calls them."""

    kind: PartyKind = PartyKind.PERSON
    number: str = ""
    former_numbers: tuple[str, ...] = ()
    foreign_id: str = ""
    state: PartyState | None = None
    created_at: datetime | None = None
    fields: Mapping[str, str] = dataclasses.field(default_factory=dict)
    emails: tuple[EmailEntry, ...] = ()
    claims: tuple[Claim, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    affiliations: tuple[AffiliationEntry, ...] = ()
    dates: tuple[ImportantDate, ...] = ()
    orders: tuple[Order, ...] = ()
    activities: tuple[Activity, ...] = ()


FIELDS = (
    "name", "given_name", "family_name", "salutation", "language", "legal_name", "tax_id",
    "lifecycle", "tier", "owner",
)  # fmt: skip
"""What `fields` may hold besides; all else that has one value at a time is a claim (title, industry, region, x.key ...)."""
