"""The phases of one folder: live mail, backfill, bodies. Network and parsing never happen inside a transaction."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from mailcrm.clock import Clock
from mailcrm.errors import ConnectionLost
from mailcrm.ingest.capture import never_log_rule, skip_rule
from mailcrm.ingest.filing import ACTOR, Filer, Parse, ReadBody, Retry, Window, read_body, read_headers
from mailcrm.ingest.imap.careful import fetch_bodies, fetch_headers
from mailcrm.ingest.imap.job import PassReport, SyncJob
from mailcrm.ingest.imap.mailbox import CommandRefused, Mailbox
from mailcrm.ingest.imap.plan import SyncPlan, chunks, fields_for, plan_sync, windows_over
from mailcrm.ingest.imap.transport import LITERAL_LIMIT
from mailcrm.ingest.mail.digest import arrival_digest, body_digest, dedupe_key
from mailcrm.ingest.record import FilingContext, HeaderItem, record_bodies
from mailcrm.log import get_logger
from mailcrm.model.account import Capture
from mailcrm.model.filing import FolderRef, PendingBody, Place
from mailcrm.model.folder import FolderInfo, FolderStatus, SyncState
from mailcrm.model.message import FetchedHeader, ParsedHeaders, RawMessage
from mailcrm.store import Session, Store, coverage, message_bodies, messages, quarantine, sync_state

_BODY_TRIES = 5
_RETRIES_AT_ONCE = 50
_TOO_LARGE = f"larger than {LITERAL_LIMIT // 2**20} MiB"
_log = get_logger("mailcrm.ingest")


@dataclass
class FolderPass:
    """The phases over one open mailbox; the state between them is in the store."""

    mailbox: Mailbox
    store: Store
    job: SyncJob
    clock: Clock
    parse: Parse
    retry: Retry
    stopped: Callable[[], bool]
    progress: Callable[[PassReport], None]
    report: PassReport

    def __post_init__(self) -> None:
        job = self.job
        context = FilingContext(job.account_id, job.rules.capture, job.own, job.links)
        self.filer = Filer(self.store, context, self.clock, self.retry, self._raw_of)
        self.fields = fields_for(job.rules.capture)
        self.everything = job.rules.capture == Capture.ALL

    # --- the phases ----------------------------------------------------------------------------------------------

    def live(self, info: FolderInfo, folder: FolderRef) -> None:
        """Mail that came since the last pass, oldest first since the cursor only moves up."""
        plan = self._open(info, folder)
        self._quarantined(folder, plan.state)
        if plan.live is not None:
            self._live(folder, plan.state, *plan.live)
        if not self.stopped():
            self._gaps(folder)

    def _live(self, folder: FolderRef, state: SyncState, first: int, last: int) -> None:
        uids = self.mailbox.uids(first, last)
        self.report.expected += len(uids)
        at_once = len(uids) <= self.job.live_limit
        for lo, hi in reversed(list(windows_over(uids, first, last, self.job.batch_messages))):
            if self.stopped():
                return
            self._file_window(folder, replace(state, uid_high=hi), _within(uids, lo, hi), at_once=at_once)

    def backfill(self, info: FolderInfo, folder: FolderRef) -> None:
        """Mail that was there before we first looked, newest first."""
        state = self._state(folder)
        if state is None or state.uid_floor < 1 or not self._is_still(info, folder, state):
            return
        uids = self.mailbox.uids(1, state.uid_floor)
        self.report.expected += len(uids)
        for lo, hi in windows_over(uids, 1, state.uid_floor, self.job.batch_messages):
            if self.stopped():
                return
            self._file_window(folder, replace(state, uid_floor=lo - 1), _within(uids, lo, hi), at_once=False)

    def bodies(self, info: FolderInfo, folder: FolderRef) -> None:
        """Bytes that are still on the server, newest first. What does not come is tried again by the next pass.

        What an earlier try did not bring comes last and one by one: it may cost the connection.
        """
        state = self._state(folder)
        if state is None or not self._has_pending(folder, state.generation):
            return
        if not self.everything:
            self._leave_on_server(folder, state.generation, None)
        elif self._is_still(info, folder, state):
            with self.store.write(ACTOR) as session:
                message_bodies.mark_same(session, folder, state.generation)
            for tried in (False, True):
                self._fetch_waiting(folder, state.generation, tried=tried)

    # --- opening -------------------------------------------------------------------------------------------------

    def _open(self, info: FolderInfo, folder: FolderRef) -> SyncPlan:
        """EXAMINE, compare with what we know, and note where we start."""
        status = self._examine(info, folder)
        uidnext = status.uidnext or self.mailbox.highest_uid(status.exists) + 1
        plan = plan_sync(status, self._state(folder), uidnext)
        if plan.rolled:
            _log.warning("uidvalidity changed", folder_id=folder.id, generation=plan.state.generation)
        with self.store.write(ACTOR) as session:
            sync_state.advance(session, folder, plan.state)
        return plan

    def _is_still(self, info: FolderInfo, folder: FolderRef, state: SyncState) -> bool:
        """Whether the UIDs we know still mean the same mails; if not, the next pass begins anew.

        Hours may lie between the phases of a first pass.
        """
        found = self._examine(info, folder).uidvalidity
        if found and found != state.uidvalidity:
            _log.warning("uidvalidity changed during the pass", folder_id=folder.id)
            return False
        return True

    def _examine(self, info: FolderInfo, folder: FolderRef) -> FolderStatus:
        status = self.mailbox.examine(info)
        self.report.counts[folder.id] = status.exists
        return status

    def _state(self, folder: FolderRef) -> SyncState | None:
        with self.store.read() as session:
            return sync_state.load_state(session, folder)

    # --- headers -------------------------------------------------------------------------------------------------

    def _file_window(self, folder: FolderRef, state: SyncState, uids: Sequence[int], *, at_once: bool) -> None:
        """Fetch, judge and file the mail of one window; `state` is where the cursor stands when that is done."""
        headers = fetch_headers(self.mailbox, uids, self.fields)
        kept, skips, odd = self._judge(headers.found)
        raws, lost = self._bodies_now([h for h, parsed in kept if not parsed.message_id])
        items = [self._item(header, parsed, raws.get(header.uid)) for header, parsed in kept]
        if at_once and lost is None:
            more, lost = self._bodies_now(self._lacking(items, raws))
            raws |= more
        window = Window(items, {uid: self._read(raw) for uid, raw in raws.items()}, skips, headers.refused | odd)
        self.report.quarantined += self.filer.file(folder, state, window)
        self.report.headers += len(items)
        self.report.skipped += len(skips)
        self.progress(self.report)
        if lost is not None:
            raise lost

    def _judge(
        self, fetched: Sequence[FetchedHeader]
    ) -> tuple[list[tuple[FetchedHeader, ParsedHeaders]], dict[int, str], dict[int, str]]:
        """What to file; by UID, which rule leaves others out, and which headers the parser cannot bear."""
        kept, skips, odd = [], {}, {}
        for header in fetched:
            parsed, reason = read_headers(header.header)
            if parsed is None:
                odd[header.uid] = reason
                continue
            arrived = header.internaldate or parsed.sent_at or self.clock()
            rule = skip_rule(parsed, arrived, self.job.rules)
            if rule is None:
                kept.append((header, parsed))
            else:
                skips[header.uid] = rule
        return kept, skips, odd

    def _item(self, header: FetchedHeader, parsed: ParsedHeaders, raw: RawMessage | None) -> HeaderItem:
        place = Place(header.uid, " ".join(header.flags), header.internaldate, header.size)
        return HeaderItem(place, parsed, dedupe_key(parsed, "" if parsed.message_id else _digest(header, raw)))

    # --- bodies --------------------------------------------------------------------------------------------------

    def _bodies_now(
        self, wanted: Sequence[FetchedHeader | Place]
    ) -> tuple[dict[int, RawMessage], ConnectionLost | None]:
        """Bodies to be filed with their headers: of mail without a Message-ID, which is recognised by its body
        (decisions.md 19), and of a few new mails. If they cost the connection, the headers are filed all the same."""
        found: dict[int, RawMessage] = {}
        sizes = [(each.uid, each.size) for each in wanted if each.size <= LITERAL_LIMIT] if self.everything else []
        try:
            for portion in chunks(sizes, self.job.batch_messages, self.job.batch_bytes):
                found |= fetch_bodies(self.mailbox, portion).found
        except CommandRefused:
            return found, None  # they stay pending
        except ConnectionLost as exc:
            return found, exc
        return found, None

    def _lacking(self, items: Sequence[HeaderItem], have: Mapping[int, RawMessage]) -> list[Place]:
        """The places of a few new mails without their bytes, if those are small enough for one transaction."""
        with self.store.read() as session:
            known = messages.find_messages(session, [item.dedupe_key for item in items])
        wanted = [
            item.place
            for item in items
            if item.place.uid not in have
            and not ((message := known.get(item.dedupe_key)) and item.place.size in message.sizes)
        ]
        return wanted if sum(place.size for place in wanted) <= self.job.batch_bytes else []

    def _read(self, raw: RawMessage) -> ReadBody:
        read = read_body(self.store, self.parse, raw)
        self.report.bodies += 1
        self.report.body_bytes += len(raw.raw)
        self.report.quarantined += read.parsed is None
        return read

    def _raw_of(self, uid: int) -> bytes | None:
        try:
            found = fetch_bodies(self.mailbox, [uid]).found
        except CommandRefused:
            return None
        return found[uid].raw if uid in found else None

    def _has_pending(self, folder: FolderRef, generation: int) -> bool:
        with self.store.read() as session:
            ask = message_bodies.pending_bodies
            return any(ask(session, folder, generation, 1, tried=tried) for tried in (False, True))

    def _fetch_waiting(self, folder: FolderRef, generation: int, *, tried: bool) -> None:
        below = None
        while not self.stopped():
            with self.store.read() as session:
                waiting = message_bodies.pending_bodies(
                    session, folder, generation, self.job.batch_messages, below=below, tried=tried
                )
            if not waiting:
                return
            below = waiting[-1].uid
            allowed = {item.uid: item for item in self._allowed(folder, generation, waiting)}
            at_once = 1 if tried else self.job.live_limit
            for portion in chunks([(i.uid, i.size) for i in allowed.values()], at_once, self.job.batch_bytes):
                if self.stopped():
                    return
                self._fetch_bodies(folder, generation, [allowed[uid] for uid in portion])

    def _allowed(self, folder: FolderRef, generation: int, waiting: Sequence[PendingBody]) -> list[PendingBody]:
        """Without those that a rule forbids which did not yet hold when their headers were filed."""
        if not self.job.rules.never_log:
            return list(waiting)
        with self.store.read() as session:
            people = message_bodies.pending_people(session, [item.message_id for item in waiting])
        forbidden = {i.uid for i in waiting if never_log_rule(people[i.message_id], self.job.rules) is not None}
        if forbidden:
            self._leave_on_server(folder, generation, sorted(forbidden))
        return [item for item in waiting if item.uid not in forbidden]

    def _leave_on_server(self, folder: FolderRef, generation: int, uids: Sequence[int] | None) -> None:
        def write(session: Session) -> None:
            message_bodies.leave_on_server(session, folder, generation, uids)

        self.filer.write(write)

    def _fetch_bodies(self, folder: FolderRef, generation: int, portion: Sequence[PendingBody]) -> None:
        small = [item for item in portion if item.size <= LITERAL_LIMIT]
        try:
            answer = fetch_bodies(self.mailbox, [item.uid for item in small])
        except ConnectionLost as exc:
            if not self.stopped():
                self._note_lost(folder, generation, small, str(exc))
            raise
        read = {uid: self._read(raw) for uid, raw in answer.found.items()}
        refused = answer.refused | {item.uid: _TOO_LARGE for item in portion if item.size > LITERAL_LIMIT}

        def write(session: Session) -> None:
            bodies = [read[item.uid].of(item) for item in portion if item.uid in read]
            record_bodies(session, folder, generation, bodies, self.clock())
            for item in (item for item in portion if item.uid in refused):
                tries = 1 if refused[item.uid] == _TOO_LARGE else _BODY_TRIES
                message_bodies.note_missing_body(session, folder, generation, item, refused[item.uid], tries)

        self.filer.write(write)
        self.progress(self.report)

    def _note_lost(self, folder: FolderRef, generation: int, asked: Sequence[PendingBody], error: str) -> None:
        with self.store.write(ACTOR) as session:
            if len(asked) == 1:
                message_bodies.note_missing_body(session, folder, generation, asked[0], error, _BODY_TRIES)
            else:
                message_bodies.note_lost(session, [item.message_id for item in asked])

    # --- gaps and quarantine --------------------------------------------------------------------------------------

    def _gaps(self, folder: FolderRef) -> None:
        """Mail that became visible below the cursor: a server's own replication is not always in order of UIDs.

        Seen where the server holds more than we know of; a full comparison is for a slower rhythm than a pass.
        """
        state = self._state(folder)
        if state is None or state.uid_floor > 0:
            return
        with self.store.read() as session:
            known = coverage.count_known(session, folder, state.generation)
        if known >= self.report.counts[folder.id]:
            return
        uids = self.mailbox.uids(1, state.uid_high)
        with self.store.read() as session:
            missing = coverage.unknown_uids(session, folder, state.generation, uids)
        if missing:
            _log.warning("mail appeared below the cursor", folder_id=folder.id, mails=len(missing))
        size = self.job.batch_messages
        for start in range(0, len(missing), size):
            self._file_window(folder, state, missing[start : start + size], at_once=False)

    def _quarantined(self, folder: FolderRef, state: SyncState) -> None:
        """UIDs that could not be had or filed get another chance, each alone."""
        with self.store.read() as session:
            due = quarantine.retries_due(session, folder, state.generation, self.clock(), _RETRIES_AT_ONCE)
        if not due:
            return
        there = set(self.mailbox.uids(due[0], due[-1]))
        for uid in (uid for uid in due if uid in there):
            self._file_window(folder, state, [uid], at_once=True)
        with self.store.write(ACTOR) as session:
            quarantine.let_go(session, folder, state.generation, due, set(due) - there)


def _digest(header: FetchedHeader, raw: RawMessage | None) -> str:
    """What tells a mail without a Message-ID from others: its body, else its size and the moment of its arrival."""
    if raw is not None:
        return body_digest(raw.raw)
    return arrival_digest(header.size, header.internaldate)


def _within(uids: Sequence[int], lo: int, hi: int) -> Sequence[int]:
    return uids[bisect_left(uids, lo) : bisect_left(uids, hi + 1)]
