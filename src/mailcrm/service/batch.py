"""How many messages go to the child at once: one after another over the line, so that none is copied into a pickle."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mailcrm.model.message import RawMessage

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


@dataclass(frozen=True, slots=True)
class Batch:
    """The bytes of these messages follow; they are to be kept below `blob_dir`."""

    blob_dir: Path
    uids: tuple[int, ...]


def send_batch(line: "Connection", blob_dir: Path, raws: Sequence[RawMessage]) -> None:
    """Say what follows, and the messages themselves."""
    line.send(Batch(blob_dir, tuple(raw.uid for raw in raws)))
    for raw in raws:
        line.send_bytes(raw.raw)


def receive_batch(line: "Connection", batch: Batch) -> list[RawMessage]:
    """The messages that were announced."""
    return [RawMessage(uid, line.recv_bytes()) for uid in batch.uids]
