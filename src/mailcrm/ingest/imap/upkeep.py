"""Keeps what was filed true: flags that changed, mail that has gone, mail that appeared below the cursor.

changes heard      QRESYNC with EXAMINE, else CONDSTORE, else the flags (and labels) of the newest mail
  | deletions      of VANISHED; where the counts disagree, of the server's own list of UIDs (dovecot, cyrus-imapd#6071)
  | too many?      more than a fifth of a folder at once is believed only when a second look says the same
  | gaps           UIDs of the list that we do not know are filed like new mail
  | labels         a mail that its label kept out may have lost it: it is judged again
  | one transaction: flags, deletions, and the mod-sequence up to which all is applied
The archive never deletes a mail because a server did: only where it lies is noted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from mailcrm.clock import Clock
from mailcrm.ingest.filing import Filer
from mailcrm.ingest.imap.labels import Labels, is_label_rule
from mailcrm.ingest.imap.mailbox import Flags, Mailbox
from mailcrm.ingest.imap.plan import flag_text, too_many_gone
from mailcrm.log import get_logger
from mailcrm.model.account import Capture
from mailcrm.model.folder import FolderInfo, FolderRef, FolderStatus, SyncState, UidRange
from mailcrm.store import Session, Store, audit, copies, coverage, sync_state
from mailcrm.store.uids import unknown_uids

_NEWEST = 500
"""UIDs whose flags are looked at in each pass where the server does not say which of them changed."""

_log = get_logger("mailcrm.ingest")


@dataclass(frozen=True)
class _Found:
    """UIDs that are gone, those that are there after all, and those we do not know."""

    gone: Sequence[int] = ()
    back: Sequence[int] = ()
    missing: Sequence[int] = ()


@dataclass(frozen=True)
class Upkeep:
    """For one open mailbox. `file` fetches, judges and files UIDs like new mail, and returns False when it was stopped."""

    mailbox: Mailbox
    store: Store
    clock: Clock
    filer: Filer
    labels: Labels
    file: Callable[[FolderRef, SyncState, Sequence[int]], bool]

    def settle(self, info: FolderInfo, folder: FolderRef, state: SyncState, status: FolderStatus) -> None:
        """Apply all that happened up to `status`, which EXAMINE said; new mail is filed already. Stopped before all
        is filed, it applies nothing: the next pass hears of it again."""
        known = self._count(folder, state)
        heard, vanished, unsure = self._heard(folder, state, status)
        flags = {uid: flag_text(each.flags) for uid, each in heard.items()}
        labels = {uid: self.labels.shown_in(each.labels) for uid, each in heard.items() if each.labels is not None}
        found = self._found(info, folder, state, vanished, known, unsure=unsure)
        if found.missing:
            _log.warning("mail appeared below the cursor", folder_id=folder.id, mails=len(found.missing))
            if not self.file(folder, state, found.missing):
                return
        if (freed := self._freed(folder, state, heard)) and not self.file(folder, state, freed):
            return
        many = too_many_gone(len(found.gone), known)
        if many:
            _log.warning("much mail is gone from the server", folder_id=folder.id, mails=len(found.gone), of=known)

        bodies = self.filer.context.capture == Capture.ALL
        attachments = not self.filer.context.leaves_attachments

        def write(session: Session) -> None:
            copies.set_flags(session, folder, state.generation, flags)
            copies.set_labels(session, folder, state.generation, labels)
            copies.mark_gone(session, folder, state.generation, found.gone, self.clock())
            copies.mark_back(session, folder, state.generation, found.back, bodies=bodies, attachments=attachments)
            counted = copies.count_here(session, folder, state.generation)
            modseq = status.highestmodseq or 0
            sync_state.note_settled(session, folder, state.generation, modseq, counted, self.clock())
            if many:
                audit.append_audit(
                    session, "folder.much_gone", f"folder:{folder.id}", self.clock(), mails=len(found.gone), known=known
                )

        self.filer.write(write)

    def recount(self, folder: FolderRef, state: SyncState) -> None:
        """At the end of a first reading: what the server did not list the first time, or lost meanwhile."""
        found = _Found()
        if self._count(folder, state) != self.mailbox.exists:
            found = self._compared(folder, state)
        if found.missing:
            self.file(folder, state, found.missing)
        gone = [] if too_many_gone(len(found.gone), len(found.gone) + self.mailbox.exists) else found.gone

        def write(session: Session) -> None:
            copies.mark_gone(session, folder, state.generation, gone, self.clock())
            counted = copies.count_here(session, folder, state.generation)
            sync_state.note_counted(session, folder, state.generation, counted)

        self.filer.write(write)

    def _count(self, folder: FolderRef, state: SyncState) -> int:
        with self.store.read() as session:
            return copies.count_here(session, folder, state.generation)

    def _found(
        self,
        info: FolderInfo,
        folder: FolderRef,
        state: SyncState,
        vanished: Sequence[UidRange],
        known: int,
        *,
        unsure: bool,
    ) -> _Found:
        """What became of our UIDs: by what vanished, or, where the counts disagree, by the server's list."""
        with self.store.read() as session:
            gone = copies.known_in(session, folder, state.generation, vanished)
        backfilled = state.uid_floor < 1
        if backfilled and (unsure or known - len(gone) != self.mailbox.exists):
            found = self._compared(folder, state)
        else:
            found = _Found(gone=gone)
        if too_many_gone(len(found.gone), known):
            self.mailbox.examine(info)
            there = set(self.mailbox.uids(1, state.uid_high))
            self.mailbox.changes()  # heard of this second look; the flags are those of the first
            found = replace(found, gone=[uid for uid in found.gone if uid not in there])
        return found

    def _heard(
        self, folder: FolderRef, state: SyncState, status: FolderStatus
    ) -> tuple[dict[int, Flags], Sequence[UidRange], bool]:
        """Flags and labels by UID, UIDs that vanished, and whether there may have been more."""
        lost = (status.highestmodseq or 0) < state.modseq  # it counts anew: nobody can say what changed meanwhile
        told = self.mailbox.resyncs and state.modseq and not lost
        first = {} if told else self._asked(folder, state, status, lost=lost)
        changes = self.mailbox.changes()
        if changes.incomplete and state.uid_high:  # more than can be kept, or something that we do not understand
            first |= latest(self.mailbox.all_flags(1, state.uid_high))
        return (
            latest((*first.items(), *changes.flags.items())),
            changes.vanished,
            lost or changes.incomplete or changes.expunged_by_number,
        )

    def _asked(self, folder: FolderRef, state: SyncState, status: FolderStatus, *, lost: bool) -> dict[int, Flags]:
        """Flags where EXAMINE does not tell them by itself."""
        now, high = status.highestmodseq, state.uid_high
        if high < 1 or (now and now == state.modseq):
            return {}
        begins = bool(now) and not state.modseq  # it keeps mod-sequences from now on
        if begins and not self._was_settled(folder):
            return {}  # the first look: flags came with the headers
        if lost or begins:
            found = self.mailbox.all_flags(1, high)
        elif now and self.mailbox.keeps_modseq:
            found = self.mailbox.flags_since(state.modseq, 1, high)
        else:
            found = self.mailbox.all_flags(max(1, high - _NEWEST + 1), high)
        return latest(found)

    def _freed(self, folder: FolderRef, state: SyncState, heard: Mapping[int, Flags]) -> list[int]:
        """UIDs that were left out for a label which they no longer have."""
        told = sorted(uid for uid, each in heard.items() if each.labels is not None)
        with self.store.read() as session:
            rules = coverage.skipped_uids(session, folder, state.generation, told) if told else {}
        held = {uid for uid, rule in rules.items() if is_label_rule(rule)}
        return [uid for uid in sorted(held) if self.labels.rule(heard[uid].labels, heard[uid].flags) is None]

    def _was_settled(self, folder: FolderRef) -> bool:
        with self.store.read() as session:
            return sync_state.settled_at(session, folder) is not None

    def _compared(self, folder: FolderRef, state: SyncState) -> _Found:
        """Our UIDs against the server's own list."""
        uids = self.mailbox.uids(1, state.uid_high) if state.uid_high else []
        there: Set[int] = set(uids)
        with self.store.read() as session:
            ours = copies.known_in(session, folder, state.generation, [(1, max(state.uid_high, 1))])
            missing = unknown_uids(session, folder, state.generation, uids)
        mine = set(ours)
        back = [uid for uid in uids if uid not in mine]
        return _Found(gone=[uid for uid in ours if uid not in there], back=back, missing=missing)


def latest(told: Iterable[tuple[int, Flags]]) -> dict[int, Flags]:
    """The flags by UID, of several the last. Those that came unasked tell no labels: what was told before still holds."""
    found: dict[int, Flags] = {}
    for uid, flags in told:
        before = found.get(uid)
        found[uid] = flags if flags.labels is not None or before is None else replace(flags, labels=before.labels)
    return found
