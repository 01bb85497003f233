"""The daemon over several mailboxes: does one that hangs hold up the others, and what memory does it need?

python -m bench.daemon [mails a mailbox] [rounds] [mails in the large folder]
- Five mailboxes are read with and without a sixth whose server takes the connection and never says a word; interleaved.
- Then it watches six that have nothing new: its resident memory.
- Then it reads the headers of a large folder: its largest resident memory.
"""

import contextlib
import json
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from tests.flow.instance import Daemon, Instance, imap_account, until
from tests.servers.dovecot import Dovecot

from bench.far import small_mail
from bench.mailbox import mails
from mailcrm.service.status import read_status

_MAILBOXES = 5
_IDLE_SECONDS = 20
_PATIENCE = 3600


@contextlib.contextmanager
def silent_server() -> Iterator[int]:
    """A port where somebody listens and says nothing."""
    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    kept.append(listening.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        yield int(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)


def account(place: Path, server: Dovecot, user: str, **more: Any) -> dict[str, Any]:
    """A mailbox of `server`, under a name of its own."""
    return imap_account(place, server, user, user, {"customer_when": "all known", **more})


def daemon_over(place: Path, accounts: list[dict[str, Any]]) -> Instance:
    """An installation for these accounts that gives each a connection."""
    place.mkdir()
    (place / "secret").touch()
    return Instance(place, accounts, sync={"connections_per_host": 10, "poll_seconds": 5})


def seconds_to_read(instance: Instance, names: set[str], count: int) -> float:
    """From the start of the daemon until all of these mailboxes are in the archive."""
    app = instance.app()

    def done() -> bool:
        found = {each.name: each for each in read_status(app).accounts}
        return all(found[name].stored == count and not found[name].pending for name in names)

    started = time.perf_counter()
    with instance.daemon() as daemon:
        until(done, _PATIENCE, 0.2)
        took = time.perf_counter() - started
        daemon.terminate()
    app.store.close()
    return took


def with_one_hanging(server: Dovecot, folder: Path, count: int, rounds: int) -> dict[str, float]:
    """The other mailboxes' time, with and without it."""
    users = [f"user{number}" for number in range(_MAILBOXES)]
    for user in users:
        server.fill(user, mails(count, seed=len(user)))
    pairs = []
    with silent_server() as port:
        for number in range(rounds):
            times = []
            for hanging in (False, True):
                place = folder / f"{number}-{hanging}"
                accounts = [account(place, server, user) for user in users]
                if hanging:
                    accounts.append(account(place, server, "hanging"))
                    accounts[-1]["imap"] = {"host": "localhost", "port": port, "security": "none"}
                times.append(seconds_to_read(daemon_over(place, accounts), set(users), count))
            pairs.append(times)
    found = {
        "alone_seconds": round(median(alone for alone, _ in pairs), 2),
        "with_one_hanging_against_alone": round(median(other / alone for alone, other in pairs), 2),
    }
    print(f"{_MAILBOXES} mailboxes of {count} mails: {found}")
    return found


def watching(server: Dovecot, folder: Path) -> dict[str, float]:
    """Memory with nothing to do."""
    accounts = [account(folder / "idle", server, f"idle{number}") for number in range(6)]
    for each in accounts:
        server.fill(str(each["login"]), mails(5))
    with daemon_over(folder / "idle", accounts).daemon() as daemon:
        time.sleep(_IDLE_SECONDS)
        found = {"idle_mib": _memory(daemon, "VmRSS")}
        daemon.terminate()
    print(f"watching {len(accounts)} mailboxes: {found}")
    return found


def large_folder(server: Dovecot, folder: Path, size: int) -> dict[str, float]:
    """The largest memory while the headers of a folder are read for the first time."""
    server.fill("large", map(small_mail, range(size)))
    instance = daemon_over(folder / "large", [account(folder / "large", server, "large", capture="metadata")])
    app = instance.app()
    with instance.daemon() as daemon:
        until(lambda: read_status(app).accounts[0].stored == size, _PATIENCE, 1)
        found = {"large_folder_mib": _memory(daemon, "VmHWM")}
        daemon.terminate()
    app.store.close()
    print(f"headers of {size} mails: {found}")
    return found


def _memory(daemon: Daemon, name: str) -> float:
    assert daemon.process is not None
    lines = Path(f"/proc/{daemon.process.pid}/status").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024, 1)


def main(count: int, rounds: int, size: int) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as name, Dovecot() as server:
        folder = Path(name)
        found = with_one_hanging(server, folder, count, rounds) | watching(server, folder)
        found |= large_folder(server, folder, size)
    print(json.dumps({"bench": "daemon", "mails": count, "folder": size, **found}))


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:4]]
    main(*(numbers + [200, 3, 200_000][len(numbers) :]))
