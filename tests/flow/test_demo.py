"""`mailcrm demo` runs the whole river, tells its story, and leaves nothing running."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.flow.instance import environment


def test_the_demo_shows_the_main_job_and_leaves_nothing_running(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    started = time.monotonic()
    folder.mkdir()
    (folder / "made-by-mailcrm-demo").touch()
    (folder / "mailcrm.toml").write_text("of the last time")
    demo = subprocess.Popen(
        [sys.executable, "-m", "mailcrm", "demo", "--folder", str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), start_new_session=True,
    )  # fmt: skip
    out, problems = demo.communicate(timeout=120)
    assert demo.returncode == 0, problems
    assert problems == ""
    for line in (
        "张伟",
        "campaign Autumn catalogue 秋季目录: sent",
        "replied 3",
        "bounced 1",
        "unsubscribed 1",
        "no recorded consent",
    ):
        assert line in out, out
    assert (folder / "secret").stat().st_mode & 0o077 == 0
    assert _left_running(demo.pid) == [], f"after {time.monotonic() - started:.0f} s"
    again = subprocess.run(
        [sys.executable, "-m", "mailcrm", "--config", str(folder / "mailcrm.toml"), "people", "list", "--json"],
        capture_output=True, text=True, env=environment(), timeout=60, check=True,
    )  # fmt: skip
    people = {row["name"]: row for row in json.loads(again.stdout)}
    assert len(people) >= 30
    assert people["张伟"]["number"].startswith("C")
    assert people["张伟"]["tags"] == ["中国"]


def test_the_demo_deletes_nothing_but_an_earlier_demo(tmp_path: Path) -> None:
    """Somebody may name the folder of a real installation."""
    (tmp_path / "mailcrm.toml").write_text("real")
    done = subprocess.run(
        [sys.executable, "-m", "mailcrm", "demo", "--folder", str(tmp_path)],
        capture_output=True, text=True, env=environment(), timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, (tmp_path / "mailcrm.toml").read_text()) == (2, "real")
    assert "give a new folder" in done.stderr


def _left_running(session: int) -> list[str]:
    """Processes that still belong to the demo's session."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and stat.parent.name != str(os.getpid()):
            found.append(stat.parent.name)
    return found
