"""What speaks for and against two sightings being one person, in bits: log2 of how much likelier it is seen of one person
than of two. The sum is the score; a veto ends the matter. Starting weights by measurement (docs/identity.md).
"""

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import date

from mailcrm.identity.features import Features
from mailcrm.identity.names.compare import Level, NameMatch, compare_names
from mailcrm.identity.names.form import plain
from mailcrm.identity.names.rarity import Rarity
from mailcrm.identity.score import is_slip, slips
from mailcrm.identity.vetoes import is_slip_of_date, slip_of_number, veto
from mailcrm.model.identity import Evidence

AUTO, REVIEW = 7.0, 0.0
"""Bits from which two are one; from which a human is asked."""

_SMALLEST = 3000
"""An archive of fewer people is a part of a larger world."""

CERTAIN = 8.5
"""What an identifier of one person leaves when the prior is paid."""

_IMPLIED, _IMPLIED_AGAINST = 0.8, -4.0
"""The share of a name that is taken from a mailbox, and the most that it says against: not all have their owner's name."""

_PHONE = 13.0
"""A number that one name has."""

_NUMBER_SLIP, _NEARLY = 4.0, 5.0
"""A customer number with a slip; a mailbox with one or two, of people born on one day."""

_LONG_MAILBOX, _SLIPS_OF_MAILBOX = 10, 2

_MEANT, _SLIP, _SHARED_MAILBOX, _MARRIED = 16.0, 9.0, 8.0, -1.0
"""A mailbox at a provider that was mistyped; one with a slip in the owner's name; a shared one; another family name at the
same mailbox."""


@dataclass(frozen=True, slots=True)
class Score:
    """`lines` add up to `bits`; `veto` is why it is out of the question, if it is. `kinds` of evidence speak for it."""

    bits: float
    lines: tuple[Evidence, ...]
    veto: str = ""
    kinds: int = 0

    @property
    def is_one(self) -> bool:
        """Enough to join them without asking: never by one kind of evidence that is no identifier."""
        return not self.veto and self.bits >= AUTO and self.kinds > 1

    @property
    def is_open(self) -> bool:
        """Worth a human's look."""
        return not self.veto and self.bits >= REVIEW and not self.is_one


@dataclass(frozen=True, slots=True)
class World:
    """What is usual here: how many sightings, and of how many mailboxes, domains and names each value is shared; mailboxes and
    customer numbers that are `shared` by several people, and dates of birth that are `defaults`."""

    size: int = 0
    rarity: Rarity = field(default_factory=Rarity)
    mailboxes_at: Mapping[str, int] = field(default_factory=dict)
    domains_of_local: Mapping[str, int] = field(default_factory=dict)
    names_on_phone: Mapping[str, int] = field(default_factory=dict)
    people_of_company: Mapping[str, int] = field(default_factory=dict)
    shared: Set[str] = frozenset()
    defaults: Set[date] = frozenset()

    @property
    def prior(self) -> float:
        """Bits against any two being one."""
        return -math.log2(max(self.size, _SMALLEST))


def weigh(one: Features, other: Features, world: World) -> Score:
    """All that can be said of two sightings."""
    return weigh_named(one, other, world, _match(one, other, world))


def weigh_unless_hopeless(one: Features, other: Features, world: World) -> Score | None:
    """The same; None where it is seen at a glance that it is below all that matters: other names, and nothing else in common.
    Most pairs that share a key are so."""
    match = _match(one, other, world)
    if match is not None and not match.agrees and _have_nothing_else(one, other):
        return None
    return weigh_named(one, other, world, match)


def _match(one: Features, other: Features, world: World) -> NameMatch | None:
    return compare_names(one.name, other.name, world.rarity) if one.name and other.name else None


def _have_nothing_else(one: Features, other: Features) -> bool:
    """Whether two sightings with names of their own have nothing in common that could outweigh them."""
    if one.implied or other.implied or (one.born and other.born):
        return False
    pairs = (one.mailbox and one.meant, other.meant), (one.phone, other.phone), (one.customer_no, other.customer_no)
    return not any(left and left == right for left, right in pairs)


def weigh_named(one: Features, other: Features, world: World, match: NameMatch | None) -> Score:
    """The same, where their names have been compared; None if one has none."""
    case = _Case(one, other, world, match)
    case.veto = veto(one, other, world.shared, world.defaults, agrees=case.agrees)
    case.add("prior", "before any evidence", "", "", world.prior)
    _number(case)
    _mailbox(case)
    _name(case)
    _phone(case)
    _birth(case)
    _place(case)
    return Score(sum(line.bits for line in case.lines), tuple(case.lines), case.veto, len(case.kinds))


@dataclass(slots=True)
class _Case:
    """What is gathered of one pair. `agrees` and `against`: whether their names may be one person's, where both are known."""

    one: Features
    other: Features
    world: World
    match: NameMatch | None
    veto: str = ""
    lines: list[Evidence] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)

    @property
    def same_mailbox(self) -> bool:
        return bool(self.one.mailbox) and self.one.mailbox == self.other.mailbox

    @property
    def born_together(self) -> bool:
        """The same date of birth, which is no default of a form."""
        return (
            self.one.born is not None and self.one.born == self.other.born and self.one.born not in self.world.defaults
        )

    @property
    def married(self) -> bool:
        """The same given name at the same mailbox, another family name."""
        return self.same_mailbox and self.match is not None and self.match.level is Level.RENAMED

    @property
    def implied(self) -> bool:
        return self.one.implied or self.other.implied

    @property
    def agrees(self) -> bool:
        return self.match is not None and self.match.agrees and self.match.level is not Level.UNKNOWN

    @property
    def against(self) -> bool:
        return self.match is not None and not self.match.agrees and not self.implied

    def add(self, kind: str, what: str, left: str, right: str, bits: float) -> None:
        self.lines.append(Evidence(what, left, right, bits))
        if bits > 0:
            self.kinds.add(kind)

    def identified(self, what: str, value: str) -> None:
        """By something that one person alone has: it pays the prior, and needs no second kind of evidence."""
        self.add("number", what, value, value, CERTAIN - self.world.prior)
        self.kinds.add("identifier")


def _number(case: _Case) -> None:
    one, other = case.one.customer_no, case.other.customer_no
    if not one or not other or {one, other} & case.world.shared:
        return
    if one == other:
        case.identified("same customer number", one)
    elif slip_of_number(one, other):
        case.add("number", "same customer number but for a slip", one, other, _NUMBER_SLIP)


def _mailbox(case: _Case) -> None:
    one, other = case.one, case.other
    if not (one.mailbox and other.mailbox):
        return
    if case.same_mailbox:
        _same_mailbox(case)
    elif one.meant == other.meant:
        case.add("mailbox", "same mailbox but for a slip in the provider", one.mailbox, other.mailbox, _MEANT)
    else:
        _two_mailboxes(case)


def _same_mailbox(case: _Case) -> None:
    one, other = case.one, case.other
    shared = one.role or one.mailbox in case.world.shared
    if shared and (one.name or other.name):
        if case.against:
            case.veto = case.veto or "two people behind a shared mailbox"
        elif case.agrees:
            case.add("mailbox", "same shared mailbox", one.mailbox, one.mailbox, _SHARED_MAILBOX)
        return  # somebody at a shared mailbox is not all that it says
    bits = CERTAIN - case.world.prior
    case.add("mailbox", "same mailbox", one.mailbox, one.mailbox, bits)
    if not case.against or case.married:
        case.kinds.add("identifier")


def _two_mailboxes(case: _Case) -> None:
    """One local part at two providers, numbered twins, a slip of the finger, two shared ones."""
    one, other = case.one, case.other
    host = one.mailbox.rpartition("@")[2]
    if one.role and other.role:
        case.add("mailbox", "two shared mailboxes", one.mailbox, other.mailbox, -14.0)
    elif case.born_together and _is_nearly(one.mailbox, other.mailbox):
        case.add("mailbox", "same mailbox but for slips, same birth date", one.mailbox, other.mailbox, _NEARLY)
    elif host == other.mailbox.rpartition("@")[2]:
        _at_one_host(case, one, other)
    elif one.local == other.local and not one.role and not case.against:
        spelt = _spells_name(one) or _spells_name(other)
        bits = 1.0 if spelt else _clamped(0.75, case.world.size, case.world.domains_of_local.get(one.local, 1), 9)
        case.add("local", "same name of the mailbox", one.mailbox, other.mailbox, bits)


def _is_nearly(one: str, other: str) -> bool:
    return min(len(one), len(other)) >= _LONG_MAILBOX and slips(one, other) <= _SLIPS_OF_MAILBOX


def _at_one_host(case: _Case, one: Features, other: Features) -> None:
    if one.letters and one.letters == other.letters and one.digits != other.digits:
        if one.domain:
            case.add("mailbox", "numbered twins", one.mailbox, other.mailbox, -14.0)
        else:
            case.add("mailbox", "other digits at one provider", one.mailbox, other.mailbox, -4.0)
    elif case.agrees and one.digits == other.digits and _is_slip_of_name(one, other):
        case.add("mailbox", "same mailbox but for a slip", one.mailbox, other.mailbox, _SLIP)


def _is_slip_of_name(one: Features, other: Features) -> bool:
    """Whether one local part spells its name and the other all but does."""
    spells = _spells_name(one, digits=True) != _spells_name(other, digits=True)
    return spells and is_slip(one.letters, other.letters)


def _name(case: _Case) -> None:
    if case.match is None:
        return
    bits, level = case.match.bits, case.match.level
    if case.implied and case.same_mailbox:
        bits = max(bits, 0.0)
    elif case.implied:
        bits = bits * _IMPLIED if bits > 0 else max(bits, _IMPLIED_AGAINST)
    elif case.married:
        bits = _MARRIED
    case.add("name", level.value, _said(case.one), _said(case.other), bits)


def _phone(case: _Case) -> None:
    if case.one.phone and case.one.phone == case.other.phone:
        people = max(case.world.names_on_phone.get(case.one.phone, 1), 1)
        bits = max(_PHONE - 2.2 * math.log2(people), 0.0)
        case.add("phone", f"same phone, of {people}", case.one.phone, case.other.phone, bits)


def _birth(case: _Case) -> None:
    one, other = case.one.born, case.other.born
    if one is None or other is None or {one, other} & case.world.defaults:
        return
    if one == other:
        what, bits = "same birth date", 9.0
    elif is_slip_of_date(one, other):
        what, bits = "same birth date but for a slip", 3.0
    else:
        what, bits = "another birth date", -9.0
    case.add("birth", what, one.isoformat(), other.isoformat(), bits)


def _place(case: _Case) -> None:
    """The same employer says something only of people of one name."""
    one, other, world = case.one, case.other, case.world
    if not case.agrees or case.same_mailbox:
        return
    found = []
    if one.domain and one.domain == other.domain:
        found.append((_clamped(0.8, world.size, world.mailboxes_at.get(one.domain, 1), 7), "same domain", one.domain))
    if one.company and one.company == other.company:
        bits = _clamped(0.8, world.size, world.people_of_company.get(one.company, 1), 7)
        found.append((bits, "same company", one.company))
    if found:
        bits, what, value = max(found)
        case.add("place", what, value, value, bits)


def _spells_name(features: Features, *, digits: bool = False) -> bool:
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


def _clamped(share: float, size: int, count: int, most: float) -> float:
    return min(max(share * math.log2(max(size, _SMALLEST) / max(count, 1)), 2.0), most)


def _said(features: Features) -> str:
    name = features.name
    return "" if name is None else name.han or " ".join((*name.words, *name.initials))
