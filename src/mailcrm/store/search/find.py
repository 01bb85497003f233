"""Hits: the newest mail first, and how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select, true
from sqlalchemy.orm import Session

from mailcrm.model.hits import MailHit, Piece, Pieces
from mailcrm.model.interaction import Direction
from mailcrm.model.rights import Viewer
from mailcrm.model.search import Search
from mailcrm.model.snippet import Finder
from mailcrm.store.attachments import attached_texts
from mailcrm.store.bulk import rows_in
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.mail import Message
from mailcrm.store.rows.search import MessageSearch
from mailcrm.store.search.keys import least_key
from mailcrm.store.search.match import Asked, condition
from mailcrm.store.search.words import WORDS
from mailcrm.store.timeline import attached_counts, sender_names
from mailcrm.store.visibility import visible_message

_PAGE = 64


@dataclass(frozen=True, slots=True)
class _Row:
    key: int
    message_id: int
    at: datetime


def find_mail(session: Session, viewer: Viewer, search: Search, now: datetime, limit: int = 50) -> list[MailHit]:
    """The newest mails that match and that `viewer` may see, newest first. Raises SearchError for a folder that is not."""
    asked = Asked(session, search, viewer, now)
    return _shown(session, search, newest(asked, limit))


def newest(asked: Asked, limit: int) -> Sequence[_Row]:
    """The first by time. Keys follow it but for crowded minutes, so more are read until no later one can be newer."""
    found: list[_Row] = []
    key = _key(asked)
    query = _query(asked, key.label("number"), MessageSearch.message_id, MessageSearch.at).order_by(key.desc())
    below: ColumnElement[bool] = true()
    while True:
        size = max(_PAGE, limit)
        page = [_Row(*row) for row in asked.session.execute(query.where(below).limit(size))]
        found = sorted([*found, *page], key=lambda row: (row.at, row.message_id), reverse=True)[:limit]
        if len(page) < size or (len(found) == limit and page[-1].key < least_key(asked.dialect, found[-1].at)):
            return found
        below = key < page[-1].key


def count_mail(session: Session, viewer: Viewer, search: Search, now: datetime, most: int = 1000) -> int:
    """How many match; it is not counted further than `most`."""
    asked = Asked(session, search, viewer, now)
    some = _query(asked, MessageSearch.message_id).limit(most).subquery()
    return session.execute(select(func.count()).select_from(some)).scalar_one()


def _key(asked: Asked) -> ColumnElement[int]:
    """By which an index is read backwards: SQLite looks words up in that order only by the number of the row itself."""
    return literal_column("message_words.rowid") if asked.dialect == "sqlite" else WORDS.c.key


def _query(asked: Asked, *columns: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(*columns)
        .select_from(WORDS)
        .join(MessageSearch, MessageSearch.key == _key(asked))
        .where(condition(asked), visible_message(asked.viewer, MessageSearch.message_id))
    )


def _shown(session: Session, search: Search, rows: Sequence[_Row]) -> list[MailHit]:
    ids = [row.message_id for row in rows]
    names, attached, mails = sender_names(session, ids), attached_counts(session, ids), _texts(session, ids)
    finder = Finder(search)
    elsewhere = [i for i in ids if i in attached and not finder.hits(mails[i][2] or "")]
    files = attached_texts(session, elsewhere) if elsewhere else {}
    found = []
    for row in rows:
        direction, subject, body = mails[row.message_id]
        who = finder.marked(names.get(row.message_id, ""))
        place = _place(finder, body or "", files.get(row.message_id, ()))
        count = attached.get(row.message_id, 0)
        found.append(MailHit(row.message_id, row.at, direction, who, finder.marked(subject), place, count))
    return found


def _place(finder: Finder, body: str, files: Sequence[tuple[str, str]]) -> Pieces:
    """In the body, or else in the attachment that hits, behind its name."""
    for name, text in files:
        if finder.hits(text):
            return (Piece(f"{name}: "), *finder.snippet(text))
    return finder.snippet(body)


def _texts(session: Session, ids: Sequence[int]) -> dict[int, tuple[Direction, str, str | None]]:
    return {row[0]: (row[1], row[2], row[3]) for row in rows_in(session, _text(), ids)}


@cache
def _text() -> Lookup:
    return Lookup(select(Message.id, Message.direction, Message.subject, Message.body_text), Message.id)
