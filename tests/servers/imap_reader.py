"""Reads a mailbox with plain imaplib, so that a test has a second opinion that shares no code with mailcrm."""

from __future__ import annotations

import base64
import imaplib
import re
import socket
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Self

_LIST = re.compile(rb'^\((?P<attributes>[^)]*)\) (?:"[^"]*"|NIL) (?P<name>.+)$')
_UID = re.compile(rb"\bUID (\d+)")
_FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)")
_EMAILID = re.compile(rb"\bEMAILID \(([^)]*)\)")
_COUNTER = re.compile(rb"\b([A-Z]+) (\d+)")
_ENCODED_RUN = re.compile(r"&([^-]*)-")
_FOREIGN_RUN = re.compile(r"[^\x20-\x7e]+|&")


class ImapReader:
    """One logged-in session; reading never changes the mailbox (EXAMINE and BODY.PEEK)."""

    def __init__(self, host: str, port: int, user: str, password: str) -> None:
        self._connection = imaplib.IMAP4(host, port, timeout=20)
        # imaplib sends a literal in two pieces; Cyrus acknowledges the first 40 ms late.
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._connection.login(user, password)
        except BaseException:
            self._connection.shutdown()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Log out."""
        self._connection.logout()

    def folders(self) -> list[str]:
        """The names of all folders, sorted."""
        return sorted(name for name, _ in self._listed())

    def special_uses(self) -> dict[str, str]:
        r"""The special folders by their use, for example {"\\Sent": "Sent"}."""
        uses = {use.lower(): use for use in ("\\Sent", "\\Drafts", "\\Junk", "\\Trash", "\\Archive", "\\All")}
        listed = [(each.lower(), name) for name, attributes in self._listed() for each in attributes]
        return {uses[each]: name for each, name in listed if each in uses}

    def status(self, folder: str) -> dict[str, int]:
        """The counters MESSAGES, UIDNEXT and UIDVALIDITY of a folder."""
        answer = _ok(self._connection.status(_quoted(folder), "(MESSAGES UIDNEXT UIDVALIDITY)"))
        return {name.decode(): int(value) for name, value in _COUNTER.findall(_bytes(answer[0]).rpartition(b"(")[2])}

    def uids(self, folder: str) -> list[int]:
        """The UIDs of a folder, ascending."""
        return sorted(self.flags(folder))

    def flags(self, folder: str) -> dict[int, frozenset[str]]:
        r"""The flags of each UID; \Recent is left out, since it comes and goes with sessions."""
        self._examine(folder)
        found: dict[int, frozenset[str]] = {}
        for line in _ok(self._connection.uid("FETCH", "1:*", "(FLAGS)")):
            uid, flags = _UID.search(_bytes(line)), _FLAGS.search(_bytes(line))
            if uid and flags:
                found[int(uid[1])] = frozenset(flags[1].decode().split()) - {"\\Recent"}
        return found

    def object_ids(self, folder: str) -> list[str]:
        """The EMAILID of each mail (RFC 8474), by UID."""
        self._examine(folder)
        lines = _ok(self._connection.uid("FETCH", "1:*", "(EMAILID)"))
        return [found[1].decode() for line in lines if (found := _EMAILID.search(_bytes(line)))]

    def raw(self, folder: str, uid: int) -> bytes:
        """A message as the server has it."""
        self._examine(folder)
        for part in _ok(self._connection.uid("FETCH", str(uid), "(BODY.PEEK[])")):
            if isinstance(part, tuple):
                return bytes(part[1])
        raise KeyError(f"{folder} has no UID {uid}")

    def create(self, folder: str) -> None:
        """Make a folder."""
        _ok(self._connection.create(_quoted(folder)))

    def append(self, folder: str, raw: bytes, *, flags: Iterable[str] = (), when: datetime | None = None) -> None:
        """Add a message, as a mail program does."""
        date = imaplib.Time2Internaldate(when or datetime.now(UTC))
        _ok(self._connection.append(_quoted(folder), " ".join(flags), date, raw))

    def set_flags(self, folder: str, uid: int | str, flags: Iterable[str]) -> None:
        """Replace the flags of a message, or of a set of them ("7:*")."""
        _ok(self._connection.select(_quoted(folder)))
        _ok(self._connection.uid("STORE", str(uid), "FLAGS.SILENT", f"({' '.join(flags)})"))

    def delete(self, folder: str, uid: int) -> None:
        """Remove a message for good."""
        self.set_flags(folder, uid, ["\\Deleted"])
        _ok(self._connection.expunge())

    def copy(self, folder: str, uid: int, target: str) -> None:
        """A second copy of a message."""
        _ok(self._connection.select(_quoted(folder)))
        _ok(self._connection.uid("COPY", str(uid), _quoted(target)))

    def move(self, folder: str, uid: int, target: str) -> None:
        """Take a message to another folder (RFC 6851)."""
        _ok(self._connection.select(_quoted(folder)))
        _ok(self._connection.uid("MOVE", str(uid), _quoted(target)))

    def rename(self, folder: str, name: str) -> None:
        """Give a folder another name."""
        _ok(self._connection.rename(_quoted(folder), _quoted(name)))

    def remove(self, folder: str) -> None:
        """Delete a folder and all that is in it.

        Cyrus keeps it under a name with the second in it, and refuses a second one of that name.
        """
        answer = self._connection.delete(_quoted(folder))
        if answer[0] == "NO" and b"already exists" in _bytes(answer[1][0]):
            time.sleep(1)
            answer = self._connection.delete(_quoted(folder))
        _ok(answer)

    def _examine(self, folder: str) -> None:
        _ok(self._connection.select(_quoted(folder), readonly=True))

    def _listed(self) -> list[tuple[str, set[str]]]:
        listed = []
        for line in _ok(self._connection.list()):
            if found := _LIST.match(_bytes(line)):
                name = found["name"].strip(b'"').decode("ascii")
                listed.append((decode_folder(name), set(found["attributes"].decode().split())))
        return listed


def decode_folder(name: str) -> str:
    """A folder name from the modified UTF-7 of RFC 3501, 5.1.3."""
    return _ENCODED_RUN.sub(lambda run: _decoded_run(run[1]) if run[1] else "&", name)


def encode_folder(name: str) -> str:
    """A folder name in the modified UTF-7 of RFC 3501, 5.1.3."""
    return _FOREIGN_RUN.sub(lambda run: "&-" if run[0] == "&" else _encoded_run(run[0]), name)


def _decoded_run(run: str) -> str:
    return base64.b64decode(run.replace(",", "/") + "=" * (-len(run) % 4)).decode("utf-16-be")


def _encoded_run(run: str) -> str:
    return f"&{base64.b64encode(run.encode('utf-16-be')).decode().rstrip('=').replace('/', ',')}-"


def _quoted(folder: str) -> str:
    return f'"{encode_folder(folder)}"'


def _ok(answer: tuple[str, Sequence[object]]) -> Sequence[object]:
    kind, lines = answer
    assert kind == "OK", f"the IMAP server refused: {lines}"
    return lines


def _bytes(line: object) -> bytes:
    return line if isinstance(line, bytes) else b""
