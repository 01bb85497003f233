"""Rows of imported files among the folders of a server."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailcrm.model.folder import FolderInfo, FolderRef, FolderRole, SyncState
from mailcrm.store import Session, Store, coverage, messages, quarantine, sync_state
from mailcrm.store.rows.account import Folder
from mailcrm.store.rows.mail import SyncQuarantine
from tests.builders import NOW, a_write, an_account
from tests.store.builders import a_folder, ensure_folder, skipped

BIG = 2**63 - 1


def an_import(session: Session, account_id: int, path: str = "/old/box", name: str = "import: box") -> FolderRef:
    folder = sync_state.ensure_import(session, account_id, path, name)
    sync_state.advance(session, folder, SyncState(1, BIG, 0, 0))
    return folder


def test_an_import_is_known_by_its_path_and_shown_by_its_name(store: Store) -> None:
    with a_write(store) as session:
        account, other = an_account(session), an_account(session, "other")
        first = an_import(session, account)
        assert sync_state.ensure_import(session, account, "/old/box", "import: moved") == first
        second = sync_state.ensure_import(session, account, "/old/box ", "import: box")
        assert second.id != first.id
        assert second.name.startswith("import: box #")
        assert an_import(session, other).name == first.name == "import: box"
        assert an_import(session, account, "/旧/邮件", "import: 邮件").name == "import: 邮件"


def test_a_folder_of_the_server_is_never_an_import_of_the_same_name(store: Store) -> None:
    with a_write(store) as session:
        account = an_account(session)
        ours = an_import(session, account)
        info = FolderInfo("import: box", "import: box", FolderRole.OTHER)
        theirs = ensure_folder(session, account, info)
        assert theirs.id != ours.id
        assert ensure_folder(session, account, info) == theirs
        row = session.get_one(Folder, ours.id)
        assert (row.role, row.name_raw) == (FolderRole.IMPORT, "/old/box")


def test_the_mark_moves_with_the_cursor_and_only_forward(store: Store) -> None:
    with a_write(store) as session:
        folder = an_import(session, an_account(session))
        for state, expected in (
            (SyncState(1, BIG, 2**40, 0, mark="a" * 64), "a" * 64),
            (SyncState(1, BIG, 7, 0, mark="b" * 64), "a" * 64),
            (SyncState(2, 5, 0, 0), ""),
        ):
            sync_state.advance(session, folder, state)
            found = sync_state.load_state(session, folder)
            assert found is not None
            assert found.mark == expected


def test_numbers_of_files_are_large_and_counted_by_what_became_of_them(store: Store) -> None:
    with a_write(store) as session:
        folder = an_import(session, an_account(session))
        messages.add_skips(session, folder, 1, skipped({BIG: "older", BIG - 1: "older", 5: "never-log address"}))
        quarantine.quarantine(session, folder, 1, {BIG - 2: "empty"}, NOW)
        assert coverage.count_uids(session, folder, 1) == (0, {"older": 2, "never-log address": 1}, 1)
        assert coverage.skipped_uids(session, folder, 1, [5, 6, BIG]) == {5: "never-log address", BIG: "older"}
        assert quarantine.waiting(session, folder, 1) == {BIG - 2}
        assert coverage.count_uids(session, folder, 2) == (0, {}, 0)


def test_a_new_generation_forgets_what_the_old_one_could_not_read(store: Store) -> None:
    with a_write(store) as session:
        folder, other = (an_import(session, an_account(session), path) for path in ("/a", "/b"))
        for each in (folder, other):
            quarantine.quarantine(session, each, 1, {1: "empty"}, NOW)
        quarantine.quarantine(session, folder, 2, {1: "empty"}, NOW)
        quarantine.forget_before(session, folder, 2)
        left = set(session.execute(select(SyncQuarantine.folder_id, SyncQuarantine.generation)))
        assert left == {(folder.id, 2), (other.id, 1)}


@pytest.mark.parametrize("imported", [True, False])
def test_only_the_server_is_asked_again(store: Store, imported: bool) -> None:
    with a_write(store) as session:
        account = an_account(session)
        folder = an_import(session, account) if imported else a_folder(session, account, "INBOX")
        quarantine.quarantine(session, folder, 1, {1: "no answer"}, NOW)
        assert quarantine.retry_all(session, account, NOW) == (0 if imported else 1)
