"""Who a campaign would reach today, and who is left out and why."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from mailcrm.model.campaign import CampaignKind
from mailcrm.model.consent import Withheld, may_mail
from mailcrm.model.outbox import CampaignRow, Reachable
from mailcrm.model.segment import parse_segment
from mailcrm.store import Session, recipients, segments


@dataclass(frozen=True, slots=True)
class Left:
    """A customer of the segment who gets no mail."""

    who: Reachable
    reason: Withheld


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody in the segment is in exactly one of the two."""

    chosen: tuple[Reachable, ...]
    withheld: tuple[Left, ...]

    def reasons(self) -> dict[str, int]:
        """How many were left out, by reason."""
        return dict(sorted(Counter(left.reason.value for left in self.withheld).items()))


def resolve_audience(session: Session, campaign: CampaignRow, now: datetime) -> Audience:
    """The segment as of `now`, each customer at the best address that may be mailed. One mail per address."""
    ids = segments.select_parties(session, parse_segment(campaign.segment), now)
    return choose(campaign.kind, recipients.reachable(session, ids, campaign.purpose_id))


def choose(kind: CampaignKind, reachable: list[Reachable]) -> Audience:
    """The decision, from every customer's addresses in order of preference."""
    chosen: dict[int, Reachable] = {}
    refused: dict[int, Left] = {}
    taken: set[int | None] = set()
    for who in reachable:
        if who.party_id in chosen:
            continue
        reason = _refusal(kind, who, taken)
        if reason is not None:
            refused.setdefault(who.party_id, Left(who, reason))
            continue
        chosen[who.party_id] = who
        taken.add(who.address_id)
        refused.pop(who.party_id, None)
    return Audience(tuple(chosen.values()), tuple(refused.values()))


def _refusal(kind: CampaignKind, who: Reachable, taken: set[int | None]) -> Withheld | None:
    if who.address_id is None:
        return Withheld.NO_ADDRESS
    if who.address_id in taken:
        return Withheld.SAME_ADDRESS
    return may_mail(kind, who.facts).reason
