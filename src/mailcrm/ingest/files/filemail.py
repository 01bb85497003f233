"""A mail as a file holds it, on its way to be filed."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FileMail:
    """One mail with the number that stands for it in its source.

    `raw` is in the form of the wire, None where it cannot be had; `problem` then says why, and `where` the mail is.
    `arrived` is aware and in UTC, None where the file does not tell. `end` is where an mbox goes on behind it, in bytes.
    """

    uid: int
    raw: bytes | None = field(repr=False)
    where: str
    arrived: datetime | None = None
    flags: tuple[str, ...] = ()
    problem: str = ""
    end: int = 0

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return len(self.raw or b"")


def too_large(largest: int) -> str:
    """Why a mail of more than `largest` bytes is not read."""
    return f"larger than {largest / 2**20:.4g} MiB"
