"""An open mailbox: lists folders, examines them, fetches headers and bodies, waits for mail, and changes nothing."""

import imaplib
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum, auto

from mailcrm.errors import MailcrmError
from mailcrm.ingest.imap.failures import CommandRefused, refusal, translated
from mailcrm.ingest.imap.folders import Listed, roles_of
from mailcrm.ingest.imap.plan import uid_sets
from mailcrm.ingest.imap.responses import (
    Chunk,
    Value,
    body_of,
    examined,
    fetched,
    fetched_header,
    flags_of,
    listed,
    statuses,
    uid_of,
)
from mailcrm.ingest.imap.session import Login, Session, open_session
from mailcrm.ingest.imap.transport import Ready, Reply
from mailcrm.model.folder import FolderInfo, FolderStatus
from mailcrm.model.message import FetchedHeader, RawMessage

__all__ = ["Change", "CommandRefused", "Login", "Mailbox", "open_mailbox"]

MAX_UID = 4294967295
_COMMAND_LIMIT = 4000  # bytes of a UID set; servers refuse long lines (getmail6#275)
_STATUS_IN_FLIGHT = 16
_DONE_SECONDS = 10.0
_LOGOUT_SECONDS = 2.0
_SPECIAL_USES = {"\\all", "\\archive", "\\drafts", "\\junk", "\\sent", "\\trash"}


class Change(Enum):
    """How a wait for new mail ended. WOKEN: the wake pipe spoke; there may be mail too, the next wait tells."""

    CHANGED = auto()
    TIMEOUT = auto()
    WOKEN = auto()


@contextmanager
def open_mailbox(login: Login, *, wake: int | None = None) -> Iterator["Mailbox"]:
    """A mailbox, logged in, for as long as the block lasts.

    `wake` is a file descriptor that ends waits when it becomes readable; nothing is read from it. Raises what
    `open_session` raises.
    """
    mailbox = Mailbox(open_session(login), login, wake)
    try:
        yield mailbox
    finally:
        mailbox.close()


class Mailbox:
    """One connection, for one thread.

    All methods raise ConnectionLost (open a new one), Throttled (wait), PermanentError (tell somebody) or
    CommandRefused (this folder does not work now; the connection does). There is no way to change a mailbox through it:
    folders are opened by EXAMINE, bodies read by BODY.PEEK.
    """

    def __init__(self, session: Session, login: Login, wake: int | None = None) -> None:
        self.capabilities = session.capabilities
        self.server_id = session.server_id
        self._client = session.client
        self._place = login.place
        self._wake = wake
        self._folder = ""
        self._idle_works = "IDLE" in session.capabilities
        self._broken = False

    @property
    def received(self) -> int:
        """Bytes received on this connection so far."""
        return self._client.transport.rx

    def list_folders(self) -> list[FolderInfo]:
        """All folders with their roles, by special-use flags, else XLIST, else names."""
        with self._guard():
            found = self._list()
            if "XLIST" in self.capabilities and not any(_has_special_use(each) for each in found):
                found = self._with_xlist_flags(found)
        return roles_of(found)

    def examine(self, folder: FolderInfo) -> FolderStatus:
        """Open a folder for reading. `uidnext` is None where the server does not say: then ask `highest_uid`."""
        with self._guard():
            self._folder = folder.name
            self._client.exists = 0
            reply = self._client.call("EXAMINE", _wire(folder.name_raw))
            self._client.grown = False
            self._client.transport.state = "SELECTED" if reply.ok else "AUTH"
            self._check(reply, f"open {folder.name!r}")
            lines = [line for line in self._client.take("OK") if isinstance(line, bytes)]
            return examined(lines, self._client.exists)

    def highest_uid(self, exists: int) -> int:
        """The UID of the last of `exists` messages in the open folder, 0 if there is none.

        For servers without UIDNEXT. Raises CommandRefused if they do not tell this either: it is never guessed.
        """
        if not exists:
            return 0
        with self._guard():
            # Some answer the first with nothing (chatmail/core#4842).
            for command, *where in ((b"FETCH", b"%d" % exists), (b"UID", b"FETCH", b"*")):
                reply = self._client.call(command.decode(), *where, b"(UID)")
                if uids := [uid for items in fetched(self._client.take("FETCH")) if (uid := uid_of(items))]:
                    return max(uids)
        raise refusal(self._place, reply.text, f"name the last message of {self._folder!r}")

    def status(self, folders: Sequence[FolderInfo]) -> dict[str, FolderStatus]:
        """What the server says of folders without opening them, by `name_raw`; only to skip those that did not change.

        Folders it says nothing usable of are left out; unknown values are None.
        """
        items = b"(MESSAGES UIDNEXT UIDVALIDITY%s)" % (b" HIGHESTMODSEQ" if "CONDSTORE" in self.capabilities else b"")
        asked = {folder.name_raw for folder in folders if folder.selectable}
        with self._guard():
            if "LIST-STATUS" in self.capabilities:
                self._check(self._client.call("LIST", b'""', b'"*"', b"RETURN (STATUS %s)" % items), "list folders")
                answers = self._client.take("STATUS")
            else:
                answers = self._status_one_by_one(sorted(asked), items)
        found = {_one_inbox(name): status for name, status in statuses(answers)}
        return {name: found[_one_inbox(name)] for name in asked if _one_inbox(name) in found}

    def uids(self, lo: int, hi: int | None = None) -> list[int]:
        """The UIDs that exist in lo..hi (None: to the end), ascending. Cheap: some 30 bytes each."""
        found = {uid_of(items) for items in self._uid_range(lo, hi, b"(UID)")}
        return sorted(uid for uid in found if uid and _within(uid, lo, hi))

    def flags(self, lo: int, hi: int | None = None) -> dict[int, tuple[str, ...]]:
        r"""The flags of the messages in lo..hi (None: to the end) by UID, `\Recent` included."""
        found = ((uid_of(items), flags_of(items)) for items in self._uid_range(lo, hi, b"(UID FLAGS)"))
        return {uid: flags for uid, flags in found if uid and _within(uid, lo, hi)}

    def fetch_headers(self, lo: int, hi: int | None, fields: Sequence[str]) -> list[FetchedHeader]:
        """Flags, arrival, size and header `fields` of the messages in lo..hi (None: to the end), ascending by UID."""
        names = " ".join(fields).upper().encode()
        items = b"(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (%s)])" % names
        headers = (fetched_header(each) for each in self._uid_range(lo, hi, items))
        found = {header.uid: header for header in headers if header and _within(header.uid, lo, hi)}
        return [found[uid] for uid in sorted(found)]

    def fetch_bodies(self, uids: Sequence[int]) -> Iterator[RawMessage]:
        """Whole messages, ascending by UID. What the server does not return is left out.

        What one command asks for is in memory together: ask for portions (`plan.chunks`).
        """
        wanted = set(uids)
        for uid_set in uid_sets(wanted, _COMMAND_LIMIT):
            found: dict[int, bytes] = {}
            for items in self._uid_fetch(uid_set.encode(), b"(UID BODY.PEEK[])", partly=True):
                uid, body = uid_of(items), body_of(items)
                if uid in wanted and body is not None:
                    found[uid] = body
            yield from (RawMessage(uid, found[uid]) for uid in sorted(found))

    def wait_for_change(self, seconds: float) -> Change:
        """Wait until the open folder has more messages, at most `seconds`, or until woken.

        By IDLE where offered, else the server is asked at the end. Call it again for more: IDLE has to be renewed.
        """
        with self._guard():
            deadline = time.monotonic() + seconds
            if not self._client.grown and self._wait(deadline) is Ready.WOKEN:
                return Change.WOKEN
            grown, self._client.grown = self._client.grown, False
            return Change.CHANGED if grown else Change.TIMEOUT

    def close(self) -> None:
        """Log out and hang up, within two seconds or so, whatever state the connection is in."""
        if not self._broken:
            # A server that no longer answers is left behind all the same; BYE arrives as an abort.
            with suppress(OSError, imaplib.IMAP4.error):
                self._client.transport.limit(_LOGOUT_SECONDS)
                self._client.call("LOGOUT")
        self._broken = True
        self._client.transport.shutdown()

    @contextmanager
    def _guard(self) -> Iterator[None]:
        with translated(self._place):
            try:
                yield
            except (OSError, imaplib.IMAP4.error):
                self._broken = True
                raise

    def _check(self, reply: Reply, doing: str, *, unless: type[MailcrmError] | None = None) -> None:
        """Raise what a NO or BAD means, but not an error of the class `unless`."""
        if reply.ok:
            return
        error = refusal(self._place, reply.text, doing)
        if unless is None or not isinstance(error, unless):
            raise error

    def _list(self) -> list[Listed]:
        if {"SPECIAL-USE", "LIST-EXTENDED"} <= self.capabilities:
            reply = self._client.call("LIST", b'""', b'"*"', b"RETURN (SPECIAL-USE)")
            if reply.ok:
                return list(listed(self._client.take("LIST")))
        # Without RETURN, servers may give the flags all the same, and most do (RFC 6154, 2).
        self._check(self._client.call("LIST", b'""', b'"*"'), "list folders")
        return list(listed(self._client.take("LIST")))

    def _with_xlist_flags(self, found: Iterable[Listed]) -> list[Listed]:
        """Only the flags: some servers translate the names in XLIST into ones they do not accept."""
        self._client.call("XLIST", b'""', b'"*"')
        flags = {each.name_raw: each.flags for each in listed(self._client.take("XLIST"))}
        return [
            Listed(each.name_raw, each.name, each.flags + flags.get(each.name_raw, ()), each.delimiter)
            for each in found
        ]

    def _status_one_by_one(self, names: Sequence[str], items: bytes) -> list[Chunk]:
        """Several on their way at once; a NO means that the folder has just gone, and gives no entry."""
        answers: list[Chunk] = []
        for first in range(0, len(names), _STATUS_IN_FLIGHT):
            self._client.forget()
            tags = [
                self._client.start("STATUS", _wire(name), items) for name in names[first : first + _STATUS_IN_FLIGHT]
            ]
            replies = [self._client.finish(tag) for tag in tags]
            answers += self._client.take("STATUS")
            for reply in replies:
                self._check(reply, "count folders", unless=CommandRefused)
        return answers

    def _uid_range(self, lo: int, hi: int | None, items: bytes) -> Iterator[dict[bytes, Value]]:
        """An upper end as a number, never `*`: that would be the last message, also where it lies below `lo`."""
        last = MAX_UID if hi is None else hi
        return self._uid_fetch(b"%d:%d" % (lo, last), items) if lo <= last else iter(())

    def _uid_fetch(self, uid_set: bytes, items: bytes, *, partly: bool = False) -> Iterator[dict[bytes, Value]]:
        """Not imapclient's fetch: from 4.0 on it takes no ranges. `partly`: some answers are better than none."""
        with self._guard():
            reply = self._client.call("UID", b"FETCH", uid_set, items)
            answers = self._client.take("FETCH")
            unless = CommandRefused if partly and answers else None
            self._check(reply, f"fetch from {self._folder!r}", unless=unless)
        return fetched(answers)

    def _wait(self, deadline: float) -> Ready:
        ready = self._idle(deadline) if self._idle_works and self._client.transport.state == "SELECTED" else None
        if ready is None:
            ready = self._listen(deadline)
            if ready is Ready.TIMEOUT:
                self._client.call("NOOP")
        return ready

    def _idle(self, deadline: float) -> Ready | None:
        """Wait by IDLE (RFC 2177). None if the server refuses it, or ends it without news: go on without it."""
        client = self._client
        client.forget()
        tag = client.start("IDLE")
        self._idle_works = client.asked_to_go_on(tag)
        ready = None
        if self._idle_works:  # the news may have come before the "+"
            ready = Ready.LINE if client.grown else self._listen(deadline, tag)
        if client.answered(tag):
            client.finish(tag)
            return Ready.LINE if client.grown else None
        client.transport.limit(min(_DONE_SECONDS, self._place.read_timeout))
        client.transport.send(b"DONE\r\n")
        client.finish(tag)
        client.transport.limit(self._place.read_timeout)
        return ready

    def _listen(self, deadline: float, tag: bytes | None = None) -> Ready:
        """Take in lines until there is more mail, the command of `tag` is over, the deadline, or the wake pipe."""
        while (ready := self._client.transport.wait(deadline, self._wake)) is Ready.LINE:
            self._client.next_response()
            if self._client.grown or (tag and self._client.answered(tag)):
                break
        return ready


def _wire(name_raw: str) -> bytes:
    """A folder name as an IMAP string, byte for byte as LIST gave it."""
    return b'"%s"' % name_raw.replace("\\", "\\\\").replace('"', '\\"').encode("latin-1")


def _one_inbox(name_raw: str) -> str:
    """INBOX is one folder in any case of letters, and servers mix them (RFC 3501, 5.1)."""
    return "INBOX" if name_raw.upper() == "INBOX" else name_raw


def _within(uid: int, lo: int, hi: int | None) -> bool:
    return lo <= uid <= (MAX_UID if hi is None else hi)


def _has_special_use(folder: Listed) -> bool:
    return not _SPECIAL_USES.isdisjoint(flag.lower() for flag in folder.flags)
