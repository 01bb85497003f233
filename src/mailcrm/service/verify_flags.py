"""Proves that reading changes nothing on the server: all flags before a pass, the pass, all flags after it.

What another client does meanwhile looks the same, so a difference is a question and not yet a fault.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from time import monotonic, sleep

from mailcrm.errors import Conflict
from mailcrm.ingest.imap.compare import RECENT, SEEN, FlagChange, FlagTable, compare_flags
from mailcrm.ingest.imap.mailbox import CommandRefused, Mailbox, open_mailbox
from mailcrm.ingest.imap.plan import uid_set
from mailcrm.ingest.imap.survey import list_flags
from mailcrm.model.folder import FolderInfo, FolderStatus
from mailcrm.service.accounts import account_row, mailbox_login
from mailcrm.service.app import App
from mailcrm.service.passes import sync_once

_LISTED = 100
_LOOK = 0.5  # seconds
_GRACE = timedelta(minutes=2)

Progress = Callable[[str, int, int], None]
"""Is told what is done, how many mails were looked at so far, and of how many (0: unknown)."""


class Reader(StrEnum):
    """Who made the pass that was watched."""

    COMMAND = "this command"
    DAEMON = "the daemon"


@dataclass(frozen=True)
class FolderFlags:
    """One folder: `mails` there before, of which `changed` have other flags and `removed` (a UID set) are gone.

    `seen` and `recent` count the changes that touch \\Seen and \\Recent; the first of all changes are in `changes`.
    `modseq` is HIGHESTMODSEQ before and after, None where the server has none; `why` says what could not be compared.
    """

    folder: str
    mails: int = 0
    changed: int = 0
    seen: int = 0
    recent: int = 0
    removed: str = ""
    arrived: int = 0
    modseq: tuple[int | None, int | None] = (None, None)
    changes: tuple[FlagChange, ...] = ()
    why: str = ""

    @property
    def moved(self) -> bool:
        """Whether the server's own counter of changes moved though no mail came, which moves it too."""
        before, after = self.modseq
        return None not in (before, after) and before != after and not self.arrived

    @property
    def unchanged(self) -> bool:
        """Whether everything that was there before is as it was."""
        return not (self.changed or self.removed or self.why or self.moved)


@dataclass(frozen=True)
class FlagProof:
    """One account: every folder, those included that are never read."""

    account: str
    reader: Reader
    folders: Sequence[FolderFlags]

    @property
    def unchanged(self) -> bool:
        """Whether no folder changed."""
        return all(folder.unchanged for folder in self.folders)


@dataclass(frozen=True)
class _Moment:
    """A folder as it was at one moment; `refused` is why it could not be opened."""

    status: FolderStatus | None = None
    flags: FlagTable | None = None
    refused: str = ""


def check_flags(app: App, name: str, progress: Progress) -> FlagProof:
    """Take the flags of all folders, let a pass run (the daemon's own, if it holds the mailbox), and compare.

    Raises NotFound, ConfigError, Conflict if the daemon makes no pass, and what `sync_once` raises.
    """
    before = _moment(app, name, "flags before", progress)
    reader = _one_pass(app, name, progress)
    after = _moment(app, name, "flags after", progress)
    folders = sorted(before.keys() | after.keys())
    return FlagProof(name, reader, [_compared(each, before.get(each), after.get(each)) for each in folders])


def _moment(app: App, name: str, doing: str, progress: Progress) -> dict[str, _Moment]:
    with open_mailbox(mailbox_login(app, app.account(name))) as mailbox:
        folders = [info for info in mailbox.list_folders() if info.selectable]
        total = sum(status.exists for status in mailbox.status(folders).values())
        done = 0

        def advanced(count: int) -> None:
            nonlocal done
            done += count
            progress(doing, done, total)

        return {info.name: _folder(mailbox, info, advanced) for info in folders}


def _folder(mailbox: Mailbox, info: FolderInfo, advanced: Callable[[int], None]) -> _Moment:
    try:
        return _Moment(*list_flags(mailbox, info, advanced))
    except CommandRefused as exc:
        return _Moment(refused=str(exc))


def _one_pass(app: App, name: str, progress: Progress) -> Reader:
    started = app.clock()
    progress("reading", 0, 0)
    try:
        sync_once(app, name, lambda report: progress("reading", report.headers + report.skipped, report.expected))
    except Conflict:
        _await_daemon(app, name, started, progress)
        return Reader.DAEMON
    return Reader.COMMAND


def _await_daemon(app: App, name: str, started: datetime, progress: Progress) -> None:
    """Two complete passes: the first may have begun before we looked. Raises Conflict if they do not come."""
    progress("waiting for the daemon's next pass", 0, 0)
    patience = timedelta(seconds=2 * app.config.sync.poll_seconds) + _GRACE
    deadline = monotonic() + patience.total_seconds()
    last, passes = started, 0
    while passes < 2:
        if monotonic() > deadline:
            raise Conflict("the daemon holds the mailbox and makes no complete pass; `mailcrm status` may say why")
        sleep(_LOOK)
        at = account_row(app.store, name).last_ok_at
        if at is not None and at > last:
            last, passes = at, passes + 1


def _compared(folder: str, before: _Moment | None, after: _Moment | None) -> FolderFlags:
    if before is None or after is None:
        return FolderFlags(
            folder, why="the folder was made during the check" if before is None else "the folder is gone"
        )
    if before.status is None or after.status is None or before.flags is None or after.flags is None:
        return FolderFlags(folder, why=before.refused or after.refused)
    if before.status.uidvalidity != after.status.uidvalidity:
        return FolderFlags(folder, why="the server gave its mails new UIDs (UIDVALIDITY changed)")
    found = compare_flags(before.flags, after.flags)
    return FolderFlags(
        folder,
        mails=len(before.flags.uids),
        changed=len(found.changed),
        seen=found.touching(SEEN),
        recent=found.touching(RECENT),
        removed=uid_set(found.removed),
        arrived=found.arrived,
        modseq=(before.status.highestmodseq, after.status.highestmodseq),
        changes=found.changed[:_LISTED],
    )
