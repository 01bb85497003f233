"""Streams that may break off, and work that is one portion ahead."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailcrm.ingest.streams import Arriving, one_behind


def broken(error: Exception) -> Iterator[int]:
    yield from (1, 2)
    raise error


def test_what_comes_before_an_error_is_there_and_the_error_is_told() -> None:
    arriving = Arriving(broken(OSError("gone")), OSError, KeyError)
    assert (list(arriving), str(arriving.ended_by)) == ([1, 2], "gone")


def test_an_error_of_another_kind_is_raised() -> None:
    with pytest.raises(ValueError, match="odd"):
        list(Arriving(broken(ValueError("odd")), OSError))


@pytest.mark.parametrize(("stop_at", "done"), [(9, [1, 2, 3]), (3, [1, 2, 3]), (2, [1, 2]), (1, [1])])
def test_each_is_handed_out_when_the_next_is_begun_and_none_is_lost(stop_at: int, done: list[int]) -> None:
    said: list[str] = []

    def begin(value: int) -> int:
        said.append(f"begin {value}")
        return value

    for value in one_behind([1, 2, 3], begin, lambda: len([each for each in said if "begin" in each]) >= stop_at):
        said.append(f"end {value}")
    assert [each for each in said if "end" in each] == [f"end {value}" for value in done]
    if len(done) > 1:
        assert said.index("begin 2") < said.index("end 1")
