"""What of a party is compared, and by which keys it is found."""

from datetime import date

from mailcrm.identity.candidates import MemoryCandidates
from mailcrm.identity.judge import Decision, judge
from mailcrm.identity.names.form import NameForm, name_form
from mailcrm.identity.profile import Profile, profile_of, records_of, told_apart
from mailcrm.model.identity import Judgement, Observed, read_names, records_text


def names(*written: str) -> list[NameForm]:
    return [form for each in written if (form := name_form(each)) is not None]


def test_the_most_usual_comes_first_and_a_name_typed_once_is_left_out() -> None:
    seen = Observed(
        1, names=(("Smith, Jane", "j@x.example", 30), ("Jane Smyth", "j@x.example", 1)), addresses=("j@x.example",)
    )
    assert [record.name for record in records_of(seen)] == ["Smith, Jane"]


def test_a_humans_name_comes_before_what_mail_says() -> None:
    seen = Observed(1, name="Jane Doe", names=(("Jane Smith", "j@x.example", 30),), addresses=("j@x.example",))
    assert [record.name for record in records_of(seen)] == ["Jane Doe", "Jane Smith"]


def test_every_phone_and_address_has_a_say() -> None:
    seen = Observed(
        1, addresses=("a@x.example", "b@y.example"), phones=("+4930836472", "+4940836473"), companies=("Acme",)
    )
    records = records_of(seen)
    assert {record.phone for record in records} == {"", "+4930836472", "+4940836473"}
    assert {record.email for record in records} == {"a@x.example", "b@y.example"}
    assert len(records) == 3


def test_who_married_is_one_person_and_a_couple_is_two() -> None:
    assert len(told_apart(names("Jane Smith", "Jane Miller"))) == 1
    assert len(told_apart(names("Jane Smith", "Carl Smith"))) == 2


def test_the_names_seen_are_kept_beside() -> None:
    assert read_names(records_text((), ["b", "a"])) == {"a", "b"}
    assert read_names("") == frozenset()


def test_a_birth_date_goes_with_all_that_was_seen_and_speaks() -> None:
    def jane(number: int, domain: str, birth_date: str) -> Observed:
        names = (("Jane Smith", f"jane@{domain}", 9), ("J. Smith", f"jane@{domain}", 9))
        return Observed(number, names=names, addresses=(f"jane@{domain}",), birth_date=birth_date)

    one, same, other = (
        jane(1, "a.example", "1990-03-05"),
        jane(2, "b.example", "1990-03-05"),
        jane(3, "c.example", "1971-11-30"),
    )
    assert [record.birth_date for record in records_of(one)] == ["1990-03-05"] * 2
    bits = {each.party_id: judged(one, each)[1] for each in (same, other)}
    assert sum(line.bits for line in bits[2].lines if "birth" in line.what) > 0
    assert bits[3].bits < 0 < bits[2].bits


def test_a_birth_date_that_a_form_fills_in_is_nobodys() -> None:
    def born(number: int, day: str) -> Profile:
        seen = Observed(number, names=((f"Jane Smith{number}", "", 1),), birth_date=day)
        return profile_of(number, records_text(records_of(seen), []))

    filled_in = [born(number, "1990-01-01") for number in range(1, 7)]
    their_own = [born(number, f"1980-01-{number}") for number in range(10, 15)]
    assert MemoryCandidates(filled_in + their_own).world(filled_in).defaults == {date(1990, 1, 1)}
    assert MemoryCandidates(filled_in[1:] + their_own).world(filled_in).defaults == frozenset()


def a_firm(number: int, domain: str = "", name: str = "", tax: str = "") -> Observed:
    return Observed(number, organisation=True, name=name, domains=(domain,) if domain else (), tax_id=tax)


def judged(*seen: Observed) -> tuple[Decision, Judgement]:
    one, other = (profile_of(each.party_id, records_text(records_of(each), [])) for each in seen)
    return judge(one, other, MemoryCandidates([one, other]).world([one, other]))


def test_one_tax_number_is_one_organisation_and_two_are_two() -> None:
    assert judged(a_firm(1, "acme.com", tax="DE1"), a_firm(2, "globex.com", tax="DE1"))[0] is Decision.JOIN
    decision, judgement = judged(a_firm(1, "acme.com", "Acme", "DE1"), a_firm(2, "acme.cn", "Acme", "DE2"))
    assert (decision, judgement.veto) == (Decision.NOTHING, "different tax numbers")


def test_one_name_and_one_brand_are_asked_about() -> None:
    assert judged(a_firm(1, "acme.com", "Acme GmbH"), a_firm(2, "acme.cn", "ACME Ltd"))[0] is Decision.ASK
    assert judged(a_firm(1, "acme.com", "Acme GmbH"), a_firm(2, "globex.cn", "Globex"))[0] is Decision.NOTHING


def test_a_person_is_no_organisation() -> None:
    person = Observed(2, names=(("Jane Smith", "jane@acme.com", 3),), addresses=("jane@acme.com",), companies=("Acme",))
    assert judged(a_firm(1, "acme.com", "Acme"), person)[0] is Decision.NOTHING
