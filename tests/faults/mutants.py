"""Breaks the engine on purpose, one way after the other, and demands that the fault suite notices: `make mutants`.

Each mutant is one textual change to a copy of the source. A suite that passes although the algorithm is wrong proves
nothing. Prints the table of docs/reliability.md; ends with 1 if a mutant was not caught.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path("src") / "mailcrm"
_LINE = "tests/faults/test_line.py"
_EVIL = "tests/faults/test_evil_server.py"
_CHURN = "tests/flow/test_changes_on_the_server.py"
_DAMAGED = "tests/providers/test_damaged_mail.py"
_AHEAD = "tests/providers/test_reading_ahead.py"


@dataclass(frozen=True)
class Mutant:
    """`old` in a file of src/mailcrm becomes `new`; these tests (pytest arguments) have to fail."""

    name: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]

    def of(self, source: str) -> str:
        """The file, broken. Raises SystemExit where it does not fit any more."""
        if source.count(self.old) != 1:
            raise SystemExit(f"{self.path} has changed: the mutant {self.name!r} does not fit any more")
        return source.replace(self.old, self.new)


MUTANTS = (
    Mutant(
        "the cursor moves before the mail is filed",
        "ingest/imap/header_windows.py",
        "        headers = fetch_headers(self.mailbox, uids, self.fields)\n",
        "        from mailcrm.store import sync_state\n"
        "        self.filer.write(lambda session: sync_state.advance(session, folder, state))\n"
        "        headers = fetch_headers(self.mailbox, uids, self.fields)\n",
        (_LINE, "-k", "closed"),
    ),
    Mutant(
        "flags are not applied",
        "ingest/imap/upkeep.py",
        "            copies.set_flags(session, folder, state.generation, flags)\n",
        "",
        (_LINE, "-k", "later and closed"),
    ),
    Mutant(
        "the mod-sequence is stored before the changes are applied",
        "ingest/imap/upkeep.py",
        "        known = self._count(folder, state)\n        heard,",
        "        known = self._count(folder, state)\n        self.filer.write(lambda session: sync_state.note_settled("
        "session, folder, state.generation, status.highestmodseq or 0, known, self.clock()))\n        heard,",
        (_CHURN, "-k", "crash and qresync"),
    ),
    Mutant(
        "neither VANISHED nor the counts are looked at",
        "ingest/imap/upkeep.py",
        "        found = self._found(info, folder, state, vanished, known, unsure=unsure)\n",
        "        found = _Found()\n",
        (_LINE, "-k", "later and closed"),
    ),
    Mutant(
        "the mod-sequence is that of the end of the pass",
        "ingest/imap/upkeep.py",
        "            modseq = status.highestmodseq or 0\n",
        "            modseq = (status.highestmodseq or 0) + 1\n",
        (_CHURN, "-k", "follows and qresync"),
    ),
    Mutant(
        "a UID is believed without its UIDVALIDITY",
        "ingest/imap/plan.py",
        "    if status.uidvalidity and status.uidvalidity != state.uidvalidity:\n        return True\n",
        "",
        (_CHURN, "-k", "numbered_anew and qresync"),
    ),
    Mutant(
        "one header that cannot be had fails its whole batch",
        "ingest/imap/careful.py",
        "        if len(uids) == 1:\n            answer.refused",
        "        raise\n        if len(uids) == 1:\n            answer.refused",
        (_DAMAGED, "-k", "header_that_cannot_be_had"),
    ),
    Mutant(
        "what is asked for is not noted before",
        "ingest/imap/caution.py",
        "        self.filer.write(lambda session: noted.append(tries.note_try(session, folder, uids[0], uids[-1])))\n",
        "        noted.append(Tried(uids[0], uids[-1], 1))\n",
        (_DAMAGED, "-k", "costs_the_connection and live"),
    ),
    Mutant(
        "what is asked for ahead is not noted before",
        "ingest/imap/caution.py",
        "        self.filer.write(lambda session: tries.note_asked(session, folder, *asked))\n",
        "",
        (_AHEAD, "-k", "is_found and first"),
    ),
    Mutant(
        "what is still on its way is forgotten when a window is filed",
        "ingest/filing.py",
        "        if window.asked:\n",
        "        if False:\n",
        (_AHEAD, "-k", "is_found and last"),
    ),
    Mutant(
        "headers go on below a window that was refused",
        "ingest/imap/ahead.py",
        "        if self._failed is not None:\n            raise self._failed\n",
        "",
        (_AHEAD, "-k", "passed_over"),
    ),
    Mutant(
        "mail without a Message-ID is filed although its body was cut off",
        "ingest/imap/header_windows.py",
        "        if lost is not None and not last_time:\n            raise lost",
        "        if False:\n            raise lost",
        (_DAMAGED, "-k", "without_an_id_is_the_same"),
    ),
    Mutant(
        "mail without a Message-ID is filed although the server does not give its body",
        "ingest/imap/header_windows.py",
        "        return dict.fromkeys(wanted, _NO_BODY) if self.everything else {}\n",
        "        return {}\n",
        (_DAMAGED, "-k", "waits_for_its_body"),
    ),
    Mutant(
        "what has VANISHED is believed without a look at the counts",
        "ingest/imap/upkeep.py",
        "        if backfilled and (unsure or known - len(gone) != self.mailbox.exists):",
        "        if backfilled and unsure:",
        (_EVIL, "-k", "VANISHED"),
    ),
    Mutant(
        "mail is believed to lie in folders that are gone",
        "ingest/imap/sync.py",
        "job.account_id, folders, there if whole else None)",
        "job.account_id, folders, None)",
        (_CHURN, "-k", "renamed_or_deleted and neither"),
    ),
    Mutant(
        "mail without a Message-ID is filed although it went before its body came",
        "ingest/imap/header_windows.py",
        "if header.uid not in gone and header.uid not in withheld]\n",
        "if header.uid not in withheld]\n",
        (_CHURN, "-k", "without_an_id_that_moves and qresync"),
    ),
    Mutant(
        "ids of folders are asked for beside their counters",
        "ingest/imap/listing.py",
        'return [b"(%s)" % b" ".join(names), *ids]',
        'return [b"(%s)" % b" ".join([*names, b"MAILBOXID"])]',
        (_CHURN, "-k", "stands_still and cyrus"),
    ),
    Mutant(
        "a folder is not known by its id when it is renamed",
        "store/renames.py",
        "    if not moves:\n",
        "    if True:\n",
        (_CHURN, "-k", "renamed_is_read_again and cyrus"),
    ),
)


def main() -> int:
    """Try all mutants, or those whose names contain the words on the command line."""
    wanted = " ".join(sys.argv[1:])
    survivors = 0
    print("| broken | noticed by |\n|---|---|", flush=True)
    for mutant in (each for each in MUTANTS if wanted in each.name):
        caught = _is_caught(mutant)
        survivors += not caught
        print(f"| {mutant.name} | {_told(mutant) if caught else '**nobody**'} |", flush=True)
    return 1 if survivors else 0


def _told(mutant: Mutant) -> str:
    return f"`{mutant.tests[0]}`, {mutant.tests[2]}"


def _is_caught(mutant: Mutant) -> bool:
    with tempfile.TemporaryDirectory(prefix="mailcrm-mutant-") as folder:
        copy = Path(folder)
        for name in ("src", "tests", "pyproject.toml", "config"):
            source = _ROOT / name
            copied = shutil.copytree if source.is_dir() else shutil.copy
            copied(source, copy / name)
        path = copy / SOURCE / mutant.path
        path.write_text(mutant.of(path.read_text()))
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutant.tests]
        environment = {**os.environ, "PYTHONPATH": f"{copy / 'src'}{os.pathsep}{copy}"}
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):  # neither passed nor failed: no tests, or no tests that run
        raise SystemExit(f"the mutant {mutant.name!r} could not be tried:\n{done.stdout}{done.stderr}")
    return done.returncode == 1


if __name__ == "__main__":
    sys.exit(main())
