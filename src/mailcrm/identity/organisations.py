"""What speaks for two organisations being one: their number, their name, the first word of their domain."""

import math

from mailcrm.identity.evidence import Score
from mailcrm.identity.features import Features
from mailcrm.identity.keys import brand
from mailcrm.identity.weights import CERTAIN
from mailcrm.identity.world import World
from mailcrm.model.identity import Evidence

_SHARE, _LEAST, _MOST = 0.75, 2.0, 9.0
_SMALLEST = 3000
_OTHER_NAME = -6.0
_ALIKE, _OF_ALIKE = 0.8, 0.8
"""Likeness from which two names are likely one company's, and the share of the bits of the same name."""


def weigh_organisations(one: Features, other: Features, world: World, alike: float = 0.0) -> Score:
    """All that can be said of two. The same name and the same brand are not enough without asking: franchises have both.

    `alike` is how likely any two of their names, as written, are one company's: 鸿运贸易有限公司, Hongyun Trading.
    """
    lines = [Evidence("before any evidence", "", "", world.prior)]
    kinds, veto = set(), ""
    if one.customer_no and other.customer_no:
        if one.customer_no == other.customer_no:
            lines.append(Evidence("same tax number", one.customer_no, other.customer_no, CERTAIN - world.prior))
            kinds |= {"number", "identifier"}
        else:
            veto = "different tax numbers"
    if one.company and other.company:
        if one.company == other.company:
            bits = _rare(world.people_of_company.get(one.company, 1), world)
            lines.append(Evidence("same name of the company", one.company, other.company, bits))
            kinds.add("name")
        elif alike >= _ALIKE:
            bits = _OF_ALIKE * _rare(1, world)
            lines.append(Evidence("much the same name of the company", one.company, other.company, bits))
            kinds.add("name")
        else:
            lines.append(Evidence("another name of the company", one.company, other.company, _OTHER_NAME))
    if one.domain and other.domain and one.domain != other.domain and brand(one.domain) == brand(other.domain):
        lines.append(Evidence("same name of the domain", one.domain, other.domain, _rare(2, world)))
        kinds.add("domain")
    return Score(sum(line.bits for line in lines), tuple(lines), veto, len(kinds))


def _rare(count: int, world: World) -> float:
    bits = _SHARE * math.log2(max(world.size, _SMALLEST) / max(count, 1))
    return min(max(bits, _LEAST), _MOST)
