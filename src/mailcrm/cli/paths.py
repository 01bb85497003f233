"""Paths on standard input, in batches of what is there: enough to look ahead in, and never waited for."""

import os
import select
from collections.abc import Iterator
from pathlib import Path

MOST = 20_000
"""Paths in a batch."""

_CHUNK = 1 << 16
_PATIENCE = 0.02
"""Seconds. Who writes several paths at once writes more of them soon; who writes one waits for its answer."""


def path_batches(source: int) -> Iterator[list[Path]]:
    """The paths that the file descriptor `source` gives, one a line, empty lines left out.

    A batch is what has been written when it is asked for: all of a file, one path of a program that waits for our answer.
    """
    left = b""
    while chunk := os.read(source, _CHUNK):
        lines = (left + chunk).split(b"\n")
        while (
            len(lines) <= MOST
            and _has_more(source, _PATIENCE if len(lines) > 2 else 0)
            and (chunk := os.read(source, _CHUNK))
        ):
            last = lines.pop()
            lines += (last + chunk).split(b"\n")
        left = lines.pop()
        if found := _paths(lines):
            yield found
    if found := _paths([left]):
        yield found


def _has_more(source: int, patience: float) -> bool:
    return bool(select.select([source], [], [], patience)[0])


def _paths(lines: list[bytes]) -> list[Path]:
    return [Path(os.fsdecode(line)) for line in (each.rstrip(b"\r") for each in lines) if line.strip()]
