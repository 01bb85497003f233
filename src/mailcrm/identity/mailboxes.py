"""Whether two different mailboxes may be one, mistyped, and whether a mailbox only spells its owner's name."""

from mailcrm.identity.features import Features
from mailcrm.identity.keys import brand
from mailcrm.identity.names.form import plain
from mailcrm.identity.score import is_slip, slips

_LETTERS_A_SLIP, _MOST_SLIPS = 6, 3
"""Characters of an address, a local part or the first word of a host for each that may be wrong: a.example and b.example are
two."""

_LONG, _END = 10, 8
"""Characters of an address that may be mistyped; of the end of a host, or its first, that must be the same."""


def are_nearly_one(one: str, other: str) -> bool:
    """Whether two addresses are one but for slips anywhere, and not numbered. Too little by itself."""
    shorter = min(len(one), len(other))
    return shorter >= _LONG and _are_near(one, other, shorter)


def _are_near(one: str, other: str, letters: int) -> bool:
    most = min(letters // _LETTERS_A_SLIP, _MOST_SLIPS)
    return slips(one, other) <= most and _without_digits(one) != _without_digits(other)


def are_numbered(one: Features, other: Features) -> bool:
    """gary@ and gary2@ of one host."""
    alike = bool(one.letters) and one.letters == other.letters and one.digits != other.digits
    return alike and one.host == other.host


def _without_digits(address: str) -> str:
    return "".join(char for char in address if not char.isdigit())


def is_slip_of_host(one: Features, other: Features) -> bool:
    """The same or nearly the same local part, at an organisation's host and at nearly the same. At one host, nearly the same
    may be a colleague."""
    if not may_be_slip_of_host(one, other):
        return False
    mine, theirs = one.domain, other.domain
    if not _are_near(one.host, other.host, min(len(brand(mine)), len(brand(theirs)))):
        return False
    return one.local == other.local or _are_near(one.local, other.local, min(len(one.local), len(other.local)))


def may_be_slip_of_host(one: Features, other: Features) -> bool:
    """Seen at a glance: False, as of most, if it is none."""
    mine, theirs = one.domain, other.domain
    if mine == theirs or one.role or other.role:
        return False
    return mine[:1] == theirs[:1] or mine[-_END:] == theirs[-_END:]


def is_slip_of_name(one: Features, other: Features) -> bool:
    """Whether of one host one local part spells its name and the other all but does."""
    if one.digits != other.digits or one.host != other.host:
        return False
    spells = spells_name(one, digits=True) != spells_name(other, digits=True)
    return spells and is_slip(one.letters, other.letters)


def spells_name(features: Features, *, digits: bool = False) -> bool:
    """Whether the local part is but the name, or a part of it, so that it says nothing new. Digits are something new."""
    if features.digits and not digits:
        return False
    name = features.name
    if name is None:
        return len(features.letters) < 4
    words = name.plain
    spelt = {*words, *name.joined}
    for word in words:
        for other in words:
            if other is not word:
                spelt |= {word[0] + other, word + other[0], other + word[0]}
    return plain(features.letters) in spelt
