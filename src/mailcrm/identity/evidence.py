"""What speaks for and against two sightings being one person, in bits: log2 of how much likelier it is seen of one person
than of two. The sum is the score; a veto ends the matter. How much each says: `weights`.
"""

import math
from dataclasses import dataclass, field

from mailcrm.identity import weights
from mailcrm.identity.features import Features
from mailcrm.identity.glance import is_hopeless, of_implied
from mailcrm.identity.mailboxes import are_nearly_one, are_numbered, is_slip_of_host, is_slip_of_name, spells_name
from mailcrm.identity.mangled import second_look
from mailcrm.identity.names.compare import Level, NameMatch, compare_names
from mailcrm.identity.vetoes import is_slip_of_date, slip_of_number, veto
from mailcrm.identity.world import World, clamped
from mailcrm.model.identity import Evidence


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
        return not self.veto and self.bits >= weights.AUTO and self.kinds > 1

    @property
    def is_open(self) -> bool:
        """Worth a human's look."""
        return not self.veto and self.bits >= weights.REVIEW and not self.is_one


def weigh(one: Features, other: Features, world: World) -> Score:
    """All that can be said of two sightings."""
    return weigh_named(one, other, world, name_match(one, other, world))


def weigh_unless_hopeless(one: Features, other: Features, world: World, match: NameMatch | None) -> Score | None:
    """The same, their names compared (None if one has none); None where it is seen at a glance that it is below all that
    matters: other names, or names that many have, and nothing else in common. Most pairs that share a key are so."""
    if match is not None and is_hopeless(one, other, match, world):
        return None
    return weigh_named(one, other, world, match)


def name_match(one: Features, other: Features, world: World) -> NameMatch | None:
    """How their names stand to each other; None if one has none."""
    return compare_names(one.name, other.name, world.rarity) if one.name and other.name else None


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
        return any(self.world.rarity.bits(word) >= weights.RARE for word in shared)

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
        self.add("number", what, value, value, weights.CERTAIN - self.world.prior)
        self.kinds.add("identifier")


def _number(case: _Case) -> None:
    one, other = case.one.customer_no, case.other.customer_no
    if not one or not other or {one, other} & case.world.shared:
        return
    if one == other:
        case.identified("same customer number", one)
    elif slip_of_number(one, other):
        case.add("number", "same customer number but for a slip", one, other, weights.NUMBER_SLIP)


def _mailbox(case: _Case) -> None:
    one, other = case.one, case.other
    if not (one.mailbox and other.mailbox):
        return
    if case.same_mailbox:
        _same_mailbox(case)
    elif one.meant == other.meant:
        case.add("mailbox", "same mailbox but for a slip in the provider", one.mailbox, other.mailbox, weights.MEANT)
    else:
        _two_mailboxes(case)


def _same_mailbox(case: _Case) -> None:
    one, other = case.one, case.other
    shared = one.role or one.mailbox in case.world.shared
    if shared and (one.name or other.name):
        if case.against:
            case.veto = case.veto or "two people behind a shared mailbox"
        elif case.agrees:
            case.add("mailbox", "same shared mailbox", one.mailbox, one.mailbox, weights.SHARED_MAILBOX)
        return  # somebody at a shared mailbox is not all that it says
    bits = weights.CERTAIN - case.world.prior
    case.add("mailbox", "same mailbox", one.mailbox, one.mailbox, bits)
    if not case.against or case.married:
        case.kinds.add("identifier")


def _two_mailboxes(case: _Case) -> None:
    """One local part at two providers, numbered twins, a slip of the finger, two shared ones."""
    one, other = case.one, case.other
    said = one.mailbox, other.mailbox
    if one.role and other.role:
        case.add("mailbox", "two shared mailboxes", *said, weights.TWO_SHARED)
    elif are_numbered(one, other):
        twins, others = ("numbered twins", weights.NUMBERED), ("other digits at one provider", weights.OTHER_DIGITS)
        what, bits = twins if one.domain else others
        case.add("mailbox", what, *said, bits)
    elif case.agrees and is_slip_of_name(one, other):
        case.add("mailbox", "same mailbox but for a slip", *said, weights.SLIP)
    elif case.agrees and is_slip_of_host(one, other):
        case.add("mailbox", "same mailbox but for a slip in the host", *said, weights.HOST_SLIP)
    elif case.born_together and not one.role and are_nearly_one(*said):
        case.add("mailbox", "same mailbox but for slips, same birth date", *said, weights.NEARLY)
    elif one.local == other.local and not one.role and not case.against:
        spelt = spells_name(one) or spells_name(other)
        bits = (
            1.0
            if spelt
            else clamped(0.75, case.world.size, case.world.domains_of_local.get(one.local, 1), weights.LOCAL)
        )
        case.add("local", "same name of the mailbox", *said, bits)


def _name(case: _Case) -> None:
    if case.match is None:
        return
    bits, level = case.match.bits, case.match.level
    if case.implied and case.same_mailbox:
        bits = max(bits, 0.0)
    elif case.implied:
        bits = of_implied(bits)
    elif case.married:
        bits = weights.MARRIED
    elif case.born_together and case.shares_a_rare_word:
        bits = max(bits, 0.0)
    case.add("name", level.value, _said(case.one), _said(case.other), bits)


def _phone(case: _Case) -> None:
    if case.one.phone and case.one.phone == case.other.phone:
        people = max(case.world.names_on_phone.get(case.one.phone, 1), 1)
        bits = max(weights.PHONE - 2.2 * math.log2(people), 0.0)
        case.add("phone", f"same phone, of {people}", case.one.phone, case.other.phone, bits)
    elif case.one.phone and case.other.phone and not case.same_mailbox:
        case.add("phone", "another phone", case.one.phone, case.other.phone, weights.OTHER_PHONE)


def _birth(case: _Case) -> None:
    one, other = case.one.born, case.other.born
    if one is None or other is None or {one, other} & case.world.defaults:
        return
    if one == other:
        what, bits = "same birth date", weights.BORN
    elif is_slip_of_date(one, other):
        what, bits = "same birth date but for a slip", weights.BORN_SLIP
    else:
        what, bits = "another birth date", weights.WRONG_DATE if case.is_wrong_date else weights.OTHER_DATE
    case.add("birth", what, one.isoformat(), other.isoformat(), bits)


def _place(case: _Case) -> None:
    """The same employer says something only of people of one name."""
    one, other, world = case.one, case.other, case.world
    if not case.agrees or case.same_mailbox:
        return
    found = []
    if one.domain and one.domain == other.domain:
        found.append(
            (clamped(0.8, world.size, world.mailboxes_at.get(one.domain, 1), weights.PLACE), "same domain", one.domain)
        )
    if one.company and one.company == other.company:
        bits = clamped(0.8, world.size, world.people_of_company.get(one.company, 1), weights.PLACE)
        found.append((bits, "same company", one.company))
    if found:
        bits, what, value = max(found)
        case.add("place", what, value, value, bits)


def _said(features: Features) -> str:
    name = features.name
    return "" if name is None else name.han or " ".join((*name.words, *name.initials))
