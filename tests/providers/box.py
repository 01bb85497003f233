"""The mailbox behind a scripted server: folders and messages in memory."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from zlib import crc32

from tests.servers.imap_reader import encode_folder

_START = datetime(2024, 1, 1, 8, 0, tzinfo=UTC)
_NUMBER = re.compile(r"\d+|\*")


@dataclass
class Identity:
    """What the server knows of a message in whatever folder: numbers for it and its conversation, Gmail's labels."""

    number: int
    thread: int
    labels: set[str] = field(default_factory=set)


@dataclass
class Message:
    """One message as the server keeps it. `modseq` grows with each change in its folder."""

    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)
    when: datetime = _START
    identity: Identity = field(default_factory=lambda: Identity(0, 0))
    modseq: int = 1

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
    modseq: int = 1
    mailboxid: str = ""

    @property
    def label(self) -> str:
        """The label whose view it is at Gmail."""
        if self.name == "INBOX":
            return "\\Inbox"
        special = {"\\Sent": "\\Sent", "\\Drafts": "\\Draft", "\\Important": "\\Important"}
        return next((special[each] for each in self.attributes if each in special), self.wire_name)

    def next_modseq(self) -> int:
        """Something changes."""
        self.modseq += 1
        return self.modseq

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
        self._numbers = count(1)
        for folder in self.folders.values():
            folder.mailboxid = f"F{next(self._numbers)}"
        self._listeners: list[Callable[[Folder, bytes], None]] = []

    def by_wire_name(self, wire_name: str) -> Folder | None:
        """The folder of that name in modified UTF-7; INBOX in any case of letters."""
        if wire_name.upper() == "INBOX":
            return self.folders["INBOX"]
        return next((folder for folder in self.folders.values() if folder.wire_name == wire_name), None)

    def identify(self, raw: bytes) -> Identity:
        """A new message."""
        subject = re.search(rb"(?mi)^Subject: *(?:Re: *)*(.*)$", raw)
        return Identity(next(self._numbers), crc32(subject[1] if subject else raw))

    def append(
        self,
        name: str,
        raw: bytes,
        flags: Iterable[str] = (),
        when: datetime = _START,
        identity: Identity | None = None,
    ) -> int:
        """Add a message, or with `identity` a copy of one; returns its UID."""
        with self.lock:
            folder = self.folders[name]
            known = identity or self.identify(raw)
            message = Message(folder.uidnext, raw, set(flags), when, known, folder.next_modseq())
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
            folder.next_modseq()
            self._tell(folder, b"* %d EXPUNGE" % number)

    def copy(self, name: str, uid: int, to: str) -> int:
        """The same message in one folder more; returns its UID there."""
        with self.lock:
            message = next(each for each in self.folders[name].messages if each.uid == uid)
            return self.append(to, message.raw, message.flags, message.when, message.identity)

    def label(self, name: str, uid: int, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Change the labels of a message; what is shown in the folders of these labels stays as it is."""
        with self.lock:
            folder = self.folders[name]
            message = next(each for each in folder.messages if each.uid == uid)
            message.identity.labels |= set(add)
            message.identity.labels -= set(remove)
            message.modseq = folder.next_modseq()

    def rename(self, name: str, to: str) -> None:
        """Give a folder another name; its messages, UIDs and MAILBOXID stay."""
        with self.lock:
            folder = self.folders.pop(name)
            folder.name = to
            self.folders[to] = folder

    def recreate(self, name: str) -> None:
        """Delete a folder and make a new one of the same name, in a server that always has the same UIDVALIDITY."""
        with self.lock:
            old = self.folders[name]
            self.folders[name] = Folder(name, old.attributes, old.uidvalidity, old.uidnext)
            self.folders[name].mailboxid = f"F{next(self._numbers)}"

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
