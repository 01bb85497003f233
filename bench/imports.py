"""Importing customers from a sheet: rows per second, growth, memory, and taking the import back.

python -m bench.imports [rows] [engine: sqlite | postgresql]

A CSV of 15 columns with Chinese and Latin names is made, looked at (preview), imported, imported again (nothing changes) and
taken back, with a tenth of the rows and with all. Each size runs in a store of its own. The last line is JSON.
"""

import csv
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from bench.archive import opened
from mailcrm.clock import utc_now
from mailcrm.config import parse_config
from mailcrm.model.rights import Actor
from mailcrm.service.app import App
from mailcrm.service.people_files import How, PeopleFile, open_people
from mailcrm.service.people_import import import_people, preview_people, undo_import
from mailcrm.store import Store, migrate

_ACTOR = Actor.system("bench")
_COLUMNS = (
    "Customer No,Name,Email,Mobile,Phone,Company,Title,Country,City,Address,Industry,Tier,Tags,Notes,Unsubscribed"
).split(",")
_FAMILIES, _GIVEN = "王李张刘陈杨赵黄周吴", "伟芳娜敏静丽强磊军洋"


def main(rows: int, engine: str) -> None:
    """A table for people; the last line is JSON."""
    sizes = (rows // 10, rows)
    found = {size: _measured(size, engine) for size in sizes}
    for size, each in found.items():
        seconds = ", ".join(f"{name} {value:.1f} s ({size / value:,.0f} rows/s)" for name, value in each.items())
        print(f"{size:>8,} rows: {seconds}")
    growth = {name: round(found[rows][name] / found[sizes[0]][name], 1) for name in found[rows]}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"growth from a tenth: {growth}; {memory:.0f} MiB at most")
    figures = {name: round(value, 1) for name, value in found[rows].items()}
    print(json.dumps({"engine": engine, "rows": rows, "seconds": figures, "growth": growth, "mib": round(memory)}))


def _measured(size: int, engine: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name, opened(engine) as store:
        folder = Path(name)
        migrate.upgrade(store, utc_now())
        path = folder / "customers.csv"
        _write(path, size)
        app = _app(store, folder)
        batches: list[int] = []

        def bring() -> None:
            batches.append(import_people(app, _ACTOR, _file(path).named, _file(path).rows(), _quiet).id)

        return {
            "preview": _timed(lambda: preview_people(app, _file(path).named, _file(path).rows(), _quiet)),
            "import": _timed(bring),
            "again": _timed(bring),
            "undo": _timed(lambda: undo_import(app, _ACTOR, batches[0], _quiet)),
        }


def _quiet(_rows: int) -> None:
    """Nobody watches."""


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _file(path: Path) -> PeopleFile:
    return open_people(path, How(region="CN"), {}, utc_now())


def _app(store: Store, folder: Path) -> App:
    config = parse_config({"state": str(folder)}, "bench")
    return App(config, store, utc_now, config.own_addresses(), {})


def _write(path: Path, size: int) -> None:
    chance = Random(1)
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(_COLUMNS)
        for at in range(size):
            company = chance.randrange(max(1, size // 5))
            name = (
                f"{chance.choice(_FAMILIES)}{chance.choice(_GIVEN)}{at}" if at % 2 else f"Person{at} Family{at % 5000}"
            )
            sheet.writerow((
                f"K{at:07}", name, f"p{at}@c{company}.example", f"138{at:08}", f"0574-8{at % 10**7:07}",
                f"Company {company} Ltd", "Buyer", "CN" if at % 2 else "DE", "Ningbo", f"Street {at}", "trade", "ABCD"[at % 4],
                "vip" if at % 5 == 0 else "", f"note {at}" if at % 10 == 0 else "", "yes" if at % 20 == 0 else "",
            ))  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, sys.argv[2] if len(sys.argv) > 2 else "sqlite")
