"""Fetches attachments that stayed on their server: from wherever the mail lies, each once, into the archive."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from mailcrm.errors import MailcrmError, NotFound, StoreBusy
from mailcrm.ingest.imap.mailbox import CommandRefused, Mailbox, open_mailbox
from mailcrm.ingest.imap.plan import is_same_folder
from mailcrm.ingest.mail.attached import decode_pieces, find_part
from mailcrm.model.rights import Actor
from mailcrm.service.accounts import account_row, mailbox_login
from mailcrm.service.app import App
from mailcrm.service.meter import Meter
from mailcrm.service.retry import store_retry
from mailcrm.store import attachments, blobs, sync_state
from mailcrm.store.attachments import AttachmentLine, Copy, MailLine
from mailcrm.store.partial import PIECE, Partial

Received = Callable[[AttachmentLine, int], None]
"""Is told how many bytes more of an attachment came from the server."""


def fetch_attachments(
    app: App, actor: Actor, mail: MailLine, wanted: Sequence[AttachmentLine], received: Received
) -> None:
    """Keep the bytes of these. Raises NotFound with all reasons where one cannot be had, and StoreBusy."""
    with app.store.read() as session:
        copies = attachments.list_copies(session, mail.id)
    opening = _Opening(app, actor, received, [_Wanted(each) for each in wanted], [])
    there = [copy for copy in copies if copy.gone_at is None and not copy.renumbered and not copy.imported]
    for name, group in groupby(sorted(there, key=lambda copy: copy.account), key=lambda copy: copy.account):
        if opening.open:
            opening.from_account(name, list(group), copies)
    if opening.open:
        names = ", ".join(str(each.line.number) for each in opening.open)
        raise NotFound(
            f"attachment {names} of mail {mail.id} stayed on its server and cannot be had from there",
            problems=[*opening.problems, _advice(copies, there)],
        )


def _advice(copies: Sequence[Copy], there: Sequence[Copy]) -> str:
    if there:
        return (
            "was the mail moved or deleted? `mailcrm sync --once` looks where it lies now; then try again. With "
            'attachments = "now" in the configuration they come with their mail'
        )
    gone = max((copy.gone_at for copy in copies if copy.gone_at is not None), default=None)
    since = f" since {gone:%Y-%m-%d}" if gone is not None else ""
    return f"no folder holds the mail any more{since}; in the archive is only what was read before: its text"


@dataclass
class _Wanted:
    """One that is to be had, and whether it is."""

    line: AttachmentLine
    here: bool = False


@dataclass
class _Opening:
    """The search for some attachments of one mail, from copy to copy. `problems` says what was tried in vain."""

    app: App
    actor: Actor
    received: Received
    wanted: Sequence[_Wanted]
    problems: list[str]

    @property
    def open(self) -> list[_Wanted]:
        """What was not found so far."""
        return [each for each in self.wanted if not each.here]

    def from_account(self, name: str, copies: Sequence[Copy], all_copies: Sequence[Copy]) -> None:
        """All that one mailbox has; what is wrong with it does not keep us from others."""
        account = self.app.config.account(name)
        if account is None:
            self.problems.append(f"{name}: this account is not in the configuration any more")
            return
        try:
            with open_mailbox(mailbox_login(self.app, account)) as mailbox, self._counted(name, mailbox):
                for copy in copies:
                    if self.open:
                        self._from_copy(mailbox, copy, all_copies)
        except StoreBusy:  # our own disk or database: no other mailbox helps
            raise
        except MailcrmError as exc:
            self.problems.append(f"{name}: {exc.message}")

    def _counted(self, name: str, mailbox: Mailbox) -> Meter:
        """What comes counts for the day, though somebody who waits for it gets it however much came already."""
        return Meter(self.app.store, account_row(self.app.store, name), None, self.app.clock, lambda: mailbox.received)

    def _from_copy(self, mailbox: Mailbox, copy: Copy, all_copies: Sequence[Copy]) -> None:
        place = f"{copy.account}, folder {copy.ref.name!r}, UID {copy.uid}"
        try:
            if not self._is_open(mailbox, copy):
                self.problems.append(f"{place}: the server numbered the folder anew (UIDVALIDITY)")
                return
            for each in self.open:
                each.here = self._fetch(mailbox, copy, all_copies, each.line)
        except CommandRefused as exc:
            self.problems.append(f"{place}: {exc.message}")

    def _is_open(self, mailbox: Mailbox, copy: Copy) -> bool:
        """Whether the UIDs of the folder still mean what they did. Raises CommandRefused."""
        with self.app.store.read() as session:
            state = sync_state.load_state(session, copy.ref)
        status = mailbox.examine(copy.info)
        return state is not None and status.uidvalidity in (0, state.uidvalidity) and is_same_folder(status, state)

    def _fetch(self, mailbox: Mailbox, copy: Copy, all_copies: Sequence[Copy], wanted: AttachmentLine) -> bool:
        """Raises CommandRefused where the server has no such message, or does not give it."""
        encoding = self._encoding(copy, all_copies, wanted)
        if encoding is None:
            self.problems.append(f"{copy.account}, folder {copy.ref.name!r}: another version of the mail")
            return False
        name = f"{copy.ref.id}-{copy.generation}-{copy.uid}-{copy.size}-part-{wanted.section}"
        whole = Partial(self.app.store.blob_dir, name)
        about = min(copy.size, 2 * wanted.size)  # however it is encoded; its end is where the server has no more
        pieces = mailbox.fetch_body_parts(copy.uid, whole.size, size=about, length=PIECE, section=wanted.section)
        for _, data in pieces:
            whole.append(data)
            self.received(wanted, len(data))
        if not whole.size:
            raise CommandRefused("the server gives nothing of this part")
        self._keep(wanted, whole, Partial(self.app.store.blob_dir, f"{name}-decoded"), encoding)
        return True

    def _encoding(self, copy: Copy, all_copies: Iterable[Copy], wanted: AttachmentLine) -> str | None:
        """Of the part, by what is kept of the mail; None if it is not a part of this copy: variants have others."""
        for kept in all_copies:
            if kept.raw_sha256 is None or kept.size != copy.size:
                continue
            with self.app.store.read() as session:
                raw = blobs.get(session, kept.raw_sha256)
            part = None if raw is None else find_part(raw, wanted.section)
            if part is not None and (part.filename, part.mime_type[:120]) == (wanted.filename, wanted.mime_type):
                return part.fields.first("content-transfer-encoding")
        return None

    def _keep(self, wanted: AttachmentLine, whole: Partial, decoded: Partial, encoding: str) -> None:
        decoded.drop()  # of somebody who was killed
        with whole.path.open("rb") as file:
            for piece in decode_pieces(iter(lambda: file.read(PIECE), b""), encoding):
                for part in _cut(piece):
                    decoded.append(part)
        if not decoded.size:
            decoded.append(b"")
        staged = decoded.stage()

        def write() -> None:
            with self.app.store.write(self.actor) as session:
                attachments.keep_opened(session, wanted, staged)

        store_retry(write)
        whole.drop()
        decoded.drop()


def _cut(data: bytes) -> Iterator[bytes]:
    return (data[start : start + PIECE] for start in range(0, len(data), PIECE))
