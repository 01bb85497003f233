"""Tags: one word, however it is written."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from mailcrm.errors import Conflict, NotFound, UserError
from mailcrm.model.identity import MergeMethod
from mailcrm.model.rights import Actor
from mailcrm.model.segment import parse_segment
from mailcrm.model.tag import CategoryLine, TagLine, TagName
from mailcrm.store import Session, Store, parties, segments, tag_categories, tags
from mailcrm.store.identity import merges
from mailcrm.store.rows.audit import AuditEntry
from tests.builders import NOW, a_person, a_write
from tests.store.crowd import Work, after_a_race, written


def add(party_id: int, name: str) -> Work:
    return lambda session: tags.add_tag(session, party_id, name, NOW)


def counted(session: Session) -> list[tuple[str, int]]:
    return [(str(line), line.customers) for line in tags.list_tags(session)]


def test_a_tag_is_the_same_in_any_spelling_and_keeps_its_first(store: Store) -> None:
    with a_write(store) as session:
        first, second = (a_person(session, f"{n}@example.com").party_id for n in "ab")
        assert add(first, " VIP  Kunde ")(session) is True
        assert add(first, "vip kunde")(session) is False
        assert add(second, "Vip Kunde")(session) is True
        assert tags.tags_of(session, [first, second]) == {first: ["VIP Kunde"], second: ["VIP Kunde"]}
        assert counted(session) == [("VIP Kunde", 2)]
        assert tags.remove_tag(session, first, "vip KUNDE") is True
        assert tags.remove_tag(session, first, "vip KUNDE") is False
        assert counted(session) == [("VIP Kunde", 1)]
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
        assert counted(session) == [("VIP", 2)]


def test_an_actor_with_a_long_name_can_tag(store: Store) -> None:
    who = written(store, a_person).party_id
    with store.write(Actor.cli("x" * 500)) as session:
        assert tags.add_tag(session, who, "vip", NOW)


# --- categories --------------------------------------------------------------------------------------------------

LATER = NOW + timedelta(days=1)


def two(session: Session) -> tuple[int, int]:
    one, other = (a_person(session, f"{n}@example.com").party_id for n in "ab")
    assert one is not None
    assert other is not None
    return one, other


def tags_on(session: Session, party_id: int) -> list[str]:
    return tags.tags_of(session, [party_id]).get(party_id, [])


def audited(session: Session, action: str) -> list[dict[str, object]]:
    query = select(AuditEntry.payload).where(AuditEntry.action == action).order_by(AuditEntry.seq)
    return [json.loads(payload) for payload in session.execute(query).scalars()]


def test_a_tag_in_a_category_is_another_than_the_word_alone(store: Store) -> None:
    with a_write(store) as session:
        one, other = two(session)
        assert add(one, "Interest:Tea")(session)
        assert not add(one, "interest：TEA")(session)
        assert add(one, "tea")(session)
        assert add(other, "ＩＮＴＥＲＥＳＴ: coffee")(session)
        assert tags_on(session, one) == ["tea", "Interest:Tea"]
        assert tags.tag_pairs_of(session, [one])[one] == [TagName("", "tea"), TagName("Interest", "Tea")]
        assert tags.list_tags(session, "INTEREST") == [
            TagLine("Interest", "coffee", 1, False), TagLine("Interest", "Tea", 1, False)
        ]  # fmt: skip
        assert [line.tag for line in tags.list_tags(session, "")] == ["tea"]
        assert tags.remove_tag(session, one, "interest:tea")
        assert tags_on(session, one) == ["tea"]


def test_in_an_exclusive_category_a_tag_takes_the_place_of_the_former(store: Store) -> None:
    with a_write(store) as session:
        one, other = two(session)
        tag_categories.set_category(session, "Tier", NOW, exclusive=True, colour="Green", description="how large")
        assert tag_categories.list_categories(session) == [CategoryLine("Tier", True, "green", "how large", 0)]
        add(one, "tier:gold")(session)
        add(other, "tier:gold")(session)
        add(one, "vip")(session)
        merges.join(session, one, other, MergeMethod.HUMAN, None, 1, NOW)
        root = parties.get_party(session, f"#{one}")
        assert add(root, "tier:silver")(session)
        assert tags_on(session, root) == ["vip", "Tier:silver"]
        replaced = audited(session, "tag.replace")
        assert [(line["category"], line["before"]) for line in replaced] == [("tier", "gold")] * 2


def test_two_that_tag_a_customer_at_once_in_an_exclusive_category_leave_one_tag(store: Store) -> None:
    with a_write(store) as session:
        one, _ = two(session)
        tag_categories.set_category(session, "tier", NOW, exclusive=True)
    after_a_race(store, add(one, "tier:gold"), add(one, "tier:silver"))
    with store.read() as session:
        assert tags_on(session, one) == ["tier:silver"]


def test_many_are_tagged_by_the_same_rules(store: Store) -> None:
    with a_write(store) as session:
        one, other = two(session)
        tag_categories.set_category(session, "tier", NOW, exclusive=True)
        add(one, "tier:gold")(session)
        add(one, "interest:tea")(session)
        wanted = {
            one: [("Tier", "bronze"), ("tier", "Silver"), ("INTEREST", "tea"), ("interest", "Coffee")],
            other: [("", "vip"), ("", "VIP")],
        }
        tags.add_tags(session, wanted, NOW, "import:1")
        assert tags_on(session, one) == ["interest:Coffee", "interest:tea", "tier:Silver"]
        assert tags_on(session, other) == ["vip"]


def test_a_category_does_not_become_exclusive_over_somebodys_head(store: Store) -> None:
    with a_write(store) as session:
        one, _ = two(session)
        for tag in ("interest:tea", "interest:coffee"):
            add(one, tag)(session)
        with pytest.raises(Conflict, match="1 customers have several tags of 'interest'"):
            tag_categories.set_category(session, "interest", NOW, exclusive=True)
        tags.remove_tag(session, one, "interest:tea")
        tag_categories.set_category(session, "interest", NOW, exclusive=True)
        with pytest.raises(UserError, match="no colour"):
            tag_categories.set_category(session, "interest", NOW, colour="#12")
        for name in ("", "a:b", "a：b"):
            with pytest.raises(UserError, match="no name of a category"):
                tag_categories.set_category(session, name, NOW)
        with pytest.raises(NotFound, match="no category 'shoes'"):
            tag_categories.require_category(session, "shoes")


# --- renaming, merging, archiving --------------------------------------------------------------------------------


def found(session: Session, expression: str) -> list[int]:
    return sorted(segments.select_parties(session, parse_segment(expression), NOW))


def test_a_former_name_goes_on_to_mean_the_tag(store: Store) -> None:
    with a_write(store) as session:
        one, other = two(session)
        add(one, "key account")(session)
        tag_categories.rename_tag(session, "Key Account", "tier:A", NOW)
        assert tags_on(session, one) == ["tier:A"]
        assert add(other, "KEY account")(session)
        assert tags_on(session, other) == ["tier:A"]
        for expression in ("tag = 'key account'", "tag = tier:a", "tag：tier：A", "tag = tier:*"):
            assert found(session, expression) == [one, other]
        tag_categories.rename_tag(session, "tier:a", "key account", NOW)  # and back
        assert tags_on(session, one) == ["key account"]
        assert found(session, "tag = tier:a") == [one, other]
        add(one, "vip")(session)
        with pytest.raises(Conflict, match="tags merge"):
            tag_categories.rename_tag(session, "vip", "Key account", NOW)
        assert [line["after"] for line in audited(session, "tag.rename")] == ["tier:A", "key account"]


def test_merged_tags_are_one_under_both_names(store: Store) -> None:
    with a_write(store) as session:
        one, other = two(session)
        for who, tag in ((one, "vip"), (one, "interest:tea"), (other, "interest:tea")):
            add(who, tag)(session)
        tag_categories.rename_tag(session, "interest:tea", "interest:Tee", NOW)
        assert tag_categories.merge_tags(session, "interest:tee", "VIP", NOW) == 1
        assert counted(session) == [("vip", 2)]
        for name in ("vip", "interest:tee", "interest:tea"):
            assert found(session, f"tag = {name}") == [one, other]
        with pytest.raises(UserError, match="one tag already"):
            tag_categories.merge_tags(session, "interest:tea", "vip", NOW)


def test_a_merge_gives_nobody_two_tags_of_an_exclusive_category(store: Store) -> None:
    with a_write(store) as session:
        one, _ = two(session)
        tag_categories.set_category(session, "tier", NOW, exclusive=True)
        for tag in ("tier:gold", "premium"):
            add(one, tag)(session)
        tags.ensure_tags(session, [("tier", "silver")])
        with pytest.raises(Conflict, match="exclusive"):
            tag_categories.merge_tags(session, "premium", "tier:silver", NOW)
        with pytest.raises(Conflict, match="exclusive"):
            tag_categories.rename_tag(session, "premium", "tier:platinum", NOW)
        tag_categories.merge_tags(session, "tier:silver", "tier:gold", NOW)
        assert tags_on(session, one) == ["premium", "tier:gold"]


def test_an_archived_tag_stays_where_it_is_and_is_given_no_more(store: Store) -> None:
    with a_write(store) as session:
        one, other = two(session)
        add(one, "fair 2019")(session)
        assert tag_categories.archive_tag(session, "fair 2019", NOW)
        assert not tag_categories.archive_tag(session, "fair 2019", NOW)
        with pytest.raises(UserError, match="was archived"):
            add(other, "FAIR 2019")(session)
        assert (tags_on(session, one), counted(session)) == (["fair 2019"], [])
        assert [line.archived for line in tags.list_tags(session, archived=True)] == [True]
        assert tag_categories.archive_tag(session, "fair 2019", LATER, archived=False)
        assert add(other, "fair 2019")(session)


# --- segments ----------------------------------------------------------------------------------------------------


def test_segments_know_tags_with_and_without_a_category(store: Store) -> None:
    with a_write(store) as session:
        one, other = two(session)
        for who, tag in ((one, "tea"), (other, "interest:tea"), (other, "兴趣：茶")):
            add(who, tag)(session)
        cases = {
            "tag = tea": [one],
            "tag = interest:tea": [other],
            'tag = "interest:tea"': [other],
            'tag = "Interest： TEA"': [other],
            "tag ＝ interest：tea": [other],
            "tag：兴趣：茶": [other],
            "tag:interest:*": [other],
            "tag != interest:tea": [one],
            "tag in (tea, interest:tea)": [one, other],
            "tag in (vip、兴趣：茶)": [other],
            "tag is empty": [],
            "tag = interest": [],
            "tag = interest:coffee": [],
        }
        assert {expression: found(session, expression) for expression in cases} == cases
