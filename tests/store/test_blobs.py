"""Bytes by their hash: nothing that is named is ever lost, nothing that is not stays for ever."""

import hashlib
import itertools
import os
import random
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from mailcrm.errors import PermanentError, StoreBusy
from mailcrm.store import Session, Store, blobs, message_bodies, packing, quarantine
from mailcrm.store.rows.mail import Blob, BlobData
from tests.builders import NOW, a_write
from tests.store.builders import GENERATION, a_body, a_copy, a_mailbox, a_message
from tests.store.crowd import Work, after_a_race, written

SMALL = b"Subject: Price\n\nHello\n" * 10_000  # 220 kB that pack well
LARGE = random.Random(1).randbytes(300_000)
_uids = itertools.count(1)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def put(store: Store, *contents: bytes) -> None:
    staged = [packing.stage(store.blob_dir, content) for content in contents]
    written(store, lambda s: blobs.put(s, staged))


def get(store: Store, content: bytes) -> bytes | None:
    with store.read() as session:
        return blobs.get(session, digest(content))


def files(store: Store) -> set[str]:
    return {path.name for path in store.blob_dir.rglob("*") if path.is_file()}


def name_it(store: Store, content: bytes) -> None:
    """Somebody names the blob: a mail."""
    with a_write(store) as session:
        folder = a_mailbox(session)
        body = a_body(store.blob_dir, a_copy(session, folder, a_message(session), next(_uids)), content)
        message_bodies.store_bodies(session, folder, GENERATION, [body])


def sweep(store: Store, older_than: float | None = None) -> tuple[int, int]:
    moment = time.time() + 60 if older_than is None else older_than
    return written(store, lambda s: blobs.sweep(s, store.blob_dir, moment))


@pytest.mark.parametrize("content", [b"", b"x", SMALL, LARGE, b"\x00" * 5_000_000])
def test_bytes_come_back_as_they_went(store: Store, content: bytes) -> None:
    put(store, content)
    assert get(store, content) == content
    assert get(store, b"never seen") is None


def test_small_bytes_lie_in_the_database_and_large_ones_in_a_file(store: Store) -> None:
    put(store, SMALL, LARGE)
    with store.read() as session:
        assert dict(session.execute(select(Blob.sha256, Blob.place)).all()) == {
            digest(SMALL): "db",
            digest(LARGE): "file",
        }
        [packed] = session.execute(select(BlobData.data)).scalars()
        assert len(packed) < len(SMALL) / 10
    assert files(store) == {digest(LARGE)}
    [path] = [path for path in store.blob_dir.rglob("*") if path.is_file()]
    assert path.parent.name == digest(LARGE)[:2]
    assert path.parent.stat().st_mode & 0o077 == 0


def test_the_same_bytes_are_kept_once(store: Store) -> None:
    put(store, SMALL, SMALL, LARGE)
    put(store, LARGE, SMALL, b"other")
    with store.read() as session:
        assert len(session.execute(select(Blob)).all()) == 3
        assert len(session.execute(select(BlobData)).all()) == 2
    put(store)


def test_two_workers_that_keep_the_same_bytes_keep_them_once(store: Store) -> None:
    staged = packing.stage(store.blob_dir, SMALL)
    keep: Work = lambda session: blobs.put(session, [staged])  # noqa: E731
    after_a_race(store, keep, keep)
    assert get(store, SMALL) == SMALL


def test_a_file_that_is_gone_is_told(store: Store) -> None:
    put(store, LARGE)
    for path in store.blob_dir.rglob(digest(LARGE)):
        path.unlink()
    with pytest.raises(PermanentError, match="is missing; restore it from your backup"):
        get(store, LARGE)


def test_a_file_that_cannot_be_read_is_busy(sqlite_store: Store) -> None:
    put(sqlite_store, LARGE)
    for path in sqlite_store.blob_dir.rglob(digest(LARGE)):
        path.unlink()
        path.mkdir()
    with pytest.raises(StoreBusy, match="cannot read"):
        get(sqlite_store, LARGE)


def test_a_folder_that_cannot_be_written_is_busy_and_small_bytes_do_not_need_it(
    sqlite_store: Store, tmp_path: Path
) -> None:
    (tmp_path / "blobs").write_text("not a folder")
    with pytest.raises(StoreBusy, match="free disk space or fix the rights"):
        put(sqlite_store, LARGE)
    put(sqlite_store, SMALL)
    assert get(sqlite_store, SMALL) == SMALL


def test_a_file_that_could_not_be_written_to_the_end_leaves_nothing(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreBusy, match="No space left on device"):
        packing.stage(sqlite_store.blob_dir, LARGE)
    assert files(sqlite_store) == set()


# --- sweeping ----------------------------------------------------------------------------------------------------


def test_a_sweep_takes_what_nothing_names(store: Store) -> None:
    contents = {name: random.Random(name).randbytes(300_000) for name in ("named", "quarantined", "orphan")}
    name_it(store, contents["named"])
    name_it(store, b"small and named")
    put(store, contents["orphan"], b"small orphan")
    with a_write(store) as session:
        staged = packing.stage(store.blob_dir, contents["quarantined"])
        quarantine.quarantine(session, a_mailbox(session), GENERATION, {9: "broken"}, NOW, {9: staged})
    assert sweep(store) == (2, 1)
    assert sweep(store) == (0, 0)
    for kept in (contents["named"], contents["quarantined"], b"small and named"):
        assert get(store, kept) == kept
    assert get(store, contents["orphan"]) is None
    assert get(store, b"small orphan") is None


def test_a_sweep_leaves_young_files_alone(store: Store) -> None:
    """A mail that is being filed right now: its file is there, its row not yet."""
    packing.stage(store.blob_dir, LARGE)
    assert sweep(store, time.time() - 60) == (0, 0)
    assert files(store) == {digest(LARGE)}
    assert sweep(store) == (0, 1)
    assert files(store) == set()


def test_an_old_file_that_is_wanted_again_is_young(store: Store) -> None:
    """It was left by a crash; between staging and the commit a sweep goes by."""
    packing.stage(store.blob_dir, LARGE)
    [path] = store.blob_dir.rglob(digest(LARGE))
    os.utime(path, (0, 0))
    staged = packing.stage(store.blob_dir, LARGE)
    assert sweep(store, time.time() - 60) == (0, 0)
    written(store, lambda s: blobs.put(s, [staged]))
    assert get(store, LARGE) == LARGE


def test_drafts_of_a_crash_are_swept_when_they_are_old(store: Store) -> None:
    put(store, LARGE)
    name_it(store, LARGE)
    [path] = store.blob_dir.rglob(digest(LARGE))
    draft = path.with_name(f"{path.name}.0badf00d.part")
    draft.write_bytes(b"half")
    assert sweep(store, time.time() - 60) == (0, 0)
    assert sweep(store) == (0, 1)
    assert (draft.exists(), path.exists()) == (False, True)


def test_a_sweep_finds_its_way_without_a_folder_and_beside_strange_things(store: Store) -> None:
    assert sweep(store) == (0, 0)
    (store.blob_dir / "ab" / "folder").mkdir(parents=True)
    (store.blob_dir / "ab" / "张三.txt").write_text("?")
    (store.blob_dir / "lost+found").mkdir()
    assert sweep(store) == (0, 0)
    assert (store.blob_dir / "ab" / "张三.txt").exists()
    with store.read() as session:
        assert blobs.get(session, "张三") is None


def test_a_file_that_goes_while_a_sweep_looks_at_it_is_no_harm(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    packing.stage(sqlite_store.blob_dir, LARGE)
    [path] = sqlite_store.blob_dir.rglob(digest(LARGE))
    monkeypatch.setattr(Path, "glob", lambda _self, _pattern: iter([path, path.with_name(f"{path.name}.gone.part")]))
    assert sweep(sqlite_store) == (0, 1)


def test_a_sweep_that_is_rolled_back_keeps_the_rows(store: Store) -> None:
    put(store, SMALL)

    def fail(session: Session) -> None:
        blobs.sweep(session, store.blob_dir, 0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        written(store, fail)
    assert get(store, SMALL) == SMALL


def test_more_orphans_than_one_statement_takes(store: Store) -> None:
    put(store, *(str(n).encode() for n in range(1200)))
    assert sweep(store) == (1200, 0)


def test_a_blob_that_is_named_while_a_sweep_takes_it_is_kept(store: Store) -> None:
    """Its row was left by a crash; another worker files the same mail at the same moment."""
    put(store, SMALL)
    with a_write(store) as session:
        folder = a_mailbox(session)
        copy = a_copy(session, folder, a_message(session), 7)
    body = a_body(store.blob_dir, copy, SMALL)
    after_a_race(
        store,
        lambda s: blobs.sweep(s, store.blob_dir, 0),
        lambda s: message_bodies.store_bodies(s, folder, GENERATION, [body]),
    )
    assert get(store, SMALL) == SMALL


def test_a_sweep_passes_over_what_is_being_named(store: Store) -> None:
    put(store, SMALL)
    with a_write(store) as session:
        folder = a_mailbox(session)
        copy = a_copy(session, folder, a_message(session), 7)
    body = a_body(store.blob_dir, copy, SMALL)
    after_a_race(
        store,
        lambda s: message_bodies.store_bodies(s, folder, GENERATION, [body]),
        lambda s: blobs.sweep(s, store.blob_dir, 0),
    )
    assert get(store, SMALL) == SMALL
