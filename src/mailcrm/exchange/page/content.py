"""What is on the page of a customer: all that the store tells of one, as one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from mailcrm.model.activity import ActivityLine
from mailcrm.model.archive import FieldChangeLine, PartyArchive, TimelineLine
from mailcrm.model.important_date import KeptDate
from mailcrm.model.order import OrderDetails, OrderTotals, Payment
from mailcrm.model.own_field import OwnFieldSpec
from mailcrm.model.tag import TagName


@dataclass(frozen=True, slots=True)
class DatedDay:
    """An important date, and the day of the sun on which it comes round next (None: it does not)."""

    kept: KeptDate
    following: date | None


@dataclass(frozen=True, slots=True)
class Closure:
    """Why an address is closed for everything ('' if it is not), and the purposes it is closed for."""

    everything: str = ""
    purposes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArchiveContent:
    """Times in UTC. `closures` by the id of an address; `payments` are those for no order that is shown; `left_out` counts
    older lines of the timeline that a limit kept off the page; `masked`: sensitive values are not shown."""

    archive: PartyArchive
    printed_at: datetime
    printed_by: str
    closures: Mapping[int, Closure] = field(default_factory=dict)
    tags: tuple[TagName, ...] = ()
    dates: tuple[DatedDay, ...] = ()
    specs: Mapping[str, OwnFieldSpec] = field(default_factory=dict)
    orders: tuple[OrderDetails, ...] = ()
    totals: tuple[OrderTotals, ...] = ()
    payments: tuple[Payment, ...] = ()
    cases: tuple[ActivityLine, ...] = ()
    pinned: tuple[ActivityLine, ...] = ()
    changes: tuple[FieldChangeLine, ...] = ()
    timeline: tuple[TimelineLine, ...] = ()
    left_out: int = 0
    masked: bool = False
