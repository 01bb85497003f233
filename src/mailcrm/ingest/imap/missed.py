"""Folders that the server lists no more: what lay in them is there no more, and the archive keeps it."""

from collections.abc import Sequence

from mailcrm.clock import Clock
from mailcrm.ingest.given import ACTOR
from mailcrm.ingest.imap.responses import MAX_UID
from mailcrm.log import get_logger
from mailcrm.model.folder import FolderRef
from mailcrm.store import Store, audit, copies
from mailcrm.store.partial import drop_partials
from mailcrm.store.standing import note_gone

_AT_ONCE = 1000
"""Copies in one transaction."""

_log = get_logger("mailcrm.ingest")


def note_missed(store: Store, folders: Sequence[tuple[FolderRef, int]], clock: Clock) -> None:
    """Each folder, with the generation of its UIDs, was deleted, or has another name and no id that tells it again.

    Should one come back as it was, its counts disagree with the server's, and its copies are found again.
    """
    for folder, generation in folders:
        with store.read() as session:
            uids = copies.known_in(session, folder, generation, [(1, MAX_UID)])
        for start in range(0, len(uids), _AT_ONCE):
            with store.write(ACTOR) as session:
                copies.mark_gone(session, folder, generation, uids[start : start + _AT_ONCE], clock())
        drop_partials(store.blob_dir, folder.id, generation, ())
        _log.info("folder gone", folder_id=folder.id, mails=len(uids))
        with store.write(ACTOR) as session:
            note_gone(session, folder, clock())
            if uids:
                audit.append_audit(session, "folder.gone", f"folder:{folder.id}", clock(), mails=len(uids))
