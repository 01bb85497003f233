"""The outbox: a claim is exclusive, a mark is the last look, a settlement is once."""

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from mailcrm.model.campaign import CampaignKind, CampaignState
from mailcrm.model.consent import ConsentState
from mailcrm.model.recipient import EventType, RecipientState, Suppress, opt_out
from mailcrm.model.rights import Viewer
from mailcrm.store import Session, Store, campaigns, consents, outbox, recipients, settings, timeline
from mailcrm.store.rows.campaign import DeliveryEventRow, Recipient
from tests.builders import LEASE, NOW, a_consent, a_mark, a_running_campaign, a_write, an_account
from tests.store.crowd import at_once, patiently, race, written
from tests.store.sending import LATER, PAST_LEASE, Campaigning, a_campaigning, a_crowd, an_event, result

SECOND = timedelta(seconds=1)
S = RecipientState


# --- claiming ----------------------------------------------------------------------------------------------------


def test_four_senders_claim_a_thousand_recipients_each_once(store: Store) -> None:
    running = a_crowd(store, 1000)
    claimed: dict[str, list[int]] = {f"sender{n}": [] for n in range(4)}

    def work(owner: str) -> None:
        deadline = time.monotonic() + 60
        while sum(map(len, claimed.values())) < 1000 and time.monotonic() < deadline:
            claimed[owner] += [item.id for item in patiently(lambda: running.claim(owner, limit=25))]

    at_once([lambda o=owner: work(o) for owner in claimed])
    taken = [recipient_id for ids in claimed.values() for recipient_id in ids]
    assert sorted(taken) == sorted(running.ids)
    assert all(row.fence == 1 and row.id in claimed[row.lease_owner] for row in running.rows())


_CLAIM = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
from mailcrm.model.rights import Actor
from mailcrm.store import open_store, outbox
from mailcrm.store.secrets import load_keys

folder, owner, account, now = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), datetime.fromisoformat(sys.argv[4])
store = open_store(f"sqlite:///{folder / 'mailcrm.db'}", load_keys(folder, {}), folder)
print("ready", flush=True)
sys.stdin.readline()
while True:
    with store.write(Actor.system("sender"), durable=True) as session:
        taken = outbox.claim(session, account, owner, 20, now, timedelta(seconds=60))
    if not taken:
        break
    print(*(item.id for item in taken))
store.close()
"""


def test_two_programs_claim_each_recipient_once(sqlite_store: Store, tmp_path: Path) -> None:
    running = a_crowd(sqlite_store, 300)
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", _CLAIM, str(tmp_path), owner, str(running.account_id), LATER.isoformat()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for owner in ("one", "two")
    ]  # fmt: skip
    for program in programs:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("go\n")
        program.stdin.flush()
    outputs = [program.communicate(timeout=60)[0] for program in programs]
    assert [program.returncode for program in programs] == [0, 0]
    assert sorted(int(number) for output in outputs for number in output.split()) == sorted(running.ids)


def test_the_oldest_due_come_first_and_the_future_waits(store: Store) -> None:
    running = a_campaigning(store, 5)
    due = [3, 1, 2, 1, 99]
    with a_write(store) as session:
        for recipient_id, minutes in zip(running.ids, due, strict=True):
            at = NOW + timedelta(minutes=minutes)
            session.execute(update(Recipient).where(Recipient.id == recipient_id).values(due_at=at))
    first = [item.id for item in running.claim(limit=3)]
    assert first == [running.ids[1], running.ids[3], running.ids[2]]
    assert [item.id for item in running.claim()] == [running.ids[0]]
    assert running.claim() == []
    row = running.rows()[1]
    assert (row.state, row.lease_owner, row.lease_until, row.fence) == (S.CLAIMED, "one", LATER + LEASE, 1)


def test_a_claimed_mail_says_all_that_the_sender_needs(store: Store) -> None:
    running = a_campaigning(store, 1)
    [item] = running.claim()
    person = running.people[0]
    assert (item.campaign, item.campaign_id, item.kind, item.purpose) == (
        running.name, running.campaign_id, CampaignKind.MARKETING, "newsletter",
    )  # fmt: skip
    assert (item.party_id, item.address_id, item.address) == (person.party_id, person.address_id, person.address)
    with store.read() as session:
        assert campaigns.get_template(session, item.template_version_id).source.startswith("Subject: Hello")


@pytest.mark.parametrize(
    "state", [CampaignState.PAUSED, CampaignState.HELD, CampaignState.CANCELLED, CampaignState.FINISHED]
)
def test_only_a_running_campaign_is_sent(store: Store, state: CampaignState) -> None:
    running = a_campaigning(store, 2)
    running.move(state)
    assert running.claim() == []
    assert running.states() == [S.READY] * 2


def test_only_what_is_switched_on_is_sent(store: Store) -> None:
    running = a_campaigning(store, 2)
    running.switch(False)
    assert running.claim() == []
    running.switch(True)
    assert len(running.claim()) == 2


def test_an_account_sends_only_its_own(store: Store) -> None:
    running = a_campaigning(store, 1)
    with a_write(store) as session:
        other = an_account(session, "other", "other@own.example")
        theirs = a_running_campaign(session, other, running.people, name="Theirs")
    assert [item.id for item in running.claim()] == running.ids
    with a_write(store) as session:
        assert [item.id for item in outbox.claim(session, other, "one", 9, LATER, LEASE)] == theirs.recipients


def test_a_sender_passes_over_what_another_claims_right_now(server_store: Store) -> None:
    running = a_crowd(server_store, 10)
    with a_write(server_store) as first, a_write(server_store) as second:
        one = outbox.claim(first, running.account_id, "one", 5, LATER, LEASE)
        two = outbox.claim(second, running.account_id, "two", 5, LATER, LEASE)
    assert {item.id for item in one}.isdisjoint(item.id for item in two)
    if server_store.dialect == "postgresql":
        assert [len(one), len(two)] == [5, 5]


# --- marking -----------------------------------------------------------------------------------------------------


def test_a_mark_is_noted_before_it_is_granted(store: Store) -> None:
    running = a_campaigning(store, 2)
    claimed = running.claim()
    assert running.mark(claimed) == [True, True]
    for row in running.rows():
        assert (row.state, row.attempts, row.composed_at, row.lease_until) == (S.SENDING, 1, LATER, LATER + LEASE)
        assert (row.merge_values, row.rendered_sha256) == ('{"name": "张三"}', "0" * 64)
        assert row.template_version_id == claimed[0].template_version_id
    assert running.mark([]) == []
    assert running.mark(claimed) == [False, False]  # once


def refuse_by(running: Campaigning, how: str) -> None:
    """Something happens between the claim and the mark."""
    address = running.people[0].address
    with a_write(running.store) as session:
        if how == "withdrawn":
            a_consent(session, running.people[0].address_id, action=ConsentState.WITHDRAWN, at=LATER)
        elif how in ("suppressed", "suppressed here"):
            purpose = consents.get_purpose(session, "newsletter") if how == "suppressed here" else None
            consents.suppress(session, address, Suppress.COMPLAINT, LATER, purpose_id=purpose, source="test")
        elif how == "other fence":
            session.execute(update(Recipient).values(fence=Recipient.fence + 1))
        elif how == "other owner":
            session.execute(update(Recipient).values(lease_owner="two"))
        elif how == "switched off":
            settings.switch_sending(session, False, LATER)
        elif how == "recovered":
            outbox.recover_expired(session, PAST_LEASE)
        else:
            campaigns.set_state(session, running.name, CampaignState(how), LATER)


@pytest.mark.parametrize(
    ("how", "then"),
    [
        ("withdrawn", S.SKIPPED),
        ("suppressed", S.SKIPPED),
        ("suppressed here", S.SKIPPED),
        ("other fence", S.CLAIMED),
        ("other owner", S.CLAIMED),
        ("switched off", S.CLAIMED),
        ("recovered", S.READY),
        ("paused", S.CLAIMED),
        ("held", S.CLAIMED),
        ("cancelled", S.CLAIMED),
    ],
)
def test_a_mark_is_refused_when_something_came_between(store: Store, how: str, then: RecipientState) -> None:
    running = a_campaigning(store, 1)
    claimed = running.claim()
    refuse_by(running, how)
    assert running.mark(claimed) == [False]
    [row] = running.rows()
    assert (row.state, row.attempts, row.composed_at) == (then, 0, None)
    if then == S.SKIPPED:
        assert row.skip_reason in ("consent withdrawn", "suppressed: complaint")
        assert (row.lease_owner, row.lease_until, row.merge_values) == ("", None, None)
    running.settle([result(claimed[0], None)])
    assert running.states() == [S.READY if then == S.CLAIMED and not how.startswith("other") else then]


def test_one_refusal_does_not_stop_the_others(store: Store) -> None:
    running = a_campaigning(store, 3)
    claimed = running.claim()
    refuse_by(running, "suppressed")
    assert running.mark(claimed) == [False, True, True]


def test_a_withdrawal_stops_marketing_and_no_other_mail(store: Store) -> None:
    running = a_campaigning(store, 1, kind=CampaignKind.ONE_TO_ONE)
    claimed = running.claim()
    refuse_by(running, "withdrawn")
    assert running.mark(claimed) == [True]


def test_marketing_needs_a_word_at_the_very_end(store: Store) -> None:
    """Whoever is in the audience without consent (by a mistake elsewhere) still gets nothing."""
    running = a_campaigning(store, 1)
    claimed = running.claim()
    with a_write(store) as session:
        session.execute(update(consents.ConsentNow).values(state=ConsentState.NONE))
    assert running.mark(claimed) == [False]
    assert running.states() == [S.SKIPPED]


@pytest.mark.parametrize("how", ["paused", "suppressed", "switched off", "withdrawn"])
def test_a_mark_sees_what_was_decided_while_it_waited(store: Store, how: str) -> None:
    running = a_campaigning(store, 1)
    [claimed] = running.claim()
    mark = a_mark(claimed, LATER)

    def decide(session: Session) -> None:
        session.execute(select(Recipient).with_for_update()).all()  # the mark has to wait here
        if how == "paused":
            campaigns.set_state(session, running.name, CampaignState.PAUSED, LATER)
        elif how == "switched off":
            settings.switch_sending(session, False, LATER)
        elif how == "withdrawn":
            a_consent(session, claimed.address_id, action=ConsentState.WITHDRAWN, at=LATER)
        else:
            consents.suppress(session, claimed.address, Suppress.MANUAL, LATER, purpose_id=None, source="test")

    future = race(store, decide, lambda s: outbox.mark(s, [mark], "one", LATER, LEASE))
    assert future.result() == {claimed.id: False}


# --- settling ----------------------------------------------------------------------------------------------------


def test_sent_is_written_once_with_all_that_follows(store: Store) -> None:
    running = a_campaigning(store, 1)
    [claimed] = running.claim()
    running.mark([claimed])
    for _ in range(3):
        running.settle([result(claimed, EventType.SENT, reply="250 2.0.0 \x00 queued")])
    [row] = running.rows()
    assert (row.state, row.sent_at, row.smtp_reply) == (S.SENT, LATER, "250 2.0.0  queued")
    assert (row.lease_owner, row.lease_until, row.merge_values) == ("", None, None)
    with store.read() as session:
        assert len(session.execute(select(DeliveryEventRow)).all()) == 1
        [line] = timeline.select_timeline(session, running.people[0].party_id, Viewer.system())
        assert (line.title, line.outcome, line.direction, line.at) == (running.name, "sent", "out", LATER)


def test_deferred_is_due_again_and_keeps_what_was_composed(store: Store) -> None:
    running = a_campaigning(store, 1)
    [claimed] = running.claim()
    running.mark([claimed])
    due = LATER + timedelta(hours=1)
    running.settle([result(claimed, EventType.DEFERRED, code=451, reply="451 later", due_at=due)])
    [row] = running.rows()
    assert (row.state, row.due_at, row.merge_values, row.smtp_reply) == (
        S.DEFERRED,
        due,
        '{"name": "张三"}',
        "451 later",
    )
    assert running.claim(now=due - SECOND) == []
    assert len(running.claim(now=due)) == 1


def test_a_dead_address_is_closed_for_everything(store: Store) -> None:
    running = a_campaigning(store, 2)
    hard, soft = running.claim()
    running.mark([hard, soft])
    running.settle([result(hard, EventType.FAILED, code=550, hard=True), result(soft, EventType.FAILED, code=554)])
    assert running.states() == [S.FAILED, S.FAILED]
    with store.read() as session:
        closed = consents.suppressed(session, [hard.address_id, soft.address_id], None)
        assert closed == {hard.address_id: Suppress.HARD_BOUNCE}
        [line] = timeline.select_timeline(session, running.people[0].party_id, Viewer.system())
        assert line.outcome == "failed"


def test_an_unsubscribe_closes_its_purpose_and_withdraws_the_consent(store: Store) -> None:
    running = a_campaigning(store, 1)
    [sent] = running.sent()
    assert running.late(sent.id, opt_out(sent.id, "clicked"), LATER + SECOND)
    assert not running.late(sent.id, opt_out(sent.id, "clicked again"), LATER + 2 * SECOND)
    with store.read() as session:
        purpose = consents.get_purpose(session, "newsletter")
        assert consents.suppressed(session, [sent.address_id], purpose) == {sent.address_id: Suppress.UNSUBSCRIBE}
        assert consents.suppressed(session, [sent.address_id], None) == {}
        [word] = consents.consents_of(session, [sent.address_id])[sent.address_id]
        assert (word.state, word.since, word.evidence) == (ConsentState.WITHDRAWN, LATER + SECOND, "clicked")
        lines = timeline.select_timeline(session, running.people[0].party_id, Viewer.system())
        assert [line.outcome for line in lines] == ["unsubscribed", "sent"]
    assert running.states() == [S.SENT]


def test_an_unsubscribe_from_mail_without_a_purpose_closes_everything(store: Store) -> None:
    running = a_campaigning(store, 1, kind=CampaignKind.ONE_TO_ONE, purpose=None)
    [sent] = running.sent()
    running.late(sent.id, opt_out(sent.id, "clicked"))
    with store.read() as session:
        assert consents.suppressed(session, [sent.address_id], None) == {sent.address_id: Suppress.UNSUBSCRIBE}


def test_who_tries_the_link_of_a_test_mail_closes_nothing(store: Store) -> None:
    running = a_campaigning(store, 1, kind=CampaignKind.SYSTEM, purpose=None)
    [sent] = running.sent()
    assert running.late(sent.id, opt_out(sent.id, "clicked"))
    with store.read() as session:
        assert consents.suppressed(session, [sent.address_id], None) == {}


def test_a_complaint_closes_everything(store: Store) -> None:
    running = a_campaigning(store, 1)
    [sent] = running.sent()
    running.late(sent.id, an_event(sent.id, EventType.COMPLAINED))
    with store.read() as session:
        assert consents.suppressed(session, [sent.address_id], None) == {sent.address_id: Suppress.COMPLAINT}


def test_a_settlement_is_all_or_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    running = a_campaigning(store, 1)
    [claimed] = running.claim()
    running.mark([claimed])

    def fail(*_args: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("mailcrm.store.settle.append_interactions", fail)
        with pytest.raises(ZeroDivisionError):
            running.settle([result(claimed, EventType.FAILED, code=550, hard=True)])
    assert running.states() == [S.SENDING]
    with store.read() as session:
        assert consents.suppressed(session, [claimed.address_id], None) == {}
        assert session.execute(select(DeliveryEventRow)).all() == []
    running.settle([result(claimed, EventType.FAILED, code=550, hard=True)])
    assert running.states() == [S.FAILED]


def test_a_mail_that_cannot_be_composed_is_skipped(store: Store) -> None:
    running = a_campaigning(store, 1)
    [claimed] = running.claim()
    running.settle([result(claimed, None, skip_reason="variable 'x' is missing" + "!" * 500)])
    [row] = running.rows()
    assert (row.state, row.skip_reason[:12], len(row.skip_reason)) == (S.SKIPPED, "variable 'x'", 190)


def test_what_was_not_tried_is_given_back(store: Store) -> None:
    running = a_campaigning(store, 1)
    [claimed] = running.claim()
    due = LATER + timedelta(minutes=10)
    running.settle([result(claimed, None, due_at=due)])
    [row] = running.rows()
    assert (row.state, row.lease_owner, row.due_at) == (S.READY, "", due)


def test_news_of_a_lost_row_is_ignored_unless_it_was_sent(store: Store) -> None:
    """The lease expired, another sender has it now; what the first learned late must not disturb."""
    running = a_campaigning(store, 1)
    [first] = running.claim("one")
    running.recover()
    [second] = running.claim("two", now=PAST_LEASE)
    running.settle(
        [result(first, EventType.DEFERRED, code=451), result(first, None), result(first, None, skip_reason="x")]
    )
    running.settle([result(first, EventType.FAILED, code=550, hard=True)])
    [row] = running.rows()
    assert (row.state, row.lease_owner, row.fence) == (S.CLAIMED, "two", second.fence)
    with store.read() as session:
        assert consents.suppressed(session, [first.address_id], None) == {}


@pytest.mark.parametrize("cleared", [False, True])
def test_a_late_sent_counts(store: Store, cleared: bool) -> None:
    """The server took the mail, but the answer came after the lease had expired."""
    running = a_campaigning(store, 1)
    [claimed] = running.claim()
    running.mark([claimed])
    assert running.recover() == (0, 1)
    if cleared:
        with a_write(store) as session:
            assert recipients.reconcile(session, PAST_LEASE + LEASE, SECOND) == (0, 1)
    running.settle([result(claimed, EventType.SENT)], now=PAST_LEASE + 2 * LEASE)
    assert running.states() == [S.SENT]


def test_the_same_event_of_two_workers_counts_once(store: Store) -> None:
    running = a_campaigning(store, 1)
    [sent] = running.sent()

    def bounce(session: Session) -> bool:
        return outbox.settle(session, sent.id, an_event(sent.id, EventType.BOUNCED, "b", hard=True), LATER)

    assert race(store, bounce, bounce).result() is False
    with store.read() as session:
        kinds = session.execute(select(DeliveryEventRow.type).order_by(DeliveryEventRow.id)).scalars().all()
        assert kinds == [EventType.SENT, EventType.BOUNCED]


def test_two_events_of_one_kind_in_one_batch_make_one_line(store: Store) -> None:
    running = a_campaigning(store, 1)
    [sent] = running.sent()
    with a_write(store) as session:
        row = session.get_one(Recipient, sent.id)
        happened = [outbox.Happening(row, an_event(sent.id, EventType.BOUNCED, key)) for key in ("a", "b", "a")]
        assert outbox.apply_events(session, happened, LATER) == 2
        assert outbox.apply_events(session, [], LATER) == 0
    with store.read() as session:
        lines = timeline.select_timeline(session, running.people[0].party_id, Viewer.system())
        assert [line.outcome for line in lines] == ["bounced", "sent"]


def test_long_and_wild_replies_fit(store: Store) -> None:
    running = a_campaigning(store, 1)
    [claimed] = running.claim()
    running.mark([claimed])
    wild = "\x00\udce9" + "张" * 5000
    event = an_event(claimed.id, EventType.FAILED, "x", code=554, enhanced="5" * 99, detail=wild)
    running.settle([outbox.Result(claimed.id, claimed.fence, event, reply=wild)])
    [row] = running.rows()
    assert (row.state, row.smtp_reply[:2], len(row.smtp_reply)) == (S.FAILED, "\ufffd张", 2000)


# --- giving back and taking over ---------------------------------------------------------------------------------


def test_a_sender_that_stops_gives_back_what_it_did_not_mark(store: Store) -> None:
    running = a_campaigning(store, 4)
    mine = running.claim("one", limit=2)
    running.claim("two", limit=1)
    running.mark(mine[:1], "one")
    assert written(store, lambda s: outbox.release(s, "one")) == 1
    assert running.states() == [S.SENDING, S.READY, S.CLAIMED, S.READY]
    assert written(store, lambda s: outbox.release(s, "one")) == 0


def test_only_expired_rows_are_recovered(store: Store) -> None:
    running = a_campaigning(store, 5)
    dead = running.claim("dead", limit=2)
    running.mark(dead[:1], "dead")
    half = LATER + LEASE / 2
    alive = running.claim("alive", limit=2, now=half)
    running.mark(alive[:1], "alive", half)
    assert running.recover(LATER + LEASE) == (0, 0)  # not yet
    assert running.recover(PAST_LEASE) == (1, 1)
    assert running.states() == [S.IN_DOUBT, S.READY, S.SENDING, S.CLAIMED, S.READY]
    doubtful, ready, *_ = running.rows()
    assert (doubtful.in_doubt_at, doubtful.lease_owner, ready.lease_owner) == (PAST_LEASE, "", "")
    assert running.recover(PAST_LEASE) == (0, 0)
    assert running.mark(dead[1:], "dead", PAST_LEASE) == [False]


def test_a_lease_that_is_renewed_does_not_expire(store: Store) -> None:
    running = a_campaigning(store, 3)
    claimed = running.claim(limit=2)
    running.mark(claimed[:1])
    ids = [item.id for item in claimed]
    written(store, lambda s: outbox.renew(s, ids, "one", PAST_LEASE + LEASE))
    written(store, lambda s: outbox.renew(s, running.ids, "two", PAST_LEASE + 9 * LEASE))
    assert running.recover() == (0, 0)
    assert running.recover(PAST_LEASE + 2 * LEASE) == (1, 1)


def test_a_composed_mail_that_is_taken_back_stays_composed(store: Store) -> None:
    running = a_campaigning(store, 1)
    [claimed] = running.claim()
    running.mark([claimed])
    running.settle([result(claimed, EventType.DEFERRED, code=451)])
    running.claim()
    assert running.recover() == (1, 0)
    [row] = running.rows()
    assert (row.state, row.composed_at) == (S.DEFERRED, LATER)


def test_a_doubt_is_never_claimed(store: Store) -> None:
    running = a_campaigning(store, 1)
    running.mark(running.claim())
    running.recover()
    assert running.claim("two", now=PAST_LEASE + timedelta(days=365)) == []


def test_two_that_recover_at_once_do_it_once(store: Store) -> None:
    running = a_campaigning(store, 2)
    running.mark(running.claim()[:1])
    future = race(
        store, lambda s: outbox.recover_expired(s, PAST_LEASE), lambda s: outbox.recover_expired(s, PAST_LEASE)
    )
    assert future.result() == (0, 0)
    assert running.states() == [S.IN_DOUBT, S.READY]
