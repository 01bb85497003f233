"""Decides what is missing: the UIDs of a server against those of the archive, and the flags of two moments.

Everything is ascending and compared by walking both sides at once, so that a folder of 200,000 mails costs a few
megabytes.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mailcrm.model.folder import KnownUids

SEEN, RECENT = "\\Seen", "\\Recent"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Where each of the `server`'s UIDs is: they are exactly those in the archive, left out, and in the five lists.

    `unknown` are gaps; `to_read` waits for the first reading of the folder to come to its end; `waiting` came since the
    last pass. `gone` is in the archive and on the server no more.
    """

    server: int
    archived: int
    left_out: int
    pending: Sequence[int]
    quarantined: Sequence[int]
    unknown: Sequence[int]
    to_read: Sequence[int]
    waiting: Sequence[int]
    gone: Sequence[int]


def compare(server: Sequence[int], known: KnownUids, uid_high: int, uid_floor: int) -> Comparison:
    """Sort the UIDs that a server lists; all in (uid_floor .. uid_high] should be known (`SyncState`)."""
    broken, rest = _split(server, known.broken)
    pending, rest = _split(rest, known.pending)
    filed, rest = _split(rest, known.filed)
    left_out, rest = _split(rest, known.left_out)
    quarantined, rest = _split(rest, known.quarantined)
    return Comparison(
        server=len(server),
        archived=len(filed),
        left_out=len(left_out),
        pending=pending,
        quarantined=_uids(sorted((*broken, *quarantined))),
        unknown=_uids(uid for uid in rest if uid_floor < uid <= uid_high),
        to_read=_uids(uid for uid in rest if uid <= uid_floor),
        waiting=_uids(uid for uid in rest if uid > uid_high),
        gone=_split(known.filed, server)[1],
    )


def _split(uids: Sequence[int], others: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """Those of `uids` that are among `others`, and the rest."""
    among, rest = array("L"), array("L")
    for uid, found in _walk(uids, others):
        (among if found else rest).append(uid)
    return among, rest


def _walk(uids: Sequence[int], others: Sequence[int]) -> Iterator[tuple[int, bool]]:
    waiting = iter(others)
    other = next(waiting, None)
    for uid in uids:
        while other is not None and other < uid:
            other = next(waiting, None)
        yield uid, uid == other


def _uids(uids: Iterable[int]) -> Sequence[int]:
    return array("L", uids)


# --- flags -------------------------------------------------------------------------------------------------------


@dataclass
class FlagTable:
    """The flags of many mails; each combination is kept once. UIDs are added in ascending order."""

    uids: "array[int]" = field(default_factory=lambda: array("L"))
    _kinds: "array[int]" = field(default_factory=lambda: array("L"))
    _numbers: dict[frozenset[str], int] = field(default_factory=dict)

    def add(self, flags: Mapping[int, Iterable[str]]) -> None:
        """More mails, by UID; all above those that are there."""
        for uid in sorted(flags):
            self.uids.append(uid)
            self._kinds.append(self._numbers.setdefault(frozenset(flags[uid]), len(self._numbers)))

    def rows(self) -> Iterator[tuple[int, frozenset[str]]]:
        """UID and flags, ascending."""
        sets = list(self._numbers)
        return ((uid, sets[kind]) for uid, kind in zip(self.uids, self._kinds, strict=True))


@dataclass(frozen=True, slots=True)
class FlagChange:
    """What one mail gained and lost between two moments."""

    uid: int
    gained: tuple[str, ...]
    lost: tuple[str, ...]

    def touches(self, flag: str) -> bool:
        """Whether this flag came or went."""
        return flag in self.gained or flag in self.lost


@dataclass(frozen=True, slots=True)
class FlagChanges:
    """All that changed in a folder: mails with other flags, mails that went, and how many came."""

    changed: tuple[FlagChange, ...]
    removed: Sequence[int]
    arrived: int

    def touching(self, flag: str) -> int:
        """How many mails gained or lost this flag."""
        return sum(change.touches(flag) for change in self.changed)


def compare_flags(before: FlagTable, after: FlagTable) -> FlagChanges:
    """What is different `after`."""
    later = after.rows()
    now = next(later, None)
    changed = []
    for uid, flags in before.rows():
        while now is not None and now[0] < uid:
            now = next(later, None)
        if now is not None and now[0] == uid and now[1] != flags:
            changed.append(FlagChange(uid, tuple(sorted(now[1] - flags)), tuple(sorted(flags - now[1]))))
    removed = _split(before.uids, after.uids)[1]
    return FlagChanges(tuple(changed), removed, len(after.uids) + len(removed) - len(before.uids))
