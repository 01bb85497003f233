"""What is being asked for is noted before, and forgotten when it is filed."""

from mailcrm.model.folder import SyncState, Tried
from mailcrm.store import Store, sync_state, tries
from tests.builders import a_write, an_account
from tests.store.builders import GENERATION, a_folder


def test_the_same_uids_once_more_are_one_try_more(store: Store) -> None:
    with a_write(store) as session:
        folder = a_folder(session, an_account(session), "INBOX")
        assert tries.last_try(session, folder) is None
        tries.note_try(session, folder, 5, 9)
        tries.note_try(session, folder, 5, 9)
        assert tries.last_try(session, folder) == Tried(5, 9, 2)
        tries.note_try(session, folder, 5, 6)
        assert tries.last_try(session, folder) == Tried(5, 6, 1)
        tries.forget_try(session, folder)
        assert tries.last_try(session, folder) is None


def test_a_folder_that_is_numbered_anew_has_other_mails_under_these_uids(store: Store) -> None:
    with a_write(store) as session:
        folder = a_folder(session, an_account(session), "INBOX")
        sync_state.advance(session, folder, SyncState(GENERATION, 4711, 9, 0))
        tries.note_try(session, folder, 10, 10)
        sync_state.advance(session, folder, SyncState(GENERATION + 1, 8, 20, 20))
        assert tries.last_try(session, folder) is None
