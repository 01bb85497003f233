"""Bounces, complaints and receipts of many mail systems: are they seen, is the reason right, who is given up?

python -m bench.bounces [folder]     (or the environment variable MAILCRM_DATA)

The folder has in `mail/bounces` one mail a file, and in `mail/bounces.json` for each file the verdicts of humans: a list of
{"class", "hard"}. What lies in `mail/wild` is ordinary mail; what of it is called a bounce is counted, to be looked at.
`mail/threads` with `mail/threads.json` (file -> thread) says which mails are one conversation.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from mailcrm.ingest.mail.inspect import describe
from mailcrm.ingest.mail.threads import ThreadIndex


def main(folder: Path) -> None:
    """Prints shares of right answers; the last line is JSON."""
    figures = bounces(folder) | ordinary(folder) | {"threads_same": threads_same(folder)}
    for name, value in figures.items():
        print(f"  {name:24} {value}")
    print(json.dumps({"bench": "bounces", **figures}))


def bounces(folder: Path) -> dict[str, float]:
    """How many are seen, how many have the right class, and whose addresses are given up as humans would."""
    truth: Mapping[str, list[Mapping[str, Any]]] = json.loads((folder / "bounces.json").read_text())
    seen = right = found = given_up = hard = 0
    for name, verdicts in truth.items():
        verdict: Any = describe(name, (folder / "bounces" / name).read_bytes(), ThreadIndex())["bounce"]
        ours = bool(verdict and verdict["hard"])
        theirs = any(each["hard"] for each in verdicts)
        seen += verdict is not None
        right += verdict is not None and verdict["class"] in {each["class"] for each in verdicts}
        found, given_up, hard = found + (ours and theirs), given_up + ours, hard + theirs
    return {
        "detected": round(seen / len(truth), 4),
        "class": round(right / len(truth), 4),
        "hard_recall": round(found / hard, 4),
        "hard_precision": round(found / given_up, 4),
    }


def ordinary(folder: Path) -> dict[str, float]:
    """What of wild mail is called a bounce, and what a mail costs."""
    raws = [path.read_bytes() for path in sorted((folder / "wild").iterdir())]
    begin = time.process_time()
    called = sum(describe("", raw, ThreadIndex())["bounce"] is not None for raw in raws)
    cost = (time.process_time() - begin) / len(raws)
    return {"wild": len(raws), "wild_called_bounce": called, "ms_cpu_per_mail": round(cost * 1000, 3)}


def threads_same(folder: Path) -> bool:
    """Whether the conversations are those of the list, whatever mail comes first."""
    truth: Mapping[str, str] = json.loads((folder / "threads.json").read_text())
    names = list(truth)
    raws = {name: (folder / "threads" / name).read_bytes() for name in names}
    for seed in range(3):
        Random(seed).shuffle(names)
        index = ThreadIndex()
        first = {name: str(describe(name, raws[name], index)["thread_id"]) for name in names}
        ours = {name: index.find(thread) for name, thread in first.items()}
        pairs = {(ours[name], truth[name]) for name in names}
        if not len(pairs) == len(set(ours.values())) == len(set(truth.values())):
            return False
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else os.environ["MAILCRM_DATA"]) / "mail")
