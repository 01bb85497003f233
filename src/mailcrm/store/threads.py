"""Conversations: a union of all message ids that were ever seen together, independent of the order of arrival.

Every id is a row, those of parents that never came included. Where a mail joins two threads the older one wins: refs
and messages move to it in the same transaction, and the other points at it for ever (`merged_into`).
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache, lru_cache

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from mailcrm.errors import StoreBusy
from mailcrm.model.filing import Conversation
from mailcrm.store.bulk import insert_numbered, insert_rows, portions, rows_in
from mailcrm.store.failures import COLLISION
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.mail import Message, MessageRef, Thread

_DOMAIN = re.compile(r"[a-z0-9._-]{1,255}")


@lru_cache(maxsize=4096)  # the mails of a conversation name each other again and again
def ref_hash(message_id: str) -> str:
    """What a Message-ID is looked up by: ids may have 998 characters, index keys not."""
    return hashlib.sha256(message_id.encode("utf-8", "replace")).hexdigest()


def id_domain(message_id: str) -> str:
    """What stands behind the @ of a Message-ID, in lower case; '' where that is no host name."""
    domain = message_id.rpartition("@")[2].lower() if "@" in message_id else ""
    return domain if _DOMAIN.fullmatch(domain) else ""


def join_threads(session: Session, conversations: Sequence[Conversation]) -> list[int]:
    """The thread of each conversation, in order: known, united, or made. A conversation without ids is its own thread."""
    hashes = [[ref_hash(message_id) for message_id in talk.ids] for talk in conversations]
    known = _known(session, {ref for refs in hashes for ref in refs})
    groups = _Groups()
    for index, refs in enumerate(hashes):
        groups.union(("talk", index), *refs, *{known[ref] for ref in refs if ref in known})
    threads = _threads_for(session, groups, conversations)
    new = {
        ref: message_id
        for talk, refs in zip(conversations, hashes, strict=True)
        for message_id, ref in zip(talk.ids, refs, strict=True)
        if ref not in known
    }
    # In order, so that two workers wait for each other instead of blocking each other.
    rows = [
        {"ref_hash": ref, "thread_id": threads[groups.find(ref)], "domain": id_domain(new[ref])} for ref in sorted(new)
    ]
    insert_rows(session, MessageRef, rows)
    return [threads[groups.find(("talk", index))] for index in range(len(conversations))]


class _Groups:
    """Union-find over ids (str), known threads (int) and the conversations themselves (a tuple)."""

    def __init__(self) -> None:
        self.parent: dict[object, object] = {}

    def find(self, item: object) -> object:
        root = self.parent.setdefault(item, item)
        while (above := self.parent[root]) != root:
            root = above
        while self.parent[item] != root:
            self.parent[item], item = root, self.parent[item]
        return root

    def union(self, first: object, *others: object) -> None:
        root = self.find(first)
        for item in others:
            self.parent[self.find(item) if item in self.parent else item] = root

    def members(self) -> dict[object, list[object]]:
        found: dict[object, list[object]] = {}
        for item in list(self.parent):
            found.setdefault(self.find(item), []).append(item)
        return found


def _threads_for(session: Session, groups: _Groups, conversations: Sequence[Conversation]) -> dict[object, int]:
    """The thread id of every group, by the group's root; the conversations are counted in it."""
    members = groups.members()
    existing = {root: sorted(m for m in group if isinstance(m, int)) for root, group in members.items()}
    talks = {root: [conversations[m[1]] for m in group if isinstance(m, tuple)] for root, group in members.items()}
    rows = _load(session, [thread_id for ids in existing.values() for thread_id in ids])
    for root, ids in existing.items():
        if ids:
            _merge(session, [rows[loser] for loser in ids[1:]], rows[ids[0]])
            _count(rows[ids[0]], [talk.at for talk in talks[root]])
    new = [root for root, ids in existing.items() if not ids]
    made = insert_numbered(session, Thread, [_new_thread(talks[root]) for root in new])
    return {root: ids[0] for root, ids in existing.items() if ids} | dict(zip(new, made, strict=True))


def _new_thread(talks: Sequence[Conversation]) -> dict[str, object]:
    times = [talk.at for talk in talks]
    return {
        "subject": talks[0].subject[:998],
        "message_count": len(talks),
        "first_at": min(times),
        "last_at": max(times),
    }


def _count(thread: Thread, times: Sequence[datetime]) -> None:
    thread.stale = True
    thread.message_count += len(times)
    thread.first_at = min(times if thread.first_at is None else [thread.first_at, *times])
    thread.last_at = max(times if thread.last_at is None else [thread.last_at, *times])


def _load(session: Session, ids: Iterable[int]) -> dict[int, Thread]:
    """The rows, locked: on a server another worker may be counting or joining the same threads. Raises StoreBusy."""
    wanted = sorted(set(ids))
    found: dict[int, Thread] = {}
    for part in portions(wanted):
        query = select(Thread).where(Thread.id.in_(part)).order_by(Thread.id)
        locked = query.with_for_update().execution_options(populate_existing=True)
        found |= {thread.id: thread for thread in session.execute(locked).scalars()}
    if any(thread.merged_into is not None for thread in found.values()):
        raise StoreBusy(COLLISION)
    return found


def _known(session: Session, hashes: set[str]) -> dict[str, int]:
    return {row[0]: row[1] for row in rows_in(session, _threads_of(), sorted(hashes))}


@cache
def _threads_of() -> Lookup:
    return Lookup(select(MessageRef.ref_hash, MessageRef.thread_id), MessageRef.ref_hash)


def _merge(session: Session, losers: Sequence[Thread], winner: Thread) -> None:
    for lost in losers:
        winner.message_count += lost.message_count
        winner.first_at = min((t for t in (winner.first_at, lost.first_at) if t), default=None)
        winner.last_at = max((t for t in (winner.last_at, lost.last_at) if t), default=None)
        lost.message_count, lost.merged_into, lost.stale = 0, winner.id, True
        move = {"synchronize_session": False}
        session.execute(
            update(MessageRef)
            .where(MessageRef.thread_id == lost.id)
            .values(thread_id=winner.id)
            .execution_options(**move)
        )
        session.execute(
            update(Message).where(Message.thread_id == lost.id).values(thread_id=winner.id).execution_options(**move)
        )
        session.execute(
            update(Thread).where(Thread.merged_into == lost.id).values(merged_into=winner.id).execution_options(**move)
        )


def mark_stale(session: Session, message_ids: Iterable[int]) -> None:
    """How the conversations of these mails stand has to be read anew."""
    for part in portions(sorted(set(message_ids))):
        threads = select(Message.thread_id).where(Message.id.in_(part)).scalar_subquery()
        stale = update(Thread).where(Thread.id.in_(threads)).values(stale=True)
        session.execute(stale.execution_options(synchronize_session=False))


def count_threads(session: Session) -> int:
    """How many conversations there are."""
    query = select(func.count()).where(Thread.merged_into.is_(None), Thread.message_count > 0)
    return session.execute(query).scalar_one()
