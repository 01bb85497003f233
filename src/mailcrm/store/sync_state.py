"""Accounts and folders: how far each is known. The cursor moves only in the transaction that files the messages."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailcrm.errors import NotFound, StoreBusy
from mailcrm.model.account import AccountPolicy, AccountState
from mailcrm.model.folder import FolderInfo, FolderRef, FolderRole, SyncState
from mailcrm.model.text import clean_text
from mailcrm.store.rows.account import Account, Folder


@dataclass(frozen=True, slots=True)
class AccountRow:
    """What the store knows of an account. `fail_count` and `refusals` (of a login, without a proof that it is wrong)
    count since the last complete pass; `refused_login` is a digest of the login that parked it.
    """

    id: int
    name: str
    address: str
    policy: AccountPolicy
    state: AccountState
    fail_count: int
    next_try_at: datetime | None
    last_ok_at: datetime | None
    last_error: str
    refusals: int
    refused_login: str


def upsert_account(session: Session, name: str, address: str, initial: AccountPolicy, now: datetime) -> int:
    """The row for a configured account, made with `initial` when it is seen for the first time (decisions.md 12)."""
    row = session.execute(select(Account).where(Account.name == name)).scalar_one_or_none()
    if row is None:
        row = Account(
            name=name, state=AccountState.ACTIVE, created_at=now, owner=initial.owner, visibility=initial.visibility,
            capture=initial.capture, customer_when=initial.customer_when, fail_count=0, last_error="", refusals=0,
            refused_login="",
        )  # fmt: skip
        session.add(row)
    row.address = address
    if row.state == AccountState.DISCONNECTED:
        row.state = AccountState.ACTIVE
    session.flush()
    return row.id


def disconnect_accounts(session: Session, but: Sequence[str]) -> list[str]:
    """Accounts that left the configuration are disconnected; their history stays. Returns their names."""
    query = select(Account).where(Account.name.not_in(list(but)), Account.state != AccountState.DISCONNECTED)
    gone = session.execute(query).scalars().all()
    for row in gone:
        row.state = AccountState.DISCONNECTED
    return [row.name for row in gone]


def list_accounts(session: Session) -> list[AccountRow]:
    """All accounts by name."""
    return [_account(row) for row in session.execute(select(Account).order_by(Account.name)).scalars()]


def get_account(session: Session, name: str) -> AccountRow:
    """One account; raises NotFound."""
    row = session.execute(select(Account).where(Account.name == name)).scalar_one_or_none()
    if row is None:
        raise NotFound(f"no account {name!r}; `mailcrm accounts list` shows them")
    return _account(row)


def _account(row: Account) -> AccountRow:
    policy = AccountPolicy(row.capture, row.visibility, row.customer_when, row.owner)
    return AccountRow(
        row.id,
        row.name,
        row.address,
        policy,
        row.state,
        row.fail_count,
        row.next_try_at,
        row.last_ok_at,
        row.last_error,
        row.refusals,
        row.refused_login,
    )


def set_policy(session: Session, account_id: int, policy: AccountPolicy) -> None:
    """Change what is captured, who sees it, and who becomes a customer."""
    session.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(
            capture=policy.capture, visibility=policy.visibility, customer_when=policy.customer_when, owner=policy.owner
        )
    )


def note_success(session: Session, account_id: int, now: datetime) -> None:
    """A pass over the mailbox was complete. A parked account stays parked: its sender may have been refused meanwhile."""
    mine = update(Account).where(Account.id == account_id)
    session.execute(mine.values(last_ok_at=now))
    session.execute(
        mine.where(Account.state != AccountState.PARKED).values(
            fail_count=0, refusals=0, last_error="", next_try_at=None, state=AccountState.ACTIVE
        )
    )


def note_failure(
    session: Session, account_id: int, error: str, next_try_at: datetime | None, *, refused: bool = False
) -> None:
    """A pass failed, and was tried in vain; `refused`: because of an unclear refusal of the login."""
    row = session.get_one(Account, account_id)
    row.fail_count += 1
    row.refusals += refused
    row.last_error, row.next_try_at = clean_text(error)[:2000], next_try_at


def park_account(session: Session, account_id: int, error: str, refused_login: str) -> None:
    """Trying again would be of no use, or do harm: it waits for `mailcrm accounts resume`, or another login than this.

    `refused_login` is a digest.
    """
    row = session.get_one(Account, account_id)
    row.fail_count += 1
    row.last_error, row.next_try_at, row.state = clean_text(error)[:2000], None, AccountState.PARKED
    row.refused_login = refused_login


def resume_account(session: Session, account_id: int) -> None:
    """A human says it is fixed: try again at once."""
    session.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(state=AccountState.ACTIVE, fail_count=0, refusals=0, refused_login="", next_try_at=None)
    )


def ensure_import(session: Session, account_id: int, path: str, name: str) -> FolderRef:
    """The row of an imported file or folder of files: known by its `path`, shown by its `name`."""
    path = clean_text(path)
    imports = select(Folder).where(Folder.account_id == account_id, Folder.role == FolderRole.IMPORT)
    row = next((row for row in session.execute(imports).scalars() if row.name_raw == path), None)
    if row is None:
        shown = folder_name(FolderInfo(path, name, FolderRole.IMPORT))
        if _folder_named(session, account_id, shown) is not None:
            shown = marked_name(shown, path)
        row = new_folder(account_id, shown)
        row.name_raw, row.role = path, FolderRole.IMPORT
        session.add(row)
        session.flush()
    return FolderRef(row.id, account_id, row.name)


def new_folder(account_id: int, name: str) -> Folder:
    """A row for a folder of which nothing is known yet."""
    return Folder(
        account_id=account_id, name=name, generation=0, uidvalidity=0, uid_high=0, uid_floor=0, server_count=0
    )


def _folder_named(session: Session, account_id: int, name: str) -> Folder | None:
    query = select(Folder).where(Folder.account_id == account_id, Folder.name == name)
    return session.execute(query).scalar_one_or_none()


def find_folder(session: Session, account_id: int, name: str) -> FolderRef | None:
    """The row of a folder, None if it was never seen."""
    query = select(Folder.id).where(Folder.account_id == account_id, Folder.name == name[:500])
    found = session.execute(query).scalar_one_or_none()
    return None if found is None else FolderRef(found, account_id, name[:500])


def known_folder(session: Session, account_id: int, info: FolderInfo) -> FolderRef | None:
    """The row of a folder as the server lists it, None if it was never seen."""
    return find_folder(session, account_id, folder_name(info))


def folder_name(info: FolderInfo) -> str:
    """The readable name; with a mark where it alone would not tell two folders apart on every engine.

    MariaDB takes `Work` and `Work ` for the same, and no column holds a name of any length.
    """
    shown = clean_text(info.name)[:480].rstrip()
    if shown == info.name:
        return shown
    return marked_name(shown, info.name_raw)


def marked_name(shown: str, name_raw: str) -> str:
    """A name with what tells it from another that looks the same."""
    return f"{shown[:480]} #{hashlib.sha256(name_raw.encode('utf-8', 'replace')).hexdigest()[:8]}"


def load_state(session: Session, folder: FolderRef) -> SyncState | None:
    """Where we stand in a folder, None before the first pass."""
    return state_of(session.get_one(Folder, folder.id))


def state_of(row: Folder) -> SyncState | None:
    """The same of a row."""
    if row.generation == 0:
        return None
    return SyncState(
        row.generation, row.uidvalidity, row.uid_high, row.uid_floor, row.modseq_done, row.mark, row.mailboxid
    )


def advance(session: Session, folder: FolderRef, state: SyncState) -> None:
    """Move the cursor, in the transaction that filed what it passes; forward only.

    Raises StoreBusy where another worker opened the folder anew meanwhile: what was read belongs to its past.
    """
    row = session.get_one(Folder, folder.id, with_for_update=True, populate_existing=True)
    if state.generation > row.generation:
        row.generation, row.uidvalidity, row.mark = state.generation, state.uidvalidity, state.mark
        row.uid_high, row.uid_floor, row.modseq_done = state.uid_high, state.uid_floor, 0
        row.mailboxid = state.mailboxid
        row.tries = 0  # those were other mails
    elif (state.generation, state.uidvalidity) == (row.generation, row.uidvalidity):
        if state.uid_high > row.uid_high:
            row.mark = state.mark
        row.mailboxid = state.mailboxid or row.mailboxid
        row.uid_high, row.uid_floor = max(row.uid_high, state.uid_high), min(row.uid_floor, state.uid_floor)
    else:
        raise StoreBusy(f"another worker reads the folder {folder.name!r}, and it has changed")
    session.flush()


def note_settled(
    session: Session, folder: FolderRef, generation: int, modseq: int, counted: int, now: datetime
) -> None:
    """All changes up to this mod-sequence are applied, in this transaction (0 where the server keeps none), and that
    makes so many UIDs that we know of and that are there."""
    session.execute(
        update(Folder)
        .where(Folder.id == folder.id, Folder.generation == generation)
        .values(modseq_done=modseq, counted=counted, settled_at=now)
    )


def note_counted(session: Session, folder: FolderRef, generation: int, counted: int) -> None:
    """So many UIDs that are there are known now."""
    session.execute(
        update(Folder).where(Folder.id == folder.id, Folder.generation == generation).values(counted=counted)
    )


def settled_at(session: Session, folder: FolderRef) -> datetime | None:
    """When flags and deletions were last looked at."""
    return session.get_one(Folder, folder.id).settled_at


def note_count(session: Session, folder: FolderRef, server_count: int) -> None:
    """How many mails the server holds, while a pass is under way."""
    session.execute(update(Folder).where(Folder.id == folder.id).values(server_count=server_count))


def note_folder(session: Session, folder: FolderRef, server_count: int, error: str, now: datetime | None) -> None:
    """The result of a pass: how many mails the server holds, and `now` if the pass was complete."""
    values: dict[str, object] = {"server_count": server_count, "last_error": clean_text(error)[:2000]}
    if now is not None:
        values["last_ok_at"] = now
    session.execute(update(Folder).where(Folder.id == folder.id).values(**values))
