"""Folder rows follow their folders to new names."""

from __future__ import annotations

from mailcrm.model.folder import FolderInfo, FolderRole, SyncState
from mailcrm.store import Session, Store, sync_state
from mailcrm.store.renames import follow_renames
from tests.builders import a_write
from tests.store.builders import GENERATION, a_folder, a_mailbox, ensure_folder


def _info(name: str) -> FolderInfo:
    return FolderInfo(name, name, FolderRole.OTHER)


def _known(session: Session, **folders: str) -> dict[str, int]:
    """An account with folders of these names and ids; returns the ids of their rows."""
    account_id = a_mailbox(session).account_id
    found = {"account": account_id}
    for name, mailboxid in folders.items():
        ref = a_folder(session, account_id, name)
        sync_state.advance(session, ref, SyncState(GENERATION, 4711, 7, 0, mailboxid=mailboxid))
        found[name] = ref.id
    return found


def _name_of(session: Session, account_id: int, name: str) -> int | None:
    found = sync_state.find_folder(session, account_id, name)
    return None if found is None else found.id


def test_a_circle_of_names_turns(store: Store) -> None:
    with a_write(store) as session:
        rows = _known(session, A="1", B="2", C="3")
        assert follow_renames(session, rows["account"], [(_info("B"), "1"), (_info("C"), "2"), (_info("A"), "3")]) == 3
        found = [_name_of(session, rows["account"], name) for name in "BCA"]
        assert found == [rows["A"], rows["B"], rows["C"]]
        ref = sync_state.find_folder(session, rows["account"], "B")
        assert ref is not None
        state = sync_state.load_state(session, ref)
        assert state == SyncState(GENERATION, 4711, 7, 0, mailboxid="1")


def test_who_has_the_name_and_is_no_more_gives_it_up(store: Store) -> None:
    with a_write(store) as session:
        rows = _known(session, A="1", B="2")
        assert follow_renames(session, rows["account"], [(_info("B"), "1")]) == 1
        assert _name_of(session, rows["account"], "B") == rows["A"]
        assert _name_of(session, rows["account"], "A") is None


def test_an_imported_file_keeps_its_name(store: Store) -> None:
    with a_write(store) as session:
        rows = _known(session, A="1")
        imported = sync_state.ensure_import(session, rows["account"], "/old/box", "Old")
        assert follow_renames(session, rows["account"], [(_info("Old"), "1")]) == 1
        assert follow_renames(session, rows["account"], [(_info("Old"), "1")]) == 0, "it has its name, mark and all"
        assert _name_of(session, rows["account"], "Old") == imported.id
        assert ensure_folder(session, rows["account"], _info("Old")).id == rows["A"]


def test_ids_that_several_have_mean_nothing(store: Store) -> None:
    with a_write(store) as session:
        rows = _known(session, A="1", B="1", C="3")
        assert follow_renames(session, rows["account"], [(_info("D"), "1")]) == 0
        assert follow_renames(session, rows["account"], [(_info("D"), "3"), (_info("E"), "3")]) == 0


def test_other_accounts_are_not_touched(store: Store) -> None:
    with a_write(store) as session:
        rows = _known(session, A="1")
        other = a_mailbox(session, "other").account_id
        assert follow_renames(session, other, [(_info("B"), "1")]) == 0
        assert _name_of(session, rows["account"], "A") == rows["A"]
