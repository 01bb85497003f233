"""Tags of customers: put on, taken off, listed. What is done to tags themselves is in `tag_categories`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from mailcrm.errors import NotFound, UserError
from mailcrm.model.tag import CATEGORY_LENGTH, TagLine, TagName, category_key, parse_tag
from mailcrm.model.text import clean_line
from mailcrm.store import audit
from mailcrm.store.bulk import insert_numbered, insert_rows, portions, rows_in
from mailcrm.store.context import actor_name
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.party import Party, PartyTag, Tag, TagAlias, TagCategory

Key = tuple[str, str]
"""Category and name of a tag, folded."""


# --- one customer ------------------------------------------------------------------------------------------------


def add_tag(session: Session, party_id: int, text: str, now: datetime) -> bool:
    """Tag a party: `vip`, or `interest:tea`; tag and category are made if they are new. Returns whether anything changed.

    In an exclusive category the tag takes the place of the one that the customer had; the audit log has both. Raises UserError
    for a tag that was archived.
    """
    tag = _ensure_tag(session, parse_tag(text))
    if tag.archived_at is not None:
        raise UserError(f"the tag {text!r} was archived; `mailcrm tags restore` takes it into use again")
    if _is_exclusive(session, tag.category):
        _replace_former(session, {tag.id: [party_id]}, tag.category, now)
    if session.get(PartyTag, (party_id, tag.id)) is not None:
        return False
    session.add(PartyTag(party_id=party_id, tag_id=tag.id, at=now, by=actor_name(session)))
    session.flush()
    return True


def _ensure_tag(session: Session, wanted: TagName) -> Tag:
    found = find_tags(session, [wanted.key]).get(wanted.key)
    if found is None:
        found = _ensure_all(session, {wanted.key: wanted})[wanted.key]
    return session.get_one(Tag, found)


def remove_tag(session: Session, party_id: int, text: str) -> bool:
    """Take a tag off a customer, whichever of its members has it. Returns whether one had it; raises NotFound for a tag that
    does not exist."""
    tag = get_tag(session, text)
    these = delete(PartyTag).where(PartyTag.party_id.in_(_members([party_id])), PartyTag.tag_id == tag.id)
    gone: Any = session.execute(these.execution_options(synchronize_session=False))
    return bool(gone.rowcount)


def _members(party_ids: Sequence[int]) -> Any:
    """All members of the customers of these parties."""
    roots = select(Party.root_id).where(Party.id.in_(party_ids))
    return select(Party.id).where(Party.root_id.in_(roots))


def _is_exclusive(session: Session, category: str) -> bool:
    if not category:
        return False
    row = session.get(
        TagCategory, category, with_for_update=True, populate_existing=True
    )  # two at once wait for each other
    return row is not None and row.exclusive


def _replace_former(session: Session, wanted: Mapping[int, Sequence[int]], category: str, now: datetime) -> None:
    """Take off the customers of these parties (by the tag that they get) what else they have of an exclusive category."""
    for tag_id, party_ids in wanted.items():
        for part in portions(party_ids):
            others = select(Tag.id).where(Tag.category == category, Tag.id != tag_id)
            former = PartyTag.tag_id.in_(others), PartyTag.party_id.in_(_members(part))
            query = select(PartyTag.party_id, PartyTag.tag_id, Tag.name).join(Tag, Tag.id == PartyTag.tag_id)
            rows = session.execute(query.where(*former).order_by(PartyTag.party_id)).all()
            for party_id, gone, name in rows:
                session.execute(delete(PartyTag).where(PartyTag.party_id == party_id, PartyTag.tag_id == gone))
                audit.append_audit(
                    session, "tag.replace", f"party:{party_id}", now, category=category, before=name, tag=tag_id
                )  # fmt: skip


# --- finding -----------------------------------------------------------------------------------------------------


def find_tags(session: Session, keys: Iterable[Key]) -> dict[Key, int]:
    """The ids of tags by their keys, and by names that they had or took over."""
    wanted = set(keys)
    found: dict[Key, int] = {}
    for part in portions(sorted({name for _, name in wanted})):
        former = select(TagAlias.category, TagAlias.name_key, TagAlias.tag_id).where(TagAlias.name_key.in_(part))
        present = select(Tag.category, Tag.name_key, Tag.id).where(Tag.name_key.in_(part))
        for query in (former, present):  # what is called so now comes before what was
            found |= {(row[0], row[1]): row[2] for row in session.execute(query) if (row[0], row[1]) in wanted}
    return found


def get_tag(session: Session, text: str) -> Tag:
    """The row of a tag. Raises NotFound."""
    wanted = parse_tag(text)
    found = find_tags(session, [wanted.key]).get(wanted.key)
    if found is None:
        raise NotFound(f"no tag {text!r}; `mailcrm tags list` shows them")
    return session.get_one(Tag, found)


def list_tags(session: Session, category: str | None = None, *, archived: bool = False) -> list[TagLine]:
    """Tags with the number of customers that have them, by category and name: all or those of one category ('' has those
    without one), on demand with the archived ones."""
    query = (
        select(Tag, TagCategory.name, func.count(Party.root_id.distinct()))
        .outerjoin(TagCategory, TagCategory.key == Tag.category)
        .outerjoin(PartyTag, PartyTag.tag_id == Tag.id)
        .outerjoin(Party, Party.id == PartyTag.party_id)
        .group_by(Tag.id, TagCategory.name)
        .order_by(Tag.category, Tag.name_key)
    )
    if category is not None:
        query = query.where(Tag.category == category_key(category))
    if not archived:
        query = query.where(Tag.archived_at.is_(None))
    rows = session.execute(query)
    return [TagLine(shown or tag.category, tag.name, n, tag.archived_at is not None) for tag, shown, n in rows]


def tag_pairs_of(session: Session, party_ids: Sequence[int]) -> dict[int, list[TagName]]:
    """The tags of customers by their (root) party id, those of all members, with their categories."""
    found: dict[int, list[TagName]] = {}
    for root, shown, category, name, _ in rows_in(session, _tagged(), party_ids):
        found.setdefault(root or 0, []).append(TagName(shown or category, name))
    return found


@cache
def _tagged() -> Lookup:
    query = (
        select(Party.root_id, TagCategory.name, Tag.category, Tag.name, Tag.name_key)
        .join(PartyTag, PartyTag.party_id == Party.id)
        .join(Tag, Tag.id == PartyTag.tag_id)
        .outerjoin(TagCategory, TagCategory.key == Tag.category)
        .distinct()
        .order_by(Tag.category, Tag.name_key)
    )
    return Lookup(query, Party.root_id)


def tags_of(session: Session, party_ids: Sequence[int]) -> dict[int, list[str]]:
    """The same as people read them: `vip`, `interest:tea`."""
    return {root: [str(each) for each in those] for root, those in tag_pairs_of(session, party_ids).items()}


# --- many customers ----------------------------------------------------------------------------------------------


def add_tags(
    session: Session, wanted: Mapping[int, Sequence[tuple[str, str]]], now: datetime, by: str
) -> dict[int, list[int]]:
    """Tags (category, name) of parties (by id), many at once; who has one keeps it. Returns the ids of the tags, by party.

    In an exclusive category the last one counts, and takes the place of what the customer had. Archived ones are given, too: an
    import tells of other days.
    """
    names = _by_key(each for those in wanted.values() for each in those)
    ids = find_tags(session, names)
    ids |= _ensure_all(session, {key: name for key, name in names.items() if key not in ids})
    exclusive = {category for category in sorted({key[0] for key in names}) if _is_exclusive(session, category)}
    added = {party_id: _chosen(those, ids, exclusive) for party_id, those in wanted.items() if those}
    for category in sorted(exclusive):
        _replace_former(session, _by_tag(session, added, category), category, now)
    present = _present(session, added)
    rows = [
        {"party_id": party_id, "tag_id": tag_id, "at": now, "by": by}
        for party_id, tag_ids in added.items()
        for tag_id in tag_ids
        if (party_id, tag_id) not in present
    ]
    insert_rows(session, PartyTag, rows)
    return added


def _chosen(those: Sequence[tuple[str, str]], ids: Mapping[Key, int], exclusive: set[str]) -> list[int]:
    """The tags of one party: each once, of an exclusive category the last."""
    last: dict[object, int] = {}
    for each in those:
        key = TagName(*each).key
        last[key[0] if key[0] in exclusive else (key, "")] = ids[key]
    return list(dict.fromkeys(last.values()))


def _by_tag(session: Session, added: Mapping[int, Sequence[int]], category: str) -> dict[int, list[int]]:
    of_category = set(session.execute(select(Tag.id).where(Tag.category == category)).scalars())
    found: dict[int, list[int]] = {}
    for party_id, tag_ids in sorted(added.items()):
        for tag_id in of_category.intersection(tag_ids):
            found.setdefault(tag_id, []).append(party_id)
    return found


def _present(session: Session, added: Mapping[int, Sequence[int]]) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for part in portions(sorted(added)):
        query = select(PartyTag.party_id, PartyTag.tag_id).where(PartyTag.party_id.in_(part))
        found |= {(row[0], row[1]) for row in session.execute(query)}
    return found


def held_tags(session: Session, party_ids: Sequence[int]) -> set[tuple[int, int]]:
    """What the members of the customers that these belong to have, as (party id, tag id)."""
    found: set[tuple[int, int]] = set()
    for part in portions(sorted(set(party_ids))):
        roots = select(Party.root_id).where(Party.id.in_(part))
        query = select(PartyTag.party_id, PartyTag.tag_id).join(Party, Party.id == PartyTag.party_id)
        found |= {(row[0], row[1]) for row in session.execute(query.where(Party.root_id.in_(roots)))}
    return found


def ensure_tags(session: Session, wanted: Sequence[tuple[str, str]]) -> int:
    """Make those tags (category, name) that are missing. Returns how many that were."""
    names = _by_key(wanted)
    known = find_tags(session, names)
    return len(_ensure_all(session, {key: name for key, name in names.items() if key not in known}))


def _by_key(those: Iterable[tuple[str, str]]) -> dict[Key, TagName]:
    """Each tag once, in its first spelling."""
    found: dict[Key, TagName] = {}
    for each in those:
        found.setdefault(TagName(*each).key, TagName(*each))
    return found


def _ensure_all(session: Session, missing: Mapping[Key, TagName]) -> dict[Key, int]:
    """New tags, and the categories that they bring. Returns their ids."""
    for category in {key[0]: name.category for key, name in missing.items() if key[0]}.values():
        ensure_category(session, category)
    keys = sorted(missing)
    rows = [
        {"category": key[0], "name": clean_line(missing[key].name, 120), "name_key": key[1], "archived_at": None}
        for key in keys
    ]
    return dict(zip(keys, insert_numbered(session, Tag, rows), strict=True))


def ensure_category(session: Session, name: str) -> TagCategory:
    """The row of a category; made, with any number of tags a customer, if it is new."""
    key = category_key(name)
    row = session.get(TagCategory, key)
    if row is None:
        row = TagCategory(key=key, name=clean_line(name, CATEGORY_LENGTH), exclusive=False, colour="", description="")
        session.add(row)
        session.flush()
    return row
