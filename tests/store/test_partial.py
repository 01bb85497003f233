"""Messages that come piece by piece: what is trusted after a break, and what is left in the end."""

import hashlib
from pathlib import Path

import pytest

from mailcrm.errors import StoreBusy
from mailcrm.store import Store, blobs
from mailcrm.store.partial import PIECE, Partial, sweep_partials
from tests.builders import a_write

DATA = bytes(range(256)) * (PIECE // 256)


def test_what_came_last_is_not_trusted_after_a_break(tmp_path: Path) -> None:
    first = Partial(tmp_path, "1-1-7")
    assert first.size == 0
    for _ in range(3):
        first.append(DATA)
    again = Partial(tmp_path, "1-1-7")
    assert again.size == 2 * PIECE
    again.append(b"rest")
    assert again.path.read_bytes() == DATA + DATA + b"rest"


def test_two_workers_write_the_same_bytes_to_the_same_place(tmp_path: Path) -> None:
    """One that lost its lease may not know it yet."""
    old = Partial(tmp_path, "1-1-7")
    old.append(DATA)
    old.append(DATA)
    new = Partial(tmp_path, "1-1-7")
    old.append(b"x" * PIECE)
    new.append(DATA)
    new.append(b"rest")
    assert new.path.read_bytes() == DATA + DATA + b"rest"


def test_a_file_of_the_wrong_length_is_not_filed_but_fetched_again(tmp_path: Path) -> None:
    whole = Partial(tmp_path, "1-1-7")
    whole.append(DATA)
    with whole.path.open("ab") as file:
        file.write(b"more")
    with pytest.raises(StoreBusy, match="fetched again"):
        whole.stage()
    assert Partial(tmp_path, "1-1-7").size == 0


@pytest.mark.parametrize("tail", [b"", bytes(hashlib.sha256(b"%d" % n).digest()[0] for n in range(200_000))])
def test_staged_bytes_come_back_as_they_were(sqlite_store: Store, tail: bytes) -> None:
    """Small when packed, and too large for a row."""
    whole = Partial(sqlite_store.blob_dir, "1-1-7")
    whole.append(DATA)
    if tail:
        whole.append(tail)
    staged = whole.stage()
    assert (staged.packed is None) is bool(tail)
    assert (staged.sha256, staged.size) == (hashlib.sha256(DATA + tail).hexdigest(), len(DATA + tail))
    with a_write(sqlite_store) as session:
        blobs.put(session, [staged])
        assert blobs.get(session, staged.sha256) == DATA + tail
    whole.drop()
    assert list(whole.path.parent.iterdir()) == []


def test_what_nobody_went_on_with_is_swept(tmp_path: Path) -> None:
    whole = Partial(tmp_path, "1-1-7")
    whole.append(DATA)
    written = whole.path.stat().st_mtime
    assert sweep_partials(tmp_path, written) == 0
    assert sweep_partials(tmp_path, written + 1) == 1
    assert Partial(tmp_path, "1-1-7").size == 0


def test_a_disk_that_takes_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "partial").write_text("in the way")
    with pytest.raises(StoreBusy, match="cannot write"):
        Partial(tmp_path, "1-1-7").append(b"x")
