"""Asks which folders there are, and what the server says of them without opening them."""

from collections.abc import Iterable, Sequence

from mailcrm.ingest.imap.client import Reply
from mailcrm.ingest.imap.failures import CommandRefused
from mailcrm.ingest.imap.folders import Listed, roles_of
from mailcrm.ingest.imap.responses import listed, statuses
from mailcrm.ingest.imap.talk import Talk
from mailcrm.ingest.imap.values import Chunk
from mailcrm.model.folder import FolderInfo, FolderStatus

_STATUS_IN_FLIGHT = 16
_SPECIAL_USES = {"\\all", "\\archive", "\\drafts", "\\junk", "\\sent", "\\trash"}


class Listing:
    """The folders of one connection."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._client = talk.client

    def list_folders(self) -> list[FolderInfo]:
        """All folders with their roles, by special-use flags, else XLIST, else names."""
        return roles_of(self.lines())

    def lines(self) -> list[Listed]:
        """All folders as LIST shows them, with the flags of XLIST where LIST has none."""
        with self._talk.guard():
            return self._flagged(self._list())

    def status(self, folders: Sequence[FolderInfo]) -> dict[str, FolderStatus]:
        """What the server says of `folders`, by `name_raw`."""
        asked = {folder.name_raw for folder in folders if folder.selectable}
        with self._talk.guard():
            if "LIST-STATUS" in self._talk.capabilities:
                reply, _, answers = self._list_all(b"STATUS %s")
                self._talk.check(reply, "list folders")
            else:
                answers = self._status_one_by_one(sorted(asked))
        return _of_asked(answers, asked)

    def survey(self) -> tuple[list[FolderInfo], dict[str, FolderStatus]]:
        """The folders, and what the server says of them, in one round trip where it can (RFC 6154, RFC 5819)."""
        if {"SPECIAL-USE", "LIST-STATUS"} <= self._talk.capabilities:
            with self._talk.guard(introduced=False):
                opening = self._open_inbox()
                reply, lines, answers = self._list_all(b"SPECIAL-USE STATUS %s")
                for tag in opening:
                    self._client.finish(tag)  # a NO only means that it takes longer
                self._talk.introduction.settle()
                self._talk.check(reply, "list folders", unless=CommandRefused)
                found = list(listed(lines))
                if reply.ok and found:
                    folders = roles_of(self._flagged(found))
                    return folders, _of_asked(answers, [each.name_raw for each in folders if each.selectable])
        folders = self.list_folders()
        return folders, self.status(folders)

    def _open_inbox(self) -> list[bytes]:
        """On its way, where no folder is open: Dovecot looks through the whole maildir of a closed INBOX for LIST-STATUS
        (2.3, its usual settings: 0.6 s for 60,000 mails), and hardly at all if it is open."""
        closed = not self._talk.folder and b"dovecot" in self._client.greeting.lower()
        return [self._client.start("EXAMINE", b"INBOX")] if closed else []

    def _list_all(self, wish: bytes) -> tuple[Reply, list[Chunk], list[Chunk]]:
        """LIST with what is wished, for all that STATUS is asked for, in one round trip: the reply, and the answers LIST
        and STATUS. A folder that comes between two commands is one of the next time."""
        self._client.forget()
        tags = [self._client.start("LIST", b'""', b'"*"', b"RETURN (%s)" % (wish % items)) for items in self._items()]
        reply, lines = self._client.finish(tags[0]), self._client.take("LIST")
        for tag in tags[1:]:
            self._client.finish(tag)  # a NO only means that these names stay unknown
        return reply, lines, self._client.take("STATUS")

    def _items(self) -> list[bytes]:
        """What to ask STATUS for, command by command. A name that the server does not know would cost the whole answer.

        Asked for both at once, Cyrus 3.6 (Debian 12) answers with the counters and a MAILBOXID of random bytes, line
        feeds among them.
        """
        names = [b"MESSAGES", b"UIDNEXT", b"UIDVALIDITY"]
        if not self._talk.capabilities.isdisjoint({"CONDSTORE", "QRESYNC"}):
            names.append(b"HIGHESTMODSEQ")
        ids = [b"(MAILBOXID)"] if "OBJECTID" in self._talk.capabilities else []
        return [b"(%s)" % b" ".join(names), *ids]

    def _list(self) -> list[Listed]:
        if {"SPECIAL-USE", "LIST-EXTENDED"} <= self._talk.capabilities:
            reply = self._client.call("LIST", b'""', b'"*"', b"RETURN (SPECIAL-USE)")
            if reply.ok:
                return list(listed(self._client.take("LIST")))
        # Without RETURN, servers may give the flags all the same, and most do (RFC 6154, 2).
        self._talk.check(self._client.call("LIST", b'""', b'"*"'), "list folders")
        return list(listed(self._client.take("LIST")))

    def _flagged(self, found: list[Listed]) -> list[Listed]:
        if "XLIST" in self._talk.capabilities and not any(_has_special_use(each) for each in found):
            return self._with_xlist_flags(found)
        return found

    def _with_xlist_flags(self, found: Iterable[Listed]) -> list[Listed]:
        """Only the flags: some servers translate the names in XLIST into ones they do not accept."""
        self._client.call("XLIST", b'""', b'"*"')
        flags = {each.name_raw: each.flags for each in listed(self._client.take("XLIST"))}
        return [
            Listed(each.name_raw, each.name, each.flags + flags.get(each.name_raw, ()), each.delimiter)
            for each in found
        ]

    def _status_one_by_one(self, names: Sequence[str]) -> list[Chunk]:
        """Several on their way at once; a NO means that the folder has just gone, and gives no entry."""
        commands, answers = self._items(), list[Chunk]()
        for first in range(0, len(names), _STATUS_IN_FLIGHT):
            self._client.forget()
            some = names[first : first + _STATUS_IN_FLIGHT]
            tags = [self._client.start("STATUS", wire(name), items) for name in some for items in commands]
            replies = [self._client.finish(tag) for tag in tags]
            answers += self._client.take("STATUS")
            for reply in replies:
                self._talk.check(reply, "count folders", unless=CommandRefused)
        return answers


def wire(name_raw: str) -> bytes:
    """A folder name as an IMAP string, byte for byte as LIST gave it."""
    return b'"%s"' % name_raw.replace("\\", "\\\\").replace('"', '\\"').encode("latin-1")


def _of_asked(answers: Iterable[Chunk], asked: Iterable[str]) -> dict[str, FolderStatus]:
    found = {_one_inbox(name): status for name, status in statuses(answers).items()}
    return {name: found[_one_inbox(name)] for name in asked if _one_inbox(name) in found}


def _one_inbox(name_raw: str) -> str:
    """INBOX is one folder in any case of letters, and servers mix them (RFC 3501, 5.1)."""
    return "INBOX" if name_raw.upper() == "INBOX" else name_raw


def _has_special_use(folder: Listed) -> bool:
    return not _SPECIAL_USES.isdisjoint(flag.lower() for flag in folder.flags)
