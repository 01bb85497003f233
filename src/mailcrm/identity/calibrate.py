"""From how many bits on two are one without asking: what this team's own answers say, within bounds."""

import math
from collections.abc import Sequence

from mailcrm.identity.weights import AUTO

BOLDEST, MOST_CAREFUL = 4.0, 15.0
"""Never fewer and never more bits than these, whatever people answered."""

RIGHT, RIGHT_BELOW = 0.995, 0.98
"""The share of right joins above the threshold; and of pairs below the starting value that shall be joined, too."""

_STEP = 0.5
_Z = 1.64
"""Of the normal distribution: so sure in 19 of 20 cases."""


def threshold(answers: Sequence[tuple[float, bool]]) -> float:
    """From answers (bits, whether they were one): humans' verdicts, and joins that nobody undid.

    Higher as soon as what is joined is surely wrong too often; lower, half a bit at a time, only where so many pairs of just
    those bits were found to be one that they are all but surely right.
    """
    bits = AUTO
    while bits < MOST_CAREFUL and _surely_wrong([same for found, same in answers if found >= bits]):
        bits += _STEP
    if bits > AUTO:
        return bits
    while bits > BOLDEST and _surely_right([same for found, same in answers if bits - _STEP <= found < bits]):
        bits -= _STEP
    return bits


def _surely_wrong(answers: Sequence[bool]) -> bool:
    return bool(answers) and _at_least(answers.count(False), len(answers)) > 1 - RIGHT


def _surely_right(answers: Sequence[bool]) -> bool:
    return bool(answers) and _at_least(answers.count(True), len(answers)) >= RIGHT_BELOW


def _at_least(right: int, total: int) -> float:
    """The lower bound of a share, by Wilson."""
    share, z2 = right / total, _Z * _Z
    middle = share + z2 / (2 * total)
    spread = _Z * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    return (middle - spread) / (1 + z2 / total)
