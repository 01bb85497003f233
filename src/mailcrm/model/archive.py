"""What the store hands out about customers: frozen values, safe to carry across threads and rooms."""

from dataclasses import dataclass, field
from datetime import datetime

from mailcrm.model.address import AddressKind
from mailcrm.model.consent import ConsentState
from mailcrm.model.contact import ContactFact, ContactField
from mailcrm.model.conversation import Waiting
from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.model.message import MailKind
from mailcrm.model.number import KnownNumber
from mailcrm.model.party import AffiliationKind, PartyKind, PartyState


@dataclass(frozen=True, slots=True)
class KnownAddress:
    """An address row. `party_id` is whose mail it is; None for robots, lists and our own."""

    id: int
    key: str
    display: str
    kind: AddressKind
    party_id: int | None = None


@dataclass(frozen=True, slots=True)
class PartyLine:
    """One line of the list of customers. `number` is '' for candidates; times are UTC."""

    id: int
    number: str
    kind: PartyKind
    state: PartyState
    name: str
    email: str
    tags: tuple[str, ...] = ()
    last_in_at: datetime | None = None
    last_out_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """The newest word on one purpose, with its proof."""

    purpose: str
    state: ConsentState
    since: datetime
    source: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class AddressLine:
    """An address of a customer with all that decides whether it may be mailed."""

    id: int
    address: str
    kind: AddressKind
    rank: int
    ended_at: datetime | None = None
    consents: tuple[ConsentLine, ...] = ()
    suppressions: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class AffiliationLine:
    """An employer of a customer, or somebody who works there (or is its agent, or end customer): from the first mail that shows
    it to the last; `valid_to` where somebody said that it is over. Times in UTC."""

    party_id: int
    number: str
    name: str
    valid_from: datetime
    seen_until: datetime
    kind: AffiliationKind = AffiliationKind.EMPLOYEE
    title: str = ""
    valid_to: datetime | None = None
    source: str = "header"


@dataclass(frozen=True, slots=True)
class PartyArchive:
    """The customer archive without its timeline. `facts` by field, the value before what else is claimed. `members`: the
    numbers (else #ids) and own names of the parties that were merged, if any were; `numbers`: all that find the customer."""

    line: PartyLine
    source: str
    created_at: datetime
    row_version: int
    fields: dict[str, str] = field(default_factory=dict)
    addresses: tuple[AddressLine, ...] = ()
    facts: tuple[ContactFact, ...] = ()
    affiliations: tuple[AffiliationLine, ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    numbers: tuple[KnownNumber, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldChangeLine:
    """That a field held `before` and then `after` ('' = nothing): from what source (`source_ref`: which mail, import or form),
    when (UTC) and by whom."""

    field: str
    before: str
    after: str
    source: str
    source_ref: int | None
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One line of a timeline. `who` is the sender as the mail named him, `role` that of the customer in it, `attachments`
    how many the mail is known to have, `said` how it begins where a human wrote it."""

    id: int
    at: datetime
    kind: InteractionKind
    direction: Direction | None
    title: str
    who: str = ""
    body: str = ""
    outcome: str = ""
    message_id: int | None = None
    role: str = ""
    attachments: int = 0
    said: str = ""


NAME_FIELDS = ("name", "given_name", "family_name")
"""What the row of a party holds."""

EDITABLE_FIELDS = (*NAME_FIELDS, *(field.value for field in ContactField if field != ContactField.NAME))
"""What `people set` can change; a value that a human entered is never overwritten by what mail says."""


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """A conversation that waits for somebody, with the customer it is with (`number` '' for candidates). Times in UTC."""

    thread_id: int
    party_id: int
    number: str
    name: str
    subject: str
    waiting: Waiting
    since: datetime | None
    last_in_at: datetime | None
    last_out_at: datetime | None
    mails_in: int
    mails_out: int


@dataclass(frozen=True, slots=True)
class SilentLine:
    """A customer who writes less than usual: for how many days they have been silent, and for how many they usually are."""

    party_id: int
    number: str
    name: str
    silent_days: float
    usual_days: float


@dataclass(frozen=True, slots=True)
class MailLine:
    """A mail of a conversation. `depth` is how deep it stands below what it answers; `linked`: only subject and people say
    that it belongs here. Times in UTC."""

    id: int
    at: datetime
    direction: Direction
    kind: MailKind
    who: str
    subject: str
    depth: int
    linked: bool
