"""What becomes of an account whose sender is refused."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from mailcrm.errors import ConfigError, LoginRefused, MailcrmError, PermanentError, SenderRefused
from mailcrm.model.account import AccountState
from mailcrm.model.rights import Actor
from mailcrm.service.accounts import account_row, resume_account
from mailcrm.service.app import App
from mailcrm.service.leases import Claim
from mailcrm.service.works import all_works
from mailcrm.store import Store, leases, sync_state
from mailcrm.store.leases import LeaseRow
from tests.builders import NOW, a_config, a_store, a_write, an_app
from tests.store.sending import a_campaigning
from tests.unit.campaigns.delivery.stage import FakeTransport, takes

SENDER = "sender:shop"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with a_store(tmp_path) as opened:
        a_campaigning(opened, 20)
        yield opened


def an_account(host: str) -> dict[str, object]:
    server = {"host": host, "port": 465}
    return {
        "name": "shop", "address": "hello@own.example", "secret": {"env": "NONE"}, "imap": server, "smtp": server,
        "sending": {"connections": 4},
    }  # fmt: skip


class Sender:
    """The sender of one account as a worker has it, in front of a server that refuses."""

    def __init__(self, store: Store, refusal: MailcrmError, host: str = "mail.own.example") -> None:
        self.refusal, self.lets_in = refusal, 0
        self.transport = FakeTransport(takes, self.door)
        app = an_app(store, a_config(store.state_dir, accounts=[an_account(host)]))
        self.app = App(app.config, store, app.clock, app.own, {"shop": self.transport})
        self.work = all_works(self.app, "worker", Random(1))[SENDER]
        with a_write(store) as session:
            leases.add_leases(session, {SENDER: "sender"})

    def door(self) -> None:
        if self.lets_in:
            self.lets_in -= 1
        else:
            raise self.refusal

    def turn(self) -> timedelta:
        """One run, and the lease given back as the worker does; returns when it is due again."""
        with a_write(self.app.store) as session:
            leases.make_due(session, SENDER)
            assert leases.claim_leases(session, "worker", ["sender"], 1, MINUTE) == [SENDER]
        claim = Claim(self.work, 0, MINUTE, Random(1))
        claim.run()
        claim.close()
        with a_write(self.app.store) as session:
            leases.release_lease(
                session, SENDER, "worker", claim.again, claim.error, failed=claim.failed, refusals=claim.refusals
            )
        return claim.again

    def lease(self) -> LeaseRow:
        with self.app.store.read() as session:
            return next(row for row in leases.list_leases(session) if row.name == SENDER)

    def state(self) -> AccountState:
        return account_row(self.app.store, "shop").state


def test_a_refused_login_parks_the_account_after_one_try(store: Store) -> None:
    sender = Sender(store, LoginRefused("wrong password"))
    for _ in range(3):
        assert sender.turn() == MINUTE
    assert sender.transport.knocks == 1
    assert sender.state() == AccountState.PARKED
    assert account_row(store, "shop").last_error == "wrong password"


@pytest.mark.parametrize("host", ["mail.own.example", "smtp.qq.com"])
@pytest.mark.parametrize(
    "failure", [PermanentError("the certificate is not valid"), ConfigError("no secret"), SenderRefused("not you")]
)
def test_whatever_is_no_refused_login_is_tried_again_for_ever(store: Store, failure: MailcrmError, host: str) -> None:
    sender = Sender(store, failure, host)
    for _ in range(4):
        assert timedelta(seconds=10) < sender.turn() < 16 * MINUTE
    assert (sender.transport.knocks, sender.state()) == (4, AccountState.ACTIVE)
    assert (sender.lease().fail_count, sender.lease().last_error) == (4, str(failure))


def test_an_ambiguous_refusal_is_tried_three_times_in_half_an_hour(store: Store) -> None:
    sender = Sender(store, LoginRefused("535 Error: authentication failed"), host="smtp.qq.com")
    assert [sender.turn(), sender.turn()] == [timedelta(minutes=5), timedelta(minutes=25)]
    assert sender.state() == AccountState.ACTIVE
    assert sender.turn() == MINUTE
    assert sender.state() == AccountState.PARKED
    sender.turn()
    assert sender.transport.knocks == 3


def test_a_login_that_is_taken_ends_the_count_of_refusals(store: Store) -> None:
    sender = Sender(store, LoginRefused("535 Error: authentication failed"), host="smtp.qq.com")
    assert [sender.turn(), sender.turn()] == [timedelta(minutes=5), timedelta(minutes=25)]
    sender.lets_in = 1
    assert [sender.turn(), sender.turn()] == [timedelta(minutes=5), timedelta(minutes=25)]
    assert (sender.turn(), sender.state()) == (MINUTE, AccountState.PARKED)
    assert sender.lease().refusals == 0


def test_other_failures_are_no_refusals(store: Store) -> None:
    refusal = LoginRefused("535 Error: authentication failed")
    sender = Sender(store, PermanentError("the certificate is not valid"), host="smtp.qq.com")
    for _ in range(3):
        sender.turn()
    sender.refusal = refusal
    assert sender.turn() == timedelta(minutes=5)
    sender.refusal = ConfigError("no secret")
    sender.turn()
    sender.refusal = refusal
    assert sender.turn() == timedelta(minutes=25)


def test_a_mailbox_that_can_be_read_does_not_unpark_its_sender(store: Store) -> None:
    sender = Sender(store, LoginRefused("wrong password"))
    sender.turn()
    with a_write(store) as session:
        sync_state.note_success(session, account_row(store, "shop").id, NOW)
    assert (sender.state(), account_row(store, "shop").last_ok_at) == (AccountState.PARKED, NOW)
    sender.turn()
    assert sender.transport.knocks == 1


def test_an_account_parked_while_its_secret_could_not_be_read_is_tried_with_the_first_that_can(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NONE", raising=False)
    sender = Sender(store, LoginRefused("wrong password"))
    assert [sender.turn(), sender.turn()] == [MINUTE, MINUTE]
    assert sender.transport.knocks == 1
    monkeypatch.setenv("NONE", "secret")
    assert [sender.turn(), sender.turn()] == [MINUTE, MINUTE]
    assert (sender.transport.knocks, sender.state()) == (2, AccountState.PARKED)


def test_a_resumed_account_sends_at_once(store: Store) -> None:
    sender = Sender(store, LoginRefused("wrong password"))
    sender.turn()
    resume_account(sender.app, Actor.cli("test"), "shop")
    with a_write(store) as session:
        assert leases.claim_leases(session, "worker", ["sender"], 1, MINUTE) == [SENDER]
    assert sender.state() == AccountState.ACTIVE
