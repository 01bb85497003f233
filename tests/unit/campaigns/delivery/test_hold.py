"""What holds a campaign, and what becomes of those who were refused by its cause."""

import pytest

from mailcrm.campaigns.delivery.attempt import Attempt, Stage
from mailcrm.model.campaign import CampaignState
from mailcrm.store import Store
from tests.store.sending import a_campaigning
from tests.unit.campaigns.delivery.stage import (
    BeforeData,
    FakeConnection,
    FakeTransport,
    campaign,
    closed,
    hangs_up,
    make_due,
    says,
    send,
    states,
    takes,
)


@pytest.mark.parametrize(
    ("stage", "code", "text"),
    [
        (Stage.RCPT, 554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"),
        (Stage.RCPT, 550, "5.7.1 Client host rejected: cannot find your reverse hostname"),
        (Stage.RCPT, 550, "Account disabled. Your account hello@own.example has been disabled for sending"),
        (Stage.RCPT, 550, "5.1.1 Domain of sender address does not exist"),
        (Stage.DATA, 554, "5.5.1 Error: no valid recipients"),
        (Stage.DATA, 550, "Administrative prohibition"),
        (Stage.DOT, 550, "5.7.26 Unauthenticated email from own.example is not accepted"),
        (Stage.DOT, 550, "5.4.5 Daily user sending limit exceeded"),
        (Stage.DOT, 550, "5.1.1 your account does not exist"),
    ],
)
def test_our_own_fault_holds_the_campaign_and_costs_no_recipient(
    store: Store, stage: Stage, code: int, text: str
) -> None:
    running = a_campaigning(store, 12)
    server = FakeTransport(says(stage, code, text))
    send(running, server, connections=4)
    state, reason = campaign(running)
    assert state == "held"
    assert text[:20] in reason
    assert "mailcrm campaigns resume 'Spring'" in reason
    assert set(states(running)) <= {"ready", "deferred"}
    assert len(server.offered) <= 4
    assert closed(running) == {}


def test_a_campaign_that_was_held_reaches_everybody_once_the_cause_is_gone(store: Store) -> None:
    running = a_campaigning(store, 12)
    send(running, FakeTransport(says(Stage.DOT, 550, "5.7.26 unauthenticated")), connections=4)
    running.move(CampaignState.RUNNING)
    make_due(running)
    server = FakeTransport(takes)
    send(running, server, connections=4)
    assert states(running) == {"sent": 12}
    assert len(set(server.taken)) == len(server.taken) == 12


@pytest.mark.parametrize(
    ("stage", "text"),
    [
        (Stage.RCPT, "5.4.1 Recipient address rejected: Access denied"),
        (Stage.DOT, "Transaction failed, id {} at mx{}.example"),
        (Stage.RCPT, "Administrative prohibition"),
    ],
)
def test_the_same_refusal_again_and_again_is_not_the_recipients_fault(store: Store, stage: Stage, text: str) -> None:
    running = a_campaigning(store, 30)
    count = 0

    async def answer(connection: FakeConnection, address: str, before_data: BeforeData) -> Attempt:
        nonlocal count
        count += 1
        return await says(stage, 554, text.format(f"4F{count}", count))(connection, address, before_data)

    send(running, FakeTransport(answer), connections=2)
    state, reason = campaign(running)
    assert state == "held"
    assert "5 recipients in a row were refused alike, and will be tried once more" in reason
    assert set(states(running)) <= {"ready", "deferred"}
    assert count <= 6

    running.move(CampaignState.RUNNING)
    make_due(running)
    send(running, FakeTransport(takes), connections=2)
    assert states(running) == {"sent": 30}


def test_who_is_refused_a_second_time_fails_so_that_a_resumed_campaign_gets_on(store: Store) -> None:
    """All of one company are refused by its own rule: the human says "go on", and it goes on."""
    running = a_campaigning(store, 12)

    async def answer(connection: FakeConnection, address: str, before_data: BeforeData) -> Attempt:
        number = int(address.removeprefix("person").partition("@")[0])
        if number < 6:
            return Attempt.of_reply(Stage.RCPT, 550, "5.7.1 access denied")
        return await takes(connection, address, before_data)

    held = 0
    while campaign(running)[0] != "running" or "ready" in states(running) or not held:
        if campaign(running)[0] == "held":
            held += 1
            running.move(CampaignState.RUNNING)
        make_due(running)
        send(running, FakeTransport(answer), connections=1)
        assert held < 5
    assert states(running) == {"failed": 6, "sent": 6}


def test_many_dead_addresses_stop_a_campaign(store: Store) -> None:
    """Lists that were bought look like that; every further mail harms the name of the sender."""
    running = a_campaigning(store, 40)
    server = FakeTransport(says(Stage.RCPT, 550, "5.1.1 user unknown"))
    send(running, server, connections=1)
    assert campaign(running)[0] == "held"
    assert "6 of the last 6 mails were refused" in campaign(running)[1]
    assert states(running) == {"failed": 6, "ready": 34}
    assert len(closed(running)) == 6


def test_a_server_that_never_answers_after_the_dot_stops_a_campaign(store: Store) -> None:
    """What is in doubt is never sent again by itself, so that a whole audience would be unknown."""
    running = a_campaigning(store, 30)
    send(running, FakeTransport(hangs_up(Stage.DOT)), connections=1)
    assert campaign(running)[0] == "held"
    assert "no answer to the last 5 mails" in campaign(running)[1]
    assert states(running) == {"in_doubt": 5, "ready": 25}
