"""Starts Postfix's smtp-sink, a mail server that swallows everything, and reads what it swallowed."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from pathlib import Path
from typing import ClassVar, cast

from tests.servers.server import HOST, Server, accepts, find_program, free_ports, lacks

_ENVELOPE = re.compile(rb"^X-(Client-Addr|Client-Proto|Helo-Args|Mail-Args|Rcpt-Args): (.*)$")
_ADDRESS = re.compile(rb"<([^>]*)>")


@dataclass(frozen=True)
class Swallowed:
    """One message as it arrived: its envelope and its bytes, with CRLF line ends and as the client sent them."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The content, parsed."""
        return BytesParser(policy=SMTP).parsebytes(self.raw)


class SmtpSink(Server):
    """smtp-sink on a free port; one dump file per accepted message.

    Flags change its manners, for example: "-f", "rcpt" (5xx at RCPT), "-r", "mail,rcpt" (4xx),
    "-q", "data" (hang up), "-w", "2" (slow), "-p" (no PIPELINING). See smtp-sink(1).
    """

    title: ClassVar[str] = "smtp-sink"
    packages: ClassVar[tuple[str, ...]] = ("postfix",)

    def __init__(self, *flags: str) -> None:
        super().__init__()
        self.flags = flags
        self.host = HOST
        self.port = 0

    @classmethod
    def available(cls) -> str | None:
        """None if smtp-sink is there; it is a part of postfix, which itself is never started."""
        return lacks(cls.title, cls.packages, find_program("smtp-sink"))

    @property
    def dump_folder(self) -> Path:
        """Where the messages lie, one file each."""
        return self.folder / "dump"

    def count(self) -> int:
        """How many messages were accepted; one whose client vanished before the final dot does not count."""
        return len(self._files())

    def messages(self) -> list[Swallowed]:
        """All accepted messages, in the order of their arrival as far as the clock of the files tells."""
        return [_parse(path.read_bytes()) for path in self._files()]

    def recipients(self) -> list[str]:
        """The envelope recipients of all messages, with duplicates, sorted."""
        return sorted(each for message in self.messages() for each in message.recipients)

    def wait_for(self, count: int, *, seconds: float = 20.0) -> list[Swallowed]:
        """The messages as soon as there are that many; AssertionError if there never are."""
        deadline = time.monotonic() + seconds
        while self.count() < count:
            assert time.monotonic() < deadline, f"smtp-sink has {self.count()} messages, not {count}, after {seconds} s"
            time.sleep(0.01)
        return self.messages()

    def _files(self) -> list[Path]:
        found = []
        for path in self.dump_folder.iterdir():
            with suppress(FileNotFoundError):  # its client vanished before the final dot, so smtp-sink removes it
                found.append((path.stat().st_mtime_ns, path))
        return [path for _, path in sorted(found)]

    def _prepare(self) -> list[str]:
        [self.port] = free_ports(1)
        self.dump_folder.mkdir()
        self.dump_folder.chmod(0o777)
        # The template is followed by a random number for each message.
        return [cast(str, find_program("smtp-sink")), *self.flags, "-d", "dump/%H%M%S.", f"{HOST}:{self.port}", "500"]

    def _ready(self) -> bool:
        return accepts(self.port)


def _parse(dump: bytes) -> Swallowed:
    """Split a dump into what smtp-sink wrote in front and what the client sent."""
    envelope: dict[bytes, list[bytes]] = {}
    lines = dump.split(b"\n")
    start = 0
    while found := _ENVELOPE.match(lines[start]):
        envelope.setdefault(found[1], []).append(found[2])
        start += 1
    return Swallowed(
        sender=_address(envelope[b"Mail-Args"][0]),
        recipients=tuple(_address(each) for each in envelope[b"Rcpt-Args"]),
        raw=b"\r\n".join(lines[start:]),
    )


def _address(arguments: bytes) -> str:
    found = _ADDRESS.search(arguments)
    return (found[1] if found else arguments).decode()
