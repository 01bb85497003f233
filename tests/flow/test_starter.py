"""A command from the starter is like one that is started anew: another process, with the same output and exit code."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.flow import starter
from tests.flow.instance import Instance, environment

_BEFOREHAND = """
import sys
from tests.flow.starter import load_beforehand
load_beforehand()
print(*{name.partition(".")[2].partition(".")[0] for name in sys.modules if name.startswith("mailcrm.")})
"""


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path, [])


@pytest.mark.parametrize(
    ("args", "text"),
    [(["status"], ""), (["status", "--json"], ""), (["nonsense"], ""), (["send", "on"], "y\n"), ([], "")],
)
def test_it_prints_and_ends_like_a_command_started_anew(instance: Instance, args: list[str], text: str) -> None:
    given = ["--config", str(instance.path), *args]
    anew = subprocess.run(
        [sys.executable, "-m", "mailcrm", *given],
        env=environment(),
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    done = starter.run(given, environment(), text, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (anew.returncode, anew.stdout, anew.stderr)


def test_a_signal_that_ends_it_is_its_exit_code(instance: Instance) -> None:
    with instance.daemon() as daemon:
        assert daemon.process is not None
        assert daemon.process.poll() is None
        assert daemon.process.pid != os.getpid()
        with pytest.raises(subprocess.TimeoutExpired):
            daemon.process.wait(0.01)
        daemon.process.kill()
        assert daemon.process.wait(20) == -signal.SIGKILL == daemon.process.poll()


def test_commands_run_side_by_side(instance: Instance) -> None:
    with instance.daemon() as one, Instance(instance.folder / "other", []).daemon() as other:
        while not (one.events() and other.events()):
            time.sleep(0.02)
        assert (one.terminate(), other.terminate()) == (0, 0)


def test_only_rooms_that_need_no_other_are_loaded_beforehand() -> None:
    done = subprocess.run([sys.executable, "-c", _BEFOREHAND], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"config", "errors", "model"}
