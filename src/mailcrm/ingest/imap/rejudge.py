"""After a change of the rules: what they left out is judged again, and what they kept only in part is completed.

Nothing that is in the archive is removed: rules that keep less hold for mail that is read from then on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from mailcrm.ingest.capture import too_old
from mailcrm.ingest.filing import Filer
from mailcrm.ingest.imap.job import SyncJob
from mailcrm.ingest.imap.labels import Labels
from mailcrm.model.account import Capture
from mailcrm.model.folder import FolderRef, SyncState
from mailcrm.store import Store, rejudging, standing, unfetched

_COPIES = 500
"""Rows in one transaction."""


@dataclass(frozen=True)
class Rejudge:
    """For one open mailbox. `file` fetches, judges and files UIDs (ascending) like new mail, and returns False when it
    was stopped."""

    store: Store
    job: SyncJob
    filer: Filer
    labels: Labels
    file: Callable[[FolderRef, SyncState, Sequence[int]], bool]
    stopped: Callable[[], bool]

    def due(self, folder: FolderRef) -> bool:
        """Whether other rules held when some of the folder was read."""
        return self._down_to(folder) > 0

    def run(self, folder: FolderRef, state: SyncState) -> None:
        """Of one open folder that is read to its end. If it is interrupted, the next pass goes on below."""
        since = self.job.rules.since
        if since is not None:
            rule = too_old(since)
            self.filer.write(lambda session: rejudging.keep_too_old(session, folder, state.generation, since, rule))
        below = self._down_to(folder)
        while uids := self._next(folder, state, below):
            below = uids[-1]
            if not self.file(folder, state, uids[::-1]):
                return
            self._note(folder, below)
        if self.job.rules.capture == Capture.ALL:
            self._want_bodies(folder, state)
        if not self.stopped():
            self._note(folder, 0)

    def _down_to(self, folder: FolderRef) -> int:
        with self.store.read() as session:
            return standing.left_to_judge(session, folder)

    def _note(self, folder: FolderRef, down_to: int) -> None:
        self.filer.write(lambda session: rejudging.note_judged(session, folder, self.job.judged_by, down_to))

    def _next(self, folder: FolderRef, state: SyncState, below: int) -> list[int]:
        """UIDs, highest first."""
        rules = self.job.rules
        with self.store.read() as session:
            return rejudging.to_judge(
                session, folder, state.generation, rules.since,
                subjects=rules.capture != Capture.METADATA, below=below, limit=self.job.batch_messages,
            )  # fmt: skip

    def _want_bodies(self, folder: FolderRef, state: SyncState) -> None:
        """Puts on the list of those to be fetched what may be; people whose mail is never kept are looked for there."""
        below = None
        while lacking := self._lacking(folder, state, below):
            if self.stopped():
                return
            below = lacking[-1][0]
            uids = [uid for uid, shown_in in lacking if self.labels.keeps(shown_in)]
            want = partial(unfetched.want_bodies, folder=folder, generation=state.generation, uids=uids)
            self.filer.write(partial(want, attachments=not self.job.rules.leaves_attachments))

    def _lacking(self, folder: FolderRef, state: SyncState, below: int | None) -> list[tuple[int, str]]:
        rules = self.job.rules
        with self.store.read() as session:
            return rejudging.lacking_bodies(
                session, folder, state.generation, rules.since,
                attachments=not rules.leaves_attachments, below=below, limit=_COPIES,
            )  # fmt: skip
