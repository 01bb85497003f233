"""The child of `guard` and `ahead`: understands one message after another and is killed by the system when one takes too
much.

python -m mailcrm.service.guarded FD CPU_SECONDS MEMORY
"""

import gc
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from mailcrm.errors import StoreBusy, Unparsable
from mailcrm.ingest.mail.parse import parse_message
from mailcrm.model.document import DocumentBytes, DocumentText
from mailcrm.model.filing import StagedBlob
from mailcrm.model.message import LONGEST_TEXT, LargeMessage, ParsedHeaders, ParsedMessage, RawMessage
from mailcrm.service.batch import Batch, receive_batch
from mailcrm.store.packing import stage

_IDLE_SECONDS = 10.0
_OURSELVES = 48 * 1024 * 1024
"""Bytes that the child has in use before the first message."""

_NEW_OBJECTS = 50_000
"""Between two looks for garbage; parsing makes little of it."""


def main(fd: int, cpu_seconds: float, memory: int) -> None:
    """Answer until nobody asks any more."""
    _limit_memory(memory)
    gc.set_threshold(_NEW_OBJECTS)
    gc.freeze()  # what was imported stays: a look at it after each batch took a tenth of the child's time
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # whoever asked is gone
        line = Connection(fd)
        while line.poll(_IDLE_SECONDS):
            _answer(line, cpu_seconds)
            gc.collect()


def _answer(line: Connection, cpu_seconds: float) -> None:
    asked = line.recv()
    if isinstance(asked, Batch):
        _answer_all(line, asked.blob_dir, receive_batch(line, asked), cpu_seconds)
        return
    with _limited(cpu_seconds):
        answer = _text_of(asked) if isinstance(asked, DocumentBytes) else _understood(asked)
    line.send(answer)


def _answer_all(line: Connection, blob_dir: Path, raws: list[RawMessage], cpu_seconds: float) -> None:
    """In the order of the batch, and all at the end: until then nobody listens."""
    answers = []
    for raw in raws:
        with _limited(cpu_seconds):
            answers.append(_kept(blob_dir, raw))
    for answer in answers:
        line.send(answer)


@contextmanager
def _limited(cpu_seconds: float) -> Iterator[None]:
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds)  # SIGPROF ends a process that does not want it
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)


def _limit_memory(size: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = _OURSELVES + size
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if most < 0 else min(wanted, most), most))


def _kept(blob_dir: Path, raw: RawMessage) -> tuple[StagedBlob, ParsedMessage | str] | StoreBusy:
    try:
        staged = stage(blob_dir, raw.raw)
    except StoreBusy as exc:
        return exc
    understood = _understood(raw)
    return staged, understood if isinstance(understood, str) else _beyond_header(understood)


def _beyond_header(parsed: ParsedMessage) -> ParsedMessage:
    """What is filed of a body: the header has been, but for the kind of mail; the rest is costly to send."""
    return replace(parsed, headers=ParsedHeaders(kind=parsed.headers.kind), html="")


def _text_of(document: DocumentBytes) -> DocumentText | str:
    """The text of a file, or why there is none."""
    from mailcrm.ingest.documents.read import read_document  # only now: most children read mail

    try:
        return DocumentText(read_document(document))
    except (Unparsable, MemoryError, RecursionError) as exc:
        return str(exc) or "it needs too much memory"


def _understood(message: RawMessage | LargeMessage) -> ParsedMessage | str:
    """The message with as much of its text as is kept, or why there is none."""
    try:
        raw = message if isinstance(message, RawMessage) else RawMessage(message.uid, message.path.read_bytes())
        parsed = parse_message(raw)
    except (Unparsable, MemoryError, OSError) as exc:
        return str(exc) or "the message needs too much memory"
    if max(len(parsed.text), len(parsed.html)) <= LONGEST_TEXT:
        return parsed
    return replace(parsed, text=parsed.text[:LONGEST_TEXT], html=parsed.html[:LONGEST_TEXT])


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
