"""A sender on a real store (SQLite) in front of a server that is a function: what the tests of the sender share."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from mailcrm.campaigns.content.render import Sender
from mailcrm.campaigns.delivery.attempt import Attempt, Stage
from mailcrm.campaigns.delivery.job import SenderJob, SendReport
from mailcrm.campaigns.delivery.send import send_due
from mailcrm.clock import Clock, utc_now
from mailcrm.model.recipient import Suppress
from mailcrm.store import campaigns, consents
from mailcrm.store.rows.campaign import Recipient
from tests.builders import a_write
from tests.store.sending import Campaigning

BeforeData = Callable[[], Awaitable[bool]]
Answer = Callable[["FakeConnection", str, BeforeData], Awaitable[Attempt]]


@dataclass
class FakeTransport:
    """`answer` is the server; `door` is called at each connect and may raise."""

    answer: Answer
    door: Callable[[], None] = lambda: None
    knocks: int = 0
    offered: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    async def connect(self) -> "FakeConnection":
        self.knocks += 1
        await asyncio.sleep(0.01)  # as long as a quick server takes: time for other lines to come as well
        self.door()
        return FakeConnection(self)


@dataclass
class FakeConnection:
    transport: FakeTransport
    usable: bool = True

    async def deliver(self, mail_from: str, rcpt_to: str, content: bytes, before_data: BeforeData) -> Attempt:
        self.transport.offered.append(rcpt_to)
        return await self.transport.answer(self, rcpt_to, before_data)

    async def close(self) -> None:
        self.usable = False


async def takes(connection: FakeConnection, address: str, before_data: BeforeData) -> Attempt:
    """A server that takes all."""
    if not await before_data():
        return Attempt(Stage.HELD, text="held back")
    connection.transport.taken.append(address)
    return Attempt.of_reply(Stage.DONE, 250, "2.0.0 queued")


def says(stage: Stage, code: int, text: str) -> Answer:
    """A server that answers everybody alike at this stage."""

    async def answer(_connection: FakeConnection, _address: str, before_data: BeforeData) -> Attempt:
        if stage in (Stage.DATA, Stage.DOT) and not await before_data():
            return Attempt(Stage.HELD, text="held back")
        return Attempt.of_reply(stage, code, text)

    return answer


def hangs_up(stage: Stage) -> Answer:
    """A server that is gone at this stage."""

    async def answer(connection: FakeConnection, _address: str, before_data: BeforeData) -> Attempt:
        if stage is Stage.DOT:
            await before_data()
        connection.usable = False
        return Attempt(stage, text="connection lost", lost=True)

    return answer


def send(
    running: Campaigning,
    transport: Any,
    *,
    seconds: float = 20,
    stopped: Callable[[], bool] = lambda: False,
    until_idle: bool = True,
    until_settled: int = 10**6,
    clock: Clock = utc_now,
    **job: Any,
) -> SendReport:
    """One run of a sender, until nothing is due, `stopped`, or so many are settled; at most `seconds`."""
    end, settled = time.monotonic() + seconds, 0
    links = running.store.keys.links
    settings = {"lease": timedelta(seconds=60), "idle_seconds": 0.1} | job
    made = SenderJob(running.account_id, "test/sender", Sender("hello@own.example", "Own", "Own", links), **settings)

    def progress(report: SendReport) -> None:
        nonlocal settled
        settled = report.released + report.skipped + sum(report.events.values())

    def over() -> bool:
        return stopped() or settled >= until_settled or time.monotonic() > end

    with ThreadPoolExecutor(1) as executor:
        return asyncio.run(
            send_due(
                running.store, made, transport, clock, executor,
                stopped=over, until_idle=until_idle, progress=progress,
            )
        )  # fmt: skip


def states(running: Campaigning) -> dict[str, int]:
    """How many recipients are in each state."""
    return dict(Counter(row.state.value for row in running.rows()))


def campaign(running: Campaigning) -> tuple[str, str]:
    """The campaign's state and why."""
    with running.store.read() as session:
        row = campaigns.get_campaign(session, running.name)
    return row.state.value, row.state_reason


def make_due(running: Campaigning) -> None:
    """As if all waits were over."""
    with a_write(running.store) as session:
        session.execute(update(Recipient).values(due_at=utc_now() - timedelta(hours=1)))


def gap(running: Campaigning, since: datetime) -> timedelta:
    """How long the one recipient has to wait, from then on."""
    [row] = running.rows()
    return row.due_at - since


def closed(running: Campaigning) -> dict[int, Suppress]:
    """Whose address must never be mailed again, and why."""
    with running.store.read() as session:
        return consents.suppressed(session, [who.address_id for who in running.people], None)
