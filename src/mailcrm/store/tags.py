"""Tags: words to sort customers by, unique without regard to case."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from mailcrm.errors import NotFound, UserError
from mailcrm.model.text import clean_line
from mailcrm.store.context import actor_name
from mailcrm.store.rows.party import PartyTag, Tag


def tag_key(name: str) -> str:
    """The comparison form of a tag."""
    return clean_line(name, 120).casefold()[:120]  # folding makes two letters of ß


def add_tag(session: Session, party_id: int, name: str, now: datetime) -> bool:
    """Tag a party; the tag is made if it is new. Returns whether anything changed."""
    tag_id = _ensure_tag(session, name)
    if session.get(PartyTag, (party_id, tag_id)) is not None:
        return False
    session.add(PartyTag(party_id=party_id, tag_id=tag_id, at=now, by=actor_name(session)))
    session.flush()
    return True


def _ensure_tag(session: Session, name: str) -> int:
    shown = clean_line(name, 120)
    if not shown:
        raise UserError("a tag needs a name")
    tag = session.execute(select(Tag).where(Tag.category == "", Tag.name_key == tag_key(name))).scalar_one_or_none()
    if tag is None:
        tag = Tag(category="", name=shown, name_key=tag_key(name))
        session.add(tag)
        session.flush()
    return tag.id


def remove_tag(session: Session, party_id: int, name: str) -> bool:
    """Take a tag off a party. Returns whether it had it; raises NotFound for a tag that does not exist."""
    tag_id = session.execute(
        select(Tag.id).where(Tag.category == "", Tag.name_key == tag_key(name))
    ).scalar_one_or_none()
    if tag_id is None:
        raise NotFound(f"no tag {name!r}")
    had = session.get(PartyTag, (party_id, tag_id)) is not None
    session.execute(delete(PartyTag).where(PartyTag.party_id == party_id, PartyTag.tag_id == tag_id))
    return had


def count_tags(session: Session) -> list[tuple[str, int]]:
    """All tags with the number of parties that have them."""
    query = (
        select(Tag.name, func.count(PartyTag.party_id))
        .outerjoin(PartyTag, PartyTag.tag_id == Tag.id)
        .group_by(Tag.id, Tag.name, Tag.name_key)
        .order_by(Tag.name_key)
    )
    return [(name, count) for name, count in session.execute(query)]


def tags_of(session: Session, party_ids: list[int]) -> dict[int, list[str]]:
    """The tags by party id."""
    found: dict[int, list[str]] = {}
    query = (
        select(PartyTag.party_id, Tag.name)
        .join(Tag, Tag.id == PartyTag.tag_id)
        .where(PartyTag.party_id.in_(party_ids))
        .order_by(Tag.name_key)
    )
    for party_id, name in session.execute(query):
        found.setdefault(party_id, []).append(name)
    return found
