"""The mailbox behind a scripted server: folders and messages in memory."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.servers.imap_reader import encode_folder

_START = datetime(2024, 1, 1, 8, 0, tzinfo=UTC)
_NUMBER = re.compile(r"\d+|\*")


@dataclass
class Message:
    """One message as the server keeps it."""

    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)
    when: datetime = _START

    def header_fields(self, names: Iterable[str]) -> bytes:
        """The named fields as they stand in the message, and the empty line."""
        wanted = {name.lower().encode() for name in names}
        header = self.raw.partition(b"\r\n\r\n")[0] + b"\r\n"
        fields = re.findall(rb"(?m)^([^\s:]+)(:.*\r\n(?:[ \t].*\r\n)*)", header)
        return b"".join(name + rest for name, rest in fields if name.lower() in wanted) + b"\r\n"


@dataclass
class Folder:
    """One folder: its readable name, its LIST attributes, its messages in order of their UIDs."""

    name: str
    attributes: tuple[str, ...] = ()
    uidvalidity: int = 1
    uidnext: int = 1
    messages: list[Message] = field(default_factory=list)

    @property
    def wire_name(self) -> str:
        """The name in modified UTF-7."""
        return encode_folder(self.name)

    @property
    def selectable(self) -> bool:
        """Whether it holds messages at all."""
        return not {"\\noselect", "\\nonexistent"} & {each.lower() for each in self.attributes}

    def picked(self, number_set: str, *, by_uid: bool) -> list[tuple[int, Message]]:
        """The messages of a set, with their sequence numbers. `*` is the last one, so `n:*` never picks nothing."""
        numbered = list(enumerate(self.messages, 1))
        highest = (self.messages[-1].uid if by_uid else len(self.messages)) if self.messages else 0
        ranges = [[int(each) if each != "*" else highest for each in part.split(":")] for part in number_set.split(",")]
        picked = {}
        for number, message in numbered:
            key = message.uid if by_uid else number
            if any(min(ends) <= key <= max(ends) for ends in ranges):
                picked[number] = message
        return sorted(picked.items())


class Box:
    """All folders. Whoever listens is told the lines that an idle session would see."""

    def __init__(self, folders: Iterable[Folder]) -> None:
        self.lock = threading.RLock()
        self.folders = {folder.name: folder for folder in folders}
        self._listeners: list[Callable[[Folder, bytes], None]] = []

    def by_wire_name(self, wire_name: str) -> Folder | None:
        """The folder of that name in modified UTF-7; INBOX in any case of letters."""
        if wire_name.upper() == "INBOX":
            return self.folders["INBOX"]
        return next((folder for folder in self.folders.values() if folder.wire_name == wire_name), None)

    def append(self, name: str, raw: bytes, flags: Iterable[str] = (), when: datetime = _START) -> int:
        """Add a message; returns its UID."""
        with self.lock:
            folder = self.folders[name]
            message = Message(folder.uidnext, raw, set(flags), when)
            folder.messages.append(message)
            folder.uidnext += 1
            self._tell(folder, b"* %d EXISTS" % len(folder.messages))
            return message.uid

    def remove(self, name: str, uid: int) -> None:
        """Expunge a message."""
        with self.lock:
            folder = self.folders[name]
            number, _ = folder.picked(str(uid), by_uid=True)[0]
            del folder.messages[number - 1]
            self._tell(folder, b"* %d EXPUNGE" % number)

    def roll(self, name: str) -> None:
        """Give all messages of a folder new UIDs under a new UIDVALIDITY."""
        with self.lock:
            folder = self.folders[name]
            folder.uidvalidity += 1
            for uid, message in enumerate(folder.messages, 1):
                message.uid = uid
            folder.uidnext = len(folder.messages) + 1

    def listen(self, listener: Callable[[Folder, bytes], None]) -> Callable[[], None]:
        """Be told of changes; returns how to stop that."""
        with self.lock:
            self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _tell(self, folder: Folder, line: bytes) -> None:
        for listener in list(self._listeners):
            listener(folder, line)


def descends(number_set: str) -> bool:
    """Whether a set goes down anywhere."""
    numbers = [int(each) if each != "*" else 2**32 for each in _NUMBER.findall(number_set)]
    return numbers != sorted(numbers)
