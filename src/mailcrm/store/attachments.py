"""Attachments of mail in the archive: which there are, where the mail lies whose server may still have them, and those
that were opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from mailcrm.errors import NotFound
from mailcrm.model.filing import StagedBlob
from mailcrm.model.folder import FolderInfo, FolderRef, FolderRole
from mailcrm.model.message import BodyState
from mailcrm.model.rights import Viewer
from mailcrm.store import blobs
from mailcrm.store.bulk import rows_in
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.account import Account, Folder
from mailcrm.store.rows.mail import Attachment, Message, MessageLocation
from mailcrm.store.threads import ref_hash
from mailcrm.store.visibility import visible_message


@dataclass(frozen=True, slots=True)
class MailLine:
    """A mail as one line: its number in the archive, and what tells it from others."""

    id: int
    subject: str
    at: datetime
    body_state: BodyState


@dataclass(frozen=True, slots=True)
class AttachmentLine:
    """One attachment. `number` counts from 1 within its mail; `sha256` is None while it is only on the server, and `size`
    (decoded bytes) is about right then."""

    id: int
    number: int
    filename: str
    mime_type: str
    size: int
    inline: bool
    section: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Copy:
    """Where a mail lies, or lay. `raw_sha256` names what is kept of it: all, if it is `whole`."""

    account: str
    ref: FolderRef
    info: FolderInfo
    generation: int
    uid: int
    size: int
    whole: bool
    raw_sha256: str | None
    gone_at: datetime | None
    renumbered: bool

    @property
    def imported(self) -> bool:
        """Whether it came from a file and not from a server."""
        return self.info.role == FolderRole.IMPORT


def find_mail(session: Session, viewer: Viewer, which: str) -> MailLine:
    """By its number in the archive or its Message-ID. Raises NotFound, also where several mails have that Message-ID."""
    if which.isdigit():
        chosen = Message.id == min(int(which), 2**62)
    else:
        chosen = Message.message_id_hash == ref_hash(which.strip().removeprefix("<").removesuffix(">"))
    query = select(Message.id, Message.subject, Message.sent_at, Message.received_at, Message.body_state)
    rows = session.execute(query.where(chosen, visible_message(viewer, Message.id)).order_by(Message.id)).all()
    if not rows:
        raise NotFound(f"no mail {which!r}; `mailcrm people show WHO` shows the numbers of mail with attachments")
    if len(rows) > 1:
        raise NotFound(f"several mails have this Message-ID; give one of their numbers: {_numbers(rows)}")
    row = rows[0]
    return MailLine(row[0], row[1], row[2] or row[3], row[4])


def _numbers(rows: Sequence[Sequence[object]]) -> str:
    return ", ".join(str(row[0]) for row in rows)


def list_attachments(session: Session, message_id: int) -> list[AttachmentLine]:
    """Of one mail, in their order."""
    query = select(Attachment).where(Attachment.message_id == message_id).order_by(Attachment.position)
    return [
        AttachmentLine(
            row.id, row.position + 1, row.filename, row.mime_type, row.size, row.inline, row.section, row.sha256
        )
        for row in session.execute(query).scalars()
    ]


def list_copies(session: Session, message_id: int) -> list[Copy]:
    """Where a mail lies; what is kept whole first, then what is still there."""
    query = (
        select(MessageLocation, Folder, Account.name)
        .join(Folder, Folder.id == MessageLocation.folder_id)
        .join(Account, Account.id == Folder.account_id)
        .where(MessageLocation.message_id == message_id)
        .order_by(MessageLocation.folder_id, MessageLocation.generation.desc(), MessageLocation.uid)
    )
    found = [
        Copy(
            account, FolderRef(folder.id, folder.account_id, folder.name),
            FolderInfo(folder.name_raw, folder.name, folder.role), place.generation, place.uid, place.size,
            place.body_state == BodyState.DONE, place.raw_sha256, place.gone_at,
            place.generation != folder.generation,
        )
        for place, folder, account in session.execute(query)
    ]  # fmt: skip
    return sorted(found, key=lambda copy: (not copy.whole, copy.gone_at is not None))


def keep_opened(session: Session, attachment: AttachmentLine, staged: StagedBlob) -> None:
    """The bytes of an attachment that came from its server when somebody opened it."""
    blobs.put(session, [staged])
    session.execute(
        update(Attachment)
        .where(Attachment.id == attachment.id, Attachment.sha256.is_(None))
        .values(sha256=staged.sha256, size=staged.size)
    )


def attached_texts(session: Session, message_ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """Name and text of the attachments of mails whose text was read."""
    found: dict[int, list[tuple[str, str]]] = {}
    for message_id, name, text in rows_in(session, _read(), message_ids):
        found.setdefault(message_id, []).append((name, text))
    return found


@cache
def _read() -> Lookup:
    columns = select(Attachment.message_id, Attachment.filename, Attachment.text)
    return Lookup(columns.where(Attachment.text.is_not(None)).order_by(Attachment.id), Attachment.message_id)


@dataclass(frozen=True, slots=True)
class Unopened:
    """Attachments that nobody has opened: how many are still `on_server`, and how many went with their mail (`gone`)."""

    on_server: int = 0
    gone: int = 0


def count_unopened(session: Session, account_id: int) -> Unopened:
    """Of the mail of an account."""
    query = select(func.count()).where(Attachment.sha256.is_(None))
    place = (
        exists()
        .where(MessageLocation.message_id == Attachment.message_id, MessageLocation.folder_id == Folder.id)
        .where(Folder.account_id == account_id)
    )
    there = place.where(MessageLocation.gone_at.is_(None))
    on_server = session.execute(query.where(there)).scalar_one()
    return Unopened(on_server, session.execute(query.where(place)).scalar_one() - on_server)
