"""Another mail program that is at work while a pass reads: what it does, and when, is generated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count

from hypothesis import strategies as st

from tests.faults.rig import Flags, mail
from tests.servers.imap_reader import ImapReader
from tests.servers.mail import MailServer

NAMES = ("Archive", "客户", "Work")
"""Folders beside INBOX; each may be there or not. Few, so that names come back for other folders."""

_SETS = ((), ("\\Seen",), ("\\Flagged", "$Important"), ("\\Seen", "\\Answered"))


class Kind(StrEnum):
    """What another mail program does."""

    APPEND = "append"
    FLAG = "flag"
    MOVE = "move"
    COPY = "copy"
    EXPUNGE = "expunge"
    MOVE_ALL = "move all"
    EXPUNGE_ALL = "expunge all"
    CREATE = "create"
    RENAME = "rename"
    REMOVE = "remove"
    RENUMBER = "renumber"


# As often as their weights; folders come and go seldom, so that there is some mail left to look at.
_WEIGHTS = {Kind.APPEND: 4, Kind.FLAG: 4, Kind.MOVE: 4, Kind.COPY: 2, Kind.EXPUNGE: 4, Kind.CREATE: 1, Kind.RENAME: 1}
_KINDS = [kind for kind in Kind for _ in range(_WEIGHTS.get(kind, 1))]


@dataclass(frozen=True)
class Deed:
    """`after` so many more commands of the pass. `a`, `b`, `c` choose folder, mail or flags, and target, by remainder."""

    after: int
    kind: Kind
    a: int
    b: int
    c: int


_NUMBERS = st.integers(0, 11)
DEEDS = st.builds(Deed, st.integers(0, 7), st.sampled_from(_KINDS), _NUMBERS, _NUMBERS, _NUMBERS)
PLANS = st.lists(st.lists(DEEDS, min_size=4, max_size=12), min_size=1, max_size=3)
"""For each of some passes, what happens during it."""


@dataclass
class OtherProgram:
    """Works on the mailbox of `user`. It remembers what it left behind, and notices if anybody else changed that.

    `trouble` is what went wrong while it worked in the thread of a line.
    """

    server: MailServer
    user: str
    left: Flags = field(default_factory=dict)
    trouble: Exception | None = None
    _waiting: list[Deed] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _validities: count[int] = field(default_factory=lambda: count(1_000))

    def begin(self) -> None:
        """A mailbox with mail in two folders."""
        with self.server.reader(self.user) as session:
            session.create(NAMES[0])
            for number in range(12):
                self._append(session, ("INBOX", NAMES[0])[number % 3 == 0], number)
            self.left = _flags(session)

    def plan(self, deeds: Sequence[Deed]) -> None:
        """What to do from now on."""
        self._waiting = list(deeds)

    def before_command(self) -> None:
        """The pass says something."""
        while self._waiting and self._waiting[0].after == 0 and self.trouble is None:
            self.act(self._waiting.pop(0))
        if self._waiting:
            first = self._waiting[0]
            self._waiting[0] = Deed(first.after - 1, first.kind, first.a, first.b, first.c)

    @property
    def idle(self) -> bool:
        """Whether all that was planned is done."""
        return not self._waiting

    def finish(self) -> None:
        """The pass is over: do the rest now. Raises what went wrong so far."""
        while self._waiting and self.trouble is None:
            self.act(self._waiting.pop(0))
        if self.trouble is not None:
            raise self.trouble

    def act(self, deed: Deed) -> None:
        """Do it, if there is such a mail or folder."""
        try:
            with self.server.reader(self.user) as session:
                self.look(session)
                self._do(session, deed)
            with self.server.reader(self.user) as session:  # a session would not see that its folder was numbered anew
                self.left = _flags(session)
        except (AssertionError, OSError) as exc:
            self.trouble = exc

    def look(self, session: ImapReader) -> None:
        """Folders, mails and flags are as we left them."""
        assert _flags(session) == self.left, "somebody else changed the mailbox"

    def _do(self, session: ImapReader, deed: Deed) -> None:
        folders = sorted(self.left, key=lambda name: (name != "INBOX", name))
        folder, target = folders[deed.a % len(folders)], folders[deed.c % len(folders)]
        uids = sorted(self.left[folder])
        uid = uids[deed.b % len(uids)] if uids else 0
        unused = [name for name in NAMES if name not in folders]
        match deed.kind:
            case Kind.APPEND:
                self._append(session, folder, deed.c)
            case Kind.FLAG if uid:
                session.set_flags(folder, uid, _SETS[deed.c % len(_SETS)])
            case Kind.MOVE if uid and target != folder:
                session.move(folder, uid, target)
            case Kind.COPY if uid:
                session.copy(folder, uid, target)
            case Kind.EXPUNGE if uid:
                session.delete(folder, uid)
            case Kind.MOVE_ALL if target != folder:
                for each in uids:
                    session.move(folder, each, target)
            case Kind.EXPUNGE_ALL:
                for each in uids:
                    session.delete(folder, each)
            case Kind.CREATE if unused:
                session.create(unused[0])
            case Kind.RENAME if unused and folder != "INBOX":
                session.rename(folder, unused[0])
            case Kind.REMOVE if folder != "INBOX":
                session.remove(folder)
            case Kind.RENUMBER:
                self.server.renumber(self.user, folder, next(self._validities))

    def _append(self, session: ImapReader, folder: str, flags: int) -> None:
        session.append(folder, mail(next(self._numbers)), flags=_SETS[flags % len(_SETS)])


def _flags(session: ImapReader) -> Flags:
    return {folder: session.flags(folder) for folder in session.folders() if folder in ("INBOX", *NAMES)}
