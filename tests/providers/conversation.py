"""One session of a scripted IMAP server: reads commands, remembers them, and answers as its quirks demand."""

from __future__ import annotations

import base64
import re
import socket
import threading
from typing import TYPE_CHECKING

from tests.providers.box import Folder, Message, descends
from tests.providers.structure import bodystructure, sections
from tests.providers.wire import Command, read_commands

if TYPE_CHECKING:
    from tests.providers.server import ScriptedImap

_HANGS_UP = {
    "hang up on headers": "HEADER",
    "hang up on sections": "BODY.PEEK[1]",
    "hang up on structures": "BODYSTRUCTURE",
}
_ITEM = re.compile(r"BODY(?:\.PEEK)?\[[^\]]*\](?:<[\d.]+>)?|[A-Z0-9.-]+")
_EXTENSIONS = {"X-GM-MSGID": "X-GM-EXT-1", "X-GM-THRID": "X-GM-EXT-1", "X-GM-LABELS": "X-GM-EXT-1"}
_EXTENSIONS |= {"EMAILID": "OBJECTID", "THREADID": "OBJECTID"}
_GMAILS_FIRST = 1278455344230334865  # 64 bits, as Gmail's are
_CHANGING = {"SELECT", "STORE", "COPY", "MOVE", "EXPUNGE", "CREATE", "DELETE", "RENAME", "CLOSE", "SUBSCRIBE"}
_SPECIAL = {"\\sent", "\\drafts", "\\trash", "\\junk", "\\all", "\\archive", "\\flagged", "\\important"}


class Conversation:
    """A client and us."""

    def __init__(self, server: ScriptedImap, connection: socket.socket) -> None:
        self._server = server
        self._quirks = server.quirks
        self._connection = connection
        self._file = connection.makefile("rb")
        self._write_lock = threading.Lock()
        self._waiting: list[bytes] = []
        self._idle = False
        self._tag = b""
        self._encrypted = server.tls is not None
        self._logged_in = self._identified = False
        self._folder: Folder | None = None
        self._stop_listening = server.box.listen(self._changed)

    def run(self) -> None:
        """Talk until one of us leaves."""
        self._send(b"* OK " + self._quirks.greeting.encode())
        for command in read_commands(lambda: self._file, lambda: self._send(b"+ go on")):
            self._server.commands.append(f"{command.name} {command.text}".strip())
            if not self._handle(command):
                return

    def end(self) -> socket.socket:
        """Stop listening; returns the socket, which may be another one than in the beginning, to be closed."""
        self._stop_listening()
        self._file.close()
        return self._connection

    def _handle(self, command: Command) -> bool:
        """Answer; false if that was the last answer."""
        self._tag = command.tag
        prepared = self._server.prepared[command.name]
        answer = prepared.pop(0) if prepared else self._answer(command)
        if not answer:
            return False
        self._flush()
        if answer.startswith(b"* BYE"):
            self._send(answer)
            return False
        self._send(command.tag + b" " + answer)
        if command.name == "STARTTLS" and answer.startswith(b"OK"):
            self._start_tls()
        return command.name != "LOGOUT"

    def _answer(self, command: Command) -> bytes:
        if command.name.removeprefix("UID ") in _CHANGING:
            self._server.violations.append(command.name)
            return b"BAD a reader does not do this"
        handler = getattr(self, f"_do_{command.name.lower().replace(' ', '_')}", None)
        answer: bytes = handler(*command.arguments) if handler else b"BAD unknown command"
        return answer

    # --- the wire

    def _send(self, *lines: bytes) -> None:
        with self._write_lock:
            self._connection.sendall(b"".join(line + b"\r\n" for line in lines))

    def _changed(self, folder: Folder, line: bytes) -> None:
        if folder is self._folder:
            self._waiting.append(line)
            if self._idle:
                self._flush()

    def _flush(self) -> None:
        with self._server.box.lock:
            lines, self._waiting = self._waiting, []
        self._send(*lines)

    def _start_tls(self) -> None:
        assert self._server.starttls
        self._file.close()
        self._connection = self._server.starttls.wrap_socket(self._connection, server_side=True)
        self._file = self._connection.makefile("rb")
        self._encrypted = True

    def _offers(self, capability: str) -> bool:
        return capability in self._quirks.capabilities_now(logged_in=self._logged_in)

    # --- any time

    def _capability_list(self) -> bytes:
        names = list(self._quirks.capabilities_now(logged_in=self._logged_in))
        if self._server.starttls and not self._encrypted:
            names += ["STARTTLS", "LOGINDISABLED"]
        return " ".join(names).encode()

    def _do_capability(self) -> bytes:
        self._send(b"* CAPABILITY " + self._capability_list())
        return b"OK CAPABILITY completed"

    def _do_noop(self) -> bytes:
        return b"OK NOOP completed"

    def _do_logout(self) -> bytes:
        self._send(b"* BYE see you")
        return b"OK LOGOUT completed"

    def _do_starttls(self) -> bytes:
        return b"OK begin TLS" if self._server.starttls else b"BAD no TLS here"

    def _do_id(self, fields: bytes = b"NIL") -> bytes:
        if not self._offers("ID"):
            return b"BAD unknown command"
        self._identified = self._logged_in and b'"name"' in fields
        ours = " ".join(f'"{key}" "{value}"' for key, value in self._quirks.server_id)
        self._send(b"* ID " + (f"({ours})".encode() if ours else b"NIL"))
        return b"OK ID completed"

    # --- login

    def _do_login(self, user: bytes, secret: bytes) -> bytes:
        if (user.decode(), secret.decode()) != (self._server.user, self._server.secret):
            return self._quirks.login_error
        self._logged_in = True
        if self._quirks.capability_comes == "untagged":
            self._send(b"* CAPABILITY " + self._capability_list())
        if self._quirks.capability_comes == "in an untagged code":
            self._send(b"* OK [CAPABILITY " + self._capability_list() + b"] welcome [you]")
        if self._quirks.capability_comes == "in code":
            return b"OK [CAPABILITY " + self._capability_list() + b"] welcome [you]"
        return b"OK Success login ok"

    def _do_authenticate(self, mechanism: bytes, *initial: bytes) -> bytes:
        if not self._offers(f"AUTH={mechanism.decode().upper()}") or (initial and not self._offers("SASL-IR")):
            return b"NO no such mechanism"
        if not initial:
            self._send(b"+ ")
        said = base64.b64decode(initial[0] if initial else self._file.readline())
        if mechanism != b"PLAIN":
            return self._token_shown(said)
        _, user, secret = said.split(b"\0")
        return self._do_login(user, secret)

    def _token_shown(self, said: bytes) -> bytes:
        """XOAUTH2 or OAUTHBEARER: a refusal comes as a challenge first, and the client has to answer it."""
        found = re.fullmatch(rb"(?:user=|n,a=)([^,\x01]*).*auth=Bearer ([^\x01]*)\x01\x01", said, re.DOTALL)
        assert found
        if self._server.takes(found[2].decode()):
            return self._do_login(found[1], self._server.secret.encode())
        self._send(b"+ " + base64.b64encode(b'{"status":"400","schemes":"Bearer"}'))
        self._server.commands.append(f"(answer) {self._file.readline().decode().strip()}")
        return self._quirks.login_error

    # --- folders

    def _do_list(self, _reference: bytes, _pattern: bytes, *extras: bytes) -> bytes:
        returned = extras[1].decode() if len(extras) == 2 else ""
        if ("STATUS" in returned and not self._offers("LIST-STATUS")) or (extras and not self._offers("LIST-EXTENDED")):
            return b"BAD Command Argument Error. 12"
        for folder in self._server.box.folders.values():
            self._send(b"* LIST " + self._listed(folder, special=not self._quirks.no_special_use))
            if folder.selectable and (found := re.search(r"STATUS \(([^)]*)\)", returned)):
                self._send(self._status_line(folder, found[1]))
        return b"OK LIST completed"

    def _do_xlist(self, _reference: bytes, _pattern: bytes) -> bytes:
        if not self._offers("XLIST"):
            return b"BAD unknown command"
        for folder in self._server.box.folders.values():
            self._send(b"* XLIST " + self._listed(folder, special=True))
        return b"OK XLIST completed"

    def _listed(self, folder: Folder, *, special: bool) -> bytes:
        flags = [each for each in folder.attributes if special or each.lower() not in _SPECIAL]
        name = folder.wire_name
        if not (self._quirks.unquoted_names and name.isalnum()):
            name = _quoted(name)
        return f'({" ".join(flags)}) "/" {name}'.encode()

    def _do_status(self, name: bytes, items: bytes) -> bytes:
        folder = self._server.box.by_wire_name(name.decode())
        if not folder or not folder.selectable:
            return b"NO no such folder"
        self._send(self._status_line(folder, items.decode().strip("()")))
        return b"OK STATUS completed"

    def _status_line(self, folder: Folder, items: str) -> bytes:
        numbers: dict[str, object] = {
            "MESSAGES": len(folder.messages),
            "UIDVALIDITY": folder.uidvalidity,
            "UIDNEXT": folder.uidnext,
        }
        if self._offers("CONDSTORE"):
            numbers["HIGHESTMODSEQ"] = folder.modseq
        if self._offers("OBJECTID"):
            # As Cyrus 3.6 does: asked for beside counters, it is a piece of memory that is somebody else's by now.
            numbers["MAILBOXID"] = "(0\n\x16)" if "MESSAGES" in items else f"({folder.mailboxid})"
        wanted = [] if self._quirks.empty_status else [each for each in items.split() if each in numbers]
        pairs = " ".join(f"{each} {numbers[each]}" for each in wanted)
        return f"* STATUS {_quoted(folder.wire_name)} ({pairs})".encode()

    def _do_enable(self, *names: bytes) -> bytes:
        if not self._offers("ENABLE"):
            return b"BAD unknown command"
        self._send(b" ".join([b"* ENABLED", *(name for name in names if self._offers(name.decode()))]))
        return b"OK ENABLE completed"

    def _do_examine(self, name: bytes, *_parameters: bytes) -> bytes:
        self._folder = None
        if self._quirks.needs_id and not self._identified:
            return b"NO EXAMINE Unsafe Login. Please contact kefu@188.com for help"
        folder = self._server.box.by_wire_name(name.decode())
        if not self._logged_in or not folder or not folder.selectable:
            return b"NO EXAMINE no such folder"
        with self._server.box.lock:
            self._waiting.clear()
            self._folder = folder
            lines = [b"* %d EXISTS" % len(folder.messages), b"* 0 RECENT"]
            lines.append(b"* OK [UIDVALIDITY %d] UIDs valid." % folder.uidvalidity)
            if not self._quirks.no_uidnext:
                lines.append(b"* OK [UIDNEXT %d] Predicted next UID." % folder.uidnext)
            if self._offers("CONDSTORE"):
                lines.append(b"* OK [HIGHESTMODSEQ %d] Highest." % folder.modseq)
            if self._offers("OBJECTID"):
                lines.append(b"* OK [MAILBOXID (%s)] Ok." % folder.mailboxid.encode())
        self._send(*lines, rb"* FLAGS (\Answered \Seen \Deleted \Draft \Flagged)")
        return b"OK [READ-ONLY] EXAMINE completed"

    def _do_idle(self) -> bytes:
        if not self._offers("IDLE"):
            return b"BAD unknown command"
        self._send(b"+ idling")
        with self._server.box.lock:
            self._idle = True
            self._flush()
        done = self._file.readline()
        self._idle = False
        return b"OK IDLE terminated" if done.strip().upper() == b"DONE" else b"BAD DONE expected"

    # --- messages

    def _do_fetch(self, number_set: bytes, items: bytes) -> bytes:
        return self._fetch(number_set.decode(), items.decode(), by_uid=False)

    def _do_uid_fetch(self, number_set: bytes, items: bytes, *modifiers: bytes) -> bytes:
        if self._quirks.descending_set_bad and descends(number_set.decode()):
            return b"BAD UID parameters!"
        if self._quirks.last_one_always:
            number_set = number_set.replace(b":4294967295", b":*")
        since = re.search(rb"CHANGEDSINCE (\d+)", b" ".join(modifiers))
        if modifiers and not (since and self._offers("CONDSTORE")):
            return b"BAD no such modifier"
        return self._fetch(number_set.decode(), items.decode(), by_uid=True, since=int(since[1]) if since else 0)

    def _fetch(self, number_set: str, items: str, *, by_uid: bool, since: int = 0) -> bytes:
        if self._folder is None:
            return b"BAD no folder is open"
        if re.search(r"BODY\[|RFC822(?!\.(SIZE|HEADER))", items):
            self._server.violations.append(f"FETCH {items}")
        with self._server.box.lock:
            picked = [each for each in self._folder.picked(number_set, by_uid=by_uid) if each[1].modseq > since]
        names = _ITEM.findall(items.strip("()")) + (["MODSEQ"] if since else [])
        if any(not self._offers(needed) for name in names if (needed := _EXTENSIONS.get(name))):
            return b"BAD Could not parse command"
        for number, message in picked:
            trouble = self._server.damaged.get(message.uid) if self._folder.name == "INBOX" else None
            if trouble in ("left out", "left out for ever") and "HEADER" in items:
                if len(picked) > 1 or trouble == "left out for ever":
                    continue
            elif trouble == "no headers" and "HEADER" in items:
                return b"NO [SERVERBUG] internal error"
            elif "BODY.PEEK[]" in items and trouble in ("no body", "hang up"):
                return b"" if trouble == "hang up" else b"NO [SERVERBUG] internal error"
            elif trouble in _HANGS_UP and _HANGS_UP[trouble] in items:
                return b""
            elif "BODYSTRUCTURE" in items and trouble == "no structure":
                return b"NO [SERVERBUG] internal error"
            values = b" ".join(self._item(message, item, trouble) for item in names)
            self._send(b"* %d FETCH (%s)" % (number, values))
        return b"OK FETCH completed"

    def _item(self, message: Message, item: str, trouble: str | None) -> bytes:
        name = item.replace(".PEEK", "")
        if piece := re.fullmatch(r"BODY\[([\d.]*)\]<(\d+)\.(\d+)>", name):
            begin, length = int(piece[2]), int(piece[3])
            whole = sections(message.raw).get(piece[1], b"") if piece[1] else message.raw
            data = b"" if trouble == "empty" else whole[begin : begin + length]
            return b"BODY[%s]<%d> {%d}\r\n%s" % (piece[1].encode(), begin, len(data), data)
        if name == "BODY[]":
            return b"BODY[] {%d}\r\n%s" % (len(message.raw), message.raw)
        if found := re.fullmatch(r"BODY\[HEADER\.FIELDS \(([^)]*)\)\]", name):
            header = message.header_fields(found[1].split())
            return b"%s {%d}\r\n%s" % (name.encode(), len(header), header)
        if name == "BODYSTRUCTURE":
            return b"BODYSTRUCTURE " + self._server.structures.get(message.uid, bodystructure(message.raw))
        if found := re.fullmatch(r"BODY\[([0-9A-Z.]+)\]", name):
            part = sections(message.raw).get(found[1])
            return name.encode() + (b" NIL" if part is None else b" {%d}\r\n%s" % (len(part), part))
        values = {
            "UID": str(message.uid),
            "FLAGS": f"({' '.join(sorted(message.flags))})",
            "INTERNALDATE": f'"{message.when:%d-%b-%Y %H:%M:%S %z}"',
            "RFC822.SIZE": str(len(message.raw)),
            "MODSEQ": f"({message.modseq})",
            "X-GM-MSGID": str(_GMAILS_FIRST + message.identity.number),
            "X-GM-THRID": str(_GMAILS_FIRST + message.identity.thread),
            "X-GM-LABELS": self._labels(message),
            "EMAILID": f"(M{message.identity.number})",
            "THREADID": f"(T{message.identity.thread})",
        }
        return f"{name} {values[name]}".encode()

    def _labels(self, message: Message) -> str:
        """All but the one whose view the folder is."""
        assert self._folder
        labels = sorted(message.identity.labels - {self._folder.label})
        return f"({' '.join(_quoted(each) for each in labels)})"

    def _do_uid_search(self, *criteria: bytes) -> bytes:
        assert self._folder
        extended = criteria[0].upper() == b"RETURN"
        if extended and not self._offers("ESEARCH"):
            return b"BAD invalid command or parameters"
        criteria = criteria[2:] if extended else criteria
        about_headers = criteria[0].upper() not in (b"ALL", b"UID")
        if about_headers and self._quirks.search_bad:
            return b"BAD invalid command or parameters"
        uids = [message.uid for message in self._folder.messages]
        if about_headers and not self._quirks.search_ignored:
            wanted = criteria[-1].lower()
            uids = [each.uid for each in self._folder.messages if wanted in each.raw.partition(b"\r\n\r\n")[0].lower()]
        if criteria[0].upper() == b"UID":
            uids = [each.uid for _, each in self._folder.picked(criteria[1].decode(), by_uid=True)]
        if extended:
            found = ",".join(map(str, uids)).encode()
            self._send(b'* ESEARCH (TAG "%s") UID' % self._tag + (b" ALL " + found if found else b""))
        else:
            self._send(b" ".join([b"* SEARCH", *(b"%d" % uid for uid in uids)]))
        return b"OK SEARCH completed"

    def _do_append(self, name: bytes, *rest: bytes) -> bytes:
        folder = self._server.box.by_wire_name(name.decode())
        if not folder:
            return b"NO [TRYCREATE] no such folder"
        flags = rest[0].decode().strip("()").split() if rest[0].startswith(b"(") else []
        uid = self._server.box.append(folder.name, rest[-1], flags)
        code = b"[APPENDUID %d %d] " % (folder.uidvalidity, uid) if self._offers("UIDPLUS") else b""
        return b"OK " + code + b"APPEND completed"


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
