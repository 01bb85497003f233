"""Mail in the archive, built by hand: what tests of the store need beyond tests.builders."""

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from mailcrm.model.account import AccountPolicy, Capture, CustomerWhen, Visibility
from mailcrm.model.address import AddressKind
from mailcrm.model.filing import Conversation, FetchedBody, FiledMessage, LeftOut, PendingBody, Place
from mailcrm.model.folder import FolderInfo, FolderRef, FolderRole, SyncState
from mailcrm.model.interaction import Direction
from mailcrm.model.message import (
    Attachment,
    BodyState,
    MailKind,
    OwnWords,
    ParsedHeaders,
    ParsedMessage,
    Participant,
    ParticipantRole,
)
from mailcrm.store import Session, addresses, messages, sync_state, threads
from mailcrm.store.packing import stage
from mailcrm.store.standing import ensure_folders
from tests.builders import NOW

GENERATION = 1
_numbers = itertools.count(1)


def a_mailbox(
    session: Session, name: str = "shop", visibility: Visibility = Visibility.TEAM, owner: str | None = None
) -> FolderRef:
    """The INBOX of an account, opened once."""
    policy = AccountPolicy(Capture.ALL, visibility, CustomerWhen.REPLIED, owner)
    account_id = sync_state.upsert_account(session, name, f"{name}@own.example", policy, NOW)
    return a_folder(session, account_id, "INBOX", FolderRole.INBOX)


def ensure_folder(session: Session, account_id: int, info: FolderInfo) -> FolderRef:
    """The row of one folder as a server lists it."""
    return ensure_folders(session, account_id, [info])[0][0].ref


def a_folder(session: Session, account_id: int, name: str, role: FolderRole = FolderRole.OTHER) -> FolderRef:
    """A folder of which nothing is known but that it is there."""
    folder = ensure_folder(session, account_id, FolderInfo(name, name, role))
    sync_state.advance(session, folder, SyncState(GENERATION, 4711, 0, 0))
    return folder


@dataclass(frozen=True)
class Filed:
    """A mail that is in the archive."""

    id: int
    key: str


def skipped(rules: Mapping[int, str]) -> dict[int, LeftOut]:
    """Mails that rules left out, by UID."""
    return {uid: LeftOut(rule, NOW) for uid, rule in rules.items()}


def a_key(text: str) -> str:
    """A dedupe key."""
    return hashlib.sha256(text.encode()).hexdigest()


def a_message(
    session: Session, key: str = "", *, thread_id: int | None = None, headers: ParsedHeaders | None = None
) -> Filed:
    """A mail whose headers are filed; its body is still on the server."""
    key = a_key(key or f"message {next(_numbers)}")
    if thread_id is None:
        [thread_id] = threads.join_threads(session, [Conversation((), "", NOW)])
    [message_id] = messages.add_messages(session, [a_filing(key, thread_id, headers)])
    return Filed(message_id, key)


def a_filing(key: str, thread_id: int, headers: ParsedHeaders | None = None) -> FiledMessage:
    """What ingest decided about a mail."""
    headers = headers or ParsedHeaders(message_id=f"{key[:8]}@example.com", subject="Price", kind=MailKind.PERSON)
    return FiledMessage(key, headers, Direction.IN, NOW, NOW, 1000, BodyState.PENDING, thread_id)


def a_copy(
    session: Session,
    folder: FolderRef,
    message: Filed,
    uid: int,
    *,
    size: int = 1000,
    state: BodyState = BodyState.PENDING,
) -> PendingBody:
    """That the mail lies in this folder; its bytes are still to be fetched."""
    messages.add_locations(session, folder, GENERATION, [(Place(uid, r"\Seen", NOW, size), message.id, state)])
    return PendingBody(message.id, uid, size, known=False)


def a_body(
    folder: Path,
    pending: PendingBody,
    raw: bytes = b"Subject: Price\n\nHello\n",
    error: str = "",
    text: str = "Hello",
    newest: str = "Hello",
) -> FetchedBody:
    """The bytes of a copy; with `error` the parser did not understand them."""
    headers = ParsedHeaders(subject="Price", defects=("no date",))
    files = (
        Attachment(0, "报价.pdf", "application/pdf", 3, a_key("pdf")),
        Attachment(1, "", "image/png", 4, a_key("png")),
    )
    said = OwnWords(newest)
    parsed = ParsedMessage(headers, text, said=said, attachments=files, defects=("no date", "no end"))
    return FetchedBody(pending, stage(folder, raw), None if error else parsed, error)


def known(pending: PendingBody) -> PendingBody:
    """The same copy of a mail that was read before."""
    return replace(pending, known=True)


def some_participants(address_ids: Sequence[int], message_id: int) -> list[dict[str, object]]:
    """The first address wrote to the others."""
    return [
        {
            "message_id": message_id,
            "role": ParticipantRole.TO if position else ParticipantRole.FROM,
            "position": max(position - 1, 0),
            "email_id": address_id,
            "display_name": f"Name {position}",
            "party_id": None,
        }
        for position, address_id in enumerate(address_ids)
    ]


def a_participant(key: str, role: ParticipantRole = ParticipantRole.FROM) -> Participant:
    """An address in a header."""
    return Participant(role, 0, key, key)


def some_addresses(session: Session, count: int) -> list[int]:
    """So many addresses that nobody has, person0@example.com and so on; their ids in this order."""
    keys = [f"person{number}@example.com" for number in range(count)]
    found = addresses.ensure_addresses(session, {key: (key, AddressKind.PERSONAL) for key in keys}, NOW)
    return [found[key].id for key in keys]


def at(minutes: float) -> datetime:
    """So long after everything was built."""
    return NOW + timedelta(minutes=minutes)
