"""The keys of parties and how many have each: what makes looking for the same person a few indexed look-ups."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Update, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from mailcrm.store.bulk import insert_rows, portions, rows_in, update_rows
from mailcrm.store.prepared import Lookup
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
        for keys, by in ((after, 1), (before, -1)):
            moved.update(dict.fromkeys(keys.found_by | keys.counted, by) if by > 0 else {})
            if by < 0:
                moved.subtract(keys.found_by | keys.counted)
    for key, party_id in gone:
        session.execute(delete(SightingKey).where(SightingKey.key == key, SightingKey.party_id == party_id))
    insert_rows(session, SightingKey, new)
    _count({key: by for key, by in sorted(moved.items()) if by}, session)


def _count(moved: Mapping[int, int], session: Session) -> None:
    known = counts(session, moved)
    update_rows(session, _moved(), [{"which": key, "by": by} for key, by in moved.items() if key in known])
    insert_rows(
        session, KeyCount, [{"key": key, "parties": by, "judged": 0} for key, by in moved.items() if key not in known]
    )


@cache
def _moved() -> Update:
    return update(KeyCount).where(KeyCount.key == bindparam("which")).values(parties=KeyCount.parties + bindparam("by"))


def counts(session: Session, keys: Collection[int]) -> dict[int, int]:
    """How many parties have each of these; a key that nobody ever had is left out."""
    return {row[0]: row[1] for row in rows_in(session, _counts(), keys)} if keys else {}


@cache
def _counts() -> Lookup:
    return Lookup(select(KeyCount.key, KeyCount.parties), KeyCount.key)


def sharing(session: Session, keys: Collection[int]) -> dict[int, list[int]]:
    """The parties that have each of these keys."""
    found: dict[int, list[int]] = {}
    for key, party_id in rows_in(session, _sharing(), keys) if keys else ():
        found.setdefault(key, []).append(party_id)
    return found


@cache
def _sharing() -> Lookup:
    return Lookup(select(SightingKey.key, SightingKey.party_id), SightingKey.key)


# --- at night ----------------------------------------------------------------------------------------------------


def moved_keys(session: Session, limit: int) -> list[int]:
    """Keys that twice as many have as when they were last looked at, or half as many: what they say has changed."""
    grown = KeyCount.parties >= 2 * KeyCount.judged
    shrunk = 2 * KeyCount.parties <= KeyCount.judged
    query = select(KeyCount.key).where(KeyCount.parties != KeyCount.judged, grown | shrunk)
    return list(session.execute(query.order_by(KeyCount.key).limit(limit)).scalars())


def mark_judged(session: Session, keys: Iterable[int]) -> None:
    """These were looked at as they are now."""
    for part in portions(sorted(keys)):
        these = update(KeyCount).where(KeyCount.key.in_(part)).values(judged=KeyCount.parties)
        session.execute(these.execution_options(synchronize_session=False))


def recount(session: Session) -> None:
    """Forget all keys and counts, before everybody is looked at anew."""
    session.execute(delete(SightingKey))
    session.execute(delete(KeyCount))


def totals(session: Session) -> tuple[int, int]:
    """How many keys there are, and how many counts: for tests and `--json`."""
    keys = session.execute(select(func.count()).select_from(SightingKey)).scalar_one()
    return keys, session.execute(select(func.count()).select_from(KeyCount)).scalar_one()
