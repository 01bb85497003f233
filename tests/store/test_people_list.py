"""The list of customers: each sort pages through all of them once, each filter leaves whom it should, by indexes alone."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import update

from mailcrm.errors import UserError
from mailcrm.model.listing import SORTS, Order
from mailcrm.model.own_field import FieldType, OwnFieldSpec
from mailcrm.model.party import PartyState
from mailcrm.model.rights import Viewer
from mailcrm.model.segment import parse_segment
from mailcrm.store import Session, Store, edits, own_fields, people_list, tags
from mailcrm.store.people_list import Wanted, list_page
from mailcrm.store.rows.party import Party
from tests.builders import NOW, a_person, a_write
from tests.store.test_merges import join

ALL = Viewer.system()
OWN = ("x.budget", "x.due", "x.room")
SHOWN = ("tier", "company", "country", "city", "industry", "owner", "lifecycle")
Facts = dict[str, str | int | None]


def define_fields(session: Session) -> None:
    for key, kind in (("budget", FieldType.NUMBER), ("due", FieldType.DATE), ("room", FieldType.TEXT)):
        own_fields.add_own_field(session, OwnFieldSpec(key, key.title(), kind), NOW)


def some_customers(session: Session, random: Random, count: int) -> dict[int, Facts]:
    """Customers of whom many share a value and many have none; two pairs are merged. What each should be sorted by."""
    define_fields(session)
    known: dict[int, Facts] = {}
    for number in range(count):
        name = random.choice(("ann", "bob", "cy", f"n{number}"))
        who = a_person(session, f"p{number}@example.com", name).party_id or 0
        patch = {field: random.choice(("a", "b", "c")) for field in SHOWN if random.random() < 0.6}
        patch |= {field: value for field, value in _own(random).items() if random.random() < 0.7}
        edits.save_patch(session, who, patch, None, NOW)
        times = {name: _time(random) for name in ("last_in", "last_out")}
        made = random.randrange(4)
        row = session.get_one(Party, who)
        session.execute(
            update(Party)
            .where(Party.id == who)
            .values(
                created_at=NOW + timedelta(days=made),
                last_in_at=_at(times["last_in"]),
                last_out_at=_at(times["last_out"]),
            )
        )
        own: Facts = {field: _sortable(field, patch.get(field)) for field in OWN}
        shown: Facts = {field: patch.get(field) for field in SHOWN}
        known[who] = {"name": name, "number": row.customer_no, "created": made, **times, **shown, **own}
    for facts in known.values():
        facts["last_contact"] = _newest(facts["last_in"], facts["last_out"])
    return known


def _own(random: Random) -> dict[str, str]:
    return {
        "x.budget": str(random.choice((-5, 9, 10, 100.5))),
        "x.due": f"2026-0{random.randint(1, 3)}-05",
        "x.room": random.choice(("east", "north", "west")),
    }


def _sortable(field: str, value: str | None) -> str | int | None:
    return int(float(value) * 1000) if field == "x.budget" and value else value


def _time(random: Random) -> int | None:
    return None if random.random() < 0.4 else random.randrange(5)


def _at(days: int | None) -> object:
    return None if days is None else NOW + timedelta(days=days)


def _newest(*days: str | int | None) -> int | None:
    return max((day for day in days if isinstance(day, int)), default=None)


def expected(known: dict[int, Facts], field: str, *, descending: bool) -> list[int]:
    """A plain sort: by value and id, and behind them those who have none, by id."""
    some = [(facts[field], who) for who, facts in known.items() if facts[field] is not None]
    none = sorted(who for who, facts in known.items() if facts[field] is None)
    return [who for _, who in sorted(some, reverse=descending)] + none


def paged(session: Session, order: Order, size: int, wanted: Wanted = Wanted()) -> list[int]:  # noqa: B008 - frozen
    found: list[int] = []
    after = ""
    while page := list_page(session, ALL, NOW, wanted, order=order, after=after, limit=size):
        found += [each.line.id for each in page]
        after = page[-1].cursor
        assert len(found) < 1_000, "a cursor does not move on"
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_every_sort_pages_through_all_customers_once_either_way(store: Store, seed: int) -> None:
    random = Random(seed)
    with a_write(store) as session:
        known = some_customers(session, random, 24)
        a_person(session, "new@example.com", "candidate", state=PartyState.CANDIDATE)
    fields = ("name", "number", "created", "last_in", "last_out", "last_contact", *SHOWN, *OWN)
    with store.read() as session:
        for field in fields:
            for descending in (False, True):
                wanted = expected(known, field, descending=descending)
                size = random.choice((1, 3, 5, 24, 50))
                assert paged(session, Order(field, descending), size) == wanted, (field, descending, size)


def test_a_merged_customer_stands_once_by_the_newest_mail_of_any_member(store: Store) -> None:
    with a_write(store) as session:
        people = [a_person(session, f"{name}@example.com", name) for name in "abcd"]
        early, late, alone, silent = (each.party_id or 0 for each in people)
        for who, came, went in ((early, 1, 9), (late, 5, None), (alone, 3, 4)):
            times = {"last_in_at": _at(came), "last_out_at": _at(went)}
            session.execute(update(Party).where(Party.id == who).values(times))
        join(session, people[0], people[1])
    root = early
    with store.read() as session:
        assert paged(session, Order("last_in"), 1) == [alone, root, silent]
        assert paged(session, Order("last_out", descending=True), 1) == [root, alone, silent]
        assert paged(session, Order("last_contact"), 2) == [alone, root, silent]
        assert paged(session, Order("last_contact", descending=True), 2) == [root, alone, silent]


def test_a_cursor_holds_its_place_while_customers_come_and_go(store: Store) -> None:
    with a_write(store) as session:
        ids = [a_person(session, f"p{number}@example.com", f"n{number}").party_id or 0 for number in range(6)]
        first = list_page(session, ALL, NOW, Wanted(), limit=3)
        session.execute(update(Party).where(Party.id == ids[2]).values(state=PartyState.ARCHIVED))
        a_person(session, "before@example.com", "n0 before")
        later = a_person(session, "later@example.com", "n4 later").party_id
        rest = list_page(session, ALL, NOW, Wanted(), after=first[-1].cursor)
    assert [each.line.id for each in rest] == [ids[3], ids[4], later, ids[5]]


@pytest.mark.parametrize("few", [0, 1_000])
@pytest.mark.parametrize(
    ("expression", "who"),
    [
        ("tier = A", "ac"), ("tier = A and country = DE", "c"), ("not tier = A", "bd"), ("lifecycle = lead", "b"),
        ("owner = li", "ab"), ("industry = chemicals", "d"), ("tag = vip", "ad"), ("kind = person", "abcd"),
        ("source = user", "abcd"), ("x.budget = 10", "b"), ("x.budget is empty", "acd"), ("state = candidate", "e"),
        ("state in (active, candidate) and name ~ p", "abcde"),
    ],
)  # fmt: skip
def test_each_filter_leaves_whom_it_should_in_every_order(
    store: Store, monkeypatch: pytest.MonkeyPatch, expression: str, who: str, few: int
) -> None:
    """Whether few are left, who are sorted by themselves, or many, who are looked for in the order of all."""
    monkeypatch.setattr(people_list, "_FEW", few)
    patches = {
        "a": {"tier": "A", "owner": "li"}, "b": {"tier": "B", "lifecycle": "lead", "owner": "li", "x.budget": "10"},
        "c": {"tier": "A", "country": "DE"}, "d": {"industry": "Chemicals"},
    }  # fmt: skip
    with a_write(store) as session:
        define_fields(session)
        for letter, patch in patches.items():
            party_id = a_person(session, f"{letter}@example.com", f"p{letter}").party_id or 0
            edits.save_patch(session, party_id, patch, None, NOW)
            if letter in "ad":
                tags.add_tag(session, party_id, "VIP", NOW)
        a_person(session, "e@example.com", "pe", state=PartyState.CANDIDATE)
        wanted = Wanted(parse_segment(expression))
        for field in ("name", "number", "tier", "last_contact", "x.budget"):
            page = list_page(session, ALL, NOW, wanted, order=Order(field))
            assert sorted(each.line.name[1] for each in page) == list(who), field


def test_a_list_is_not_sorted_by_what_is_not_there_or_not_to_be_told(store: Store) -> None:
    with a_write(store) as session:
        own_fields.add_own_field(session, OwnFieldSpec("health", "Health", is_sensitive=True), NOW)
        with pytest.raises(UserError, match="fields list"):
            list_page(session, ALL, NOW, Wanted(), order=Order("x.nothing"))
        with pytest.raises(UserError, match="sensitive"):
            list_page(session, ALL, NOW, Wanted(), order=Order("x.health"))


@pytest.mark.parametrize("field", [*SORTS, *OWN])
def test_no_offered_sort_reads_all_customers_or_sorts_them(sqlite_store: Store, field: str) -> None:
    store = sqlite_store
    with a_write(store) as session:
        known = some_customers(session, Random(3), 8)
        last = list_page(session, ALL, NOW, Wanted(), order=Order(field), limit=len(known) // 4)[-1].cursor
        plans = _plans(session, lambda: list_page(session, ALL, NOW, Wanted(), order=Order(field), after=last))
    scans = [line for line in plans if line.startswith("SCAN party")]
    assert not scans, scans


def _plans(session: Session, read: Callable[[], object]) -> list[str]:
    """How SQLite goes about each statement that is run."""
    from sqlalchemy import event

    seen: list[tuple[str, object]] = []

    def note(*given: object) -> None:
        seen.append((str(given[2]), given[3]))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    read()
    event.remove(connection, "before_cursor_execute", note)
    lines = []
    for statement, parameters in seen:
        if statement.lstrip().upper().startswith("SELECT"):
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
            lines += [str(row[3]) for row in rows]
    return lines
