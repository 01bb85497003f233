"""A server that says, byte for byte, what a test has written down for each command."""

from __future__ import annotations

import contextlib
import re
import socket
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mailcrm.clock import Clock, utc_now
from mailcrm.ingest.imap.mailbox import Login, Mailbox, open_mailbox
from mailcrm.model.folder import FolderInfo, FolderRole
from mailcrm.model.provider import Security
from tests.unit.ingest.imap.peer import answering, command

INBOX = FolderInfo("INBOX", "INBOX", FolderRole.INBOX)
QRESYNC = b"ENABLE CONDSTORE QRESYNC"
OPENED = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 9] ok\r\n* OK [HIGHESTMODSEQ 50] ok\r\n@ OK done\r\n"
DONE = b"@ OK done\r\n"


@dataclass
class Script:
    """What to answer to the commands after the login, in their order, and what they were. `@` becomes the tag.

    An answer without `@` leaves the command open; a later one may end it, with `@1` for the first open command. When
    all is said, `respond` answers, or the server hangs up.
    """

    answers: deque[bytes]
    capabilities: bytes = b""
    respond: Callable[[bytes], bytes] = lambda _command: b"@ BAD nothing is written for this\r\n"
    hang_up: bool = False
    commands: list[bytes] = field(default_factory=list)

    def serve(self, connection: socket.socket) -> None:
        """One connection, to its end."""
        connection.sendall(b"* OK hello\r\n")
        tag, open_tags = b"", list[bytes]()
        with contextlib.suppress(AssertionError):  # the client hung up
            while True:
                word, _, line = command(connection).rstrip().partition(b" ")
                if word == b"DONE":
                    line = word  # the end of IDLE has no tag of its own
                else:
                    tag = word
                answer = self._usual(line)
                if answer is None:
                    self.commands.append(line)
                    answer = self.answers.popleft() if self.answers else self.respond(line)
                open_tags.append(tag)
                said = re.sub(rb"@(\d)", lambda number: open_tags[int(number[1]) - 1], answer).replace(b"@", tag)
                connection.sendall(said)
                if said != answer:
                    open_tags.clear()
                if self.hang_up and self.commands and not self.answers:
                    return

    def _usual(self, line: bytes) -> bytes | None:
        match line.split()[0].upper():
            case b"CAPABILITY":
                return b"* CAPABILITY IMAP4rev1 " + self.capabilities + b"\r\n" + DONE
            case b"LOGIN":
                return DONE
            case b"LOGOUT":
                return b"* BYE\r\n" + DONE
            case b"ENABLE":
                return b"* ENABLED " + line.split()[1] + b"\r\n" + DONE
        return None


@contextlib.contextmanager
def talking(
    *answers: bytes,
    capabilities: bytes = b"",
    opened: bool = True,
    qresync: bool = True,
    respond: Callable[[bytes], bytes] = Script.respond,
    clock: Clock = utc_now,
    wake: int | None = None,
    hang_up: bool = False,
) -> Iterator[tuple[Mailbox, Script]]:
    """A mailbox whose server speaks by the script; `opened`: INBOX with 3 mails is open already."""
    script = Script(deque(answers), capabilities, respond, hang_up)
    if opened:
        script.answers.appendleft(OPENED)
    with answering(script.serve) as port:
        login = Login("127.0.0.1", port, Security.NONE, "u", "p", None, 5, 5, qresync=qresync)
        with open_mailbox(login, clock=clock, wake=wake) as mailbox:
            if opened:
                mailbox.examine(INBOX)
                script.commands.clear()
            yield mailbox, script
