"""What speaks for and against two sightings being one person, in bits: log2 of how much likelier it is seen of one person
than of two. The sum is the score; a veto ends the matter. Starting weights by measurement (docs/identity.md).
"""

import math
from dataclasses import dataclass, field

from mailcrm.identity.features import Features
from mailcrm.identity.mailboxes import (
    are_nearly_one,
    are_numbered,
    is_slip_of_host,
    is_slip_of_name,
    may_be_slip_of_host,
    spells_name,
)
from mailcrm.identity.mangled import second_look
from mailcrm.identity.names.compare import Level, NameMatch, compare_names
from mailcrm.identity.vetoes import is_slip_of_date, slip_of_number, veto
from mailcrm.identity.world import World, clamped
from mailcrm.model.identity import Evidence

__all__ = ["AUTO", "CERTAIN", "REVIEW", "Score", "World", "weigh", "weigh_unless_hopeless"]

AUTO, REVIEW = 7.0, 0.0
"""Bits from which two are one; from which a human is asked."""

CERTAIN = 8.5
"""What an identifier of one person leaves when the prior is paid."""

_IMPLIED, _IMPLIED_AGAINST = 0.8, -4.0
"""The share of a name that is taken from a mailbox, and the most that it says against: not all have their owner's name."""

_PHONE, _OTHER_PHONE = 13.0, -1.0
"""A number that one name has; two numbers, as about half of the people have."""

_BORN, _BORN_SLIP, _OTHER_DATE, _WRONG_DATE = 13.0, 4.0, -9.0, -5.0
"""One day of sixty years is 14.4. Of one in thirty, who is otherwise known, the date is wrong."""

_HOST_SLIP = 12.0
"""Nearly the same mailbox at a host that is another by slips only."""

_LOCAL, _PLACE = 9.0, 7.0
"""The most that one local part at two providers says; and one employer."""

_RARE = 8.0
"""Bits of a word of a name that few have."""

_NUMBER_SLIP, _NEARLY = 4.0, 5.0
"""A customer number with a slip; a mailbox with one or two, of people born on one day."""

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


def weigh(one: Features, other: Features, world: World) -> Score:
    """All that can be said of two sightings."""
    return weigh_named(one, other, world, name_match(one, other, world))


def weigh_unless_hopeless(one: Features, other: Features, world: World, match: NameMatch | None) -> Score | None:
    """The same, their names compared (None if one has none); None where it is seen at a glance that it is below all that
    matters: other names, or names that many have, and nothing else in common. Most pairs that share a key are so."""
    if match is not None and _is_hopeless(one, other, match, world):
        return None
    return weigh_named(one, other, world, match)


def name_match(one: Features, other: Features, world: World) -> NameMatch | None:
    """How their names stand to each other; None if one has none."""
    return compare_names(one.name, other.name, world.rarity) if one.name and other.name else None


def _is_hopeless(one: Features, other: Features, match: NameMatch, world: World) -> bool:
    """Whether two sightings with names have nothing in common that could outweigh other names, or lift those that many have."""
    if (one.mailbox and one.meant == other.meant) or (one.phone and one.phone == other.phone):
        return False
    bits = world.prior + (_of_implied(match.bits) if one.implied or other.implied else match.bits)
    if one.born and other.born:
        if one.born == other.born:
            return False
        bits += _BORN_SLIP
    if one.customer_no and one.customer_no == other.customer_no:
        return False
    return bits + _of_mailboxes_at_most(one, other, agrees=match.agrees) < REVIEW


def _of_mailboxes_at_most(one: Features, other: Features, *, agrees: bool) -> float:
    """What two different mailboxes and the place of work may say for one person."""
    bits = _LOCAL if one.local and one.local == other.local else 0.0
    if not agrees:
        return bits
    if (one.domain and one.domain == other.domain) or (one.company and one.company == other.company):
        bits += _PLACE
    if may_be_slip_of_host(one, other):
        return bits + _HOST_SLIP
    return bits + _SLIP if one.host == other.host else bits


def weigh_named(one: Features, other: Features, world: World, match: NameMatch | None) -> Score:
    """The same, where their names have been compared; None if one has none."""
    case = _Case(one, other, world, match)
    _look_again(case)
    case.veto = veto(one, other, world.shared, world.defaults, agrees=case.agrees)
    case.add("prior", "before any evidence", "", "", world.prior)
    _number(case)
    _mailbox(case)
    _name(case)
    _phone(case)
    _birth(case)
    _place(case)
    return Score(sum(line.bits for line in case.lines), tuple(case.lines), case.veto, len(case.kinds))


def _look_again(case: "_Case") -> None:
    """A name that disagrees may be mistyped, where the mailbox, the customer number or the birth date is the same. At one
    mailbox Kia and Kai may be a family."""
    one, other, match = case.one.name, case.other.name, case.match
    if match is None or match.agrees or one is None or other is None:
        return
    if case.born_together or (case.known and match.level is not Level.HOUSEHOLD):
        case.match = second_look(one, other, match, case.world.rarity)


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
    def known(self) -> bool:
        """The same mailbox or customer number, that one person alone has."""
        one, other, shared = self.one, self.other, self.world.shared
        number = bool(one.customer_no) and one.customer_no == other.customer_no and one.customer_no not in shared
        mailbox = self.same_mailbox and not one.role and one.mailbox not in shared
        return number or mailbox

    @property
    def is_wrong_date(self) -> bool:
        """Whether another date of birth is rather wrong than of somebody else."""
        return self.agrees and (self.known or is_slip_of_host(self.one, self.other))

    @property
    def married(self) -> bool:
        """The same given name at the same mailbox, another family name."""
        return self.same_mailbox and self.match is not None and self.match.level is Level.RENAMED

    @property
    def shares_a_rare_word(self) -> bool:
        """Born on one day, those are twins, or one person who married or is called otherwise: a human is asked."""
        mine, other = self.one.name, self.other.name
        shared = set(mine.words) & set(other.words) if mine and other else set()
        return any(self.world.rarity.bits(word) >= _RARE for word in shared)

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
    said = one.mailbox, other.mailbox
    if one.role and other.role:
        case.add("mailbox", "two shared mailboxes", *said, -14.0)
    elif are_numbered(one, other):
        what, bits = ("numbered twins", -14.0) if one.domain else ("other digits at one provider", -4.0)
        case.add("mailbox", what, *said, bits)
    elif case.agrees and is_slip_of_name(one, other):
        case.add("mailbox", "same mailbox but for a slip", *said, _SLIP)
    elif case.agrees and is_slip_of_host(one, other):
        case.add("mailbox", "same mailbox but for a slip in the host", *said, _HOST_SLIP)
    elif case.born_together and not one.role and are_nearly_one(*said):
        case.add("mailbox", "same mailbox but for slips, same birth date", *said, _NEARLY)
    elif one.local == other.local and not one.role and not case.against:
        spelt = spells_name(one) or spells_name(other)
        bits = 1.0 if spelt else clamped(0.75, case.world.size, case.world.domains_of_local.get(one.local, 1), _LOCAL)
        case.add("local", "same name of the mailbox", *said, bits)


def _name(case: _Case) -> None:
    if case.match is None:
        return
    bits, level = case.match.bits, case.match.level
    if case.implied and case.same_mailbox:
        bits = max(bits, 0.0)
    elif case.implied:
        bits = _of_implied(bits)
    elif case.married:
        bits = _MARRIED
    elif case.born_together and case.shares_a_rare_word:
        bits = max(bits, 0.0)
    case.add("name", level.value, _said(case.one), _said(case.other), bits)


def _of_implied(bits: float) -> float:
    """Of a name that a mailbox spells."""
    return bits * _IMPLIED if bits > 0 else max(bits, _IMPLIED_AGAINST)


def _phone(case: _Case) -> None:
    if case.one.phone and case.one.phone == case.other.phone:
        people = max(case.world.names_on_phone.get(case.one.phone, 1), 1)
        bits = max(_PHONE - 2.2 * math.log2(people), 0.0)
        case.add("phone", f"same phone, of {people}", case.one.phone, case.other.phone, bits)
    elif case.one.phone and case.other.phone and not case.same_mailbox:
        case.add("phone", "another phone", case.one.phone, case.other.phone, _OTHER_PHONE)


def _birth(case: _Case) -> None:
    one, other = case.one.born, case.other.born
    if one is None or other is None or {one, other} & case.world.defaults:
        return
    if one == other:
        what, bits = "same birth date", _BORN
    elif is_slip_of_date(one, other):
        what, bits = "same birth date but for a slip", _BORN_SLIP
    else:
        what, bits = "another birth date", _WRONG_DATE if case.is_wrong_date else _OTHER_DATE
    case.add("birth", what, one.isoformat(), other.isoformat(), bits)


def _place(case: _Case) -> None:
    """The same employer says something only of people of one name."""
    one, other, world = case.one, case.other, case.world
    if not case.agrees or case.same_mailbox:
        return
    found = []
    if one.domain and one.domain == other.domain:
        found.append(
            (clamped(0.8, world.size, world.mailboxes_at.get(one.domain, 1), _PLACE), "same domain", one.domain)
        )
    if one.company and one.company == other.company:
        bits = clamped(0.8, world.size, world.people_of_company.get(one.company, 1), _PLACE)
        found.append((bits, "same company", one.company))
    if found:
        bits, what, value = max(found)
        case.add("place", what, value, value, bits)


def _said(features: Features) -> str:
    name = features.name
    return "" if name is None else name.han or " ".join((*name.words, *name.initials))
