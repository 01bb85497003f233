"""The sender of one account: claims what is due, composes it, hands it over, and settles what became of it.

    claim (lease) -> compose -> MAIL, RCPT -> mark (durable) -> DATA, body, dot -> settle
A crash before the mark loses nothing and sends nothing twice: the claim expires. A crash after it leaves the mail in
doubt, at most one per open connection; it is never sent again by itself (campaigns.md section 2).
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime, timedelta
from typing import Any

import structlog

from mailcrm.campaigns.content.templates import CompiledTemplate
from mailcrm.campaigns.delivery.committer import Committer
from mailcrm.campaigns.delivery.job import SenderJob, SendReport
from mailcrm.campaigns.delivery.line import Line
from mailcrm.campaigns.delivery.outcome import Outcome
from mailcrm.campaigns.delivery.throttle import DAY, MINUTE, Limits, Pace, next_slot
from mailcrm.campaigns.delivery.transport import Transport
from mailcrm.clock import Clock
from mailcrm.errors import MailcrmError, StoreBusy, TransientError
from mailcrm.model.outbox import Claimed, Result
from mailcrm.store import Store

_log = structlog.get_logger("mailcrm.sender")
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
    PermanentError and StoreBusy; a server that is away is tried again, or with `until_idle` raised as ConnectionLost.
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
        self._in_flight: set[int] = set()
        self._pace = Pace(job.limits)
        self._sent: list[datetime] = []
        self._failures = 0
        self._not_before = 0.0
        self._fatal: MailcrmError | None = None
        self._settled = asyncio.Event()
        self._calm_since = clock()

    async def run(self) -> SendReport:
        """Feed until the end, let the lines finish, and raise what stopped us."""
        self._sent = await self.committer.sent_times(DAY)
        keeper = asyncio.create_task(self._keep_leases())
        lines = [asyncio.create_task(Line(self).run()) for _ in range(self.job.connections)]
        try:
            await self._feed()
        finally:
            for _ in lines:
                self.queue.put_nowait(None)
            await asyncio.gather(*lines)
            keeper.cancel()
        if self._fatal is not None:
            raise self._fatal
        return self.report

    # --- what the lines tell -------------------------------------------------------------------------------------

    async def settle(self, item: Claimed, result: Result) -> None:
        """Durable when it returns."""
        await self.committer.settle(result)
        self._in_flight.discard(item.id)
        self._settled.set()
        self.report.count(result)
        self._progress(self.report)

    async def heed(self, item: Claimed, decided: Outcome) -> None:
        """Go slower, or stop the campaign, where the server says so."""
        if decided.slow_down:
            self._pace = self._pace.slower(sum(moment > self.clock() - MINUTE for moment in self._sent))
        if decided.sender_fault:
            _log.error("refused as sender, campaign held", campaign_id=item.campaign_id)
            await self.committer.hold(item.campaign, f"the mail server refuses us as sender: {decided.reason}")

    def connected(self) -> None:
        """A connection works (again)."""
        self._failures = 0

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

    async def _feed(self) -> None:
        """Keep the lines busy, never with more than the limits allow now."""
        while not self._stopped() and self._fatal is None:
            now = self.clock()
            self._quicken(now)
            room = self._room(now)
            claimed = await self.committer.claim(room) if room > 0 else []
            self._hand_out(claimed, now)
            if room <= 0 or self._in_flight:
                await self._settlement(_TICK)
            elif self._until_idle:
                return
            else:
                await self._pause(self.job.idle_seconds)

    def _room(self, now: datetime) -> int:
        """How many to claim: none before half of the last ones are done, and none while the server is away."""
        if asyncio.get_running_loop().time() < self._not_before:
            return 0
        room = _AHEAD * self.job.connections - len(self._in_flight)
        return min(room, self._allowance(now)) if 2 * room >= _AHEAD * self.job.connections else 0

    async def _settlement(self, seconds: float) -> None:
        """Wait until something was settled, at most so long."""
        self._settled.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._settled.wait()
        except TimeoutError:
            return

    def _quicken(self, now: datetime) -> None:
        if now - self._calm_since >= MINUTE:
            self._pace, self._calm_since = self._pace.faster(), now

    def _hand_out(self, claimed: list[Claimed], now: datetime) -> None:
        for item in claimed:
            self._in_flight.add(item.id)
            self._sent.append(now)
            self.queue.put_nowait(item)

    def _allowance(self, now: datetime) -> int:
        """How many mails may go right now, up to what the lines can take."""
        if self.job.limits == Limits() and self._pace.per_minute is None:
            return _AHEAD * self.job.connections
        self._sent = [moment for moment in self._sent if moment > now - DAY]
        planned = list(self._sent)
        while len(planned) - len(self._sent) < _AHEAD * self.job.connections:
            if next_slot(self._pace.current, planned, now) > timedelta(0):
                break
            planned.append(now)
        return len(planned) - len(self._sent)

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
