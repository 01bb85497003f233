"""Segments: every field with every comparison against a handful of people, the same on all engines."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from mailcrm.errors import Conflict, NotFound, SegmentError, UserError
from mailcrm.model.address import AddressKind
from mailcrm.model.consent import ConsentState
from mailcrm.model.contact import SHOWN
from mailcrm.model.own_field import OwnFieldSpec
from mailcrm.model.party import CustomerNumber, PartyKind, PartyState
from mailcrm.model.segment import FIELDS, OWN_FIELDS, All, And, Node, Not, Op, Or, Segment, parse_segment
from mailcrm.model.segment import Test as Comparison
from mailcrm.store import Session, Store, edits, own_fields, parties, segments, tags
from mailcrm.store.rows.party import Party, PartyEmail
from tests.builders import a_consent, a_person, a_write, an_address
from tests.store.crowd import after_a_race, written

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Who:
    """Somebody in the customer base of these tests; times are ages in days."""

    name: str
    address: str
    fields: dict[str, str]
    tags: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()
    last_in: int | None = None
    last_out: int | None = None
    created: int = 400
    state: PartyState = PartyState.ACTIVE
    source: str = "user"


PEOPLE = {
    "zhang": Who(
        "张三", "zhang@acme.example", {"given_name": "三", "family_name": "张", "language": "zh", "salutation": "先生"},
        tags=("VIP", "distributor"), consents=("newsletter",), last_in=10, last_out=200,
    ),
    "anna": Who(
        "Anna Ärger", "Anna.Aerger+news@acme.example",
        {"given_name": "Anna", "family_name": "Ärger", "language": "de", "salutation": "Frau Dr."},
        tags=("vip",), last_in=100, created=3,
    ),
    "percent": Who("100%_sure 'n \"quoted\" \\/", "o'brien_100%@example.com", {"language": "EN-gb"}, tags=("100%_a",)),
    "plain": Who("1000 xsure", "obrien-1000@example.com", {}, tags=("1000 a",), last_out=30, source="import"),
    "lead": Who("Lead", "lead@idn.example", {}, tags=("vip",), state=PartyState.CANDIDATE, last_in=1),
    "gone": Who("Gone", "gone@example.com", {"language": "de"}, state=PartyState.ARCHIVED),
}  # fmt: skip
ACTIVE = {"zhang", "anna", "percent", "plain", "acme"}
EVERYBODY = ACTIVE | {"lead", "gone"}


@pytest.fixture
def base(store: Store) -> Store:
    """A store with these people and an organisation."""
    written(store, build)
    return store


def build(session: Session) -> None:
    for who in PEOPLE.values():
        party = a_person(session, who.address, who.name, state=PartyState.CANDIDATE, consents=who.consents)
        for tag in who.tags:
            tags.add_tag(session, party.party_id, tag, NOW)
        edits.save_patch(session, party.party_id, who.fields, None, NOW)
        if who.state == PartyState.ACTIVE:
            parties.activate_party(session, party.party_id, NOW)
        session.execute(update(Party).where(Party.id == party.party_id).values(**columns(who)))
    a_consent(session, an_address(session, "o'brien_100%@example.com"), "newsletter", ConsentState.WITHDRAWN)
    acme = parties.create_party(session, PartyKind.ORGANISATION, "acme", "header", ago(400), PartyState.ACTIVE)
    parties.attach_address(session, acme, an_address(session, "info@acme.example", AddressKind.ROLE), "header", NOW)


def columns(who: Who) -> dict[str, object]:
    times = {"last_in_at": who.last_in, "last_out_at": who.last_out, "created_at": who.created}
    moved = {name: None if days is None else ago(days) for name, days in times.items()}
    return {"state": who.state, "source": who.source} | moved


def ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


def selected(session: Session, expression: str | Segment) -> set[str]:
    segment = parse_segment(expression) if isinstance(expression, str) else expression
    ids = segments.select_parties(session, segment, NOW)
    assert len(ids) == len(set(ids)) == segments.count_segment(session, segment, NOW)
    keys = {who.name: key for key, who in PEOPLE.items()} | {"acme": "acme"}
    return {keys[name] for name in session.execute(select(Party.display_name).where(Party.id.in_(ids))).scalars()}


NUMBER = CustomerNumber.of(1).text
EXPECTED: dict[str, set[str]] = {
    "all": ACTIVE,
    "tag = vip": {"zhang", "anna"},
    'tag = " ViP "': {"zhang", "anna"},
    "tag:vip": {"zhang", "anna"},
    "tag != vip": {"percent", "plain", "acme"},
    "tag in (distributor, '100%_A')": {"zhang", "percent"},
    "tag is empty": {"acme"},
    "name = 张三": {"zhang"},
    "name = 'anna ÄRGER'": {"anna"},
    "name != 张三": ACTIVE - {"zhang"},
    "name ~ 三": {"zhang"},
    "name ~ ärg": {"anna"},
    "name ~ '100%'": {"percent"},
    "name ~ '0%_'": {"percent"},
    "name ~ _": {"percent"},
    "name ~ '\\''": {"percent"},
    "name ~ '\\\"'": {"percent"},
    "name ~ '\\\\'": {"percent"},
    "name ~ /": {"percent"},
    "name in (张三, Lead)": {"zhang"},
    "name is empty": set(),
    "given_name = anna": {"anna"},
    "given_name != anna": ACTIVE - {"anna"},
    "given_name ~ 三": {"zhang"},
    "given_name in (三, ANNA)": {"zhang", "anna"},
    "given_name is empty": {"percent", "plain", "acme"},
    "family_name = Ärger": {"anna"},
    "family_name = ärger": {"anna"},
    "family_name != Ärger": ACTIVE - {"anna"},
    "family_name ~ ÄRG": {"anna"},
    "family_name in (张, ÄRGER)": {"zhang", "anna"},
    "family_name is empty": {"percent", "plain", "acme"},
    "salutation = 先生": {"zhang"},
    "salutation != 先生": ACTIVE - {"zhang"},
    "salutation ~ dr.": {"anna"},
    "salutation in (先生, 女士)": {"zhang"},
    "salutation is empty": {"percent", "plain", "acme"},
    "language = ZH": {"zhang"},
    "language = en-GB": {"percent"},
    "language != de": ACTIVE - {"anna"},
    "language ~ en": {"percent"},
    "language in (de, zh)": {"zhang", "anna"},
    "language is empty": {"plain", "acme"},
    "email = ZHANG@acme.example": {"zhang"},
    "email != zhang@acme.example": ACTIVE - {"zhang"},
    "email ~ +NEWS@": {"anna"},
    "email ~ _100%": {"percent"},
    'email ~ "o\'b"': {"percent"},
    "email in (info@acme.example, anna.aerger+news@acme.example, lead@idn.example)": {"acme", "anna"},
    "email is empty": set(),
    "domain = ACME.example": {"zhang", "anna", "acme"},
    "domain = @acme.example": {"zhang", "anna", "acme"},
    "domain != acme.example": {"percent", "plain"},
    "domain in (acme.example, idn.example)": {"zhang", "anna", "acme"},
    "domain = example": set(),
    f"number = {NUMBER}": {"zhang"},
    f"number = {NUMBER[:3].lower()}-{NUMBER[3:].lower()}": {"zhang"},
    f"number != {NUMBER}": ACTIVE - {"zhang"},
    f"number in ({NUMBER}, {CustomerNumber.of(2)}, {CustomerNumber.of(999)})": {"zhang", "anna"},
    "kind = organisation": {"acme"},
    "kind != organisation": ACTIVE - {"acme"},
    "kind in (Person, organisation)": ACTIVE,
    "state = candidate": {"lead"},
    "state = Archived": {"gone"},
    "state != active": {"lead", "gone"},
    "state in (active, candidate)": ACTIVE | {"lead"},
    "state in (active, candidate) and tag = vip": {"zhang", "anna", "lead"},
    "not state = active": {"lead", "gone"},
    "state = candidate or tag = distributor": {"zhang", "lead"},
    "source = Import": {"plain"},
    "source != user": {"plain", "acme"},
    "source in (import, header)": {"plain", "acme"},
    "consent = Newsletter": {"zhang"},
    "consent != newsletter": ACTIVE - {"zhang"},
    "consent in (newsletter, surveys)": {"zhang"},
    "consent = surveys": set(),
    "last_in before 30d": {"anna"},
    "last_in after 30d": {"zhang"},
    "last_in after 10d": {"zhang"},
    "last_in before 10d": {"anna"},
    "last_in is never": {"percent", "plain", "acme"},
    "last_in before 2026-05-22": {"anna"},
    "last_in after 2026-05-22": {"zhang"},
    "last_out before 6m": {"zhang"},
    "last_out after 5w": {"plain"},
    "last_out is never": {"anna", "percent", "acme"},
    "last_contact before 60d": {"anna"},
    "last_contact after 60d": {"zhang", "plain"},
    "last_contact is never": {"percent", "acme"},
    "created after 1w": {"anna"},
    "created before 1y": ACTIVE - {"anna"},
    "created before 0001-01-01": set(),
    "created after 100y": ACTIVE,
    "created before 100y": set(),
    "created is never": set(),
    "not tag = vip": {"percent", "plain", "acme"},
    "not not tag = vip": {"zhang", "anna"},
    "tag = vip and language = zh or source = import": {"zhang", "plain"},
    "tag = vip and (language = zh or source = import)": {"zhang"},
    "not (tag = vip or domain = example.com)": {"acme"},
    "not all": set(),
    "tag = vip and not all": set(),
    "not (last_in before 30d) and not last_in is never": {"zhang"},
}

_SHOWN_FIELDS = [field.value for field in SHOWN if field.value != "language"]
SHOWN_EXPECTED: dict[str, set[str]] = {
    text.format(field=field): whom
    for field in [*_SHOWN_FIELDS, "x.size"]
    for text, whom in {
        "{field} = ÄRGER": {"anna"},
        "{field} != ÄRGER": ACTIVE - {"anna"},
        "{field} ~ rge": {"anna"},
        "{field} in (大号, ärger)": {"zhang", "anna"},
        "{field} is empty": {"percent", "plain", "acme"},
    }.items()
}


def test_what_customers_show_selects_them(base: Store) -> None:
    def show(session: Session) -> None:
        own_fields.add_own_field(session, OwnFieldSpec("size", "Size"), NOW)
        for key, value in (("zhang", "大号"), ("anna", "ärger")):
            party_id = parties.get_party(session, PEOPLE[key].address)
            edits.save_patch(session, party_id, dict.fromkeys([*_SHOWN_FIELDS, "x.size"], value), None, NOW)

    written(base, show)
    with base.read() as session:
        assert {text: selected(session, text) for text in SHOWN_EXPECTED} == SHOWN_EXPECTED


def test_every_expression_selects_whom_it_says(base: Store) -> None:
    with base.read() as session:
        assert {text: selected(session, text) for text in EXPECTED} == EXPECTED


def test_every_field_is_tried_with_every_comparison() -> None:
    tried: set[tuple[str, Op]] = set()

    def visit(node: Node) -> None:
        match node:
            case Comparison():
                tried.add((node.field, node.op))
            case Not():
                visit(node.item)
            case And() | Or():
                for item in node.items:
                    visit(item)
            case All():
                pass

    for text in EXPECTED | SHOWN_EXPECTED:
        visit(parse_segment(text).root)
    own = {("x.size", op) for op in OWN_FIELDS}
    assert tried == {(field, op) for field, ops in FIELDS.items() for op in ops} | own


_LEAVES = [
    text
    for text in EXPECTED
    if " and " not in text and " or " not in text and "not " not in text and "state" not in text
]
_trees = st.recursive(
    st.sampled_from(_LEAVES).map(lambda text: parse_segment(text).root),
    lambda inner: (
        inner.map(Not)
        | st.lists(inner, min_size=2, max_size=3).map(lambda items: And(tuple(items)))
        | st.lists(inner, min_size=2, max_size=3).map(lambda items: Or(tuple(items)))
    ),
    max_leaves=8,
)
_BY_LEAF = {parse_segment(text).root: EXPECTED[text] for text in _LEAVES}


def by_sets(node: Node) -> set[str]:
    match node:
        case Not():
            return ACTIVE - by_sets(node.item)
        case And():
            return set.intersection(*map(by_sets, node.items))
        case Or():
            return set.union(*map(by_sets, node.items))
        case _:
            return _BY_LEAF[node]


@pytest.fixture
def sqlite_base(sqlite_store: Store) -> Store:
    """The same people on SQLite only."""
    written(sqlite_store, build)
    return sqlite_store


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_trees)
def test_any_combination_is_that_of_sets(sqlite_base: Store, root: Node) -> None:
    with sqlite_base.read() as session:
        assert selected(session, Segment("", root)) == by_sets(root)


def test_an_address_that_ended_counts_no_more(base: Store) -> None:
    with a_write(base) as session:
        session.execute(update(PartyEmail).values(valid_to=NOW))
        assert selected(session, "email = zhang@acme.example or domain = acme.example or consent = newsletter") == set()
        assert selected(session, "email is empty") == ACTIVE


def test_a_cluster_is_selected_by_any_of_its_members_and_once(base: Store) -> None:
    with a_write(base) as session:
        zhang, anna = (parties.get_party(session, PEOPLE[who].address) for who in ("zhang", "anna"))
        session.execute(update(Party).where(Party.id == anna).values(root_id=zhang, state=PartyState.MERGED))
        session.execute(update(Party).where(Party.id == zhang).values(cluster_size=2))
        assert selected(session, "language = de") == {"zhang"}
        assert selected(session, "tag = vip") == {"zhang"}
        assert selected(session, "language != de") == {"percent", "plain", "acme"}
        assert selected(session, "last_in before 30d") == set()
        assert selected(session, "all") == ACTIVE - {"anna"}


def test_the_order_is_that_of_the_list_and_a_limit_cuts_it(base: Store) -> None:
    with base.read() as session:
        segment = parse_segment("tag = vip")
        both = segments.select_parties(session, segment, NOW)
        assert [session.get_one(Party, i).display_name for i in both] == ["Anna Ärger", "张三"]
        assert segments.select_parties(session, segment, NOW, limit=1) == both[:1]
        assert segments.select_parties(session, segment, NOW, limit=0) == []


def test_the_largest_segment_is_not_too_large_for_any_engine(base: Store) -> None:
    many = " or ".join(
        f"{'not ' * (n % 2)}({test})" for n, test in enumerate(["tag = vip", "email ~ x", "consent = y"] * 19)
    )
    values = ", ".join(f"person{number}@example.com" for number in range(4800))
    deep = "(" * 45 + "all" + ")" * 45
    with base.read() as session:
        assert selected(session, f"({many}) and {deep} and email in ({values}, zhang@acme.example)") == {"zhang"}


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("kind = robot", "kind is one of person, organisation, not 'robot'"),
        ("state in (active, asleep)", "state is one of .*candidate.*not 'asleep'"),
        ("not (tag = vip and state != x)", "state is one of"),
    ],
)
def test_an_unknown_word_is_told(sqlite_store: Store, expression: str, words: str) -> None:
    with sqlite_store.read() as session, pytest.raises(SegmentError, match=words):
        segments.select_parties(session, parse_segment(expression), NOW)


def test_a_mistyped_number_is_told(sqlite_store: Store) -> None:
    with sqlite_store.read() as session, pytest.raises(UserError, match="mistyped"):
        segments.select_parties(session, parse_segment("number = C000001A"), NOW)


# --- stored segments ---------------------------------------------------------------------------------------------


def test_a_segment_is_kept_under_its_name(store: Store) -> None:
    with a_write(store) as session:
        first = segments.save_segment(session, "vips", " tag = vip ", NOW)
        assert (first.version, first.segment.text) == (1, "tag = vip")
        with pytest.raises(Conflict, match="--replace"):
            segments.save_segment(session, "vips", "all", NOW)
        second = segments.save_segment(session, "vips", "all", NOW, replace=True)
        segments.save_segment(session, "a", "kind = person", NOW)
        assert second.version == 2
        assert segments.get_segment(session, "vips") == second
        assert [kept.name for kept in segments.list_segments(session)] == ["a", "vips"]
        segments.delete_segment(session, "vips")
        for look in (segments.get_segment, segments.delete_segment):
            with pytest.raises(NotFound, match="no segment 'vips'"):
                look(session, "vips")


@pytest.mark.parametrize("expression", ["tag", "kind = robot", "number = 7", ""])
def test_what_cannot_be_understood_is_not_kept(sqlite_store: Store, expression: str) -> None:
    with a_write(sqlite_store) as session, pytest.raises(UserError):
        segments.save_segment(session, "x", expression, NOW)
    with sqlite_store.read() as session:
        assert segments.list_segments(session) == []


def test_two_that_keep_a_segment_under_one_name_do_not_overwrite_each_other(store: Store) -> None:
    with pytest.raises(Conflict):
        after_a_race(
            store,
            lambda s: segments.save_segment(s, "vips", "tag = vip", NOW),
            lambda s: segments.save_segment(s, "vips", "all", NOW),
        )
    with store.read() as session:
        assert segments.get_segment(session, "vips").segment.text == "tag = vip"
