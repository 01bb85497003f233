"""Proves that an account's mail is in the archive: the server is asked for every UID, and each must be accounted for.

Only reads the mailbox, and on a connection of its own: the daemon may hold the mailbox at the same time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from mailcrm.config import Account
from mailcrm.ingest.imap.compare import Comparison, compare
from mailcrm.ingest.imap.folders import wanted
from mailcrm.ingest.imap.labels import Labels, folders_to_read
from mailcrm.ingest.imap.mailbox import CommandRefused, Mailbox, open_mailbox
from mailcrm.ingest.imap.plan import is_same_folder, plan_sync, uid_set
from mailcrm.ingest.imap.survey import Glimpse, Listing, glimpse, list_uids
from mailcrm.model.folder import FolderInfo, FolderRef, FolderRole, KnownUids, SyncState
from mailcrm.model.rights import Actor
from mailcrm.service.accounts import account_row, mailbox_login, sync_job
from mailcrm.service.app import App
from mailcrm.service.unsaved import Unsaved, find_unsaved
from mailcrm.store import attachments, completeness, quarantine, sync_state
from mailcrm.store.attachments import Unopened
from mailcrm.store.completeness import FolderRow

_EXAMPLES = 5
_REASONS = 20
_REPAIRED_AT_ONCE = 200
_LOST = "missing in the archive, found by `mailcrm verify mail`"
_ACTOR = Actor.system("verify")

Progress = Callable[[str, int, int], None]
"""Is told the folder, how many mails of the account were compared so far, and of how many."""


class Standing(StrEnum):
    """How a folder stands. `renumbered`: the server gave its mails new UIDs, so nothing we know of it holds any more."""

    READ = "read"
    NEVER_READ = "never read"
    RENUMBERED = "renumbered"
    REFUSED = "refused"
    LEFT_OUT = "left out"
    GONE = "gone"


@dataclass(frozen=True)
class FolderProof:
    """One folder. `server` counts its mails now; of these are `archived` + `left_out` accounted for.

    Gaps: `unknown`, `to_read` (the first reading is not at its end), `pending` bodies, `quarantined` and `unlisted` mails
    (the server counts them and names no UID). No gaps: `waiting` came since the last pass, `gone` is on the server no
    more and stays in the archive. `uids` are the sets of those that are not none, as IMAP writes them; `glimpses` the
    first of the unknown, `reasons` why the first of the quarantined are, by UID.
    """

    folder: str
    role: FolderRole
    standing: Standing
    why: str = ""
    server: int = 0
    archived: int = 0
    left_out: int = 0
    unknown: int = 0
    to_read: int = 0
    pending: int = 0
    quarantined: int = 0
    unlisted: int = 0
    waiting: int = 0
    gone: int = 0
    last_ok_at: datetime | None = None
    uids: Mapping[str, str] = field(default_factory=dict)
    glimpses: Sequence[Glimpse] = ()
    reasons: Mapping[int, str] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether its mail belongs into the archive."""
        return self.standing not in (Standing.LEFT_OUT, Standing.GONE)

    @property
    def accounted(self) -> int:
        """How many of its mails are in the archive or left out by a rule."""
        return self.archived + self.left_out

    @property
    def expected(self) -> int:
        """How many should be: all but those that came since the last pass; none in a folder that is not to be read."""
        return self.server + self.unlisted - self.waiting if self.counts else 0

    @property
    def gaps(self) -> int:
        """How many mails are missing in some way."""
        return self.unknown + self.to_read + self.pending + self.quarantined + self.unlisted

    @property
    def complete(self) -> bool:
        """Whether nothing is missing, as far as it was to be read."""
        return self.standing is not Standing.REFUSED and not self.gaps


@dataclass(frozen=True)
class AccountProof:
    """One account: all folders that it has on the server or had in the archive, what never was in any of them, and the
    attachments that nobody has opened so far: they are no gap."""

    account: str
    folders: Sequence[FolderProof]
    unsaved: Unsaved
    unopened: Unopened

    @property
    def accounted(self) -> int:
        """How many mails of the server are in the archive or left out by a rule."""
        return sum(folder.accounted for folder in self.folders)

    @property
    def expected(self) -> int:
        """How many should be: all but those that came since the last pass."""
        return sum(folder.expected for folder in self.folders)

    @property
    def complete(self) -> bool:
        """Whether no folder has a gap."""
        return all(folder.complete for folder in self.folders)


def verify_account(app: App, name: str, progress: Progress, *, repair: bool = False) -> AccountProof:
    """Compare every folder. Changes nothing on the server and, without `repair`, nothing in the store.

    With `repair` the next pass asks for the unknown mails, each alone; it would not by itself where the numbers agree.

    Raises NotFound, ConfigError, LoginRefused, ConnectionLost and whatever else ends a connection.
    """
    account = app.account(name)
    verifier = _Verifier(app, account, progress, repair=repair)
    with open_mailbox(mailbox_login(app, account)) as mailbox:
        listed = [info for info in mailbox.list_folders() if info.selectable]
        folders = verifier.all_folders(mailbox, listed)
    sent = any(
        info.role in (FolderRole.SENT, FolderRole.ALL)
        for info in folders_to_read(listed, verifier.job.leave_out, labels=mailbox.labels)
    )
    with app.store.read() as session:
        unopened = attachments.count_unopened(session, verifier.job.account_id)
    unsaved = find_unsaved(app, account, verifier.job.account_id, reads_sent=sent)
    return AccountProof(name, folders, unsaved, unopened)


class _Verifier:
    """The comparison of one account, from folder to folder."""

    def __init__(self, app: App, account: Account, progress: Progress, *, repair: bool) -> None:
        self.app = app
        self.repair = repair
        self.job = sync_job(app, account, account_row(app.store, account.name))
        self.progress = progress
        self.labels = Labels({}, ())
        self.done = self.total = 0
        with app.store.read() as session:
            self.rows = {row.ref.id: row for row in completeness.folders_of(session, self.job.account_id)}

    def all_folders(self, mailbox: Mailbox, listed: Sequence[FolderInfo]) -> list[FolderProof]:
        """What the server lists, in its order, then what it no longer has."""
        self.labels = Labels.of(listed, self.job.leave_out)
        counts = {name: status.exists for name, status in mailbox.status(listed).items()}
        read = folders_to_read(listed, self.job.leave_out, labels=mailbox.labels)
        self.total = sum(counts.get(info.name_raw, 0) for info in read)
        proofs = [
            self._folder(mailbox, info) if info in read else self._not_read(info, counts.get(info.name_raw, 0))
            for info in listed
        ]
        seen = {ref.id for ref in map(self._ref, listed) if ref is not None}
        gone = [self._gone(row) for row in self.rows.values() if row.ref.id not in seen]
        return proofs + [proof for proof in gone if proof.gone]

    def _ref(self, info: FolderInfo) -> FolderRef | None:
        with self.app.store.read() as session:
            return sync_state.known_folder(session, self.job.account_id, info)

    def _not_read(self, info: FolderInfo, count: int) -> FolderProof:
        if wanted(info, self.job.leave_out):
            why = "its mail is read where Gmail keeps all mail"
        else:
            why = "leave_out_folders names it" if wanted(info, ()) else f"it holds {info.role}"
        return FolderProof(info.name, info.role, Standing.LEFT_OUT, why, server=count)

    def _gone(self, row: FolderRow) -> FolderProof:
        with self.app.store.read() as session:
            count = completeness.count_filed(session, row.ref, row.generation)
        why = "the server has no such folder any more"
        return FolderProof(row.ref.name, row.role, Standing.GONE, why, gone=count, last_ok_at=row.last_ok_at)

    def _folder(self, mailbox: Mailbox, info: FolderInfo) -> FolderProof:
        """The cursor is read before the server and the archive after it: what a daemon files meanwhile is no gap."""
        ref = self._ref(info)
        row = self.rows.get(ref.id) if ref is not None else None
        last_ok_at = row.last_ok_at if row is not None else None
        with self.app.store.read() as session:
            before = None if ref is None else sync_state.load_state(session, ref)
        self.progress(info.name, self.done, self.total)

        def advanced(count: int) -> None:
            self.done += count
            self.progress(info.name, self.done, self.total)

        try:
            listing = list_uids(mailbox, info, advanced)
            return self._compared(mailbox, info, ref, before, listing, last_ok_at)
        except CommandRefused as exc:
            return FolderProof(info.name, info.role, Standing.REFUSED, str(exc), last_ok_at=last_ok_at)

    def _compared(
        self,
        mailbox: Mailbox,
        info: FolderInfo,
        ref: FolderRef | None,
        before: SyncState | None,
        listing: Listing,
        last_ok_at: datetime | None,
    ) -> FolderProof:
        plan = plan_sync(listing.status, before, listing.uidnext)
        known, reasons = KnownUids(), {}
        if ref is not None:
            with self.app.store.read() as session:
                known = completeness.known_in(session, ref, plan.state.generation)
                reasons = completeness.reasons_in(session, ref, plan.state.generation, _REASONS)
        found = compare(listing.uids, known, plan.state.uid_high, plan.state.uid_floor)
        if self.repair and ref is not None:
            self._ask_for(ref, plan.state.generation, found.unknown)
        standing, why = Standing.READ, ""
        if plan.rolled:
            assert before is not None
            standing = Standing.RENUMBERED
            why = f"its UIDVALIDITY was {before.uidvalidity} and is {listing.status.uidvalidity}"
            if not is_same_folder(listing.status, before):
                why = "it was deleted and made anew"
        elif before is None:
            standing = Standing.NEVER_READ
        return FolderProof(
            info.name, info.role, standing, why,
            server=found.server, archived=found.archived, left_out=found.left_out, unknown=len(found.unknown),
            to_read=len(found.to_read), pending=len(found.pending), quarantined=len(found.quarantined),
            unlisted=listing.unlisted, waiting=len(found.waiting), gone=len(found.gone), last_ok_at=last_ok_at,
            uids=_named(found), reasons=_still(reasons, found),
            glimpses=glimpse(mailbox, found.unknown[:_EXAMPLES], self.job.rules, self.labels, self.app.clock()),
        )  # fmt: skip

    def _ask_for(self, ref: FolderRef, generation: int, uids: Sequence[int]) -> None:
        for start in range(0, len(uids), _REPAIRED_AT_ONCE):
            with self.app.store.write(_ACTOR) as session:
                part = uids[start : start + _REPAIRED_AT_ONCE]
                quarantine.ask_for(session, ref, generation, part, _LOST, self.app.clock())


def _named(found: Comparison) -> dict[str, str]:
    names = ("unknown", "to_read", "pending", "quarantined", "waiting", "gone")
    return {name: uid_set(uids) for name in names if (uids := getattr(found, name))}


def _still(reasons: Mapping[int, str], found: Comparison) -> dict[int, str]:
    """Without those of mails that the server has no more."""
    there = set(found.quarantined)
    return {uid: reason for uid, reason in reasons.items() if uid in there}
