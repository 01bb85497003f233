"""One connection of the sender and the mails that go over it, one after the other."""

import asyncio
import hashlib
from concurrent.futures import Executor
from datetime import datetime, timedelta
from typing import Protocol

from mailcrm.campaigns.content.render import Letter, compose_letter
from mailcrm.campaigns.content.templates import CompiledTemplate
from mailcrm.campaigns.delivery.attempt import Attempt, Stage
from mailcrm.campaigns.delivery.breaker import Verdict
from mailcrm.campaigns.delivery.committer import Committer
from mailcrm.campaigns.delivery.job import SenderJob
from mailcrm.campaigns.delivery.outcome import Outcome, outcome
from mailcrm.campaigns.delivery.transport import Connection, Transport
from mailcrm.campaigns.preflight import compiled
from mailcrm.clock import Clock
from mailcrm.errors import MailcrmError, UserError
from mailcrm.model.backoff import SEND_CAP, release_delay, send_delay
from mailcrm.model.outbox import Claimed, Mark, Result
from mailcrm.model.recipient import DeliveryEvent, EventType
from mailcrm.store import Store, campaigns
from mailcrm.store.recipients import settled_values

_AGAIN_SOON = timedelta(seconds=5)
_AGAIN_SLOWLY = timedelta(seconds=60)
_CHANGED = "the mail can no longer be composed as it was first; send it anew if it is still wanted"


class Feeder(Protocol):
    """What a line needs of the sender it belongs to."""

    store: Store
    job: SenderJob
    transport: Transport
    clock: Clock
    executor: Executor
    committer: Committer
    queue: asyncio.Queue[Claimed | None]
    templates: dict[int, CompiledTemplate]
    door: asyncio.Lock

    async def settle(self, item: Claimed, result: Result) -> None: ...

    def judge(self, item: Claimed, attempt: Attempt, decided: Outcome) -> tuple[Outcome, Verdict]: ...

    async def conclude(self, item: Claimed, result: Result, decided: Outcome, verdict: Verdict) -> None: ...

    def holds(self, item: Claimed) -> bool: ...

    def shut(self) -> bool: ...

    def fail(self, exc: MailcrmError) -> None: ...


class Line:
    """Takes recipients from the queue until it gets None."""

    def __init__(self, feeder: Feeder) -> None:
        self._feeder = feeder
        self._connection: Connection | None = None
        self._mails = 0

    async def run(self) -> None:
        """Never raises a MailcrmError: `Feeder.fail` decides what it means for all lines."""
        try:
            while (item := await self._next()) is not None:
                try:
                    await self._handle(item)
                except MailcrmError as exc:
                    await self._close()
                    self._feeder.fail(exc)
        finally:
            await self._close()

    async def _next(self) -> Claimed | None:
        """The next recipient; a connection that has nothing to do for a while is closed."""
        while self._connection is not None:
            try:
                async with asyncio.timeout(self._feeder.job.idle_seconds):
                    return await self._feeder.queue.get()
            except TimeoutError:
                await self._close()
        return await self._feeder.queue.get()

    async def _handle(self, item: Claimed) -> None:
        composed_at = item.composed_at or self._feeder.clock()
        content, problem = await self._compose(item, composed_at)
        if problem:
            await self._feeder.settle(item, Result(item.id, item.fence, None, skip_reason=problem))
            return
        connection = None if self._feeder.holds(item) else await self._ready()
        if connection is None:
            await self._feeder.settle(item, Result(item.id, item.fence, None))
            return
        mark = Mark(
            item.id, item.fence, composed_at, settled_values(item.values), item.template_version_id, _digest(content)
        )
        sender = self._feeder.job.sender.address
        attempt = await connection.deliver(sender, item.address, content, lambda: self._feeder.committer.mark(mark))
        decided, verdict = self._feeder.judge(item, attempt, outcome(attempt))
        result = result_of(item, attempt, decided, self._feeder.clock())
        await self._feeder.conclude(item, result, decided, verdict)
        if decided.reconnect:
            await self._close()

    async def _compose(self, item: Claimed, composed_at: datetime) -> tuple[bytes, str]:
        """The mail, or in words why it will never be sent."""
        letter = Letter(
            item.id, item.address, item.message_id, item.campaign, item.kind, item.purpose, composed_at, item.values
        )
        try:
            content = compose_letter(await self._template(item), self._feeder.job.sender, letter)
        except UserError as exc:
            return b"", f"cannot be composed: {exc.message}"
        changed = item.rendered_sha256 is not None and item.rendered_sha256 != _digest(content)
        return content, _CHANGED if changed else ""

    async def _template(self, item: Claimed) -> CompiledTemplate:
        """The compiled text, once per version."""
        templates = self._feeder.templates
        if item.template_version_id not in templates:
            loop = asyncio.get_running_loop()
            made = await loop.run_in_executor(self._feeder.executor, self._load, item.template_version_id)
            templates[item.template_version_id] = made
        return templates[item.template_version_id]

    def _load(self, version_id: int) -> CompiledTemplate:
        """In the writer's thread: compiling takes up to 0.1 s, which the event loop must not."""
        with self._feeder.store.read() as session:
            return compiled(campaigns.get_template(session, version_id))

    async def _ready(self) -> Connection | None:
        """An open connection; None if there is none to be had now.

        One line at a time knocks at the server: what refuses the first would refuse all of them, and a login that is
        refused many times at once can close the account.
        """
        full = self._mails >= self._feeder.job.mails_per_connection
        if self._connection is not None and (full or not self._connection.usable):
            await self._close()
        if self._connection is None:
            async with self._feeder.door:
                if self._feeder.shut():
                    return None
                try:
                    self._connection = await self._feeder.transport.connect()
                except MailcrmError as exc:
                    self._feeder.fail(exc)
                    return None
        self._mails += 1
        return self._connection

    async def _close(self) -> None:
        connection, self._connection, self._mails = self._connection, None, 0
        if connection is not None:
            await connection.close()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def result_of(item: Claimed, attempt: Attempt, decided: Outcome, now: datetime) -> Result:
    """The settlement of an outcome; a recipient refused for now gets its next due time, or fails after the last try."""
    reply = f"{attempt.code} {attempt.text}".strip() if attempt.code else attempt.text
    if decided.event is None and not decided.release:
        return Result(item.id, item.fence, None, reply)
    if decided.event is None and attempt.stage in (Stage.CONNECT, Stage.MAIL):  # nobody was named: nobody's attempt
        return Result(item.id, item.fence, None, reply, due_at=now + _soon(decided))
    kind, delay = _next_try(item, decided)
    due_at = None if delay is None else now + delay
    if kind is None:
        return Result(item.id, item.fence, None, reply, due_at=due_at, tried=True)
    detail = reply if kind == EventType.SENT else decided.reason
    key = f"{kind.value}:{item.id}:{item.fence}"
    event = DeliveryEvent(kind, key, attempt.code, attempt.enhanced, detail, hard=decided.hard)
    return Result(item.id, item.fence, event, reply, due_at=due_at)


def _next_try(item: Claimed, decided: Outcome) -> tuple[EventType | None, timedelta | None]:
    """The event, and how long the next try has to wait; after the last one it is a failure, unless we are to blame."""
    tries = item.attempts + 1
    if decided.event is None:
        delay = release_delay(tries, _soon(decided))
        if delay is None and decided.sender_fault:
            delay = SEND_CAP
    elif decided.event == EventType.DEFERRED:
        delay = send_delay(tries)
    else:
        return decided.event, None
    return (EventType.FAILED, None) if delay is None else (decided.event, delay)


def _soon(decided: Outcome) -> timedelta:
    return _AGAIN_SLOWLY if decided.slow_down else _AGAIN_SOON
