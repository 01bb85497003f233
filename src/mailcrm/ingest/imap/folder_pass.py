"""The phases of one folder: live mail, backfill, bodies. Network and parsing never happen inside a transaction."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailcrm.clock import Clock
from mailcrm.errors import ConnectionLost
from mailcrm.ingest.capture import skip_rule
from mailcrm.ingest.filing import (
    Ahead,
    Begin,
    Filer,
    Later,
    ReadBody,
    Window,
    read_at_once,
    read_body,
    read_headers,
    read_large_body,
)
from mailcrm.ingest.given import ACTOR, Parse, Retry
from mailcrm.ingest.imap.careful import fetch_bodies, fetch_headers
from mailcrm.ingest.imap.caution import Caution
from mailcrm.ingest.imap.former import former_keys
from mailcrm.ingest.imap.job import PassReport, SyncJob
from mailcrm.ingest.imap.labels import Labels, is_sent
from mailcrm.ingest.imap.mailbox import CommandRefused, Mailbox
from mailcrm.ingest.imap.plan import (
    SyncPlan,
    chunks,
    fields_for,
    flag_text,
    is_same_folder,
    plan_sync,
    windows_over,
)
from mailcrm.ingest.imap.rejudge import Rejudge
from mailcrm.ingest.imap.upkeep import Upkeep
from mailcrm.ingest.imap.waiting import WaitingBodies
from mailcrm.ingest.mail.digest import arrival_digest, body_digest, dedupe_key
from mailcrm.ingest.record import FilingContext, HeaderItem
from mailcrm.log import get_logger
from mailcrm.model.account import Capture
from mailcrm.model.filing import LeftOut, Place
from mailcrm.model.folder import FolderInfo, FolderRef, FolderStatus, SyncState
from mailcrm.model.message import LARGE_MESSAGE, SMALL_MESSAGE, FetchedHeader, ParsedHeaders, RawMessage
from mailcrm.store import Store, copies, messages, quarantine, rejudging, sync_state
from mailcrm.store.partial import Partial

_RETRIES_AT_ONCE = 50
_FRESH = timedelta(days=1)
"""Mail is new for so long: its bodies come before all older mail, and wait for no budget."""

_WORTH_A_PROCESS = 200
"""Bodies: to start one takes as long as to read so many."""

_log = get_logger("mailcrm.ingest")


@dataclass
class FolderPass:
    """The phases over one open mailbox; the state between them is in the store."""

    mailbox: Mailbox
    store: Store
    job: SyncJob
    clock: Clock
    parse: Parse
    ahead: Ahead | None
    retry: Retry
    stopped: Callable[[], bool]
    progress: Callable[[PassReport], None]
    report: PassReport
    labels: Labels

    def __post_init__(self) -> None:
        job = self.job
        leaves = job.rules.leaves_attachments
        context = FilingContext(job.account_id, job.rules.capture, job.own, job.links, leaves)
        self.most_at_once = SMALL_MESSAGE if leaves else LARGE_MESSAGE
        self.filer = Filer(self.store, context, self.clock, self.retry, self._raw_of)
        self.fields = fields_for(job.rules.capture)
        self.everything = job.rules.capture == Capture.ALL
        self.waiting = WaitingBodies(
            self.mailbox, self.store, job, self.clock, self.filer, self._read_many, self._read, self._read_large, self.stopped,
            lambda: self.progress(self.report),
        )  # fmt: skip
        self.caution = Caution(self.store, self.clock, self.filer)
        self.upkeep = Upkeep(self.mailbox, self.store, self.clock, self.filer, self.labels, self._file_below)
        self.rejudge = Rejudge(self.store, job, self.filer, self.labels, self._file_below, self.stopped)

    # --- the phases ----------------------------------------------------------------------------------------------

    def live(self, info: FolderInfo, folder: FolderRef) -> None:
        """Mail that came since the last pass, oldest first since the cursor only moves up."""
        plan, status = self._open(info, folder)
        self.report.quarantined += self.caution.set_aside(folder, plan.state.generation)
        self._quarantined(folder, plan.state)
        if plan.live is not None:
            self._live(folder, plan.state, *plan.live)
        state = self._state(folder)
        if state is not None and not self.stopped():
            self.upkeep.settle(info, folder, state, status)
            self.waiting.tidy(folder, state.generation)

    def _live(self, folder: FolderRef, state: SyncState, first: int, last: int) -> None:
        uids = self.caution.askable(folder, state.generation, self.mailbox.uids(first, last))
        self.report.expected += len(uids)
        at_once = len(uids) <= self.job.live_limit
        windows = windows_over(uids, first, last, self.job.batch_messages)
        for lo, hi in reversed(list(self.caution.windows(folder, windows, uids))):
            if self.stopped():
                return
            self._file_window(folder, replace(state, uid_high=hi), _within(uids, lo, hi), at_once=at_once)

    def fresh(self, info: FolderInfo, folder: FolderRef) -> None:
        """Bodies of mail that arrived today: of more than came with their headers, or where those came in the backfill."""
        self._fetch_waiting(info, folder, self.clock() - _FRESH)

    def backfill(self, info: FolderInfo, folder: FolderRef) -> None:
        """Mail that was there before we first looked, newest first."""
        state = self._state(folder)
        if state is None or state.uid_floor < 1 or not self._is_still(info, folder, state):
            return
        uids = self.caution.askable(folder, state.generation, self.mailbox.uids(1, state.uid_floor))
        self.report.expected += len(uids)
        windows = windows_over(uids, 1, state.uid_floor, self.job.batch_messages)
        for lo, hi in self.caution.windows(folder, windows, uids):
            if self.stopped():
                return
            self._file_window(folder, replace(state, uid_floor=lo - 1), _within(uids, lo, hi), at_once=False)
        self.upkeep.recount(folder, replace(state, uid_floor=0))

    def again(self, info: FolderInfo, folder: FolderRef) -> None:
        """Mail that other rules judged, and the bodies that it wants."""
        state = self._state(folder)
        if state is None or not self.rejudge.due(folder) or not self._is_still(info, folder, state):
            return
        self.rejudge.run(folder, state)
        if not self.stopped():
            self.bodies(info, folder)

    def bodies(self, info: FolderInfo, folder: FolderRef) -> None:
        """Bytes that are still on the server."""
        self._fetch_waiting(info, folder, None)

    def _fetch_waiting(self, info: FolderInfo, folder: FolderRef, since: datetime | None) -> None:
        state = self._state(folder)
        if state is None or not self.waiting.any(folder, state.generation, since):
            return
        if not self.everything:
            self.waiting.leave(folder, state.generation, None)
        elif self._is_still(info, folder, state):
            self.waiting.fetch(folder, state.generation, since)

    # --- opening -------------------------------------------------------------------------------------------------

    def _open(self, info: FolderInfo, folder: FolderRef) -> tuple[SyncPlan, FolderStatus]:
        """EXAMINE, compare with what we know, and note where we start."""
        before = self._state(folder)
        status = self._examine(info, folder, before)
        uidnext = status.uidnext or self.mailbox.highest_uid(status.exists) + 1
        plan = plan_sync(status, before, uidnext)
        if plan.rolled:
            _log.warning("uidvalidity changed", folder_id=folder.id, generation=plan.state.generation)
        with self.store.write(ACTOR) as session:
            sync_state.advance(session, folder, plan.state)
            if before is None or plan.rolled:
                rejudging.note_judged(session, folder, self.job.judged_by)
            else:
                rejudging.begin_to_judge(session, folder, self.job.judged_by, plan.state.uid_high)
            if plan.state.uid_floor > 0:  # the first reading may take days, and people ask how far it is
                sync_state.note_count(session, folder, status.exists)
            if plan.rolled:
                copies.end_generations(session, folder, plan.state.generation, self.clock())
        return plan, status

    def _is_still(self, info: FolderInfo, folder: FolderRef, state: SyncState) -> bool:
        """Whether the UIDs we know still mean the same mails; if not, the next pass begins anew.

        Hours may lie between the phases of a first pass.
        """
        found = self._examine(info, folder)
        if (found.uidvalidity and found.uidvalidity != state.uidvalidity) or not is_same_folder(found, state):
            _log.warning("uidvalidity changed during the pass", folder_id=folder.id)
            return False
        return True

    def _examine(self, info: FolderInfo, folder: FolderRef, known: SyncState | None = None) -> FolderStatus:
        status = self.mailbox.examine(info, (known.uidvalidity, known.modseq) if known and known.modseq else None)
        self.report.counts[folder.id] = status.exists
        return status

    def _state(self, folder: FolderRef) -> SyncState | None:
        with self.store.read() as session:
            return sync_state.load_state(session, folder)

    # --- headers -------------------------------------------------------------------------------------------------

    def _file_window(
        self, folder: FolderRef, state: SyncState, uids: Sequence[int], *, at_once: bool, again: bool = False
    ) -> None:
        """Fetch, judge and file the mail of one window; `state` is where the cursor stands when that is done.

        `again`: a rule may have left it out before, or it is filed and lacks something; then it stays filed.
        """
        last_time = self.caution.begin(folder, uids)
        headers = fetch_headers(self.mailbox, uids, self.fields)
        kept, skips, odd = self._judge(headers.found)
        filed = self._filed(folder, state, uids) if again else {}
        unnamed = [(header, parsed) for header, parsed in kept if not parsed.message_id and header.uid not in filed]
        former = filed | former_keys(self.store, folder, state, unnamed)
        raws, lost = self._bodies_now([header for header, _ in unnamed if header.uid not in former])
        if lost is not None and not last_time:
            raise lost  # without their bodies they would be other mails than they are
        missing = [header.uid for header, _ in unnamed if header.uid not in former and header.uid not in raws]
        gone = self._gone(missing) if lost is None else frozenset()  # of a lost connection nothing can be asked
        kept = [(header, parsed) for header, parsed in kept if header.uid not in gone]
        items = [self._item(header, parsed, raws.get(header.uid), former) for header, parsed in kept]
        if at_once and lost is None:
            more, lost = self._bodies_now(self._lacking(items, raws))
            raws |= more
        read = {uid: self._read(raw) for uid, raw in raws.items()}
        skips = {uid: skip for uid, skip in skips.items() if uid not in filed}
        refused = {uid: reason for uid, reason in (headers.refused | odd).items() if uid not in filed}
        window = Window(items, read, skips, refused, again=uids if again else ())
        self.report.quarantined += self.filer.file(folder, state, window)
        self.report.headers += len(items)
        self.report.skipped += len(skips)
        self.progress(self.report)
        if lost is not None:
            raise lost

    def _file_below(self, folder: FolderRef, state: SyncState, uids: Sequence[int]) -> bool:
        """UIDs below the cursor that we do not know, or that a rule left out so far; `state` stays as it is. Returns
        whether it got through all of them."""
        windows = windows_over(uids, uids[0], uids[-1], self.job.batch_messages) if uids else ()
        for lo, hi in self.caution.windows(folder, windows, uids):
            if self.stopped():
                return False
            self._file_window(folder, state, _within(uids, lo, hi), at_once=False, again=True)
        return True

    def _judge(
        self, fetched: Sequence[FetchedHeader]
    ) -> tuple[list[tuple[FetchedHeader, ParsedHeaders]], dict[int, LeftOut], dict[int, str]]:
        """What to file; by UID, which rule leaves others out, and which headers the parser cannot bear."""
        kept: list[tuple[FetchedHeader, ParsedHeaders]] = []
        skips: dict[int, LeftOut] = {}
        odd: dict[int, str] = {}
        for header in fetched:
            parsed, reason = read_headers(header.header)
            if parsed is None:
                odd[header.uid] = reason
                continue
            arrived = header.internaldate or parsed.sent_at or self.clock()
            rule = self.labels.rule(header.labels, header.flags) or skip_rule(parsed, arrived, self.job.rules)
            if rule is None:
                kept.append((header, parsed))
            else:
                skips[header.uid] = LeftOut(rule, arrived)
        return kept, skips, odd

    def _filed(self, folder: FolderRef, state: SyncState, uids: Sequence[int]) -> dict[int, str]:
        """The dedupe keys of those that are in the archive under these very UIDs."""
        with self.store.read() as session:
            return copies.keys_at(session, folder, state.generation, uids)

    def _item(
        self, header: FetchedHeader, parsed: ParsedHeaders, raw: RawMessage | None, former: Mapping[int, str]
    ) -> HeaderItem:
        place = Place(
            header.uid, flag_text(header.flags), header.internaldate, header.size,
            self.labels.shown_in(header.labels), header.object_id, header.server_thread,
        )  # fmt: skip
        key = former.get(header.uid) or dedupe_key(parsed, "" if parsed.message_id else _digest(header, raw))
        return HeaderItem(place, parsed, key, is_sent(header))

    # --- bodies --------------------------------------------------------------------------------------------------

    def _bodies_now(
        self, wanted: Sequence[FetchedHeader | Place]
    ) -> tuple[dict[int, RawMessage], ConnectionLost | None]:
        """Bodies to be filed with their headers: of mail without a Message-ID, which is recognised by its body unless it
        is large (decisions.md 19), and of a few new mails. If they cost the connection, the headers are filed all the
        same."""
        found: dict[int, RawMessage] = {}
        sizes = [(each.uid, each.size) for each in wanted if each.size <= LARGE_MESSAGE] if self.everything else []
        try:
            for portion in chunks(sizes, self.job.batch_messages, self.job.batch_bytes):
                found |= fetch_bodies(self.mailbox, portion).found
        except CommandRefused:
            return found, None  # they stay pending
        except ConnectionLost as exc:
            return found, exc
        return found, None

    def _gone(self, uids: Sequence[int]) -> Set[int]:
        """Those of a few UIDs that went before their bodies came. Moved, they come under other UIDs, and are told again by
        their bodies alone."""
        return set(uids).difference(self.mailbox.uids(min(uids), max(uids))) if uids and self.everything else set()

    def _lacking(self, items: Sequence[HeaderItem], have: Mapping[int, RawMessage]) -> list[Place]:
        """The places of a few new mails without their bytes, if those are small enough for one transaction.

        Large ones come later, in pieces or without their attachments.
        """
        with self.store.read() as session:
            known = messages.find_messages(session, [item.dedupe_key for item in items])
        wanted = [
            item.place
            for item in items
            if item.place.uid not in have
            and item.place.size <= self.most_at_once
            and not ((message := known.get(item.dedupe_key)) and self.filer.context.has(message, item.place.size))
        ]
        return wanted if sum(place.size for place in wanted) <= self.job.batch_bytes else []

    @contextmanager
    def _read_many(self, count: int) -> Iterator[Begin]:
        """How to read the batches of a stream of `count` messages."""
        ahead = self.ahead if count >= _WORTH_A_PROCESS else None
        with ahead() if ahead else nullcontext(read_at_once(self.store, self.parse)) as begin:

            def counting(raws: Sequence[RawMessage]) -> Later:
                later = begin(raws)
                return lambda: {uid: self._counted(read) for uid, read in later().items()}

            yield counting

    def _read(self, raw: RawMessage) -> ReadBody:
        return self._counted(read_body(self.store, self.parse, raw))

    def _read_large(self, uid: int, whole: Partial) -> ReadBody:
        return self._counted(read_large_body(self.parse, uid, whole))

    def _counted(self, read: ReadBody) -> ReadBody:
        self.report.bodies += 1
        self.report.body_bytes += read.raw.size
        self.report.quarantined += read.parsed is None
        return read

    def _raw_of(self, uid: int) -> bytes | None:
        try:
            found = fetch_bodies(self.mailbox, [uid]).found
        except CommandRefused:
            return None
        return found[uid].raw if uid in found else None

    # --- second chances -----------------------------------------------------------------------------------------

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
