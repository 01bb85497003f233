"""Mail filed without a server: the header fields that the account's capture level fetches, then the body."""

from __future__ import annotations

from dataclasses import dataclass

from mailcrm.ingest.imap.plan import fields_for
from mailcrm.ingest.mail.digest import dedupe_key
from mailcrm.ingest.mail.headers import parse_headers
from mailcrm.ingest.mail.parse import parse_message
from mailcrm.ingest.record import FilingContext, HeaderItem, record_bodies, record_headers
from mailcrm.model.account import Capture
from mailcrm.model.address import OwnAddresses
from mailcrm.model.filing import FetchedBody, Place
from mailcrm.model.folder import FolderRef
from mailcrm.model.message import RawMessage
from mailcrm.model.rights import Viewer
from mailcrm.store import Store, parties, timeline
from mailcrm.store.packing import stage
from tests.builders import NOW, a_write
from tests.store.builders import GENERATION, a_mailbox

OWN = OwnAddresses.build(["team@own.example", "li@own.example"], [])


@dataclass
class Box:
    """The INBOX of an account that keeps so much of its mail."""

    store: Store
    folder: FolderRef
    capture: Capture
    own: OwnAddresses = OWN
    uids: int = 0

    def gets(self, *mails: str, bodies: bool = True) -> None:
        """These mails come in one batch; without `bodies` those are still on the server."""
        raws = {self.uids + number: _raw(mail) for number, mail in enumerate(mails, 1)}
        self.uids += len(mails)
        context = FilingContext(self.folder.account_id, self.capture, self.own, self.store.keys.links)
        items = [self._item(uid, raw) for uid, raw in raws.items()]
        with a_write(self.store) as session:
            pending = record_headers(session, context, self.folder, GENERATION, items, NOW)
            if bodies:
                found = [
                    FetchedBody(p, stage(self.store.state_dir, raws[uid]), parse_message(RawMessage(uid, raws[uid])))
                    for uid, p in pending.items()
                ]
                record_bodies(session, self.folder, GENERATION, found, NOW)

    def _item(self, uid: int, raw: bytes) -> HeaderItem:
        wanted = {name.lower() for name in fields_for(self.capture)}
        lines = raw.partition(b"\n\n")[0].split(b"\n")
        kept = [line for line in lines if line.partition(b":")[0].decode().lower() in wanted]
        headers = parse_headers(b"\n".join(kept) + b"\n\n")
        return HeaderItem(Place(uid, "", NOW, len(raw)), headers, dedupe_key(headers, f"size:{len(raw)}"))


def a_box(store: Store, name: str = "team", capture: Capture = Capture.ALL) -> Box:
    """A mailbox of ours, nothing in it."""
    with a_write(store) as session:
        return Box(store, a_mailbox(session, name), capture)


def _raw(mail: str) -> bytes:
    head, blank, body = mail.partition("\n\n")
    if "Message-ID:" not in head:
        head += f"\nMessage-ID: <{abs(hash(mail))}@example.com>"
    return f"{head}\nDate: Mon, 06 Jan 2025 08:00:00 +0000\n\n{body if blank else 'Hello'}\n".encode()


def shown(store: Store, who: str) -> list[tuple[str, str]]:
    """Title and outcome of the lines of a customer, newest first."""
    with store.read() as session:
        lines = timeline.select_timeline(session, parties.get_party(session, who), Viewer.system())
    return [(line.title, line.outcome) for line in lines]
