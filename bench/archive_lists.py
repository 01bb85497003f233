"""The list of customers in a large archive: how long a page takes by each sort, and with filters. Part of `bench.archive`."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median

from sqlalchemy import bindparam, update

from mailcrm.model.contact import SHOWN, ContactField
from mailcrm.model.listing import SORTS, Order
from mailcrm.model.own_field import FieldType, OwnFieldSpec
from mailcrm.model.rights import Actor, Viewer
from mailcrm.model.segment import parse_segment
from mailcrm.store import Session, Store, own_fields
from mailcrm.store.bulk import insert_rows, update_rows
from mailcrm.store.people_list import Wanted, list_page
from mailcrm.store.rows.fact import ShownValue
from mailcrm.store.rows.party import Party, PartyTag, Tag

_NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_ACTOR = Actor.system("bench")
_BATCH = 5_000
_REPEATS = 9
_OWN = {"x.budget": FieldType.NUMBER, "x.due": FieldType.DATE, "x.room": FieldType.TEXT}
_DISTINCT = {
    ContactField.COMPANY: 9_973, ContactField.CITY: 700, ContactField.INDUSTRY: 20, ContactField.COUNTRY: 60,
    ContactField.LIFECYCLE: 5, ContactField.TIER: 3, ContactField.OWNER: 20,
}  # fmt: skip
"""How many values there are of a field; of the others two."""

_FILTERS = {
    "tier": "tier = 1", "country": "country = 7", "owner and lifecycle": "owner = 3 and lifecycle = 2",
    "rare tag": "tag = rare", "frequent tag": "tag = frequent", "nobody": "country = nowhere", "budget": "x.budget = 500",
    "silent": "last_contact before 90d", "all but": "not tier = 1", "kind": "kind = person", "source": "source = header",
    "name": "name ~ 777",
}  # fmt: skip
_FINDS = {
    "find name": "Person 4711",
    "find address": "p815@c815",
    "find number": "B00004711",
    "find phone": "0171 8364729",
}
_SORTED_FILTERED = ("name", "tier", "last_contact", "x.budget")


def fill(store: Store, count: int) -> None:
    """What customers are sorted and filtered by; of each field a fifth have no value."""
    with store.write(_ACTOR) as session:
        for name, kind in _OWN.items():
            key = name.removeprefix("x.")
            own_fields.add_own_field(session, OwnFieldSpec(key, key.title(), kind), _NOW)
        session.add_all([Tag(id=1, name="rare", name_key="rare"), Tag(id=2, name="frequent", name_key="frequent")])
    random = Random(11)
    at = update(Party).where(Party.id == bindparam("party"))
    at = at.values(last_in_at=bindparam("came"), last_out_at=bindparam("went"), created_at=bindparam("made"))
    for start in range(1, count + 1, _BATCH):
        those = range(start, min(start + _BATCH, count + 1))
        with store.write(_ACTOR) as session:
            update_rows(session, at, [
                {"party": who, "came": _moment(random), "went": _moment(random), "made": _moment(random) or _NOW}
                for who in those
            ])  # fmt: skip
            insert_rows(session, ShownValue, [row for who in those for row in _shown(random, who)])
            tagged = [(who, 1) for who in those if who % 2_000 == 1] + [(who, 2) for who in those if who % 3 == 1]
            insert_rows(session, PartyTag, [
                {"party_id": who, "tag_id": tag, "at": _NOW, "by": "bench"} for who, tag in tagged
            ])  # fmt: skip


def _moment(random: Random) -> datetime | None:
    return None if random.random() < 0.2 else _NOW - timedelta(minutes=random.randrange(1_000_000))


def _shown(random: Random, who: int) -> Iterator[Mapping[str, object]]:
    for field in (*SHOWN, *_OWN):
        if random.random() < 0.8:
            number = random.randrange(_DISTINCT.get(field, 2) if isinstance(field, ContactField) else 1_000)
            of_numbers = _OWN.get(field, FieldType.TEXT) is not FieldType.TEXT
            yield {
                "party_id": who, "field": field, "ordinal": 0, "v_text": str(number),
                "v_int": number * 1000 if of_numbers else None,
            }  # fmt: skip


def measure(store: Store, viewer: Viewer) -> dict[str, float]:
    """The median milliseconds of a page of 50 by each sort, either way, the first and one behind a cursor; and with filters."""
    found: dict[str, float] = {}
    for field in (*SORTS, *_OWN):
        for descending in (False, True):
            order = Order(field, descending)
            name = f"{field}{' desc' * descending}"
            found[name] = _time(store, viewer, Wanted(), order)
            found[f"{name}, deep"] = _time(store, viewer, Wanted(), order, _deep(store, viewer, order))
    for name, expression in _FILTERS.items():
        for field in _SORTED_FILTERED:
            found[f"{name} by {field}"] = _time(store, viewer, Wanted(parse_segment(expression)), Order(field))
    for name, text in _FINDS.items():
        found[name] = _time(store, viewer, Wanted(find=text), Order())
    return found


def _deep(store: Store, viewer: Viewer, order: Order) -> str:
    """A cursor 5,000 customers on."""
    with store.read(viewer) as session:
        return list_page(session, viewer, _NOW, Wanted(), order=order, limit=5_000)[-1].cursor


def _time(store: Store, viewer: Viewer, wanted: Wanted, order: Order, after: str = "") -> float:
    def page(session: Session) -> None:
        list_page(session, viewer, _NOW, wanted, order=order, after=after, limit=50)

    times = []
    for _ in range(_REPEATS):
        began = time.perf_counter()
        with store.read(viewer) as session:
            page(session)
        times.append((time.perf_counter() - began) * 1000)
    return round(median(times), 1)
