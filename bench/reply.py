"""How often is the newest text, and the sender and subject of a forwarded original, what humans say they are?

python -m bench.reply [FOLDER with mail/replies.jsonl, mail/replies_zh.jsonl and mail/forwards.jsonl; or MAILCRM_DATA]
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mailcrm.ingest.mail.reply.cut import cut
from mailcrm.ingest.mail.text import html_to_text

# Those that are installed are measured beside ours; none is needed.
_PEERS: dict[str, Callable[[Any], Callable[[str], str]]] = {
    "talon.quotations": lambda module: module.extract_from_plain,
    "email_reply_parser": lambda module: module.EmailReplyParser.parse_reply,
}


def main(folder: Path) -> None:
    """Prints right and all cases by source, ours beside those of the peers, and ends with a line of JSON."""
    cases = [*_read(folder / "replies.jsonl"), *_read(folder / "replies_zh.jsonl")]
    tools = {"mailcrm": _ours, **dict(_peers())}
    figures: dict[str, object] = {"bench": "reply"}
    for name, extract in tools.items():
        scores, cost = _replies(cases, extract)
        figures[name] = {**{source: f"{right}/{of}" for source, (right, of) in scores.items()}, "ms": round(cost, 3)}
        print(
            name, *(f"{source} {right}/{of} = {right / of:.3f}" for source, (right, of) in scores.items()), sep="\n  "
        )
        print(f"  {cost:.3f} ms CPU per mail")
    forwards = _forwards(list(_read(folder / "forwards.jsonl")))
    print(
        "forwarded", *(f"{what} {right}/{of} = {right / of:.3f}" for what, (right, of) in forwards.items()), sep="\n  "
    )
    figures["forwarded"] = {what: f"{right}/{of}" for what, (right, of) in forwards.items()}
    print(json.dumps(figures, ensure_ascii=False))


def _ours(case: dict[str, Any]) -> str:
    return cut(_text(case), case["html"] or "", "Re: Offer").newest


def _peers() -> Iterator[tuple[str, Callable[[dict[str, Any]], str]]]:
    for name, entry in _PEERS.items():
        if find_spec(name.split(".")[0]):
            parse = entry(import_module(name))
            yield name, lambda case, parse=parse: parse(_text(case)) or ""


def _replies(
    cases: list[dict[str, Any]], extract: Callable[[dict[str, Any]], str]
) -> tuple[dict[str, tuple[int, int]], float]:
    scores: dict[str, tuple[int, int]] = {}
    spent = 0.0
    for case in cases:  # what is made once, as patterns, is not the cost of a mail
        extract(case)
    for case in cases:
        began = time.process_time()
        found = extract(case)
        spent += time.process_time() - began
        is_right = "".join(found.split()) == "".join(case["expected"].split())
        for source in (case["source"], "all"):
            right, of = scores.get(source, (0, 0))
            scores[source] = right + is_right, of + 1
    scores["all"] = scores.pop("all")
    return scores, spent / len(cases) * 1000


def _forwards(cases: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    found = [(cut(case["text"], "", case["fwd_subject"] or "Fwd: ?").forwarded, case) for case in cases]
    senders = sum(original is not None and original.address == case["from"] for original, case in found)
    subjects = sum(original is not None and original.subject == case["subject"] for original, case in found)
    return {"sender": (senders, len(cases)), "subject": (subjects, len(cases))}


def _text(case: dict[str, Any]) -> str:
    return case["text"] if case["text"] is not None else html_to_text(case["html"])


def _read(path: Path) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


if __name__ == "__main__":
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("MAILCRM_DATA")
    if not given:
        sys.exit("which folder? Give it as the argument, or in MAILCRM_DATA")
    main(Path(given) / "mail" if (Path(given) / "mail").is_dir() else Path(given))
