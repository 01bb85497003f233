"""The bytes of a mail as files hold them, brought into the form in which a server gives them; what their owner deleted."""

import re
from collections.abc import Collection

from mailcrm.ingest.imap.folders import folder_role, wanted
from mailcrm.ingest.mail.charset import Guesser
from mailcrm.ingest.mail.fields import HeaderFields, read_block, split_message
from mailcrm.ingest.mail.headers import read_line
from mailcrm.model.folder import FolderInfo

_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_LINES = re.compile(rb"[^\n]*\n|[^\n]+")
_EXPUNGED = 0x0008  # X-Mozilla-Status: deleted, and the file not yet compacted


def wire_form(raw: bytes) -> bytes:
    """Lines that end in CRLF (RFC 5322, 2.1), as IMAP gives them: files of Unix programs have LF.

    So the copy in a file and the one on a server are the same bytes, and are kept once.
    """
    return raw if raw.count(b"\n") == raw.count(b"\r\n") else raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def unquoted(raw: bytes) -> bytes:
    """The body with `>From ` as it was written, read as mboxrd does: one `>` less, however many there are.

    A body of the older mboxo that was written with `>From ` cannot be told from one that was quoted.
    """
    header, body = split_message(raw)
    return header + _QUOTED_FROM.sub(rb"\1", body) if b"\n>" in raw else raw


def fields_of(header: bytes, names: Collection[str]) -> bytes:
    """The named fields (lower case) of a header block and a blank line, as a server gives them when asked for these."""
    kept, keep = [], False
    for line in _LINES.findall(header):
        if line[:1] not in b" \t":
            keep = line.partition(b":")[0].strip().lower().decode("latin-1") in names
        if keep:
            kept.append(line)
    return b"".join(kept) + b"\r\n" if kept else b""


def discarded(header: bytes) -> str | None:
    """Why a mail is none that its owner kept, in words for the list of what was left out; None if it is.

    Thunderbird leaves deleted mails in the file until it compacts it; Gmail's export has junk and drafts in it.
    """
    if b"X-Mozilla-Status" not in header and b"X-Gmail-Labels" not in header:
        return None
    fields = HeaderFields(read_block(header).items, Guesser())
    status = fields.first("x-mozilla-status")
    if re.fullmatch(r"[0-9A-Fa-f]{4}", status) and int(status, 16) & _EXPUNGED:
        return "deleted in Thunderbird"
    for label in read_line(fields, "x-gmail-labels").split(","):
        name = label.strip()
        if not wanted(FolderInfo(name, name, folder_role(name, (), None)), ()):
            return f"Gmail label {name}"
    return None
