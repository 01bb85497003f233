"""The text of attachments, for the search: which are still to be read, and what was read in them."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailcrm.model.document import LONGEST_DOCUMENT_TEXT, TextState
from mailcrm.model.text import clean_text
from mailcrm.store.rows.mail import Attachment
from mailcrm.store.search import index


def unread_attachments(session: Session, after: int, limit: int) -> list[tuple[int, int]]:
    """Attachments behind this id that are here and whose text was not read yet: (their id, that of their mail)."""
    query = (
        select(Attachment.id, Attachment.message_id)
        .where(Attachment.text_state == TextState.WAITING, Attachment.sha256.is_not(None), Attachment.id > after)
        .order_by(Attachment.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def keep_text(session: Session, attachment_id: int, message_id: int, text: str | None, error: str = "") -> None:
    """What an attachment says, found from now on; None with the reason where it cannot be read."""
    state = TextState.DONE if text is not None else TextState.FAILED
    values = {"text_state": state, "text_error": clean_text(error)[:500]}
    mine = update(Attachment).where(Attachment.id == attachment_id, Attachment.text_state == TextState.WAITING)
    if not text:
        session.execute(mine.values(**values))
        return
    with index.changing(session, [message_id]):
        session.execute(mine.values(text=clean_text(text)[:LONGEST_DOCUMENT_TEXT], **values))
