"""Customers: how they get numbers, how they are changed, and by what they are found."""

import re
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from mailcrm.errors import Conflict, NotFound, UserError
from mailcrm.model.address import AddressKind, address_key
from mailcrm.model.archive import KnownAddress
from mailcrm.model.party import CustomerNumber, PartyKind, PartyState
from mailcrm.model.rights import Viewer
from mailcrm.store import Session, Store, addresses, candidates, edits, numbers, parties, people
from mailcrm.store.rows.party import EmailAddress, OrgDomain, Party, PartyEmail, Person
from tests.builders import NOW, a_person, a_write, an_address
from tests.store.crowd import Work, after_a_race, at_once, patiently, race, written

LATER = NOW + timedelta(days=1)


def known(session: Session, address: str, kind: AddressKind = AddressKind.PERSONAL) -> KnownAddress:
    key = address_key(address)
    return addresses.ensure_addresses(session, {key: (address, kind)}, NOW)[key]


def filed(address: str, name: str = "", kind: AddressKind = AddressKind.PERSONAL) -> Work:
    """A mail from there was filed."""
    return lambda s: the_owner(s, known(s, address, kind), name)


def the_owner(session: Session, address: KnownAddress, name: str = "") -> int:
    return candidates.parties_for(session, [(address, name)], "header", NOW)[address.key]


def next_number(session: Session) -> CustomerNumber:
    return numbers.next_numbers(session, [PartyKind.PERSON], NOW)[0]


def the_party(session: Session, party_id: int) -> Party:
    return session.get_one(Party, party_id, populate_existing=True)


# --- numbers -----------------------------------------------------------------------------------------------------


def test_eight_writers_mint_numbers_without_a_gap_or_a_double(store: Store) -> None:
    def mint() -> list[str]:
        return [patiently(lambda: written(store, next_number)).text for _ in range(25)]

    minted = [number for numbers in at_once([mint] * 8) for number in numbers]
    assert sorted(minted) == [CustomerNumber.of(serial).text for serial in range(1, 201)]


def test_a_number_that_was_rolled_back_is_given_again(store: Store) -> None:
    def fail(session: Session) -> None:
        next_number(session)
        raise ZeroDivisionError

    written(store, next_number)
    with pytest.raises(ZeroDivisionError):
        written(store, fail)
    assert written(store, next_number) == CustomerNumber.of(2)


def test_several_numbers_of_one_transaction_differ(store: Store) -> None:
    with a_write(store) as session:
        assert [next_number(session) for _ in range(3)] == [CustomerNumber.of(n) for n in (1, 2, 3)]


def test_a_candidate_gets_its_number_when_it_becomes_a_customer_and_keeps_it(store: Store) -> None:
    party_id = written(store, filed("zhang@example.com", "Zhang"))
    with store.read() as session:
        assert (the_party(session, party_id).customer_no, the_party(session, party_id).state) == (None, "candidate")
    number = written(store, lambda s: parties.activate_party(s, party_id, NOW))
    assert number == CustomerNumber.of(1)
    assert written(store, lambda s: parties.activate_party(s, party_id, NOW)) == number
    with store.read() as session:
        assert the_party(session, party_id).state == PartyState.ACTIVE


def test_two_workers_that_make_the_same_customer_give_it_one_number(store: Store) -> None:
    party_id = written(store, filed("zhang@example.com"))

    def activate(session: Session) -> CustomerNumber:
        return parties.activate_party(session, party_id, NOW)

    assert after_a_race(store, activate, activate) == CustomerNumber.of(1)
    with store.read() as session:
        assert the_party(session, party_id).customer_no == CustomerNumber.of(1).text
    assert written(store, next_number) == CustomerNumber.of(2)


def test_the_very_first_number_is_given_once(store: Store) -> None:
    assert after_a_race(store, next_number, next_number) == CustomerNumber.of(2)


# --- whose address -----------------------------------------------------------------------------------------------


def test_everybody_at_a_role_address_is_the_organisation_of_the_domain(store: Store) -> None:
    info = written(store, filed("info@acme.example", "ACME Sales", AddressKind.ROLE))
    sales = written(store, filed("sales@acme.example", "", AddressKind.ROLE))
    bob = written(store, filed("bob@acme.example", "Bob"))
    assert info == sales != bob
    with store.read() as session:
        assert the_party(session, info).kind == PartyKind.ORGANISATION
        assert the_party(session, info).display_name == "acme.example"
        assert session.get_one(OrgDomain, "acme.example").party_id == info
        assert the_party(session, bob).kind == PartyKind.PERSON


def test_a_role_address_at_a_free_mail_domain_is_an_organisation_of_its_own(store: Store) -> None:
    first = written(store, filed("sales@qq.com", "Lucky Trade", AddressKind.ROLE))
    second = written(store, filed("info@qq.com", "", AddressKind.ROLE))
    assert first != second
    with store.read() as session:
        assert the_party(session, first).display_name == "Lucky Trade"
        assert the_party(session, second).display_name == "info@qq.com"
        assert session.execute(select(OrgDomain)).all() == []


def test_somebody_without_a_name_is_called_by_the_address(store: Store) -> None:
    party_id = written(store, filed("zhang@example.com"))
    with store.read() as session:
        assert the_party(session, party_id).display_name == "zhang@example.com"
        assert the_party(session, party_id).root_id == party_id


def test_an_address_that_somebody_has_makes_nobody_new(store: Store) -> None:
    first = written(store, filed("zhang@example.com"))
    assert written(store, filed("ZHANG@example.com", "Other name")) == first


def test_two_workers_that_file_the_same_new_address_make_one_candidate(store: Store) -> None:
    file = filed("zhang@example.com", "Zhang")
    second = after_a_race(store, file, file)
    with store.read() as session:
        assert [party.id for party in session.execute(select(Party)).scalars()] == [second]
        assert len(session.execute(select(PartyEmail)).all()) == 1


def test_two_workers_that_meet_the_same_known_address_make_one_candidate(store: Store) -> None:
    """The address was seen before as a participant of a newsletter; both read that it is nobody's."""
    with a_write(store) as session:
        before = known(session, "zhang@example.com")

    def file(session: Session) -> int:
        return the_owner(session, before, "Zhang")

    second = after_a_race(store, file, file)
    with store.read() as session:
        assert [party.id for party in session.execute(select(Party)).scalars()] == [second]


def test_two_workers_that_meet_a_new_domain_make_one_organisation(store: Store) -> None:
    with a_write(store) as session:
        info, sales = (known(session, f"{who}@acme.example", AddressKind.ROLE) for who in ("info", "sales"))

    def file(address: KnownAddress) -> Work:
        return lambda s: the_owner(s, address)

    second = after_a_race(store, file(info), file(sales))
    with store.read() as session:
        assert [party.id for party in session.execute(select(Party)).scalars()] == [second]


def test_an_address_can_belong_to_two_and_its_mail_to_the_first(store: Store) -> None:
    with a_write(store) as session:
        wife = a_person(session, "family@example.com", "Wife")
        husband = parties.create_party(session, PartyKind.PERSON, "Husband", "user", NOW)
        for _ in range(2):
            parties.attach_address(session, husband, wife.address_id, "user", NOW)
        parties.attach_address(session, husband, an_address(session, "own@example.com"), "user", NOW)
        assert parties.find_party(session, "family@example.com") == wife.party_id
        query = select(PartyEmail.rank).where(PartyEmail.party_id == husband).order_by(PartyEmail.rank)
        assert session.execute(query).scalars().all() == [1, 2]


@pytest.mark.parametrize("kind", [AddressKind.PERSONAL, AddressKind.ROLE])
def test_the_wildest_header_fits_into_the_columns(store: Store, kind: AddressKind) -> None:
    address = f"info@{'x' * 300}.example"
    party_id = written(store, filed(address, "ß" * 998, kind))
    assert written(store, filed(address, "", kind)) == party_id
    with store.read() as session:
        row = session.execute(select(EmailAddress)).scalars().one()
        assert (row.address_norm, len(row.domain)) == (address, 255)


def test_an_address_longer_than_any_may_be_is_left_out(store: Store) -> None:
    wanted = {key: (key, AddressKind.PERSONAL) for key in (f"{'x' * 320}@example.com", "", "a@example.com")}
    with a_write(store) as session:
        assert set(addresses.ensure_addresses(session, wanted, NOW)) == {"a@example.com"}


# --- changing ----------------------------------------------------------------------------------------------------


def test_only_the_given_fields_change(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        edits.save_patch(session, who, {"language": "zh", "given_name": " San "}, None, NOW)
        edits.save_patch(session, who, {"salutation": "先生"}, None, LATER)
        person, party = session.get_one(Person, who), the_party(session, who)
        assert (person.language, person.given_name, person.salutation) == ("zh", "San", "先生")
        assert (party.display_name, party.row_version, party.updated_at) == ("Zhang San", 4, LATER)


def test_a_stale_change_is_refused_and_nothing_is_lost(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        version = the_party(session, who).row_version
        edits.save_patch(session, who, {"language": "zh"}, version, NOW)
    with pytest.raises(Conflict, match="look again"):
        written(store, lambda s: edits.save_patch(s, who, {"language": "de", "name": "X"}, version, NOW))
    with store.read() as session:
        assert (session.get_one(Person, who).language, the_party(session, who).display_name) == ("zh", "Zhang San")


def test_of_two_changes_at_once_the_later_is_refused(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        version = the_party(session, who).row_version

    def change(language: str) -> Work:
        return lambda s: edits.save_patch(s, who, {"language": language}, version, NOW)

    assert isinstance(race(store, change("zh"), change("de")).exception(), Conflict)
    with store.read() as session:
        assert (session.get_one(Person, who).language, the_party(session, who).row_version) == ("zh", version + 1)


def test_changes_without_a_version_at_once_are_both_counted(store: Store) -> None:
    who = written(store, a_person).party_id

    def change(**values: str) -> Work:
        return lambda s: edits.save_patch(s, who, values, None, NOW)

    after_a_race(store, change(language="zh"), change(salutation="先生"))
    with store.read() as session:
        person = session.get_one(Person, who)
        assert (person.language, person.salutation, the_party(session, who).row_version) == ("zh", "先生", 3)


def test_a_field_that_does_not_exist_is_refused(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        with pytest.raises(UserError, match="unknown field 'shoe_size'; there are: name, given_name"):
            edits.save_patch(session, who, {"shoe_size": "44"}, None, NOW)


def test_an_organisation_has_no_given_name_and_nothing_else_is_changed(store: Store) -> None:
    with a_write(store) as session:
        who = parties.create_party(session, PartyKind.ORGANISATION, "ACME", "user", NOW)
        with pytest.raises(UserError, match="an organisation has no given_name"):
            edits.save_patch(session, who, {"name": "Other", "given_name": "X"}, None, NOW)
        assert session.get_one(Party, who).display_name == "ACME"


def test_values_are_cut_and_cleaned(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        values = {
            "name": "a\x00b\nc" + "ß" * 400,
            "given_name": "x" * 400,
            "salutation": "x" * 400,
            "language": "x" * 400,
        }
        edits.save_patch(session, who, values, None, NOW)
        person, party = session.get_one(Person, who), the_party(session, who)
        assert party.display_name.startswith("ab cß")
        assert [len(v) for v in (party.display_name, person.given_name, person.salutation, person.language)] == [
            255, 120, 60, 20,
        ]  # fmt: skip


def test_a_name_that_a_human_gave_is_known_as_such(store: Store) -> None:
    with a_write(store) as session:
        who = filed("zhang@example.com", "zhang")(session)
        assert parties.states_of(session, [who])[who].name_source == "header"
        edits.save_patch(session, who, {"language": "zh"}, None, NOW)
        assert parties.states_of(session, [who])[who].name_source == "header"
        edits.save_patch(session, who, {"given_name": "San"}, None, NOW)
        assert parties.states_of(session, [who])[who].name_source == "user"


def test_last_contact_moves_forward_and_never_back(store: Store) -> None:
    with a_write(store) as session:
        first, second = (a_person(session, f"{n}@example.com").party_id for n in "ab")

    def touch(**times: int) -> None:
        moments = {{"first": first, "second": second}[who]: NOW + timedelta(days=d) for who, d in times.items()}
        written(store, lambda s: parties.touch_contact(s, moments, incoming=True))

    touch(first=5)
    touch(first=3, second=1)
    touch()
    written(store, lambda s: parties.touch_contact(s, {second: NOW}, incoming=False))
    with store.read() as session:
        found = {
            who: (the_party(session, who).last_in_at, the_party(session, who).last_out_at) for who in (first, second)
        }
    assert found == {first: (NOW + timedelta(days=5), None), second: (NOW + timedelta(days=1), NOW)}


def test_two_workers_that_touch_the_same_leave_the_later(store: Store) -> None:
    who = written(store, a_person).party_id

    def touch(days: int) -> Work:
        return lambda s: parties.touch_contact(s, {who: NOW + timedelta(days=days)}, incoming=True)

    after_a_race(store, touch(5), touch(3))
    with store.read() as session:
        assert the_party(session, who).last_in_at == NOW + timedelta(days=5)


# --- finding -----------------------------------------------------------------------------------------------------


def test_a_customer_is_found_by_all_its_names(store: Store) -> None:
    with a_write(store) as session:
        a_person(session, "first@example.com")
        who = a_person(session, "Zhang+News@Example.com").party_id
        number = the_party(session, who).customer_no
        assert number is not None
        spoken = f" {number[:3].lower()}-{number[3:6]} {number[6:].lower()} "
        assert re.search("[- ]", spoken)
        for name in (
            number,
            spoken,
            "zhang+news@example.com",
            "<ZHANG+NEWS@EXAMPLE.COM>",
            f"#{who}",
            f" #{who} ",
            str(who),
        ):
            assert parties.find_party(session, name) == who
            assert parties.get_party(session, name) == who


@pytest.mark.parametrize(
    "name", ["nobody@example.com", "#4711000", "4711000", "#" + "9" * 30, CustomerNumber.of(4711).text]
)
def test_nobody_is_found(store: Store, name: str) -> None:
    with store.read() as session:
        assert parties.find_party(session, name) is None
        with pytest.raises(NotFound, match="people list"):
            parties.get_party(session, name)


@pytest.mark.parametrize("name", ["", "zhang", "#", "#²", "#x", "#-1", "C000017X"])
def test_what_cannot_be_a_name_is_told(sqlite_store: Store, name: str) -> None:
    with sqlite_store.read() as session, pytest.raises(UserError):
        parties.find_party(session, name)


def test_an_address_without_a_party_names_nobody(store: Store) -> None:
    with a_write(store) as session:
        an_address(session, "noreply@example.com", AddressKind.NOREPLY)
        assert parties.find_party(session, "noreply@example.com") is None


def test_a_member_of_a_cluster_is_found_as_the_cluster(store: Store) -> None:
    with a_write(store) as session:
        root, member = (a_person(session, f"{n}@example.com").party_id for n in "ab")
        the_party(session, member).root_id = root
        session.flush()
        assert parties.find_party(session, "b@example.com") == root
        assert parties.find_party(session, f"#{member}") == root


def test_parties_are_counted_by_state(store: Store) -> None:
    with a_write(store) as session:
        a_person(session, "a@example.com")
        filed("b@example.com")(session)
        filed("c@example.com")(session)
        assert Counter(parties.count_parties(session)) == {PartyState.ACTIVE: 1, PartyState.CANDIDATE: 2}
        assert len(people.list_people(session, Viewer.system(), NOW, with_candidates=True)) == 3
