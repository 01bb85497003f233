"""Sightings: what was observed, and what the resolver learns from it."""

from mailcrm.model.account import AccountPolicy, Capture, CustomerWhen, Visibility
from mailcrm.model.filing import NewSighting
from mailcrm.model.interaction import Direction
from mailcrm.store import Store, sightings, sync_state
from mailcrm.store.sightings import Evidence
from tests.builders import NOW, Customer, a_person, a_write, an_account
from tests.store.builders import at

IN, OUT = Direction.IN, Direction.OUT


def seen(
    number: int, account_id: int, who: Customer, role: str = "from", direction: Direction = IN,
    *, by_hand: bool = True, name: str = "",
) -> NewSighting:  # fmt: skip
    return NewSighting(
        number, 0, account_id, who.address_id, who.party_id, name, role, direction, by_hand, at(number)
    )  # fmt: skip


def test_the_resolver_takes_what_is_not_resolved_oldest_first(store: Store) -> None:
    with a_write(store) as session:
        account_id, who = an_account(session), a_person(session)
        sightings.add_sightings(session, [seen(n, account_id, who) for n in range(5)])
        sightings.add_sightings(session, [])
        first = sightings.select_unresolved(session, 3)
        assert list(first.values()) == [who.party_id] * 3
        assert list(first) == sorted(first)
        sightings.mark_resolved(session, list(first), NOW)
        rest = sightings.select_unresolved(session, 9)
        assert len(rest) == 2
        assert min(rest) > max(first)


def test_all_that_waits_of_some_parties_is_found(store: Store) -> None:
    with a_write(store) as session:
        account_id, who, other = an_account(session), a_person(session), a_person(session, "other@example.com")
        sightings.add_sightings(session, [seen(n, account_id, who if n % 2 else other) for n in range(6)])
        waiting = sightings.select_unresolved(session, 6)
        theirs = sorted(number for number, party_id in waiting.items() if party_id == who.party_id)
        assert sightings.unresolved_of(session, [who.party_id]) == theirs
        sightings.mark_resolved(session, theirs[:2], NOW)
        assert sightings.unresolved_of(session, [who.party_id]) == theirs[2:]
        assert sightings.unresolved_of(session, []) == []


def test_evidence_is_counted_per_account_and_only_what_was_written_by_hand(store: Store) -> None:
    with a_write(store) as session:
        shop = an_account(session)
        policy = AccountPolicy(Capture.ALL, Visibility.TEAM, CustomerWhen.ALL)
        other = sync_state.upsert_account(session, "other", "other@own.example", policy, NOW)
        who, nobody = a_person(session), a_person(session, "nobody@example.com")
        sightings.add_sightings(
            session,
            [
                seen(1, shop, who),
                seen(2, shop, who, by_hand=False),
                seen(3, shop, who, "cc"),
                seen(4, shop, who, "to", OUT),
                seen(5, shop, who, "to", OUT, by_hand=False),
                seen(6, other, who, "to", Direction.INTERNAL),
                seen(7, other, nobody),
            ],
        )
        found = sorted(sightings.evidence_of(session, [who.party_id]), key=lambda e: e.customer_when.value)
        assert found == [
            Evidence(who.party_id, other, CustomerWhen.ALL, 0, 0, 1),
            Evidence(who.party_id, shop, CustomerWhen.REPLIED, 1, 1, 5),
        ]
        assert sightings.evidence_of(session, []) == []


def test_names_come_most_frequent_first(store: Store) -> None:
    with a_write(store) as session:
        account_id, who = an_account(session), a_person(session)
        names = ["张三", "San", "张三", "", "zhang", "San", "张三", "x" * 300]
        sightings.add_sightings(session, [seen(n, account_id, who, name=name) for n, name in enumerate(names)])
        found = sightings.names_of(session, [who.party_id])[who.party_id]
        assert found[:2] == [("张三", who.address, 3), ("San", who.address, 2)]
        assert {name for name, _, count in found if count == 1} == {"zhang", "x" * 255}
