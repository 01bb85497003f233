"""Activities found by their words: an index of its own beside that of mail, the same on every engine.

A row for each word of each activity: what humans type is a hundredth of what mail says. The words are those of the search
for mail (`model.words`), so both find the same; but that words of a phrase follow one another is not looked at here.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, not_, or_, select
from sqlalchemy.orm import Session

from mailcrm.model.activity import ActivityLine
from mailcrm.model.rights import Viewer
from mailcrm.model.search import And, Field, Node, Not, Or, Search, Time, Words
from mailcrm.model.words import indexed, words_of
from mailcrm.store.activity_lists import lines_of
from mailcrm.store.bulk import insert_rows
from mailcrm.store.rows.business import ActivityRow, ActivityWord
from mailcrm.store.rows.timeline import Interaction
from mailcrm.store.visibility import visible_interaction

_LAST = "\U0010ffff"


def write_words(session: Session, activity_id: int, title: str, body: str) -> None:
    """Make an activity found by what it says now."""
    session.execute(delete(ActivityWord).where(ActivityWord.interaction_id == activity_id))
    words = dict.fromkeys(words_of(indexed(f"{title}\n{body}")))
    insert_rows(session, ActivityWord, [{"word": word, "interaction_id": activity_id} for word in sorted(words)])


def find_activities(
    session: Session, viewer: Viewer, search: Search, now: datetime, limit: int = 50
) -> list[ActivityLine]:
    """The newest that match and that `viewer` may see. None does where the search asks for what only mail has."""
    dialect = session.get_bind().dialect.name
    condition = _condition(search.root, now, dialect)
    if condition is None:
        return []
    query = (
        select(Interaction.id)
        .join(ActivityRow, ActivityRow.interaction_id == Interaction.id)
        .where(condition, visible_interaction(viewer))
        .order_by(Interaction.occurred_at.desc(), Interaction.id.desc())
        .limit(limit)
    )
    return lines_of(session, session.execute(query).scalars().all())


def _condition(node: Node, now: datetime, dialect: str) -> ColumnElement[bool] | None:
    """None where no activity can be meant."""
    match node:
        case Words(field=None | Field.SUBJECT):
            return _words(node, dialect)
        case Time():
            moment = node.moment(now, None)
            return Interaction.occurred_at < moment if node.before else Interaction.occurred_at >= moment
        case And(items) | Or(items):
            parts = [_condition(each, now, dialect) for each in items]
            held = [part for part in parts if part is not None]
            return (and_ if isinstance(node, And) else or_)(*held) if len(held) == len(parts) else None
        case Not(item):
            inner = _condition(item, now, dialect)
            return None if inner is None else not_(inner)
        case _:
            return None


def _words(node: Words, dialect: str) -> ColumnElement[bool]:
    *whole, last = node.phrase.words
    found = [_with(ActivityWord.word == word) for word in dict.fromkeys(whole)]
    return and_(*found, _with(_begins(last, dialect) if node.phrase.begins else ActivityWord.word == last))


def _begins(beginning: str, dialect: str) -> ColumnElement[bool]:
    """PostgreSQL compares by the language of the database, in which a range is something else."""
    if dialect == "postgresql":
        return ActivityWord.word.startswith(beginning, autoescape=True)
    return and_(ActivityWord.word >= beginning, ActivityWord.word < beginning + _LAST)


def _with(word: ColumnElement[bool]) -> ColumnElement[bool]:
    return Interaction.id.in_(select(ActivityWord.interaction_id).where(word))
