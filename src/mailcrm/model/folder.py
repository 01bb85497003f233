"""What a server says about a folder, and what we remember of it between passes (ingest.md A3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

UidRange: TypeAlias = tuple[int, int]
"""UIDs from .. to, both included."""


class FolderRole(StrEnum):
    """What a folder is for, by RFC 6154 special use or by its name; `import` is no folder of a server but files."""

    INBOX = "inbox"
    SENT = "sent"
    DRAFTS = "drafts"
    TRASH = "trash"
    JUNK = "junk"
    ARCHIVE = "archive"
    ALL = "all"
    IMPORT = "import"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class FolderInfo:
    """One line of LIST. `name_raw` is the name on the wire (modified UTF-7), `name` the readable one."""

    name_raw: str
    name: str
    role: FolderRole
    selectable: bool = True


@dataclass(frozen=True, slots=True)
class FolderRef:
    """A folder row as the ingest shell needs it."""

    id: int
    account_id: int
    name: str


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """The answer to EXAMINE. `uidnext` is None where the server does not say (163): unknown, never 0.

    `highestmodseq` is None where the folder keeps none (NOMODSEQ) or the server does not say. `mailboxid` stays the
    same when the folder is renamed, and differs when it was made anew under the same name (RFC 8474).
    """

    uidvalidity: int
    uidnext: int | None
    exists: int
    highestmodseq: int | None = None
    mailboxid: str | None = None


@dataclass(frozen=True, slots=True)
class SyncState:
    """Where we stand in a folder.

    All UIDs in (uid_floor .. uid_high] are known (located, skipped or quarantined); those <= uid_floor wait for backfill.
    `generation` counts the UIDVALIDITY values seen, from 1. All changes of flags and deletions up to the mod-sequence
    `modseq` (RFC 7162) have been applied; 0 where none is known. `mark` is for a file that is imported: a digest of the
    bytes in front of the cursor, by which it is recognised. `mailboxid` is the server's id of the folder (RFC 8474), ''
    where it has none.
    """

    generation: int
    uidvalidity: int
    uid_high: int
    uid_floor: int
    modseq: int = 0
    mark: str = ""
    mailboxid: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """UIDs first..last that were asked for and never filed: over them a connection broke, or the whole process, this many
    times in a row."""

    first: int
    last: int
    times: int

    def touches(self, lo: int, hi: int) -> bool:
        """Whether one of them may lie in lo..hi."""
        return lo <= self.last and self.first <= hi


@dataclass(frozen=True, slots=True)
class KnownUids:
    """What the archive knows of a folder: UIDs, ascending, of one generation.

    `filed` have a message; `pending` (the bytes are still on the server) and `broken` (bytes that could not be had or
    understood) are among them. `left_out` are those that a rule keeps out, `quarantined` those that could not be filed.
    """

    filed: Sequence[int] = ()
    pending: Sequence[int] = ()
    broken: Sequence[int] = ()
    left_out: Sequence[int] = ()
    quarantined: Sequence[int] = ()
