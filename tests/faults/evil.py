"""A server that means harm, or is broken in ways that look like it: what it would say is changed before it goes out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import ClassVar

from tests.providers.conversation import Conversation
from tests.providers.server import Quirks, ScriptedImap
from tests.providers.wire import Command

Twist = Callable[[Command, bytes], "bytes | Iterable[bytes]"]
"""Given a command and all that is to be answered, what is answered instead, at once or in pieces."""

CAPABILITIES = ("IMAP4rev1", "ID", "IDLE", "LITERAL+", "UIDPLUS", "ENABLE", "CONDSTORE", "QRESYNC", "ESEARCH")


class HangUp(Exception):
    """Say this, and close the connection."""

    def __init__(self, said: bytes = b"") -> None:
        super().__init__()
        self.said = said


class EvilConversation(Conversation):
    """Answers are held back until they are whole, and then twisted."""

    _held: list[bytes] | None = None

    def _send(self, *lines: bytes) -> None:
        if self._held is None:
            super()._send(*lines)
        else:
            self._held += [line + b"\r\n" for line in lines]

    def _handle(self, command: Command) -> bool:
        if command.name == "IDLE":
            return super()._handle(command)
        self._held = []
        goes_on = super()._handle(command)
        said, self._held = b"".join(self._held), None
        try:
            twisted = self._server.twist(command, said)  # type: ignore[attr-defined]
            for part in [twisted] if isinstance(twisted, bytes) else twisted:
                self._connection.sendall(part)
        except HangUp as exc:
            self._connection.sendall(exc.said)
            return False
        return goes_on


class EvilImap(ScriptedImap):
    """Honest, with mod-sequences that never move, until a `twist` is set."""

    conversation: ClassVar[type[Conversation]] = EvilConversation

    def __init__(self, user: str, secret: str) -> None:
        super().__init__(Quirks(capabilities=CAPABILITIES), user=user, secret=secret)
        self.evil: Twist | None = None

    def twist(self, command: Command, said: bytes) -> bytes | Iterable[bytes]:
        """What is said instead."""
        if command.name == "EXAMINE":
            said = said.replace(b"* 0 RECENT\r\n", b"* OK [HIGHESTMODSEQ 50] Highest\r\n")
        return self.evil(command, said) if self.evil else said


def on(name: str, change: Callable[[bytes], bytes | Iterable[bytes]]) -> Twist:
    """Change the answers to one command."""
    return lambda command, said: change(said) if command.name == name else said


def every(change: Callable[[bytes], bytes]) -> Twist:
    """Change the answers to all commands after the login."""
    return lambda command, said: said if command.name in ("CAPABILITY", "LOGIN", "LOGOUT") else change(said)


def replaced(pattern: bytes, by: bytes) -> Callable[[bytes], bytes]:
    """By a regular expression."""
    return lambda said: re.sub(pattern, by, said)


def before_end(line: bytes) -> Callable[[bytes], bytes]:
    """One line more, before the tagged answer."""
    return lambda said: re.sub(
        rb"(\A|(?<=\n))(\S+ (?:OK|NO|BAD) [^\n]*\n)\Z", lambda end: line + b"\r\n" + end[2], said
    )


def refused(text: bytes, *, partial: bool = True) -> Callable[[bytes], bytes]:
    """NO at the end; without the data too, unless `partial`."""

    def change(said: bytes) -> bytes:
        data, tag = re.fullmatch(rb"(?s)(.*?)(\S+) (?:OK|NO|BAD) [^\n]*\n", said).groups()  # type: ignore[union-attr]
        return (data if partial else b"") + tag + b" NO " + text + b"\r\n"

    return change
