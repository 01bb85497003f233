"""The sender as a whole: what servers do, and what is left in the store."""

import asyncio
import time
from datetime import timedelta

import pytest

from mailcrm.campaigns.delivery.attempt import Attempt, Stage
from mailcrm.campaigns.delivery.throttle import Limits
from mailcrm.clock import utc_now
from mailcrm.errors import ConnectionLost, LoginRefused
from mailcrm.model.campaign import CampaignState
from mailcrm.store import Store
from tests.builders import NOW
from tests.store.sending import Campaigning, a_campaigning
from tests.unit.campaigns.delivery.stage import (
    BeforeData,
    FakeConnection,
    FakeTransport,
    campaign,
    closed,
    gap,
    hangs_up,
    make_due,
    says,
    send,
    states,
    takes,
)


def test_everybody_gets_one_mail(store: Store) -> None:
    running = a_campaigning(store, 20)
    server = FakeTransport(takes)
    report = send(running, server, connections=3)
    assert sorted(server.taken) == sorted(who.address for who in running.people)
    assert (states(running), report.released) == ({"sent": 20}, 0)
    assert server.knocks <= 3


# --- not now -----------------------------------------------------------------------------------------------------

TWO_DAYS = [timedelta(minutes=each) for each in (5, 15, 45, 120, 240, 480, 960, 1440)]


def gaps_until_it_fails(running: Campaigning, server: FakeTransport, most: int = 12) -> list[timedelta]:
    """The waits between the tries of the one recipient."""
    found = []
    for _ in range(most):
        make_due(running)
        now = utc_now()  # the sender's clock stands still: however slow the machine is, the gaps are exact
        send(running, server, connections=1, until_settled=1, clock=lambda now=now: now)
        if states(running) == {"failed": 1}:
            return found
        found.append(gap(running, now))
    raise AssertionError(f"it is tried for ever: {found}")


@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.DATA, Stage.DOT])
def test_who_is_put_off_again_and_again_fails_after_two_days(store: Store, stage: Stage) -> None:
    running = a_campaigning(store, 1)
    server = FakeTransport(says(stage, 451, "4.7.1 greylisted, try again"))
    assert gaps_until_it_fails(running, server) == TWO_DAYS
    [row] = running.rows()
    assert (row.attempts, row.smtp_reply) == (9, "451 4.7.1 greylisted, try again")
    assert closed(running) == {}
    assert campaign(running)[0] == "running"


@pytest.mark.parametrize(
    ("server", "first"),
    [
        (FakeTransport(hangs_up(Stage.RCPT)), timedelta(seconds=5)),
        (FakeTransport(says(Stage.RCPT, 421, "4.7.0 go away")), timedelta(seconds=60)),
    ],
)
def test_an_address_that_makes_the_server_hang_up_is_not_tried_for_ever(
    store: Store, server: FakeTransport, first: timedelta
) -> None:
    running = a_campaigning(store, 1)
    assert gaps_until_it_fails(running, server) == [first, *TWO_DAYS]
    assert running.rows()[0].attempts == 10


@pytest.mark.parametrize("answer", [hangs_up(Stage.MAIL), says(Stage.MAIL, 421, "4.3.2 closing")])
def test_a_server_that_ends_before_anybody_is_named_costs_nobody_an_attempt(store: Store, answer: object) -> None:
    running = a_campaigning(store, 3)
    for _ in range(3):
        make_due(running)
        send(running, FakeTransport(answer), connections=1, until_settled=1)
    assert states(running) == {"ready": 3}
    assert [row.attempts for row in running.rows()] == [0, 0, 0]


def test_a_server_that_hangs_up_on_everybody_is_left_alone_for_a_moment(store: Store) -> None:
    running = a_campaigning(store, 40)
    server = FakeTransport(hangs_up(Stage.MAIL))
    send(running, server, connections=2, seconds=0.8, until_idle=False)
    assert server.knocks <= 3


# --- no way in ---------------------------------------------------------------------------------------------------


def refuse() -> None:
    raise LoginRefused("wrong password")


def away() -> None:
    raise ConnectionLost("cannot reach the server")


def test_a_wrong_password_is_tried_once(store: Store) -> None:
    running = a_campaigning(store, 40)
    server = FakeTransport(takes, refuse)
    with pytest.raises(LoginRefused):
        send(running, server, connections=4, until_idle=False)
    assert server.knocks == 1
    assert states(running) == {"ready": 40}
    assert {row.attempts for row in running.rows()} == {0}


def test_a_server_that_is_away_is_asked_once_a_round_and_no_limit_is_used_up(store: Store) -> None:
    running = a_campaigning(store, 5)
    server = FakeTransport(takes, away)
    begun = time.monotonic()

    def door() -> None:
        if time.monotonic() - begun < 0.5:
            away()

    server.door = door
    send(running, server, connections=4, seconds=5, until_idle=False, limits=Limits(per_day=5),
         stopped=lambda: len(server.taken) == 5)  # fmt: skip
    assert states(running) == {"sent": 5}
    assert server.knocks <= 5


# --- the end -----------------------------------------------------------------------------------------------------


def test_a_stop_ends_the_mails_in_flight_and_gives_back_the_rest(store: Store) -> None:
    running = a_campaigning(store, 30)
    flying = 0

    async def slow(connection: FakeConnection, address: str, before_data: BeforeData) -> Attempt:
        nonlocal flying
        if not await before_data():
            return Attempt(Stage.HELD, text="held back")
        flying += 1
        await asyncio.sleep(1)
        connection.transport.taken.append(address)
        return Attempt.of_reply(Stage.DONE, 250, "ok")

    server = FakeTransport(slow)
    due = {row.due_at for row in running.rows()}
    begun = time.monotonic()
    send(running, server, connections=2, stopped=lambda: flying > 0, until_idle=False)
    assert time.monotonic() - begun < 3
    assert states(running) == {"sent": 2, "ready": 28}
    assert len(server.taken) == flying == 2
    waiting = [row for row in running.rows() if row.state == "ready"]
    assert {(row.attempts, row.lease_owner) for row in waiting} == {(0, "")}
    assert {row.due_at for row in waiting} <= due == {NOW}


def test_a_pause_gives_back_without_counting(store: Store) -> None:
    running = a_campaigning(store, 10)

    async def pausing(connection: FakeConnection, address: str, before_data: BeforeData) -> Attempt:
        if campaign(running)[0] == "running":
            running.move(CampaignState.PAUSED)
        return await takes(connection, address, before_data)

    send(running, FakeTransport(pausing), connections=2)
    assert states(running) == {"ready": 10}
    assert {(row.attempts, row.due_at) for row in running.rows()} == {(0, NOW)}


def test_a_bug_in_one_line_is_loud_and_the_others_end_cleanly(store: Store) -> None:
    running = a_campaigning(store, 30)

    async def buggy(connection: FakeConnection, address: str, before_data: BeforeData) -> Attempt:
        if address.startswith("person3@"):
            raise ValueError("a bug")
        await asyncio.sleep(0.02)
        return await takes(connection, address, before_data)

    server = FakeTransport(buggy)
    begun = time.monotonic()
    with pytest.raises(ValueError, match="a bug"):
        send(running, server, connections=2, until_idle=False)
    assert time.monotonic() - begun < 3
    assert states(running) == {"sent": len(server.taken), "ready": 30 - len(server.taken)}


def test_a_bug_while_leases_are_renewed_is_loud(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    running = a_campaigning(store, 4)

    def broken(*_args: object) -> None:
        raise ZeroDivisionError

    async def slow(connection: FakeConnection, address: str, before_data: BeforeData) -> Attempt:
        await asyncio.sleep(0.3)
        return await takes(connection, address, before_data)

    monkeypatch.setattr("mailcrm.store.outbox.renew", broken)
    with pytest.raises(ZeroDivisionError):
        send(running, FakeTransport(slow), connections=1, until_idle=False, lease=timedelta(seconds=0.3))
