"""Fetches from the open folder: several commands on their way at once, each message handed on as it arrives.

Answers are matched by their UIDs: Dovecot was seen to send data of a later command before the tagged OK of an earlier.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeVar

from mailcrm.ingest.imap.changes import Flags, count, merged
from mailcrm.ingest.imap.client import Items, Reply, Taker
from mailcrm.ingest.imap.failures import CommandRefused, refusal
from mailcrm.ingest.imap.plan import chunks, uid_set
from mailcrm.ingest.imap.responses import MAX_UID, body_of, fetched_header, flag_names, flags_of, searched, uid_of
from mailcrm.ingest.imap.talk import Talk
from mailcrm.model.folder import UidRange
from mailcrm.model.message import FetchedHeader, RawMessage

_T = TypeVar("_T")
GMAIL = "X-GM-EXT-1"
_BODIES_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Command:
    """One UID FETCH: the set, what to fetch, modifiers; and of how many messages, where that is known."""

    arguments: tuple[bytes, ...]
    messages: int = 0


class _Flight:
    """Commands that are on their way, by their tags in the order of sending."""

    def __init__(self, depth: int) -> None:
        self.commands: dict[bytes, Command] = {}
        self._depth = depth
        self._coming = 0

    def room(self) -> bool:
        """Whether another command may be sent: fewer than `depth` are to bring something yet.

        Dovecot answers a few commands with all their data before it says OK to the first of them. Whoever waits for the
        OK leaves the line empty for a round trip.
        """
        if len(self.commands) < self._depth:
            return True
        counts = [command.messages for command in self.commands.values()]
        newest = counts[len(counts) - self._depth + 1 :]
        return all(counts) and self._coming <= sum(newest) and len(counts) < 2 * self._depth

    def sent(self, tag: bytes, command: Command) -> None:
        """Another one is on its way."""
        self.commands[tag] = command
        self._coming += command.messages

    def came(self) -> None:
        """A message that was asked for."""
        self._coming -= 1

    def done(self, tag: bytes) -> Command:
        """What it did not bring does not come."""
        command = self.commands.pop(tag)
        self._coming = min(self._coming, sum(each.messages for each in self.commands.values()))
        return command


class Fetching:
    """UID FETCH on one connection, not by imapclient's own fetch, which from 4.0 on takes no ranges."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._client = talk.client

    def stream(
        self,
        commands: Iterable[Command],
        pick: Callable[[Items], _T | None],
        *,
        flags_asked: bool = False,
        depth: int = 1,
        refused: Callable[[Command, Reply], None] | None = None,
    ) -> Iterator[_T]:
        """What `pick` makes of the answers, in the order of their arrival; None is something that was not asked for.

        A command is taken from `commands` when there is room for it. One that is not done goes to `refused`, else it
        raises what it means. Between two values, and where `commands` come from, the caller may do other work, also on
        this connection.
        """
        ready: deque[_T] = deque()
        waiting, flight = iter(commands), _Flight(depth)
        reject = refused or (lambda _, reply: self._talk.check(reply, self.doing))

        def came(value: _T) -> None:
            ready.append(value)
            flight.came()

        with self._client.taking(self.taker(pick, came, flags_asked=flags_asked)):
            while True:
                self._finish(flight, reject)
                # What the caller does meanwhile is not guarded: errors of its own are none of the connection.
                while flight.room() and (command := next(waiting, None)):
                    self._start(command, flight)
                if ready:
                    yield ready.popleft()
                elif flight.commands:
                    self._read(flight)
                else:
                    return

    def taker(
        self, pick: Callable[[Items], _T | None], came: Callable[[_T], None], *, flags_asked: bool = False
    ) -> Taker:
        """Hands on what `pick` makes of answers."""
        harvest = self._client.harvest

        def take(items: Items) -> bool:
            if (value := pick(items)) is None:
                return False
            came(value)
            if flags_asked and harvest.has_flags and (uid := uid_of(items)) and (flags := flags_of(items)):
                harvest.renew(uid, flags)
            return flags_asked or b"FLAGS" not in items

        return take

    def _start(self, command: Command, flight: _Flight) -> None:
        with self._talk.guard():
            if not flight.commands:
                self._client.forget()
            flight.sent(self._client.start("UID", b"FETCH", *command.arguments), command)

    def _read(self, flight: _Flight) -> None:
        """The next answer, unless one that was waited for is there already: somebody else may have read it."""
        if not any(map(self._client.answered, flight.commands)):
            with self._talk.guard():
                self._client.next_response()

    def _finish(self, flight: _Flight, reject: Callable[[Command, Reply], None]) -> None:
        """Take the tagged answers that are there."""
        for tag in [tag for tag in flight.commands if self._client.answered(tag)]:
            command, reply = flight.done(tag), self._client.finish(tag)
            if not reply.ok:
                reject(command, reply)

    # --- ranges --------------------------------------------------------------------------------------------------

    def uids(self, lo: int, hi: int | None) -> list[int]:
        """The UIDs in a range, ascending: as ranges by ESEARCH, or one by one."""
        if (ranges := self._searched(lo, hi)) is not None:
            return [uid for first, last in ranges for uid in range(first, last + 1)]
        found = self.stream([_over(lo, hi, b"(UID)")], uid_of)
        return sorted({uid for uid in found if within(uid, lo, hi)})

    def _searched(self, lo: int, hi: int | None) -> list[UidRange] | None:
        """None where the server has no ESEARCH, or its answer is odd: UIDs out of the range, or too many or too few of
        them for the folder. Searching for UIDs is all that a SEARCH is trusted with."""
        if "ESEARCH" not in self._talk.capabilities:
            return None
        client = self._client
        with self._talk.guard():
            client.forget()
            tag = client.start("UID", b"SEARCH", b"RETURN (ALL)", b"UID %d:%d" % (lo, MAX_UID if hi is None else hi))
            self._talk.check(reply := client.finish(tag), self.doing, unless=CommandRefused)
            found = searched(client.take("ESEARCH"), tag) if reply.ok else None
        if found is None:
            return None
        ranges = merged(found)
        number, everything = count(ranges), lo <= 1 and hi is None
        fits = number == client.exists if everything else number <= client.exists
        inside = all(within(uid, lo, hi) for ends in ranges for uid in ends)
        return ranges if fits and inside else None

    def flags(self, lo: int, hi: int | None, *modifiers: bytes) -> Iterator[tuple[int, Flags]]:
        """UIDs of a range with their flags, as they arrive."""

        def pick(items: Items) -> tuple[int, Flags] | None:
            uid, flags = uid_of(items), flags_of(items)
            return (uid, flags) if uid and flags and within(uid, lo, hi) else None

        items = b"(UID FLAGS X-GM-LABELS)" if GMAIL in self._talk.capabilities else b"(UID FLAGS)"
        return self.stream([_over(lo, hi, items, *modifiers)], pick, flags_asked=True)

    def flag_names(self, lo: int, hi: int | None) -> dict[int, tuple[str, ...]]:
        r"""The flags of a range by UID, `\Recent` included."""

        def pick(items: Items) -> tuple[int, tuple[str, ...]] | None:
            uid = uid_of(items)
            return (uid, flag_names(items)) if uid and b"FLAGS" in items and within(uid, lo, hi) else None

        return dict(self.stream([_over(lo, hi, b"(UID FLAGS)")], pick, flags_asked=True))

    def headers_in(self, lo: int, hi: int | None, fields: Sequence[str]) -> "HeadersAsked":
        """The headers of a range, asked for now."""
        return HeadersAsked(self._talk, self, _over(lo, hi, self._header_items(fields)), lo, hi)

    # --- many messages -------------------------------------------------------------------------------------------

    def bodies(self, uids: Sequence[int], sizes: Mapping[int, int], depth: int, at_once: int) -> Iterator[RawMessage]:
        """Whole messages as they arrive; at most 100 messages or `at_once` bytes are asked for by one command."""
        return self.bodies_of([[(uid, sizes.get(uid, 0)) for uid in sorted(set(uids))]], depth, at_once)

    def bodies_of(self, rounds: Iterable[Sequence[tuple[int, int]]], depth: int, at_once: int) -> Iterator[RawMessage]:
        """The same of (uid, size) pairs, round by round, which are taken as there is room for them; no UID may come twice."""
        wanted: set[int] = set()

        def asked() -> Iterator[list[int]]:
            for sizes in rounds:
                for portion in chunks(sizes, _BODIES_AT_ONCE, at_once):
                    wanted.update(portion)
                    yield portion

        def pick(items: Items) -> RawMessage | None:
            uid, body = uid_of(items), body_of(items)
            return RawMessage(uid, body) if uid and body is not None and _taken(wanted, uid) else None

        return self._many(asked(), b"(UID BODY.PEEK[])", pick, depth)

    def _many(
        self, portions: Iterable[Sequence[int]], items: bytes, pick: Callable[[Items], _T | None], depth: int
    ) -> Iterator[_T]:
        """A NO about some leaves the others their way; it is raised at the end if nothing came at all."""
        commands = (Command((uid_set(portion).encode(), items), len(portion)) for portion in portions)
        rejected: list[CommandRefused] = []
        came = False

        def reject(_command: Command, reply: Reply) -> None:
            error = refusal(self._talk.place, reply.text, self.doing)
            if not isinstance(error, CommandRefused):
                raise error
            rejected.append(error)

        for value in self.stream(commands, pick, depth=depth, refused=reject):
            came = True
            yield value
        if rejected and not came:
            raise rejected[0]

    def _header_items(self, fields: Sequence[str]) -> bytes:
        """What tells of a message all but its body: also what the server itself calls it, where it does."""
        own = b""
        if GMAIL in self._talk.capabilities:
            own = b"X-GM-MSGID X-GM-THRID X-GM-LABELS "
        elif "OBJECTID" in self._talk.capabilities:
            own = b"EMAILID THREADID "
        names = " ".join(fields).upper().encode()
        return b"(UID FLAGS INTERNALDATE RFC822.SIZE %sBODY.PEEK[HEADER.FIELDS (%s)])" % (own, names)

    @property
    def doing(self) -> str:
        """What a refusal is about."""
        return f"fetch from {self._talk.folder!r}"


class HeadersAsked:
    """Headers that are on their way, and gathered whoever reads on this connection, until they are taken or dropped."""

    def __init__(self, talk: Talk, fetching: Fetching, command: Command, lo: int, hi: int | None) -> None:
        self._talk, self._fetching = talk, fetching
        self.waited = 0.0  # seconds that `take` took
        self._found: dict[int, FetchedHeader] = {}

        def pick(items: Items) -> FetchedHeader | None:
            header = fetched_header(items)
            return header if header and within(header.uid, lo, hi) else None

        def came(header: FetchedHeader) -> None:
            self._found[header.uid] = header

        with talk.guard():
            self._tag = talk.client.start("UID", b"FETCH", *command.arguments)
        self._taking = ExitStack()
        self._taking.enter_context(talk.client.taking(fetching.taker(pick, came, flags_asked=True)))

    @property
    def here(self) -> bool:
        """Whether `take` does not have to wait."""
        return self._talk.client.answered(self._tag)

    def take(self) -> list[FetchedHeader]:
        """Wait for them; ascending by UID, all or none. Once only."""
        started = time.monotonic()
        with self._taking, self._talk.guard():
            self._talk.check(self._talk.client.finish(self._tag), self._fetching.doing)
        self.waited = time.monotonic() - started
        return [self._found[uid] for uid in sorted(self._found)]

    def drop(self) -> None:
        """Nobody takes them any more."""
        self._taking.close()


def within(uid: int, lo: int, hi: int | None) -> bool:
    """Whether a UID lies in a range; servers add the last message to ranges above it."""
    return lo <= uid <= (MAX_UID if hi is None else hi)


def _over(lo: int, hi: int | None, items: bytes, *modifiers: bytes) -> Command:
    """An upper end as a number, never `*`: that would be the last message, also where it lies below `lo`."""
    return Command((b"%d:%d" % (lo, MAX_UID if hi is None else hi), items, *modifiers))


def _taken(wanted: set[int], uid: int) -> bool:
    """Whether a UID was still wanted; a second answer about it is none."""
    if uid not in wanted:
        return False
    wanted.remove(uid)
    return True
