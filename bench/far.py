"""A far server: 40 ms of round trip and 5 MB/s, as a line to another continent has.

python -m bench.far [messages] [rounds] [folder]
- First pass: `mailcrm sync --once` against mbsync, both over that line, of `messages` mails.
- Nothing new: a pass over a mailbox of `folder` mails against a bare LOGIN + STATUS, and the same with 100 folders more.
"""

import json
import shutil
import ssl
import sys
import tempfile
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from statistics import median

from imapclient import IMAPClient
from tests.flow.instance import Instance, imap_account
from tests.servers.dovecot import PASSWORD, Dovecot

from bench.ingest import mbsync_settings
from bench.line import FarLine
from bench.mailbox import mails
from bench.measure import Cost, middle, run
from mailcrm.service.app import App
from mailcrm.service.passes import sync_once

_ROUND_TRIP = 0.04
_RATE = 5e6
_COMMAND = [sys.executable, "-m", "mailcrm", "--config"]
_COMPRESS = "protocol imap {\n  mail_plugins = imap_zlib\n}"


def first_pass(server: Dovecot, folder: Path, count: int, rounds: int) -> dict[str, float]:
    """Both copy the same mail over the line."""
    server.fill("first", mails(count))
    ours: list[Cost] = []
    theirs: list[Cost] = []
    for number in range(rounds):
        place = folder / f"first-{number}"
        place.mkdir()
        with FarLine(server.tls_port, _ROUND_TRIP, _RATE) as line:
            instance = _instance(place, server, "first", line.port)
            ours.append(run([*_COMMAND, str(instance.path), "sync", "--once"]))
            alone = line.carried / _RATE
            if shutil.which("mbsync"):
                settings = mbsync_settings(place, server, "first", line.port)
                theirs.append(run(["mbsync", "--config", str(settings), "all"]))
    found = {"rate": round(count / middle(ours).wall, 1), "line_alone_seconds": round(alone, 2)}
    found["wall_against_line_alone"] = round(middle(ours).wall / alone, 2)
    if theirs:
        found |= {
            "mbsync_rate": round(count / middle(theirs).wall, 1),
            "wall_against_mbsync": round(median(a.wall / b.wall for a, b in zip(ours, theirs, strict=True)), 2),
        }
    print(f"first pass of {count} mails: {found}")
    return found


def nothing_new(server: Dovecot, folder: Path, size: int, rounds: int) -> dict[str, float]:
    """A pass that finds nothing, in a process that runs already, as in the daemon."""
    server.fill("still", map(small_mail, range(size)))
    folder.mkdir()
    instance = _instance(folder, server, "still", server.tls_port, capture="metadata")
    started = time.perf_counter()
    run([*_COMMAND, str(instance.path), "sync", "--once"])
    print(f"headers of {size} mails read in {time.perf_counter() - started:.1f} s")
    found = {}
    for folders in (0, 100):
        for number in range(folders):
            server.fill("still", [small_mail(size + number)], f"Folder {number}")
        instance.cli("sync", "--once")
        with FarLine(server.tls_port, _ROUND_TRIP) as line:
            instance.document["accounts"][0]["imap"]["port"] = line.port
            instance.write()
            pairs = _side_by_side(instance, server, line.port, rounds * 3)
        name = f"nothing_new_with_{folders + 1}_folders"
        found[f"{name}_seconds"] = round(median(ours for ours, _ in pairs), 3)
        found[f"{name}_against_status"] = round(median(ours / bare for ours, bare in pairs), 2)
        instance.document["accounts"][0]["imap"]["port"] = server.tls_port
        instance.write()
    print(f"nothing new in {size} mails: {found}")
    return found


def _side_by_side(instance: Instance, server: Dovecot, port: int, rounds: int) -> list[tuple[float, float]]:
    app = instance.app()
    pairs = [(_seconds(lambda: _pass(app)), _seconds(lambda: _bare(server, port))) for _ in range(rounds)]
    app.store.close()
    return pairs


def _pass(app: App) -> None:
    report, _ = sync_once(app, "main", lambda _report: None)
    assert report.unchanged == report.folders


def _bare(server: Dovecot, port: int) -> None:
    """The least that anybody has to say who wants to know whether there is something new."""
    tls = ssl.create_default_context(cafile=str(server.ca_file))
    client = IMAPClient("127.0.0.1", port, ssl_context=tls)
    client.login("still", PASSWORD)
    client.folder_status("INBOX", ["MESSAGES", "UIDNEXT", "UIDVALIDITY", "HIGHESTMODSEQ"])
    client.logout()


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def small_mail(number: int) -> bytes:
    """Of a few words; three make a conversation."""
    mail = EmailMessage()
    mail["From"], mail["To"] = f"p{number % 3000}@c{number % 97}.example", "me@own.example"
    mail["Subject"], mail["Message-ID"] = f"About {number // 3}", f"<small-{number}@c.example>"
    mail.set_content("A few words.")
    return mail.as_bytes()


def _instance(place: Path, server: Dovecot, user: str, port: int, **initial: str) -> Instance:
    account = imap_account(place, server, user, initial={"customer_when": "all known", **initial})
    account["imap"]["port"] = port
    return Instance(place, [account])


def main(count: int, rounds: int, size: int) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as name, Dovecot(_COMPRESS) as server:
        found = first_pass(server, Path(name), count, rounds) | nothing_new(server, Path(name) / "still", size, rounds)
    print(json.dumps({"bench": "far", "messages": count, "folder": size, **found}))


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:4]]
    main(*(numbers + [2000, 3, 60_000][len(numbers) :]))
