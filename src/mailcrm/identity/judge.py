"""Whether two parties are one: the best that any of their facets say, and what then follows."""

from collections.abc import Iterable
from enum import Enum

from mailcrm.identity.evidence import AUTO, REVIEW, Score, World, weigh
from mailcrm.identity.names.compare import Level, compare_names
from mailcrm.identity.organisations import weigh_organisations
from mailcrm.identity.profile import Profile
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
    score = best_score(one, other, world)
    return _decided(score, one, other, auto)


def judge_unless_hopeless(
    one: Profile, other: Profile, world: World, auto: float = AUTO
) -> tuple[Decision, Judgement] | None:
    """The same; None where it is seen at a glance that nothing follows."""
    if not (one.organisation or other.organisation) and _is_hopeless(one, other, world):
        return None
    return judge(one, other, world, auto)


def _is_hopeless(one: Profile, other: Profile, world: World) -> bool:
    """Other names, whichever of them are compared, and nothing else in common that could outweigh them."""
    if one.says_more or other.says_more or not one.identifiers.isdisjoint(other.identifiers):
        return False
    return not any(compare_names(a, b, world.rarity).agrees for a in one.names for b in other.names)


def best_score(one: Profile, other: Profile, world: World) -> Score:
    """The best pair of their facets, those before all that a veto forbids."""
    if one.organisation or other.organisation:
        if one.organisation != other.organisation:
            return Score(0.0, (), "a person is no organisation")
        return _best(weigh_organisations(left, right, world) for left in one.facets for right in other.facets)
    return _best(weigh(left, right, world) for left in one.facets for right in other.facets)


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
