"""The numbers of mail in the search index: they grow with time, so that an index read backwards gives the newest mail first.

On SQLite numbers close together make the index a third smaller. So a number counts spans of a minute; where many mails share
one, others get higher numbers, and who reads on far enough still has the exact order (`find`). On servers, where
several write at once, a number is made of second and message id and needs no look at others.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.store.bulk import rows_in
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.search import MessageSearch

_SPAN = 64
_IDS = 30
"""Bits for the message id: a billion of mails."""

_LAST = (1 << 33) - 1  # in the year 2242; what claims to be later is new enough
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def least_key(dialect: str, at: datetime) -> int:
    """No mail of this moment or later has a smaller key."""
    seconds = min(max(int((at - _EPOCH).total_seconds()), 0), _LAST)
    return seconds // _SPAN if dialect == "sqlite" else seconds << _IDS


def new_keys(session: Session, mails: Sequence[tuple[datetime, int]]) -> dict[int, int]:
    """Free keys for new mail (time, message id), by message id."""
    dialect = session.get_bind().dialect.name
    least = {message_id: least_key(dialect, at) for at, message_id in mails}
    if dialect != "sqlite":
        return {message_id: key + message_id for message_id, key in least.items()}
    found: dict[int, int] = {}
    used: set[int] = set()
    waiting, tries = dict(least), 0
    while waiting:
        used.update(row[0] for row in rows_in(session, _used(), waiting.values()))
        for message_id, key in waiting.items():
            if key not in used:
                used.add(key)
                found[message_id] = key
        tries += 1
        # Ever further, so that a hundred thousand mails of one minute take ten tries and not as many.
        waiting = {
            message_id: least[message_id] + _scattered(message_id, tries)
            for message_id in waiting
            if message_id not in found
        }
    return found


def _scattered(message_id: int, tries: int) -> int:
    return (message_id + tries * 7919) * 2654435761 % 2**32 * (1 << 2 * min(tries, 15)) >> 32


@cache
def _used() -> Lookup:
    return Lookup(select(MessageSearch.key), MessageSearch.key)
