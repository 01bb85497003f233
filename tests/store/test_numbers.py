"""Numbers of customers: given once, found for ever, and learnt from other systems."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailcrm.errors import Conflict, UserError
from mailcrm.model.identity import Evidence, Judgement, MergeMethod
from mailcrm.model.number import NumberKind, Restart, parse_pattern
from mailcrm.model.party import CustomerNumber, PartyKind, PartyState
from mailcrm.model.rights import Viewer
from mailcrm.model.segment import parse_segment
from mailcrm.model.token import LinkKeys
from mailcrm.store import Session, Store, numbers, parties, people, segments
from mailcrm.store.identity import merges
from mailcrm.store.rows.party import Party
from tests.builders import NOW, a_person, a_write
from tests.store.crowd import at_once, patiently, written

LATER = NOW + timedelta(days=1)
ALL = Viewer.system()
JUDGED = Judgement.of([Evidence("same mailbox", "a", "a", 20.05)])
KINDS = [PartyKind.PERSON, PartyKind.ORGANISATION]


def with_pattern(store: Store, text: str, **more: str) -> Store:
    return replace(store, numbers=parse_pattern(text, **more))  # type: ignore[arg-type]


def given(session: Session, count: int, now: datetime = NOW) -> list[str]:
    return [number.text for number in numbers.next_numbers(session, KINDS[:1] * count, now)]


def number_of(session: Session, party_id: int | None) -> str:
    number = session.get_one(Party, party_id).customer_no
    assert number is not None
    return number


def some(session: Session, count: int) -> list[int]:
    ids = [a_person(session, f"p{at}@example.com", f"P{at}").party_id for at in range(count)]
    return [each for each in ids if each is not None]


# --- giving ------------------------------------------------------------------------------------------------------


def test_a_pattern_gives_each_kind_its_letter_and_begins_anew_with_the_year(store: Store) -> None:
    pattern = with_pattern(store, "{kind}-{yy}-{seq:03}", restart=Restart.YEAR)
    new_year = datetime(2026, 1, 1, tzinfo=UTC)
    with a_write(pattern) as session:
        assert [str(n) for n in numbers.next_numbers(session, KINDS, NOW)] == ["P-25-001", "O-25-002"]
        assert given(session, 1, new_year) == ["P-26-001"]
        assert given(session, 1) == ["P-25-003"]


def test_another_pattern_renumbers_nobody_and_all_are_found(store: Store) -> None:
    patterns = ["C{seq:06}{check}", "K-{yyyy}-{seq:05}-{check}", "C{seq:04}", "C{seq:06}{check}"]
    held: dict[str, int] = {}
    for at, pattern in enumerate(patterns):
        with a_write(with_pattern(store, pattern)) as session:
            who = a_person(session, f"p{at}@example.com").party_id
            assert who is not None
            held[number_of(session, who)] = who
    assert list(held) == ["C000001G", "K-2025-00002-5", "C0003", CustomerNumber.of(4).text]
    with with_pattern(store, "X{seq}").read() as session:
        for number, who in held.items():
            assert number_of(session, who) == number
            assert parties.find_party(session, f" {number.lower().replace('-', ' ')} ") == who


def test_a_serial_whose_number_is_known_already_is_passed_over(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        assert who is not None
        for serial in (3, 4, 7):
            numbers.learn_number(session, who, CustomerNumber.of(serial).text, NOW, system="old" * (serial == 7))
        assert given(session, 4) == [CustomerNumber.of(serial).text for serial in (2, 5, 6, 8)]


def test_writers_with_two_patterns_never_give_one_number_twice(store: Store) -> None:
    """The daemon still has the old pattern while a command has the new one; both make C10001, C10002 ..."""
    writers = [with_pattern(store, "C1{seq:04}"), with_pattern(store, "C{seq:05}"), with_pattern(store, "C{seq}")] * 2
    with a_write(store) as session:
        numbers._sequence(session, "customer").next_value = 9_990

    def mint(at: int) -> list[str]:
        return [patiently(lambda n=n: written(writers[at], lambda s: person(s, at, n))) for n in range(6)]  # type: ignore[misc]

    def person(session: Session, at: int, n: int) -> str:
        return number_of(session, a_person(session, f"p{at}.{n}@example.com").party_id)

    minted = [number for found in at_once([lambda at=at: mint(at) for at in range(6)]) for number in found]  # type: ignore[misc]
    assert len(set(minted)) == 36
    with store.read() as session:
        assert all(parties.find_party(session, number) for number in minted)


def test_numbers_of_archived_and_erased_customers_stay_used_and_found(store: Store) -> None:
    with a_write(store) as session:
        one, other = some(session, 2)
        session.get_one(Party, one).state = PartyState.ARCHIVED
        session.get_one(Party, other).state = PartyState.ERASED
        session.flush()
        assert given(session, 1) == [CustomerNumber.of(3).text]
        found = [parties.find_party(session, CustomerNumber.of(serial).text) for serial in (1, 2)]
        assert found == [one, other]


# --- for ever ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_old_numbers_resolve_for_ever_after_merges(store: Store, order: Sequence[int]) -> None:
    """Four customers become one and are taken apart in any order; each number finds the one its holder belongs to then."""
    with a_write(store) as session:
        ids = some(session, 4)
        held = {number_of(session, each): each for each in ids}
        numbers.learn_number(session, ids[3], "SAP 77", NOW, system="sap")
        held["sap77"] = ids[3]

        def all_resolve() -> None:
            for number, leaf in held.items():
                assert parties.find_leaf(session, number) == leaf
                assert parties.find_party(session, number.lower()) == session.get_one(Party, leaf).root_id

        edges = []
        for one, other in itertools.pairwise(ids):
            edges.append(merges.join(session, one, other, MergeMethod.HUMAN, JUDGED, 1, NOW))
            all_resolve()
        assert {parties.find_party(session, number) for number in held} == {ids[0]}
        for at in order:
            merges.undo(session, [edges[at]], LATER)
            all_resolve()
        assert [parties.find_party(session, number) for number in held] == [*ids, ids[3]]


def test_a_reply_token_finds_the_customer_after_merges_and_another_pattern(store: Store) -> None:
    keys = LinkKeys((b"k" * 32,))
    with a_write(store) as session:
        one, other = some(session, 2)
        token = keys.sign_reply(number_of(session, other))
        merges.join(session, one, other, MergeMethod.HUMAN, JUDGED, 1, NOW)
    with with_pattern(store, "X-{seq}").read() as session:
        number = keys.read_reply(token)
        assert number is not None
        assert parties.find_party(session, number) == one


# --- learning ----------------------------------------------------------------------------------------------------


def test_a_number_of_another_system_finds_the_customer_everywhere(store: Store) -> None:
    with a_write(store) as session:
        one, other = some(session, 2)
        assert numbers.learn_number(session, one, " Kd. 10-017 ", NOW, system="SAP")
        assert not numbers.learn_number(session, one, "KD.10017", LATER, system="sap")
        merges.join(session, other, one, MergeMethod.HUMAN, JUDGED, 1, NOW)
        root = session.get_one(Party, one).root_id
        for typed in ("kd.10017", "sap:KD.10 017", "ＫＤ．１００１７"):
            assert parties.find_party(session, typed) == root
            assert [line.id for line in people.find_people(session, ALL, [typed])] == [root]
        assert segments.select_parties(session, parse_segment('number = "kd. 10017"'), NOW) == [root]
        found = numbers.numbers_of(session, [root or 0])[root or 0]
        assert [(each.number, each.kind, each.system) for each in found] == [
            ("C000001G", NumberKind.OWN, ""),
            (CustomerNumber.of(2).text, NumberKind.OWN, ""),
            ("Kd. 10-017", NumberKind.FOREIGN, "sap"),
        ]


def test_the_same_number_of_two_systems_is_asked_about(store: Store) -> None:
    with a_write(store) as session:
        one, other = some(session, 2)
        numbers.learn_number(session, one, "10017", NOW, system="sap")
        numbers.learn_number(session, other, "10017", NOW, system="shop")
        with pytest.raises(UserError, match="several customers; say which: sap:10017, shop:10017"):
            parties.find_party(session, "10017")
        assert parties.find_party(session, "SHOP:10017") == other
        assert parties.find_party(session, "sap: 10017") == one
        assert parties.find_party(session, "crm:10017") is None
        merges.join(session, one, other, MergeMethod.HUMAN, JUDGED, 1, NOW)
        assert parties.find_party(session, "10017") == one


def test_digits_that_are_an_id_and_a_number_are_asked_about(store: Store) -> None:
    with a_write(store) as session:
        one, other = some(session, 2)
        numbers.learn_number(session, other, str(one), NOW, system="sap")
        with pytest.raises(UserError, match=f"say #{one} or #{other}"):
            parties.find_party(session, str(one))
        assert parties.find_party(session, f"#{one}") == one


def test_a_number_of_one_customer_is_not_learnt_for_another(store: Store) -> None:
    with a_write(store) as session:
        one, other = some(session, 2)
        numbers.learn_number(session, one, "A-1", NOW, system="sap")
        with pytest.raises(Conflict, match="another customer"):
            numbers.learn_number(session, other, "a1", NOW, system="sap")
        with pytest.raises(Conflict, match="another customer"):
            numbers.learn_number(session, other, number_of(session, one), NOW)
        merges.join(session, one, other, MergeMethod.HUMAN, JUDGED, 1, NOW)
        assert not numbers.learn_number(session, other, "a1", NOW, system="sap")


@pytest.mark.parametrize("number", ["", " - ", "a@b.example", "#5", "sap:5", "x" * 61])
def test_what_cannot_be_a_number_is_not_learnt(sqlite_store: Store, number: str) -> None:
    with a_write(sqlite_store) as session:
        [who] = some(session, 1)
        with pytest.raises(UserError, match="cannot be a customer's number"):
            numbers.learn_number(session, who, number, NOW)
    with a_write(sqlite_store) as session, pytest.raises(UserError, match="no colon"):
        numbers.learn_number(session, who, "5", NOW, system="s:p")


# --- slips -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("C000071Z", r"wrong check character: C000017Z may be meant \(two neighbours are swapped\)"),
        ("c-0000 18z", r"wrong check character: C000017Z may be meant \(one character is another\)"),
        ("COOOO17Z", r"C000017Z may be meant \(a letter stands for a digit"),
        ("C00017Z", r"C000017Z may be meant \(one character is missing\)"),
        ("C0000017Z", r"C000017Z may be meant \(one character is too many\)"),
        ("C000999A", "wrong check character: one of its characters was mistyped, or two were swapped"),
        ("zhang", "'zhang' is not a customer number; they look like C000017Z$"),
    ],
)
def test_a_slip_is_told_with_the_number_that_somebody_has(sqlite_store: Store, typed: str, words: str) -> None:
    with a_write(sqlite_store) as session:
        numbers._sequence(session, "customer").next_value = 17
        some(session, 1)
        with pytest.raises(UserError, match=words):
            parties.find_party(session, typed)


@pytest.mark.parametrize(
    "words", [["C", "000", "001", "g"], ["ｃ０００００１ｇ"], ["C00-0001-G"], ["000001", "C", "G"]]
)
def test_a_number_is_searched_for_as_it_is_spoken(store: Store, words: list[str]) -> None:
    with a_write(store) as session:
        one, _ = some(session, 2)
        found = [line.id for line in people.find_people(session, ALL, words)]
        assert found == ([one] if words[0] != "000001" else [])
