"""Accounts and folders, and how far each is known."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from mailcrm.errors import NotFound, StoreBusy
from mailcrm.model.account import AccountPolicy, AccountState, Capture, CustomerWhen, Visibility
from mailcrm.model.folder import FolderInfo, FolderRole, SyncState
from mailcrm.store import Session, Store, sync_state
from mailcrm.store.rows.account import Folder
from tests.builders import NOW, a_write, an_account
from tests.store.builders import ensure_folder
from tests.store.crowd import after_a_race, written

LATER = NOW + timedelta(hours=1)


def a_folder_info(name: str, raw: str = "") -> FolderInfo:
    return FolderInfo(raw or name, name, FolderRole.OTHER)


def test_the_configuration_makes_an_account_once_and_its_row_owns_the_policy(store: Store) -> None:
    initial = AccountPolicy(Capture.METADATA, Visibility.PRIVATE, CustomerWhen.SENT, "zhang")
    chosen = AccountPolicy(Capture.ALL, Visibility.TEAM, CustomerWhen.ALL, None)
    with a_write(store) as session:
        first = sync_state.upsert_account(session, "own", "old@own.example", initial, NOW)
        assert sync_state.get_account(session, "own").policy == initial
        sync_state.set_policy(session, first, chosen)
        assert sync_state.upsert_account(session, "own", "new@own.example", initial, LATER) == first
        row = sync_state.get_account(session, "own")
        assert (row.address, row.policy, row.state) == ("new@own.example", chosen, AccountState.ACTIVE)
        with pytest.raises(NotFound, match="no account 'nowhere'"):
            sync_state.get_account(session, "nowhere")


def test_accounts_that_left_the_configuration_are_disconnected_and_can_come_back(store: Store) -> None:
    with a_write(store) as session:
        for name in "abc":
            an_account(session, name)
        assert sync_state.disconnect_accounts(session, ["a"]) == ["b", "c"]
        assert sync_state.disconnect_accounts(session, ["a"]) == []
        an_account(session, "b")
        states = {row.name: row.state.value for row in sync_state.list_accounts(session)}
        assert states == {"a": "active", "b": "active", "c": "disconnected"}
        assert sync_state.disconnect_accounts(session, []) == ["a", "b"]


def test_failures_are_counted_until_a_success(store: Store) -> None:
    with a_write(store) as session:
        account_id = an_account(session)
        sync_state.note_failure(session, account_id, "no \x00 \udce9 route", LATER)
        sync_state.note_failure(session, account_id, "x" * 9999, LATER, refused=True)
        row = sync_state.get_account(session, "shop")
        assert (row.state, row.fail_count, row.refusals) == ("active", 2, 1)
        assert (row.next_try_at, len(row.last_error)) == (LATER, 2000)
        sync_state.park_account(session, account_id, "wrong", "digest")
        row = sync_state.get_account(session, "shop")
        assert (row.state, row.fail_count, row.next_try_at, row.last_error) == ("parked", 3, None, "wrong")
        assert row.refused_login == "digest"
        sync_state.resume_account(session, account_id)
        session.expire_all()
        row = sync_state.get_account(session, "shop")
        assert (row.state, row.fail_count, row.next_try_at) == ("active", 0, None)
        assert (row.refusals, row.refused_login) == (0, "")
        sync_state.note_success(session, account_id, LATER)
        session.expire_all()
        assert sync_state.get_account(session, "shop").last_ok_at == LATER


def test_a_folder_is_made_once_and_its_cursor_moves(store: Store) -> None:
    with a_write(store) as session:
        account_id = an_account(session)
        folder = ensure_folder(session, account_id, a_folder_info("发件箱", "&U9FO9nux-"))
        assert folder.name == "发件箱"
        assert sync_state.load_state(session, folder) is None
        moved = SyncState(1, 2**32 - 1, 2**32 - 1, 7)
        sync_state.advance(session, folder, moved)
        sync_state.note_folder(session, folder, 12, "\x00 busy", None)
        session.expire_all()
        assert ensure_folder(session, account_id, a_folder_info("发件箱", "&U9FO9nux-")) == folder
        assert sync_state.load_state(session, folder) == moved
        row = session.get_one(Folder, folder.id)
        assert (row.server_count, row.last_error, row.last_ok_at) == (12, " busy", None)
        sync_state.advance(session, folder, replace(moved, uid_floor=0))
        sync_state.note_folder(session, folder, 13, "", LATER)
        session.expire_all()
        assert (session.get_one(Folder, folder.id).uid_floor, row.last_ok_at) == (0, LATER)


def test_a_cursor_never_moves_back(store: Store) -> None:
    with a_write(store) as session:
        folder = ensure_folder(session, an_account(session), a_folder_info("INBOX", "INBOX"))
        sync_state.advance(session, folder, SyncState(1, 7, 10, 5))
        sync_state.advance(session, folder, SyncState(1, 7, 9, 3))  # a slow worker beside a fast one
        assert sync_state.load_state(session, folder) == SyncState(1, 7, 10, 3)
        sync_state.advance(session, folder, SyncState(2, 8, 4, 4))
        assert sync_state.load_state(session, folder) == SyncState(2, 8, 4, 4)
        for stale in (SyncState(1, 7, 11, 0), SyncState(2, 9, 11, 0)):
            with pytest.raises(StoreBusy, match="another worker"):
                sync_state.advance(session, folder, stale)
        assert sync_state.load_state(session, folder) == SyncState(2, 8, 4, 4)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Work", "work"),
        ("Work", "Work "),
        ("Wörk", "Work"),
        ("x" * 501, "x" * 502),
        ("e\u0301", "\u00e9"),
        ("a", "a\x00"),
    ],
)
def test_folders_whose_names_an_engine_might_confuse_are_two(store: Store, one: str, other: str) -> None:
    with a_write(store) as session:
        account_id = an_account(session)
        ids = [ensure_folder(session, account_id, a_folder_info(name)).id for name in (one, other, one, other)]
        assert (ids[0], ids[1]) == (ids[2], ids[3])
        assert ids[0] != ids[1]


def test_two_workers_that_see_a_new_folder_make_it_once(store: Store) -> None:
    account_id = written(store, an_account)

    def ensure(session: Session) -> int:
        return ensure_folder(session, account_id, a_folder_info("INBOX")).id

    second = after_a_race(store, ensure, ensure)
    with store.read() as session:
        assert session.execute(select(Folder.id)).scalars().all() == [second]


def test_two_workers_that_start_with_a_new_account_make_it_once(store: Store) -> None:
    second = after_a_race(store, an_account, an_account)
    with store.read() as session:
        assert [row.id for row in sync_state.list_accounts(session)] == [second]
