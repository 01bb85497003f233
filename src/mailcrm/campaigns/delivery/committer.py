"""The sender's one writer: gathers what all connections want to claim, mark and settle, and commits it together.

One durable transaction for many mails instead of two each: 5,000 against 1,800 mails a second with synchronous=FULL.
The thread it writes in is handed in, and nobody else writes while it does (decisions.md 8).
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mailcrm.model.campaign import CampaignState
from mailcrm.model.outbox import Claimed, Mark, Result
from mailcrm.model.rights import Actor
from mailcrm.store import Session, Store, audit, campaigns, outbox, recipients
from mailcrm.store.engine import database_now
from mailcrm.store.reprieve import reprieve

_ACTOR = Actor.system("sender")
_TURNS = 4
"""Turns of the event loop between the first wish and the commit: enough for the other connections to join."""

Work = Callable[[Session, datetime], Any]


@dataclass
class _Batch:
    """The wishes of one transaction, by kind; order within a kind is order of arrival."""

    results: list[tuple[Result, "asyncio.Future[Any]"]] = field(default_factory=list)
    marks: list[tuple[Mark, "asyncio.Future[Any]"]] = field(default_factory=list)
    others: list[tuple[Work, "asyncio.Future[Any]"]] = field(default_factory=list)

    def futures(self) -> "list[asyncio.Future[Any]]":
        return [future for kind in (self.results, self.marks, self.others) for _, future in kind]


class Committer:
    """Claims, marks and results of one sender. A batch that cannot commit raises StoreBusy to everybody in it."""

    def __init__(
        self,
        store: Store,
        account_id: int,
        owner: str,
        lease: timedelta,
        executor: Executor,
        retry: Callable[[Callable[[], Any]], Any],
    ) -> None:
        self._store, self._account_id, self._owner = store, account_id, owner
        self._lease, self._executor, self._retry = lease, executor, retry
        self._batch = _Batch()
        self._wanted = asyncio.Event()

    # --- wishes --------------------------------------------------------------------------------------------------

    async def claim(self, limit: int) -> list[Claimed]:
        """At most `limit` recipients that are due, ours for the length of the lease."""

        def work(session: Session, now: datetime) -> list[Claimed]:
            return outbox.claim(session, self._account_id, self._owner, limit, now, self._lease)

        claimed: list[Claimed] = await self._other(work)
        return claimed

    async def mark(self, mark: Mark) -> bool:
        """Durable before it returns: True means the mail must go out now, False that it must not."""
        return bool(await self._wish(self._batch.marks, mark))

    async def settle(self, result: Result) -> None:
        """What became of a recipient; durable when it returns."""
        await self._wish(self._batch.results, result)

    async def renew(self, ids: Sequence[int]) -> None:
        """We still wait for the server: keep these rows ours."""
        await self._other(lambda session, now: outbox.renew(session, ids, self._owner, now + self._lease))

    async def release(self) -> None:
        """Give back whatever was claimed and not marked."""
        await self._other(lambda session, _now: outbox.release(session, self._owner))

    async def hold(self, campaign: str, reason: str, spared: Sequence[int] = ()) -> None:
        """Stop a campaign because a human must look. `spared` were refused by what stopped it and are due again."""

        def work(session: Session, now: datetime) -> None:
            row = campaigns.find_campaign(session, campaign)
            if row is not None and row.state == CampaignState.RUNNING:
                campaigns.set_state(session, campaign, CampaignState.HELD, now, reason)
                audit.append_audit(session, "campaign.hold", f"campaign:{row.id}", now)
            if row is not None and row.state in (CampaignState.RUNNING, CampaignState.HELD):
                reprieve(session, spared, now)

        await self._other(work)

    async def sent_times(self, since: timedelta) -> list[datetime]:
        """When this account's mails of the last `since` went out, for the limits."""
        moments: list[datetime] = await self._other(
            lambda session, now: recipients.sent_times(session, self._account_id, now - since)
        )
        return moments

    # --- the loop ------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Commit batches until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wanted.wait()
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            batch, self._batch = self._batch, _Batch()
            self._wanted.clear()
            try:
                _answer(batch, await loop.run_in_executor(self._executor, self._retry, lambda b=batch: self._commit(b)))
            except Exception as exc:  # noqa: BLE001 - whoever waits for the answer must hear it
                _refuse(batch, exc)

    def _commit(self, batch: _Batch) -> list[Any]:
        """One transaction, in the writer's thread: results first, so that their connections can go on."""
        with self._store.write(_ACTOR, durable=True) as session:
            now = database_now(session)
            outbox.settle_results(session, [result for result, _ in batch.results], self._owner, now)
            verdicts = outbox.mark(session, [mark for mark, _ in batch.marks], self._owner, now, self._lease)
            others = [work(session, now) for work, _ in batch.others]
        return [None] * len(batch.results) + [verdicts[mark.recipient_id] for mark, _ in batch.marks] + others

    def _wish(self, kind: list[Any], item: object) -> "asyncio.Future[Any]":
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        kind.append((item, future))
        self._wanted.set()
        return future

    def _other(self, work: Work) -> "asyncio.Future[Any]":
        return self._wish(self._batch.others, work)


def _answer(batch: _Batch, answers: Sequence[Any]) -> None:
    for future, answer in zip(batch.futures(), answers, strict=True):
        if not future.done():
            future.set_result(answer)


def _refuse(batch: _Batch, exc: Exception) -> None:
    for future in batch.futures():
        if not future.done():
            future.set_exception(exc)
