"""Merges in the store, on every engine: edges, clusters, what a merged customer shows, and what mail it may get."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import combinations
from threading import Event
from time import sleep
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from mailcrm.campaigns.audience import choose
from mailcrm.errors import Conflict, MailcrmError, NotFound
from mailcrm.identity import resolve, unite, verdicts
from mailcrm.model.campaign import CampaignKind
from mailcrm.model.cluster import path_between
from mailcrm.model.consent import ConsentState, Withheld
from mailcrm.model.filing import NewSighting
from mailcrm.model.identity import Evidence, Judgement, Match, MatchState, MergeMethod
from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.model.party import PartyState
from mailcrm.model.recipient import EventType, Suppress
from mailcrm.model.rights import Viewer
from mailcrm.model.segment import parse_segment
from mailcrm.store import (
    Session,
    Store,
    campaigns,
    claims,
    consents,
    edits,
    outbox,
    parties,
    people,
    recipients,
    segments,
    settings,
    sightings,
    strictest,
    tags,
    timeline,
)
from mailcrm.store.affiliations import affiliate, affiliations_of
from mailcrm.store.candidates import organisations_of
from mailcrm.store.identity import clusters, keys, matches, merges, profiles
from mailcrm.store.identity.keys import Keys
from mailcrm.store.timeline import NewInteraction
from tests.builders import (
    LEASE,
    NOW,
    Customer,
    a_consent,
    a_mark,
    a_person,
    a_purpose,
    a_running_campaign,
    a_write,
    an_account,
    an_address,
    claim_all,
)  # fmt: skip
from tests.store.sending import result

JUDGED = Judgement.of([Evidence("before any evidence", "", "", -11.55), Evidence("same mailbox", "a", "a", 20.05)])
LATER = NOW + timedelta(days=1)


def three(session: Session) -> tuple[Customer, Customer, Customer]:
    return (
        a_person(session, "ann@acme.example", "Ann Lee"),
        a_person(session, "bob@acme.example", "Bob Ray"),
        a_person(session, "cy@acme.example", "Cy Fox", state=PartyState.CANDIDATE),
    )


def join(session: Session, one: Customer, other: Customer, method: MergeMethod = MergeMethod.AUTO) -> int:
    return merges.join(session, one.party_id, other.party_id, method, JUDGED, 1, NOW)


def counted(session: Session) -> list[tuple[str, int]]:
    return [(str(line), line.customers) for line in tags.list_tags(session)]


def groups(session: Session, *those: Customer) -> list[tuple[int, ...]]:
    return sorted(clusters.members_of(session, [each.party_id for each in those]).values())


def test_an_edge_joins_whole_clusters_and_undoing_it_leaves_what_the_others_join(store: Store) -> None:
    with a_write(store) as session:
        ann, bob, cy = three(session)
        first, second = join(session, bob, cy), join(session, ann, cy)
        assert groups(session, ann) == [(ann.party_id, bob.party_id, cy.party_id)]
        assert clusters.roots_of(session, [cy.party_id]) == {cy.party_id: ann.party_id}
        [ended] = merges.undo(session, [first], LATER)
        assert (ended.id, ended.judgement) == (first, JUDGED)
        assert groups(session, ann, bob) == [(ann.party_id, cy.party_id), (bob.party_id,)]
        assert merges.undo(session, [first], LATER) == []
        merges.undo(session, [second], LATER)
        assert len(groups(session, ann, bob, cy)) == 3
        assert [line.undone_at for line in merges.merges_of(session, [cy.party_id])] == [LATER, LATER]
        assert merges.merges_of(session, [cy.party_id], undone=False) == []


def test_who_is_one_cannot_be_joined_and_what_is_not_there_not_undone(store: Store) -> None:
    with a_write(store) as session:
        ann, bob, _ = three(session)
        join(session, ann, bob)
        with pytest.raises(Conflict, match="one customer already"):
            join(session, bob, ann)
        with pytest.raises(NotFound, match="no merge 999"):
            merges.undo(session, [999], NOW)


def test_a_customer_is_found_by_everything_a_member_has(store: Store) -> None:
    with a_write(store) as session:
        ann, bob, _ = three(session)
        tags.add_tag(session, bob.party_id, "vip", NOW)
        tags.add_tag(session, ann.party_id, "VIP", NOW)
        join(session, ann, bob)
        number = session.get_one(parties.Party, bob.party_id).customer_no
        assert number is not None
        assert parties.get_party(session, number) == parties.get_party(session, "bob@acme.example") == ann.party_id
        assert parties.get_leaf(session, number) == bob.party_id
        for text in ("bob@", "Bob", number):
            [line] = people.list_people(session, Viewer.system(), NOW, find=text)
            assert (line.id, line.tags) == (ann.party_id, ("vip",))
            assert [each.id for each in people.find_people(session, Viewer.system(), [text])] == [ann.party_id]
        assert counted(session) == [("vip", 1)]
        assert segments.select_parties(session, parse_segment("tag = vip and email = bob@acme.example"), NOW) == [
            ann.party_id
        ]
        assert parties.count_parties(session) == {PartyState.ACTIVE: 1, PartyState.CANDIDATE: 1}
        assert tags.remove_tag(session, ann.party_id, "vip")
        assert not tags.remove_tag(session, ann.party_id, "vip")
        assert counted(session) == [("vip", 0)]


def test_a_better_name_of_a_member_is_shown_and_given_back(store: Store) -> None:
    with a_write(store) as session:
        ann, bob, _ = three(session)
        for who, name in ((ann, "ann"), (bob, "Bob Ray")):
            parties.rename_party(session, who.party_id, name, "header", NOW)
        parties.set_person_names(session, {bob.party_id: ("Bob", "Ray")})
        merge_id = join(session, ann, bob)
        archive = people.get_archive(session, ann.party_id, Viewer.system())
        assert (archive.line.name, archive.fields["given_name"]) == ("Bob Ray", "Bob")
        assert [name for _, name in archive.members] == ["ann", "Bob Ray"]
        values = recipients.merge_values(session, [(ann.party_id, ann.address_id)])[ann.address_id]
        assert (values["name"], values["given_name"]) == ("Bob Ray", "Bob")
        edits.save_patch(session, ann.party_id, {"name": "Ann Lee"}, None, NOW)
        assert people.get_archive(session, ann.party_id, Viewer.system()).line.name == "Ann Lee"
        merges.undo(session, [merge_id], NOW)
        assert people.get_archive(session, bob.party_id, Viewer.system()).line.name == "Bob Ray"


def test_what_is_entered_for_a_customer_who_is_shown_under_anothers_name(store: Store) -> None:
    with a_write(store) as session:
        account_id = an_account(session)
        ann, bob, _ = three(session)
        parties.rename_party(session, ann.party_id or 0, "ann", "header", NOW)
        parties.set_person_names(session, {bob.party_id or 0: ("Bob", "Ray")})
        edits.save_patch(session, bob.party_id or 0, {"salutation": "Dr", "language": "de"}, None, NOW)
        join(session, ann, bob)
        edits.save_patch(session, ann.party_id or 0, {"language": "zh"}, None, NOW)
        told = {"given_name": "Bob", "family_name": "Ray"}
        archive = people.get_archive(session, ann.party_id or 0, Viewer.system())
        assert archive.fields == told
        assert {f.field: f.value for f in archive.facts if f.is_current} == {"salutation": "Dr", "language": "zh"}
        previewed = recipients.merge_values(session, [(ann.party_id or 0, ann.address_id)])[ann.address_id]
        a_consent(session, ann.address_id, "newsletter")
        a_running_campaign(session, account_id, [ann])
        [claimed] = claim_all(session, account_id, LATER)
        assert claimed.values == previewed
        assert told.items() <= claimed.values.items()


def test_who_corrects_a_part_of_a_name_keeps_the_rest_of_what_was_shown(store: Store) -> None:
    with a_write(store) as session:
        ann, bob, _ = three(session)
        for who, name in ((ann, "bob"), (bob, "Bob Ray")):
            parties.rename_party(session, who.party_id or 0, name, "header", NOW)
        parties.set_person_names(session, {bob.party_id or 0: ("Bob", "Ray")})
        merge_id = join(session, ann, bob)
        edits.save_patch(session, ann.party_id or 0, {"given_name": "Robert"}, None, NOW)
        shown = people.get_archive(session, ann.party_id or 0, Viewer.system())
        assert (shown.line.name, shown.fields) == ("Bob Ray", {"given_name": "Robert", "family_name": "Ray"})
        merges.undo(session, [merge_id], NOW)
        assert people.get_archive(session, bob.party_id or 0, Viewer.system()).fields["given_name"] == "Bob"


def test_nobody_is_greeted_by_another_address(store: Store) -> None:
    with a_write(store) as session:
        ann, bob, _ = three(session)
        for who in (ann, bob):
            parties.rename_party(session, who.party_id or 0, who.address, "header", NOW)
        join(session, ann, bob)
        for who in (ann, bob):
            values = recipients.merge_values(session, [(ann.party_id or 0, who.address_id)])[who.address_id]
            assert (values["email"], values["name"]) == (who.address, "")


def test_one_line_for_a_thing_in_which_two_members_took_part(store: Store) -> None:
    with a_write(store) as session:
        ann, bob, _ = three(session)
        both = ((ann.party_id, "from"), (bob.party_id, "to"))
        lines = [
            NewInteraction(
                InteractionKind.CAMPAIGN, f"n{n}", NOW + timedelta(hours=n), f"line {n}", both if n % 2 else both[:1]
            )
            for n in range(8)
        ]
        timeline.append_interactions(session, lines)
        join(session, ann, bob)
        shown = timeline.select_timeline(session, ann.party_id, Viewer.system(), limit=5)
        assert [line.title for line in shown] == [f"line {n}" for n in (7, 6, 5, 4, 3)]
        more = timeline.select_timeline(session, ann.party_id, Viewer.system(), 5, shown[-1].at, shown[-1].id)
        assert [line.title for line in more] == [f"line {n}" for n in (2, 1, 0)]


@pytest.mark.parametrize(
    ("expression", "who"),
    [
        ("state = candidate", ""),
        ("state != candidate", "ab"),
        ("not state = candidate", "ab"),
        ("state in (active, candidate)", "ab"),
        ("not (state = active and kind = person)", ""),
    ],
)
def test_a_customer_with_a_candidate_in_it_is_a_customer(store: Store, expression: str, who: str) -> None:
    with a_write(store) as session:
        ann, bob, cy = three(session)
        join(session, ann, cy)
        wanted = [{"a": ann.party_id, "b": bob.party_id}[each] for each in who]
        assert segments.select_parties(session, parse_segment(expression), NOW) == wanted


def test_an_organisation_that_writes_is_listed_also_when_an_older_one_only_employs(store: Store) -> None:
    with a_write(store) as session:
        employer = organisations_of(session, ["acme.example"], "header", NOW)["acme.example"]
        writes = parties.create_party(session, parties.PartyKind.ORGANISATION, "Acme", "header", NOW)
        parties.attach_address(session, writes, an_address(session, "info@acme-cn.example"), "header", NOW)
        counted = {PartyState.CANDIDATE: 1}
        assert parties.count_parties(session) == counted
        merges.join(session, employer, writes, MergeMethod.HUMAN, None, 1, NOW)
        assert parties.count_parties(session) == counted
        listed = people.list_people(session, Viewer.system(), NOW, with_candidates=True)
        assert [line.id for line in listed] == [employer]
        assert [line.id for line in people.find_people(session, Viewer.system(), ["info@"])] == [employer]


def test_who_wrote_last_under_any_address_is_found_first(store: Store) -> None:
    with a_write(store) as session:
        ann, bob, _ = three(session)
        dan = a_person(session, "dan@acme.example", "Dan Orr")
        times = {ann: NOW, dan: LATER, bob: LATER + timedelta(days=1)}
        parties.touch_contact(session, {who.party_id or 0: at for who, at in times.items()}, incoming=True)
        join(session, ann, bob)
        found = people.find_people(session, Viewer.system(), ["acme"], limit=2)
        assert [line.id for line in found] == [ann.party_id, dan.party_id]


# --- consent -----------------------------------------------------------------------------------------------------


def reach(session: Session, who: Customer, purpose: int | None) -> dict[str, Withheld | None]:
    found = choose(CampaignKind.MARKETING, recipients.reachable(session, [who.party_id], purpose))
    return {each.address: None for each in found.chosen} | {left.who.address: left.reason for left in found.withheld}


def test_who_withdrew_at_one_address_is_not_mailed_at_another_of_theirs(store: Store) -> None:
    with a_write(store) as session:
        purpose = a_purpose(session)
        ann, bob, _ = three(session)
        a_consent(session, ann.address_id, "newsletter")
        a_consent(session, bob.address_id, "newsletter", action=ConsentState.WITHDRAWN)
        assert reach(session, ann, purpose) == {"ann@acme.example": None}
        merge_id = join(session, ann, bob)
        assert list(reach(session, ann, purpose).values()) == [Withheld.WITHDRAWN]
        assert consents.consent_states(session, [ann.address_id], purpose) == {ann.address_id: ConsentState.GIVEN}
        merges.undo(session, [merge_id], NOW)
        assert reach(session, ann, purpose) == {"ann@acme.example": None}


def test_a_yes_is_good_for_the_address_that_said_it_alone(store: Store) -> None:
    with a_write(store) as session:
        purpose = a_purpose(session)
        ann, bob, _ = three(session)
        a_consent(session, bob.address_id, "newsletter")
        join(session, ann, bob)
        assert reach(session, ann, purpose) == {"bob@acme.example": None}


@pytest.mark.parametrize(("reason", "closed"), [(Suppress.UNSUBSCRIBE, True), (Suppress.HARD_BOUNCE, False)])
def test_who_unsubscribed_is_left_alone_and_what_bounces_closes_itself(
    store: Store, reason: Suppress, closed: bool
) -> None:
    with a_write(store) as session:
        ann, bob, _ = three(session)
        consents.suppress(session, "bob@acme.example", reason, NOW, purpose_id=None, source="test")
        join(session, ann, bob)
        found = strictest.closed(session, [ann.address_id, bob.address_id], None)
        assert found == {bob.address_id: reason} | ({ann.address_id: reason} if closed else {})
        assert consents.suppressed(session, [ann.address_id], None) == {}


@pytest.mark.parametrize("reason", [Suppress.UNSUBSCRIBE, Suppress.COMPLAINT])
def test_a_dead_address_hides_nothing_that_its_owner_said(store: Store, reason: Suppress) -> None:
    with a_write(store) as session:
        ann, bob, _ = three(session)
        purpose = a_purpose(session)
        consents.suppress(session, "bob@acme.example", Suppress.HARD_BOUNCE, NOW, purpose_id=None, source="test")
        consents.suppress(session, "bob@acme.example", reason, LATER, purpose_id=purpose, source="test")
        join(session, ann, bob)
        assert strictest.closed(session, [ann.address_id, bob.address_id], purpose) == {
            ann.address_id: reason, bob.address_id: Suppress.HARD_BOUNCE
        }  # fmt: skip


@pytest.mark.parametrize("kind", list(CampaignKind))
@pytest.mark.parametrize("everything", [True, False])
def test_who_unsubscribed_at_one_address_still_gets_what_serves_at_another(
    store: Store, kind: CampaignKind, everything: bool
) -> None:
    with a_write(store) as session:
        account_id, purpose = an_account(session), a_purpose(session)
        ann, bob, _ = three(session)
        a_consent(session, ann.address_id, "newsletter")
        closes = None if everything else purpose
        consents.suppress(session, "bob@acme.example", Suppress.UNSUBSCRIBE, NOW, purpose_id=closes, source="test")
        join(session, ann, bob)
        a_running_campaign(session, account_id, [ann, bob], kind=kind)
        claimed = claim_all(session, account_id, LATER)
        found = outbox.mark(session, [a_mark(each, LATER) for each in claimed], "test-sender", LATER, LEASE)
        serves = kind in (CampaignKind.SYSTEM, CampaignKind.ONE_TO_ONE)
        assert [found[each.id] for each in sorted(claimed, key=lambda each: each.id)] == [serves, False]


# --- the queue ---------------------------------------------------------------------------------------------------


def a_match(one: Customer, other: Customer, bits: float = 3, *, name_only: bool = False) -> Match:
    return Match(
        one.party_id, other.party_id, Judgement.of([Evidence("same name", "x", "x", bits)], name_only=name_only)
    )


def pairs(session: Session, **options: object) -> list[tuple[int, int]]:
    found = matches.select_open(session, NOW, **options)  # type: ignore[arg-type]
    return [(match.party_lo, match.party_hi) for _, match, _, _ in found]


def test_what_concerns_two_customers_is_asked_first_and_strangers_only_on_request(store: Store) -> None:
    with a_write(store) as session:
        ann, bob, cy = three(session)
        dan = a_person(session, "dan@acme.example", state=PartyState.CANDIDATE)
        new = [a_match(ann, cy, 6), a_match(ann, bob, 1), a_match(cy, dan, 5, name_only=True)]
        assert matches.propose(session, new, 1, NOW) == 3
        assert matches.propose(session, new, 1, NOW) == 0
        ab, ac, cd = (ann.party_id, bob.party_id), (ann.party_id, cy.party_id), (cy.party_id, dan.party_id)
        assert pairs(session) == [ab, ac]
        assert pairs(session, strangers=True) == [ab, ac, cd]
        assert pairs(session, strangers=True, name_only=True) == [cd]
        assert pairs(session, limit=1) == [ab]
        assert matches.count_open(session, NOW) == 3
        assert matches.open_pairs(session, [cy.party_id]) == [ac, cd]
        matches.withdraw(session, [ac])
        join(session, ann, bob)
        assert pairs(session) == [], "one customer by now"


def test_an_answer_outlives_what_is_found_later(store: Store) -> None:
    with a_write(store) as session:
        ann, bob, cy = three(session)
        ab = (ann.party_id, bob.party_id)
        matches.propose(session, [a_match(ann, bob, 4)], 1, NOW)
        matches.decide(session, ab, MatchState.REJECTED, NOW)
        matches.propose(session, [a_match(ann, bob, 30)], 1, LATER)
        matches.withdraw(session, [ab])
        assert pairs(session) == []
        assert matches.all_rejected(session) == [ab]
        assert matches.verdicts(session) == [(4.0, False)]
        assert clusters.verdicts_between(session, [bob.party_id, cy.party_id], [ann.party_id]) == [ab]
        assert clusters.verdicts_between(session, [cy.party_id], [ann.party_id]) == []
        matches.forget_verdicts(session, [ab], NOW)
        assert matches.all_rejected(session) == []


def test_an_answer_looks_at_its_pair_alone(store: Store) -> None:
    """Who is taken out of a large customer has as many pairs as it has members."""
    with a_write(store) as session:
        ann, *others = (a_person(session, f"p{n}@acme.example", f"P {n}") for n in range(12))
        matches.propose(session, [a_match(ann, each) for each in others], 1, NOW)
        session.expunge_all()
        pair, loaded = (ann.party_id or 0, others[3].party_id or 0), []
        event.listen(session, "loaded_as_persistent", lambda _, row: loaded.append(row))
        matches.decide(session, pair, MatchState.REJECTED, NOW)
        assert [(row.party_lo, row.party_hi) for row in loaded] == [pair]
        assert matches.all_rejected(session) == [pair]


def test_what_was_put_off_is_asked_when_it_is_time(store: Store) -> None:
    with a_write(store) as session:
        ann, bob, _ = three(session)
        matches.propose(session, [a_match(ann, bob)], 1, NOW)
        matches.decide(session, (ann.party_id, bob.party_id), MatchState.LATER, NOW, until=LATER)
        assert pairs(session) == []
        assert len(matches.select_open(session, LATER)) == 1


def test_only_joins_of_two_numbers_by_the_resolver_count_against_the_day(store: Store) -> None:
    with a_write(store) as session:
        ann, bob, cy = three(session)
        join(session, bob, cy)
        assert merges.count_automatic(session, NOW - timedelta(days=1)) == 0
        join(session, ann, bob)
        assert merges.count_automatic(session, NOW - timedelta(days=1)) == 1
        assert merges.count_automatic(session, NOW) == 0
        assert merges.unopposed(session) == [(8.5, True), (8.5, True)]
        assert clusters.count_customers(session) == 1


# --- profiles and keys -------------------------------------------------------------------------------------------


def test_keys_are_counted_as_they_come_and_go(store: Store) -> None:
    with a_write(store) as session:
        ann, bob, _ = three(session)
        one, two = Keys(frozenset({1, 2}), frozenset({9, -(2**63)})), Keys(frozenset({2, 2**63 - 1}), frozenset({9}))
        keys.change(session, {ann.party_id: (Keys(), one), bob.party_id: (Keys(), two)})
        assert keys.counts(session, [1, 9, -(2**63), 77]) == {9: 2, -(2**63): 1}
        both = sorted([ann.party_id, bob.party_id])
        assert keys.sharing(session, {1: 5, 2: 5, 9: 5, 2**63 - 1: 5}) == {
            1: [ann.party_id],
            2: both,
            2**63 - 1: [bob.party_id],
        }
        assert keys.sharing(session, {2: 1}) == {2: both[:1]}
        keys.change(session, {bob.party_id: (two, Keys(frozenset({1})))})
        assert keys.counts(session, [9, -(2**63)]) == {9: 1, -(2**63): 1}
        assert keys.sharing(session, dict.fromkeys(range(130), 5)) == {1: both, 2: [ann.party_id]}


def test_what_is_new_waits_for_the_night_until_it_was_compared(store: Store) -> None:
    with a_write(store) as session:
        ids = [each.party_id for each in three(session)]
        profiles.keep(session, dict.fromkeys(ids, "x"), 1, {})
        assert profiles.select_uncompared(session, 9) == sorted(ids)
        profiles.mark_compared(session, ids[:2])
        profiles.keep(session, {ids[0]: "x", ids[1]: "y"}, 2, dict.fromkeys(ids, "x"))
        assert profiles.select_uncompared(session, 9) == sorted(ids[1:])
        assert profiles.uncompared_of(session, ids[:2]) == {ids[1]}
        profiles.touch(session, ids[1:])
        assert profiles.select_uncompared(session, 9) == [], "who waits for the resolver is not yet compared as it is"


def test_who_is_new_waits_until_it_is_kept(store: Store) -> None:
    with a_write(store) as session:
        ann, bob, _ = three(session)
        assert profiles.touch_missing(session) == 3
        assert profiles.touch_missing(session) == 3
        waiting = profiles.select_stale(session, 99)
        profiles.keep(session, dict.fromkeys(waiting, "x"), 1, dict.fromkeys(waiting, ""))
        profiles.forget(session)
        assert set(profiles.contents(session, profiles.select_stale(session, 99)).values()) == {""}
        claims.set_by_hand(session, ann.party_id, {"mobile": "+49 171 8364729"}, NOW)
        profiles.touch(session, [ann.party_id, bob.party_id])
        profiles.touch(session, [])
        assert set(profiles.select_stale(session, 99)) >= {ann.party_id, bob.party_id}
        seen = profiles.observe(session, [ann.party_id])[ann.party_id]
        assert (seen.name, seen.addresses, seen.phones) == ("Ann Lee", ("ann@acme.example",), ("+49 171 8364729",))
        profiles.keep(
            session, {ann.party_id: "x", bob.party_id: "y"}, 1, dict.fromkeys([ann.party_id, bob.party_id], "")
        )
        assert profiles.contents(session, [ann.party_id, bob.party_id]) == {ann.party_id: "x", bob.party_id: "y"}
        assert profiles.count_stale(session) == len(profiles.select_stale(session, 99))
        assert ann.party_id not in profiles.select_stale(session, 99)


def test_an_affiliation_grows_with_the_mail_that_shows_it(store: Store) -> None:
    with a_write(store) as session:
        ann, bob, _ = three(session)
        firm = parties.create_party(session, parties.PartyKind.ORGANISATION, "Acme", "header", NOW)
        pair = (ann.party_id, firm)
        assert affiliate(session, {pair: (NOW, NOW)}, "header") == {firm}
        assert affiliate(session, {pair: (LATER, LATER)}, "header") == set()
        join(session, ann, bob)
        [line] = affiliations_of(session, ann.party_id, organisation=False)
        assert (line.party_id, line.valid_from, line.seen_until) == (firm, NOW, LATER)
        [line] = affiliations_of(session, firm, organisation=True)
        assert (line.party_id, line.name) == (ann.party_id, "Ann Lee")


# --- side by side ------------------------------------------------------------------------------------------------


def test_workers_that_join_the_same_customers_at_once_leave_no_circle(server_store: Store) -> None:
    with a_write(server_store) as session:
        join(session, *three(session)[:2])  # the first merge of all makes the lock
    for _ in range(5):
        with a_write(server_store) as session:
            those = [a_person(session, f"{uuid4().hex}@acme.example", "X") for _ in range(4)]
        pairs = [*combinations(those, 2)] * 2

        def merge(pair: tuple[Customer, Customer]) -> bool:
            try:
                with a_write(server_store) as session:
                    join(session, *pair)
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            done = [result for result in pool.map(merge, pairs) if result]
        assert len(done) == 3
        with server_store.read() as session:
            ids = tuple(sorted(each.party_id for each in those))
            assert groups(session, *those) == [ids]
            assert len(clusters.active_edges(session, ids)) == 3
            assert len({*clusters.roots_of(session, ids).values()}) == 1


def side_by_side(first: Callable[[Callable[[], None]], object], second: Callable[[], object]) -> list[object]:
    """What comes of both; the second begins when the first says so, half a second before it goes on."""
    begun = Event()

    def begin() -> None:
        begun.set()
        sleep(0.5)

    def run(task: Callable[[], object]) -> object:
        try:
            return task()
        except MailcrmError as exc:
            return exc

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(run, lambda: first(begin))
        begun.wait(10)
        other = pool.submit(run, second)
        return [one.result(), other.result()]


def test_mail_that_is_resolved_and_a_human_who_parts_the_same_customers(
    server_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_write(server_store) as session:
        ann, bob, _ = three(session)
        join(session, ann, bob)
        account_id, party_id = an_account(session), ann.party_id or 0
        seen = NewSighting(1, 0, account_id, ann.address_id, party_id, "", "from", Direction.IN, True, NOW)
        sightings.add_sightings(session, [seen])

    def resolved(begin: Callable[[], None]) -> object:
        def joins(session: Session, *_: object) -> unite.United:  # it has locked those who wrote
            begin()
            clusters.locked_roots(session, [ann.party_id or 0])
            clusters.regroup(session, [ann.party_id or 0])
            return unite.United()

        monkeypatch.setattr(resolve, "unite", joins)
        return resolve.resolve_sightings(server_store, lambda: NOW).activated

    def parted() -> object:
        with a_write(server_store) as session:
            return len(verdicts.unmerge(session, ann.party_id or 0, bob.party_id or 0, NOW))

    assert side_by_side(resolved, parted) == [0, 1]


def test_what_a_human_says_while_two_are_joined_is_told_that_they_are_one(
    server_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_write(server_store) as session:
        ann, bob, cy = three(session)
        join(session, cy, a_person(session, "dan@acme.example"))  # the first merge of all makes the lock
        profiles.touch(session, [ann.party_id or 0])
    pair = ann.party_id or 0, bob.party_id or 0

    def joined(begin: Callable[[], None]) -> object:
        def unites(session: Session, *_: object) -> unite.United:
            assert not clusters.verdicts_between(session, pair[:1], pair[1:])
            begin()
            profiles.keep(session, {pair[0]: "x"}, 1, {pair[0]: ""})
            return unite.United(join(session, ann, bob) > 0)

        monkeypatch.setattr(unite, "unite", unites)
        return unite.unite_all(server_store, lambda: NOW).joined

    def rejected() -> object:
        with a_write(server_store) as session:
            verdicts.reject(session, *pair, NOW)

    one, other = side_by_side(joined, rejected)
    assert one == 1
    assert isinstance(other, Conflict)


def test_two_who_part_the_same_customers_at_once(server_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_write(server_store) as session:
        ann, bob, _ = three(session)
        join(session, ann, bob)

    def part() -> object:
        with a_write(server_store) as session:
            return len(verdicts.unmerge(session, ann.party_id or 0, bob.party_id or 0, NOW))

    def parted(begin: Callable[[], None]) -> object:
        def way(*args: Any) -> list[int]:
            monkeypatch.setattr(verdicts, "path_between", path_between)
            begin()
            return path_between(*args)

        monkeypatch.setattr(verdicts, "path_between", way)
        return part()

    one, other = side_by_side(parted, part)
    assert one == 1
    assert isinstance(other, Conflict)


def test_what_comes_while_a_party_is_read_is_read_again(server_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_write(server_store) as session:
        ann = three(session)[0].party_id or 0
        profiles.touch_missing(session)
        unite.refresh(session, [ann], NOW)

    def read(begin: Callable[[], None]) -> object:
        monkeypatch.setattr(unite, "_name_organisations", lambda *_: begin())  # it was observed
        with a_write(server_store) as session:
            return unite.refresh(session, [ann], NOW)

    def learnt() -> object:
        with a_write(server_store) as session:
            claims.set_by_hand(session, ann, {"mobile": "+49 171 8364729"}, NOW)

    assert side_by_side(read, learnt) == [[], None]
    with server_store.read() as session:
        assert ann in profiles.select_stale(session, 99)


def test_a_campaigns_mail_stays_with_the_member_whose_address_it_went_to(store: Store) -> None:
    with a_write(store) as session:
        account_id = an_account(session)
        ann, bob, _ = three(session)
        merge_id = join(session, ann, bob)
        a_consent(session, bob.address_id, "newsletter")
        settings.switch_sending(session, on=True, now=NOW)
        merged = Customer(ann.party_id, bob.address_id, bob.address)
        a_running_campaign(session, account_id, [merged])
        [claimed] = claim_all(session, account_id, LATER)
        assert outbox.mark(session, [a_mark(claimed, LATER)], "test-sender", LATER, LEASE) == {claimed.id: True}
        outbox.settle_results(session, [result(claimed, EventType.SENT)], "test-sender", LATER)
        assert len(timeline.select_timeline(session, ann.party_id, Viewer.system())) == 1
        merges.undo(session, [merge_id], LATER)
        assert timeline.select_timeline(session, ann.party_id, Viewer.system()) == []
        assert len(timeline.select_timeline(session, bob.party_id, Viewer.system())) == 1


def test_who_is_taken_apart_under_way_is_greeted_by_the_own_name(store: Store) -> None:
    with a_write(store) as session:
        account_id = an_account(session)
        ann, bob, _ = three(session)
        parties.set_person_names(session, {ann.party_id or 0: ("Ann", "Lee"), bob.party_id or 0: ("Bob", "Ray")})
        merge_id = join(session, ann, bob)
        a_consent(session, bob.address_id, "newsletter")
        running = a_running_campaign(session, account_id, [Customer(ann.party_id, bob.address_id, bob.address)])

        def shown() -> tuple[str, str]:
            [(_, line)] = campaigns.list_recipients(session, running.campaign.id)
            return line.name, line.number

        number = session.get_one(parties.Party, bob.party_id).customer_no
        assert shown() == ("Ann Lee", session.get_one(parties.Party, ann.party_id).customer_no)
        merges.undo(session, [merge_id], LATER)
        assert shown() == ("Bob Ray", number)
        [claimed] = claim_all(session, account_id, LATER)
        assert [claimed.values[name] for name in ("name", "given_name", "number")] == ["Bob Ray", "Bob", number]
        outbox.mark(session, [a_mark(claimed, LATER)], "test-sender", LATER, LEASE)
        outbox.settle_results(session, [result(claimed, EventType.SENT)], "test-sender", LATER)
        assert timeline.select_timeline(session, ann.party_id or 0, Viewer.system()) == []
        assert len(timeline.select_timeline(session, bob.party_id or 0, Viewer.system())) == 1
