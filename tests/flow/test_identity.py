"""The same customer under several addresses, from the mail to the archive: joined, asked about, kept apart, taken back."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailcrm.errors import Conflict, UserError
from mailcrm.identity import stored, unite, verdicts
from mailcrm.model.address import OwnAddresses
from mailcrm.model.identity import MOST_NAMES, Judgement, MatchState, MergeMethod, read_names
from mailcrm.model.rights import Actor, Viewer
from mailcrm.service import merge_requests, merging, rejudging
from mailcrm.service.consequences import draw_consequences
from mailcrm.store import Session, Store, claims, edits, own, parties, people, tags, timeline
from mailcrm.store.identity import clusters, keys, matches, merges, profiles
from tests.builders import NOW, a_config, a_store, a_write, an_app
from tests.flow.filing import Box, a_box

TEAM = "team@own.example"
PHONE = "+49 30 8364 7290"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with a_store(tmp_path) as found:
        yield found


@pytest.fixture
def team(store: Store) -> Box:
    return a_box(store)


def mail(who: str, subject: str = "Price", words: str = "Hello") -> str:
    return f"From: {who}\nTo: {TEAM}\nSubject: {subject}\n\n{words}\n"


def signed(who: str, name: str, phone: str = PHONE, company: str = "Acme GmbH", subject: str = "Price") -> str:
    return mail(
        who,
        subject,
        f"Dear team,\n\nplease send us your prices for this year.\n\nBest regards\n\n{name}\n{company}\nTel: {phone}",
    )


def resolve(store: Store) -> None:
    draw_consequences(store, lambda: NOW)


def are_one(store: Store, *addresses: str) -> bool:
    with store.read() as session:
        return len({parties.get_party(session, each) for each in addresses}) == 1


def asked(store: Store) -> list[merging.ReviewLine]:
    with store.read() as session:
        return merging.review(session, NOW, None, strangers=True)


def leaf(session: Session, address: str) -> int:
    return parties.get_leaf(session, address)


# --- what is joined ----------------------------------------------------------------------------------------------


def test_gmail_dots_and_plus_tags_are_one_mailbox(team: Box) -> None:
    team.gets(mail("Jane Smith <jane.smith@gmail.com>"), mail("Jane Smith <janesmith+shop@gmail.com>"))
    resolve(team.store)
    assert are_one(team.store, "jane.smith@gmail.com", "janesmith+shop@gmail.com")


def test_who_changed_the_job_is_known_by_name_and_mobile(team: Box) -> None:
    mobile = "+49 171 8364729"
    team.gets(
        signed("Radka Dvorakova <radka.dvorakova@acme.example>", "Radka Dvorakova", mobile),
        signed("Radka Dvorakova <rd@globex.example>", "Radka Dvorakova", mobile, "Globex AG", "My new job"),
    )
    resolve(team.store)
    assert are_one(team.store, "radka.dvorakova@acme.example", "rd@globex.example")


def test_a_phone_that_comes_later_joins_what_was_two(team: Box) -> None:
    mobile = "+49 171 8364729"
    team.gets(signed("Radka Dvorakova <radka@acme.example>", "Radka Dvorakova", mobile))
    team.gets(mail("Radka Dvorakova <rd@globex.example>"))
    resolve(team.store)
    assert not are_one(team.store, "radka@acme.example", "rd@globex.example")
    team.gets(signed("Radka Dvorakova <rd@globex.example>", "Radka Dvorakova", mobile, subject="Again"))
    resolve(team.store)
    assert are_one(team.store, "radka@acme.example", "rd@globex.example")


def test_an_older_phone_that_is_read_later_joins_as_well(team: Box) -> None:
    new, old = "+49 171 8364729", "+49 160 7395821"
    team.gets(signed("Radka Dvorakova <radka@acme.example>", "Radka Dvorakova", new))
    team.gets(signed("Radka Dvorakova <rd@globex.example>", "Radka Dvorakova", old, "Globex AG"))
    resolve(team.store)
    assert not are_one(team.store, "radka@acme.example", "rd@globex.example")
    late = signed("Radka Dvorakova <radka@acme.example>", "Radka Dvorakova", old, subject="Of last year")
    team.gets(late.replace("Subject:", "Date: Mon, 08 Jan 2024 08:00:00 +0000\nSubject:"))
    resolve(team.store)
    assert are_one(team.store, "radka@acme.example", "rd@globex.example")


# --- what is asked about -----------------------------------------------------------------------------------------


def test_a_rare_name_alone_is_asked_about(team: Box) -> None:
    team.gets(mail("Radka Dvorakova <radka@acme.example>"), mail("Radka Dvorakova <rd@globex.example>"))
    resolve(team.store)
    assert not are_one(team.store, "radka@acme.example", "rd@globex.example")
    [line] = asked(team.store)
    assert line.judgement.name_only
    assert line.judgement.bits == pytest.approx(sum(each.bits for each in line.judgement.lines))


def test_a_mailbox_of_several_people_is_joined_with_nobody_unasked(team: Box) -> None:
    mobile = "+49 171 8364729"
    team.gets(
        mail("Peter Dvorak <dvoraks@acme.example>", "one"),
        mail("Peter Dvorak <dvoraks@acme.example>", "two"),
        mail("Radka Dvorakova <dvoraks@acme.example>", "three"),
        signed("Radka Dvorakova <dvoraks@acme.example>", "Radka Dvorakova", mobile, subject="four"),
        signed("Radka Dvorakova <rd@globex.example>", "Radka Dvorakova", mobile, subject="five"),
    )
    resolve(team.store)
    assert not are_one(team.store, "dvoraks@acme.example", "rd@globex.example")
    assert "several people" in asked(team.store)[0].judgement.refused


def test_nobody_is_asked_about_who_turned_out_to_be_a_colleague(team: Box) -> None:
    team.gets(mail("Radka Dvorakova <radka@acme.example>"), mail("Radka Dvorakova <rd@globex.example>"))
    resolve(team.store)
    assert len(asked(team.store)) == 1
    for ours, questions in (([TEAM, "rd@globex.example"], 0), ([TEAM], 1)):
        with a_write(team.store) as session:
            own.follow_own(session, OwnAddresses.build(ours, []), NOW)
        resolve(team.store)
        assert len(asked(team.store)) == questions


# --- what is kept apart ------------------------------------------------------------------------------------------


def test_namesakes_in_one_company_stay_two(team: Box) -> None:
    team.gets(mail("Li Wei <li.wei@acme.example>"), mail("Li Wei <li.wei2@acme.example>"))
    resolve(team.store)
    assert not are_one(team.store, "li.wei@acme.example", "li.wei2@acme.example")


def test_a_switchboard_joins_nobody(team: Box) -> None:
    names = ["Anna Klein", "Bert Vogel", "Carla Ruiz", "Dora Lang", "Emil Hahn", "Ann Kleist"]
    team.gets(
        *(signed(f"{n} <{n.split()[0].lower()}{i}@host{i}.example>", n, subject=f"s{i}") for i, n in enumerate(names))
    )
    resolve(team.store)
    with team.store.read() as session:
        assert clusters.count_customers(session) == 0
        assert all(len(each) == 1 for each in clusters.members_of(session, range(1, 50)).values())


def test_an_organisations_mailbox_is_no_person(team: Box) -> None:
    team.gets(
        signed("Jane Smith <info@acme.example>", "Jane Smith"),
        signed("Jane Smith <jane@acme.example>", "Jane Smith", subject="b"),
    )
    resolve(team.store)
    assert not are_one(team.store, "info@acme.example", "jane@acme.example")
    with a_write(team.store) as session, pytest.raises(UserError, match="cannot be one customer"):
        verdicts.merge(session, leaf(session, "info@acme.example"), leaf(session, "jane@acme.example"), NOW)


# --- by hand, and back -------------------------------------------------------------------------------------------


def two(team: Box) -> tuple[str, str]:
    team.gets(mail("Ann Lee <ann@acme.example>", "from ann"), mail("Bob Ray <bob@globex.example>", "from bob"))
    resolve(team.store)
    with a_write(team.store) as session:
        for each in ("ann@acme.example", "bob@globex.example"):
            parties.activate_party(session, leaf(session, each), NOW)
    return "ann@acme.example", "bob@globex.example"


def titles(store: Store, who: str) -> list[str]:
    with store.read() as session:
        return [
            line.title for line in timeline.select_timeline(session, parties.get_party(session, who), Viewer.system())
        ]


def test_a_merged_customer_has_one_timeline_one_number_and_all_tags(team: Box) -> None:
    ann, bob = two(team)
    with a_write(team.store) as session:
        numbers = [session.get_one(parties.Party, leaf(session, each)).customer_no for each in (ann, bob)]
        tags.add_tag(session, leaf(session, bob), "vip", NOW)
        verdicts.merge(session, leaf(session, ann), leaf(session, bob), NOW)
    assert sorted(titles(team.store, ann)) == ["from ann", "from bob"]
    with team.store.read() as session:
        assert len({parties.get_party(session, str(each)) for each in (ann, bob, *numbers)}) == 1
        [line] = people.list_people(session, Viewer.system(), NOW, with_candidates=True)
        assert (line.number, line.tags) == (numbers[0], ("vip",))
        assert [line.id for line in people.list_people(session, Viewer.system(), NOW, find="Bob")] == [line.id]
        assert [line.id for line in people.list_people(session, Viewer.system(), NOW, find=str(numbers[1]))] == [
            line.id
        ]


def test_unmerge_gives_each_his_own_again_and_they_stay_two(team: Box) -> None:
    ann, bob = two(team)
    with a_write(team.store) as session:
        verdicts.merge(session, leaf(session, ann), leaf(session, bob), NOW)
    team.gets(mail("Bob Ray <bob@globex.example>", "meanwhile"))
    resolve(team.store)
    with a_write(team.store) as session:
        verdicts.unmerge(session, leaf(session, bob), leaf(session, ann), NOW)
    assert titles(team.store, ann) == ["from ann"]
    assert sorted(titles(team.store, bob)) == ["from bob", "meanwhile"]
    with a_write(team.store) as session, pytest.raises(Conflict, match="two customers already"):
        verdicts.unmerge(session, leaf(session, bob), leaf(session, ann), NOW)


def test_what_was_taken_apart_is_not_joined_again_by_the_same_evidence(team: Box) -> None:
    team.gets(mail("Jane Smith <jane.smith@gmail.com>"), mail("Jane Smith <janesmith@gmail.com>"))
    resolve(team.store)
    with a_write(team.store) as session:
        verdicts.unmerge(session, leaf(session, "jane.smith@gmail.com"), leaf(session, "janesmith@gmail.com"), NOW)
    team.gets(signed("Jane Smith <janesmith@gmail.com>", "Jane Smith", subject="more"))
    resolve(team.store)
    assert not are_one(team.store, "jane.smith@gmail.com", "janesmith@gmail.com")
    assert asked(team.store) == []


def test_all_who_were_taken_apart_stay_so(team: Box) -> None:
    spellings = ["jane.smith@gmail.com", "janesmith@gmail.com", "j.anesmith@gmail.com"]
    team.gets(*(mail(f"Jane Smith <{each}>", each) for each in spellings))
    resolve(team.store)
    assert are_one(team.store, *spellings)
    with a_write(team.store) as session:
        assert len(verdicts.unmerge_all(session, leaf(session, spellings[1]), NOW)) == 2
    for each in spellings:
        team.gets(signed(f"Jane Smith <{each}>", "Jane Smith", subject=f"more of {each}"))
        resolve(team.store)
    with team.store.read() as session:
        assert len(clusters.members_of(session, [leaf(session, each) for each in spellings])) == 3
        assert merging.review(session, NOW, None, strangers=True) == []


def test_the_numbers_of_both_find_their_own_after_an_unmerge(team: Box) -> None:
    ann, bob = two(team)
    with a_write(team.store) as session:
        numbers = {each: str(session.get_one(parties.Party, leaf(session, each)).customer_no) for each in (ann, bob)}
        verdicts.merge(session, leaf(session, ann), leaf(session, bob), NOW)
        verdicts.unmerge_all(session, leaf(session, ann), NOW)
    with team.store.read() as session:
        for each, number in numbers.items():
            assert parties.get_party(session, number) == parties.get_party(session, each) == leaf(session, each)


def test_two_edges_between_the_same_customers_are_both_undone(team: Box) -> None:
    """Two workers may have joined them at the same moment."""
    ann, bob = two(team)
    with a_write(team.store) as session:
        verdicts.merge(session, leaf(session, ann), leaf(session, bob), NOW)
        session.connection().exec_driver_sql(
            "INSERT INTO merge_record (party_lo, party_hi, method, evidence, rules, at, by, undone_by) "
            "SELECT party_lo, party_hi, method, evidence, rules, at, by, undone_by FROM merge_record"
        )
        assert len(verdicts.unmerge(session, leaf(session, ann), leaf(session, bob), NOW)) == 2
    assert not are_one(team.store, ann, bob)


def test_a_mailbox_under_hundreds_of_names_is_not_compared_at_each_mail(team: Box) -> None:
    team.gets(*(mail(f"Name{n} Of{n}son <relay@acme.example>", f"s{n}") for n in range(MOST_NAMES + 5)))
    resolve(team.store)
    with team.store.read() as session:
        before = profiles.contents(session, [leaf(session, "relay@acme.example")])
        assert len(read_names(next(iter(before.values())))) == MOST_NAMES
    team.gets(mail("Another One <relay@acme.example>", "more"))
    resolve(team.store)
    with team.store.read() as session:
        assert profiles.contents(session, [leaf(session, "relay@acme.example")]) == before


def test_not_the_same_is_remembered_and_later_is_asked_again(team: Box) -> None:
    team.gets(mail("Radka Dvorakova <radka@acme.example>"), mail("Radka Dvorakova <rd@globex.example>"))
    resolve(team.store)
    [line] = asked(team.store)
    with a_write(team.store) as session:
        merging.answer(session, line, MatchState.LATER, NOW, days=5)
    assert asked(team.store) == []
    with team.store.read() as session:
        assert len(merging.review(session, NOW.replace(day=20), None, strangers=True)) == 1
    with a_write(team.store) as session:
        merging.answer(session, line, MatchState.REJECTED, NOW)
    team.gets(
        mail("Radka Dvorakova <rd@globex.example>", "again", "x"),
        signed("Radka Dvorakova <rd@globex.example>", "Radka Dvorakova"),
    )
    resolve(team.store)
    assert asked(team.store) == []


def test_what_all_members_did_makes_the_customer(team: Box) -> None:
    """We wrote to one address, they answered from another."""
    team.gets(
        f"From: {TEAM}\nTo: Jane Smith <jane.smith@gmail.com>\nSubject: Offer\n\nHello\n",
        mail("Jane Smith <janesmith@gmail.com>", "Re: Offer"),
    )
    resolve(team.store)
    with team.store.read() as session:
        [line] = people.list_people(session, Viewer.system(), NOW)
        assert line.number
        assert (line.last_in_at is None, line.last_out_at is None) == (False, False)


def test_a_value_of_either_member_is_shown_and_edits_stay_with_the_survivor(team: Box) -> None:
    ann, bob = two(team)
    with a_write(team.store) as session:
        claims.set_by_hand(session, leaf(session, bob), {"wechat": "bobby"}, NOW)
        verdicts.merge(session, leaf(session, ann), leaf(session, bob), NOW)
        edits.save_patch(session, parties.get_party(session, bob), {"name": "Annabel Lee"}, None, NOW)
        shown = people.get_archive(session, parties.get_party(session, bob), Viewer.system())
        assert [fact.value for fact in shown.facts if fact.field == "wechat"] == ["bobby"]
        assert shown.line.name == "Annabel Lee"
        verdicts.unmerge_all(session, leaf(session, ann), NOW)
        assert session.get_one(parties.Party, leaf(session, ann)).display_name == "Annabel Lee"
        assert session.get_one(parties.Party, leaf(session, bob)).display_name == "Bob Ray"


def test_a_colleague_with_an_old_number_does_not_hide_the_customer(team: Box) -> None:
    ann, _ = two(team)
    team.gets(mail("Cy Fox <cy@fox.example>", "from cy"))
    resolve(team.store)
    with a_write(team.store) as session:
        verdicts.merge(session, leaf(session, ann), leaf(session, "cy@fox.example"), NOW)
        number = people.list_people(session, Viewer.system(), NOW)[0].number
        own.follow_own(session, OwnAddresses.build([TEAM, ann], []), NOW)
        assert [x.name for x in people.list_people(session, Viewer.system(), NOW, find="Cy", with_candidates=True)]
    team.gets(f"From: {TEAM}\nTo: Cy Fox <cy@fox.example>\nSubject: Re: from cy\n\nHello\n")
    resolve(team.store)
    with a_write(team.store) as session:
        [line] = people.list_people(session, Viewer.system(), NOW, find="Cy")
        assert line.number not in ("", number)
        own.follow_own(session, OwnAddresses.build([TEAM], []), NOW)
        [line] = people.list_people(session, Viewer.system(), NOW, find="Cy")
        assert line.number == number, "the oldest goes on again"


def three_radkas(team: Box) -> list[str]:
    """Each of whom may be the others, by the name alone."""
    addresses = [f"radka@{host}.example" for host in ("acme", "globex", "initech")]
    team.gets(*(mail(f"Radka Dvorakova <{each}>", each) for each in addresses))
    resolve(team.store)
    assert len(asked(team.store)) == 3
    return addresses


def reject(store: Store, one: str, other: str) -> tuple[int, int]:
    with a_write(store) as session:
        pair = leaf(session, one), leaf(session, other)
        verdicts.reject(session, *pair, NOW)
    return pair


def test_what_a_merge_outranked_holds_again_when_it_is_taken_back(team: Box) -> None:
    one, two_, three = three_radkas(team)
    pair = reject(team.store, one, three)
    with a_write(team.store) as session:
        joined = verdicts.merge(session, leaf(session, two_), leaf(session, three), NOW)
        later = NOW + timedelta(days=1)
        outranks = verdicts.merge(session, leaf(session, one), leaf(session, two_), later)
        assert matches.all_rejected(session) == []
        verdicts.undo_merge(session, joined, NOW + timedelta(days=2))
        verdicts.undo_merge(session, outranks, NOW + timedelta(days=3))
        assert pair in matches.all_rejected(session)


def test_a_yes_to_all_pairs_of_a_name_joins_nobody_who_was_told_apart(team: Box, tmp_path: Path) -> None:
    one, _, three = three_radkas(team)
    pair = reject(team.store, one, three)
    lines = asked(team.store)
    assert len(lines) == 2
    plan = merge_requests.plan_bulk(lines)
    merge_requests.carry_out(an_app(team.store, a_config(tmp_path)), plan.payload, Actor.cli("test"))
    assert not are_one(team.store, one, three)
    with team.store.read() as session:
        assert matches.all_rejected(session) == [pair]


def rebuilt(store: Store) -> rejudging.Rebuilt:
    found, proposal = rejudging.rebuild(store, lambda: NOW, lambda *_: None)
    return rejudging.apply(store, lambda: NOW, found, proposal, lambda *_: None)


@pytest.mark.parametrize("how", [rebuilt, lambda store: rejudging.rescore(store, lambda: NOW)])
def test_who_is_joined_later_may_be_a_customer_by_that(
    team: Box, monkeypatch: pytest.MonkeyPatch, how: Callable[[Store], object]
) -> None:
    team.gets(
        f"From: {TEAM}\nTo: Jane Smith <jane.smith@gmail.com>\nSubject: Offer\n\nHello\n",
        mail("Jane Smith <janesmith@gmail.com>", "Re: Offer"),
    )
    with monkeypatch.context() as patch:
        patch.setattr(unite, "compare", lambda *_, **__: unite.United())  # as before the rules or the archive said so
        resolve(team.store)
    assert not are_one(team.store, "jane.smith@gmail.com", "janesmith@gmail.com")
    how(team.store)
    assert are_one(team.store, "jane.smith@gmail.com", "janesmith@gmail.com")
    with team.store.read() as session:
        assert [line.name for line in people.list_people(session, Viewer.system(), NOW)] == ["Jane Smith"]


def test_who_is_taken_apart_by_a_rebuild_is_a_customer_by_the_own_mail(team: Box) -> None:
    ann, zed = "Ann Lee <ann@acme.example>", "Zed Quark <zed@globex.example>"
    for who, at_first in ((ann, 2), (zed, 1)):
        turns = [f"From: {TEAM}\nTo: {who}\nSubject: {who}\n\nHello\n", mail(who, f"Re: {who}")]
        team.gets(*turns[:at_first])
    resolve(team.store)
    with a_write(team.store) as session:
        pair = leaf(session, "ann@acme.example"), leaf(session, "zed@globex.example")
        merges.join(session, *pair, MergeMethod.AUTO, Judgement(8.0), 0, NOW)  # by older rules
    team.gets(mail(zed, f"Re: {zed}"))
    resolve(team.store)
    assert rebuilt(team.store).undone == 1
    with team.store.read() as session:
        found = people.list_people(session, Viewer.system(), NOW)
        assert [line.name for line in found if line.number] == ["Ann Lee", "Zed Quark"]
        assert matches.all_rejected(session) == []


# --- organisations -----------------------------------------------------------------------------------------------


def test_a_customer_works_where_the_mail_comes_from_until_the_last(team: Box) -> None:
    def on(day: int, who: str) -> list[str]:
        ways = [(TEAM, who, str(day)), (who, TEAM, f"Re: {day}")]
        sent = f"Date: Mon, {day:02} Jan 2025 08:00:00 +0000"
        return [f"From: {one}\nTo: {other}\nSubject: {title}\n{sent}\n\nHi\n" for one, other, title in ways]

    team.gets(*on(2, "Radka Dvorakova <radka@acme.com>"), *on(5, "Radka Dvorakova <radka@mail.acme.com>"))
    team.gets(*on(6, "Radka Dvorakova <radka@gmail.com>"))
    resolve(team.store)
    with a_write(team.store) as session:
        for other in ("radka@mail.acme.com", "radka@gmail.com"):
            if parties.get_party(session, other) != parties.get_party(session, "radka@acme.com"):
                verdicts.merge(session, leaf(session, "radka@acme.com"), leaf(session, other), NOW)
        found = people.get_archive(session, parties.get_party(session, "radka@acme.com"), Viewer.system())
    [works] = found.affiliations
    assert (works.name, works.number, works.valid_from.day, works.seen_until.day) == ("acme.com", "", 2, 5)
    assert len(found.members) == 3


def test_organisations_of_one_name_in_two_countries_are_asked_about(team: Box) -> None:
    for host, name in (("acme-tools.de", "Jan Kuhn"), ("acme-tools.cn", "Li Wei")):
        who = f"{name} <{name.split()[0].lower()}@{host}>"
        team.gets(
            f"From: {TEAM}\nTo: {who}\nSubject: Offer to {host}\n\nHi\n",
            signed(who, name, company="Acme Tools GmbH", subject=f"Re: Offer to {host}"),
        )
    resolve(team.store)
    resolve(team.store)
    lines = [line for line in asked(team.store) if line.left.kind == "organisation"]
    assert [{line.left.name, line.right.name} for line in lines] == [{"Acme Tools GmbH"}]


@pytest.mark.parametrize(
    ("one", "other", "questions"),
    [
        ("Hongyun Trading Co., Ltd", "鸿运贸易有限公司", 1),
        ("Acme Tools GmbH", "Acme Tool Ltd", 1),
        ("Delta Air Lines Inc", "Delta Faucet Ltd", 0),
    ],
)
def test_organisations_of_one_brand_are_asked_about_where_their_names_are_alike(
    team: Box, one: str, other: str, questions: int
) -> None:
    for host, name, company in (("brand.de", "Jan Kuhn", one), ("brand.cn", "Li Wei", other)):
        who = f"{name} <{name.split()[0].lower()}@{host}>"
        team.gets(
            f"From: {TEAM}\nTo: {who}\nSubject: Offer to {host}\n\nHi\n",
            signed(who, name, company=company, subject=f"Re: Offer to {host}"),
        )
    resolve(team.store)
    resolve(team.store)
    lines = [line for line in asked(team.store) if line.left.kind == "organisation"]
    assert len(lines) == questions


def test_when_the_rules_change_everybody_is_looked_at_again(team: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    team.gets(mail("Radka Dvorakova <radka@acme.example>"), mail("Jane Smith <jane@acme.example>"))
    resolve(team.store)
    with a_write(team.store) as session:
        before = keys.totals(session)
        session.connection().exec_driver_sql("UPDATE sighting_key SET key = key + 1")  # as an older version made them
    newer = stored.RULES + 1
    for module in (stored, unite):
        monkeypatch.setattr(module, "RULES", newer)
    team.gets(mail("Radka Dvorakova <rd@globex.example>"))
    resolve(team.store)
    assert len(asked(team.store)) == 1
    with a_write(team.store) as session:
        assert keys.totals(session)[0] > before[0]


def test_when_a_number_turns_out_to_be_a_switchboard_the_night_looks_again(team: Box) -> None:
    """Of two with one number and family name a human was asked; of ten with that number nobody is."""
    number = "+49 30 901820"
    for who in ("Irene Wei <irene@acme.example>", "Jianyang Wei <jw77@globex.example>"):
        name = who.split(" <")[0]
        team.gets(signed(who, name, phone=number, company=f"{name.split()[0]} Trading GmbH", subject=f"From {who}"))
    resolve(team.store)
    resolve(team.store)
    rejudging.rescore(team.store, lambda: NOW)
    assert rejudging.rescore(team.store, lambda: NOW) == 0
    before = len(asked(team.store))
    for at, name in enumerate(
        ("Maria Lopez", "Olga Ivanova", "Chen Bo", "Amir Haddad", "Lars Holm", "Mei Tanaka", "Ana Petrov", "Tom Reed")
    ):
        who = f"{name} <p{at}@site{at}.example>"
        team.gets(signed(who, name, phone=number, subject=f"From {who}"))
    resolve(team.store)
    resolve(team.store)
    with a_write(team.store) as session:
        new = profiles.select_uncompared(session, 99)
    assert rejudging.rescore(team.store, lambda: NOW) > len(new)
    assert before == 1
    assert len(asked(team.store)) == 0


def test_a_name_that_many_have_is_compared_at_night(team: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """When mail comes only a few of one key are looked at, so that it never takes long."""
    monkeypatch.setattr(unite, "AT_ONCE", 2)
    team.gets(*(mail(f"Radka Dvorakova <r{n}@host{n}.example>", f"s{n}") for n in range(3)))
    resolve(team.store)
    with team.store.read() as session:
        last = leaf(session, "r2@host2.example")
        assert matches.open_pairs(session, [last]) == []
    assert rejudging.rescore(team.store, lambda: NOW) > 0
    with team.store.read() as session:
        assert len(matches.open_pairs(session, [last])) == 2
    assert rejudging.rescore(team.store, lambda: NOW) == 0, "nothing moved since"


def test_what_the_night_asked_stays_asked_when_mail_comes(team: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unite, "AT_ONCE", 2)
    team.gets(*(mail(f"Radka Dvorakova <r{n}@host{n}.example>", f"s{n}") for n in range(3)))
    resolve(team.store)
    rejudging.rescore(team.store, lambda: NOW)
    first, second, third = asked(team.store)
    with a_write(team.store) as session:
        merging.answer(session, first, MatchState.LATER, NOW, days=5)
    for n in range(3):
        who = f"Radka Dvorakova <r{n}@host{n}.example>"
        team.gets(signed(who, "Radka Dvorakova", f"+49 171 836472{n}", f"Host{n} GmbH", "new"))
    resolve(team.store)
    assert {line.id for line in asked(team.store)} == {second.id, third.id}
    with team.store.read() as session:
        assert merging.review_line(session, first.id).state == MatchState.LATER


def test_more_joins_in_a_day_than_allowed_wait_for_a_yes(team: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unite, "FEWEST", 1)
    for n in range(3):
        for spelt in (f"x{n}.ana@gmail.com", f"x{n}ana@gmail.com"):
            who = f"Ana{'abc'[n]} Kuhn <{spelt}>"
            team.gets(mail(who, f"{spelt} wrote"), f"From: {TEAM}\nTo: {who}\nSubject: Re: {spelt}\n\nHi\n")
            with a_write(team.store) as session:  # both are customers already, by an older version's word
                if leaf(session, spelt):
                    parties.activate_party(session, leaf(session, spelt), NOW)
    resolve(team.store)
    lines = asked(team.store)
    assert len(lines) == 2
    assert {line.judgement.refused for line in lines} == {unite.TOO_MANY}
    with a_write(team.store) as session:
        merging.answer(session, lines[0], MatchState.MERGED, NOW)
    assert len(asked(team.store)) == 1
