"""What humans and sources claim of customers: a weaker one suggests, nothing is wiped, and what was before is told."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from mailcrm.errors import Conflict, UserError
from mailcrm.model.contact import ContactFinding, Standing
from mailcrm.model.own_field import FieldType, OwnFieldSpec
from mailcrm.model.party import PartyKind
from mailcrm.model.record import Claim, Proof
from mailcrm.model.rights import Viewer
from mailcrm.model.segment import parse_segment
from mailcrm.store import Session, Store, claims, edits, facts, own_fields, parties, people, segments
from mailcrm.store.history import Cause, history_of
from mailcrm.store.identity import merges
from mailcrm.store.rows.fact import ContactFactRow, ShownValue
from mailcrm.store.rows.party import Organisation, Party
from tests.builders import NOW, a_person, a_write
from tests.store.test_facts import TITLE, told
from tests.store.test_merges import join

ALL = Viewer.system()
LATER = NOW + timedelta(days=1)


def standing(session: Session, party_id: int) -> list[tuple[str, str, str]]:
    return [(fact.field, fact.value, fact.standing.value) for fact in facts.facts_of(session, party_id, ALL)]


def a_claim(field: str, value: str, source: str = "import", **others: str) -> Claim:
    return Claim(field, value, proof=Proof(source, NOW), **others)  # type: ignore[arg-type]


def say(session: Session, party_id: int, *those: Claim, source: str = "import", ref: int = 7) -> None:
    claims.record_claims(session, {party_id: those}, Cause(source, LATER, ref))


def test_a_lower_source_becomes_a_suggestion_and_never_an_overwrite(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id or 0
        edits.save_patch(session, who, {"title": "Buyer"}, None, NOW)
        for source in ("api", "form", "import", "signature"):
            newer = Claim("title", f"by {source}", proof=Proof(source, LATER))
            claims.record_claims(session, {who: [newer]}, Cause(source, LATER))
        found = standing(session, who)
        assert found[0] == ("title", "Buyer", "value")
        assert sorted(found[1:]) == [
            ("title", f"by {source}", "suggestion") for source in ("api", "form", "import", "signature")
        ]
        assert [line.after for line in history_of(session, who)] == ["Buyer"]


def test_what_an_import_said_gives_way_to_what_a_form_says(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id or 0
        say(session, who, a_claim("title", "Buyer"))
        say(session, who, Claim("title", "Head", proof=Proof("form", LATER)), source="form", ref=3)
        assert standing(session, who) == [("title", "Head", "value"), ("title", "Buyer", "former")]
        [line] = history_of(session, who)
        assert (line.before, line.after, line.source, line.source_ref, line.by) == (
            "Buyer",
            "Head",
            "form",
            3,
            "cli:test",
        )


def test_absent_is_not_empty(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id or 0
        edits.save_patch(session, who, {"title": "Buyer", "city": "Kiel"}, None, NOW)
        edits.save_patch(session, who, {"city": ""}, None, LATER)
        assert standing(session, who) == [
            ("title", "Buyer", "value"),
            ("city", "", "value"),
            ("city", "Kiel", "former"),
        ]


def test_a_save_that_would_overwrite_what_somebody_else_saved_is_refused_and_says_so(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id or 0
        version = session.get_one(Party, who).row_version
        edits.save_patch(session, who, {"title": "Buyer"}, version, NOW)
        edits.save_patch(session, who, {"city": "Kiel"}, version, NOW)  # another field
        edits.save_patch(session, who, {"title": "Buyer"}, version, NOW)  # the same value
        with pytest.raises(Conflict) as caught:
            edits.save_patch(session, who, {"title": "Boss", "department": "IT"}, version, LATER)
        assert caught.value.problems == (
            "title: cli:test changed it to 'Buyer' at 2025-01-06 09:00 UTC, you to 'Boss'",
        )
        assert standing(session, who) == [("title", "Buyer", "value"), ("city", "Kiel", "value")]


def test_a_name_is_part_of_the_same_patch_and_history(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session, name="Ann Lee").party_id or 0
        version = session.get_one(Party, who).row_version
        edits.save_patch(session, who, {"name": "Anna Lee", "tier": "A"}, version, NOW)
        assert [(line.field, line.before, line.after) for line in history_of(session, who)] == [
            ("tier", "", "A"), ("name", "Ann Lee", "Anna Lee"),
        ]  # fmt: skip
        with pytest.raises(Conflict, match="somebody changed this customer meanwhile"):
            edits.save_patch(session, who, {"name": "Anne"}, version, NOW)


def test_several_phones_stand_beside_each_other_with_their_labels(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id or 0
        claims.set_by_hand(session, who, {"mobile": "+49 171 1"}, NOW)
        claims.add_by_hand(session, who, "mobile", "+49 171 2", LATER, label="private")
        say(session, who, a_claim("mobile", "+49 171 3"))
        assert standing(session, who) == [
            ("mobile", "+49 171 1", "value"), ("mobile", "+49 171 2", "also"), ("mobile", "+49 171 3", "also"),
        ]  # fmt: skip
        claims.set_by_hand(session, who, {"mobile": "+49 171 3"}, LATER)  # becomes the first
        found = facts.facts_of(session, who, ALL)
        assert [fact.value for fact in found] == ["+49 171 3", "+49 171 2", "+49 171 1"]
        assert [fact.label for fact in found] == ["", "private", ""]


def test_a_postal_address_keeps_its_parts(store: Store) -> None:
    parts = {"country": "CN", "city": "宁波", "street": "中山路 1", "postcode": "315000", "region": ""}
    with a_write(store) as session:
        who = a_person(session).party_id or 0
        claims.add_by_hand(session, who, "address", "浙江宁波中山路 1", NOW, label="工厂", parts=parts)
        [fact] = facts.facts_of(session, who, ALL)
        assert (fact.label, fact.parts) == ("工厂", {k: v for k, v in parts.items() if v})


def test_an_ended_value_stays_ended_whatever_mail_says_and_can_be_restored(store: Store) -> None:
    with a_write(store) as session:
        person = a_person(session)
        who = person.party_id or 0
        told(session, person, TITLE)
        assert claims.end_by_hand(session, who, "title", TITLE.value, LATER)
        assert not claims.end_by_hand(session, who, "title", TITLE.value, LATER)
        told(session, person, TITLE, days=9)
        assert standing(session, who) == [("title", TITLE.value, "former")]
        [line] = history_of(session, who)
        assert (line.before, line.after) == (TITLE.value, "")
        edits.save_patch(session, who, {"title": TITLE.value}, None, LATER)
        assert standing(session, who) == [("title", TITLE.value, "value")]


def test_the_same_claim_twice_is_one_claim(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id or 0
        for _ in range(2):
            say(session, who, a_claim("wechat", "anna_01"), a_claim("x.size", "L"))
        rows = session.execute(select(ContactFactRow.field, ContactFactRow.source_ref, ContactFactRow.times)).all()
        assert sorted(map(tuple, rows)) == [("wechat", 7, 1), ("x.size", 7, 1)]


def test_lists_are_filtered_by_what_customers_show(store: Store) -> None:
    with a_write(store) as session:
        ann, bob = a_person(session, "ann@a.example"), a_person(session, "bob@b.example")
        own_fields.add_own_field(session, OwnFieldSpec("budget", "Budget", FieldType.NUMBER), NOW)
        own_fields.add_own_field(
            session, OwnFieldSpec("likes", "Likes", FieldType.CHOICES, options=("tea", "wine")), NOW
        )
        edits.save_patch(
            session, ann.party_id or 0, {"tier": "A", "x.budget": "１,250.50", "x.likes": "Wine; tea"}, None, LATER
        )
        edits.save_patch(session, bob.party_id or 0, {"tier": "b", "company": "Bolts"}, None, NOW)

        def found(expression: str) -> list[int]:
            return segments.select_parties(session, parse_segment(expression), NOW)

        assert (
            found("tier = a")
            == found("x.budget = 1250.5")
            == found("x.likes = wine and x.likes = TEA")
            == [ann.party_id]
        )
        assert found("tier != A") == found("company ~ olt") == found("x.budget is empty") == [bob.party_id]
        numbers = select(ShownValue.v_int).where(ShownValue.field == "x.budget")
        assert session.execute(numbers).scalars().all() == [1_250_500]
        join(session, ann, bob)
        root = session.get_one(Party, ann.party_id).root_id
        assert found("tier = a") == found("company = bolts") == [root]  # what the customer shows
        assert found("tier = b") == []


def test_what_a_merge_shows_together_an_unmerge_takes_apart(store: Store) -> None:
    with a_write(store) as session:
        ann, bob = a_person(session, "ann@a.example"), a_person(session, "bob@b.example")
        edits.save_patch(session, ann.party_id or 0, {"city": "Kiel"}, None, NOW)
        edits.save_patch(session, bob.party_id or 0, {"industry": "tea"}, None, NOW)
        before = sorted(map(tuple, session.execute(select(ShownValue.party_id, ShownValue.field)).all()))
        merge_id = join(session, ann, bob)
        assert {row[0] for row in session.execute(select(ShownValue.party_id))} == {
            session.get_one(Party, ann.party_id).root_id
        }
        merges.undo(session, [merge_id], NOW)
        assert sorted(map(tuple, session.execute(select(ShownValue.party_id, ShownValue.field)).all())) == before


def test_a_tax_number_stands_where_the_resolver_looks_for_it(store: Store) -> None:
    with a_write(store) as session:
        org = parties.create_party(session, PartyKind.ORGANISATION, "Acme", "user", NOW)
        edits.save_patch(session, org, {"tax_id": "91330200MA2H", "legal_name": "Acme 有限公司"}, None, NOW)
        row = session.get_one(Organisation, org)
        session.refresh(row)
        assert (row.tax_id, row.legal_name) == ("91330200MA2H", "Acme 有限公司")
        with pytest.raises(UserError, match="an organisation has no department"):
            edits.save_patch(session, org, {"department": "IT"}, None, NOW)
        with pytest.raises(UserError, match=r"unknown field 'x.shoe'; there are: name, .*tax_id"):
            edits.save_patch(session, org, {"x.shoe": "42"}, None, NOW)


def test_a_mail_that_repeats_what_is_known_makes_no_history(store: Store) -> None:
    with a_write(store) as session:
        person = a_person(session)
        version = session.get_one(Party, person.party_id).row_version
        told(session, person, TITLE)
        told(session, person, TITLE, days=1)
        assert history_of(session, person.party_id or 0) == []
        told(session, person, ContactFinding(TITLE.field, "Vorstand", 0.85), days=2)
        [line] = history_of(session, person.party_id or 0)
        assert (line.before, line.after, line.source) == (TITLE.value, "Vorstand", "signature")
        session.expire_all()
        assert (
            session.get_one(Party, person.party_id).row_version == version
        )  # nobody's edit is in conflict with a mail
        assert people.get_archive(session, person.party_id or 0, ALL).facts[0].standing is Standing.VALUE
