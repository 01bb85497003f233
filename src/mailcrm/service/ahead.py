"""Reads much mail in a second process: it keeps and understands one batch while we fetch the next and file the one before.

Only where there is a second processor, for one mailbox of this process at a time, and only for a stream of bodies: a few
new mails are read faster where they arrive. Whatever happens to the child, a batch is read: here, one by one, if need be.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from mailcrm.errors import StoreBusy, Unparsable
from mailcrm.ingest.given import Parse
from mailcrm.log import get_logger
from mailcrm.model.message import LargeMessage, ParsedMessage, RawMessage
from mailcrm.service.batch import send_batch
from mailcrm.service.child import Child
from mailcrm.service.guard import CPU_SECONDS, MEMORY
from mailcrm.store import Store

if TYPE_CHECKING:
    from mailcrm.ingest.filing import Begin, Later, ReadBody
    from mailcrm.model.filing import StagedBlob

_ONE_MAILBOX = threading.Lock()
"""So that the first reading of many mailboxes takes the memory of one child."""

_log = get_logger("mailcrm.service")


class Ahead:
    """An `ingest.filing.Ahead` for one thread, with `parse` for what the child does not do. `close` it."""

    def __init__(self, store: Store, parse: Parse) -> None:
        self._store = store
        self._parse = parse
        self._child = Child("mailcrm.service.guarded", str(CPU_SECONDS), str(MEMORY))
        self._under_way: Later | None = None

    @contextmanager
    def __call__(self) -> "Iterator[Begin]":
        """How to begin with batches, as long as the block lasts."""
        if not _second_processor() or not _ONE_MAILBOX.acquire(blocking=False):
            yield self._at_once
            return
        try:
            yield self._begin
        finally:
            if self._under_way is not None:  # nobody wants it any more
                self.close()
            _ONE_MAILBOX.release()

    def _at_once(self, raws: Sequence[RawMessage]) -> "Later":
        from mailcrm.ingest.filing import read_at_once  # only now: most passes find nothing new

        return read_at_once(self._store, self._parse)(raws)

    def _begin(self, raws: Sequence[RawMessage]) -> "Later":
        """Hand a batch to the child, but hear the answers about the last one before: neither waits for the other to
        listen."""
        if self._under_way is not None:
            self._under_way()
        try:
            self._send(raws)
        except StoreBusy as exc:
            _log.warning("a batch is read without a second process", error=str(exc))
            return self._at_once(raws)
        self._under_way = cache(lambda: self._hear(raws))
        return self._under_way

    def _send(self, raws: Sequence[RawMessage]) -> None:
        try:
            send_batch(self._child.line, self._store.blob_dir, raws)
        except OSError:  # it has gone home meanwhile
            self._child.close()
            try:
                send_batch(self._child.line, self._store.blob_dir, raws)
            except OSError as exc:
                raise StoreBusy(f"the process that reads mail does not listen: {exc}") from exc

    def _hear(self, raws: Sequence[RawMessage]) -> "Mapping[int, ReadBody]":
        self._under_way = None
        try:
            answers = [self._child.said() for _ in raws]
        except Exception as exc:  # noqa: BLE001 - killed for a mail beyond limits, or another version is being installed
            self._child.close()
            _log.warning("a batch is read without a second process", error=f"{type(exc).__name__}: {exc}")
            return self._at_once(raws)()
        return {raw.uid: _body(raw, answer) for raw, answer in zip(raws, answers, strict=True)}

    def close(self) -> None:
        """End the child; the next batch starts another."""
        self._under_way = None
        self._child.close()


def _body(raw: RawMessage, answer: "tuple[StagedBlob, ParsedMessage | str] | StoreBusy") -> "ReadBody":
    from mailcrm.ingest.filing import understood

    if isinstance(answer, StoreBusy):
        raise answer
    staged, said = answer

    def parsed(_message: RawMessage | LargeMessage) -> ParsedMessage:
        if isinstance(said, str):
            raise Unparsable(said)
        return said

    return understood(staged, parsed, raw)


def _second_processor() -> bool:
    mine = getattr(os, "sched_getaffinity", None)  # not on every system
    return (len(mine(0)) if mine else os.cpu_count() or 1) > 1
