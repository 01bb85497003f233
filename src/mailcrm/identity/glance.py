"""What is seen at a glance of two sightings with names: that whatever else is said of them, nothing will follow."""

from mailcrm.identity import weights
from mailcrm.identity.features import Features
from mailcrm.identity.mailboxes import may_be_slip_of_host
from mailcrm.identity.names.compare import NameMatch
from mailcrm.identity.world import World


def is_hopeless(one: Features, other: Features, match: NameMatch, world: World) -> bool:
    """Whether two sightings with names have nothing in common that could outweigh other names, or lift those that many have."""
    if (one.mailbox and one.meant == other.meant) or (one.phone and one.phone == other.phone):
        return False
    bits = world.prior + (of_implied(match.bits) if one.implied or other.implied else match.bits)
    if one.born and other.born:
        if one.born == other.born:
            return False
        bits += weights.BORN_SLIP
    if one.customer_no and one.customer_no == other.customer_no:
        return False
    return bits + _of_mailboxes_at_most(one, other, agrees=match.agrees) < weights.REVIEW


def _of_mailboxes_at_most(one: Features, other: Features, *, agrees: bool) -> float:
    """What two different mailboxes and the place of work may say for one person."""
    bits = weights.LOCAL if one.local and one.local == other.local else 0.0
    if not agrees:
        return bits
    if (one.domain and one.domain == other.domain) or (one.company and one.company == other.company):
        bits += weights.PLACE
    if may_be_slip_of_host(one, other):
        return bits + weights.HOST_SLIP
    return bits + weights.SLIP if one.host == other.host else bits


def of_implied(bits: float) -> float:
    """Of a name that a mailbox spells."""
    return bits * weights.IMPLIED if bits > 0 else max(bits, weights.IMPLIED_AGAINST)
