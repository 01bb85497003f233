"""Does a mail cost more CPU in a large mailbox? The first reading of `count` mails against that of five times as many.

python -m bench.growth [messages]
"""

import json
import sys
import tempfile
from pathlib import Path

from tests.flow.instance import Instance, imap_account
from tests.servers.dovecot import Dovecot

from bench.mailbox import mails
from bench.measure import run

_TIMES = 5


def main(count: int) -> None:
    """Prints milliseconds of CPU per mail for both, and their ratio."""
    found: dict[int, float] = {}
    for size in (count, count * _TIMES):
        with Dovecot() as server, tempfile.TemporaryDirectory(prefix="bench-") as folder:
            server.fill("bench", mails(size))
            account = imap_account(Path(folder), server, "bench", initial={"customer_when": "all known"})
            instance = Instance(Path(folder), [account])
            cost = run([sys.executable, "-m", "mailcrm", "--config", str(instance.path), "sync", "--once", "--json"])
            found[size] = cost.cpu / size * 1000
            print(
                f"{size:9} mails {found[size]:7.3f} ms CPU/msg  {cost.wall:7.1f} s  {cost.memory:6.0f} MiB", flush=True
            )
    figures = {str(size): round(each, 4) for size, each in found.items()}
    print(
        json.dumps(
            {"bench": "growth", "cpu_ms_per_message": figures, "ratio": round(found[count * _TIMES] / found[count], 3)}
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
