"""A search as SQL. Words are looked up in the index, all else in the tables of the archive, and of those only in what the
viewer may see: no answer may tell anything of somebody else's mailbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, cast, exists, false, func, literal, not_, or_, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import column

from mailcrm.model.folder import FolderRole
from mailcrm.model.rights import Viewer
from mailcrm.model.search import (
    And,
    Attached,
    Field,
    Flag,
    In,
    Marked,
    Node,
    Not,
    Or,
    Search,
    Time,
    Words,
    search_error,
)
from mailcrm.model.words import BREAK
from mailcrm.store.rows.account import Account, Folder
from mailcrm.store.rows.mail import Attachment, MessageLocation
from mailcrm.store.rows.search import MessageSearch
from mailcrm.store.search.words import COLUMNS, WEIGHTS, WORDS
from mailcrm.store.visibility import visible_account

_COLUMN = {Field.FROM: "sender", Field.TO: "recipients", Field.SUBJECT: "subject"}
_ROLES = {
    "inbox": FolderRole.INBOX, "收件箱": FolderRole.INBOX, "sent": FolderRole.SENT, "已发送": FolderRole.SENT,
    "drafts": FolderRole.DRAFTS, "draft": FolderRole.DRAFTS, "草稿": FolderRole.DRAFTS, "草稿箱": FolderRole.DRAFTS,
    "trash": FolderRole.TRASH, "垃圾箱": FolderRole.TRASH, "已删除": FolderRole.TRASH,
    "junk": FolderRole.JUNK, "spam": FolderRole.JUNK, "垃圾邮件": FolderRole.JUNK,
    "archive": FolderRole.ARCHIVE, "归档": FolderRole.ARCHIVE, "all": FolderRole.ALL, "imported": FolderRole.IMPORT,
}  # fmt: skip
_MOST_NAMES = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """A search with all that its answer depends on."""

    session: Session
    search: Search
    viewer: Viewer
    now: datetime

    @property
    def dialect(self) -> str:
        """sqlite, postgresql, mysql or mariadb."""
        return self.session.get_bind().dialect.name


def condition(asked: Asked) -> ColumnElement[bool]:
    """What a row of the index (`WORDS` joined with `MessageSearch`) must be. On SQLite there is one MATCH in it, by which the
    rows come in the order of their keys."""
    root = asked.search.root
    items = list(root.items) if isinstance(root, And) else [root]
    text = [item for item in items if _is_text(item)]
    others = [_any(asked, item) for item in items if not _is_text(item)]
    if asked.dialect == "sqlite":
        return and_(matches(literal(_fts(And(tuple(text))))), *others)
    return and_(true(), *(_text(asked, item) for item in text), *others)


def words_alone(asked: Asked) -> str | None:
    """All of a search for `matches`; None where it asks for more than words, or another engine than SQLite."""
    return _fts(asked.search.root) if asked.dialect == "sqlite" and _is_text(asked.search.root) else None


def matches(query: ColumnElement[str]) -> ColumnElement[bool]:
    """What SQLite's index finds."""
    return column("message_words").op("MATCH")(query)


def _is_text(node: Node) -> bool:
    if isinstance(node, Not):
        return _is_text(node.item)
    if isinstance(node, And | Or):
        return all(map(_is_text, node.items))
    return isinstance(node, Words)


def _any(asked: Asked, node: Node) -> ColumnElement[bool]:
    """The same of a node within."""
    if _is_text(node):
        return _text(asked, node)
    match node:
        case Not(item):
            return not_(_any(asked, item))
        case And(items):
            return and_(*(_any(asked, item) for item in items))
        case Or(items):
            return or_(*(_any(asked, item) for item in items))
        case Time():
            moment = node.moment(asked.now, None)
            return MessageSearch.at < moment if node.before else MessageSearch.at >= moment
        case In():
            return _in(asked, node)
        case Attached():
            return _attached(node)
        case Marked():
            return _marked(asked, node.flag)
    raise TypeError(node)


# --- words -------------------------------------------------------------------------------------------------------


def _text(asked: Asked, node: Node) -> ColumnElement[bool]:
    if asked.dialect == "sqlite":
        rows: Select[int] = (
            select(column("rowid")).select_from(WORDS).where(matches(literal(_fts(node)))).correlate(None)
        )
        return MessageSearch.key.in_(rows)
    if asked.dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import TSQUERY  # only there: a dialect is a large package

        found = WORDS.c.words.op("@@")(cast(literal(_tsquery(node)), TSQUERY))
        return or_(found, and_(WORDS.c.words.is_(None), _like(node)))
    return _like(node)


def _fts(node: Node) -> str:
    """For FTS5, where NOT needs something that is there: the word that all have."""
    match node:
        case Words(phrase, _, field):
            where = f"{_COLUMN[field]} : " if field else ""
            return f'{where}"{" ".join(phrase.words)}"{" *" * phrase.begins}'
        case Or(items):
            return f"({' OR '.join(map(_fts, items))})"
        case Not(item):
            return f'("{BREAK}" NOT {_fts(item)})'
        case And(items):
            with_, without = [i for i in items if not isinstance(i, Not)], [i for i in items if isinstance(i, Not)]
            found = " AND ".join(map(_fts, with_)) or f'"{BREAK}"'
            return f"({f'({found})'}{''.join(f' NOT {_fts(each.item)}' for each in without)})"
    raise TypeError(node)


def _tsquery(node: Node) -> str:
    match node:
        case Words(phrase, _, field):
            weight = WEIGHTS[_COLUMN[field]] if field else ""
            *before, last = phrase.words
            labels = [weight] * len(before) + ["*" * phrase.begins + weight]
            words = [f"'{word}':{label}".rstrip(":") for word, label in zip([*before, last], labels, strict=True)]
            return f"({' <-> '.join(words)})"
        case Or(items):
            return f"({' | '.join(map(_tsquery, items))})"
        case Not(item):
            return f"(!{_tsquery(item)})"
        case And(items):
            return f"({' & '.join(map(_tsquery, items))})"
    raise TypeError(node)


def _like(node: Node) -> ColumnElement[bool]:
    match node:
        case Words(phrase, _, field):
            wanted = f" {' '.join(phrase.words)}{'' if phrase.begins else ' '}"
            return or_(*(WORDS.c[name].contains(wanted, autoescape=True) for name in _columns(field)))
        case Or(items):
            return or_(*map(_like, items))
        case Not(item):
            return not_(_like(item))
        case And(items):
            return and_(*map(_like, items))
    raise TypeError(node)


def _columns(field: Field | None) -> Sequence[str]:
    return [_COLUMN[field]] if field else COLUMNS


# --- the rest of the archive -------------------------------------------------------------------------------------


def _here(viewer: Viewer, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a mailbox that the viewer may see holds a copy like that now."""
    return exists(
        select(MessageLocation.message_id)
        .join(Folder, Folder.id == MessageLocation.folder_id)
        .join(Account, Account.id == Folder.account_id)
        .where(
            MessageLocation.message_id == MessageSearch.message_id,
            MessageLocation.gone_at.is_(None),
            visible_account(viewer),
            *conditions,
        )
    )


def _in(asked: Asked, node: In) -> ColumnElement[bool]:
    """Folders by role, name or account; Gmail says by labels in which folders a mail is."""
    name = node.name.casefold()
    role = _ROLES.get(name)
    query = select(Folder.id, Folder.name, Folder.role, Account.name).join(Account, Account.id == Folder.account_id)
    rows = asked.session.execute(query.where(visible_account(asked.viewer))).all()
    chosen = [row[0] for row in rows if row[2] == role or name in (row[1].casefold(), row[3].casefold(), _leaf(row[1]))]
    label = func.lower("\n" + MessageLocation.labels + "\n").contains(f"\n{_label(name, role)}\n", autoescape=True)
    if not chosen and not asked.session.execute(select(_labelled(asked.viewer, label))).scalar_one():
        known = sorted({str(row[3]) for row in rows} | {row[1] for row in rows})
        names = ", ".join(known[:_MOST_NAMES]) + (", …" if len(known) > _MOST_NAMES else "")
        raise search_error(asked.search, node.at, f"there is no folder or account of this name, but {names or 'none'}")
    return _here(asked.viewer, or_(Folder.id.in_(chosen) if chosen else false(), label))


def _leaf(name: str) -> str:
    return name.replace(".", "/").rpartition("/")[2].casefold()


def _label(name: str, role: FolderRole | None) -> str:
    return f"\\{role}" if role in (FolderRole.INBOX, FolderRole.SENT) else name


def _labelled(viewer: Viewer, label: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(
        select(MessageLocation.message_id)
        .join(Folder, Folder.id == MessageLocation.folder_id)
        .join(Account, Account.id == Folder.account_id)
        .where(MessageLocation.labels != "", visible_account(viewer), label)
    )


def _attached(node: Attached) -> ColumnElement[bool]:
    here = Attachment.message_id == MessageSearch.message_id
    if not node.name:
        return exists().where(here, Attachment.inline.is_(False))
    lower = func.lower(Attachment.filename).contains(node.name.lower(), autoescape=True)
    return exists().where(here, or_(lower, Attachment.filename.contains(node.name, autoescape=True)))


def _marked(asked: Asked, flag: Flag) -> ColumnElement[bool]:
    wanted = {Flag.ANSWERED: r"\Answered", Flag.STARRED: r"\Flagged"}.get(flag, r"\Seen")
    noted = func.lower(MessageLocation.flags).contains(wanted.lower(), autoescape=True)
    return _here(asked.viewer, not_(noted) if flag == Flag.UNREAD else noted)
