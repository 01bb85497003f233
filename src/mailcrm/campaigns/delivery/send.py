"""The sender of one account: claims what is due, composes it, hands it over, and settles what became of it.

    claim (lease) -> compose -> MAIL, RCPT -> mark (durable) -> DATA, body, dot -> settle
A crash before the mark loses nothing and sends nothing twice: the claim expires. A crash after it leaves the mail in
doubt, at most one per open connection; it is never sent again by itself (campaigns.md section 2).
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

from mailcrm.campaigns.content.templates import CompiledTemplate
from mailcrm.campaigns.delivery.attempt import Attempt
from mailcrm.campaigns.delivery.breaker import WINDOW, Ending, Verdict, ending, judge
from mailcrm.campaigns.delivery.committer import Committer
from mailcrm.campaigns.delivery.job import SenderJob, SendReport
from mailcrm.campaigns.delivery.line import Line
from mailcrm.campaigns.delivery.outcome import Outcome
from mailcrm.campaigns.delivery.throttle import DAY, Meter
from mailcrm.campaigns.delivery.transport import Transport
from mailcrm.clock import Clock
from mailcrm.errors import ConnectionLost, MailcrmError, StoreBusy, TransientError
from mailcrm.log import get_logger
from mailcrm.model.outbox import Claimed, Result
from mailcrm.store import Store

_log = get_logger("mailcrm.sender")
_CONNECT_WAITS = (1.0, 5.0, 15.0, 60.0, 300.0)
_TICK = 0.5
_AHEAD = 4
"""Recipients claimed ahead for each connection: enough that none waits for a commit, few enough to give back soon."""


async def send_due(
    store: Store,
    job: SenderJob,
    transport: Transport,
    clock: Clock,
    executor: Executor,
    *,
    stopped: Callable[[], bool],
    retry: Callable[[Callable[[], Any]], Any] = lambda work: work(),
    until_idle: bool = False,
    progress: Callable[[SendReport], None] = lambda _report: None,
) -> SendReport:
    """Send until `stopped` (looked at twice a second), or with `until_idle` until nothing is due.

    Mails in flight are finished, what was only claimed is given back. Raises LoginRefused, SenderRefused,
    PermanentError and StoreBusy, and any bug of its parts; a server that is away is tried again, or with `until_idle`
    raised as ConnectionLost.
    """
    committer = Committer(store, job.account_id, job.owner, job.lease, executor, retry)
    writer = asyncio.create_task(committer.run())
    sending = Sending(store, job, transport, clock, executor, committer, stopped, until_idle, progress)
    try:
        return await sending.run()
    finally:
        await _release(committer)
        writer.cancel()


async def _release(committer: Committer) -> None:
    try:
        await committer.release()
    except StoreBusy as exc:  # the leases expire by themselves
        _log.warning("claims could not be given back", error=str(exc))


class Sending:
    """One run of a sender: a feeder, the lines it feeds, and a task that keeps the leases alive."""

    def __init__(
        self,
        store: Store,
        job: SenderJob,
        transport: Transport,
        clock: Clock,
        executor: Executor,
        committer: Committer,
        stopped: Callable[[], bool],
        until_idle: bool,
        progress: Callable[[SendReport], None],
    ) -> None:
        self.store, self.job, self.transport, self.clock, self.executor = store, job, transport, clock, executor
        self.committer, self._stopped, self._until_idle, self._progress = committer, stopped, until_idle, progress
        self.report = SendReport()
        self.queue: asyncio.Queue[Claimed | None] = asyncio.Queue()
        self.templates: dict[int, CompiledTemplate] = {}
        self.door = asyncio.Lock()
        self._in_flight: set[int] = set()
        self._meter = Meter(job.limits, (), clock())
        self._endings: dict[int, list[Ending]] = {}
        self._holds: dict[int, bool] = {}  # campaigns that are to be held; True: it is written
        self._failures = 0
        self._not_before = 0.0
        self._fatal: MailcrmError | None = None
        self._closing = False
        self._settled = asyncio.Event()

    async def run(self) -> SendReport:
        """Feed until the end, let the lines finish, and raise what stopped us."""
        self._meter = Meter(self.job.limits, await self.committer.sent_times(DAY), self.clock())
        keeper = asyncio.create_task(self._keep_leases())
        lines = [asyncio.create_task(Line(self).run()) for _ in range(self.job.connections)]
        try:
            await self._feed([*lines, keeper])
        finally:
            await self._finish(lines)
            keeper.cancel()
        _raise_bugs(lines)
        if self._fatal is not None:
            raise self._fatal
        return self.report

    async def _finish(self, lines: "Sequence[asyncio.Task[None]]") -> None:
        """Mails that are marked end as they end; whatever else is claimed goes back at once and is not sent any more."""
        self._closing = True
        while not self.queue.empty():
            self.queue.get_nowait()
        for _ in lines:
            self.queue.put_nowait(None)
        await _release(self.committer)
        await asyncio.gather(*lines, return_exceptions=True)

    # --- what the lines tell -------------------------------------------------------------------------------------

    async def settle(self, item: Claimed, result: Result) -> None:
        """Durable when it returns."""
        await self.committer.settle(result)
        self._in_flight.discard(item.id)
        if result.event is None and not result.tried:
            self._meter.came_back()
        self._settled.set()
        self.report.count(result)
        self._progress(self.report)

    def judge(self, item: Claimed, attempt: Attempt, decided: Outcome) -> tuple[Outcome, Verdict]:
        """The outcome in the light of those before it: who is refused like all the others is not to blame."""
        found = ending(item.id, item.attempts, attempt, decided)
        if found is None:
            return decided, Verdict()
        endings = [*self._endings.get(item.campaign_id, ()), found][-WINDOW:]
        self._endings[item.campaign_id] = endings
        verdict = judge(endings)
        if item.id in verdict.spared:
            decided = replace(decided, event=None, release=True, sender_fault=True)
        return decided, verdict

    async def conclude(self, item: Claimed, result: Result, decided: Outcome, verdict: Verdict) -> None:
        """Settle a mail; go slower, wait, or hold its campaign, where the server's answers ask for it."""
        if decided.slow_down:
            self._meter.complaint(self.clock())
        if decided.release and decided.reconnect:
            self._back_off(ConnectionLost(decided.reason))
        else:
            self._failures = 0
        why = verdict.hold or (
            f"the mail server refuses us or the mail: {decided.reason}" if decided.sender_fault else ""
        )
        if why:  # in one transaction: nothing may be claimed in between
            await asyncio.gather(self.settle(item, result), self._hold(item, why, verdict.spared))
        else:
            await self.settle(item, result)

    async def _hold(self, item: Claimed, why: str, spared: Sequence[int]) -> None:
        _log.error("campaign held", campaign_id=item.campaign_id)
        self._holds.setdefault(item.campaign_id, False)
        todo = f"find the cause and correct it, then: mailcrm campaigns resume '{item.campaign}'"
        await self.committer.hold(item.campaign, f"{why}; {todo}", spared)
        self._holds[item.campaign_id] = True

    def holds(self, item: Claimed) -> bool:
        """Whether its campaign was stopped since it was claimed."""
        return item.campaign_id in self._holds

    def shut(self) -> bool:
        """Whether no connection may be opened: the sender ends, or the server is away."""
        waiting = asyncio.get_running_loop().time() < self._not_before
        return waiting or self._closing or self._fatal is not None

    def fail(self, exc: MailcrmError) -> None:
        """A line cannot go on: wait for a server that is away, end for everything else."""
        if isinstance(exc, TransientError) and not isinstance(exc, StoreBusy) and not self._until_idle:
            self._back_off(exc)
        else:
            self._fatal = self._fatal or exc
        self._settled.set()

    def _back_off(self, exc: TransientError) -> None:
        """Longer with each failure; what other lines meet in the same moment is the same failure."""
        now = asyncio.get_running_loop().time()
        if now < self._not_before:
            return
        self._failures += 1
        wait = _CONNECT_WAITS[min(self._failures, len(_CONNECT_WAITS)) - 1]
        self._not_before = now + wait
        _log.warning("cannot send", account_id=self.job.account_id, error=str(exc), again_in=wait)

    # --- feeding -------------------------------------------------------------------------------------------------

    async def _feed(self, tasks: "Sequence[asyncio.Task[None]]") -> None:
        """Keep the lines busy, never with more than the limits allow now. Raises what kills one of the `tasks`."""
        while not self._stopped() and self._fatal is None:
            _raise_bugs(tasks)
            room = self._room()
            claimed = await self.committer.claim(room) if room > 0 else []
            self._hand_out(claimed)
            if room <= 0 or self._in_flight:
                await self._settlement(_TICK)
            elif self._until_idle:
                return
            else:
                await self._pause(self.job.idle_seconds)

    def _room(self) -> int:
        """How many to claim: none before half of the last ones are done, and none while the server is away."""
        if asyncio.get_running_loop().time() < self._not_before:
            return 0
        most = _AHEAD * self.job.connections
        room = most - len(self._in_flight)
        return self._meter.allowance(self.clock(), room) if 2 * room >= most else 0

    async def _settlement(self, seconds: float) -> None:
        """Wait until something was settled, at most so long."""
        self._settled.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._settled.wait()
        except TimeoutError:
            return

    def _hand_out(self, claimed: list[Claimed]) -> None:
        for item in claimed:
            self._in_flight.add(item.id)
            self._meter.went(self.clock())
            self.queue.put_nowait(item)
            if self._holds.get(item.campaign_id):  # it runs again, so a human has looked: what was before is settled
                del self._holds[item.campaign_id]
                self._endings.pop(item.campaign_id, None)

    async def _pause(self, seconds: float) -> None:
        """Sleep, but hear a stop within half a second."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not self._stopped() and self._fatal is None and (left := end - loop.time()) > 0:
            await asyncio.sleep(min(_TICK, left))

    async def _keep_leases(self) -> None:
        """A server may think for longer than a lease lasts."""
        while True:
            await asyncio.sleep(self.job.lease.total_seconds() / 3)
            if self._in_flight:
                try:
                    await self.committer.renew(sorted(self._in_flight))
                except StoreBusy as exc:
                    _log.warning("leases could not be renewed", error=str(exc))


def _raise_bugs(tasks: "Sequence[asyncio.Task[None]]") -> None:
    """What a task died of goes on in whoever watches it; else a dead line would only be slow, and nobody would know."""
    for task in tasks:
        if task.done() and not task.cancelled():
            task.result()
