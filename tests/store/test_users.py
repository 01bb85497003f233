"""Users of the team, and the requests they decide."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from mailcrm.errors import Conflict, NotFound, UserError
from mailcrm.model.approval import FourEyes, RequestState, canonical, digest
from mailcrm.model.rights import Actor
from mailcrm.store import Session, Store, audit, change_requests, users
from mailcrm.store.rows.audit import AuditEntry
from tests.builders import NOW, a_write
from tests.store.crowd import race, written

LATER = NOW + timedelta(days=1)


def actions(session: Session) -> list[str]:
    return list(session.execute(select(AuditEntry.action).order_by(AuditEntry.seq)).scalars())


# --- users -------------------------------------------------------------------------------------------------------


def test_a_user_is_known_by_a_name_without_capitals(store: Store) -> None:
    with a_write(store) as session:
        users.add_user(session, " Ann ", NOW, display_name="Ann Lee", email="Ann@Own.example", role="sales")
        found = users.require_active(session, "ANN")
        assert (found.name, found.display_name, found.email, found.role) == (
            "ann",
            "Ann Lee",
            "Ann@own.example",
            "sales",
        )
        with pytest.raises(Conflict, match="'ann' already"):
            users.add_user(session, "ANN", NOW)


def test_who_is_deactivated_acts_no_more_and_can_come_back(store: Store) -> None:
    with a_write(store) as session:
        users.add_user(session, "ann", NOW, display_name="Ann Lee")
        assert users.deactivate_user(session, "Ann", NOW)
        assert not users.deactivate_user(session, "ann", NOW)
        with pytest.raises(UserError, match="was deactivated"):
            users.require_active(session, "ann")
        assert [user.active for user in users.list_users(session)] == [False]
        assert users.add_user(session, "ann", LATER).created_at == NOW
        assert users.require_active(session, "ann").display_name == "Ann Lee"
        assert actions(session) == ["user.add", "user.deactivate", "user.add"]
        for look in (users.require_active, lambda s, name: users.deactivate_user(s, name, NOW)):
            with pytest.raises(NotFound, match="no user 'bob'"):
                look(session, "bob")


@pytest.mark.parametrize("name", ["", " ", "ann lee", "安", "-ann", "a" * 61, "user:ann", "ann@own.example"])
def test_what_cannot_be_a_users_name_is_told(sqlite_store: Store, name: str) -> None:
    with a_write(sqlite_store) as session, pytest.raises(UserError, match="no name of a user"):
        users.add_user(session, name, NOW)


# --- requests ----------------------------------------------------------------------------------------------------


def ask(session: Session) -> int:
    return change_requests.add_request(session, FourEyes.MERGE, " merge\n1 and 2 ", {"b": 2, "a": "张"}, NOW, LATER).id


def test_a_request_is_kept_as_it_was_asked_for_and_each_step_is_logged(store: Store) -> None:
    with store.write(Actor.user("ann", "shop")) as session:
        first, second = ask(session), ask(session)
    with store.write(Actor.user("bob", "root")) as session:
        change_requests.decide_request(session, first, RequestState.APPROVED, LATER)
        change_requests.close_request(session, first, RequestState.DONE, "merge 1", LATER)
        change_requests.decide_request(session, second, RequestState.REJECTED, LATER, "no")
    with store.read() as session:
        done, no = change_requests.get_request(session, first), change_requests.get_request(session, second)
        assert (done.summary, done.payload) == ("merge 1 and 2", '{"a":"张","b":2}')
        assert done.sha256 == digest(canonical({"a": "张", "b": 2}))
        assert (done.asked_by, done.asked_login, done.asked_at, done.expires_at) == ("user:ann", "shop", NOW, LATER)
        assert (done.state, done.decided_by, done.decided_login, done.decided_at, done.result) == (
            RequestState.DONE, "user:bob", "root", LATER, "merge 1",
        )  # fmt: skip
        assert (no.state, no.reason) == (RequestState.REJECTED, "no")
        assert [each.id for each in change_requests.list_requests(session)] == [second, first]
        assert change_requests.list_requests(session, [RequestState.OPEN]) == []
        assert actions(session) == [
            "approval.ask", "approval.ask", "approval.approve", "approval.done", "approval.reject"
        ]  # fmt: skip
        assert list(audit.broken_links(session)) == []
        with pytest.raises(NotFound, match="no request 999"):
            change_requests.get_request(session, 999)


def test_two_that_decide_at_once_see_what_the_other_said(server_store: Store) -> None:
    number = written(server_store, ask)

    def decide(session: Session) -> RequestState:
        state = change_requests.hold_request(session, number).state
        change_requests.decide_request(session, number, RequestState.APPROVED, NOW)
        return state

    assert race(server_store, decide, decide).result() == RequestState.APPROVED
