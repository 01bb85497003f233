"""Starts a server program in a throw-away folder, waits until it serves, and ends it without a trace."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

HOST = "127.0.0.1"

# Debian keeps daemons where the PATH of a plain user does not look.
_PROGRAM_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
_START_TRIES = 3
_LOG_LINES = 25


class ServerDown(RuntimeError):
    """The server did not come up; the message ends with its log."""


def find_program(name: str) -> str | None:
    """The full path of a program, also from the sbin folders."""
    return shutil.which(name, path=_PROGRAM_PATH)


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now; all are held open together, so that no two are the same."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return [int(each.getsockname()[1]) for each in sockets]


def accepts(port: int, greeting: bytes = b"") -> bool:
    """Whether somebody listens on the port and, where a greeting is given, says it first."""
    try:
        with socket.create_connection((HOST, port), timeout=2) as connection:
            return not greeting or connection.recv(400).startswith(greeting)
    except OSError:
        return False


def is_root() -> bool:
    """Whether we may, and for most servers must, give up rights before starting a program."""
    return os.geteuid() == 0


class Server(ABC):
    """One running program; subclasses say how it is found, configured, and known to be ready.

    Use it as a context manager, or call start and stop. Start it from the main thread: the program
    is ended by the kernel when the thread that started it ends.
    """

    title: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    # The user that runs the program when the tests run as root; None keeps root.
    user: ClassVar[str | None] = "nobody"
    stop_signal: ClassVar[signal.Signals] = signal.SIGKILL
    ready_seconds: ClassVar[float] = 30.0

    def __init__(self) -> None:
        self.folder = Path()
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @abstractmethod
    def available(cls) -> str | None:
        """None if the server can be started here, else what is missing, in words for a human."""

    @abstractmethod
    def _prepare(self) -> list[str]:
        """Write the configuration into the folder, choose ports, and return the command line."""

    @abstractmethod
    def _ready(self) -> bool:
        """Whether the program serves; called again until it does."""

    def start(self) -> Self:
        """Start the program and return when it serves; raises ServerDown."""
        if missing := self.available():
            raise ServerDown(missing)
        for last in (False,) * (_START_TRIES - 1) + (True,):
            try:
                self._start_once()
            except ServerDown:
                self.stop()
                # A free port may be taken by somebody else before the program gets to it.
                if last:
                    raise
            else:
                break
        return self

    def stop(self) -> None:
        """End the program at once and remove its folder; harmless when it does not run."""
        atexit.unregister(self.stop)
        if self._process:
            self._end(self._process)
            self._process = None
        if self.folder != Path():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = Path()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def log_tail(self) -> str:
        """The last lines of all that the program wrote."""
        lines = [line for path in self._logs() for line in path.read_text(errors="replace").splitlines()]
        return "\n".join(lines[-_LOG_LINES:]) or "(its log is empty)"

    def _logs(self) -> list[Path]:
        return sorted(self.folder.glob("*.log"))

    def _start_once(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"mailcrm-{type(self).__name__.lower()}-"))
        atexit.register(self.stop)
        self.folder.chmod(0o755)
        if self.user and is_root():
            shutil.chown(self.folder, self.user)
        with (self.folder / "output.log").open("wb") as output:
            self._process = subprocess.Popen(
                [*self._launcher(), *self._prepare()],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait_until_ready(self._process)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self.ready_seconds
        while True:
            if process.poll() is not None:
                raise ServerDown(f"{self.title} ended with status {process.returncode}:\n{self.log_tail()}")
            if self._ready():
                return
            if time.monotonic() > deadline:
                raise ServerDown(f"{self.title} did not serve within {self.ready_seconds:.0f} s:\n{self.log_tail()}")
            time.sleep(0.02)

    def _run(self, *command: str) -> None:
        """Run a preparing program to its end, with the rights of the server."""
        with (self.folder / "prepare.log").open("ab") as output:
            done = subprocess.run(
                [*self._launcher(), *command],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise ServerDown(f"{command[0]} ended with status {done.returncode}:\n{self.log_tail()}")

    def _launcher(self) -> list[str]:
        """What stands before the command: it gives up root, and asks the kernel to end the program with us."""
        setpriv = find_program("setpriv")
        if not setpriv or sys.platform != "linux":
            return []
        # A forked child cannot do this in Python: preexec_fn is not safe beside threads, and xdist has some.
        wanted = [setpriv, "--pdeathsig", self._death_signal().name.removeprefix("SIG")]
        if self.user and is_root():
            wanted += ["--reuid", self.user, "--regid", _group_of(self.user), "--clear-groups"]
        return wanted

    def _death_signal(self) -> signal.Signals:
        return self.stop_signal

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            process.send_signal(self.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(2)
        # Children that outlive the program are in its session; those of a dead one may be gone already.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(2)


def lacks(title: str, packages: tuple[str, ...], *programs: str | None) -> str | None:
    """None when every program was found, else one sentence that names the packages to install."""
    return None if all(programs) else f"{title} is not installed (Debian: apt-get install {' '.join(packages)})"


def _group_of(user: str) -> str:
    import grp  # not on every platform, and only needed on those with setpriv
    import pwd

    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
