"""The outbox as the sender sees it: what it claims, what it marks, what it reports back."""

from dataclasses import dataclass, field
from datetime import datetime

from mailcrm.model.campaign import CampaignKind, CampaignState
from mailcrm.model.consent import MailFacts
from mailcrm.model.recipient import DeliveryEvent, RecipientState


@dataclass(frozen=True, slots=True)
class Claimed:
    """A recipient that is ours until the lease ends: nothing has been sent to it yet.

    `values` are the merge values read at the claim; a retry uses those of the first composition (`composed_at` set).
    """

    id: int
    fence: int
    attempts: int
    campaign_id: int
    campaign: str
    kind: CampaignKind
    purpose: str | None
    party_id: int | None
    address_id: int
    address: str
    message_id: str
    template_version_id: int
    composed_at: datetime | None = None
    rendered_sha256: str | None = None
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """The durable note, written before the server can accept: this mail, composed then, is about to be sent."""

    recipient_id: int
    fence: int
    composed_at: datetime
    merge_values: str
    template_version_id: int
    rendered_sha256: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a claimed recipient.

    `event` None gives it back: nothing was sent, even if it was marked. `due_at` is when a deferred one is tried again.
    `tried`: the server was asked for it, so that giving it back counts as an attempt.
    `skip_reason` takes it out for good (a template that cannot be rendered for it).
    """

    recipient_id: int
    fence: int
    event: DeliveryEvent | None
    reply: str = ""
    due_at: datetime | None = None
    skip_reason: str = ""
    tried: bool = False


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """One immutable version of a template."""

    id: int
    name: str
    version: int
    filename: str
    source: str
    sha256: str


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign as the faces and the sender see it. All times are UTC."""

    id: int
    name: str
    kind: CampaignKind
    state: CampaignState
    state_reason: str
    purpose: str | None
    purpose_id: int | None
    account: str
    account_id: int
    segment: str
    withheld: dict[str, int]
    step_id: int
    template: TemplateRow
    start_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class CampaignCounts:
    """How the recipients of a campaign stand. `total` is what was frozen; the states always add up to it."""

    total: int
    states: dict[RecipientState, int]
    events: dict[str, int]


@dataclass(frozen=True, slots=True)
class RecipientLine:
    """One line of the per-recipient table of a campaign."""

    number: str
    name: str
    address: str
    state: RecipientState
    reason: str
    reply: str
    attempts: int
    sent_at: datetime | None
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reachable:
    """A customer in a segment with one address that mail could go to (None: it has none), in order of preference."""

    party_id: int
    number: str
    name: str
    address: str
    address_id: int | None
    facts: MailFacts
