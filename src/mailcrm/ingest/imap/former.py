"""Mail without a Message-ID that the archive has already, under another UID: found without fetching its body."""

from collections import Counter
from collections.abc import Sequence

from mailcrm.model.folder import FolderRef, SyncState
from mailcrm.model.message import FetchedHeader, ParsedHeaders
from mailcrm.store import Store, copies, objects

Headers = Sequence[tuple[FetchedHeader, ParsedHeaders]]


def former_keys(store: Store, folder: FolderRef, state: SyncState, unnamed: Headers) -> dict[int, str]:
    """Their dedupe keys, by UID.

    The server's own id for a mail tells it again anywhere, else how it looks, in a folder that was renumbered.
    """
    by_id = _by_id(store, folder, unnamed)
    return by_id | _by_looks(store, folder, state, [pair for pair in unnamed if pair[0].uid not in by_id])


def _by_id(store: Store, folder: FolderRef, unnamed: Headers) -> dict[int, str]:
    ids = {header.uid: header.object_id for header, _ in unnamed if header.object_id}
    if not ids:
        return {}
    with store.read() as session:
        known = objects.known_keys(session, folder.account_id, ids.values())
    return {uid: known[object_id] for uid, object_id in ids.items() if object_id in known}


def _by_looks(store: Store, folder: FolderRef, state: SyncState, unnamed: Headers) -> dict[int, str]:
    """Of those that look alike nobody can say which is which."""
    looks = {
        header.uid: copies.Former(header.internaldate, header.size, parsed.subject[:998], parsed.sent_at)
        for header, parsed in unnamed
        if header.internaldate is not None and state.generation > 1
    }
    often = Counter(looks.values())
    looks = {uid: former for uid, former in looks.items() if often[former] == 1}
    if not looks:
        return {}
    with store.read() as session:
        known = copies.former_keys(session, folder, state.generation, looks.values())
    return {uid: known[former] for uid, former in looks.items() if former in known}
