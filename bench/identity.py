"""Who is the same person, over many made-up sightings: right, complete, how fast, and in how much memory.

python -m bench.identity [records] [seed] [sheet truth]
python -m bench.identity growth [records] [seed]
python -m bench.identity pairs FILE [wrong]

The peer joins what has the same mailbox, or names alike by Jaro and Winkler (0.95) with a phone, a company's domain or a
word in common: what a CRM with a duplicate finder does. Beside it, our judgement over pairs that Splink finds. With a sheet
and its truth (CSV: record_id,cluster_id), those. With `growth` ten times as many, too, each in a process of its own. With
`pairs`, two names at a time: see bench/names.py.
"""

import csv
import json
import resource
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from bench import names
from bench.contacts import sightings
from mailcrm.identity.by_splink import pairs_by_splink
from mailcrm.identity.cluster import Clusters, cluster
from mailcrm.identity.features import Record
from mailcrm.identity.score import word_likeness
from mailcrm.model.address import AddressKind, OwnAddresses, address_key, address_kind, domain_of, is_free_mail
from mailcrm.service.clustering import read_records

_BLOCK = 300
_ALIKE = 0.95
_OWN = OwnAddresses()


def main(records: Sequence[Record], truth: Mapping[str, str]) -> None:
    """A table for people; the last line is JSON."""
    began, started = time.process_time(), time.perf_counter()
    found = cluster(records)
    ours, waited = time.process_time() - began, time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began = time.process_time()
    theirs = simple(records)
    peer = time.process_time() - began
    figures = {
        "records": len(records), "seconds_cpu": round(ours, 2), "seconds": round(waited, 2), "memory_mib": round(memory),
        "compared": found.compared,
        **quality(records, truth, found.group_of), **reviewed(records, truth, found),
        **splink(records, truth, waited),
    }  # fmt: skip
    other = {f"peer_{name}": value for name, value in quality(records, truth, theirs).items()}
    for name, value in (figures | {"peer_seconds_cpu": round(peer, 2)} | other).items():
        print(f"  {name:24} {value}")
    print(
        json.dumps(
            {"bench": "identity", **figures, "peer": "mailbox, phone, Jaro-Winkler", "peer_seconds_cpu": peer, **other}
        )
    )


def splink(records: Sequence[Record], truth: Mapping[str, str], waited: float) -> dict[str, float]:
    """The same with pairs found by Splink in DuckDB, on all cores; how much of our seconds it takes."""
    started = time.perf_counter()
    found = cluster(records, find_pairs=pairs_by_splink)
    took = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    right = quality(records, truth, found.group_of)
    figures = {"seconds": round(took, 2), "ratio": round(took / waited, 2), "memory_mib": round(memory), **right}
    return {f"splink_{name}": value for name, value in {**figures, "compared": found.compared}.items()}


def quality(records: Sequence[Record], truth: Mapping[str, str], group_of: Sequence[int]) -> dict[str, float]:
    """Of the pairs that are joined the share that is right, of the right ones the share that is joined; groups that mix."""
    cells = Counter((group, truth[record.id]) for record, group in zip(records, group_of, strict=True))
    joined, people = Counter(group_of), Counter(truth[record.id] for record in records)
    right, all_ = _pairs(cells.values()), _pairs(people.values())
    return {
        "precision": round(right / max(_pairs(joined.values()), 1), 4),
        "recall": round(right / max(all_, 1), 4),
        "mixed_groups": sum(1 for _, n in Counter(group for group, _ in cells).items() if n > 1),
    }


def reviewed(records: Sequence[Record], truth: Mapping[str, str], found: Clusters) -> dict[str, float]:
    """How many pairs a human is shown, how many of them are true, and the recall if exactly those are accepted."""
    group = list(found.group_of)
    joined = {each: each for each in group}

    def root(one: int) -> int:
        while joined[one] != one:
            one = joined[one]
        return one

    true = 0
    for pair in found.review:
        if truth[records[pair.one].id] == truth[records[pair.other].id]:
            true += 1
            joined[root(group[pair.one])] = root(group[pair.other])
    whole = quality(records, truth, [root(each) for each in group])
    return {
        "queue": len(found.review),
        "queue_true": round(true / max(len(found.review), 1), 3),
        "recall_reviewed": whole["recall"],
    }


def simple(records: Sequence[Record]) -> list[int]:
    """What a plain duplicate finder joins."""
    parent = list(range(len(records)))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    blocks: dict[tuple[str, str], list[int]] = defaultdict(list)
    names = [" ".join(sorted(record.name.lower().replace(",", " ").split())) for record in records]
    for at, record in enumerate(records):
        key = address_key(record.email) if record.email else ""
        if address_kind(key, _OWN) is AddressKind.PERSONAL:
            blocks["mailbox", key].append(at)
        blocks["phone", record.phone].append(at)
        blocks["domain", "" if is_free_mail(domain_of(key)) else domain_of(key)].append(at)
        for word in names[at].split():
            blocks["word", word].append(at)
    for (kind, value), members in blocks.items():
        if not value or len(members) > _BLOCK:
            continue
        for one, other in combinations(members, 2):
            both = bool(names[one]) and bool(names[other])
            if kind == "mailbox" or (both and word_likeness(names[one], names[other]) >= _ALIKE):
                parent[max(root(one), root(other))] = min(root(one), root(other))
    return [root(at) for at in range(len(records))]


def growth(records: int, seed: int) -> None:
    """A line for each size; the last one is JSON, with how often as much ten times as many take."""
    found = [_in_own_process(records * times, seed) for times in (1, 10)]
    for each in found:
        print(f"  {each['records']:>9,}: {each['seconds_cpu']:8.2f} s of CPU, {each['memory_mib']:6,} MiB, "
              f"{each['compared']:>9,} pairs, right {each['precision']}, found {each['recall']}")  # fmt: skip
    small, large = found
    grown = {name: round(large[name] / small[name], 1) for name in ("seconds_cpu", "memory_mib", "compared")}
    print(json.dumps({"bench": "identity growth", "records": [each["records"] for each in found], **grown}))


def _in_own_process(records: int, seed: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.identity", str(records), str(seed)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    figures: dict[str, float] = json.loads(lines[-1])
    return figures


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def _given(sheet: str, truth: str) -> tuple[list[Record], dict[str, str]]:
    with Path(truth).open(encoding="utf-8-sig", newline="") as file:
        return read_records(Path(sheet)), {row["record_id"]: row["cluster_id"] for row in csv.DictReader(file)}


if __name__ == "__main__":
    _given_ones = sys.argv[1:]
    if _given_ones[:1] == ["pairs"]:
        names.main(_given_ones[1], show_wrong="wrong" in _given_ones)
    elif _given_ones[:1] == ["growth"]:
        growth(*(int(each) for each in (*_given_ones[1:], *("10000", "1")[len(_given_ones) - 1 :])))
    elif len(_given_ones) == 2 and not _given_ones[0].isdigit():
        main(*_given(*_given_ones))
    else:
        main(*sightings(*(int(each) for each in (*_given_ones, *("10000", "1")[len(_given_ones) :]))))
