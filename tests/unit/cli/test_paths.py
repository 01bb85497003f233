"""Paths on standard input."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mailcrm.cli import paths
from mailcrm.cli.paths import path_batches


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    try:
        yield reading, writing
    finally:
        os.close(reading)


def test_all_that_is_written_is_one_batch() -> None:
    with pipe() as (reading, writing):
        os.write(writing, b"a.eml\r\n\n  \nb c.eml\n\xe5\xbc\xa0.eml\nlast.eml")
        os.close(writing)
        assert list(path_batches(reading)) == [[Path("a.eml"), Path("b c.eml"), Path("张.eml")], [Path("last.eml")]]


def test_who_writes_one_path_gets_it_before_the_next() -> None:
    with pipe() as (reading, writing):
        batches = path_batches(reading)
        for name in ("one", "two"):
            os.write(writing, name.encode() + b"\n")
            assert next(batches) == [Path(name)]
        os.close(writing)
        assert list(batches) == []


def test_path_that_comes_in_two_pieces_is_one() -> None:
    with pipe() as (reading, writing):
        os.write(writing, b"a\nlong")
        batches = path_batches(reading)
        assert next(batches) == [Path("a")]
        os.write(writing, b"er\n")
        os.close(writing)
        assert list(batches) == [[Path("longer")]]


def test_more_than_a_pipe_holds_is_read_as_it_comes(tmp_path: Path) -> None:
    wanted = [tmp_path / f"{number:060}.eml" for number in range(5_000)]
    with pipe() as (reading, writing):

        def write() -> None:
            with os.fdopen(writing, "wb") as out:
                out.writelines(f"{path}\n".encode() for path in wanted)

        writer = threading.Thread(target=write)
        writer.start()
        found = [path for batch in path_batches(reading) for path in batch]
        writer.join()
    assert found == wanted


def test_batches_are_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(paths, "MOST", 10)
    monkeypatch.setattr(paths, "_CHUNK", 16)
    file = tmp_path / "paths"
    file.write_text("".join(f"{number}\n" for number in range(100)))
    descriptor = os.open(file, os.O_RDONLY)
    try:
        batches = list(path_batches(descriptor))
    finally:
        os.close(descriptor)
    assert [str(path) for batch in batches for path in batch] == [str(number) for number in range(100)]
    assert max(map(len, batches)) <= 20
