"""What an import of customers is: the batch, what it would do with each row, and what it did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from mailcrm.model.party import PartyKind
from mailcrm.model.record import Claim, CustomerRecord, EmailEntry


class RowOutcome(StrEnum):
    """What a row is to the archive."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    ERROR = "error"


class BatchState(StrEnum):
    """How far an import is. One that was stopped goes on when the same file is imported again, or is undone."""

    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class InputRow:
    """A row of a file as it was understood. `number` is what a spreadsheet shows; `problems` name their cells;
    `digest` is what makes it the same row in another file."""

    number: int
    record: CustomerRecord
    digest: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """What is known of somebody whom a row is about. `claims`: the strongest source of each (field, hash of the value);
    `emails` by comparison form, `tags` by (category, key), `numbers` by (system, comparison form)."""

    party_id: int
    kind: PartyKind
    name: str
    name_source: str
    given_name: str = ""
    family_name: str = ""
    claims: Mapping[tuple[str, str], str] = field(default_factory=dict)
    emails: frozenset[str] = frozenset()
    tags: frozenset[tuple[str, str]] = frozenset()
    numbers: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class RowPlan:
    """What is to be done with a row. `party_id` None: a customer is made, whose name is `name`; else `name`, `given_name` and
    `family_name` are None where they stay. `numbers`: (system, number) that find the customer from then on."""

    row: InputRow
    outcome: RowOutcome
    party_id: int | None = None
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    claims: tuple[Claim, ...] = ()
    emails: tuple[EmailEntry, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    name_source: str = "import"
    error: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """An import as lists show it. Times in UTC."""

    id: int
    file_name: str
    file_sha256: str
    format: str
    state: BatchState
    started_at: datetime
    finished_at: datetime | None
    by: str
    rows: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    errors: int = 0
    undone_at: datetime | None = None
    undone_by: str = ""
    conflicts: int = 0
