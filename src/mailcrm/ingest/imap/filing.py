"""Files what a folder gave: a window of mail and the cursor in one transaction, or one by one to find the culprit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from mailcrm.clock import Clock
from mailcrm.errors import MailcrmError, WriteCollision
from mailcrm.ingest.imap.careful import fetch_bodies
from mailcrm.ingest.imap.mailbox import CommandRefused, Mailbox
from mailcrm.ingest.record import FilingContext, HeaderItem, record_bodies, record_headers
from mailcrm.model.account import Capture
from mailcrm.model.filing import FetchedBody, FolderRef, PendingBody, StagedBlob
from mailcrm.model.folder import SyncState
from mailcrm.model.message import ParsedMessage
from mailcrm.model.rights import Actor
from mailcrm.store import Session, Store, messages, sync_state
from mailcrm.store.blobs import stage
from mailcrm.store.quarantine import quarantine

ACTOR = Actor.system("ingest")

Retry = Callable[[Callable[[], None]], None]
"""Does a transaction again while the database is busy, a few times."""

_log = structlog.get_logger("mailcrm.ingest")


@dataclass(frozen=True, slots=True)
class ReadBody:
    """The bytes of one UID, kept, and what the parser made of them."""

    raw: StagedBlob
    parsed: ParsedMessage | None
    error: str = ""

    def of(self, pending: PendingBody) -> FetchedBody:
        """The same as the body of a message in the archive."""
        return FetchedBody(pending, self.raw, self.parsed, self.error)


@dataclass(frozen=True, slots=True)
class Window:
    """What one batch brings: mails to file, bodies already here, UIDs left out by a rule (uid -> rule), UIDs that could
    not be had (uid -> reason)."""

    items: Sequence[HeaderItem]
    read: Mapping[int, ReadBody] = field(default_factory=dict)
    skips: Mapping[int, str] = field(default_factory=dict)
    refused: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filer:
    """Writes for one account. `mailbox` is asked for the bytes of what cannot be filed."""

    mailbox: Mailbox
    store: Store
    context: FilingContext
    clock: Clock
    retry: Retry

    def file(self, folder: FolderRef, state: SyncState, window: Window) -> int:
        """A window, and the cursor to `state`, which stands where the window ends. Returns how many were quarantined."""

        def all_at_once() -> None:
            with self.store.write(ACTOR) as session:
                self._record(session, folder, state.generation, window.items, window.read)
                self._close(session, folder, state, window)

        try:
            self.retry(all_at_once)
        except Exception as exc:
            if _is_about_the_store(exc):
                raise
            _log.error("a batch could not be filed", folder_id=folder.id, error=_kind(exc))
        else:
            return len(window.refused)
        return self._one_by_one(folder, state, window)

    def _one_by_one(self, folder: FolderRef, state: SyncState, window: Window) -> int:
        bad = sum(not self._file_singly(folder, state.generation, item, window.read) for item in window.items)

        def close() -> None:
            with self.store.write(ACTOR) as session:
                self._close(session, folder, state, window)

        self.retry(close)
        return bad + len(window.refused)

    def _file_singly(self, folder: FolderRef, generation: int, item: HeaderItem, read: Mapping[int, ReadBody]) -> bool:
        """Whether it could be filed; else it is listed with its reason, and its bytes are kept."""
        uid = item.place.uid

        def alone() -> None:
            with self.store.write(ACTOR) as session:
                self._record(session, folder, generation, [item], read)

        try:
            self.retry(alone)
        except Exception as exc:
            if _is_about_the_store(exc):
                raise
            reason = _kind(exc)
        else:
            return True
        raws = {uid: read[uid].raw} if uid in read else self._bytes_of(uid)

        def list_it() -> None:
            with self.store.write(ACTOR) as session:
                quarantine(session, folder, generation, {uid: reason}, self.clock(), raws)

        self.retry(list_it)
        return False

    def _bytes_of(self, uid: int) -> dict[int, StagedBlob]:
        if self.context.capture != Capture.ALL:
            return {}
        try:
            found = fetch_bodies(self.mailbox, [uid]).found
        except CommandRefused:
            return {}
        return {uid: stage(self.store.blob_dir, raw.raw) for uid, raw in found.items()}

    def _record(
        self,
        session: Session,
        folder: FolderRef,
        generation: int,
        items: Sequence[HeaderItem],
        read: Mapping[int, ReadBody],
    ) -> None:
        now = self.clock()
        pending = record_headers(session, self.context, folder, generation, items, now)
        bodies = [read[uid].of(waiting) for uid, waiting in pending.items() if uid in read]
        record_bodies(session, folder, generation, bodies, now)

    def _close(self, session: Session, folder: FolderRef, state: SyncState, window: Window) -> None:
        messages.add_skips(session, folder, state.generation, window.skips)
        quarantine(session, folder, state.generation, window.refused, self.clock())
        sync_state.advance(session, folder, state)


def _is_about_the_store(exc: Exception) -> bool:
    """A full disk or a lost database is about every mail; a collision that stays is about this one."""
    return isinstance(exc, MailcrmError) and not isinstance(exc, WriteCollision)


def _kind(exc: Exception) -> str:
    """Never the text of a database error: drivers quote the row, and so what people wrote."""
    place = exc.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" in {place.tb_frame.f_code.co_name}, line {place.tb_lineno}" if place is not None else ""
    return f"{type(exc).__name__}{where}"
