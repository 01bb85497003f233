"""Campaign -> smtp-sink: the whole crash-safe sender against aiosmtplib.sendmail with mails composed beforehand.

    python -m bench.send [recipients] [rounds] [connections]

Ours claims, renders, composes, marks durably before the dot and settles with a timeline line per recipient; the peer
keeps no record at all.
"""

import asyncio
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.flow.campaigning import quick_sections, started
from tests.flow.instance import Instance
from tests.servers.smtp_sink import SmtpSink

from bench.measure import Cost, middle, report, run
from mailcrm.campaigns.delivery.send import send_due
from mailcrm.service.accounts import account_row
from mailcrm.service.senders import sender_job
from mailcrm.service.works import transport_of

_PEER = """
import asyncio, sys
import aiosmtplib
port, count, connections = map(int, sys.argv[1:])
mail = b"From: me@own.example\\r\\nTo: you@c.example\\r\\nSubject: Hello\\r\\n\\r\\n" + b"<p>words</p>\\r\\n" * 60
async def line(share):
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
        for number in range(share):
            await client.sendmail("me@own.example", [f"person{number}@c.example"], mail)
async def main():
    await asyncio.gather(*(line(count // connections) for _ in range(connections)))
asyncio.run(main())
"""


def ours(config: str) -> None:
    """In a process of its own: send what is due, then end."""
    instance = Instance.__new__(Instance)
    instance.path = Path(config)
    app = instance.app()
    account = app.account("main")
    job = sender_job(app, account, account_row(app.store, "main"), "bench")
    with ThreadPoolExecutor(1) as executor:
        done = send_due(
            app.store, job, transport_of(app, account), app.clock, executor, stopped=lambda: False, until_idle=True
        )
        print(asyncio.run(done))
    app.store.close()


def main(count: int, rounds: int, connections: int) -> None:
    mine: list[Cost] = []
    stock: list[Cost] = []
    me = [sys.executable, "-m", "bench.send"]
    with SmtpSink("-a") as sink, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for number in range(rounds):
            place = Path(folder) / str(number)
            place.mkdir()
            instance = _instance(place, sink, connections)
            app = instance.app()
            started(app, place, count)
            app.store.close()
            before = sink.count()
            mine.append(run([*me, "ours", str(instance.path)]))
            assert sink.count() - before == count, "not every mail arrived"
            stock.append(run([sys.executable, "-c", _PEER, str(sink.port), str(count), str(connections)]))
    report("send", count, middle(mine), "aiosmtplib.sendmail", middle(stock), rounds=rounds, connections=connections)


def _instance(place: Path, sink: SmtpSink, connections: int) -> Instance:
    account = {
        "name": "main",
        "address": "me@own.example",
        "secret": {"file": str(place / "secret")},
        "imap": {"host": "127.0.0.1", "port": 1, "security": "none"},
        "smtp": {"host": "127.0.0.1", "port": sink.port, "security": "none"},
        "initial": {"capture": "subject", "visibility": "team", "customer_when": "replied"},
        "sending": {"connections": connections, "mails_per_connection": 100000},
    }
    return Instance(place, [account], **quick_sections())


if __name__ == "__main__":
    if sys.argv[1:2] == ["ours"]:
        ours(sys.argv[2])
    else:
        numbers = [int(text) for text in sys.argv[1:4]]
        main(*(numbers + [1000, 3, 10][len(numbers) :]))
