"""IMAP -> archive: `mailcrm sync --once` against stock IMAPClient that only fetches the same mail and throws it away.

python -m bench.ingest [messages] [rounds]
Where mbsync and notmuch are installed they run beside it: mbsync copies the same mail to files (no fsync), notmuch indexes it.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.flow.instance import Instance, imap_account
from tests.servers.dovecot import PASSWORD, Dovecot

from bench.mailbox import mails
from bench.measure import Cost, middle, report, run

_AGAIN = 9
_STOCK = """
import ssl, sys
from imapclient import IMAPClient
host, port, ca, user, password = sys.argv[1:]
client = IMAPClient(host, int(port), ssl_context=ssl.create_default_context(cafile=ca))
client.login(user, password)
client.select_folder("INBOX", readonly=True)
uids, count = client.search("ALL"), 0
for start in range(0, len(uids), 100):
    count += len(client.fetch(uids[start:start + 100], ["FLAGS", "INTERNALDATE", "BODY.PEEK[]"]))
assert count == len(uids)
client.logout()
"""


_MBSYNC = """
FSync no

IMAPStore far
Host localhost
Port {port}
User {user}
Pass {password}
SSLType IMAPS
CertificateFile {ca}

MaildirStore near
Path {folder}/
Inbox {folder}/INBOX

Channel all
Far :far:
Near :near:
Sync Pull
Create Near
SyncState *
"""


def mbsync_settings(place: Path, server: Dovecot, user: str, port: int) -> Path:
    """Settings for mbsync to copy the INBOX of `user` to files below `place`."""
    mail = place / "maildir"
    mail.mkdir()
    settings = place / "mbsyncrc"
    settings.write_text(_MBSYNC.format(port=port, user=user, password=PASSWORD, ca=server.ca_file, folder=mail))
    return settings


def copied(server: Dovecot, place: Path) -> tuple[Cost, Cost] | None:
    """What mbsync needs to copy the mail to `place`, and notmuch to index it there; None where one is missing."""
    if not (shutil.which("mbsync") and shutil.which("notmuch")):
        return None
    settings = mbsync_settings(place, server, "bench", server.tls_port)
    index = place / "notmuchrc"
    paths = f"[database]\npath={place / 'maildir'}\n"
    index.write_text(f"{paths}[user]\nname=b\nprimary_email=me@own.example\n[new]\ntags=new\n")
    copying = run(["mbsync", "--config", str(settings), "all"])
    return copying, run(["notmuch", f"--config={index}", "new", "--quiet"])


def main(count: int, rounds: int) -> None:
    ours: list[Cost] = []
    stock: list[Cost] = []
    copies: list[tuple[Cost, Cost]] = []
    with Dovecot() as server, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        server.fill("bench", mails(count))
        login = ["127.0.0.1", str(server.tls_port), str(server.ca_file), "bench", PASSWORD]
        for number in range(rounds):
            place = Path(folder) / str(number)
            place.mkdir()
            instance = Instance(place, [imap_account(place, server, "bench", initial={"customer_when": "all known"})])
            sync = [sys.executable, "-m", "mailcrm", "--config", str(instance.path), "sync", "--once", "--json"]
            ours.append(run(sync))
            stock.append(run([sys.executable, "-c", _STOCK, *login]))
            if (done := copied(server, place)) is not None:
                copies.append(done)
        (again,) = instance.json("sync", "--once")
        pairs = [(run(sync).wall, run([sys.executable, "-c", "import sqlalchemy.orm"]).wall) for _ in range(_AGAIN)]
        database = (place / "state" / "mailcrm.db").stat().st_size
    more: dict[str, float] = {}
    if copies:
        mbsync, notmuch = middle([one for one, _ in copies]), middle([other for _, other in copies])
        print(f"mbsync {mbsync.wall:.2f} s ({mbsync.cpu:.2f} s of CPU), notmuch new {notmuch.wall:.2f} s")
        more = {
            "wall_against_mbsync": round(middle(ours).wall / mbsync.wall, 2),
            "wall_against_mbsync_and_notmuch": round(middle(ours).wall / (mbsync.wall + notmuch.wall), 2),
        }
    report(
        "ingest", count, middle(ours), "stock IMAPClient, fetch only", middle(stock), rounds=rounds,
        second_pass_seconds=again["seconds"],
        second_run_seconds=round(median(whole for whole, _ in pairs), 2),
        second_run_against_importing_sqlalchemy=round(median(whole / alone for whole, alone in pairs), 2),
        database_bytes_per_message=round(database / count), **more,
    )  # fmt: skip


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:3]]
    main(*(numbers + [3000, 3][len(numbers) :]))
