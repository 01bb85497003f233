"""Our own addresses follow the configuration, also those that were somebody's before."""

import pytest

from mailcrm.model.address import AddressKind, OwnAddresses
from mailcrm.model.campaign import CampaignKind
from mailcrm.model.consent import Withheld, may_mail
from mailcrm.model.party import PartyKind, PartyState
from mailcrm.store import Session, Store, addresses, candidates, own, parties, recipients
from mailcrm.store.own import OwnChanges
from mailcrm.store.rows.party import Party
from tests.builders import NOW, a_person, a_write, an_account, an_address

NOTHING = OwnChanges(0, 0, (), ())


def ours(*mailboxes: str, domains: tuple[str, ...] = ()) -> OwnAddresses:
    return OwnAddresses.build(mailboxes, domains)


def kind_of(session: Session, key: str) -> tuple[AddressKind, int | None]:
    found = addresses.find_addresses(session, [key])[key]
    return found.kind, found.party_id


def state_of(session: Session, party_id: int) -> PartyState:
    return session.get_one(Party, party_id, populate_existing=True).state


def verdict(session: Session, party_id: int) -> Withheld | None:
    [reach] = recipients.reachable(session, [party_id], None)
    return may_mail(CampaignKind.ONE_TO_ONE, reach.facts).reason


@pytest.mark.parametrize(
    "configured",
    [
        ours("Wang@New.example"),
        ours("wang+shop@new.example"),
        ours(domains=("new.example",)),
        ours("x@y.example", domains=("@NEW.example", "z.example")),
    ],
)
def test_a_customer_whose_address_became_ours_is_archived_and_not_mailed(
    store: Store, configured: OwnAddresses
) -> None:
    with a_write(store) as session:
        wang, li = a_person(session, "wang@new.example"), a_person(session, "li@other.example")
        assert wang.party_id is not None
        assert own.follow_own(session, configured, NOW) == OwnChanges(1, 0, (wang.party_id,), ())
        assert kind_of(session, wang.address) == (AddressKind.OWN, None)
        assert kind_of(session, li.address) == (AddressKind.PERSONAL, li.party_id)
        assert state_of(session, wang.party_id) == PartyState.ARCHIVED
        assert verdict(session, wang.party_id) == Withheld.OWN
        assert own.follow_own(session, configured, NOW) == NOTHING


def test_all_spellings_of_one_mailbox_and_subdomains_become_ours(store: Store) -> None:
    keys = ["a.b@gmail.com", "wang+x@new.example", "li@mail.corp.example", "li@notcorp.example", "wang@new.examples"]
    with a_write(store) as session:
        for key in keys:
            an_address(session, key)
        own.follow_own(session, ours("ab@gmail.com", "wang@new.example", domains=("corp.example",)), NOW)
        kinds = [kind_of(session, key)[0] for key in keys]
    assert kinds == [AddressKind.OWN] * 3 + [AddressKind.PERSONAL] * 2


def test_an_underscore_in_a_domain_stands_for_itself(store: Store) -> None:
    with a_write(store) as session:
        an_address(session, "li@mail.coxrp.example")
        assert own.follow_own(session, ours(domains=("co_rp.example",)), NOW) == NOTHING


@pytest.mark.parametrize("state", [PartyState.ACTIVE, PartyState.CANDIDATE])
def test_an_address_that_leaves_the_configuration_is_a_customers_again(store: Store, state: PartyState) -> None:
    with a_write(store) as session:
        wang = a_person(session, "wang@new.example", state=state)
        assert wang.party_id is not None
        own.follow_own(session, ours("wang@new.example"), NOW)
        assert own.follow_own(session, ours(), NOW) == OwnChanges(0, 1, (), (wang.party_id,))
        assert kind_of(session, wang.address) == (AddressKind.PERSONAL, wang.party_id)
        assert state_of(session, wang.party_id) == state


def test_an_address_of_ours_that_was_nobodys_is_what_its_words_say_when_it_leaves(store: Store) -> None:
    with a_write(store) as session:
        an_address(session, "info@new.example", AddressKind.OWN)
        assert own.follow_own(session, ours(), NOW) == OwnChanges(0, 1, (), ())
        assert kind_of(session, "info@new.example") == (AddressKind.ROLE, None)


def test_a_customer_with_another_address_stays_one(store: Store) -> None:
    with a_write(store) as session:
        wang = a_person(session, "wang@new.example")
        assert wang.party_id is not None
        home = an_address(session, "wang@home.example")
        parties.attach_address(session, wang.party_id, home, "user", NOW)
        assert own.follow_own(session, ours("wang@new.example"), NOW) == OwnChanges(1, 0, (), ())
        assert state_of(session, wang.party_id) == PartyState.ACTIVE
        assert kind_of(session, "wang@new.example") == (AddressKind.OWN, None)
        assert own.follow_own(session, ours("wang@new.example", "wang@home.example"), NOW).archived == (wang.party_id,)
        assert own.follow_own(session, ours(), NOW) == OwnChanges(0, 2, (), (wang.party_id,))


def test_an_organisation_of_our_domain_is_archived(store: Store) -> None:
    with a_write(store) as session:
        an_address(session, "info@new.example", AddressKind.ROLE)
        address = addresses.find_addresses(session, ["info@new.example"])["info@new.example"]
        party_id = candidates.parties_for(session, [(address, "")], "header", NOW)[address.key]
        assert session.get_one(Party, party_id).kind == PartyKind.ORGANISATION
        assert own.follow_own(session, ours(domains=("new.example",)), NOW).archived == (party_id,)


def test_erased_people_stay_erased(store: Store) -> None:
    with a_write(store) as session:
        an_account(session)
        gone = a_person(session, "wang@new.example", state=PartyState.CANDIDATE)
        assert gone.party_id is not None
        session.get_one(Party, gone.party_id).state = PartyState.ERASED
        session.flush()
        own.follow_own(session, ours("wang@new.example"), NOW)
        own.follow_own(session, ours(), NOW)
        assert state_of(session, gone.party_id) == PartyState.ERASED
