"""Full-text search: the time of a search, the size of the index, and what indexing costs for each mail.

python -m bench.search [messages] [chinese-percent]
Mail is generated (bench/mailbox.py), some of it in Chinese, and filed without a server. Two hundred searches for one or
two Chinese characters that are in the mail, and for English words, phrases and fields, each asked for the first 50, newest
first; some are checked against a look through every text. Where notmuch is installed, it indexes the same mail.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median, quantiles

from sqlalchemy import text as sql
from tests.builders import a_store, a_write
from tests.store.builders import GENERATION, a_mailbox

from bench.mailbox import mails
from bench.measure import run
from mailcrm.ingest.mail.digest import dedupe_key
from mailcrm.ingest.mail.parse import parse_message
from mailcrm.ingest.record import FilingContext, HeaderItem, record_bodies, record_headers
from mailcrm.model.account import Capture
from mailcrm.model.address import OwnAddresses
from mailcrm.model.filing import FetchedBody, Place
from mailcrm.model.folder import FolderRef
from mailcrm.model.message import RawMessage
from mailcrm.model.rights import Viewer
from mailcrm.model.search import parse_search
from mailcrm.service.reindex import reindex_mail
from mailcrm.store import Session, Store
from mailcrm.store.packing import stage
from mailcrm.store.search import find, index

_BATCH = 100
_SEARCHES = 200
_NOW = datetime(2026, 12, 1, tzinfo=UTC)
_ENGLISH = [
    "colleague",
    "person7",
    "from:person7",
    "subject:topic",
    '"dear colleague"',
    "has:attachment",
    "topic -colleague",
]


def fill(store: Store, raws: Iterator[bytes], copies: Path) -> tuple[int, int]:
    """File the mail as a first reading does, and write it to files for others. Returns messages and bytes of text."""
    with a_write(store) as session:
        folder = a_mailbox(session)
    context = FilingContext(
        folder.account_id, Capture.ALL, OwnAddresses.build(["me@own.example"], []), store.keys.links
    )
    uid = size = 0
    batch: list[bytes] = []

    def file() -> None:
        with a_write(store) as session:
            _file(session, store, context, folder, uid - len(batch), batch)

    for raw in raws:
        uid, size = uid + 1, size + len(raw)
        (copies / f"{uid}.eml").write_bytes(raw)
        batch.append(raw)
        if len(batch) == _BATCH:
            file()
            batch.clear()
    if batch:
        file()
    return uid, size


def _file(
    session: Session, store: Store, context: FilingContext, folder: FolderRef, after: int, raws: Sequence[bytes]
) -> None:
    parsed = {after + n: parse_message(RawMessage(after + n, raw)) for n, raw in enumerate(raws, 1)}
    items = []
    for uid, message in parsed.items():
        at = _NOW - timedelta(seconds=(uid * 7919) % 100_000_000)  # spread over three years, in no order
        place = Place(uid, "", at, len(raws[uid - after - 1]))
        items.append(HeaderItem(place, message.headers, dedupe_key(message.headers, f"{uid}")))
    pending = record_headers(session, context, folder, GENERATION, items, _NOW)
    staged = {uid: stage(store.blob_dir, raws[uid - after - 1]) for uid in pending}
    bodies = [FetchedBody(pending[uid], staged[uid], parsed[uid]) for uid in pending]
    record_bodies(session, folder, GENERATION, bodies, _NOW)


def indexing_cost(store: Store, count: int) -> float:
    """Milliseconds of CPU for each mail, as all are indexed anew."""
    with a_write(store) as session:
        index.forget_all(session)
    before = time.process_time()
    reindex_mail(store)
    return (time.process_time() - before) / count * 1000


def searches(store: Store) -> list[str]:
    """Half of one character and half of two, as they stand in mail."""
    chance = Random(4)
    with store.read() as session:
        texts = [row[0] for row in session.execute(sql("SELECT body_text FROM message")) if not row[0].isascii()]
    found = []
    for number in range(_SEARCHES):
        text = chance.choice(texts)
        at = chance.choice([i for i in range(len(text) - 2) if min(text[i], text[i + 1]) > "\u3400"])
        found.append(text[at : at + 1 + number % 2].replace("。", "").replace("，", "") or "的")
    return found


def asked(store: Store, search: str) -> tuple[float, int]:
    """Milliseconds until the first 50 are there as they are shown, and how many those are."""
    with store.read() as session:
        wanted, viewer = parse_search(search), Viewer.system()
        before = time.perf_counter()
        hits = find.find_mail(session, viewer, wanted, _NOW, 50)
        return (time.perf_counter() - before) * 1000, len(hits)


def same_as_like(store: Store, search: str) -> bool:
    """All hits are those of a look through every text."""
    with store.read() as session:
        rows = find.newest(find.Asked(session, parse_search(search), Viewer.system(), _NOW), 1_000_000)
        query = sql("SELECT id FROM message WHERE body_text LIKE :like OR subject LIKE :like")
        return {row.message_id for row in rows} == set(session.execute(query, {"like": f"%{search}%"}).scalars())


def notmuch(place: Path, mail: Path) -> tuple[int, float] | None:
    """The bytes of its index and its CPU seconds; None where it is not installed."""
    if not shutil.which("notmuch"):
        return None
    settings = place / "notmuchrc"
    settings.write_text(f"[database]\npath={mail}\n[user]\nname=b\nprimary_email=me@own.example\n[new]\ntags=new\n")
    cost = run(["notmuch", f"--config={settings}", "new", "--quiet"])
    return sum(path.stat().st_size for path in (mail / ".notmuch").rglob("*") if path.is_file()), cost.cpu


def index_bytes(store: Store) -> int:
    """All that search keeps: words and numbers."""
    query = "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'message_words%' OR name LIKE '%message_search%'"
    with store.read() as session:
        return int(session.execute(sql(query)).scalar_one())


def main(count: int, percent: int) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, a_store(Path(folder)) as store:
        copies = Path(folder) / "mail"
        copies.mkdir()
        messages, size = fill(store, mails(count, chinese=percent / 100), copies)
        wanted = searches(store)
        asked(store, wanted[0])
        times = {search: asked(store, search) for search in [*wanted, *_ENGLISH]}
        like = all(same_as_like(store, search) for search in wanted[:40])
        chinese = [times[search][0] for search in wanted]
        taken = index_bytes(store)
        cost = indexing_cost(store, messages)
        peer = notmuch(Path(folder), copies)
    for search in _ENGLISH:
        print(f"{search:32} {times[search][0]:7.2f} ms  {times[search][1]} hits")
    print(f"{_SEARCHES} Chinese searches: {median(chinese):.2f} ms, same hits as LIKE: {like}")
    figures = {
        "bench": "search", "messages": messages, "bytes": size, "chinese_percent": percent,
        "p50_ms": round(median(chinese), 2), "p99_ms": round(quantiles(chinese, n=100)[98], 2), "same_as_like": like,
        "english_ms": {search: round(times[search][0], 2) for search in _ENGLISH},
        "index_bytes_per_message": round(taken / messages), "index_cpu_ms_per_message": round(cost, 4),
    }  # fmt: skip
    if peer is not None:
        figures |= {"notmuch_bytes_per_message": round(peer[0] / messages), "size_ratio": round(taken / peer[0], 3)}
        figures |= {"notmuch_cpu_ms_per_message": round(peer[1] / messages * 1000, 3)}
    print(json.dumps(figures))


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:3]]
    main(*(numbers + [20_000, 5][len(numbers) :]))
