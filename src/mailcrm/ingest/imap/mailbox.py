"""An open mailbox: lists folders, examines them, fetches headers and bodies, waits for mail, and changes nothing."""

import imaplib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from mailcrm.clock import Clock, utc_now
from mailcrm.ingest.imap.changes import Changes, Flags
from mailcrm.ingest.imap.client import Items
from mailcrm.ingest.imap.failures import CommandRefused, FreshTokenRefused, TokenExpired, refusal
from mailcrm.ingest.imap.fetching import GMAIL, Fetching, HeadersAsked
from mailcrm.ingest.imap.folders import Listed
from mailcrm.ingest.imap.idling import Change, Idling, Suspended, Wakefulness
from mailcrm.ingest.imap.listing import Listing, wire
from mailcrm.ingest.imap.notifying import Notifying
from mailcrm.ingest.imap.parts import Parts
from mailcrm.ingest.imap.responses import MAX_UID, examined, uid_of
from mailcrm.ingest.imap.session import Login, Session, open_session
from mailcrm.ingest.imap.talk import Talk
from mailcrm.ingest.imap.values import Value
from mailcrm.model.folder import FolderInfo, FolderStatus
from mailcrm.model.message import FetchedHeader, RawMessage

if TYPE_CHECKING:
    from mailcrm.ingest.imap.sections import Sections

__all__ = [
    "Change",
    "Changes",
    "CommandRefused",
    "Flags",
    "FreshTokenRefused",
    "Login",
    "Mailbox",
    "Suspended",
    "TokenExpired",
    "open_mailbox",
]

_LOGOUT_SECONDS = 2.0
_MIB = 1024 * 1024
_DEPTH = 4
_AT_ONCE = 4 * _MIB


@contextmanager
def open_mailbox(login: Login, *, wake: int | None = None, clock: Clock = utc_now) -> Iterator["Mailbox"]:
    """A mailbox, logged in, for as long as the block lasts.

    `wake` is a file descriptor that ends waits when it becomes readable; nothing is read from it. `clock` tells whether
    the machine was asleep. Raises what `open_session` raises.
    """
    mailbox = Mailbox(open_session(login), login, wake, clock)
    try:
        yield mailbox
    finally:
        mailbox.close()


class Mailbox:
    """One connection, for one thread.

    All methods raise ConnectionLost (open a new one), Throttled (wait), PermanentError (tell somebody) or
    CommandRefused (this folder does not work now; the connection does). There is no way to change a mailbox through it:
    folders are opened by EXAMINE, bodies read by BODY.PEEK. What returns an iterator does its work while it is read;
    other methods may be called in between, but to open a folder it must have come to its end or been dropped.
    """

    def __init__(self, session: Session, login: Login, wake: int | None = None, clock: Clock = utc_now) -> None:
        self.capabilities = session.capabilities
        self._session = session
        self._client = session.client
        self._talk = Talk(session, login)
        self._listing = Listing(self._talk)
        self._fetching = Fetching(self._talk)
        self._parts = Parts(self._talk, self._fetching)
        self._notifying = Notifying(self._talk)
        self._idling = Idling(self._talk, self._notifying, wake, Wakefulness(clock))
        self._plain_examine = False  # some offer what they then call a bad command

    # --- the connection ------------------------------------------------------------------------------------------

    @property
    def received(self) -> int:
        """Bytes received on this connection so far, as they came over the wire."""
        return self._client.transport.rx

    @property
    def server_id(self) -> dict[str, str]:
        """What the server says it is (RFC 2971), e.g. `name` and `version`."""
        with self._talk.guard():
            return self._talk.introduction.server_id

    @property
    def compressed(self) -> bool:
        """Whether the connection is compressed."""
        return self._client.transport.compressed

    @property
    def resyncs(self) -> bool:
        """Whether EXAMINE can tell what changed since a mod-sequence, and changes name the UIDs that are gone."""
        return "QRESYNC" in self._talk.enabled and not self._plain_examine

    @property
    def keeps_modseq(self) -> bool:
        """Whether `flags_since` works (CONDSTORE), in folders that have a HIGHESTMODSEQ."""
        return not self.capabilities.isdisjoint({"CONDSTORE", "QRESYNC"})

    @property
    def labels(self) -> bool:
        """Whether folders are views of labelled mail (Gmail), and headers and flags come with the labels."""
        return GMAIL in self.capabilities

    def close(self) -> None:
        """Log out and hang up, within two seconds or so, whatever state the connection is in."""
        if not self._talk.broken:
            # A server that no longer answers is left behind all the same; BYE arrives as an abort.
            with suppress(OSError, imaplib.IMAP4.error):
                self._client.transport.limit(_LOGOUT_SECONDS)
                self._client.call("LOGOUT")
        self._talk.broken = True
        self._client.transport.shutdown()

    # --- folders -------------------------------------------------------------------------------------------------

    def list_folders(self) -> list[FolderInfo]:
        """All folders with their roles, by special-use flags, else XLIST, else names."""
        return self._listing.list_folders()

    def list_lines(self) -> list[Listed]:
        """All folders as the server shows them, with the flags that decide their roles (`folders.roles_of`)."""
        return self._listing.lines()

    def status(self, folders: Sequence[FolderInfo]) -> dict[str, FolderStatus]:
        """What the server says of folders without opening them, by `name_raw`; only to skip those that did not change.

        Folders it says nothing usable of are left out; unknown values are None.
        """
        with self._notifying.asking():
            return self._listing.status(folders)

    def survey(self) -> tuple[list[FolderInfo], dict[str, FolderStatus]]:
        """`list_folders`, and `status` of all of them: in one round trip where SPECIAL-USE and LIST-STATUS are offered."""
        with self._notifying.asking():
            return self._listing.survey()

    def examine(self, folder: FolderInfo, since: tuple[int, int] | None = None) -> FolderStatus:
        """Open a folder for reading. `uidnext` is None where the server does not say: then ask `highest_uid`.

        `since` is the (UIDVALIDITY, mod-sequence) to which we know the folder: where `resyncs`, and if the UIDVALIDITY
        is still the same, `changes` then holds all that happened after it. Changes of the folder before are dropped.
        """
        client = self._client
        with self._talk.guard():
            client.settle()
            self._session.compress_if_worth()
            self._talk.folder = folder.name
            client.leave_folder()
            parameters = self._parameters(since)
            reply = client.call("EXAMINE", wire(folder.name_raw), *parameters)
            if reply.status == "BAD" and parameters:
                self._plain_examine = True
                parameters = []
                reply = client.call("EXAMINE", wire(folder.name_raw))
            client.grown = False
            client.transport.state = "SELECTED" if reply.ok else "AUTH"
            self._talk.check(reply, f"open {folder.name!r}")
            if b"QRESYNC" not in b"".join(parameters):
                client.harvest.clear()  # without QRESYNC nobody says where the news of the folder before end
            lines = [line for line in client.take("OK") if isinstance(line, bytes)]
            return examined(lines, client.exists)

    def _parameters(self, since: tuple[int, int] | None) -> list[bytes]:
        """What to say with EXAMINE (RFC 7162, 3.1.8 and 3.2.5)."""
        if self._plain_examine:
            return []
        if self.resyncs and since is not None and min(since) > 0:
            return [b"(QRESYNC (%d %d))" % since]
        return [b"(CONDSTORE)"] if self.keeps_modseq and not self._talk.enabled else []

    def highest_uid(self, exists: int) -> int:
        """The UID of the last of `exists` messages in the open folder, 0 if there is none.

        For servers without UIDNEXT. Raises CommandRefused if they do not tell this either: it is never guessed.
        """
        if not exists:
            return 0
        found: list[int] = []

        def take(items: Items) -> bool:
            found.extend(filter(None, [uid_of(items)]))
            return b"FLAGS" not in items

        with self._talk.guard(), self._client.taking(take):
            # Some answer the first with nothing (chatmail/core#4842).
            for command, *where in ((b"FETCH", b"%d" % exists), (b"UID", b"FETCH", b"*")):
                reply = self._client.call(command.decode(), *where, b"(UID)")
                if found:
                    return max(found)
        raise refusal(self._talk.place, reply.text, f"name the last message of {self._talk.folder!r}")

    # --- what changed --------------------------------------------------------------------------------------------

    @property
    def exists(self) -> int:
        """How many messages the open folder has, by all that was heard so far."""
        return self._client.exists

    def changes(self) -> Changes:
        """What was heard of the open folder since the last call, with whatever command it came. Sends nothing."""
        return self._client.harvest.take()

    def flags_since(self, modseq: int, lo: int = 1, hi: int | None = None) -> Iterator[tuple[int, Flags]]:
        """The messages in lo..hi with a higher mod-sequence, as they arrive; where `keeps_modseq`.

        Where `resyncs`, `changes` then also holds what has vanished since. Raises ValueError for a modseq below 1.
        """
        if modseq < 1:
            raise ValueError("mod-sequences begin with 1")
        vanished = b" VANISHED" if self.resyncs else b""
        return self._fetching.flags(lo, hi, b"(CHANGEDSINCE %d%s)" % (modseq, vanished))

    def all_flags(self, lo: int, hi: int | None = None) -> Iterator[tuple[int, Flags]]:
        """All messages in lo..hi with their flags, as they arrive."""
        return self._fetching.flags(lo, hi) if lo <= _end(hi) else iter(())

    def uids(self, lo: int, hi: int | None = None) -> list[int]:
        """The UIDs that exist in lo..hi (None: to the end), ascending. Cheap: a few ranges where the server has ESEARCH,
        else some 30 bytes each."""
        return self._fetching.uids(lo, hi) if lo <= _end(hi) else []

    # --- messages ------------------------------------------------------------------------------------------------

    def flags(self, lo: int, hi: int | None = None) -> dict[int, tuple[str, ...]]:
        r"""The flags of the messages in lo..hi (None: to the end) by UID, `\Recent` included."""
        return self._fetching.flag_names(lo, hi) if lo <= _end(hi) else {}

    def fetch_headers(self, lo: int, hi: int | None, fields: Sequence[str]) -> list[FetchedHeader]:
        """Flags, arrival, size and header `fields` of the messages in lo..hi (None: to the end), ascending by UID."""
        return self._fetching.headers_in(lo, hi, fields).take() if lo <= _end(hi) else []

    def ask_headers(self, lo: int, hi: int, fields: Sequence[str]) -> HeadersAsked:
        """The same for later: they come while other things are done on this connection. All that was asked for has to be
        taken or dropped before another folder is opened."""
        return self._fetching.headers_in(lo, hi, fields)

    def fetch_bodies(
        self,
        uids: Sequence[int],
        *,
        sizes: Mapping[int, int] | None = None,
        depth: int = _DEPTH,
        at_once: int = _AT_ONCE,
    ) -> Iterator[RawMessage]:
        """Whole messages, each as it arrives: one at a time is in memory. UIDs that do not come are gone, left out by the
        server, or refused; CommandRefused is raised at the end if there was a refusal and not one message.

        `depth` commands are on their way; one asks for 100 messages or, by the `sizes` that are known, `at_once` bytes.
        """
        return self._fetching.bodies(uids, sizes or {}, depth, at_once)

    def stream_bodies(self, rounds: Iterable[Sequence[tuple[int, int]]]) -> Iterator[RawMessage]:
        """The same of rounds of UIDs with their sizes; no UID comes twice. A round is taken when there is room for another
        command; where they come from, too, other work may be done on this connection."""
        return self._fetching.bodies_of(rounds, _DEPTH, _AT_ONCE)

    def fetch_body_parts(
        self,
        uid: int,
        offset: int = 0,
        *,
        size: int | None = None,
        length: int = _MIB,
        depth: int = 4,
        section: str = "",
    ) -> Iterator[tuple[int, bytes]]:
        """A big message from `offset` on as (offset, bytes) without gaps, `depth` pieces being on their way.

        With `section` a part of it, still encoded. `size` is what the server says it has. Raises CommandRefused when a
        piece does not come; what came before is good, and offset + len(bytes) is where to go on, on any connection.
        """
        return self._parts.all_from(uid, offset, length, size, depth, section)

    def structures(self, uids: Sequence[int]) -> Iterator[tuple[int, Value]]:
        """The BODYSTRUCTURE of messages by UID, as they arrive; nothing of what the server refuses."""
        return self._sections().structures(uids)

    def fetch_sections(self, wanted: Mapping[int, Sequence[str]]) -> Iterator[tuple[int, dict[str, bytes]]]:
        """Sections of messages (HEADER, 1.MIME, 1.2 ...) by UID, each message as it arrives; refused ones do not."""
        return self._sections().fetch(wanted)

    def _sections(self) -> "Sections":
        from mailcrm.ingest.imap.sections import Sections  # only now: most passes find no large mail

        return Sections(self._talk, self._fetching)

    def notify(self, ignored: Collection[str]) -> bool:
        """Let waits end for mail in other folders too, but those `ignored` (`name_raw`). Whether the server does that."""
        with self._talk.guard():
            self._notifying.begin(ignored)
            return self._notifying.on

    def wait_for_change(self, seconds: float) -> Change:
        """Wait until the open folder has more messages, at most `seconds`, or until woken; after `notify` also until other
        folders change.

        By IDLE where offered, else the server is asked at the end. Call it again for more: IDLE has to be renewed.
        Raises Suspended, which is a ConnectionLost, when the machine was asleep meanwhile.
        """
        return self._idling.wait_for_change(seconds)


def _end(hi: int | None) -> int:
    return MAX_UID if hi is None else hi
