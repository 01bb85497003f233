"""Starts `mailcrm` commands quickly: as processes of their own, forked from one that has loaded the libraries they use.

To load them takes most of a short command's time. Of mailcrm only the rooms are loaded beforehand that need no other
(config, model): which tables, services and commands a command loads, it loads by itself, so that a missing one shows.
How a command starts without this is tested where that matters: on terminals (tests/flow/terminal.py), and where it is
looked at what a command loads.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import runpy
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import IO, Any

from mailcrm import config, model

_LIBRARIES = (
    "sqlalchemy.orm", "sqlalchemy.dialects.sqlite", "pydantic", "typer.rich_utils", "rich.table", "imapclient",
    "jinja2", "aiosmtplib", "tenacity", "resiliparse.parse.html", "asyncio", "csv", "sqlite3", "ssl", "zoneinfo",
)  # fmt: skip
_NUMBER = struct.Struct("!i")


# --- in the process of the tests ---------------------------------------------------------------------------------


class Command:
    """`mailcrm ARGS` under way: what tests need of subprocess.Popen, with the same meaning."""

    def __init__(self, args: Sequence[str], env: Mapping[str, str], *files: IO[Any]) -> None:
        """`files` are its input, its output, and where its errors go."""
        self.args = ["mailcrm", *args]
        self.returncode: int | None = None
        self._told, theirs = socket.socketpair()
        with theirs:
            handles = [*(each.fileno() for each in files), theirs.fileno()]
            _starter().ask({"args": self.args, "env": dict(env), "cwd": str(Path.cwd())}, handles)
        self.pid = self._number(60)

    def poll(self) -> int | None:
        """Its exit code, None while it runs; minus the signal if one ended it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self.returncode = self._number(timeout)
            self._told.close()
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _number(self, timeout: float | None) -> int:
        """What its keeper tells next."""
        self._told.settimeout(timeout)
        try:
            said = self._told.recv(_NUMBER.size)
        except (TimeoutError, BlockingIOError) as exc:
            raise subprocess.TimeoutExpired(self.args, timeout or 0) from exc
        assert said, "the process that starts commands is gone"
        return int(_NUMBER.unpack(said)[0])


def run(args: Sequence[str], env: Mapping[str, str], text: str, timeout: float) -> subprocess.CompletedProcess[str]:
    """As subprocess.run does it, with `text` through a pipe and all output captured."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        theirs, ours = os.pipe()
        with os.fdopen(ours, "w") as typed:
            with os.fdopen(theirs) as stdin:
                command = Command(args, env, stdin, out, err)
            with contextlib.suppress(BrokenPipeError):
                typed.write(text)
                typed.flush()
        try:
            code = command.wait(timeout)
        except subprocess.TimeoutExpired:
            command.kill()
            raise
        for each in (out, err):
            each.seek(0)
        return subprocess.CompletedProcess(command.args, code, out.read(), err.read())


class _Starter:
    """The process that has loaded the libraries."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._line, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", __name__, str(theirs.fileno())],
                cwd=Path(__file__).parents[2], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
            )  # fmt: skip
        atexit.register(self._stop)

    def ask(self, request: dict[str, Any], handles: Sequence[int]) -> None:
        """To start a command with these files, and to tell its process id and later its exit code through the last."""
        data = json.dumps(request).encode()
        with self._turn:
            socket.send_fds(self._line, [_NUMBER.pack(len(data))], handles)
            self._line.sendall(data)

    def _stop(self) -> None:
        self._line.close()
        self._process.wait()


@cache
def _starter() -> _Starter:
    return _Starter()


# --- in the process that starts commands, and in theirs ----------------------------------------------------------


def _serve(line: socket.socket) -> None:
    """Fork once for each command that is asked for; returns in that process, which is to become the command."""
    while True:
        size, handles, _, _ = socket.recv_fds(line, _NUMBER.size, 4)
        if not size:
            sys.exit()
        with line.makefile("rb") as reader:
            request = json.loads(reader.read(_NUMBER.unpack(size)[0]))
        if os.fork() == 0:
            line.close()
            _keep(request, handles)
            return
        for handle in handles:
            os.close(handle)


def _keep(request: dict[str, Any], handles: Sequence[int]) -> None:
    """Fork the command and tell how it ends; returns in the process of the command."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *files, told = handles
    if pid := os.fork():
        with socket.socket(fileno=told) as caller, contextlib.suppress(BrokenPipeError):
            for handle in files:
                os.close(handle)
            caller.sendall(_NUMBER.pack(pid))
            caller.sendall(_NUMBER.pack(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))
        os._exit(0)
    for target, handle in enumerate(files):
        os.dup2(handle, target)
    for handle in handles:
        os.close(handle)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    sys.argv = request["args"]


def load_beforehand() -> None:
    """What all commands have in common, as far as that hides nothing."""
    for name in _LIBRARIES:
        import_module(name)
    for room in (config, model):
        for module in iter_modules(room.__path__, f"{room.__name__}."):
            import_module(module.name)


def _main() -> None:
    load_beforehand()
    gc.collect()
    gc.freeze()  # no command looks for garbage among the libraries
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the keepers
    with socket.socket(fileno=int(sys.argv[1])) as line:
        _serve(line)
    runpy.run_module("mailcrm", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
