"""Mail that costs the connection, or the process: what is asked for is noted before, and asked for in ever smaller parts
until one message is left, which is set aside. Without this a single bad header would stop its account for ever."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mailcrm.clock import Clock
from mailcrm.ingest.filing import Filer
from mailcrm.ingest.imap.plan import cautious
from mailcrm.log import get_logger
from mailcrm.model.folder import FolderRef, Tried, UidRange
from mailcrm.store import Session, Store, quarantine, tries

_TRIES = 3
"""So often in a row a single message may cost the connection before it is left out."""

_REASON = "each time the server is asked for the header of this message, the connection ends"

_log = get_logger("mailcrm.ingest")


@dataclass(frozen=True)
class Caution:
    """For one account. What is noted here is forgotten by the transaction that files the mail (`Filer.file`)."""

    store: Store
    clock: Clock
    filer: Filer

    def begin(self, folder: FolderRef, uids: Sequence[int]) -> bool:
        """These are asked for now. Whether it is the last time, since it is one message that failed before."""
        if not uids:
            return False
        noted: list[Tried] = []
        self.filer.write(lambda session: noted.append(tries.note_try(session, folder, uids[0], uids[-1])))
        return _is_fatal(noted[-1])

    def ahead(self, folder: FolderRef, asked: UidRange) -> None:
        """All between these two is asked for now, or on its way, and not filed yet. Nothing in it is suspected."""
        self.filer.write(lambda session: tries.note_asked(session, folder, *asked))

    def forget(self, folder: FolderRef) -> None:
        """What was asked for is not wanted any more, and did no harm."""
        self.filer.write(lambda session: tries.forget_try(session, folder))

    def windows(
        self, folder: FolderRef, windows: Iterable[tuple[int, int]], uids: Sequence[int]
    ) -> Iterator[tuple[int, int]]:
        """The same ones, smaller where something is suspected."""
        return cautious(windows, uids, self.tried(folder))

    def set_aside(self, folder: FolderRef, generation: int) -> int:
        """Put into quarantine what had its last time; it is tried again after a while. Returns how many that were.

        What is in quarantine already has but one time.
        """
        tried = self.tried(folder)
        if tried is None or tried.first != tried.last:
            return 0
        if not _is_fatal(tried) and self.askable(folder, generation, [tried.first]):
            return 0
        _log.warning("a message costs the connection", folder_id=folder.id, uid=tried.first, tries=tried.times)

        def write(session: Session) -> None:
            quarantine.quarantine(session, folder, generation, {tried.first: _REASON}, self.clock())
            tries.forget_try(session, folder)

        self.filer.write(write)
        return 1

    def askable(self, folder: FolderRef, generation: int, uids: Sequence[int]) -> list[int]:
        """Without those that were set aside: they are asked for alone, when their time comes."""
        with self.store.read() as session:
            aside = quarantine.waiting(session, folder, generation)
        return [uid for uid in uids if uid not in aside]

    def tried(self, folder: FolderRef) -> Tried | None:
        """What was asked for and never filed: something in it is suspected."""
        with self.store.read() as session:
            return tries.last_try(session, folder)


def _is_fatal(tried: Tried) -> bool:
    return tried.first == tried.last and tried.times >= _TRIES
