"""What is done to tags themselves: categories and their rules, other names, two that become one, and those out of use.

A name that a tag ever had, or took over, goes on to mean it: in segments, imports and commands.
"""

import re
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from mailcrm.errors import Conflict, NotFound, UserError
from mailcrm.model.tag import CategoryLine, TagName, category_key, parse_tag
from mailcrm.model.text import clean_line
from mailcrm.store import audit
from mailcrm.store.rows.party import Party, PartyTag, Tag, TagAlias, TagCategory
from mailcrm.store.tags import ensure_category, find_tags, get_tag

_COLOUR = re.compile(r"#[0-9a-f]{6}|[a-z]{3,20}", re.ASCII)


# --- categories --------------------------------------------------------------------------------------------------


def set_category(
    session: Session,
    name: str,
    now: datetime,
    *,
    exclusive: bool | None = None,
    colour: str | None = None,
    description: str | None = None,
) -> None:
    """Make a category, or change what is given of it. Raises UserError for a colour that is none, Conflict where it would
    become exclusive and customers have several of its tags."""
    if not category_key(name) or ":" in category_key(name):
        raise UserError(f"{name!r} is no name of a category: it has letters and no colon")
    if colour and not _COLOUR.fullmatch(colour.lower()):
        raise UserError(f"{colour!r} is no colour: write #2e7d32, or a name such as green")
    row = ensure_category(session, name)
    if exclusive and not row.exclusive:
        _require_one_each(session, row)
    row.exclusive = row.exclusive if exclusive is None else exclusive
    row.colour = row.colour if colour is None else colour.lower()
    row.description = row.description if description is None else clean_line(description, 500)
    session.flush()
    audit.append_audit(session, "tag.category", f"category:{row.key}", now, exclusive=int(row.exclusive))


def _require_one_each(session: Session, row: TagCategory) -> None:
    several = (
        select(Party.root_id)
        .join(PartyTag, PartyTag.party_id == Party.id)
        .join(Tag, Tag.id == PartyTag.tag_id)
        .where(Tag.category == row.key)
        .group_by(Party.root_id)
        .having(func.count(Tag.id.distinct()) > 1)
    )
    count = session.execute(select(func.count()).select_from(several.subquery())).scalar_one()
    if count:
        raise Conflict(
            f"{count} customers have several tags of {row.name!r}; leave each of them one, then say --exclusive again"
        )


def list_categories(session: Session) -> list[CategoryLine]:
    """All categories by name."""
    query = select(TagCategory, func.count(Tag.id)).outerjoin(Tag, Tag.category == TagCategory.key)
    rows = session.execute(query.group_by(TagCategory.key).order_by(TagCategory.key))
    return [CategoryLine(row.name, row.exclusive, row.colour, row.description, count) for row, count in rows]


# --- tags --------------------------------------------------------------------------------------------------------


def rename_tag(session: Session, text: str, new: str, now: datetime) -> None:
    """Another name for a tag, in the same category or another; the former one goes on to mean it. Raises NotFound, and Conflict
    where there is a tag of that name: those can be merged."""
    tag, wanted = get_tag(session, text), parse_tag(new)
    taken = find_tags(session, [wanted.key]).get(wanted.key)
    if taken not in (None, tag.id):
        raise Conflict(f"there is a tag {new!r} already; `mailcrm tags merge {text!r} {new!r}` makes them one")
    if wanted.category and ensure_category(session, wanted.category).exclusive and wanted.key[0] != tag.category:
        raise Conflict(f"the category {wanted.category!r} is exclusive: who has this tag may have one of it already")
    before = tag.category, tag.name_key
    if before != wanted.key:
        session.execute(delete(TagAlias).where(TagAlias.category == wanted.key[0], TagAlias.name_key == wanted.key[1]))
        session.add(TagAlias(category=before[0], name_key=before[1], tag_id=tag.id))
    tag.category, tag.name_key, tag.name = *wanted.key, wanted.name
    session.flush()
    audit.append_audit(session, "tag.rename", f"tag:{tag.id}", now, before=str(TagName(*before)), after=str(wanted))


def merge_tags(session: Session, text: str, into: str, now: datetime) -> int:
    """Whoever has the one tag has the other instead, and its names mean that. Returns how many parties were moved; raises
    NotFound, UserError for one tag with itself, and Conflict where a customer would have two of an exclusive category."""
    tag, kept = get_tag(session, text), get_tag(session, into)
    if tag.id == kept.id:
        raise UserError(f"{text!r} and {into!r} are one tag already")
    _require_free(session, tag, kept)
    having = select(PartyTag.party_id).where(PartyTag.tag_id == kept.id)
    both = list(
        session.execute(
            select(PartyTag.party_id).where(PartyTag.tag_id == tag.id, PartyTag.party_id.in_(having))
        ).scalars()
    )
    session.execute(delete(PartyTag).where(PartyTag.tag_id == tag.id, PartyTag.party_id.in_(both)))
    moved = session.execute(select(func.count()).where(PartyTag.tag_id == tag.id)).scalar_one()
    session.execute(update(PartyTag).where(PartyTag.tag_id == tag.id).values(tag_id=kept.id))
    session.execute(update(TagAlias).where(TagAlias.tag_id == tag.id).values(tag_id=kept.id))
    former = TagName(tag.category, tag.name)
    session.delete(tag)
    session.add(TagAlias(category=former.key[0], name_key=former.key[1], tag_id=kept.id))
    session.flush()
    session.expire_all()
    audit.append_audit(
        session, "tag.merge", f"tag:{kept.id}", now, before=str(former), customers=moved + len(both)
    )  # fmt: skip
    return int(moved)


def _require_free(session: Session, tag: Tag, kept: Tag) -> None:
    """Nobody may get a second tag of an exclusive category by a merge."""
    row = session.get(TagCategory, kept.category) if kept.category else None
    if row is None or not row.exclusive or tag.category == kept.category:
        return
    others = select(Tag.id).where(Tag.category == kept.category, Tag.id != kept.id)
    holders = select(Party.root_id).join(PartyTag, PartyTag.party_id == Party.id)
    clash = holders.where(PartyTag.tag_id == tag.id, Party.root_id.in_(holders.where(PartyTag.tag_id.in_(others))))
    if session.execute(clash.limit(1)).first():
        raise Conflict(f"the category {row.name!r} is exclusive, and some customers have another tag of it")


def archive_tag(session: Session, text: str, now: datetime, *, archived: bool = True) -> bool:
    """Nobody gets this tag any more; who has it keeps it. With `archived` False it is in use again. Returns whether anything
    changed; raises NotFound."""
    tag = get_tag(session, text)
    if (tag.archived_at is not None) == archived:
        return False
    tag.archived_at = now if archived else None
    session.flush()
    audit.append_audit(session, "tag.archive" if archived else "tag.restore", f"tag:{tag.id}", now)
    return True


def require_category(session: Session, name: str) -> str:
    """The key of a category. Raises NotFound."""
    key = category_key(name)
    if session.get(TagCategory, key) is None:
        raise NotFound(f"no category {name!r}; `mailcrm tags categories` shows them")
    return key
