"""Keeps the search index equal to the archive: whoever writes what can be searched for says so here, in the same transaction.

add()            new mail
changing()       around what changes a mail's subject, text or attachments
forget()         before a mail is erased
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from mailcrm.store.bulk import insert_rows, portions, rows_in
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.mail import Message
from mailcrm.store.rows.search import MessageSearch
from mailcrm.store.search import keys, words
from mailcrm.store.search.documents import documents
from mailcrm.store.search.words import Change

VERSION = 1
"""Of the rules in `model.words` and `documents`. What was indexed by others is indexed anew, all of it."""


def add(session: Session, message_ids: Sequence[int]) -> None:
    """Index messages that are not yet."""
    found = documents(session, message_ids)
    key_of = keys.new_keys(session, [(each.at, each.message_id) for each in found.values()])
    rows = [{"key": key_of[i], "message_id": i, "at": each.at, "version": VERSION} for i, each in found.items()]
    insert_rows(session, MessageSearch, sorted(rows, key=lambda row: key_of[row["message_id"]]))  # type: ignore[index]
    words.write(session, [Change(key_of[i], None, each) for i, each in found.items()])


@contextmanager
def changing(session: Session, message_ids: Iterable[int]) -> Iterator[None]:
    """The block changes what these messages say."""
    ids = sorted(set(message_ids))
    indexed = _indexed(session, ids)
    before = documents(session, indexed)
    yield
    after = documents(session, indexed)
    words.write(session, [Change(key, before[i], after[i]) for i, key in indexed.items()])


def forget(session: Session, message_ids: Sequence[int]) -> None:
    """Take messages out of the index, as long as all that they say is still in the archive. See also `leave_no_trace`."""
    indexed = _indexed(session, message_ids)
    before = documents(session, indexed)
    words.write(session, [Change(key, before[i], None) for i, key in indexed.items()])
    for part in portions(sorted(indexed)):
        session.execute(delete(MessageSearch).where(MessageSearch.message_id.in_(part)))


leave_no_trace = words.leave_no_trace


def _indexed(session: Session, message_ids: Sequence[int]) -> dict[int, int]:
    """The keys of those that are in the index, by message. What other rules put there is not touched."""
    return {row[0]: row[1] for row in rows_in(session, _by_message(), message_ids)}


@cache
def _by_message() -> Lookup:
    ours = select(MessageSearch.message_id, MessageSearch.key).where(MessageSearch.version == VERSION)
    return Lookup(ours, MessageSearch.message_id)


# --- all anew ----------------------------------------------------------------------------------------------------


def is_outdated(session: Session) -> bool:
    """Whether other rules made some of the index."""
    return session.execute(select(exists().where(MessageSearch.version != VERSION))).scalar_one()


def forget_all(session: Session) -> None:
    """Throw the index away."""
    words.forget_all(session.connection())
    session.execute(delete(MessageSearch).execution_options(synchronize_session=False))


def unindexed(session: Session, after: int, limit: int) -> list[int]:
    """Messages behind this id that are not in the index, in the order of their ids."""
    there = exists().where(MessageSearch.message_id == Message.id)
    query = select(Message.id).where(Message.id > after, ~there).order_by(Message.id).limit(limit)
    return list(session.execute(query).scalars())
