"""Tags: one word, however it is written."""

import pytest

from mailcrm.errors import NotFound, UserError
from mailcrm.model.rights import Actor
from mailcrm.store import Store, tags
from tests.builders import NOW, a_person, a_write
from tests.store.crowd import Work, after_a_race, written


def add(party_id: int, name: str) -> Work:
    return lambda session: tags.add_tag(session, party_id, name, NOW)


def test_a_tag_is_the_same_in_any_spelling_and_keeps_its_first(store: Store) -> None:
    with a_write(store) as session:
        first, second = (a_person(session, f"{n}@example.com").party_id for n in "ab")
        assert add(first, " VIP  Kunde ")(session) is True
        assert add(first, "vip kunde")(session) is False
        assert add(second, "Vip Kunde")(session) is True
        assert tags.tags_of(session, [first, second]) == {first: ["VIP Kunde"], second: ["VIP Kunde"]}
        assert tags.count_tags(session) == [("VIP Kunde", 2)]
        assert tags.remove_tag(session, first, "vip KUNDE") is True
        assert tags.remove_tag(session, first, "vip KUNDE") is False
        assert tags.count_tags(session) == [("VIP Kunde", 1)]
        assert tags.tags_of(session, [first, second]) == {second: ["VIP Kunde"]}


def test_a_tag_needs_a_name_and_must_exist_to_be_taken_off(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        with pytest.raises(UserError, match="needs a name"):
            tags.add_tag(session, who, " \x00 ", NOW)
        with pytest.raises(NotFound, match="no tag 'vip'"):
            tags.remove_tag(session, who, "vip")


@pytest.mark.parametrize("name", ["ß" * 200, "张" * 200, "İ" * 120, "x" * 119 + " y"])
def test_any_tag_fits_and_is_found_again(store: Store, name: str) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        assert tags.add_tag(session, who, name, NOW)
        assert not tags.add_tag(session, who, name, NOW)
        assert tags.remove_tag(session, who, name)


def test_two_workers_that_make_the_same_tag_make_one(store: Store) -> None:
    with a_write(store) as session:
        first, second = (a_person(session, f"{n}@example.com").party_id for n in "ab")
    after_a_race(store, add(first, "VIP"), add(second, "vip"))
    with store.read() as session:
        assert tags.count_tags(session) == [("VIP", 2)]


def test_an_actor_with_a_long_name_can_tag(store: Store) -> None:
    who = written(store, a_person).party_id
    with store.write(Actor.cli("x" * 500)) as session:
        assert tags.add_tag(session, who, "vip", NOW)
