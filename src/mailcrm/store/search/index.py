"""Keeps the search index equal to the archive: whoever writes what can be searched for says so here, in the same transaction.

changing()       around what changes a mail's subject, text or attachments, or reads its body for the first time
add()            mail whose body does not come
add_waiting()    now and then: mail whose body has not come, so that it is found by its subject and people
forget()         before a mail is erased
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache

from sqlalchemy import Select, delete, exists, select
from sqlalchemy.orm import Session

from mailcrm.model.message import BodyState
from mailcrm.store.bulk import insert_rows, portions, rows_in
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.mail import Message
from mailcrm.store.rows.search import MessageSearch
from mailcrm.store.search import keys, words
from mailcrm.store.search.documents import Document, documents
from mailcrm.store.search.words import Change

VERSION = 1
"""Of the rules in `model.words` and `documents`. What was indexed by others is indexed anew, all of it."""


def add(session: Session, message_ids: Iterable[int]) -> None:
    """Index those of these messages that are not yet."""
    ids = set(message_ids)
    ids.difference_update(row[0] for row in rows_in(session, _known(), sorted(ids)))
    _add(session, documents(session, sorted(ids)))


def _add(session: Session, found: Mapping[int, Document]) -> None:
    key_of = keys.new_keys(session, [(each.at, each.message_id) for each in found.values()])
    rows = [{"key": key_of[i], "message_id": i, "at": each.at, "version": VERSION} for i, each in found.items()]
    insert_rows(session, MessageSearch, sorted(rows, key=lambda row: key_of[row["message_id"]]))  # type: ignore[index]
    words.write(session, [Change(key_of[i], None, each) for i, each in found.items()])


@contextmanager
def changing(session: Session, message_ids: Iterable[int]) -> Iterator[None]:
    """The block changes what these messages say. Those that are not in the index come into it."""
    rows = list(rows_in(session, _known(), sorted(set(message_ids))))
    indexed = _of_these_rules(rows)
    before = documents(session, indexed)
    yield
    known = {row[0] for row in rows}
    after = documents(session, sorted(set(message_ids) - known | indexed.keys()))
    words.write(session, [Change(key, before[i], after[i]) for i, key in indexed.items()])
    _add(session, {i: each for i, each in after.items() if i not in known})


def forget(session: Session, message_ids: Sequence[int]) -> None:
    """Take messages out of the index, as long as all that they say is still in the archive. See also `leave_no_trace`."""
    rows = list(rows_in(session, _known(), message_ids))
    indexed = _of_these_rules(rows)
    before = documents(session, indexed)
    words.write(session, [Change(key, before[i], None) for i, key in indexed.items()])
    for part in portions([row[0] for row in rows]):
        session.execute(delete(MessageSearch).where(MessageSearch.message_id.in_(part)))


leave_no_trace = words.leave_no_trace
is_scattered = words.is_scattered
merge = words.merge


def _of_these_rules(rows: Iterable[Sequence[int]]) -> dict[int, int]:
    """The keys of messages, by id. What other rules put there is not touched: it would be taken out by the wrong words."""
    return {message_id: key for message_id, key, version in rows if version == VERSION}


@cache
def _known() -> Lookup:
    """Locked, so that two who change a mail at once, as on servers, do so one after the other."""
    columns = select(MessageSearch.message_id, MessageSearch.key, MessageSearch.version)
    return Lookup(columns.order_by(MessageSearch.message_id).with_for_update(), MessageSearch.message_id)


# --- what was not said at once -----------------------------------------------------------------------------------


def add_waiting(session: Session, after: int, limit: int) -> int | None:
    """Index mails behind this id whose bodies are awaited; returns the last id, None if there are no more."""
    ids = list(session.execute(_unindexed(after, limit).where(Message.body_state == BodyState.PENDING)).scalars())
    add(session, ids)
    return ids[-1] if len(ids) == limit else None


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
    return list(session.execute(_unindexed(after, limit)).scalars())


def _unindexed(after: int, limit: int) -> Select[int]:
    there = exists().where(MessageSearch.message_id == Message.id)
    return select(Message.id).where(Message.id > after, ~there).order_by(Message.id).limit(limit)
