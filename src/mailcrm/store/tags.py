"""Tags: words to sort customers by, unique without regard to case."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from mailcrm.errors import NotFound, UserError
from mailcrm.model.text import clean_line
from mailcrm.store.bulk import insert_numbered, insert_rows, portions
from mailcrm.store.context import actor_name
from mailcrm.store.rows.party import Party, PartyTag, Tag


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
    """Take a tag off a customer, whichever of its members has it. Returns whether one had it; raises NotFound for a tag that
    does not exist."""
    tag_id = session.execute(
        select(Tag.id).where(Tag.category == "", Tag.name_key == tag_key(name))
    ).scalar_one_or_none()
    if tag_id is None:
        raise NotFound(f"no tag {name!r}")
    members = select(Party.id).where(Party.root_id == party_id)
    these = delete(PartyTag).where(PartyTag.party_id.in_(members), PartyTag.tag_id == tag_id)
    gone: Any = session.execute(these.execution_options(synchronize_session=False))
    return bool(gone.rowcount)


def count_tags(session: Session) -> list[tuple[str, int]]:
    """All tags with the number of customers that have them."""
    query = (
        select(Tag.name, func.count(Party.root_id.distinct()))
        .outerjoin(PartyTag, PartyTag.tag_id == Tag.id)
        .outerjoin(Party, Party.id == PartyTag.party_id)
        .group_by(Tag.id, Tag.name, Tag.name_key)
        .order_by(Tag.name_key)
    )
    return [(name, count) for name, count in session.execute(query)]


def tags_of(session: Session, party_ids: list[int]) -> dict[int, list[str]]:
    """The tags of customers by their (root) party id, those of all members."""
    found: dict[int, list[str]] = {}
    query = (
        select(Party.root_id, Tag.name, Tag.name_key)
        .join(PartyTag, PartyTag.party_id == Party.id)
        .join(Tag, Tag.id == PartyTag.tag_id)
        .where(Party.root_id.in_(party_ids))
        .distinct()
        .order_by(Tag.name_key)
    )
    for root, name, _ in session.execute(query):
        found.setdefault(root or 0, []).append(name)
    return found


def add_tags(
    session: Session, wanted: Mapping[int, Sequence[tuple[str, str]]], now: datetime, by: str
) -> dict[int, list[int]]:
    """Tags (category, name) that parties (by id) do not have yet, many at once. Returns the ids of the tags, by party."""
    names = {
        (clean_line(c, 60), tag_key(name)): clean_line(name, 120) for those in wanted.values() for c, name in those
    }
    ids = _ensure_all(session, names)
    added = {
        party_id: [ids[clean_line(category, 60), tag_key(name)] for category, name in dict.fromkeys(those)]
        for party_id, those in wanted.items()
        if those
    }
    rows = [
        {"party_id": party_id, "tag_id": tag_id, "at": now, "by": by}
        for party_id, tag_ids in added.items()
        for tag_id in dict.fromkeys(tag_ids)
    ]
    insert_rows(session, PartyTag, rows)
    return added


def ensure_tags(session: Session, wanted: Sequence[tuple[str, str]]) -> int:
    """Make those tags (category, name) that are missing. Returns how many that were."""
    before = session.execute(select(func.count()).select_from(Tag)).scalar_one()
    _ensure_all(session, {(clean_line(c, 60), tag_key(name)): clean_line(name, 120) for c, name in wanted})
    return session.execute(select(func.count()).select_from(Tag)).scalar_one() - before


def _ensure_all(session: Session, names: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], int]:
    keys = sorted({key for _, key in names})
    found: dict[tuple[str, str], int] = {}
    for part in portions(keys):
        query = select(Tag.category, Tag.name_key, Tag.id).where(Tag.name_key.in_(part))
        found |= {(row[0], row[1]): row[2] for row in session.execute(query) if (row[0], row[1]) in names}
    missing = sorted(set(names) - set(found))
    new = insert_numbered(
        session, Tag, [{"category": each[0], "name": names[each], "name_key": each[1]} for each in missing]
    )
    return found | dict(zip(missing, new, strict=True))
