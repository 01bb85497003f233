"""One mail for whoever reads it, as text and as HTML that harms nobody."""

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mailcrm.errors import NotFound, Unparsable
from mailcrm.ingest.mail.attached import find_part
from mailcrm.ingest.mail.display import Shown, display, page
from mailcrm.ingest.mail.parse import parse_message
from mailcrm.model.message import LARGE_MESSAGE, Attachment, ParticipantRole, RawMessage
from mailcrm.model.rights import Viewer
from mailcrm.service.app import App
from mailcrm.store import Session, attachments, blobs
from mailcrm.store.attachments import AttachmentLine
from mailcrm.store.reading import MailText, get_mail

_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"})
_LARGEST_PICTURES = 20 * 1024 * 1024
_HEAD = (("From", ParticipantRole.FROM), ("To", ParticipantRole.TO), ("Cc", ParticipantRole.CC))


@dataclass(frozen=True, slots=True)
class ReadMail:
    """A mail and the list of its attachments."""

    mail: MailText
    attachments: tuple[AttachmentLine, ...]


def read_mail(app: App, viewer: Viewer, which: str) -> ReadMail:
    """By its number in the archive or its Message-ID. Raises NotFound."""
    with app.store.read(viewer) as session:
        line = attachments.find_mail(session, viewer, which)
        return ReadMail(get_mail(session, line.id), tuple(attachments.list_attachments(session, line.id)))


def mail_page(app: App, viewer: Viewer, which: str, *, remote: bool = False) -> tuple[str, Shown]:
    """The mail as an HTML document of its own, with the pictures that came along in it; those from elsewhere only if `remote`.

    Raises NotFound, also where the bytes are not in the archive, or the mail is not HTML.
    """
    with app.store.read(viewer) as session:
        line = attachments.find_mail(session, viewer, which)
        mail = get_mail(session, line.id)
        raw = _bytes(session, mail.id)
    html, parts = _html(mail.id, raw)
    shown = display(html, _pictures(raw, parts), remote=remote)
    head = [(name, mail.of(role)) for name, role in _HEAD]
    return page(
        shown, mail.subject, [*head, ("Date", mail.at.isoformat()), ("Subject", mail.subject)], remote=remote
    ), shown


def _bytes(session: Session, message_id: int) -> bytes:
    for copy in attachments.list_copies(session, message_id):
        raw = blobs.get(session, copy.raw_sha256) if copy.raw_sha256 else None
        if raw is not None:
            return raw
    raise NotFound(
        f"the bytes of mail {message_id} are not in the archive; `mailcrm mail show` has what is known of it"
    )


def _html(message_id: int, raw: bytes) -> tuple[str, tuple[Attachment, ...]]:
    if len(raw) > 32 * LARGE_MESSAGE:
        raise NotFound(f"mail {message_id} is too large to be shown; `mailcrm mail open` has its attachments")
    try:
        parsed = parse_message(RawMessage(0, raw))
    except Unparsable as exc:
        raise NotFound(f"mail {message_id} cannot be shown: {exc.message}") from exc
    if not parsed.html:
        raise NotFound(f"mail {message_id} has no HTML; `mailcrm mail show {message_id}` shows its text")
    return parsed.html, parsed.attachments


def _pictures(raw: bytes, parts: Iterable[Attachment]) -> Callable[[str], str]:
    """The pictures in the mail by their Content-ID, each as a data: address."""
    by_id = {part.content_id: part for part in parts if part.content_id and part.mime_type in _PICTURES}
    left = _LARGEST_PICTURES

    def address(content_id: str) -> str:
        nonlocal left
        part = by_id.get(content_id)
        found = find_part(raw, part.section) if part and part.size <= left else None
        if part is None or found is None:
            return ""
        left -= part.size
        return f"data:{part.mime_type};base64,{base64.b64encode(found.content()).decode('ascii')}"

    return address
