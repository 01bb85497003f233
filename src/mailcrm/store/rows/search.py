"""Which mail is in the search index, and under which number. The words themselves are in `message_words`, which no model
describes: it is another sort of table on each engine (`store.search.words`)."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.store.rows import mail  # noqa: F401 - a table of ours refers to theirs
from mailcrm.store.rows.base import Base, Id, UtcMicros


class MessageSearch(Base):
    """That a message can be found. `key` grows with `at`, when the mail was written, so that the newest are found first.

    `version` is that of the rules by which its words were told apart: only by the same rules can they be taken out again.
    """

    __tablename__ = "message_search"

    key: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    message_id: Mapped[int] = mapped_column(Id, ForeignKey("message.id"), unique=True)
    at: Mapped[datetime] = mapped_column(UtcMicros)
    version: Mapped[int]
