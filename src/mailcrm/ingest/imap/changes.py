"""Collects what a server tells of an open folder unasked: mail that has gone, flags that were changed.

RFC 7162 lets VANISHED and FETCH come in the answer of any command; whoever reads only what was asked for loses mail
(Mailspring-Sync#141). What is kept here has a limit: beyond it only the fact that there was more.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mailcrm.model.folder import UidRange

MOST_RANGES = 100_000
MOST_FLAGS = 100_000
_ABOVE = 1 << 64  # more than any UID


@dataclass(frozen=True, slots=True)
class Flags:
    r"""The flags of one message, all of them but \Recent; `modseq` is None where the server does not say.

    `labels` are Gmail's (`FetchedHeader.labels`), None where they were not told.
    """

    flags: tuple[str, ...]
    modseq: int | None = None
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened in the open folder.

    `vanished`: UIDs that are gone, ascending and without overlaps; there may be some among them that never existed.
    `flags`: by UID, the flags as they are now. `expunged_by_number`: mail has gone, and the server did not say which
    UIDs. `incomplete`: there was more than is named here: compare with `uids` and `all_flags`.
    """

    vanished: tuple[UidRange, ...] = ()
    flags: Mapping[int, Flags] = field(default_factory=dict)
    expunged_by_number: bool = False
    incomplete: bool = False

    def __bool__(self) -> bool:
        """Whether anything happened."""
        return bool(self.vanished or self.flags or self.expunged_by_number or self.incomplete)


class Harvest:
    """Changes as they come in, until somebody takes them."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all: another folder is opened."""
        self._vanished: list[UidRange] = []
        self._tidy = 0  # so many ranges were left when they were last put in order
        self._flags: dict[int, Flags] = {}
        self._by_number = self._incomplete = False

    def vanished(self, ranges: Iterable[UidRange]) -> None:
        """Mail that is gone for ever."""
        self._vanished += ranges
        if len(self._vanished) > 2 * self._tidy + MOST_RANGES // 4:
            self._tidy_up()

    def flagged(self, uid: int, flags: Flags) -> None:
        """The flags of a message as they are now."""
        if uid in self._flags or len(self._flags) < MOST_FLAGS:
            self._flags[uid] = flags
        else:
            self._incomplete = True

    @property
    def has_flags(self) -> bool:
        """Whether flags wait to be taken."""
        return bool(self._flags)

    def renew(self, uid: int, flags: Flags) -> None:
        """Flags that somebody asked for: newer than those waiting here, which must not be applied after them."""
        if uid in self._flags:
            self._flags[uid] = flags

    def expunged(self) -> None:
        """A message that we know by its number only."""
        self._by_number = True

    def unclear(self) -> None:
        """Something that we do not understand."""
        self._incomplete = True

    def take(self) -> Changes:
        """All so far; the next call begins anew."""
        self._tidy_up()
        gone = Gone(self._vanished)
        alive = {uid: flags for uid, flags in self._flags.items() if uid not in gone}
        taken = Changes(tuple(self._vanished), alive, self._by_number, self._incomplete)
        self.clear()
        return taken

    def _tidy_up(self) -> None:
        self._vanished = merged(self._vanished)
        if len(self._vanished) > MOST_RANGES:
            self._vanished, self._incomplete = [], True
        self._tidy = len(self._vanished)


class Gone:
    """Whether a UID lies in one of some ranges (ascending, without overlaps)."""

    def __init__(self, ranges: list[UidRange]) -> None:
        self._ranges = ranges

    def __contains__(self, uid: int) -> bool:
        """By bisection: there may be many of both."""
        at = bisect_right(self._ranges, (uid, _ABOVE)) - 1
        return at >= 0 and uid <= self._ranges[at][1]


def merged(ranges: Iterable[UidRange]) -> list[UidRange]:
    """The same UIDs in as few ranges as possible, ascending."""
    found: list[UidRange] = []
    for lo, hi in sorted(ranges):
        if found and lo <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(hi, found[-1][1])
        else:
            found.append((lo, hi))
    return found


def count(ranges: Iterable[UidRange]) -> int:
    """How many UIDs are in ranges that do not overlap."""
    return sum(hi - lo + 1 for lo, hi in ranges)
