"""The health of a folder, worked out from counts and times when somebody asks; nothing of it is ever stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from mailcrm.config import Account
from mailcrm.ingest.imap.folders import wanted
from mailcrm.model.folder import FolderInfo, FolderRole
from mailcrm.store.coverage import FolderCount


@dataclass(frozen=True)
class FolderHealth:
    """One folder. `lag` is seconds since its last complete pass, None before the first; it is told and not judged.

    `healthy` only where nothing is among the `problems`; None for a folder that is not read (any more).
    """

    folder: str
    role: str
    server: int
    stored: int
    skipped: int
    quarantined: int
    broken: int
    pending: int
    lag: int | None
    last_ok_at: datetime | None
    last_error: str
    healthy: bool | None
    problems: tuple[str, ...]


def judge(count: FolderCount, account: Account | None, now: datetime) -> FolderHealth:
    """What the counts of a folder say. `account` is None where it left the configuration."""
    info = FolderInfo(count.folder, count.folder, FolderRole(count.role))
    read = account is not None and not count.gone and wanted(info, account.leave_out_folders)
    problems = tuple(_problems(count)) if read else ()
    lag = None if count.last_ok_at is None else max(0, round((now - count.last_ok_at).total_seconds()))
    return FolderHealth(
        count.folder, count.role, count.server, count.stored, count.skipped, count.quarantined, count.broken,
        count.pending, lag, count.last_ok_at, count.last_error, not problems if read else None, problems,
    )  # fmt: skip


def _problems(count: FolderCount) -> Iterator[str]:
    """By counts alone: `verify mail` compares UID by UID."""
    if count.last_error:
        yield count.last_error
    missing = count.server - count.stored - count.skipped - count.quarantined
    if missing > 0:
        yield f"{missing:,} of {count.server:,} mails are not read yet"
    elif count.unread:
        yield "its first reading has not come to its end"
    if count.pending:
        yield f"{count.pending:,} bodies are still to come"
    if count.quarantined + count.broken:
        yield f"{count.quarantined + count.broken:,} could not be read; `mailcrm accounts problems` says why"
    if count.last_ok_at is None and not count.last_error:
        yield "no pass over it was complete so far"
