"""One pass over a mailbox: what is new first, then what was there before, then the bodies.

    LIST, STATUS                 folders whose numbers stand still are skipped; copies in folders that are no more are gone
      | live: headers, rules, bodies, one transaction per batch with the cursor (decisions.md 21)
      |       then what changed of mail filed before: flags, deletions, gaps
      | fresh: bodies of mail that arrived within a day
      | backfill: headers newest first; the floor of what is known sinks with each batch. While they are filed bodies come
      | bodies: all others, newest first, raw bytes before anything is made of them
      | after a change of the rules: what they left out or kept in part, once more, and its bodies
A folder that fails is noted and does not stop the others; a message that fails is quarantined and stops nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mailcrm.clock import Clock
from mailcrm.ingest.given import ACTOR, Parse, Retry
from mailcrm.ingest.imap.job import PassReport, SyncJob
from mailcrm.ingest.imap.labels import Labels, folders_to_read
from mailcrm.ingest.imap.mailbox import CommandRefused, Mailbox
from mailcrm.ingest.imap.plan import is_same_folder
from mailcrm.log import get_logger
from mailcrm.model.folder import FolderInfo, FolderRef, FolderRole, FolderStatus
from mailcrm.store import Session, Store, sync_state, waiting
from mailcrm.store.renames import follow_renames
from mailcrm.store.standing import Standing, ensure_folders, left_to_judge, note_unchanged

if TYPE_CHECKING:
    from mailcrm.ingest.filing import Ahead

_ORDER = (FolderRole.INBOX, FolderRole.SENT, FolderRole.ARCHIVE, FolderRole.OTHER, FolderRole.ALL)
_LOOK_AGAIN = timedelta(minutes=15)
"""How old the flags may be in a folder whose server keeps no mod-sequences: nothing else tells of them. And how long we
may hold more or less mail than the server counts."""

_COUNT_AGAIN = timedelta(days=1)
"""How often our rows are counted in a folder where nothing changes: some of them might be lost."""

_log = get_logger("mailcrm.ingest")


@dataclass(frozen=True, slots=True)
class _Work:
    """A folder that has something to do."""

    info: FolderInfo
    ref: FolderRef


def sync_account(
    mailbox: Mailbox,
    store: Store,
    job: SyncJob,
    clock: Clock,
    *,
    parse: Parse,
    ahead: "Ahead | None" = None,
    retry: Retry = lambda work: work(),
    stopped: Callable[[], bool] = lambda: False,
    progress: Callable[[PassReport], None] = lambda _report: None,
    enough: Callable[[], bool] = lambda: False,
) -> PassReport:
    """One complete pass. `stopped` ends it early between batches; `progress` is called after each batch; `retry` does a
    transaction again when another worker was in its way. Once `enough`, old mail is left for another pass. `ahead` reads
    a stream of bodies.

    Raises ConnectionLost, Throttled, PermanentError and StoreBusy; what was filed before stays filed.
    """
    report = PassReport()
    listed, statuses = mailbox.survey()
    folders = folders_to_read(listed, job.leave_out, labels=mailbox.labels)
    folders.sort(key=lambda info: (_ORDER.index(info.role) if info.role in _ORDER else len(_ORDER), info.name))
    work, missed = _changed(store, job, listed, folders, statuses, clock, report)
    if missed:
        from mailcrm.ingest.imap.missed import note_missed  # seldom

        note_missed(store, missed, clock)
    if not work:
        report.ended = report.complete = True
        return report
    from mailcrm.ingest.imap.folder_pass import FolderPass  # only now: most passes find nothing to read

    labels = Labels.of(listed, job.leave_out)

    def over() -> bool:
        return stopped() or enough()

    new = FolderPass(mailbox, store, job, clock, parse, ahead, retry, stopped, progress, report, labels)
    old = FolderPass(mailbox, store, job, clock, parse, ahead, retry, over, progress, report, labels)
    for phase, ended in (
        (new.live, stopped),
        (new.fresh, stopped),
        (old.backfill, over),
        (old.bodies, over),
        (old.again, over),
    ):
        for folder in work:
            if ended():
                break
            _run(phase, folder, store, report)
    if stopped():
        return report
    failed = {name for name, _ in report.failures}
    with store.write(ACTOR) as session:
        left = waiting.folders_with_pending(session, job.account_id) & {folder.ref.id for folder in work}
        left |= {folder.ref.id for folder in work if _is_unfinished(session, folder)}
        for folder in work:
            if folder.ref.name not in failed:
                done_at = clock() if folder.ref.id not in left else None
                sync_state.note_folder(session, folder.ref, report.counts.get(folder.ref.id, 0), "", done_at)
    report.ended = True
    report.complete = not failed and not left
    report.paused = bool(left) and enough()
    return report


def _run(phase: Callable[[FolderInfo, FolderRef], None], folder: _Work, store: Store, report: PassReport) -> None:
    """CommandRefused is about this folder only; everything else is about the connection and ends the pass."""
    if any(name == folder.ref.name for name, _ in report.failures):
        return
    try:
        phase(folder.info, folder.ref)
    except CommandRefused as exc:
        _log.warning("folder failed", folder_id=folder.ref.id, error=str(exc))
        report.failures.append((folder.ref.name, str(exc)))
        with store.write(ACTOR) as session:
            sync_state.note_folder(session, folder.ref, report.counts.get(folder.ref.id, 0), str(exc), None)


def _changed(
    store: Store,
    job: SyncJob,
    listed: Sequence[FolderInfo],
    folders: Sequence[FolderInfo],
    statuses: Mapping[str, FolderStatus],
    clock: Clock,
    report: PassReport,
) -> tuple[list[_Work], list[tuple[FolderRef, int]]]:
    """The folders that are not exactly as the last complete pass left them, with their rows; and those that were there
    then and are no more, with their generations."""
    with store.write(ACTOR) as session:
        ids = {name: status.mailboxid for name, status in statuses.items() if status.mailboxid}
        known = [(info, ids[info.name_raw]) for info in listed if info.name_raw in ids]
        if known and (renamed := follow_renames(session, job.account_id, known)):
            _log.info("folders renamed", account_id=job.account_id, folders=renamed)
        there = [info for info in listed if info.selectable]
        # There is always an INBOX (RFC 3501, 5.1): a list without it is not believed.
        whole = any(info.role is FolderRole.INBOX for info in there)
        standings, missed = ensure_folders(session, job.account_id, folders, there if whole else None)
        pending = waiting.folders_with_pending(session, job.account_id)
        pending |= waiting.folders_with_retries(session, job.account_id, clock())
        changed, unchanged = [], []
        for info, known_as in zip(folders, standings, strict=True):
            status = statuses.get(info.name_raw)
            if status and known_as.ref.id not in pending and _stands_still(known_as, status, job, clock()):
                unchanged.append(known_as.ref)
            else:
                changed.append(_Work(info, known_as.ref))
        note_unchanged(session, unchanged, clock())
    report.folders, report.unchanged = len(folders), len(unchanged)
    return changed, missed


def _is_unfinished(session: Session, folder: _Work) -> bool:
    """Not read to its end, or not again after a change of the rules."""
    state = sync_state.load_state(session, folder.ref)
    return state is not None and (state.uid_floor > 0 or left_to_judge(session, folder.ref) > 0)


def _stands_still(folder: Standing, status: FolderStatus, job: SyncJob, now: datetime) -> bool:
    state = folder.state
    if state is None or state.uid_floor > 0 or status.uidnext != state.uid_high + 1:
        return False
    if not is_same_folder(status, state) or folder.judged_by != job.judged_by or folder.judged_down_to > 0:
        return False
    if status.uidvalidity != state.uidvalidity or status.exists != folder.server_count:
        return False
    if (status.highestmodseq or 0) != state.modseq or folder.settled_at is None:
        return False
    sure = state.modseq and folder.counted == status.exists
    return now - folder.settled_at < (_COUNT_AGAIN if sure else _LOOK_AGAIN)
