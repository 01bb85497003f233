"""How often a recipient was tried, and what is counted against the limits of its account."""

from datetime import timedelta

import pytest

from mailcrm.model.campaign import CampaignState
from mailcrm.model.recipient import EventType, RecipientState
from mailcrm.model.rights import Viewer
from mailcrm.store import Store, campaigns, outbox, recipients, timeline
from mailcrm.store.reprieve import reprieve
from tests.builders import LEASE, NOW
from tests.store.crowd import written
from tests.store.sending import LATER, PAST_LEASE, Campaigning, a_campaigning, an_event, result

S = RecipientState
HOUR = timedelta(hours=1)


def refused(running: Campaigning, kind: EventType | None, *, marked: bool = False, **more: object) -> None:
    """The server said no to the one recipient, before or after the mark."""
    [item] = running.claim()
    if marked:
        assert running.mark([item]) == [True]
    running.settle([result(item, kind, code=450, due_at=LATER, **more)])


# --- attempts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("marked", [False, True])
@pytest.mark.parametrize("kind", [EventType.DEFERRED, None])
def test_each_refused_try_is_an_attempt_and_counts_once(store: Store, kind: EventType | None, marked: bool) -> None:
    running = a_campaigning(store, 1)
    for number in (1, 2, 3):
        refused(running, kind, marked=marked, **({} if kind else {"tried": True}))
        assert running.rows()[0].attempts == number


def test_a_failure_before_the_mark_was_a_try(store: Store) -> None:
    running = a_campaigning(store, 1)
    refused(running, EventType.FAILED)
    assert (running.rows()[0].state, running.rows()[0].attempts) == (S.FAILED, 1)


@pytest.mark.parametrize("how", ["stopped", "died", "not tried"])
def test_what_was_merely_given_back_was_not_tried(store: Store, how: str) -> None:
    running = a_campaigning(store, 1)
    [item] = running.claim()
    if how == "stopped":
        assert written(store, lambda s: outbox.release(s, "one")) == 1
    elif how == "died":
        assert running.recover() == (1, 0)
    else:
        running.settle([result(item, None)])
    [row] = running.rows()
    assert (row.state, row.attempts, row.due_at) == (S.READY, 0, NOW)


def test_a_try_before_the_mark_proves_nothing(store: Store) -> None:
    """An answer to an older mail came; this one was never handed over, so it is still to be sent."""
    running = a_campaigning(store, 1)
    refused(running, EventType.DEFERRED)
    [again] = running.claim()
    assert running.late(again.id, an_event(again.id, EventType.OPENED))
    assert running.mark([again]) == [True]


# --- a second chance ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("marked", "state"), [(False, S.READY), (True, S.DEFERRED)])
def test_who_failed_by_our_fault_is_due_again(store: Store, marked: bool, state: RecipientState) -> None:
    running = a_campaigning(store, 1)
    refused(running, EventType.FAILED, marked=marked)
    assert written(store, lambda s: reprieve(s, running.ids, LATER + HOUR)) == 1
    [row] = running.rows()
    assert (row.state, row.attempts, row.due_at) == (state, 1, LATER + HOUR)
    assert running.claim() == []
    [again] = running.claim(now=LATER + HOUR)
    assert running.mark([again], now=LATER + HOUR) == [True]
    running.settle([result(again, EventType.FAILED)], now=LATER + HOUR)
    with store.read() as session:
        lines = timeline.select_timeline(session, running.people[0].party_id, Viewer.system())
        assert [line.outcome for line in lines] == ["failed"]
        counts = campaigns.count_recipients(session, running.campaign_id)
    assert (counts.total, counts.states[S.FAILED], counts.events) == (1, 1, {"failed": 1})


def test_nobody_else_gets_a_second_chance(store: Store) -> None:
    running = a_campaigning(store, 4)
    sent, doubtful, skipped, _ready = running.claim()
    assert all(running.mark([sent, doubtful]))
    running.settle([result(sent, EventType.SENT), result(doubtful, EventType.IN_DOUBT)])
    running.settle([result(skipped, None, skip_reason="cannot be composed")])
    before = running.states()
    assert written(store, lambda s: reprieve(s, running.ids, LATER)) == 0
    assert written(store, lambda s: reprieve(s, [], LATER)) == 0
    assert running.states() == before == [S.SENT, S.IN_DOUBT, S.SKIPPED, S.CLAIMED]


def test_a_campaign_with_a_second_chance_is_not_over(store: Store) -> None:
    running = a_campaigning(store, 1)
    refused(running, EventType.FAILED)
    written(store, lambda s: reprieve(s, running.ids, LATER))
    assert written(store, lambda s: campaigns.finish_campaigns(s, LATER)) == []
    with store.read() as session:
        assert campaigns.get_campaign(session, running.name).state == CampaignState.RUNNING


# --- limits ------------------------------------------------------------------------------------------------------


def counted(running: Campaigning) -> list[object]:
    with running.store.read() as session:
        return list(recipients.sent_times(session, running.account_id, NOW))


def test_a_mail_that_was_handed_over_and_refused_counts_for_the_limits(store: Store) -> None:
    """The server counted it; a restart must not forget it."""
    running = a_campaigning(store, 5)
    put_off, failed, taken, unsent, _ = running.claim()
    assert all(running.mark([put_off, failed, taken, unsent]))
    running.settle([result(put_off, EventType.DEFERRED, due_at=LATER + HOUR), result(failed, EventType.FAILED)])
    running.settle([result(taken, EventType.SENT), result(unsent, None)])
    assert counted(running) == [LATER] * 4


def test_a_mail_that_is_being_sent_counts_until_its_lease_ends(store: Store) -> None:
    running = a_campaigning(store, 2)
    assert running.mark(running.claim(limit=1)) == [True]
    assert counted(running) == [LATER + LEASE]
    running.recover()
    assert counted(running) == [PAST_LEASE]


def test_a_mail_that_was_only_offered_does_not_count(store: Store) -> None:
    running = a_campaigning(store, 1)
    refused(running, EventType.DEFERRED)
    assert counted(running) == []
