"""Files what a folder or a file gave: a window of mail and the cursor in one transaction, or one by one to find the
culprit."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mailcrm.clock import Clock
from mailcrm.errors import MailcrmError, StoreBusy, WriteCollision, described
from mailcrm.ingest.given import ACTOR, Parse, Retry
from mailcrm.ingest.mail.headers import parse_headers
from mailcrm.ingest.record import FilingContext, HeaderItem, record_bodies, record_headers
from mailcrm.log import get_logger
from mailcrm.model.account import Capture
from mailcrm.model.filing import FetchedBody, LeftOut, PendingBody, Place, StagedBlob
from mailcrm.model.folder import FolderRef, SyncState, UidRange
from mailcrm.model.message import LARGE_MESSAGE, LargeMessage, ParsedHeaders, ParsedMessage, RawMessage
from mailcrm.store import Session, Store, messages, sync_state, tries
from mailcrm.store.packing import stage
from mailcrm.store.partial import Partial
from mailcrm.store.quarantine import quarantine

if TYPE_CHECKING:
    from mailcrm.ingest.mail.skeleton import Skeleton

_log = get_logger("mailcrm.ingest")


@dataclass(frozen=True, slots=True)
class ReadBody:
    """The bytes of one UID, kept, and what the parser made of them. `partial`: without its attachments."""

    raw: StagedBlob
    parsed: ParsedMessage | None
    error: str = ""
    partial: bool = False

    def of(self, pending: PendingBody) -> FetchedBody:
        """The same as the body of a message in the archive."""
        return FetchedBody(pending, self.raw, self.parsed, self.error, self.partial)


def read_headers(header: bytes) -> tuple[ParsedHeaders | None, str]:
    """What a header block tells; None and the reason where the parser cannot bear it."""
    try:
        return parse_headers(header), ""
    except Exception as exc:  # noqa: BLE001 - a bug of the parser must not stop the folder; it is listed
        return None, f"its header cannot be read: {type(exc).__name__}"


def read_body(store: Store, parse: Parse, raw: RawMessage) -> ReadBody:
    """Keep first, understand second: whatever the parser does, the bytes are safe."""
    return understood(stage(store.blob_dir, raw.raw), parse, raw)


def read_large_body(parse: Parse, uid: int, whole: Partial) -> ReadBody:
    """The same of a message that is a file."""
    return understood(whole.stage(), parse, LargeMessage(uid, whole.path))


def understood(staged: StagedBlob, parse: Parse, message: RawMessage | LargeMessage) -> ReadBody:
    """What is kept with what the parser says of it. Raises StoreBusy where nobody can look at it now."""
    try:
        return ReadBody(staged, parse(message))
    except StoreBusy:  # nobody has looked at it yet
        raise
    except Exception as exc:  # noqa: BLE001 - a bug of the parser must not stop the folder; it is listed
        _log.warning("message quarantined", uid=message.uid, error=type(exc).__name__)
        return ReadBody(staged, None, f"{type(exc).__name__}: {exc}")


def without_left(read: ReadBody, skeleton: "Skeleton") -> ReadBody:
    """What was read in a message without its attachments: the truth about those is with the skeleton."""
    parsed = read.parsed and skeleton.described(read.parsed)
    return replace(read, parsed=parsed, partial=True)


Later = Callable[[], Mapping[int, ReadBody]]
"""The bodies of a batch by UID, once they are read. Raises StoreBusy."""

Begin = Callable[[Sequence[RawMessage]], Later]
"""Begins to read a batch. The last one is to be asked for first, and must not be asked for twice."""

Ahead = Callable[[], AbstractContextManager[Begin]]
"""How to read batches while we do other things, for as long as the block lasts."""


def read_at_once(store: Store, parse: Parse) -> Begin:
    """No process but ours: a batch is read when it is asked for."""
    return lambda raws: lambda: {raw.uid: read_body(store, parse, raw) for raw in raws}


def reading_many(store: Store, parse: Parse, ahead: Ahead | None) -> AbstractContextManager[Begin]:
    """How to read batches: by `ahead`, or at once where there is none."""
    return nullcontext(read_at_once(store, parse)) if ahead is None else ahead()


@dataclass(frozen=True, slots=True)
class Window:
    """What one batch brings: mails to file, bodies already here, UIDs left out by a rule, UIDs that could
    not be had (uid -> reason), and what was had of those. `again` are UIDs that a rule may have left out before.
    `asked` are the first and the last UID of what is asked for meanwhile."""

    items: Sequence[HeaderItem] = ()
    read: Mapping[int, ReadBody] = field(default_factory=dict)
    skips: Mapping[int, LeftOut] = field(default_factory=dict)
    refused: Mapping[int, str] = field(default_factory=dict)
    remains: Mapping[int, StagedBlob] = field(default_factory=dict)
    again: Sequence[int] = ()
    asked: UidRange | None = None


@dataclass(frozen=True, slots=True)
class Filer:
    """Writes for one account. `raw_of` is asked for the bytes of a UID that cannot be filed; it may not have them."""

    store: Store
    context: FilingContext
    clock: Clock
    retry: Retry
    raw_of: Callable[[int], bytes | None]

    def file(self, folder: FolderRef, state: SyncState, window: Window) -> int:
        """A window, and the cursor to `state`, which stands where the window ends. Returns how many were quarantined."""

        def all_at_once(session: Session) -> None:
            self._record(session, folder, state.generation, window.items, window.read)
            self._close(session, folder, state, window)

        reason = self._problem(all_at_once)
        if reason is None:
            return len(window.refused)
        _log.error("a batch could not be filed", folder_id=folder.id, error=reason)
        bad = sum(not self._file_singly(folder, state.generation, item, window.read) for item in window.items)
        self.write(lambda session: self._close(session, folder, state, window))
        return bad + len(window.refused)

    def write(self, work: Callable[[Session], None]) -> None:
        """One transaction, done again while another worker is in its way."""

        def once() -> None:
            with self.store.write(ACTOR) as session:
                work(session)

        self.retry(once)

    def _problem(self, work: Callable[[Session], None]) -> str | None:
        """None if it is written; else why this mail cannot be. What is about the store goes up."""
        try:
            self.write(work)
        except Exception as exc:
            if _is_about_the_store(exc):
                raise
            return described(exc)
        return None

    def _file_singly(self, folder: FolderRef, generation: int, item: HeaderItem, read: Mapping[int, ReadBody]) -> bool:
        """Whether it could be filed; else it is listed with its reason, and its bytes are kept."""
        uid = item.place.uid
        reason = self._problem(lambda session: self._record(session, folder, generation, [item], read))
        if reason is None:
            return True
        raws = {uid: read[uid].raw} if uid in read else self._bytes_of(item.place)
        self.write(lambda session: quarantine(session, folder, generation, {uid: reason}, self.clock(), raws))
        return False

    def _bytes_of(self, place: Place) -> dict[int, StagedBlob]:
        if self.context.capture != Capture.ALL or place.size > LARGE_MESSAGE:
            return {}
        raw = self.raw_of(place.uid)
        return {} if raw is None else {place.uid: stage(self.store.blob_dir, raw)}

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
        messages.forget_skips(session, folder, state.generation, window.again)
        messages.add_skips(session, folder, state.generation, window.skips)
        quarantine(session, folder, state.generation, window.refused, self.clock(), window.remains)
        sync_state.advance(session, folder, state)
        if window.asked:
            tries.note_asked(session, folder, *window.asked)
        else:
            tries.forget_try(session, folder)


def _is_about_the_store(exc: Exception) -> bool:
    """A full disk or a lost database is about every mail; a collision that stays is about this one."""
    return isinstance(exc, MailcrmError) and not isinstance(exc, WriteCollision)
