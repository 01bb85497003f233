"""Large messages while they come: a file that grows piece by piece, so that a lost connection costs a piece and not the
message, and none is ever in memory as a whole.
"""

import hashlib
import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import zstandard

from mailcrm.errors import StoreBusy
from mailcrm.model.filing import StagedBlob
from mailcrm.store.packing import LEVEL, ROW_LIMIT, make_dir, path_of, sync_dir

PIECE = 1024 * 1024
"""Bytes; larger pieces must not be appended."""

_FOLDER = "partial"


class Partial:
    """What is here of the message of that name. `size` is how many bytes of it are good.

    All methods raise StoreBusy where the disk does not play along.
    """

    def __init__(self, blob_dir: Path, name: str) -> None:
        self._blob_dir = blob_dir
        self.path = blob_dir / _FOLDER / name
        self.size = self._good()

    def _good(self) -> int:
        """All but what was written last: a power cut may have left anything there. The rest was synced before it."""
        try:
            size = max(0, self.path.stat().st_size - PIECE)
            os.truncate(self.path, size)
        except FileNotFoundError:
            return 0
        except OSError as exc:
            raise _busy(self.path, exc) from exc
        return size

    def append(self, data: bytes) -> None:
        """The next bytes, on disk when this returns.

        At their place, not at the end of the file: a worker that lost its lease may still write to it, the same bytes.
        """
        try:
            make_dir(self.path.parent)
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.seek(self.size)
                file.write(data)
                file.truncate()
                file.flush()
                os.fsync(file.fileno())
        except OSError as exc:
            raise _busy(self.path, exc) from exc
        self.size += len(data)

    def stage(self) -> StagedBlob:
        """All of it is here: ready to be named in a transaction, as by `packing.stage`. The file stays until `drop`."""
        draft = self.path.with_name(f"{self.path.name}.packed")
        try:
            digest = self._pack(draft)
            if draft.stat().st_size <= ROW_LIMIT:
                packed = draft.read_bytes()
                draft.unlink()
                return StagedBlob(digest, self.size, packed)
            target = path_of(self._blob_dir, digest)
            make_dir(target.parent)
            draft.rename(target)
            sync_dir(target.parent)
        except OSError as exc:
            with suppress(OSError):
                draft.unlink()
            raise _busy(self.path, exc) from exc
        except zstandard.ZstdError as exc:  # it is not as long as what was appended
            with suppress(OSError):
                draft.unlink()
            self.drop()
            raise StoreBusy(f"somebody else wrote to {self.path}, too; it is fetched again") from exc
        return StagedBlob(digest, self.size, None)

    def _pack(self, draft: Path) -> str:
        digest = hashlib.sha256()
        packer = zstandard.ZstdCompressor(level=LEVEL).compressobj(size=self.size)
        with self.path.open("rb") as source, draft.open("wb") as target:
            while data := source.read(PIECE):
                digest.update(data)
                target.write(packer.compress(data))
            target.write(packer.flush())
            target.flush()
            os.fsync(target.fileno())
        return digest.hexdigest()

    def drop(self) -> None:
        """It is filed, or not wanted."""
        self.path.unlink(missing_ok=True)
        self.size = 0


def partial_name(folder_id: int, generation: int, uid: int, size: int) -> str:
    """What the message of a copy is called here. By its size, too: a store that was made anew or restored may have another
    message under these numbers."""
    return f"{folder_id}-{generation}-{uid}-{size}"


def begun_uids(blob_dir: Path, folder_id: int, generation: int) -> set[int]:
    """The UIDs of a folder of which some came."""
    return {int(path.name.split("-")[2]) for path in (blob_dir / _FOLDER).glob(f"{folder_id}-{generation}-*")}


def drop_partials(blob_dir: Path, folder_id: int, generation: int, keep: Collection[int]) -> None:
    """Drop what came of the messages of a folder, but for these UIDs of this generation: nobody waits for the rest."""
    kept = tuple(f"{folder_id}-{generation}-{uid}-" for uid in keep)
    for path in (blob_dir / _FOLDER).glob(f"{folder_id}-*"):
        if not path.name.startswith(kept):
            path.unlink(missing_ok=True)


def sweep_partials(blob_dir: Path, older_than: float) -> int:
    """Drop what nobody went on with since `older_than` (Unix seconds). Returns how many."""
    dropped = 0
    for path in (blob_dir / _FOLDER).glob("*"):
        with suppress(FileNotFoundError):  # just filed
            if path.stat().st_mtime < older_than:
                path.unlink()
                dropped += 1
    return dropped


def _busy(path: Path, exc: OSError) -> StoreBusy:
    return StoreBusy(f"cannot write {path.parent}: {exc.strerror}; free disk space or fix the rights")
