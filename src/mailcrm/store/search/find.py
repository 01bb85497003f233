"""Hits: the newest mail first, and how many there are."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Integer, Select, Text, and_, bindparam, func, literal_column, select
from sqlalchemy.orm import Session

from mailcrm.model.hits import MailHit, Piece, Pieces
from mailcrm.model.rights import Viewer
from mailcrm.model.search import Search
from mailcrm.model.snippet import MOST_TEXT, Finder, beginning
from mailcrm.store.attachments import attached_texts
from mailcrm.store.bulk import rows_in
from mailcrm.store.prepared import Lookup, selection
from mailcrm.store.rows.base import Id
from mailcrm.store.rows.mail import Attachment, Message, MessageParticipant
from mailcrm.store.rows.party import EmailAddress
from mailcrm.store.rows.search import MessageSearch
from mailcrm.store.search.keys import least_key
from mailcrm.store.search.match import Asked, condition, matches, words_alone
from mailcrm.store.search.words import WORDS
from mailcrm.store.timeline import is_attached, is_sender
from mailcrm.store.visibility import visible_message

_Query: TypeAlias = Select[*tuple[Any, ...]]
_PAGE = 64
_ABOVE_ALL = 2**63 - 1
_VIEWERS = 100
"""For so many the statement is kept."""


class _Row(NamedTuple):
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
    read = _reader(asked)
    below, size = _ABOVE_ALL, max(_PAGE, limit)
    while True:
        page = read(below, size)
        found = sorted([*found, *page], key=lambda row: (row.at, row.message_id), reverse=True)[:limit]
        if len(page) < size or (len(found) == limit and page[-1].key < least_key(asked.dialect, found[-1].at)):
            return found
        below = page[-1].key


def count_mail(session: Session, viewer: Viewer, search: Search, now: datetime, most: int = 1000) -> int:
    """How many match; it is not counted further than `most`."""
    asked = Asked(session, search, viewer, now)
    query = _query(asked.dialect, viewer, condition(asked), MessageSearch.message_id)
    return session.execute(select(func.count()).select_from(query.limit(most).subquery())).scalar_one()


def _reader(asked: Asked) -> Callable[[int, int], list[_Row]]:
    """Reads hits below a key, so many, by falling keys."""
    words = words_alone(asked)
    if words is None:
        query = _pages(asked.dialect, asked.viewer, condition(asked))
        return lambda below, size: [_Row(*row) for row in asked.session.execute(query, {"below": below, "size": size})]
    connection = asked.session.connection()
    kept = selection(connection.dialect, _pages_of_words(asked.viewer))
    return lambda below, size: [
        _Row(*row) for row in kept.find(connection, {"words": words, "below": below, "size": size})
    ]


@lru_cache(maxsize=_VIEWERS)
def _pages_of_words(viewer: Viewer) -> _Query:
    """For the usual search: to put a statement together takes longer than to run it."""
    return _pages("sqlite", viewer, matches(bindparam("words", type_=Text)))


def _pages(dialect: str, viewer: Viewer, hit: ColumnElement[bool]) -> _Query:
    key = _key(dialect)
    query = _query(dialect, viewer, hit, key.label("number"), MessageSearch.message_id, MessageSearch.at)
    return query.where(key < bindparam("below", type_=Id)).order_by(key.desc()).limit(bindparam("size", type_=Integer))


def _query(dialect: str, viewer: Viewer, hit: ColumnElement[bool], *columns: Any) -> _Query:
    return (
        select(*columns)
        .select_from(WORDS)
        .join(MessageSearch, MessageSearch.key == _key(dialect))
        .where(hit, visible_message(viewer, MessageSearch.message_id))
    )


def _key(dialect: str) -> ColumnElement[int]:
    """By which an index is read backwards: SQLite looks words up in that order only by the number of the row itself."""
    return literal_column("message_words.rowid", Id) if dialect == "sqlite" else WORDS.c.key


def _shown(session: Session, search: Search, rows: Sequence[_Row]) -> list[MailHit]:
    mails = {row[0]: row[1:] for row in rows_in(session, _mails(), [row.message_id for row in rows])}
    finder = Finder(search)
    places = {i: finder.around(body or "") for i, (_, _, body, *_) in mails.items()}
    files = attached_texts(session, [i for i, (*_, count) in mails.items() if count and places[i] is None])
    found = []
    for _, message_id, at in rows:
        direction, subject, body, name, address, count = mails[message_id]
        who = finder.marked(name or address or "")
        place = places[message_id] or _attached(finder, files.get(message_id, ())) or beginning(body or "")
        found.append(MailHit(message_id, at, direction, who, finder.marked(subject), place, count))
    return found


def _attached(finder: Finder, files: Sequence[tuple[str, str]]) -> Pieces | None:
    """The place in the first attachment that hits, behind its name."""
    for name, text in files:
        if place := finder.around(text):
            return (Piece(f"{name}: "), *place)
    return None


@cache
def _mails() -> Lookup:
    """What is shown of mail. Of long texts only as much is read as is looked through."""
    body = func.substr(Message.body_text, 1, MOST_TEXT, type_=Message.body_text.type)
    attached = select(func.count()).where(Attachment.message_id == Message.id, is_attached())
    columns = select(
        Message.id, Message.direction, Message.subject, body,
        MessageParticipant.display_name, EmailAddress.address_display, attached.scalar_subquery(),
    )  # fmt: skip
    people = columns.outerjoin(MessageParticipant, and_(MessageParticipant.message_id == Message.id, is_sender()))
    return Lookup(people.outerjoin(EmailAddress, EmailAddress.id == MessageParticipant.email_id), Message.id)
