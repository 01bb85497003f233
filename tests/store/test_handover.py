"""What a row keeps on its way through the senders' hands: its lease, its values, and the proof that the server took it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from mailcrm.model.campaign import CampaignState
from mailcrm.model.consent import ConsentState
from mailcrm.model.outbox import Claimed, Result
from mailcrm.model.recipient import ACCEPTANCE_EVIDENCE, DeliveryEvent, EventType, RecipientState, Suppress, opt_out
from mailcrm.store import Session, Store, campaigns, consents, outbox, recipients, settings
from mailcrm.store.rows.campaign import DeliveryEventRow, Recipient
from tests.builders import LEASE, NOW, a_campaign, a_mark, a_write, an_account, claim_all, freeze, some_people
from tests.store.crowd import race, written
from tests.store.sending import LATER, PAST_LEASE, Campaigning, a_campaigning

S = RecipientState
WAIT = timedelta(minutes=15)
VALUES = '{"name": "张三"}'
NO_EVIDENCE = sorted(frozenset(EventType) - ACCEPTANCE_EVIDENCE)


def event(item: Claimed, kind: EventType) -> DeliveryEvent:
    return DeliveryEvent(kind, f"{kind.value}:{item.id}:{item.fence}")


def told(item: Claimed, kind: EventType) -> Result:
    """What the server said; whoever is deferred may be tried again at once."""
    return Result(item.id, item.fence, event(item, kind), due_at=LATER)


def marked(store: Store) -> tuple[Campaigning, Claimed]:
    """One mail that is being handed to the server."""
    running = a_campaigning(store, 1)
    [claimed] = running.claim()
    assert running.mark([claimed]) == [True]
    return running, claimed


def deferred(store: Store) -> tuple[Campaigning, Claimed]:
    """One mail that the server wants to be asked for again."""
    running, claimed = marked(store)
    running.settle([told(claimed, EventType.DEFERRED)])
    assert running.states() == [S.DEFERRED]
    return running, claimed


# --- the lease ---------------------------------------------------------------------------------------------------


def test_a_mark_begins_the_lease_anew(store: Store) -> None:
    """Composing took most of the claim's minute; waiting for the server has a minute of its own."""
    running = a_campaigning(store, 1)
    claimed = running.claim()
    late = LATER + LEASE - timedelta(seconds=1)
    assert running.mark(claimed, now=late) == [True]
    assert running.recover(PAST_LEASE) == (0, 0)
    assert running.recover(late + LEASE + timedelta(seconds=1)) == (0, 1)


def test_a_sender_of_the_same_name_is_known_by_its_fence(store: Store) -> None:
    """It died, started again and claimed the same row; what it remembers of its first life is void."""
    running = a_campaigning(store, 1)
    [first] = running.claim()
    running.recover()
    [second] = running.claim(now=PAST_LEASE)
    running.settle([Result(first.id, first.fence, None), Result(first.id, first.fence, None, skip_reason="x")])
    assert running.mark([first], now=PAST_LEASE) == [False]
    assert running.states() == [S.CLAIMED]
    assert running.mark([second], now=PAST_LEASE) == [True]


@pytest.mark.parametrize("how", ["paused", "switched off"])
def test_what_a_dead_sender_held_is_recovered_though_nothing_may_be_sent(store: Store, how: str) -> None:
    running = a_campaigning(store, 2)
    running.mark(running.claim()[:1])
    if how == "paused":
        running.move(CampaignState.PAUSED)
    else:
        running.switch(False)
    assert running.recover() == (1, 1)
    assert running.states() == [S.IN_DOUBT, S.READY]
    assert running.claim(now=PAST_LEASE) == []


@pytest.mark.parametrize("scheduled", [False, True])
def test_a_frozen_audience_waits_for_its_start(store: Store, scheduled: bool) -> None:
    with a_write(store) as session:
        account_id = an_account(session)
        settings.switch_sending(session, True, NOW)
        campaign = a_campaign(session, account_id)
        rows = freeze(session, campaign, some_people(session, 2))
        if scheduled:
            campaigns.schedule(session, campaign.name, NOW, NOW)
        assert claim_all(session, account_id, LATER) == []
        campaigns.set_state(session, campaign.name, CampaignState.RUNNING, LATER)
        assert [item.id for item in claim_all(session, account_id, LATER)] == rows


# --- a mail that was marked and never handed over ----------------------------------------------------------------


@pytest.mark.parametrize("minutes", [None, 10])
def test_a_marked_mail_that_the_server_never_saw_is_tried_again_as_it_was(store: Store, minutes: int | None) -> None:
    """The connection broke before the server could accept: no event, so no doubt."""
    running, claimed = marked(store)
    before = running.rows()[0].due_at
    due = None if minutes is None else LATER + timedelta(minutes=minutes)
    running.settle([Result(claimed.id, claimed.fence, None, due_at=due)])
    [row] = running.rows()
    assert (row.state, row.lease_owner, row.lease_until) == (S.DEFERRED, "", None)
    assert (row.due_at, row.composed_at, row.merge_values) == (due or before, LATER, VALUES)
    with store.read() as session:
        assert session.execute(select(DeliveryEventRow)).all() == []
    [again] = running.claim(now=LATER + timedelta(minutes=10))
    assert (again.message_id, again.composed_at, again.values) == (claimed.message_id, LATER, {"name": "张三"})
    assert running.mark([again]) == [True]


# --- personal values ---------------------------------------------------------------------------------------------


def close(running: Campaigning) -> None:
    address = running.people[0].address
    closing = lambda s: consents.suppress(s, address, Suppress.MANUAL, LATER, purpose_id=None, source="test")  # noqa: E731
    written(running.store, closing)


def end_by(running: Campaigning, how: str) -> None:
    """Bring a mail that was composed and deferred once to an end."""
    [item] = running.claim("two")
    if how == "closed":
        close(running)
    if how in ("closed", "cannot be composed"):
        assert running.mark([item], "two") == [how != "closed"]
        running.settle([Result(item.id, item.fence, None, skip_reason=how)], "two")
        return
    assert running.mark([item], "two") == [True]
    if how in ("sent", "failed"):
        running.settle([told(item, EventType(how))], "two")
        return
    assert running.recover() == (0, 1)
    if how == "answered":
        assert running.late(item.id, event(item, EventType.REPLIED))
    else:
        written(running.store, lambda s: recipients.reconcile(s, PAST_LEASE + WAIT, WAIT))


@pytest.mark.parametrize(
    ("how", "end"),
    [
        ("sent", S.SENT),
        ("failed", S.FAILED),
        ("closed", S.SKIPPED),
        ("cannot be composed", S.SKIPPED),
        ("answered", S.SENT),
        ("no evidence", S.UNKNOWN),
    ],
)
def test_personal_values_are_kept_for_a_retry_and_no_longer(store: Store, how: str, end: RecipientState) -> None:
    running, _ = deferred(store)
    assert running.rows()[0].merge_values == VALUES
    end_by(running, how)
    [row] = running.rows()
    assert (row.state, row.merge_values, row.lease_owner, row.lease_until) == (end, None, "", None)


# --- what later news leaves alone --------------------------------------------------------------------------------


def test_news_without_words_leaves_the_servers_answer(store: Store) -> None:
    running, claimed = marked(store)
    answer = Result(claimed.id, claimed.fence, event(claimed, EventType.DEFERRED), reply="451 greylisted", due_at=LATER)
    running.settle([answer])
    assert running.late(claimed.id, event(claimed, EventType.REPLIED))
    [row] = running.rows()
    assert (row.state, row.smtp_reply) == (S.SENT, "451 greylisted")


@pytest.mark.parametrize("kind", [EventType.BOUNCED, EventType.COMPLAINED])
def test_an_address_that_is_closed_by_others_has_not_said_no(store: Store, kind: EventType) -> None:
    """Consent is the customer's own word: a dead mailbox or a provider's complaint writes none in their name."""
    running = a_campaigning(store, 1)
    [sent] = running.sent()
    assert running.late(sent.id, DeliveryEvent(kind, "late", hard=True))
    with store.read() as session:
        assert sent.address_id in consents.suppressed(session, [sent.address_id], None)
        [word] = consents.consents_of(session, [sent.address_id])[sent.address_id]
    assert (word.purpose, word.state) == ("newsletter", ConsentState.GIVEN)


# --- proof that the server took it -------------------------------------------------------------------------------


def doubtful(store: Store, kind: EventType) -> Campaigning:
    """One mail in doubt, of which this was heard while it was being sent."""
    running, claimed = marked(store)
    heard = DeliveryEventRow(recipient_id=claimed.id, type=kind, at=LATER, dedupe_key="heard")
    written(store, lambda s: s.add(heard))
    running.recover()
    return running


def reconciled(running: Campaigning, after: timedelta) -> tuple[int, int]:
    return written(running.store, lambda s: recipients.reconcile(s, PAST_LEASE + after, WAIT))


@pytest.mark.parametrize("kind", sorted(ACCEPTANCE_EVIDENCE))
def test_all_that_only_a_delivered_mail_can_cause_is_evidence(sqlite_store: Store, kind: EventType) -> None:
    running = doubtful(sqlite_store, kind)
    assert reconciled(running, timedelta(0)) == (1, 0)
    assert running.states() == [S.SENT]


@pytest.mark.parametrize("kind", NO_EVIDENCE)
def test_what_the_sender_says_of_its_own_trouble_is_no_evidence(sqlite_store: Store, kind: EventType) -> None:
    running = doubtful(sqlite_store, kind)
    assert reconciled(running, WAIT - timedelta(seconds=1)) == (0, 0)
    assert reconciled(running, WAIT) == (0, 1)


EVIDENCE_OF_A_RETRY = ["copy, then claimed", "answered, then deferred", "answered while claimed"]


def hear(running: Campaigning, item: Claimed, how: str) -> Claimed:
    """The server said "try again" to a mail that it had taken; the proof comes at an awkward moment. The next claim."""
    reply, copy = event(item, EventType.REPLIED), DeliveryEvent(EventType.SENT, f"copy:{item.id}")
    if how == "answered, then deferred":
        assert running.late(item.id, reply)
    running.settle([told(item, EventType.DEFERRED)])
    if how == "copy, then claimed":
        assert running.late(item.id, copy)
    [again] = running.claim("two")
    if how == "answered while claimed":
        assert running.late(item.id, reply)
    return again


@pytest.mark.parametrize("how", EVIDENCE_OF_A_RETRY)
def test_a_mail_that_proved_to_be_delivered_does_not_go_out_again(store: Store, how: str) -> None:
    running, claimed = marked(store)
    again = hear(running, claimed, how)
    assert running.mark([again], "two", LATER) == [False]
    [row] = running.rows()
    assert (row.state, row.attempts, row.sent_at, row.merge_values) == (S.SENT, 1, LATER, None)
    assert (row.lease_owner, row.lease_until, row.skip_reason) == ("", None, "")
    running.settle([Result(again.id, again.fence, None)], "two")  # what a sender does with a refused mark
    assert running.states() == [S.SENT]


def test_a_retry_without_evidence_goes_out_beside_one_with(store: Store) -> None:
    running = a_campaigning(store, 3)
    first = running.claim(limit=2)
    assert all(running.mark(first))
    assert running.late(first[0].id, event(first[0], EventType.OPENED))
    running.settle([told(item, EventType.DEFERRED) for item in first])
    running.mark(running.claim("two"), "two")
    assert running.states() == [S.SENT, S.SENDING, S.SENDING]


def test_who_leaves_before_the_first_try_was_not_sent_anything(store: Store) -> None:
    """An opt-out proves acceptance only of a mail that was handed over."""
    running = a_campaigning(store, 1)
    claimed = running.claim()
    assert running.late(claimed[0].id, opt_out(claimed[0].id, "by an older link"))
    assert running.mark(claimed) == [False]
    [row] = running.rows()
    assert (row.state, row.skip_reason, row.sent_at) == (S.SKIPPED, "suppressed: unsubscribe", None)


def test_a_mark_sees_the_answer_that_comes_while_it_waits(store: Store) -> None:
    running, claimed = deferred(store)
    [again] = running.claim("two")
    reply = event(claimed, EventType.REPLIED)

    def answer(session: Session) -> None:
        session.execute(update(Recipient).values(fence=Recipient.fence))  # so that the mark has to wait
        outbox.settle(session, claimed.id, reply, LATER)

    future = race(store, answer, lambda s: outbox.mark(s, [a_mark(again, LATER)], "two", LATER, LEASE))
    assert future.result() == {claimed.id: False}
    assert running.states() == [S.SENT]
