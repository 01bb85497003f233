"""Runs a command as a process of its own and says what it cost."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Cost:
    """Seconds of wall time and of CPU (user and system), and the largest resident memory in MiB."""

    wall: float
    cpu: float
    memory: float


def run(command: list[str]) -> Cost:
    """The cost of a command that must succeed."""
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=out)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            out.seek(0)
            sys.exit(f"{command} ended with {process.returncode}\n{out.read().decode()}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def middle(costs: list[Cost]) -> Cost:
    """The median of each figure over interleaved runs."""
    return Cost(median(c.wall for c in costs), median(c.cpu for c in costs), max(c.memory for c in costs))


def report(name: str, count: int, ours: Cost, peer_name: str, peer: Cost, **more: Any) -> None:
    """A table for people and, as the last line, JSON for programs. Ratios are ours / peer; below 1 is better for CPU."""
    for title, cost in (("mailcrm", ours), (peer_name, peer)):
        rate, each = count / cost.wall, cost.cpu / count * 1000
        print(f"{title:32} {rate:9.0f} msg/s  {each:7.3f} ms CPU/msg  {cost.wall:7.2f} s  {cost.memory:6.0f} MiB")
    ratios = {"speed_ratio": peer.wall / ours.wall, "cpu_ratio": ours.cpu / peer.cpu}
    print(f"speed {ratios['speed_ratio']:.2f}x of {peer_name}, CPU {ratios['cpu_ratio']:.2f}x")
    figures = {
        "bench": name,
        "messages": count,
        "rate": round(count / ours.wall, 1),
        "cpu_ms_per_message": round(ours.cpu / count * 1000, 4),
        "peer": peer_name,
        "peer_rate": round(count / peer.wall, 1),
        "peer_cpu_ms_per_message": round(peer.cpu / count * 1000, 4),
        **{key: round(value, 3) for key, value in ratios.items()},
        "ours": asdict(ours),
        **more,
    }
    print(json.dumps(figures))
