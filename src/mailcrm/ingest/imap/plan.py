"""Decides what to fetch from a folder: which UIDs are new, which wait for backfill, and in what portions."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from mailcrm.ingest.portions import portions
from mailcrm.model.account import Capture
from mailcrm.model.folder import FolderStatus, SyncState, Tried

_METADATA_FIELDS = (
    # who and when
    *("date", "from", "sender", "reply-to", "to", "cc", "bcc"),
    # which thread
    *("message-id", "in-reply-to", "references"),
)

_PARTS = 8
"""Into so many parts mail is divided over which a connection broke: a window of 200 comes down to one mail in 3 passes."""


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What one pass over a folder has to do; ranges of UIDs include both ends.

    `state` is what to start from, `rolled` whether that is a new generation of a folder we knew. `live` is the mail
    that came since the last pass, `backfill` all that was there before we first looked.
    """

    state: SyncState
    rolled: bool
    live: tuple[int, int] | None
    backfill: tuple[int, int] | None


def plan_sync(status: FolderStatus, state: SyncState | None, uidnext: int) -> SyncPlan:
    """What to fetch, from what EXAMINE said and where we stand.

    `uidnext` is `status.uidnext`, or one above the highest UID found where the server does not say.
    """
    top = uidnext - 1
    mailboxid = status.mailboxid or ""
    if state is None:
        return _from_scratch(SyncState(1, status.uidvalidity, top, top, mailboxid=mailboxid), rolled=False)
    if _has_rolled(status, state):
        uidvalidity = status.uidvalidity or state.uidvalidity
        anew = SyncState(state.generation + 1, uidvalidity, top, top, mailboxid=mailboxid)
        return _from_scratch(anew, rolled=True)
    state = replace(state, mailboxid=mailboxid or state.mailboxid)
    live = (state.uid_high + 1, top) if top > state.uid_high else None
    return SyncPlan(state, rolled=False, live=live, backfill=_below(state.uid_floor))


def windows_over(uids: Sequence[int], lo: int, hi: int, size: int) -> Iterator[tuple[int, int]]:
    """The range lo..hi in windows that hold at most `size` of the `uids` (ascending), newest first and without gaps.

    For folders whose UIDs lie far apart: they may be anything up to 4,294,967,295 (RFC 3501, 2.3.1.1), and windows of
    equal width could be empty millions of times.
    """
    known = uids[bisect_left(uids, lo) : bisect_left(uids, hi + 1)]
    for end in range(len(known), size, -size):
        start = known[end - size]
        yield start, hi
        hi = start - 1
    if hi >= lo:
        yield lo, hi


def cautious(windows: Iterable[tuple[int, int]], uids: Sequence[int], tried: Tried | None) -> Iterator[tuple[int, int]]:
    """The same windows, newest first and without gaps, but what was `tried` before stands alone and in eighths: something
    in it cost the connection."""
    for lo, hi in windows:
        if tried is None or not tried.touches(lo, hi):
            yield lo, hi
            continue
        first, last = max(lo, tried.first), min(hi, tried.last)
        suspects = bisect_left(uids, last + 1) - bisect_left(uids, first)
        if last < hi:
            yield last + 1, hi
        yield from windows_over(uids, first, last, max(1, -(-suspects // _PARTS)))
        if lo < first:
            yield lo, first - 1


def uid_set(uids: Iterable[int]) -> str:
    """UIDs as a sequence set: ascending (QQ answers BAD to any other order, Wino-Mail#201) and as ranges."""
    return ",".join(f"{lo}:{hi}" if hi > lo else str(lo) for lo, hi in _runs(uids))


def uid_sets(uids: Iterable[int], max_length: int) -> Iterator[str]:
    """The same in pieces of at most `max_length` characters; servers refuse long lines (getmail6#275)."""
    parts: list[str] = []
    length = 0
    for part in uid_set(uids).split(","):
        if parts and length + len(part) > max_length:
            yield ",".join(parts)
            parts, length = [], 0
        parts.append(part)
        length += len(part) + 1
    if parts[0]:
        yield ",".join(parts)


def chunks(sizes: Iterable[tuple[int, int]], max_count: int, max_bytes: int) -> Iterator[list[int]]:
    """UIDs from (uid, size in bytes) pairs in portions of so many messages and bytes; a larger message stands alone."""
    return ([uid for uid, _ in portion] for portion in portions(sizes, itemgetter(1), max_count, max_bytes))


def flag_text(flags: Iterable[str]) -> str:
    r"""Flags as they are kept: in one order, without \Recent, which is about a session and not about the mail."""
    return " ".join(sorted(flag for flag in flags if flag.lower() != "\\recent"))


def too_many_gone(gone: int, known: int) -> bool:
    """Whether so many deletions at once in a folder need a second look: servers lose indexes and find them again."""
    return gone > max(50, known // 5)


def fields_for(capture: Capture) -> tuple[str, ...]:
    """The header fields to ask for, in lower case; at the level METADATA the subject never leaves the server."""
    from mailcrm.ingest.mail.kinds import KIND_FIELDS  # only now: a pass that finds nothing asks for no field

    kind = (name for name in KIND_FIELDS if name not in _METADATA_FIELDS)  # person, list, bulk, automatic, bounce
    return (*_METADATA_FIELDS, *kind, *(() if capture is Capture.METADATA else ("subject",)))


def _from_scratch(state: SyncState, *, rolled: bool) -> SyncPlan:
    return SyncPlan(state, rolled=rolled, live=None, backfill=_below(state.uid_floor))


def _below(floor: int) -> tuple[int, int] | None:
    return (1, floor) if floor >= 1 else None


def _has_rolled(status: FolderStatus, state: SyncState) -> bool:
    """Whether our UIDs mean nothing any more (RFC 3501, 2.3.1.1).

    A UIDVALIDITY of 0 is not allowed and means that the server did not say. UIDNEXT may not fall either, but the
    highest UID that we found ourselves may: its message was deleted. Another MAILBOXID means that the folder was
    deleted and made anew, whatever its numbers say.
    """
    if not is_same_folder(status, state):
        return True
    if status.uidvalidity and status.uidvalidity != state.uidvalidity:
        return True
    return status.uidnext is not None and status.uidnext <= state.uid_high


def is_same_folder(status: FolderStatus, state: SyncState) -> bool:
    """Whether it is the folder that we know, by its MAILBOXID; where the server tells none, nothing speaks against it."""
    return not (status.mailboxid and state.mailboxid) or status.mailboxid == state.mailboxid


def _runs(uids: Iterable[int]) -> Iterator[tuple[int, int]]:
    run: tuple[int, int] | None = None
    for uid in sorted(set(uids)):
        if run and uid == run[1] + 1:
            run = run[0], uid
            continue
        if run:
            yield run
        run = uid, uid
    if run:
        yield run
