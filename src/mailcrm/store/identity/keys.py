"""The keys of parties, by which others find them, and how many have what is only counted: looking for the same person is a few
indexed look-ups, however large the archive."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from sqlalchemy import BigInteger, Integer, Select, bindparam, delete, func, select, union_all
from sqlalchemy.orm import Session

from mailcrm.store.bulk import add_up, insert_rows, portions, rows_in
from mailcrm.store.prepared import Lookup, selection
from mailcrm.store.rows.identity import KeyCount, SightingKey


@dataclass(frozen=True, slots=True)
class Keys:
    """Of one party, as numbers: those by which it is found, and those that are only counted."""

    found_by: frozenset[int] = frozenset()
    counted: frozenset[int] = frozenset()


def change(session: Session, changes: Mapping[int, tuple[Keys, Keys]]) -> None:
    """Give parties other keys: (before, after) by party id. The counts follow."""
    moved: Counter[int] = Counter()
    gone, new = [], []
    for party_id, (before, after) in changes.items():
        gone += [(key, party_id) for key in before.found_by - after.found_by]
        new += [{"key": key, "party_id": party_id} for key in sorted(after.found_by - before.found_by)]
        moved.update(after.counted)
        moved.subtract(before.counted)
    for key, party_id in gone:
        session.execute(delete(SightingKey).where(SightingKey.key == key, SightingKey.party_id == party_id))
    insert_rows(session, SightingKey, new)
    add_up(session, KeyCount, "parties", [{"key": key, "parties": by} for key, by in sorted(moved.items()) if by])


def counts(session: Session, keys: Collection[int]) -> dict[int, int]:
    """How many parties have each of these that are counted; one that nobody ever had is left out."""
    return {row[0]: row[1] for row in rows_in(session, _counts(), keys)} if keys else {}


@cache
def _counts() -> Lookup:
    return Lookup(select(KeyCount.key, KeyCount.parties), KeyCount.key)


def sharing(session: Session, most: Mapping[int, int]) -> dict[int, list[int]]:
    """The parties that have each of these keys, by id, the first so many of each."""
    connection = session.connection()
    session.flush()
    found: dict[int, list[int]] = {}
    for part in portions(sorted(most), _SIZES[-1]):
        size = next(size for size in _SIZES if size >= len(part))
        row: dict[str, object] = {f"key_{at}": None for at in range(size)} | {f"most_{at}": 0 for at in range(size)}
        row |= {f"key_{at}": key for at, key in enumerate(part)} | {
            f"most_{at}": most[key] for at, key in enumerate(part)
        }
        for key, party_id in selection(connection.dialect, _sharing(size)).find(connection, row):
            found.setdefault(key, []).append(party_id)
    return found


_SIZES = 1, 6, 12, 18, 25, 50, 100
"""Keys in one statement: few statements do for all."""


@lru_cache
def _sharing(size: int) -> Select[int, int]:
    """A select for each key, so that none of those that thousands share is read to its end."""
    each = [
        select(SightingKey.key, SightingKey.party_id)
        .where(SightingKey.key == bindparam(f"key_{at}", type_=BigInteger))
        .order_by(SightingKey.party_id)
        .limit(bindparam(f"most_{at}", type_=Integer))
        .subquery()
        for at in range(size)
    ]
    every = union_all(*(select(one.c.key, one.c.party_id) for one in each)).subquery()
    return select(every.c.key, every.c.party_id)


def recount(session: Session) -> None:
    """Forget all keys and counts, before everybody is looked at anew."""
    session.execute(delete(SightingKey))
    session.execute(delete(KeyCount))


def totals(session: Session) -> tuple[int, int]:
    """How many keys there are, and how many counts: for tests and `--json`."""
    keys = session.execute(select(func.count()).select_from(SightingKey)).scalar_one()
    return keys, session.execute(select(func.count()).select_from(KeyCount)).scalar_one()
