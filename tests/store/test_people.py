"""The list of customers, and one whole archive."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from mailcrm.model.address import AddressKind
from mailcrm.model.archive import AddressLine, ConsentLine, PartyArchive, PartyLine
from mailcrm.model.consent import ConsentState
from mailcrm.model.number import KnownNumber, NumberKind
from mailcrm.model.party import CustomerNumber, PartyKind, PartyState
from mailcrm.model.recipient import Suppress
from mailcrm.model.rights import Viewer
from mailcrm.model.segment import parse_segment
from mailcrm.store import Session, Store, consents, edits, parties, people, tags
from mailcrm.store.people_list import Wanted, list_page
from mailcrm.store.rows.party import PartyEmail
from tests.builders import NOW, a_consent, a_person, a_purpose, a_write, an_address

ALL = Viewer.system()
LATER = NOW + timedelta(days=1)


def names(session: Session, find: str = "", *, with_candidates: bool = False, segment: str = "") -> list[str]:
    parsed = parse_segment(segment) if segment else None
    lines = people.list_people(session, ALL, NOW, find=find, with_candidates=with_candidates, segment=parsed)
    return [line.name for line in lines]


def test_customers_come_by_name_and_candidates_on_demand(store: Store) -> None:
    with a_write(store) as session:
        for name in ("bob", "Alice", "Zoe", "alice b"):
            a_person(session, f"{name.replace(' ', '')}@example.com", name)
        a_person(session, "new@example.com", "Candidate", state=PartyState.CANDIDATE)
        assert names(session) == ["Alice", "alice b", "bob", "Zoe"]
        assert names(session, with_candidates=True) == ["Alice", "alice b", "bob", "Candidate", "Zoe"]
        assert names(session, segment="name ~ alice") == ["Alice", "alice b"]
        assert names(session, segment="state = candidate") == ["Candidate"]


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_paging_loses_nobody_and_shows_nobody_twice(store: Store, size: int) -> None:
    """Many share a name; some names differ only in what an engine may overlook."""
    wanted = ["Same"] * 5 + ["same", "SAME", "Sämé", "Same ", "", "", "张三", "张三", "ß", "ss", "ẞ", "_", "%", "a_b"]
    with a_write(store) as session:
        ids = [parties.create_party(session, PartyKind.PERSON, n, "user", NOW, PartyState.ACTIVE) for n in wanted]
    seen: list[PartyLine] = []
    after = ""
    with store.read() as session:
        while page := list_page(session, ALL, NOW, Wanted(), after=after, limit=size):
            seen += [each.line for each in page]
            after = page[-1].cursor
        whole = people.list_people(session, ALL, NOW, limit=1000)
    assert [line.id for line in seen] == [line.id for line in whole]
    assert sorted(line.id for line in seen) == sorted(ids)


def test_people_are_found_by_parts_of_names_and_addresses_and_by_number(store: Store) -> None:
    with a_write(store) as session:
        for address, name in [
            ("zhang@example.com", "张三"),
            ("mueller@firma.example", "Müller GmbH & Co"),
            ("o'brien_100%@example.com", "O'Brien"),
            ("plain@example.com", "Plain 100 Percent"),
        ]:
            a_person(session, address, name)
        found = {
            "张": ["张三"],
            "MÜLLER": ["Müller GmbH & Co"],
            "mu\u0308ller": ["Müller GmbH & Co"],
            "Firma.Example": ["Müller GmbH & Co"],
            "o'b": ["O'Brien"],
            "100%": ["O'Brien"],
            "_100": ["O'Brien"],
            "%": ["O'Brien"],
            "_": ["O'Brien"],
            "\\": [],
            "/": [],
            CustomerNumber.of(1).text.lower(): ["张三"],
            f"{CustomerNumber.of(1).text[:3]}-{CustomerNumber.of(1).text[3:]}": ["张三"],
            " plain ": ["Plain 100 Percent"],
            "nobody": [],
        }
        assert {text: names(session, text) for text in found} == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("+49 171 8364729", ["Ann"]), ("0049 (171) 836 47 29", ["Ann"]), ("0171/8364729", ["Ann"]), ("01718364729", ["Ann"]),
        ("+8613912345678", ["Li"]), ("139 1234 5678", ["Li"]), ("１３９１２３４５６７８", ["Li"]), ("8364729", []),
        ("Wx_LiMing", ["Li"]), ("@wx_liming", ["Li"]), ("wx_limin", []), ("https://linkedin.com/in/ann/", ["Ann"]),
    ],
)  # fmt: skip
def test_people_are_found_by_phone_number_in_any_form_and_by_handle(store: Store, typed: str, found: list[str]) -> None:
    with a_write(store) as session:
        ann, li = a_person(session, "a@example.com", "Ann"), a_person(session, "l@example.com", "Li")
        patch = {"mobile": "+491718364729", "linkedin": "linkedin.com/in/ann"}
        edits.save_patch(session, ann.party_id, patch, None, NOW)
        edits.save_patch(session, li.party_id, {"phone": "139 1234 5678", "wechat": "wx_liming"}, None, NOW)
        assert names(session, typed) == found
        assert [line.name for line in people.find_people(session, ALL, typed.split())] == found


def test_a_line_shows_what_a_list_needs(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session, "First@example.com", "Zhang San").party_id
        parties.attach_address(session, who, an_address(session, "second@example.com"), "user", NOW)
        tags.add_tag(session, who, "VIP", NOW)
        tags.add_tag(session, who, "distributor", NOW)
        parties.touch_contact(session, {who: NOW}, incoming=True)
        parties.touch_contact(session, {who: LATER}, incoming=False)
        [line] = people.list_people(session, ALL, NOW)
    assert line == PartyLine(
        who, CustomerNumber.of(1).text, PartyKind.PERSON, PartyState.ACTIVE, "Zhang San", "First@example.com",
        ("distributor", "VIP"), NOW, LATER,
    )  # fmt: skip


def test_an_address_that_ended_is_not_the_one_to_write_to(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session, "old@example.com")
        parties.attach_address(session, who.party_id, an_address(session, "new@example.com"), "user", NOW)
        end(session, who.address_id)
        assert people.list_people(session, ALL, NOW)[0].email == "new@example.com"


def end(session: Session, address_id: int) -> None:
    for row in session.execute(select(PartyEmail).where(PartyEmail.email_id == address_id)).scalars():
        row.valid_to = LATER
    session.flush()


def test_an_archive_is_complete(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session, "Zhang@example.com", "Zhang San", consents=("newsletter",))
        edits.save_patch(session, who.party_id, {"salutation": "先生", "language": "zh"}, None, LATER)
        second = an_address(session, "info@zhang.example", AddressKind.ROLE)
        parties.attach_address(session, who.party_id, second, "header", NOW)
        end(session, second)
        a_consent(session, who.address_id, "surveys", ConsentState.WITHDRAWN, LATER)
        purpose = a_purpose(session, "surveys")
        consents.suppress(session, "zhang@example.com", Suppress.UNSUBSCRIBE, NOW, purpose_id=purpose, source="test")
        consents.suppress(session, "zhang@example.com", Suppress.HARD_BOUNCE, NOW, purpose_id=None, source="test")
        archive = people.get_archive(session, who.party_id, ALL)
        [line] = people.list_people(session, ALL, NOW)
    given = ConsentLine("newsletter", ConsentState.GIVEN, NOW, "test", "form of 2025-01-06")
    withdrawn = ConsentLine("surveys", ConsentState.WITHDRAWN, LATER, "test", "form of 2025-01-06")
    closed = ("unsubscribe (surveys)", "hard bounce (everything)")
    assert [(fact.field, fact.value, fact.source) for fact in archive.facts] == [
        ("salutation", "先生", "user"), ("language", "zh", "user"),
    ]  # fmt: skip
    assert replace(archive, facts=()) == PartyArchive(
        line,
        "user",
        NOW,
        2,
        {},
        (
            AddressLine(who.address_id, "Zhang@example.com", AddressKind.PERSONAL, 1, None, (given, withdrawn), closed),
            AddressLine(second, "info@zhang.example", AddressKind.ROLE, 2, LATER),
        ),
        numbers=(KnownNumber(CustomerNumber.of(1).text, NumberKind.OWN, "", NOW),),
    )


def test_an_organisation_has_an_archive(store: Store) -> None:
    with a_write(store) as session:
        who = parties.create_party(session, PartyKind.ORGANISATION, "ACME", "user", NOW)
        archive = people.get_archive(session, who, ALL)
    assert (archive.line.kind, archive.line.number, archive.fields) == (PartyKind.ORGANISATION, "", {})
