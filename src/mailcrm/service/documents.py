"""Reads the text of attachments for the search, behind the filing of mail, one by one in the guarded child."""

from collections.abc import Callable
from contextlib import closing

from mailcrm.errors import PermanentError, Unparsable
from mailcrm.model.document import LARGEST_DOCUMENT, DocumentBytes, document_kind
from mailcrm.model.message import BodyState
from mailcrm.model.rights import Actor, Viewer
from mailcrm.service.app import App
from mailcrm.service.attachments import kept_bytes
from mailcrm.service.guard import Guard
from mailcrm.store import attachment_texts, attachments

_ACTOR = Actor.system("reading")
_BATCH = 50
_LARGEST_MAIL = 16 * 1024 * 1024
"""Bytes: to find an attachment, its mail is held in memory."""


def read_attachments(app: App, stopped: Callable[[], bool] = lambda: False) -> int:
    """All whose bytes are here and that were not read yet; returns how many. Interrupted, it goes on where it was."""
    count = after = 0
    with closing(Guard()) as guard:
        while not stopped():
            with app.store.read() as session:
                waiting = attachment_texts.unread_attachments(session, after, _BATCH)
            if not waiting:
                break
            for attachment_id, message_id in waiting:
                if stopped():
                    return count
                text, error = _read(app, guard, attachment_id, message_id)
                with app.store.write(_ACTOR) as session:
                    attachment_texts.keep_text(session, attachment_id, message_id, text, error)
                count, after = count + 1, attachment_id
    return count


def _read(app: App, guard: Guard, attachment_id: int, message_id: int) -> tuple[str | None, str]:
    """The text, or None and why there is none. Raises StoreBusy."""
    with app.store.read() as session:
        mail = attachments.find_mail(session, Viewer.system(), str(message_id))
        found = [each for each in attachments.list_attachments(session, message_id) if each.id == attachment_id]
        copies = attachments.list_copies(session, message_id)
    if not found:
        return None, "its mail was read anew"
    if mail.body_state == BodyState.DONE and min((c.size for c in copies if c.whole), default=0) > _LARGEST_MAIL:
        return None, f"its mail is larger than {_LARGEST_MAIL // 2**20} MiB"
    kind = document_kind(found[0].filename, found[0].mime_type)
    try:
        pieces = kept_bytes(app, mail, found[0])
        data = None if pieces is None else b"".join(pieces)
    except (PermanentError, RecursionError) as exc:
        return None, str(exc)
    if data is None or kind is None:
        return None, "its bytes are not in the archive"
    if len(data) > LARGEST_DOCUMENT:
        return None, f"it is larger than {LARGEST_DOCUMENT // 2**20} MiB"
    try:
        return guard.text_of(DocumentBytes(kind, data)), ""
    except Unparsable as exc:
        return None, str(exc)
