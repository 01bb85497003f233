"""Whether two parties are one: the best that any of their facets say, and what then follows."""

from collections.abc import Iterable
from enum import Enum

from mailcrm.identity.companies.likeness import company_likeness
from mailcrm.identity.evidence import Score, weigh_named, weigh_unless_hopeless
from mailcrm.identity.names.compare import Level, NameMatch, compare_names
from mailcrm.identity.names.form import NameForm
from mailcrm.identity.organisations import weigh_organisations
from mailcrm.identity.profile import Profile
from mailcrm.identity.weights import AUTO, REVIEW
from mailcrm.identity.world import World
from mailcrm.model.identity import Judgement

_NAMES = frozenset(level.value for level in Level)

SEVERAL = "several people write from one of these mailboxes"


class Decision(Enum):
    """What follows from a judgement."""

    JOIN = "join"
    ASK = "ask"
    NOTHING = "nothing"


def judge(one: Profile, other: Profile, world: World, auto: float = AUTO) -> tuple[Decision, Judgement]:
    """All that is said of the pair, and what follows. `auto` are the bits from which two are one."""
    if one.organisation or other.organisation:
        return _decided(_of_organisations(one, other, world), one, other, auto)
    return _decided(_of_people(one, other, world, _matches(one, other, world)), one, other, auto)


def judge_unless_hopeless(
    one: Profile, other: Profile, world: World, auto: float = AUTO
) -> tuple[Decision, Judgement] | None:
    """The same; None where nothing follows. Most pairs that share a key are so: that is seen at a glance."""
    if one.organisation or other.organisation:
        score = _of_organisations(one, other, world)
    else:
        matches = _matches(one, other, world)
        found = [] if _is_hopeless(one, other, matches) else _worth_a_look(one, other, world, matches)
        if not found:
            return None
        score = _best(found)
    return None if score.veto or score.bits < REVIEW else _decided(score, one, other, auto)


_Matches = dict[tuple[NameForm, NameForm], NameMatch]


def _matches(one: Profile, other: Profile, world: World) -> _Matches:
    """Each pair of their names, compared once."""
    return {(a, b): compare_names(a, b, world.rarity) for a in one.names for b in other.names}


def _is_hopeless(one: Profile, other: Profile, matches: _Matches) -> bool:
    """Other names, whichever of them are compared, and nothing else in common that could outweigh them."""
    if one.says_more or other.says_more or not one.identifiers.isdisjoint(other.identifiers):
        return False
    return not any(match.agrees for match in matches.values())


def _of_people(one: Profile, other: Profile, world: World, matches: _Matches) -> Score:
    """The best pair of their facets, those before all that a veto forbids."""
    return _best(
        weigh_named(left, right, world, matches[left.name, right.name] if left.name and right.name else None)
        for left in one.facets
        for right in other.facets
    )


def _worth_a_look(one: Profile, other: Profile, world: World, matches: _Matches) -> list[Score]:
    """Of each pair of their facets that does not come to nothing at a glance."""
    found = []
    for left in one.facets:
        for right in other.facets:
            match = matches[left.name, right.name] if left.name and right.name else None
            if score := weigh_unless_hopeless(left, right, world, match):
                found.append(score)
    return found


def _of_organisations(one: Profile, other: Profile, world: World) -> Score:
    if one.organisation != other.organisation:
        return Score(0.0, (), "a person is no organisation")
    alike = max((company_likeness(mine, theirs) for mine in one.called for theirs in other.called), default=0.0)
    return _best(weigh_organisations(left, right, world, alike) for left in one.facets for right in other.facets)


def _best(scores: Iterable[Score]) -> Score:
    return max(scores, key=lambda score: (not score.veto, score.bits), default=Score(0.0, (), "nothing to compare"))


def _decided(score: Score, one: Profile, other: Profile, auto: float) -> tuple[Decision, Judgement]:
    speaking = {line.what for line in score.lines if line.bits > 0}
    several = SEVERAL if max(one.people, other.people) > 1 and not one.organisation else ""
    judgement = Judgement.of(score.lines, score.veto, name_only=speaking <= _NAMES)
    if score.veto or score.bits < REVIEW:
        return Decision.NOTHING, judgement
    if score.bits >= auto and score.kinds > 1:
        return (Decision.ASK, judgement.asked(several)) if several else (Decision.JOIN, judgement)
    return Decision.ASK, judgement
