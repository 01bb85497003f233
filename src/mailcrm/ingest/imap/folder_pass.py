"""The phases of one folder: live mail, backfill, bodies. What is done between two of them is in the store."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailcrm.clock import Clock
from mailcrm.ingest.filing import Ahead, Filer
from mailcrm.ingest.given import ACTOR, Parse, Retry
from mailcrm.ingest.imap.ahead import HeadersAhead, HeaderWindow
from mailcrm.ingest.imap.careful import fetch_bodies
from mailcrm.ingest.imap.caution import Caution
from mailcrm.ingest.imap.header_windows import HeaderWindows, within
from mailcrm.ingest.imap.job import PassReport, SyncJob
from mailcrm.ingest.imap.labels import Labels
from mailcrm.ingest.imap.mailbox import CommandRefused, Mailbox
from mailcrm.ingest.imap.plan import SyncPlan, is_same_folder, plan_sync, windows_over
from mailcrm.ingest.imap.reading import Reading
from mailcrm.ingest.imap.rejudge import Rejudge
from mailcrm.ingest.imap.upkeep import Upkeep
from mailcrm.ingest.imap.waiting import WaitingBodies
from mailcrm.ingest.record import FilingContext
from mailcrm.log import get_logger
from mailcrm.model.account import Capture
from mailcrm.model.folder import FolderInfo, FolderRef, FolderStatus, SyncState
from mailcrm.store import Store, copies, quarantine, rejudging, sync_state, waiting

_FRESH = timedelta(days=1)
"""Mail is new for so long: its bodies come before all older mail, and wait for no budget."""

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
        job, rules = self.job, self.job.rules
        context = FilingContext(job.account_id, rules.capture, job.own, job.links, rules.leaves_attachments)
        self.everything = rules.capture == Capture.ALL
        self.filer = Filer(self.store, context, self.clock, self.retry, self._raw_of)
        self.caution = Caution(self.store, self.clock, self.filer)
        reading = Reading(self.store, self.parse, self.ahead, self.report)

        def progress() -> None:
            self.progress(self.report)

        self.windows = HeaderWindows(
            self.mailbox, self.store, job, self.clock, self.filer, self.caution, self.labels, reading, self.report,
            self.stopped, progress,
        )  # fmt: skip
        self.waiting = WaitingBodies(
            self.mailbox, self.store, job, self.clock, self.filer, reading, self.stopped, progress
        )
        self.upkeep = Upkeep(self.mailbox, self.store, self.clock, self.filer, self.labels, self.windows.below)
        self.rejudge = Rejudge(self.store, job, self.filer, self.labels, self.windows.below, self.stopped)

    # --- the phases ----------------------------------------------------------------------------------------------

    def live(self, info: FolderInfo, folder: FolderRef) -> None:
        """Mail that came since the last pass, oldest first since the cursor only moves up."""
        plan, status = self._open(info, folder)
        self.report.quarantined += self.caution.set_aside(folder, plan.state.generation)
        self.windows.second_chances(folder, plan.state)
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
            self.windows.file(folder, replace(state, uid_high=hi), within(uids, lo, hi), at_once=at_once)

    def fresh(self, info: FolderInfo, folder: FolderRef) -> None:
        """Bodies of mail that arrived today: of more than came with their headers, or where those came in the backfill."""
        self._fetch_waiting(info, folder, self.clock() - _FRESH)

    def backfill(self, info: FolderInfo, folder: FolderRef) -> None:
        """Mail that was there before we first looked, newest first: headers, and bodies as far as the line has room."""
        state = self._state(folder)
        if state is None or state.uid_floor < 1 or not self._is_still(info, folder, state):
            return
        uids = self.caution.askable(folder, state.generation, self.mailbox.uids(1, state.uid_floor))
        self.report.expected += len(uids)
        below, suspected = self._below(folder, state, uids), self.caution.tried(folder)

        def recount() -> None:
            self.upkeep.recount(folder, replace(state, uid_floor=0))

        with HeadersAhead(self.windows, folder, below, suspected, len(uids), recount) as headers:
            if self.everything and not self.job.rules.leaves_attachments:
                self.waiting.fetch_beside(folder, state.generation, headers, self._is_last(folder))
            while not self.stopped() and headers.step():
                pass

    def _below(self, folder: FolderRef, state: SyncState, uids: Sequence[int]) -> Iterator[HeaderWindow]:
        windows = windows_over(uids, 1, state.uid_floor, self.job.batch_messages)
        for lo, hi in self.caution.windows(folder, windows, uids):
            yield HeaderWindow((lo, hi), within(uids, lo, hi), replace(state, uid_floor=lo - 1))

    def _is_last(self, folder: FolderRef) -> bool:
        """Whether no other folder waits for its headers."""
        with self.store.read() as session:
            return waiting.folders_to_read(session, self.job.account_id) <= {folder.id}

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
                quarantine.forget_before(session, folder, plan.state.generation)
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

    def _raw_of(self, uid: int) -> bytes | None:
        try:
            found = fetch_bodies(self.mailbox, [uid]).found
        except CommandRefused:
            return None
        return found[uid].raw if uid in found else None
