"""May this address be mailed? Every combination of what can be known."""

from itertools import product

import pytest

from mailcrm.model.address import AddressKind
from mailcrm.model.campaign import CampaignKind
from mailcrm.model.consent import ConsentState, MailFacts, Verdict, Withheld, may_mail
from mailcrm.model.party import PartyState

CUSTOMER = MailFacts(PartyState.ACTIVE, AddressKind.PERSONAL, ConsentState.GIVEN)
BULK = (CampaignKind.MARKETING, CampaignKind.SEQUENCE)
ALL_FACTS = [
    MailFacts(*facts)
    for facts in product(PartyState, AddressKind, ConsentState, (False, True), (False, True))
]  # fmt: skip
EVERYTHING = [(kind, facts) for kind in CampaignKind for facts in ALL_FACTS]


def test_customer_with_consent_may_have_any_mail() -> None:
    assert all(may_mail(kind, CUSTOMER) == Verdict() for kind in CampaignKind)
    assert may_mail(CampaignKind.MARKETING, CUSTOMER).allowed


def test_marketing_goes_only_to_customers_with_consent() -> None:
    for facts in ALL_FACTS:
        if may_mail(CampaignKind.MARKETING, facts).allowed:
            assert facts.consent == ConsentState.GIVEN
            assert facts.party_state == PartyState.ACTIVE
            assert facts.address_kind in (AddressKind.PERSONAL, AddressKind.ROLE)
            assert not facts.suppressed
            assert not facts.restricted


def test_marketing_withholds_nobody_without_a_rule_against_it() -> None:
    allowed = [facts for facts in ALL_FACTS if may_mail(CampaignKind.MARKETING, facts).allowed]
    assert len(allowed) == 2  # a person's and an organisation's address


def test_bulk_goes_to_no_lead_and_no_robot() -> None:
    for kind, facts in product(BULK, ALL_FACTS):
        if may_mail(kind, facts).allowed:
            assert facts.party_state == PartyState.ACTIVE
            assert facts.consent != ConsentState.WITHDRAWN
            assert facts.address_kind in (AddressKind.PERSONAL, AddressKind.ROLE)


def test_suppressed_address_gets_nothing() -> None:
    for kind, facts in EVERYTHING:
        if facts.suppressed:
            assert may_mail(kind, facts).reason is Withheld.SUPPRESSED


def test_withdrawn_consent_withholds_person() -> None:
    for kind, facts in product(BULK, ALL_FACTS):
        if facts.consent == ConsentState.WITHDRAWN and not facts.suppressed:
            assert may_mail(kind, facts).reason is Withheld.WITHDRAWN


def test_answer_goes_to_who_wants_no_advertising() -> None:
    facts = MailFacts(PartyState.CANDIDATE, AddressKind.PERSONAL, ConsentState.WITHDRAWN)
    assert may_mail(CampaignKind.ONE_TO_ONE, facts).allowed


def test_restricted_or_erased_person_gets_only_what_the_service_must_say() -> None:
    for kind, facts in EVERYTHING:
        closed = facts.restricted or facts.party_state == PartyState.ERASED
        if closed and may_mail(kind, facts).allowed:
            assert kind == CampaignKind.SYSTEM


def test_service_mail_is_stopped_by_suppression_alone() -> None:
    for facts in ALL_FACTS:
        assert may_mail(CampaignKind.SYSTEM, facts).allowed is not facts.suppressed


@pytest.mark.parametrize("kind", CampaignKind)
def test_stricter_facts_never_open_an_address(kind: CampaignKind) -> None:
    for state, address, consent, suppressed, restricted in product(
        PartyState, AddressKind, ConsentState, (False, True), (False, True)
    ):
        facts = MailFacts(state, address, consent, suppressed, restricted)
        if may_mail(kind, facts).allowed:
            continue
        for worse in (
            MailFacts(state, address, consent, True, restricted),
            MailFacts(state, address, consent, suppressed, True),
            MailFacts(state, address, ConsentState.WITHDRAWN, suppressed, restricted),
        ):
            assert not may_mail(kind, worse).allowed


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (MailFacts(PartyState.CANDIDATE, AddressKind.PERSONAL, ConsentState.GIVEN), Withheld.NOT_A_CUSTOMER),
        (MailFacts(PartyState.ARCHIVED, AddressKind.PERSONAL, ConsentState.GIVEN), Withheld.NOT_A_CUSTOMER),
        (MailFacts(PartyState.MERGED, AddressKind.PERSONAL, ConsentState.GIVEN), Withheld.NOT_A_CUSTOMER),
        (MailFacts(PartyState.ERASED, AddressKind.PERSONAL, ConsentState.GIVEN), Withheld.RESTRICTED),
        (MailFacts(PartyState.ACTIVE, AddressKind.PERSONAL, ConsentState.GIVEN, restricted=True), Withheld.RESTRICTED),
        (MailFacts(PartyState.ACTIVE, AddressKind.OWN, ConsentState.GIVEN), Withheld.OWN),
        (MailFacts(PartyState.ACTIVE, AddressKind.LIST, ConsentState.GIVEN), Withheld.ROBOT),
        (MailFacts(PartyState.ACTIVE, AddressKind.NOREPLY, ConsentState.GIVEN), Withheld.ROBOT),
        (MailFacts(PartyState.ACTIVE, AddressKind.PERSONAL), Withheld.NO_CONSENT),
        (MailFacts(PartyState.CANDIDATE, AddressKind.PERSONAL), Withheld.NOT_A_CUSTOMER),
        (MailFacts(PartyState.CANDIDATE, AddressKind.NOREPLY, ConsentState.WITHDRAWN), Withheld.WITHDRAWN),
        (MailFacts(PartyState.ACTIVE, AddressKind.OWN, ConsentState.WITHDRAWN, suppressed=True), Withheld.SUPPRESSED),
    ],
)  # fmt: skip
def test_reason_is_the_weightiest(facts: MailFacts, reason: Withheld) -> None:
    verdict = may_mail(CampaignKind.MARKETING, facts)
    assert verdict == Verdict(reason)
    assert not verdict.allowed
