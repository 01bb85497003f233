"""Bodies that wait on the server: fetched newest first as one stream, read while more is on its way, filed in portions.

What an earlier try did not bring comes last and one by one: it may cost the connection.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice

from mailcrm.clock import Clock
from mailcrm.errors import ConnectionLost
from mailcrm.ingest.capture import never_log_rule
from mailcrm.ingest.filing import Filer, ReadBody, without_left
from mailcrm.ingest.given import ACTOR
from mailcrm.ingest.imap.ahead import HeadersAhead
from mailcrm.ingest.imap.careful import fetch_bodies
from mailcrm.ingest.imap.job import SyncJob
from mailcrm.ingest.imap.mailbox import CommandRefused, Mailbox
from mailcrm.ingest.imap.plan import chunks
from mailcrm.ingest.imap.reading import Reading
from mailcrm.ingest.portions import portions
from mailcrm.ingest.record import record_bodies
from mailcrm.ingest.streams import Arriving, one_behind
from mailcrm.model.filing import PendingBody
from mailcrm.model.folder import FolderRef
from mailcrm.model.message import LARGE_MESSAGE, LARGEST_MESSAGE, SMALL_MESSAGE, RawMessage
from mailcrm.store import Session, Store, unfetched
from mailcrm.store.partial import PIECE, Partial, begun_uids, drop_partials, partial_name

_AT_A_TIME = 1000
"""Bodies that are looked up at once."""

_ROUNDS = 5
"""So often, for one stream: behind it come what it did not bring, and large mail."""

_BESIDE, _BESIDE_ROUNDS = 100, 50
"""Bodies that are looked up at once while headers come, and asked for by one command."""

_WINDOWS_BESIDE = 2
"""Windows of headers that are filed, if they have come, for each `_BESIDE` bodies that are asked for."""

_SUSPECTS = 50
"""Of what did not come when the connection broke, so many of the next in order are asked for alone the next time."""

_TRIES = 5

_LEAN_TRIES = 2
"""A mail over which the connection broke so often is asked for whole: the server may not bear to be asked for its parts."""

_TOO_LARGE = f"larger than {LARGEST_MESSAGE // 2**20} MiB"

_ENDS = (ConnectionLost, CommandRefused)
"""Of a stream of bodies. Refused, nothing came at all; why is seen when they are asked for once more."""

Asked = Mapping[int, PendingBody]


@dataclass(frozen=True)
class WaitingBodies:
    """Those of the folder that `mailbox` has open."""

    mailbox: Mailbox
    store: Store
    job: SyncJob
    clock: Clock
    filer: Filer
    reading: Reading
    stopped: Callable[[], bool]
    progress: Callable[[], None]

    def any(self, folder: FolderRef, generation: int, since: datetime | None = None) -> bool:
        """Whether there is something to `fetch`."""
        with self.store.read() as session:
            ask = unfetched.pending_bodies
            ways = (False,) if since else (False, True)
            return any(ask(session, folder, generation, 1, tried=tried, since=since) for tried in ways)

    def leave(self, folder: FolderRef, generation: int, uids: Sequence[int] | None) -> None:
        """A rule forbids to fetch these (None: all of the folder)."""

        def write(session: Session) -> None:
            unfetched.leave_on_server(session, folder, generation, uids)

        self.filer.write(write)

    def fetch(self, folder: FolderRef, generation: int, since: datetime | None = None) -> None:
        """All of them, or those of mail that the server got `since` then and that were never asked for. What does not come
        is tried again by the next pass, a few times."""
        with self.store.write(ACTOR) as session:
            unfetched.mark_same(session, folder, generation, partial=self.job.rules.leaves_attachments)
        rounds = self._rounds(folder, generation, since, tried=False)
        if self.job.rules.leaves_attachments:
            for asked in rounds:
                self._fetch(folder, generation, iter([self._fetch_lean(folder, generation, asked)]), len(asked))
        else:
            while (first := next(rounds, None)) is not None:
                self._fetch(folder, generation, chain([first], islice(rounds, _ROUNDS - 1)), len(first))
        if since:
            return
        for asked in self._rounds(folder, generation, None, tried=True):
            for uid, item in asked.items():
                if not self.stopped():
                    alone = self._fetch_lean(folder, generation, {uid: item})
                    self._fetch(folder, generation, iter([alone]), 1)

    def fetch_beside(self, folder: FolderRef, generation: int, headers: HeadersAhead, to_the_end: bool) -> None:
        """Those that were never asked for, while `headers` of older mail come: filing them leaves the line idle, and bodies
        fill it. Where it is not idle, none. Ends with the headers, or goes on `to_the_end` of the bodies."""
        if not headers.leave_room():
            return
        rounds = self._rounds_beside(folder, generation, headers, to_the_end)
        while (first := next(rounds, None)) is not None:
            self._fetch(folder, generation, chain([first], islice(rounds, _BESIDE_ROUNDS - 1)), headers.count)

    def _rounds_beside(
        self, folder: FolderRef, generation: int, headers: HeadersAhead, to_the_end: bool
    ) -> Iterator[dict[int, PendingBody]]:
        """Few at a time, newest first; before each, headers are filed that have come, so that more may be asked for."""
        below = None
        while not self.stopped():
            for _ in range(_WINDOWS_BESIDE):
                if headers.here:
                    headers.step()
            if headers.over and not to_the_end:
                return
            waiting = self._pending(folder, generation, _BESIDE, below)
            if waiting:
                below = waiting[-1].uid
                yield self._allowed(folder, generation, waiting)
            elif not headers.step():
                return

    def tidy(self, folder: FolderRef, generation: int) -> None:
        """Drop what came of large messages that are not waited for any more: they are given up, or gone."""
        begun = begun_uids(self.store.blob_dir, folder.id, generation)
        with self.store.read() as session:
            waiting = unfetched.pending_uids(session, folder, generation, begun) if begun else set()
        drop_partials(self.store.blob_dir, folder.id, generation, waiting)

    def _rounds(
        self, folder: FolderRef, generation: int, since: datetime | None, *, tried: bool
    ) -> Iterator[dict[int, PendingBody]]:
        """What may be asked for, by UID, newest first, as many as one stream takes."""
        below = None
        while not self.stopped():
            waiting = self._pending(folder, generation, _AT_A_TIME, below, tried=tried, since=since)
            if not waiting:
                return
            below = waiting[-1].uid
            yield self._allowed(folder, generation, waiting)

    def _pending(
        self,
        folder: FolderRef,
        generation: int,
        limit: int,
        below: int | None,
        *,
        tried: bool = False,
        since: datetime | None = None,
    ) -> Sequence[PendingBody]:
        with self.store.read() as session:
            ask = unfetched.pending_bodies
            return ask(session, folder, generation, limit, below=below, tried=tried, since=since)

    def _allowed(self, folder: FolderRef, generation: int, waiting: Sequence[PendingBody]) -> dict[int, PendingBody]:
        """By UID, without those that a rule forbids which did not yet hold when their headers were filed."""
        allowed = {item.uid: item for item in waiting}
        if not self.job.rules.never_log:
            return allowed
        with self.store.read() as session:
            people = unfetched.pending_people(session, [item.message_id for item in waiting])
        forbidden = {i.uid for i in waiting if never_log_rule(people[i.message_id], self.job.rules) is not None}
        if forbidden:
            self.leave(folder, generation, sorted(forbidden))
        return {uid: item for uid, item in allowed.items() if uid not in forbidden}

    def _fetch(self, folder: FolderRef, generation: int, rounds: Iterator[Asked], count: int) -> None:
        """All of these rounds as one stream, of about `count`, then large ones. A round is taken when there is room for it."""
        asked: dict[int, PendingBody] = {}
        came: set[int] = set()

        def lacking() -> list[tuple[int, int]]:
            left = ((uid, item.size) for uid, item in asked.items() if uid not in came)
            return [(uid, size) for uid, size in left if size <= LARGE_MESSAGE]

        try:
            self._stream(folder, generation, rounds, count, asked, came)
            for portion in chunks(lacking(), self.job.batch_messages, self.job.batch_bytes):
                if self.stopped():
                    return
                rest = fetch_bodies(self.mailbox, portion, works=bool(came))
                read = {uid: self.reading.one(raw) for uid, raw in rest.found.items()}
                self._file(folder, generation, asked, read, rest.refused)
                came.update(portion)
        except (ConnectionLost, CommandRefused) as exc:  # if it was one of these: next time they are asked for alone
            if not self.stopped():
                self._note_lost(folder, generation, [asked[uid] for uid, _ in lacking()], str(exc))
            raise
        for uid in sorted(asked.keys() - came, reverse=True):
            if not self.stopped():
                self._fetch_large(folder, generation, asked, uid)

    def _fetch_lean(self, folder: FolderRef, generation: int, asked: Asked) -> Asked:
        """If attachments stay on the server: what has some, without them. Returns the others, to be fetched whole."""
        if not self.job.rules.leaves_attachments:
            return asked
        from mailcrm.ingest.imap.lean import fetch_lean  # only now: it loads what takes mail apart

        wanted = sorted(uid for uid, i in asked.items() if i.size > SMALL_MESSAGE and i.attempts < _LEAN_TRIES)
        came: set[int] = set()
        arriving = Arriving(fetch_lean(self.mailbox, wanted), *_ENDS)
        for batch in portions(arriving, lambda pair: len(pair[1].raw), self.job.batch_messages, self.job.batch_bytes):
            read = {uid: without_left(self.reading.one(RawMessage(uid, each.raw)), each) for uid, each in batch}
            self._file(folder, generation, asked, read, {})
            came.update(read)
            if self.stopped():
                return {}
        if isinstance(arriving.ended_by, ConnectionLost):
            if not self.stopped():
                missing = [asked[uid] for uid in wanted if uid not in came]
                self._note_lost(folder, generation, missing, str(arriving.ended_by))
            raise arriving.ended_by
        return {uid: item for uid, item in asked.items() if uid not in came}

    def _fetch_large(self, folder: FolderRef, generation: int, asked: Asked, uid: int) -> None:
        """Piece by piece into a file. What came before the connection was lost is there the next time."""
        size = asked[uid].size
        if size > LARGEST_MESSAGE:
            self._file(folder, generation, asked, {}, {uid: _TOO_LARGE})
            return
        whole = Partial(self.store.blob_dir, partial_name(folder.id, generation, uid, size))
        before = whole.size
        try:
            for _, data in self.mailbox.fetch_body_parts(uid, before, size=size, length=PIECE):
                whole.append(data)
                self.progress()
                if self.stopped():
                    return
        except CommandRefused as exc:
            self._file(folder, generation, asked, {}, {uid: str(exc)})
            self.tidy(folder, generation)
            return
        except ConnectionLost as exc:
            if whole.size <= before + PIECE and not self.stopped():
                self._note_lost(folder, generation, [asked[uid]], str(exc))
                self.tidy(folder, generation)
            raise
        if whole.size:
            self._file(folder, generation, asked, {uid: self.reading.large(uid, whole)}, {})
        else:
            self._file(folder, generation, asked, {}, {uid: "the server does not give this message"})
        whole.drop()

    def _stream(
        self,
        folder: FolderRef,
        generation: int,
        rounds: Iterator[Asked],
        count: int,
        asked: dict[int, PendingBody],
        came: set[int],
    ) -> None:
        """File what comes, in batches: while one is read, the next is fetched. What was `asked` for, and the UIDs that
        `came`, are kept there."""

        def sizes() -> Iterator[list[tuple[int, int]]]:
            for some in rounds:
                asked.update(sorted(some.items()))  # the order in which they come
                yield [(uid, asked[uid].size) for uid in sorted(some) if asked[uid].size <= LARGE_MESSAGE]

        arriving = Arriving(self.mailbox.stream_bodies(sizes()), *_ENDS)
        with self.reading.many(count) as begin:
            batches = portions(arriving, lambda raw: len(raw.raw), self.job.batch_messages, self.job.batch_bytes)
            for later in one_behind(batches, begin, self.stopped):
                read = later()
                self._file(folder, generation, asked, read, {})
                came.update(read)
        if isinstance(arriving.ended_by, ConnectionLost):
            raise arriving.ended_by

    def _file(
        self,
        folder: FolderRef,
        generation: int,
        asked: Asked,
        read: Mapping[int, ReadBody],
        refused: Mapping[int, str],
    ) -> None:
        if not read and not refused:
            return

        def write(session: Session) -> None:
            bodies = [body.of(asked[uid]) for uid, body in read.items()]
            record_bodies(session, folder, generation, bodies, self.clock())
            for uid, reason in refused.items():
                tries = 1 if reason == _TOO_LARGE else _TRIES
                unfetched.note_missing_body(session, folder, generation, asked[uid], reason, tries)

        self.filer.write(write)
        self.progress()

    def _note_lost(self, folder: FolderRef, generation: int, missing: Sequence[PendingBody], error: str) -> None:
        """The connection broke over one of these; they are asked for in this order."""
        with self.store.write(ACTOR) as session:
            if len(missing) == 1:
                unfetched.note_missing_body(session, folder, generation, missing[0], error, _TRIES)
            else:
                unfetched.note_lost(session, [item.message_id for item in missing[:_SUSPECTS]])
