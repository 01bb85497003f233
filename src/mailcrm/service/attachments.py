"""Attachments for whoever opens them: from the archive where they are, else from their servers first; and into files.

Nothing here changes a mailbox. What came from a server is kept, so that the second opening needs none.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from mailcrm.errors import Conflict, NotFound, UserError
from mailcrm.ingest.mail.attached import find_part
from mailcrm.model.filename import free_name, safe_file_name
from mailcrm.model.message import BodyState
from mailcrm.model.rights import Actor, Viewer
from mailcrm.service.app import App
from mailcrm.store import Session, attachments, blobs
from mailcrm.store.attachments import AttachmentLine, MailLine

if TYPE_CHECKING:
    from mailcrm.service.opening import Received

_UNREAD = {
    BodyState.PENDING: " so far: its body has not come yet; `mailcrm sync --once` fetches it",
    BodyState.NONE: " here: the capture level of its mailbox leaves bodies on the server",
    BodyState.QUARANTINED: " that could be read; `mailcrm accounts problems` says why",
}


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail and its attachments."""

    line: MailLine
    attachments: Sequence[AttachmentLine]

    def chosen(self, number: int | None) -> Sequence[AttachmentLine]:
        """The attachment of that number, or all. Raises NotFound."""
        found = [each for each in self.attachments if number in (None, each.number)]
        if not self.attachments:
            raise NotFound(self.why_none)
        if not found:
            raise NotFound(f"mail {self.line.id} has no attachment {number}, but {len(self.attachments)} in all")
        return found

    @property
    def why_none(self) -> str:
        """What to say where there are no attachments."""
        return f"mail {self.line.id} has no attachments{_UNREAD.get(self.line.body_state, '')}"


def mail_with_attachments(app: App, viewer: Viewer, which: str) -> Mail:
    """By its number in the archive or its Message-ID. Raises NotFound."""
    with app.store.read(viewer) as session:
        line = attachments.find_mail(session, viewer, which)
        return Mail(line, attachments.list_attachments(session, line.id))


def save(
    app: App,
    actor: Actor,
    mail: Mail,
    chosen: Sequence[AttachmentLine],
    to: Path,
    *,
    force: bool = False,
    received: "Received" = lambda _attachment, _count: None,
) -> dict[int, Path]:
    """Write attachments to files; returns where each is, by its number.

    `to` is a directory, where they get their own names as far as those are fit for files, or, of a single attachment, the
    file. Nothing is overwritten without `force`. Raises Conflict where a file is in the way, NotFound with all reasons
    where an attachment cannot be had, UserError, and StoreBusy.
    """
    targets = _targets(mail.line, chosen, to)
    if not force:
        _require_free(targets.values())
    missing = [each for each in chosen if kept_bytes(app, mail.line, each) is None]
    if missing:
        from mailcrm.service.opening import fetch_attachments  # only now: most was opened before, or came whole

        fetch_attachments(app, actor, mail.line, missing, received)
    for each in chosen:
        pieces = kept_bytes(app, mail.line, each)
        if pieces is None:  # the fetch would have raised: somebody swept it, or dropped the mail, at this very moment
            raise NotFound(f"attachment {each.number} is not there any more; try again")
        _write(targets[each.number], pieces, force=force)
    return targets


def kept_bytes(app: App, mail: MailLine, attachment: AttachmentLine) -> Iterator[bytes] | None:
    """The decoded bytes, if the archive has them: as they were opened before, or inside the mail."""
    with app.store.read() as session:
        now = next((each for each in attachments.list_attachments(session, mail.id) if each.id == attachment.id), None)
        if now is None:
            return None
        if now.sha256 is not None and (found := blobs.pieces(session, now.sha256)) is not None:
            return found
        data = _inside(session, mail, now)
    return None if data is None else iter([data])


def _inside(session: Session, mail: MailLine, attachment: AttachmentLine) -> bytes | None:
    for copy in attachments.list_copies(session, mail.id):
        if copy.raw_sha256 is None or (attachment.sha256 is None and not copy.whole):
            continue
        raw = blobs.get(session, copy.raw_sha256)
        part = None if raw is None else find_part(raw, attachment.section)
        if part is None:
            continue
        data = part.content()
        if attachment.sha256 == hashlib.sha256(data).hexdigest():
            return data
        if attachment.sha256 is None and (part.filename, part.mime_type) == (attachment.filename, attachment.mime_type):
            return data
    return None


# --- files -------------------------------------------------------------------------------------------------------


def _targets(mail: MailLine, chosen: Sequence[AttachmentLine], to: Path) -> dict[int, Path]:
    """Where each goes. Raises UserError."""
    if not to.is_dir() and len(chosen) == 1:
        if not to.parent.is_dir():
            raise UserError(f"--to: there is no directory {to.parent}")
        return {chosen[0].number: to}
    if not to.is_dir():
        raise UserError(f"--to: {to} is no directory, and {len(chosen)} attachments do not go into one file")
    found: dict[int, Path] = {}
    for each in chosen:
        name = safe_file_name(each.filename, f"mail-{mail.id}-attachment-{each.number}{_ending(each.mime_type)}")
        found[each.number] = to / free_name(name, [path.name for path in found.values()])
    return found


def _ending(mime_type: str) -> str:
    from mimetypes import guess_extension

    return guess_extension(mime_type) or ""


def _require_free(targets: Iterable[Path]) -> None:
    there = [f"{path} exists already" for path in targets if os.path.lexists(path)]
    if there:
        raise Conflict("nothing was written: --force overwrites, --to names another place", problems=there)


def _write(target: Path, pieces: Iterator[bytes], *, force: bool) -> None:
    """All of it or nothing, under that very name: no link that lies there is followed."""
    draft = target.with_name(f".{secrets.token_hex(8)}.part")
    first = next(pieces, b"")  # what is wrong in the archive shows before anything is written
    taken = False
    try:
        if not force:
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            taken = True
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for piece in chain([first], pieces):
                file.write(piece)
        draft.replace(target)
    except BaseException as exc:
        for path in [draft, target] if taken else [draft]:
            path.unlink(missing_ok=True)
        if not isinstance(exc, OSError):
            raise
        if isinstance(exc, FileExistsError):
            raise Conflict(f"{target} exists already; --force overwrites it") from exc
        raise UserError(f"cannot write {target}: {exc.strerror or exc}") from exc
