"""One customer's page: how long until everything on it is read, in a large archive.

python -m bench.archive [people] [lines] [sqlite|postgresql] [pages]
A database is generated: people with addresses, every 50th of them merged with a neighbour; a timeline of so many lines, most
of them mail, few customers with thousands and many with a handful; activities with open cases and pinned notes, orders with
positions and payments. Then the pages of customers are read, each in a transaction of its own: head and addresses, the first
50 lines of the timeline, orders with totals, open cases and pinned notes, by the administrator and by a user to whom one of
two mailboxes is closed; then pages of the list of customers (`bench.archive_lists`). The last line is JSON.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any, NamedTuple

from sqlalchemy import text as sql
from tests.builders import some_keys
from tests.servers.postgres import Postgres
from tests.store.builders import GENERATION, a_mailbox

from bench import archive_lists
from mailcrm.model.account import Visibility
from mailcrm.model.activity import CaseState
from mailcrm.model.address import AddressKind
from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.model.message import BodyState, MailKind, ParticipantRole
from mailcrm.model.order import OrderStatus
from mailcrm.model.party import PartyKind, PartyState
from mailcrm.model.rights import Actor, Viewer
from mailcrm.store import Session, Store, activity_lists, migrate, open_store, order_lists, people, timeline
from mailcrm.store.bulk import insert_rows
from mailcrm.store.rows import business, mail, party
from mailcrm.store.rows.base import Base
from mailcrm.store.rows.timeline import Interaction, InteractionParty

_NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_ACTOR = Actor.system("bench")
_YEARS = 5 * 365 * 24 * 60
_BATCH = 5_000
_THREADS = 1_000
_MEMBERS = 50
"""Of so many people one is merged with the next."""

_MAIL, _CAMPAIGN, _ACTIVITY, _ORDER = 70, 15, 10, 5
"""Percent of the lines."""

_STATES = (CaseState.OPEN, CaseState.WAITING, CaseState.CLOSED, CaseState.SOLVED, *[None] * 12)

Row = Mapping[str, object]


class _Line(NamedTuple):
    id: int
    kind: InteractionKind
    party: int
    at: datetime
    message: int | None


# --- generating --------------------------------------------------------------------------------------------------


def _put(store: Store, row: type[Base], rows: Iterable[Row]) -> None:
    left = iter(rows)
    while batch := list(islice(left, _BATCH)):
        with store.write(_ACTOR) as session:
            insert_rows(session, row, batch)


def _people(store: Store, count: int) -> None:
    def root(who: int) -> int:
        return who - 1 if who % _MEMBERS == 0 else who

    def size(who: int) -> int:
        return 2 if who % _MEMBERS in (0, _MEMBERS - 1) else 1

    ids = range(1, count + 1)
    _put(store, party.Party, (
        {
            "id": who, "customer_no": f"B{who:08}", "kind": PartyKind.PERSON, "state": PartyState.ACTIVE, "root_id": None,
            "cluster_size": size(who), "own_name": f"Person {who}", "display_name": f"Person {who}", "named_by": who,
            "sort_key": f"person {who}", "source": "header", "created_at": _NOW, "updated_at": _NOW,
        }
        for who in ids
    ))  # fmt: skip
    with store.write(_ACTOR) as session:
        session.execute(sql(f"UPDATE party SET root_id = CASE WHEN id % {_MEMBERS} = 0 THEN id - 1 ELSE id END"))  # noqa: S608
    assert root(_MEMBERS) == _MEMBERS - 1
    _put(store, party.Person, ({"party_id": who, "given_name": "Person", "family_name": str(who)} for who in ids))
    _put(store, party.EmailAddress, (
        {
            "id": who, "address_norm": f"p{who}@c{who % 9973}.example", "address_display": f"p{who}@c{who % 9973}.example",
            "domain": f"c{who % 9973}.example", "key_hash": f"{who:064}", "mailbox_hash": f"{who:064}",
            "kind": AddressKind.PERSONAL, "match_party_id": who, "created_at": _NOW,
        }
        for who in ids
    ))  # fmt: skip
    _put(store, party.PartyEmail, (
        {"party_id": who, "email_id": who, "rank": 1, "source": "header", "valid_from": _NOW} for who in ids
    ))  # fmt: skip


def _lines(people_count: int, count: int) -> list[_Line]:
    """Few have thousands, most have some."""
    random = Random(20260105)
    kinds = (
        [InteractionKind.EMAIL_IN] * _MAIL + [InteractionKind.CAMPAIGN] * _CAMPAIGN + [InteractionKind.ORDER] * _ORDER
        + [InteractionKind.NOTE, InteractionKind.CALL, InteractionKind.COMPLAINT] * (_ACTIVITY // 3 + 1)
    )[:100]  # fmt: skip
    found, messages = [], 0
    for number in range(1, count + 1):
        kind = kinds[random.randrange(100)]
        is_mail = kind == InteractionKind.EMAIL_IN
        messages += is_mail
        who = 1 + int(people_count * random.random() ** 2)
        at = _NOW - timedelta(minutes=random.random() * _YEARS)
        found.append(_Line(number, kind, who, at, messages if is_mail else None))
    return found


def _timeline(store: Store, lines: Sequence[_Line]) -> None:
    _put(store, mail.Thread, ({"id": number, "subject": "Bench", "stale": False} for number in range(1, _THREADS + 1)))
    _put(store, mail.Message, (
        {
            "id": line.message, "dedupe_key": f"{line.message:064}", "thread_id": 1 + line.id % _THREADS, "sent_at": line.at,
            "received_at": line.at, "direction": Direction.IN, "kind": MailKind.PERSON, "subject": f"Offer {line.id}",
            "body_text": f"Hello, this is about number {line.id}. Could you send us your prices, please?\n" * 4,
            "body_state": BodyState.DONE,
        }
        for line in lines if line.message
    ))  # fmt: skip
    _put(store, mail.MessageParticipant, (
        {"message_id": line.message, "role": ParticipantRole.FROM, "position": 0, "email_id": line.party,
         "display_name": f"Person {line.party}", "party_id": line.party}
        for line in lines if line.message
    ))  # fmt: skip
    with store.write(_ACTOR) as session:
        boxes = [a_mailbox(session, "team"), a_mailbox(session, "boss", Visibility.PRIVATE, "boss")]
    _put(store, mail.MessageLocation, (
        {"folder_id": boxes[line.id % 10 == 0].id, "generation": GENERATION, "uid": line.message, "message_id": line.message,
         "body_state": BodyState.DONE}
        for line in lines if line.message
    ))  # fmt: skip
    _put(store, Interaction, (
        {"id": line.id, "kind": line.kind, "source_key": f"bench:{line.id}", "occurred_at": line.at,
         "direction": Direction.IN, "title": f"Line {line.id} about an offer", "message_id": line.message}
        for line in lines
    ))  # fmt: skip
    _put(store, InteractionParty, (
        {"party_id": line.party, "occurred_at": line.at, "interaction_id": line.id, "role": "from"}
        for line in sorted(lines, key=lambda each: (each.party, each.at))
    ))  # fmt: skip


def _business(store: Store, lines: Sequence[_Line]) -> None:
    logged = [
        line for line in lines if line.kind in (InteractionKind.NOTE, InteractionKind.CALL, InteractionKind.COMPLAINT)
    ]
    _put(store, business.ActivityRow, (
        {
            "interaction_id": line.id, "state": _STATES[line.id % len(_STATES)], "owner": f"user{line.id % 20}",
            "due_at": line.at, "pinned": line.id % 17 == 0, "private_to": "li" if line.id % 13 == 0 else "",
            "updated_at": _NOW,
        }
        for line in logged
    ))  # fmt: skip
    _put(store, business.ActivityParty, ({"party_id": each.party, "interaction_id": each.id} for each in logged))
    sold = [line for line in lines if line.kind == InteractionKind.ORDER]
    _put(store, business.SalesOrder, (
        {
            "id": line.id, "party_id": line.party, "order_no": f"W-{line.id}", "ordered_at": line.at,
            "currency": ("CNY", "EUR")[line.id % 10 == 0], "amount_minor": line.id, "status": OrderStatus.COMPLETED,
            "source": "bench", "source_ref": f"bench:{line.id}", "told": f"{line.id:064}", "told_status": OrderStatus.COMPLETED,
            "created_at": _NOW, "updated_at": _NOW,
        }
        for line in sold
    ))  # fmt: skip
    _put(store, business.OrderLineRow, (
        {"order_id": line.id, "position": 0, "title": "Widget", "qty_milli": 1000, "unit_minor": line.id} for line in sold
    ))  # fmt: skip
    _put(store, business.PaymentRow, (
        {"order_id": line.id, "party_id": line.party, "paid_at": line.at, "amount_minor": line.id, "currency": "CNY",
         "source_ref": f"bench:{line.id}"}
        for line in sold
    ))  # fmt: skip


# --- reading -----------------------------------------------------------------------------------------------------


def _page(session: Session, who: int, viewer: Viewer) -> int:
    """All that is on a customer's page; returns how many lines there were."""
    people.get_archive(session, who, viewer)
    lines = timeline.select_timeline(session, who, viewer, 50)
    order_lists.orders_of(session, who, viewer, 50)
    order_lists.totals_of(session, who, viewer)
    activity_lists.standing_of(session, who, viewer)
    return len(lines)


def _times(store: Store, parties: Sequence[int], viewer: Viewer) -> tuple[list[float], list[float]]:
    """Milliseconds of each page by the clock and of CPU in this process, after a few that load the libraries."""
    wall, cpu = [], []
    for who in [*parties[:20], *parties]:
        began, used = time.perf_counter(), time.process_time()
        with store.read(viewer) as session:
            _page(session, who, viewer)
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - used) * 1000)
    return wall[20:], cpu[20:]


def _parts(store: Store, parties: Sequence[int], viewer: Viewer) -> dict[str, float]:
    """The median of each part by itself, in milliseconds."""
    parts: dict[str, Callable[[Session, int], Any]] = {
        "archive": lambda s, who: people.get_archive(s, who, viewer),
        "timeline": lambda s, who: timeline.select_timeline(s, who, viewer, 50),
        "orders": lambda s, who: order_lists.orders_of(s, who, viewer, 50),
        "totals": lambda s, who: order_lists.totals_of(s, who, viewer),
        "cases and notes": lambda s, who: activity_lists.standing_of(s, who, viewer),
    }
    found: dict[str, list[float]] = {name: [] for name in parts}
    for who in parties:
        with store.read(viewer) as session:
            for name, read in parts.items():
                began = time.perf_counter()
                read(session, who)
                found[name].append((time.perf_counter() - began) * 1000)
    return {name: round(median(times), 2) for name, times in found.items()}


@contextmanager
def opened(engine: str) -> Iterator[Store]:
    """An empty database without a schema."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        if engine == "sqlite":
            store = open_store(f"sqlite:///{folder / 'bench.db'}", some_keys(folder), folder)
            yield store
            store.close()
            return
        with Postgres() as server:
            store = open_store(server.new_database(), some_keys(folder), folder)
            yield store
            store.close()


def _figures(times: Sequence[float]) -> dict[str, float]:
    return {"p50": round(median(times), 2), "p99": round(quantiles(times, n=100)[98], 2), "most": round(max(times), 2)}


def main(count: int, size: int, engine: str, pages: int) -> None:
    """A table for people; the last line is JSON."""
    with opened(engine) as store:
        migrate.upgrade(store, _NOW)
        began = time.perf_counter()
        lines = _lines(count, size)
        _people(store, count)
        _timeline(store, lines)
        _business(store, lines)
        archive_lists.fill(store, count)
        if engine == "postgresql":  # as its autovacuum does
            with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sql("VACUUM ANALYZE"))
        print(f"{engine}: {count} people, {size} lines generated in {time.perf_counter() - began:.0f} s", flush=True)
        random = Random(7)
        some = [who for who in random.sample(range(1, count), pages) if who % _MEMBERS]
        heavy = list(range(1, 31))
        figures: dict[str, Any] = {"bench": "archive", "engine": engine, "people": count, "lines": size}
        for name, viewer in (("administrator", Viewer.system()), ("user", Viewer("zhang"))):
            for title, parties in (("any", some), ("heavy", heavy * 4)):
                wall, cpu = _times(store, parties, viewer)
                found = _figures(wall) | {"cpu_p50": round(median(cpu), 2)}
                print(f"{name:14} {title:6} {found}", flush=True)
                figures[f"{name}_{title}_ms"] = found
        figures["parts_p50_ms"] = _parts(store, some[:500], Viewer("zhang"))
        figures["lists_ms"] = _lists(store)
    print(json.dumps(figures))


def _lists(store: Store) -> dict[str, float]:
    found = archive_lists.measure(store, Viewer.system())
    slowest = sorted(found, key=lambda name: -found[name])
    print(f"lists: {len(found)} pages of 50, median {median(found.values())} ms, the slowest:", flush=True)
    for name in slowest[:12]:
        print(f"    {found[name]:8} ms  {name}", flush=True)
    return {"p50": median(found.values())} | {name: found[name] for name in slowest[:5]}


if __name__ == "__main__":
    given = [*sys.argv[1:], *("100000", "1000000", "sqlite", "2000")[len(sys.argv) - 1 :]]
    main(int(given[0]), int(given[1]), given[2], int(given[3]))
