"""How large a mailbox is and what reading it will cost, from a few cheap questions asked before anything is read."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mailcrm.ingest.imap.folders import wanted
from mailcrm.ingest.imap.mailbox import CommandRefused, Mailbox
from mailcrm.model.account import Attachments, Capture
from mailcrm.model.folder import FolderInfo, FolderRole
from mailcrm.model.message import SMALL_MESSAGE, FetchedHeader

_SAMPLED_FOLDERS = 6
_WINDOWS = 8
_WINDOW = 5

# Judged, for a provider on the internet: latency and its own limits set the pace, not this machine.
_HEADERS_A_SECOND = 300
_BODIES_A_SECOND = 50
_BYTES_A_SECOND = 1_500_000
# Rows and indexes of one mail, and what is left of a body after compression (mostly attachments, which do not shrink).
_BYTES_A_ROW = 4_000
_KEPT_SHARE = 0.8
_LEAN = 24_000  # bytes of a large mail that come without its attachments


@dataclass(frozen=True, slots=True)
class Sample:
    """One mail looked at: when it arrived (aware; None if the server told nonsense) and its size in bytes."""

    arrived: datetime | None
    size: int


@dataclass(frozen=True, slots=True)
class FolderSize:
    """A folder, with some of its mails as a sample of all."""

    mails: int
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True, slots=True)
class MailboxSize:
    """The folders that would be read. Numbers of mails are the server's; all that depends on dates or sizes is about."""

    folders: tuple[FolderSize, ...]

    @property
    def mails(self) -> int:
        """How many mails there are."""
        return sum(folder.mails for folder in self.folders)

    def mails_since(self, start: datetime | None) -> int:
        """About how many mails arrived since `start` (aware)."""
        return round(sum(folder.mails * self._share(folder, start) for folder in self.folders))

    def bytes_since(self, start: datetime | None, attachments: Attachments = Attachments.NOW) -> int:
        """About how many bytes of them are on the server, or come where attachments wait until they are opened."""
        waiting = attachments is Attachments.WHEN_OPENED
        sizes = [
            _LEAN if waiting and sample.size > SMALL_MESSAGE else sample.size
            for folder in self.folders
            for sample in _recent(folder.samples, start)
        ]
        return round(self.mails_since(start) * sum(sizes) / len(sizes)) if sizes else 0

    def _share(self, folder: FolderSize, start: datetime | None) -> float:
        """A folder that was not looked into is taken to be like the others."""
        samples = folder.samples or tuple(sample for each in self.folders for sample in each.samples)
        return len(_recent(samples, start)) / len(samples) if samples else 1.0


def _recent(samples: Sequence[Sample], start: datetime | None) -> list[Sample]:
    """Mail without a date counts as recent: better a month too many than a full disk."""
    return [each for each in samples if start is None or each.arrived is None or each.arrived >= start]


@dataclass(frozen=True, slots=True)
class Cost:
    """What reading some mails takes: minutes on a usual line, and bytes on the disk."""

    minutes: int
    disk: int


def cost_of(mails: int, size: int, capture: Capture) -> Cost:
    """The cost of `mails` mails of which `size` bytes come where bodies are read. Rough, and rather too high."""
    seconds, disk = mails / _HEADERS_A_SECOND, mails * _BYTES_A_ROW
    if capture is Capture.ALL:
        seconds += max(mails / _BODIES_A_SECOND, size / _BYTES_A_SECOND)
        disk += round(size * _KEPT_SHARE)
    return Cost(max(1, round(seconds / 60)), disk)


def free_disk(directory: Path) -> int:
    """Free bytes where `directory` is or will be."""
    place = next(each for each in (directory, *directory.absolute().parents) if each.exists())
    return shutil.disk_usage(place).free


def measure(mailbox: Mailbox, leave_out: Sequence[str] = ()) -> MailboxSize:
    """Count the mails of the folders that would be read, and look at a few of each large one. Changes nothing.

    Where one folder holds all mail (Gmail), it alone is counted: the others are views of it. Raises what Mailbox raises.
    """
    folders = [folder for folder in mailbox.list_folders() if wanted(folder, leave_out)]
    folders = [folder for folder in folders if folder.role is FolderRole.ALL] or folders
    statuses = mailbox.status(folders)
    counts = [
        statuses[folder.name_raw].exists if folder.name_raw in statuses else _exists(mailbox, folder)
        for folder in folders
    ]
    largest = sorted(range(len(folders)), key=lambda i: -counts[i])[:_SAMPLED_FOLDERS]
    return MailboxSize(
        tuple(
            FolderSize(count, _samples(mailbox, folder) if i in largest and count else ())
            for i, (folder, count) in enumerate(zip(folders, counts, strict=True))
        )
    )


def _exists(mailbox: Mailbox, folder: FolderInfo) -> int:
    """For a server that says nothing in STATUS (163)."""
    try:
        return mailbox.examine(folder).exists
    except CommandRefused:
        return 0


def _samples(mailbox: Mailbox, folder: FolderInfo) -> tuple[Sample, ...]:
    """Some mails spread evenly over the folder, a few neighbours at a time: one question each."""
    try:
        mailbox.examine(folder)
        uids = mailbox.uids(1)
        found: dict[int, FetchedHeader] = {}
        for first in _window_starts(len(uids)):
            window = uids[first : first + _WINDOW]
            found |= {header.uid: header for header in mailbox.fetch_headers(window[0], window[-1], ("DATE",))}
    except CommandRefused:
        return ()
    return tuple(Sample(header.internaldate, header.size) for header in found.values())


def _window_starts(count: int) -> list[int]:
    """Where the windows begin in a list of `count`, first and last included."""
    last = max(count - _WINDOW, 0)
    return sorted({last * step // (_WINDOWS - 1) for step in range(_WINDOWS)}) if count else []
