"""May this address be mailed for this purpose? One pure function answers, with the reason."""

from dataclasses import dataclass
from enum import StrEnum

from mailcrm.model.address import AddressKind
from mailcrm.model.campaign import CampaignKind
from mailcrm.model.party import PartyState


class ConsentState(StrEnum):
    """The newest word of an address on a purpose."""

    NONE = "none"
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class Withheld(StrEnum):
    """Why somebody in the segment gets no mail; shown in the audience table."""

    NO_ADDRESS = "no e-mail address"
    NOT_A_CUSTOMER = "not a customer yet"
    RESTRICTED = "processing restricted"
    OWN = "our own address"
    ROBOT = "robot or mailing list"
    SUPPRESSED = "suppressed"
    WITHDRAWN = "consent withdrawn"
    NO_CONSENT = "no recorded consent"
    SAME_ADDRESS = "address already in this audience"


@dataclass(frozen=True, slots=True)
class MailFacts:
    """What is known of a (party, address) pair when somebody wants to mail it."""

    party_state: PartyState
    address_kind: AddressKind
    consent: ConsentState = ConsentState.NONE
    suppressed: bool = False
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is None exactly when the mail is allowed."""

    reason: Withheld | None = None
    detail: str = ""

    @property
    def allowed(self) -> bool:
        """Whether the mail may go out."""
        return self.reason is None


_ALLOWED = Verdict()
_BULK = (CampaignKind.MARKETING, CampaignKind.SEQUENCE)


def may_mail(kind: CampaignKind, facts: MailFacts) -> Verdict:
    """The strictest rule wins. Bulk mail needs an active customer, and marketing recorded consent (decisions.md 27, 30)."""
    if facts.suppressed:
        return Verdict(Withheld.SUPPRESSED)
    if kind in _BULK and facts.consent == ConsentState.WITHDRAWN:
        return Verdict(Withheld.WITHDRAWN)
    if kind == CampaignKind.SYSTEM:
        return _ALLOWED
    if facts.restricted or facts.party_state == PartyState.ERASED:
        return Verdict(Withheld.RESTRICTED)
    if facts.address_kind == AddressKind.OWN:
        return Verdict(Withheld.OWN)
    if facts.address_kind in (AddressKind.LIST, AddressKind.NOREPLY):
        return Verdict(Withheld.ROBOT)
    if kind in _BULK and facts.party_state != PartyState.ACTIVE:
        return Verdict(Withheld.NOT_A_CUSTOMER)
    if kind == CampaignKind.MARKETING and facts.consent != ConsentState.GIVEN:
        return Verdict(Withheld.NO_CONSENT)
    return _ALLOWED
