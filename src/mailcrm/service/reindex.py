"""Puts mail into the search index that is not there, after an update whose index has other rules or by hand; merges it."""

import time

from mailcrm.model.rights import Actor
from mailcrm.store import Store
from mailcrm.store.search import index

_ACTOR = Actor.system("reindex")
_BATCH = 100
"""Messages in one transaction: others want to write, too."""


def index_waiting(store: Store) -> None:
    """Mail whose body has not come is found by its subject and people meanwhile."""
    after: int | None = 0
    while after is not None:
        with store.write(_ACTOR) as session:
            after = index.add_waiting(session, after, _BATCH)


def reindex_mail(store: Store, *, anew: bool = False) -> int:
    """All messages that lack their words, in small transactions; returns how many.

    Interrupted, it goes on where it was. Where other rules made some of the index, or with `anew`, all is thrown away first.
    """
    with store.write(_ACTOR) as session:
        if anew or index.is_outdated(session):
            index.forget_all(session)
    count = after = 0
    while True:
        with store.write(_ACTOR) as session:
            ids = index.unindexed(session, after, _BATCH)
            index.add(session, ids)
        if not ids:
            return count
        count, after = count + len(ids), ids[-1]


def merge_index(store: Store) -> int:
    """Make one part of the many of the index, if they have become many, in small transactions; returns how many.

    Searches get faster and the index smaller. Interrupted, it goes on where it was.
    """
    with store.read() as session:
        more = index.is_scattered(session)
    count = 0
    while more:
        began = time.monotonic()
        with store.write(_ACTOR) as session:
            more = index.merge(session, begin=count == 0)
        count += 1
        time.sleep(time.monotonic() - began)  # so that another process that waits to write finds its turn
    return count
