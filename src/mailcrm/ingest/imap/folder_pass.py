"""The three phases of one folder: live mail, backfill, bodies. Network and parsing never happen inside a transaction."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from mailcrm.clock import Clock
from mailcrm.errors import MailcrmError
from mailcrm.ingest.capture import CaptureRules, skip_rule
from mailcrm.ingest.imap.mailbox import Mailbox
from mailcrm.ingest.imap.plan import SyncPlan, chunks, fields_for, plan_sync, windows_over
from mailcrm.ingest.mail.digest import body_digest, dedupe_key
from mailcrm.ingest.mail.headers import parse_headers
from mailcrm.ingest.record import FilingContext, HeaderItem, record_bodies, record_headers
from mailcrm.model.account import Capture
from mailcrm.model.address import OwnAddresses
from mailcrm.model.filing import FetchedBody, FolderRef, PendingBody, Place, StagedBlob
from mailcrm.model.folder import FolderInfo, FolderStatus, SyncState
from mailcrm.model.message import FetchedHeader, ParsedHeaders, ParsedMessage, RawMessage
from mailcrm.model.rights import Actor
from mailcrm.model.token import LinkKeys
from mailcrm.store import Session, Store, message_bodies, messages, sync_state
from mailcrm.store.blobs import stage

Parse = Callable[[RawMessage], ParsedMessage]
"""`ingest.mail.parse.parse_message`, or the same behind a guard."""

_ACTOR = Actor.system("ingest")
_BODY_TRIES = 3
_MISSING = "the server does not give this message"
_SILENT = "the server lists this message but gives no header of it"
_log = structlog.get_logger("mailcrm.ingest")


@dataclass(frozen=True, slots=True)
class SyncJob:
    """What a pass needs to know of its account. Sizes are in messages and bytes."""

    account_id: int
    own: OwnAddresses
    links: LinkKeys
    rules: CaptureRules
    leave_out: tuple[str, ...] = ()
    batch_messages: int = 200
    batch_bytes: int = 8 * 1024 * 1024
    live_limit: int = 50


@dataclass
class PassReport:
    """What a pass did, counted while it runs. `counts` is the number of mails on the server by folder id."""

    folders: int = 0
    unchanged: int = 0
    headers: int = 0
    bodies: int = 0
    body_bytes: int = 0
    skipped: int = 0
    quarantined: int = 0
    expected: int = 0
    complete: bool = False
    counts: dict[int, int] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Read:
    """The bytes of one UID, kept, and what the parser made of them."""

    raw: StagedBlob
    parsed: ParsedMessage | None
    error: str = ""

    def of(self, pending: PendingBody) -> FetchedBody:
        return FetchedBody(pending, self.raw, self.parsed, self.error)


@dataclass(frozen=True, slots=True)
class _Window:
    """What one batch brings: mails to file, bodies already here, UIDs left out by a rule, UIDs without an answer."""

    items: Sequence[HeaderItem]
    read: Mapping[int, _Read]
    skips: Mapping[int, str]
    silent: Sequence[int]


class FolderPass:
    """The phases over one open mailbox; the state between them is in the store."""

    def __init__(
        self,
        mailbox: Mailbox,
        store: Store,
        job: SyncJob,
        clock: Clock,
        parse: Parse,
        stopped: Callable[[], bool],
        progress: Callable[[PassReport], None],
        report: PassReport,
    ) -> None:
        self.mailbox, self.store, self.job, self.clock = mailbox, store, job, clock
        self.parse, self.stopped, self.progress, self.report = parse, stopped, progress, report
        self.context = FilingContext(job.account_id, job.rules.capture, job.own, job.links)
        self.fields = fields_for(job.rules.capture)

    # --- the phases ----------------------------------------------------------------------------------------------

    def live(self, info: FolderInfo, folder: FolderRef) -> None:
        """Mail that came since the last pass, oldest first since the cursor only moves up."""
        plan = self._open(info, folder)
        if plan.live is None:
            return
        uids = self.mailbox.uids(*plan.live)
        self.report.expected += len(uids)
        at_once = len(uids) <= self.job.live_limit
        for lo, hi in reversed(list(windows_over(uids, *plan.live, self.job.batch_messages))):
            if self.stopped():
                return
            self._file_window(folder, replace(plan.state, uid_high=hi), _within(uids, lo, hi), lo, hi, at_once=at_once)

    def backfill(self, info: FolderInfo, folder: FolderRef) -> None:
        """Mail that was there before we first looked, newest first."""
        state = self._state(folder)
        if state is None or state.uid_floor < 1:
            return
        self._examine(info, folder)
        uids = self.mailbox.uids(1, state.uid_floor)
        self.report.expected += len(uids)
        for lo, hi in windows_over(uids, 1, state.uid_floor, self.job.batch_messages):
            if self.stopped():
                return
            moved = replace(state, uid_floor=lo - 1)
            self._file_window(folder, moved, _within(uids, lo, hi), lo, hi, at_once=False)

    def bodies(self, info: FolderInfo, folder: FolderRef) -> None:
        """Bytes that are still on the server, newest first. What does not come is tried again by the next pass."""
        state, tried = self._state(folder), set[int]()
        opened = False
        while state is not None and not self.stopped():
            with self.store.read() as session:
                waiting = message_bodies.pending_bodies(
                    session, folder, state.generation, self.job.batch_messages + len(tried)
                )
            waiting = [item for item in waiting if item.uid not in tried][: self.job.batch_messages]
            if not waiting:
                return
            if not opened:
                opened = True
                self._examine(info, folder)
                with self.store.write(_ACTOR) as session:
                    if message_bodies.mark_same(session, folder, state.generation):
                        continue
            tried |= {item.uid for item in waiting}
            self._fetch_bodies(folder, state.generation, waiting)

    # --- opening -------------------------------------------------------------------------------------------------

    def _open(self, info: FolderInfo, folder: FolderRef) -> SyncPlan:
        """EXAMINE, compare with what we know, and note where we start."""
        status = self._examine(info, folder)
        uidnext = status.uidnext or self.mailbox.highest_uid(status.exists) + 1
        plan = plan_sync(status, self._state(folder), uidnext)
        if plan.rolled:
            _log.warning("uidvalidity changed", folder_id=folder.id, generation=plan.state.generation)
        with self.store.write(_ACTOR) as session:
            sync_state.advance(session, folder, plan.state)
        return plan

    def _examine(self, info: FolderInfo, folder: FolderRef) -> FolderStatus:
        status = self.mailbox.examine(info)
        self.report.counts[folder.id] = status.exists
        return status

    def _state(self, folder: FolderRef) -> SyncState | None:
        with self.store.read() as session:
            return sync_state.load_state(session, folder)

    # --- headers -------------------------------------------------------------------------------------------------

    def _file_window(
        self, folder: FolderRef, state: SyncState, uids: Sequence[int], lo: int, hi: int, *, at_once: bool
    ) -> None:
        """Fetch, judge and file the mail of one window; `state` is where the cursor stands when that is done."""
        fetched = self.mailbox.fetch_headers(lo, hi, self.fields) if uids else []
        kept, skips = self._judge(fetched)
        raws = self._bodies_without_id(kept)
        items = [self._item(header, parsed, raws.get(header.uid)) for header, parsed in kept]
        if at_once:
            raws |= self._bodies_at_once(items, raws)
        window = _Window(items, {uid: self._read(raw) for uid, raw in raws.items()}, skips, self._silent(uids, fetched))
        self._file(folder, state, window)
        self.report.headers += len(items)
        self.report.skipped += len(skips)
        self.report.quarantined += len(window.silent)
        self.progress(self.report)

    def _judge(
        self, fetched: Sequence[FetchedHeader]
    ) -> tuple[list[tuple[FetchedHeader, ParsedHeaders]], dict[int, str]]:
        """What to file, and by UID which rule leaves the others out."""
        kept, skips = [], {}
        for header in fetched:
            parsed = parse_headers(header.header)
            arrived = header.internaldate or parsed.sent_at or self.clock()
            rule = skip_rule(parsed, arrived, self.job.rules)
            if rule is None:
                kept.append((header, parsed))
            else:
                skips[header.uid] = rule
        return kept, skips

    def _item(self, header: FetchedHeader, parsed: ParsedHeaders, raw: RawMessage | None) -> HeaderItem:
        digest = "" if parsed.message_id else body_digest(raw.raw) if raw is not None else f"size:{header.size}"
        place = Place(header.uid, " ".join(header.flags), header.internaldate, header.size)
        return HeaderItem(place, parsed, dedupe_key(parsed, digest))

    def _bodies_without_id(self, kept: Sequence[tuple[FetchedHeader, ParsedHeaders]]) -> dict[int, RawMessage]:
        """Mail without a Message-ID is recognised by its body, so that is fetched first (decisions.md 19)."""
        if self.job.rules.capture != Capture.ALL:
            return {}
        sizes = [(header.uid, header.size) for header, parsed in kept if not parsed.message_id]
        found: dict[int, RawMessage] = {}
        for portion in chunks(sizes, self.job.batch_messages, self.job.batch_bytes):
            found |= {raw.uid: raw for raw in self.mailbox.fetch_bodies(portion)}
        return found

    def _silent(self, uids: Sequence[int], fetched: Sequence[FetchedHeader]) -> list[int]:
        """UIDs that the server lists but gives no header of; those that are gone by now are just gone."""
        missing = sorted(set(uids) - {header.uid for header in fetched})
        if not missing:
            return []
        return sorted(set(missing) & set(self.mailbox.uids(missing[0], missing[-1])))

    # --- bodies --------------------------------------------------------------------------------------------------

    def _bodies_at_once(self, items: Sequence[HeaderItem], have: Mapping[int, RawMessage]) -> dict[int, RawMessage]:
        """The bodies of a few new mails, if together they are small enough to be filed in the same transaction."""
        if self.job.rules.capture != Capture.ALL:
            return {}
        with self.store.read() as session:
            known = messages.find_messages(session, [item.dedupe_key for item in items])
        wanted = [
            item.place
            for item in items
            if item.place.uid not in have
            and not ((message := known.get(item.dedupe_key)) and item.place.size in message.sizes)
        ]
        if not wanted or sum(place.size for place in wanted) > self.job.batch_bytes:
            return {}
        return {raw.uid: raw for raw in self.mailbox.fetch_bodies([place.uid for place in wanted])}

    def _read(self, raw: RawMessage) -> _Read:
        """Keep first, understand second: whatever the parser does, the bytes are safe."""
        staged = stage(self.store.blob_dir, raw.raw)
        self.report.bodies += 1
        self.report.body_bytes += len(raw.raw)
        try:
            return _Read(staged, self.parse(raw))
        except Exception as exc:  # noqa: BLE001 - a bug of the parser must not stop the folder; it is listed
            self.report.quarantined += 1
            _log.warning("message quarantined", uid=raw.uid, error=type(exc).__name__)
            return _Read(staged, None, f"{type(exc).__name__}: {exc}")

    def _fetch_bodies(self, folder: FolderRef, generation: int, waiting: Sequence[PendingBody]) -> None:
        by_uid = {item.uid: item for item in waiting}
        for portion in chunks([(i.uid, i.size) for i in waiting], self.job.live_limit, self.job.batch_bytes):
            if self.stopped():
                return
            read = {raw.uid: self._read(raw) for raw in self.mailbox.fetch_bodies(portion)}
            missing = [by_uid[uid] for uid in portion if uid not in read]
            with self.store.write(_ACTOR) as session:
                bodies = [read[uid].of(by_uid[uid]) for uid in portion if uid in read]
                record_bodies(session, folder, generation, bodies, self.clock())
                for item in missing:
                    message_bodies.note_missing_body(session, folder, generation, item, _MISSING, _BODY_TRIES)
            self.progress(self.report)

    # --- filing --------------------------------------------------------------------------------------------------

    def _file(self, folder: FolderRef, state: SyncState, window: _Window) -> None:
        """All of a window and the cursor in one transaction; if that fails, one by one to find the culprit."""
        try:
            with self.store.write(_ACTOR) as session:
                self._record(session, folder, state.generation, window.items, window.read)
                self._close(session, folder, state, window)
        except MailcrmError:
            raise
        except Exception as exc:  # noqa: BLE001 - one mail that cannot be filed must not stop the folder
            _log.error("a batch could not be filed", folder_id=folder.id, error=type(exc).__name__, exc_info=True)
            for item in window.items:
                self._file_singly(folder, state.generation, item, window.read)
            with self.store.write(_ACTOR) as session:
                self._close(session, folder, state, window)

    def _file_singly(self, folder: FolderRef, generation: int, item: HeaderItem, read: Mapping[int, _Read]) -> None:
        try:
            with self.store.write(_ACTOR) as session:
                self._record(session, folder, generation, [item], read)
        except MailcrmError:
            raise
        except Exception as exc:  # noqa: BLE001 - listed with its reason, its bytes kept where we have them
            self.report.quarantined += 1
            uid, reason = item.place.uid, f"{type(exc).__name__}: {exc}"
            raw = read[uid].raw if uid in read else None
            with self.store.write(_ACTOR) as session:
                messages.quarantine(session, folder, generation, uid, reason, raw, self.clock())

    def _record(
        self,
        session: Session,
        folder: FolderRef,
        generation: int,
        items: Sequence[HeaderItem],
        read: Mapping[int, _Read],
    ) -> None:
        now = self.clock()
        pending = record_headers(session, self.context, folder, generation, items, now)
        bodies = [read[uid].of(waiting) for uid, waiting in pending.items() if uid in read]
        record_bodies(session, folder, generation, bodies, now)

    def _close(self, session: Session, folder: FolderRef, state: SyncState, window: _Window) -> None:
        messages.add_skips(session, folder, state.generation, window.skips)
        for uid in window.silent:
            messages.quarantine(session, folder, state.generation, uid, _SILENT, None, self.clock())
        sync_state.advance(session, folder, state)


def _within(uids: Sequence[int], lo: int, hi: int) -> Sequence[int]:
    return uids[bisect_left(uids, lo) : bisect_left(uids, hi + 1)]
