"""What all rooms of a mailbox share: the connection, what the server can do, and whether the connection still lives."""

import imaplib
from collections.abc import Iterator
from contextlib import contextmanager

from mailcrm.errors import MailcrmError
from mailcrm.ingest.imap.client import Reply
from mailcrm.ingest.imap.failures import refusal, translated
from mailcrm.ingest.imap.session import Login, Session


class Talk:
    """A session, and how its failures become our errors. `folder` is the name of the open folder, for messages."""

    def __init__(self, session: Session, login: Login) -> None:
        self.client = session.client
        self.capabilities = session.capabilities
        self.introduction = session.introduction
        self.place = login.place
        self.folder = ""
        self.broken = False

    @property
    def enabled(self) -> frozenset[str]:
        """What is switched on, e.g. QRESYNC."""
        with self.guard():
            return self.introduction.enabled

    @contextmanager
    def guard(self, *, introduced: bool = True) -> Iterator[None]:
        """Around all that reads or sends: raises ConnectionLost, Throttled or PermanentError.

        Unless `introduced` is false the answers to ID and ENABLE are taken first.
        """
        with translated(self.place):
            try:
                if introduced:
                    self.introduction.settle()
                yield
            except (OSError, imaplib.IMAP4.error):
                self.broken = True
                raise

    def check(self, reply: Reply, doing: str, *, unless: type[MailcrmError] | None = None) -> None:
        """Raise what a NO or BAD means, but not an error of the class `unless`."""
        if reply.ok:
            return
        error = refusal(self.place, reply.text, doing)
        if unless is None or not isinstance(error, unless):
            raise error
