"""A scripted IMAP server: correct where nothing else is asked for, odd where its quirks say so, and a witness."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Self

from tests.providers.box import Box, Folder
from tests.providers.conversation import Conversation

_PLAIN_FOLDERS = (("INBOX", ()), ("Sent", ("\\Sent",)), ("Drafts", ("\\Drafts",)), ("Trash", ("\\Trash",)))


@dataclass(frozen=True)
class Quirks:
    """How a provider differs. What is not among the capabilities does not work: IDLE, XLIST, LIST-STATUS ..."""

    name: str = "textbook"
    greeting: str = "IMAP server ready"
    capabilities: tuple[str, ...] = ("IMAP4rev1", "ID", "IDLE", "LITERAL+", "UIDPLUS", "AUTH=PLAIN")
    capabilities_after_login: tuple[str, ...] | None = None
    # | "untagged" | "in code" | "in an untagged code"
    capability_comes: str = "when asked"  # how the second list is told after the login
    folders: tuple[tuple[str, tuple[str, ...]], ...] = _PLAIN_FOLDERS
    server_id: tuple[tuple[str, str], ...] = ()
    uidvalidity: int = 1700000000
    first_uid: int = 1
    needs_id: bool = False  # EXAMINE is refused as unsafe until ID came, in this session, after the login
    no_uidnext: bool = False
    empty_status: bool = False  # STATUS answers, but says nothing
    descending_set_bad: bool = False
    last_one_always: bool = False  # every range that goes on for ever holds the last message, however high it begins
    search_ignored: bool = False  # SEARCH on headers finds every message
    search_bad: bool = False  # SEARCH on headers is a BAD command
    no_special_use: bool = False  # LIST shows no special-use flags
    all_mail: str = ""  # the folder that holds every message but spam and trash; the others are views of labels
    unquoted_names: bool = False  # LIST quotes names only where it must
    login_error: bytes = b"NO [AUTHENTICATIONFAILED] Authentication failed."

    def capabilities_now(self, *, logged_in: bool) -> tuple[str, ...]:
        """What the server offers in this state."""
        after = self.capabilities_after_login
        return after if logged_in and after is not None else self.capabilities

    def new_box(self) -> Box:
        """The mailbox of a new customer of this provider."""
        return Box(Folder(name, flags, self.uidvalidity, self.first_uid) for name, flags in self.folders)


class ScriptedImap:
    """A server on 127.0.0.1, as a context manager.

    `commands` lists all that clients sent (without tags), `violations` what a reader must not do: SELECT, STORE and the
    like, and BODY[...] without PEEK. `answer` prepares a false answer to the next command of a name. `damaged` are the
    UIDs in INBOX that cannot be delivered: "no headers" and "no body" are refused, over a body "hang up" does and
    over a header "hang up on headers"; "left out" comes only when asked for alone, or never ("left out for ever");
    the pieces of an "empty" one are; "no structure" is refused and "hang up on structures" does over BODYSTRUCTURE,
    "hang up on sections" over the text of a mail with attachments.
    `structures` has what is said of a UID, in any folder, instead of its true BODYSTRUCTURE.
    `most_open` is how many connections there were at once, at most.
    """

    conversation: ClassVar[type[Conversation]] = Conversation

    def __init__(
        self,
        quirks: Quirks = Quirks(),
        *,
        user: str = "me@example.com",
        secret: str = "code",
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
    ) -> None:
        self.quirks = quirks
        self.user, self.secret = user, secret
        self.tls, self.starttls = tls, starttls
        self.box = quirks.new_box()
        self.commands: list[str] = []
        self.violations: list[str] = []
        self.prepared: dict[str, list[bytes]] = defaultdict(list)
        self.damaged: dict[int, str] = {}
        self.structures: dict[int, bytes] = {}
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = "127.0.0.1", int(self._listening.getsockname()[1])
        self._open: set[socket.socket] = set()
        self.most_open = 0
        self._threads = [threading.Thread(target=self._accept, name=f"scripted {quirks.name}")]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._threads[0].join(5)
        self.drop()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive(), f"{thread.name} hangs"

    def append(self, folder: str, raw: bytes, flags: Iterable[str] = (), when: datetime | None = None) -> int:
        """Deliver a message; sessions that idle on the folder see it at once. Returns its UID."""
        identity, date = self.box.identify(raw), when or datetime(2024, 1, 1, 8, 0, tzinfo=UTC)
        shown = self.box.folders[folder]
        all_mail = self.box.folders.get(self.quirks.all_mail)
        if all_mail and shown is not all_mail and not {"\\Junk", "\\Trash"} & set(shown.attributes):
            identity.labels.add(shown.label)
            self.box.append(self.quirks.all_mail, raw, flags, date, identity)
        return self.box.append(folder, raw, flags, date, identity)

    def takes(self, token: str) -> bool:
        """Whether an OAuth token opens the mailbox."""
        return token == self.secret

    def answer(self, command: str, line: bytes) -> None:
        """Let the next such command fail: `line` follows its tag, e.g. b"NO [UNAVAILABLE] later". b"" hangs up, and
        so does b"* BYE ...", which is said before."""
        self.prepared[command].append(line)

    def sent(self, command: str) -> list[str]:
        """What clients sent that begins with `command`."""
        return [line for line in self.commands if line.startswith(command)]

    def drop(self) -> None:
        """Cut all connections."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return  # the test is over
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(connection,), name=f"session {self.quirks.name}")
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        self._open.add(connection)
        self.most_open = max(self.most_open, len(self._open))
        conversation: Conversation | None = None
        try:
            if self.tls:
                self._open.discard(connection)
                connection = self.tls.wrap_socket(connection, server_side=True)
                self._open.add(connection)
            conversation = self.conversation(self, connection)
            conversation.run()
        except OSError:
            pass  # the client hung up, or does not trust our certificate
        finally:
            if conversation:
                connection = conversation.end()
            self._open.discard(connection)
            connection.close()
