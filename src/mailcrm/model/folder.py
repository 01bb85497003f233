"""What a server says about a folder, and what we remember of it between passes (ingest.md A3.2)."""

from dataclasses import dataclass
from enum import StrEnum


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
class FolderStatus:
    """The answer to EXAMINE. `uidnext` is None where the server does not say (163): unknown, never 0."""

    uidvalidity: int
    uidnext: int | None
    exists: int
    highestmodseq: int | None = None


@dataclass(frozen=True, slots=True)
class SyncState:
    """Where we stand in a folder.

    All UIDs in (uid_floor .. uid_high] are known (located, skipped or quarantined); those <= uid_floor wait for backfill.
    `generation` counts the UIDVALIDITY values seen, from 1. `mark` is for a file that is imported: a digest of the bytes
    in front of the cursor, by which it is recognised.
    """

    generation: int
    uidvalidity: int
    uid_high: int
    uid_floor: int
    mark: str = ""
