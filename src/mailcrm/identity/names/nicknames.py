"""Short forms of given names (Bob, Robert); owner of the table of the `nicknames` package (Apache-2.0)."""

from functools import lru_cache

_SHORT = 4
"""Letters of a form that is short; Maria and Marie are two names, though both may stand for Marietta."""


def is_short_for(one: str, other: str) -> bool:
    """Whether one of two lower-case given names is a usual short form of the other; or both of a third, one being short."""
    table = _table()
    mine, theirs = table.get(one), table.get(other)
    if not mine or not theirs:
        return False
    return one in theirs or other in mine or (min(len(one), len(other)) <= _SHORT and bool(mine & theirs))


def stands_for(name: str) -> frozenset[str]:
    """The full names that a lower-case given name may stand for; of a full one, itself."""
    return _table().get(name, frozenset())


@lru_cache(maxsize=1)
def _table() -> dict[str, frozenset[str]]:
    """By name, the full names that it stands for; a full name stands for itself."""
    from nicknames import NickNamer

    namer = NickNamer()
    stands_for: dict[str, set[str]] = {}
    for full, shorts in namer.nickname_lookup.items():
        stands_for.setdefault(full, set()).add(full)
        for short in shorts:
            stands_for.setdefault(short, set()).add(full)
    return {name: frozenset(fulls) for name, fulls in stands_for.items()}
