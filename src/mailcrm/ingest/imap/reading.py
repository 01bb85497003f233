"""Reads the bodies that came, in a second process where they are many, and counts them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from mailcrm.ingest.filing import Ahead, Begin, Later, ReadBody, read_body, read_large_body, reading_many
from mailcrm.ingest.given import Parse
from mailcrm.ingest.imap.job import PassReport
from mailcrm.model.message import RawMessage
from mailcrm.store import Store
from mailcrm.store.partial import Partial

_WORTH_A_PROCESS = 200
"""Bodies: to start one takes as long as to read so many."""


@dataclass(frozen=True)
class Reading:
    """For one pass; what is read is counted in its `report`."""

    store: Store
    parse: Parse
    ahead: Ahead | None
    report: PassReport

    @contextmanager
    def many(self, count: int) -> Iterator[Begin]:
        """How to read the batches of a stream of `count` messages."""
        ahead = self.ahead if count >= _WORTH_A_PROCESS else None
        with reading_many(self.store, self.parse, ahead) as begin:

            def counting(raws: Sequence[RawMessage]) -> Later:
                later = begin(raws)
                return lambda: {uid: self._counted(read) for uid, read in later().items()}

            yield counting

    def one(self, raw: RawMessage) -> ReadBody:
        """The bytes kept, and understood if they can be."""
        return self._counted(read_body(self.store, self.parse, raw))

    def large(self, uid: int, whole: Partial) -> ReadBody:
        """The same of a message that came in pieces."""
        return self._counted(read_large_body(self.parse, uid, whole))

    def _counted(self, read: ReadBody) -> ReadBody:
        self.report.bodies += 1
        self.report.body_bytes += read.raw.size
        self.report.quarantined += read.parsed is None
        return read
