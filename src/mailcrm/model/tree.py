"""The order in which the mails of a conversation are drawn: each below the one it answers, as far as that is there.

For display only: which mails belong together is decided by all ids they name (`ingest.mail.threads`), not by this tree.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple


class Leaf(NamedTuple):
    """A mail: what it is called ('' unknown), what it answers (''), and when it was written."""

    key: str
    answers: str
    at: datetime


def draw(leaves: Sequence[Leaf]) -> list[tuple[int, int]]:
    """(index of the leaf, depth) in the order of drawing; each leaf once. Siblings stand in the order of time.

    What answers a mail that is not here stands at the top, as does one that, by a forged id, would answer itself.
    """
    by_key = {leaf.key: index for index, leaf in reversed(list(enumerate(leaves))) if leaf.key}
    parents = [by_key.get(leaf.answers) if leaf.answers else None for leaf in leaves]
    for index in range(len(leaves)):
        if _is_its_own_ancestor(index, parents):
            parents[index] = None
    children: dict[int | None, list[int]] = {}
    for index in sorted(range(len(leaves)), key=lambda index: leaves[index].at, reverse=True):
        children.setdefault(parents[index], []).append(index)
    drawn, waiting = [], [(index, 0) for index in children.get(None, ())]
    while waiting:
        index, depth = waiting.pop()
        drawn.append((index, depth))
        waiting += [(child, depth + 1) for child in children.get(index, ())]
    return drawn


def _is_its_own_ancestor(index: int, parents: Sequence[int | None]) -> bool:
    seen, above = {index}, parents[index]
    while above is not None and above not in seen:
        seen.add(above)
        above = parents[above]
    return above == index
