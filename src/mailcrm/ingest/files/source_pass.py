"""Files the mail of one source: what was not filed before, a batch at a time, each with its cursor in one transaction.

mbox            from the cursor on; if the file was changed in front of it, all of it as a new generation
Maildir, .eml   the files that are not filed yet, by their numbers; those in quarantine are tried again
Either way, rules that changed make a new generation: what they left out before is judged anew. Mail that is in the
archive already gets one more location, so to read something twice is harmless.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from operator import attrgetter
from typing import BinaryIO

from mailcrm.clock import Clock
from mailcrm.ingest.files.filemail import FileMail
from mailcrm.ingest.files.judge import Judge
from mailcrm.ingest.files.listing import MailFile, list_files, read_file
from mailcrm.ingest.files.mbox import goes_on, read_mbox, tail_mark
from mailcrm.ingest.files.report import ImportReport
from mailcrm.ingest.files.sources import Source, SourceKind
from mailcrm.ingest.filing import Ahead, Begin, Filer, Later, Window, reading_many
from mailcrm.ingest.given import Parse, Retry
from mailcrm.ingest.imap.job import SyncJob
from mailcrm.ingest.portions import portions
from mailcrm.ingest.record import FilingContext
from mailcrm.ingest.streams import Arriving, one_behind
from mailcrm.log import get_logger
from mailcrm.model.account import Capture
from mailcrm.model.filing import KnownMessage
from mailcrm.model.folder import FolderRef, SyncState
from mailcrm.model.message import LARGEST_MESSAGE, RawMessage
from mailcrm.store import Session, Store, coverage, quarantine, sync_state
from mailcrm.store.messages import find_messages
from mailcrm.store.packing import stage

_SLICE = 500
_WORTH_A_PROCESS = {SourceKind.MBOX: 4_000_000, SourceKind.MAILDIR: 200, SourceKind.EML: 200}
"""From sources of this size on, bodies are read by a second process; to start one takes half a second."""

_log = get_logger("mailcrm.ingest")


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some mails of a source, the cursor behind them, and how much of the source is done with them."""

    mails: Sequence[FileMail]
    state: SyncState
    done: int


@dataclass(frozen=True, slots=True)
class _Begun:
    """A batch that was judged, whose bodies somebody reads."""

    batch: _Batch
    window: Window
    raws: Mapping[int, bytes]
    read: Later


@dataclass
class SourcePass:
    """The sources of one account, one after the other. `progress` is called after each batch; `ahead` reads the bodies
    of large ones."""

    store: Store
    job: SyncJob
    clock: Clock
    parse: Parse
    retry: Retry
    progress: Callable[[ImportReport], None]
    report: ImportReport = field(default_factory=ImportReport)
    largest: int = LARGEST_MESSAGE
    ahead: Ahead | None = None

    def __post_init__(self) -> None:
        context = FilingContext(self.job.account_id, self.job.rules.capture, self.job.own, self.job.links)
        self.raws: Mapping[int, bytes] = {}
        self.judge = Judge(self.job)
        self.filer = Filer(self.store, context, self.clock, self.retry, self._raw_of)
        self.everything = self.job.rules.capture == Capture.ALL
        # With their bodies, no more in one transaction than of live mail: a running daemon wants to write, too.
        self.at_once = min(self.job.live_limit, self.job.batch_messages) if self.everything else self.job.batch_messages

    def run(self, source: Source) -> None:
        """File what is new in a source; where it cannot be read on, that is noted. Raises StoreBusy."""
        folder = self._folder(source)
        self.report.sources += 1
        self._show(source.name, 0, source.size)
        error = ""
        try:
            if source.kind is SourceKind.MBOX:
                self._mbox(source, folder)
            else:
                self._files(source, folder)
        except OSError as exc:
            error = exc.strerror or str(exc)
            _log.warning("import failed", folder_id=folder.id, error=error)
            self.report.failures.append((source.name, error))
        done_at = None if error else self.clock()
        self.filer.write(lambda session: sync_state.note_folder(session, folder, 0, error, done_at))

    def _folder(self, source: Source) -> FolderRef:
        found: list[FolderRef] = []

        def ensure(session: Session) -> None:
            name = f"import: {source.name}"
            found.append(sync_state.ensure_import(session, self.job.account_id, source.key, name))

        self.filer.write(ensure)
        return found[-1]

    def _show(self, name: str, done: int, total: int) -> None:
        self.report.source, self.report.done, self.report.total = name, done, total
        self.progress(self.report)

    # --- mbox ----------------------------------------------------------------------------------------------------

    def _mbox(self, source: Source, folder: FolderRef) -> None:
        with source.path.open("rb") as file:
            state = self._begin(folder, lambda state: _is_same(file, source.size, state))
            self._count_earlier(folder, state)
            self._file_all(source, folder, self._in_mbox(file, state))

    def _in_mbox(self, file: BinaryIO, state: SyncState) -> Iterator[_Batch]:
        for mails in self._batches(read_mbox(file, state.uid_high, self.largest)):
            end = mails[-1].end
            yield _Batch(mails, replace(state, uid_high=end, mark=tail_mark(file, end)), end)

    def _count_earlier(self, folder: FolderRef, state: SyncState) -> None:
        """What earlier runs made of the mails in front of the cursor."""
        with self.store.read() as session:
            filed, rules, broken = coverage.count_uids(session, folder, state.generation)
        for rule, count in rules.items():
            self.report.leave_out(rule, count)
        self.report.known += filed
        self.report.quarantined += broken
        self.report.mails += filed + sum(rules.values()) + broken

    def _begin(self, folder: FolderRef, is_same: Callable[[SyncState], bool]) -> SyncState:
        """Where to go on: where the last run ended if source and rules are the same, else at the front."""
        rules = self.job.rules.fingerprint()
        with self.store.read() as session:
            state = sync_state.load_state(session, folder)
        if state is not None and state.uidvalidity == rules and is_same(state):
            return state
        anew = SyncState(state.generation + 1 if state else 1, rules, 0, 0)

        def begin(session: Session) -> None:
            sync_state.advance(session, folder, anew)
            quarantine.forget_before(session, folder, anew.generation)

        self.filer.write(begin)
        return anew

    # --- files ---------------------------------------------------------------------------------------------------

    def _files(self, source: Source, folder: FolderRef) -> None:
        state = self._begin(folder, lambda _state: True)
        with self.store.read() as session:
            waiting = quarantine.waiting(session, folder, state.generation)
        tried = set[int]()
        self._file_all(
            source, folder, self._in_files(source, folder, state, lambda uids: tried.update(waiting.intersection(uids)))
        )
        self._let_go(folder, state, tried, waiting - tried)

    def _in_files(
        self, source: Source, folder: FolderRef, state: SyncState, seen: Callable[[Collection[int]], None]
    ) -> Iterator[_Batch]:
        files, done = list_files(source), 0
        while part := {file.uid: file for file in islice(files, _SLICE)}:
            new = self._not_filed(folder, state, part)
            before = done + len(part) - len(new)
            for mails in self._batches(read_file(file, self.largest) for file in new):
                before += len(mails)
                yield _Batch(mails, state, before)
            done += len(part)
            seen(part.keys())
            self._show(source.name, done, max(source.size, done))

    def _not_filed(self, folder: FolderRef, state: SyncState, part: dict[int, MailFile]) -> list[MailFile]:
        uids = list(part)
        with self.store.read() as session:
            filed = coverage.located_uids(session, folder, state.generation, uids)
            rules = coverage.skipped_uids(session, folder, state.generation, uids)
        for rule in rules.values():
            self.report.leave_out(rule)
        self.report.known += len(filed)
        self.report.mails += len(filed) + len(rules)
        return [file for uid, file in part.items() if uid not in filed and uid not in rules]

    def _let_go(self, folder: FolderRef, state: SyncState, tried: set[int], gone: set[int]) -> None:
        """Files of the quarantine that could be filed now, and those that are there no more or were changed."""
        uids = sorted(tried | gone)
        for start in range(0, len(uids), _SLICE):
            part = uids[start : start + _SLICE]
            lost = gone.intersection(part)
            self.filer.write(
                partial(quarantine.let_go, folder=folder, generation=state.generation, tried=part, gone=lost)
            )

    def _batches(self, mails: Iterable[FileMail]) -> Iterator[list[FileMail]]:
        return portions(mails, attrgetter("size"), self.at_once, self.job.batch_bytes)

    # --- one batch -----------------------------------------------------------------------------------------------

    def _file_all(self, source: Source, folder: FolderRef, batches: Iterable[_Batch]) -> None:
        """While the bodies of one batch are read, the next is taken from the source; the cursor stands behind a batch when
        that is filed. Raises OSError where the source cannot be read on; what came until then is filed."""
        arriving = Arriving(batches, OSError)
        with self._read_many(source) as begin:
            for begun in one_behind(arriving, lambda batch: self._begun(batch, begin)):
                self._file(folder, begun)
                self._show(source.name, begun.batch.done, max(source.size, begun.batch.done))
        if arriving.ended_by is not None:
            raise arriving.ended_by

    def _read_many(self, source: Source) -> AbstractContextManager[Begin]:
        worth = self.everything and source.size >= _WORTH_A_PROCESS[source.kind]
        return reading_many(self.store, self.parse, self.ahead if worth else None)

    def _begun(self, batch: _Batch, begin: Begin) -> _Begun:
        """Judge, and begin to understand what the archive lacks."""
        raws = {mail.uid: mail.raw for mail in batch.mails if mail.raw is not None}
        window = self.judge.window(batch.mails, self.clock())
        wanted = self._lacking_bodies(window) if self.everything else []
        read = begin([RawMessage(uid, raws[uid]) for uid in wanted]) if wanted else dict
        return _Begun(batch, window, raws, read)

    def _file(self, folder: FolderRef, begun: _Begun) -> None:
        self.raws, read = begun.raws, begun.read()
        remains = {uid: stage(self.store.blob_dir, self.raws[uid]) for uid in begun.window.refused if self._keeps(uid)}
        window = replace(begun.window, read=read, remains=remains)
        known = self._known(window)  # now, since the batch before is filed
        quarantined = self.filer.file(folder, begun.batch.state, window)
        self._count(window, known.keys(), quarantined, sum(body.parsed is None for body in read.values()))

    def _known(self, window: Window) -> dict[str, KnownMessage]:
        with self.store.read() as session:
            return find_messages(session, [item.dedupe_key for item in window.items])

    def _lacking_bodies(self, window: Window) -> list[int]:
        """Whose bytes the archive would keep: of others a copy with the same size has them already."""
        known = self._known(window)
        return [item.place.uid for item in window.items if not _has(known.get(item.dedupe_key), item.place.size)]

    def _raw_of(self, uid: int) -> bytes | None:
        return self.raws.get(uid)

    def _keeps(self, uid: int) -> bool:
        return self.everything and uid in self.raws

    def _count(self, window: Window, known: Collection[str], quarantined: int, unparsable: int) -> None:
        """What is kept but not understood counts as quarantined, not as new."""
        report, filed = self.report, len(window.items)
        report.mails += filed + len(window.skips) + len(window.refused)
        report.read += filed + len(window.skips) + len(window.refused)
        for skip in window.skips.values():
            report.leave_out(skip.rule)
        lost = quarantined - len(window.refused) + unparsable
        new = max(len({item.dedupe_key for item in window.items} - set(known)) - lost, 0)
        report.quarantined += quarantined + unparsable
        report.new += new
        report.known += filed - lost - new


def _has(message: KnownMessage | None, size: int) -> bool:
    return message is not None and size in message.sizes


def _is_same(file: BinaryIO, size: int, state: SyncState) -> bool:
    """Whether the cursor stands where a mail begins, or the file ends, and nothing moved in front of it."""
    if state.uid_high == 0:
        return True
    if state.uid_high > size or state.mark != tail_mark(file, state.uid_high):
        return False
    return goes_on(file, state.uid_high)
