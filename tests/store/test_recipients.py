"""Recipients: frozen once, recognised when they come back, and what becomes of doubts."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from mailcrm.errors import StoreBusy
from mailcrm.model.address import AddressKind
from mailcrm.model.consent import ConsentState, MailFacts
from mailcrm.model.outbox import Reachable
from mailcrm.model.party import CustomerNumber, PartyKind, PartyState
from mailcrm.model.recipient import EventType, RecipientState, Suppress
from mailcrm.store import Store, consents, edits, outbox, parties, recipients
from mailcrm.store.rows.campaign import DeliveryEventRow, Recipient
from mailcrm.store.rows.party import Party, PartyEmail
from mailcrm.store.threads import ref_hash
from tests.builders import NOW, a_campaign, a_consent, a_person, a_purpose, a_write, an_account, an_address
from tests.store.crowd import Work, race, written
from tests.store.sending import LATER, PAST_LEASE, Campaigning, a_campaigning, an_event, result

# --- freezing ----------------------------------------------------------------------------------------------------


def test_a_frozen_recipient_is_ready_and_keeps_its_message_id(store: Store) -> None:
    with a_write(store) as session:
        campaign = a_campaign(session, an_account(session))
        who = a_person(session)
        row = (who.party_id, who.address_id, "1@own.example")
        assert recipients.freeze(session, campaign.step_id, [row], LATER) == 1
        assert recipients.freeze(session, campaign.step_id, [], LATER) == 0
        found = session.execute(select(Recipient)).scalars().one()
        assert (found.state, found.due_at, found.message_id, found.merge_values) == (
            "ready",
            LATER,
            "1@own.example",
            None,
        )
        assert recipients.find_by_message_ids(session, [ref_hash("1@own.example"), ref_hash("2")]) == {
            ref_hash("1@own.example"): found.id
        }
        assert recipients.exists(session, found.id)
        assert not recipients.exists(session, found.id + 1)


def test_an_address_cannot_be_frozen_twice_but_for_another_occasion(store: Store) -> None:
    with a_write(store) as session:
        step = a_campaign(session, an_account(session)).step_id
        who = a_person(session)

    def freeze(message_id: str, occurrence: str = "") -> Work:
        row = (who.party_id, who.address_id, message_id)
        return lambda s: recipients.freeze(s, step, [row], NOW, occurrence=occurrence)

    written(store, freeze("1@own.example"))
    written(store, freeze("2@own.example", "2027"))
    for message_id, occurrence in (("3@own.example", ""), ("3@own.example", "2027"), ("1@own.example", "2028")):
        with pytest.raises((IntegrityError, StoreBusy)):
            written(store, freeze(message_id, occurrence))
    with store.read() as session:
        assert len(session.execute(select(Recipient)).all()) == 2


def test_a_test_mail_brings_its_own_values(store: Store) -> None:
    with a_write(store) as session:
        campaign = a_campaign(session, an_account(session))
        row = (None, an_address(session, "me@own.example"), "1@own.example")
        recipients.freeze(session, campaign.step_id, [row], NOW, values={"name": "张三", "email": "x"})
        assert session.execute(select(Recipient.merge_values)).scalar_one() == '{"email": "x", "name": "张三"}'


# --- what a template may say -------------------------------------------------------------------------------------


def test_a_template_may_say_what_is_known(store: Store) -> None:
    with a_write(store) as session:
        who, nameless = a_person(session), a_person(session, "li@example.com", "li@example.com")
        edits.save_patch(
            session, who.party_id, {"given_name": "San", "salutation": "先生", "language": "zh"}, None, NOW
        )
        acme = parties.create_party(session, PartyKind.ORGANISATION, "ACME", "user", NOW)
        info = an_address(session, "info@acme.example")
        pairs = [(who.party_id, who.address_id), (nameless.party_id, nameless.address_id), (acme, info)]
        values = recipients.merge_values(session, pairs)
    empty = dict.fromkeys(("name", "number", "given_name", "family_name", "salutation", "language"), "")
    assert values == {
        who.address_id: {
            "email": "zhang@example.com", "name": "Zhang San", "number": CustomerNumber.of(1).text, "given_name": "San",
            "family_name": "", "salutation": "先生", "language": "zh",
        },
        nameless.address_id: empty | {"email": "li@example.com", "number": CustomerNumber.of(2).text},
        info: empty | {"email": "info@acme.example", "name": "ACME"},
    }  # fmt: skip


def test_a_claimed_mail_has_the_values_of_the_moment_and_a_retry_those_of_the_first_time(store: Store) -> None:
    running = a_campaigning(store, 1)
    [claimed] = running.claim()
    assert claimed.values["name"] == "Person 0"
    assert claimed.composed_at is None
    assert running.mark([claimed]) == [True]
    running.settle([result(claimed, EventType.DEFERRED, code=451, due_at=LATER + timedelta(minutes=1))])
    written(store, lambda s: edits.save_patch(s, running.people[0].party_id, {"name": "Other"}, None, NOW))
    [again] = running.claim(now=LATER + timedelta(minutes=2))
    assert again.values == {"name": "张三"}  # what the mark noted
    assert (again.composed_at, again.rendered_sha256, again.attempts) == (LATER, "0" * 64, 1)
    assert (again.message_id, again.fence) == (claimed.message_id, claimed.fence + 1)


# --- who can be reached ------------------------------------------------------------------------------------------


def test_everybody_is_listed_with_all_that_decides(store: Store) -> None:
    with a_write(store) as session:
        news = a_purpose(session)
        two = a_person(session, "Two@example.com", "B", consents=("newsletter",))
        second = an_address(session, "second@example.com", AddressKind.NOREPLY)
        parties.attach_address(session, two.party_id, second, "user", NOW)
        ended = an_address(session, "ended@example.com")
        parties.attach_address(session, two.party_id, ended, "user", NOW)
        session.execute(update(PartyEmail).where(PartyEmail.email_id == ended).values(valid_to=NOW))
        a_consent(session, second, action=ConsentState.WITHDRAWN)
        consents.suppress(session, "second@example.com", Suppress.MANUAL, NOW, purpose_id=news, source="test")
        lead = a_person(session, "lead@example.com", "A", state=PartyState.CANDIDATE)
        session.execute(update(Party).where(Party.id == lead.party_id).values(restricted_at=NOW))
        alone = parties.create_party(session, PartyKind.PERSON, "C", "user", NOW)
        ids = [alone, two.party_id, lead.party_id]
        found = recipients.reachable(session, ids, news)
        without = recipients.reachable(session, ids, None)
    active, candidate = PartyState.ACTIVE, PartyState.CANDIDATE
    robot = MailFacts(active, AddressKind.NOREPLY, ConsentState.WITHDRAWN, suppressed=True)
    assert found == [
        Reachable(lead.party_id, "", "A", "lead@example.com", lead.address_id,
                  MailFacts(candidate, AddressKind.PERSONAL, restricted=True)),
        Reachable(two.party_id, CustomerNumber.of(1).text, "B", "Two@example.com", two.address_id,
                  MailFacts(active, AddressKind.PERSONAL, ConsentState.GIVEN)),
        Reachable(two.party_id, CustomerNumber.of(1).text, "B", "second@example.com", second, robot),
        Reachable(alone, "", "C", "", None, MailFacts(candidate, AddressKind.PERSONAL)),
    ]  # fmt: skip
    assert [who.facts.consent for who in without] == [ConsentState.NONE] * 4
    assert not any(who.facts.suppressed for who in without)


# --- reports -----------------------------------------------------------------------------------------------------


def reported(store: Store, message_id: str, address: str, days: float = 0) -> int | None:
    with store.read() as session:
        return recipients.find_reported(session, message_id, address, LATER + timedelta(days=days))


def test_a_report_is_matched_by_message_id_then_by_the_newest_mail_to_the_address(store: Store) -> None:
    running = a_campaigning(store, 2)
    first, second = running.sent(2)
    assert reported(store, first.message_id, "") == first.id
    assert reported(store, first.message_id, second.address) == first.id
    assert reported(store, "unknown@own.example", second.address) == second.id
    assert reported(store, "", second.address, days=6.9) == second.id
    assert reported(store, "", second.address, days=7.1) is None
    assert reported(store, "", "nobody@example.com") is None
    assert reported(store, "", "") is None


def test_a_report_is_not_matched_to_a_mail_that_never_went_out(store: Store) -> None:
    running = a_campaigning(store, 1)
    assert reported(store, "", running.people[0].address) is None
    [claimed] = running.claim()
    assert reported(store, "", claimed.address) is None
    running.mark([claimed])
    assert reported(store, "", claimed.address) == claimed.id


def test_a_report_is_not_matched_to_a_doubt_of_last_year(store: Store) -> None:
    running = a_campaigning(store, 1)
    [claimed] = running.claim()
    running.mark([claimed])
    assert running.recover() == (0, 1)
    assert reported(store, "", claimed.address, days=6) == claimed.id
    assert reported(store, "", claimed.address, days=300) is None


def test_what_went_out_is_counted_for_the_limits(store: Store) -> None:
    running = a_campaigning(store, 4)
    running.sent(1)
    doubtful = running.claim(limit=1)
    running.mark(doubtful)
    running.recover()
    with store.read() as session:
        assert recipients.sent_times(session, running.account_id, NOW) == [LATER, PAST_LEASE]
        assert recipients.sent_times(session, running.account_id, PAST_LEASE) == [PAST_LEASE]
        assert recipients.sent_times(session, running.account_id + 1, NOW) == []


# --- doubts ------------------------------------------------------------------------------------------------------

WAIT = timedelta(hours=1)


def reconcile(store: Store, after: timedelta) -> tuple[int, int]:
    return written(store, lambda s: recipients.reconcile(s, PAST_LEASE + after, WAIT))


def in_doubt(store: Store, count: int = 2) -> Campaigning:
    running = a_campaigning(store, count)
    running.mark(running.claim())
    assert running.recover() == (0, count)
    return running


def test_a_doubt_becomes_certain_by_evidence_and_unknown_by_time(store: Store) -> None:
    running = in_doubt(store)
    written(store, lambda s: s.execute(update(Recipient).values(merge_values="{}")))
    for wait in (timedelta(0), WAIT - timedelta(seconds=1)):
        assert reconcile(store, wait) == (0, 0)
    # An event that came while the mail was still being sent.
    opened = DeliveryEventRow(recipient_id=running.ids[0], type=EventType.OPENED, at=LATER, dedupe_key="opened")
    written(store, lambda s: s.add(opened))
    assert reconcile(store, timedelta(0)) == (1, 0)
    assert reconcile(store, WAIT) == (0, 1)
    sent, unknown = running.rows()
    assert (sent.state, sent.sent_at) == (RecipientState.SENT, PAST_LEASE)
    assert (unknown.state, unknown.skip_reason) == (RecipientState.UNKNOWN, "no evidence of acceptance")
    assert (sent.merge_values, unknown.merge_values) == (None, None)
    assert reconcile(store, WAIT) == (0, 0)


def test_a_failure_is_no_evidence_of_acceptance(store: Store) -> None:
    running = in_doubt(store, 1)
    running.late(running.ids[0], an_event(running.ids[0], EventType.FAILED))
    assert reconcile(store, WAIT) == (0, 1)


def test_evidence_that_comes_late_still_counts(store: Store) -> None:
    running = in_doubt(store, 2)
    reconcile(store, WAIT)
    assert running.late(running.ids[0], an_event(running.ids[0], EventType.REPLIED))
    assert running.states() == [RecipientState.SENT, RecipientState.UNKNOWN]


def test_evidence_that_comes_while_doubts_are_cleared_is_not_overwritten(store: Store) -> None:
    running = in_doubt(store, 1)
    reply = an_event(running.ids[0], EventType.REPLIED)
    future = race(
        store,
        lambda s: outbox.settle(s, running.ids[0], reply, PAST_LEASE),
        lambda s: recipients.reconcile(s, PAST_LEASE + WAIT, WAIT),
    )
    assert future.result() == (0, 0)
    assert running.states() == [RecipientState.SENT]


def test_the_merge_values_of_a_retry_are_canonical(sqlite_store: Store) -> None:
    text = recipients.settled_values({"b": "张", "a": '"'})
    assert (json.loads(text), text.index('"a"') < text.index('"b"')) == ({"a": '"', "b": "张"}, True)
