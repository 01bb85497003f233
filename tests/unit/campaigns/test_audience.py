"""Who of a segment gets a mail, and why the others do not."""

from hypothesis import given
from hypothesis import strategies as st

from mailcrm.campaigns.audience import Audience, Left, choose
from mailcrm.model.address import AddressKind
from mailcrm.model.campaign import CampaignKind
from mailcrm.model.consent import ConsentState, MailFacts, Withheld, may_mail
from mailcrm.model.outbox import Reachable
from mailcrm.model.party import PartyState

MARKETING = CampaignKind.MARKETING
CUSTOMER = MailFacts(PartyState.ACTIVE, AddressKind.PERSONAL, ConsentState.GIVEN)
NO_CONSENT = MailFacts(PartyState.ACTIVE, AddressKind.PERSONAL)
WITHDRAWN = MailFacts(PartyState.ACTIVE, AddressKind.PERSONAL, ConsentState.WITHDRAWN)


def someone(party_id: int, address_id: int | None, facts: MailFacts = CUSTOMER) -> Reachable:
    return Reachable(party_id, f"C{party_id}", f"party {party_id}", f"a{address_id}@x.example", address_id, facts)


def chosen(audience: Audience) -> list[tuple[int, int | None]]:
    return [(who.party_id, who.address_id) for who in audience.chosen]


def reasons(audience: Audience) -> dict[int, Withheld]:
    return {left.who.party_id: left.reason for left in audience.withheld}


def test_customer_with_consent_is_chosen() -> None:
    jane = someone(1, 10)
    assert choose(MARKETING, [jane]) == Audience((jane,), ())


def test_empty_segment_reaches_nobody() -> None:
    assert choose(MARKETING, []) == Audience((), ())


def test_first_address_that_may_be_mailed_is_taken() -> None:
    audience = choose(MARKETING, [someone(1, 10, WITHDRAWN), someone(1, 11), someone(1, 12)])
    assert chosen(audience) == [(1, 11)]
    assert audience.withheld == ()


def test_customer_gets_one_mail_however_many_addresses_allow_it() -> None:
    assert chosen(choose(MARKETING, [someone(1, 10), someone(1, 11)])) == [(1, 10)]


def test_reason_is_that_of_the_best_address() -> None:
    audience = choose(MARKETING, [someone(1, 10, NO_CONSENT), someone(1, 11, WITHDRAWN)])
    assert audience == Audience((), (Left(someone(1, 10, NO_CONSENT), Withheld.NO_CONSENT),))


def test_customer_without_an_address_is_left_out() -> None:
    assert reasons(choose(MARKETING, [someone(1, None)])) == {1: Withheld.NO_ADDRESS}


def test_shared_address_gets_one_mail() -> None:
    audience = choose(MARKETING, [someone(1, 10), someone(2, 10)])
    assert chosen(audience) == [(1, 10)]
    assert reasons(audience) == {2: Withheld.SAME_ADDRESS}


def test_who_shares_an_address_is_mailed_at_another() -> None:
    audience = choose(MARKETING, [someone(1, 10), someone(2, 10), someone(2, 11)])
    assert chosen(audience) == [(1, 10), (2, 11)]
    assert reasons(audience) == {}


def test_address_that_was_refused_for_one_is_free_for_the_next() -> None:
    lead = MailFacts(PartyState.CANDIDATE, AddressKind.PERSONAL, ConsentState.GIVEN)
    audience = choose(MARKETING, [someone(1, 10, lead), someone(2, 10)])
    assert chosen(audience) == [(2, 10)]
    assert reasons(audience) == {1: Withheld.NOT_A_CUSTOMER}


def test_reasons_are_counted_by_their_words() -> None:
    audience = choose(MARKETING, [someone(1, 10, WITHDRAWN), someone(2, 11, NO_CONSENT), someone(3, 12, NO_CONSENT)])
    assert audience.reasons() == {"consent withdrawn": 1, "no recorded consent": 2}


all_facts = st.builds(
    MailFacts,
    st.sampled_from(PartyState),
    st.sampled_from(AddressKind),
    st.sampled_from(ConsentState),
    st.booleans(),
    st.booleans(),
) | st.just(CUSTOMER)
segments = st.lists(
    st.builds(someone, st.integers(1, 5), st.none() | st.integers(10, 15), all_facts), max_size=15
)  # fmt: skip


@given(st.sampled_from(CampaignKind), segments)
def test_everybody_is_chosen_or_left_out_and_never_both(kind: CampaignKind, segment: list[Reachable]) -> None:
    audience = choose(kind, segment)
    taken, left = [who.party_id for who in audience.chosen], [item.who.party_id for item in audience.withheld]
    assert sorted(taken + left) == sorted({who.party_id for who in segment})


@given(st.sampled_from(CampaignKind), segments)
def test_no_address_gets_two_mails_and_none_gets_one_it_may_not(kind: CampaignKind, segment: list[Reachable]) -> None:
    audience = choose(kind, segment)
    addresses = [who.address_id for who in audience.chosen]
    assert None not in addresses
    assert len(addresses) == len(set(addresses))
    assert all(may_mail(kind, who.facts).allowed for who in audience.chosen)
    assert sum(audience.reasons().values()) == len(audience.withheld)
