"""Holds standing work by leases: one loop that renews, drops, takes and gives back, the same on every database.

    each second:
      ended threads   -> give their lease back, due again as they said
      renew           -> all that is ours; what could not be renewed was lost: tell its thread to stop
      left over       -> connections that no thread has any more, since giving them back failed: give them back
      surplus         -> more mailboxes than our share of the living workers: stop some
      take            -> what is due and free, one thread each
A thread also fences itself: it stops when its lease was not renewed for a while, e.g. because the database is away.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from random import Random

from mailcrm.errors import MailcrmError, StoreBusy, described
from mailcrm.log import get_logger
from mailcrm.model.backoff import account_delay
from mailcrm.model.rights import Actor
from mailcrm.store import Session, Store, leases

_ACTOR = Actor.system("leases")
_MARGIN = 5.0
_log = get_logger("mailcrm.leases")


@dataclass(frozen=True)
class Work:
    """A piece of standing work. `run` ends when `claim.ok()` is False; it returns when the work is due again."""

    name: str
    kind: str  # mailbox | sender | job
    run: Callable[["Claim"], timedelta]


class Claim(threading.Thread):
    """One piece of work on one thread, for as long as the lease is ours."""

    def __init__(self, work: Work, fail_count: int, life: timedelta, chance: Random) -> None:
        super().__init__(name=work.name, daemon=True)
        self.work, self._fail_count, self._chance = work, fail_count, chance
        self._stop_asked = threading.Event()
        self._life = max(life.total_seconds() - _MARGIN, life.total_seconds() / 2)
        self._valid = time.monotonic() + self._life
        self.wake, self._wake_end = os.pipe()
        self.places: set[str] = set()  # leases of connections that the thread has, or is about to take
        self.again = timedelta(0)
        self.error: str = ""
        self.failed = False
        self.refusals: int | None = None  # of a sender's login, in a row; None: as many as before

    def ok(self) -> bool:
        """Whether to go on: nobody asked to stop, and the lease is still ours."""
        return not self._stop_asked.is_set() and time.monotonic() < self._valid

    def renewed(self, started: float) -> None:
        """The lease was prolonged by a renewal that began at `started` (monotonic)."""
        self._valid = started + self._life

    def cancel(self) -> None:
        """Ask the thread to end; waits on the socket end too (`wake` becomes readable)."""
        if not self._stop_asked.is_set():
            self._stop_asked.set()
            os.write(self._wake_end, b"x")

    def pause(self, seconds: float, event: threading.Event | None = None) -> None:
        """Sleep until the time is over, the claim ends, or `event` is set."""
        end = time.monotonic() + seconds
        while self.ok() and (left := end - time.monotonic()) > 0:
            if event is not None and event.is_set():
                return
            self._stop_asked.wait(min(left, 0.2))

    def run(self) -> None:
        """The work; whatever it raises becomes a due time and a line in the log."""
        try:
            self.again = self.work.run(self)
        except MailcrmError as exc:
            self._note(str(exc))
            _log.warning("work failed", work=self.name, error=type(exc).__name__, reason=str(exc))
        except Exception as exc:  # noqa: BLE001 - a bug: loud, and its neighbours go on
            self._note(described(exc))
            _log.error("work crashed", work=self.name, exc_info=True)

    def _note(self, error: str) -> None:
        self.failed, self.error = True, error
        self.again = account_delay(self._fail_count + 1, self._chance)

    def close(self) -> None:
        """Free the pipe of a thread that has ended."""
        os.close(self.wake)
        os.close(self._wake_end)


class Claims:
    """All claims of this worker."""

    def __init__(
        self, store: Store, works: Mapping[str, Work], worker: str, life: timedelta, chance: Random, room: int = 200
    ) -> None:
        self._store, self._works, self.worker, self._life = store, dict(works), worker, life
        self._chance, self._room = chance, room
        self._held: dict[str, Claim] = {}

    @property
    def held(self) -> list[str]:
        """Names of the work this worker does now."""
        return sorted(self._held)

    def publish(self) -> None:
        """Make the leases known; those of work that no longer exists go away."""
        with self._store.write(_ACTOR) as session:
            leases.sync_leases(session, self._kinds(), self.worker)

    def _kinds(self) -> dict[str, str]:
        return {work.name: work.kind for work in self._works.values()}

    def cycle(self) -> None:
        """One turn. Raises StoreBusy: the threads fence themselves until the store is back."""
        self._give_back()
        started = time.monotonic()
        with self._store.write(_ACTOR) as session:
            workers = leases.beat(session, self.worker, self._life)
            mine = leases.renew_leases(session, self.worker, self._life)
            self._free_places(session, mine)
            leases.add_leases(session, self._kinds())  # another version may have dropped what it does not know
            surplus = self._surplus(workers)
            room = self._room - len(self._held)
            kinds = ["job", "sender", *(["mailbox"] if surplus < 0 else [])]
            wanted = min(room, self._take(surplus))
            taken = leases.claim_leases(session, self.worker, kinds, wanted, self._life, names=self._works)
            fails = {row.name: row.fail_count for row in leases.list_leases(session) if row.name in taken}
        self._keep(mine, started)
        self._drop(surplus)
        for name in taken:
            if name not in self._held:  # a thread that lost its lease may still be ending
                self._begin(name, fails[name])

    def _give_back(self) -> None:
        ended = [claim for claim in self._held.values() if not claim.is_alive()]
        if not ended:
            return
        with self._store.write(_ACTOR) as session:
            for claim in ended:
                leases.release_lease(
                    session, claim.name, self.worker, claim.again, claim.error,
                    failed=claim.failed, refusals=claim.refusals,
                )  # fmt: skip
        for claim in ended:
            del self._held[claim.name]
            claim.close()

    def _free_places(self, session: Session, mine: set[str]) -> None:
        """`mine` was renewed in this transaction, so no thread takes one of them before it ends."""
        used = set[str]().union(*(claim.places for claim in self._held.values()))
        for name in sorted(mine - used):
            if name.startswith(leases.CONNECTION):
                leases.release_lease(session, name, self.worker, timedelta(0))

    def _keep(self, mine: set[str], started: float) -> None:
        for name, claim in self._held.items():
            if name in mine:
                claim.renewed(started)
            else:
                _log.warning("lease lost", work=name)
                claim.cancel()

    def _surplus(self, workers: int) -> int:
        """How many mailboxes above our share we hold; negative: how many we may still take."""
        mailboxes = sum(work.kind == "mailbox" for work in self._works.values())
        ours = sum(claim.work.kind == "mailbox" for claim in self._held.values())
        return ours - ceil(mailboxes / max(workers, 1))

    def _take(self, surplus: int) -> int:
        others = sum(work.kind != "mailbox" for work in self._works.values())
        return max(-surplus, 0) + others

    def _drop(self, surplus: int) -> None:
        mailboxes = [claim for claim in self._held.values() if claim.work.kind == "mailbox"]
        for claim in mailboxes[: max(surplus, 0)]:
            claim.cancel()

    def _begin(self, name: str, fail_count: int) -> None:
        claim = Claim(self._works[name], fail_count, self._life, self._chance)
        self._held[name] = claim
        claim.start()

    def close(self, grace: float) -> list[str]:
        """Ask all to end, wait at most `grace` seconds, give back what ended. Returns what is still running."""
        for claim in self._held.values():
            claim.cancel()
        end = time.monotonic() + grace
        for claim in list(self._held.values()):
            claim.join(max(0.0, end - time.monotonic()))
        try:
            self._give_back()
            with self._store.write(_ACTOR) as session:
                leases.forget_worker(session, self.worker)
        except StoreBusy as exc:
            _log.warning("leases could not be given back", error=str(exc))
        return self.held
