"""Bytes made ready to be kept: hashed, compressed, and written to a file if they are large (decisions.md 10).

Nothing here needs the database, so that a process that only reads mail can do it.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import zstandard

from mailcrm.errors import PermanentError, StoreBusy
from mailcrm.model.filing import StagedBlob

ROW_LIMIT = 100_000
_PIECE = 1024 * 1024
LEVEL = 1  # 0.03 ms a message; zlib at its fastest needs ten times that


def stage(blob_dir: Path, data: bytes) -> StagedBlob:
    """Do the slow part before the transaction: hash, compress, write the file of a large one. Raises StoreBusy."""
    digest = hashlib.sha256(data).hexdigest()
    packed = zstandard.ZstdCompressor(level=LEVEL, write_content_size=True).compress(data)
    if len(packed) <= ROW_LIMIT:
        return StagedBlob(digest, len(data), packed)
    _write_file(path_of(blob_dir, digest), packed)
    return StagedBlob(digest, len(data), None)


def unpack(packed: bytes, size: int) -> bytes:
    """What was compressed by `stage`, `size` bytes."""
    return zstandard.ZstdDecompressor().decompress(packed, max_output_size=size)


def path_of(root: Path, digest: str) -> Path:
    """Where the file of a large blob stands."""
    return root / digest[:2] / digest


def read_file(root: Path, digest: str) -> bytes:
    """The compressed bytes of a large blob. Raises PermanentError where the file is gone, StoreBusy where the disk fails."""
    path = path_of(root, digest)
    with _reading(path):
        return path.read_bytes()


def file_pieces(root: Path, digest: str) -> Iterator[bytes]:
    """The bytes of a large blob, a mebibyte at a time. Raises like `read_file`."""
    path = path_of(root, digest)
    with _reading(path), path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        while data := reader.read(_PIECE):
            yield data


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as exc:
        raise PermanentError(f"the file {path} is missing; restore it from your backup") from exc
    except OSError as exc:
        raise StoreBusy(f"cannot read {path}: {exc.strerror}") from exc


def _write_file(path: Path, data: bytes) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        if path.exists():
            os.utime(path)  # an orphan that is wanted again is young again, so that no sweep takes it
            return
        make_dir(path.parent)
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        sync_dir(path.parent)
    except OSError as exc:
        with suppress(OSError):
            draft.unlink()
        raise StoreBusy(f"cannot write {path.parent}: {exc.strerror}; free disk space or fix the rights") from exc


def make_dir(path: Path) -> None:
    """A new folder survives a power cut only when the one above it is synced, too."""
    if not path.is_dir():
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        sync_dir(path.parent)


def sync_dir(path: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
