"""A mailcrm installation in a folder, driven as a user would: by its command line, in processes of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tomlkit

from mailcrm.config import load_config
from mailcrm.service.app import App
from mailcrm.service.bootstrap import build_app
from mailcrm.store import Session
from mailcrm.store.secrets import create_keys
from tests.builders import a_database
from tests.flow import starter
from tests.servers.dovecot import PASSWORD
from tests.servers.mail import MailServer

Section = dict[str, Any]


class Instance:
    """Configuration, keys and an upgraded database below `folder`."""

    def __init__(self, folder: Path, accounts: list[Section], **sections: Any) -> None:
        self.folder = folder
        self.columns = 200
        self.path = folder / "mailcrm.toml"
        state = folder / "state"
        create_keys(state)
        (folder / "secret").write_text(PASSWORD)
        self.document: Section = {
            "state": str(state),
            "log": {"format": "json", "level": "debug"},
            "public": {"enabled": False},
            "company": {"name": "Own Ltd", "domains": ["own.example"]},
            **sections,
            "accounts": accounts,
        }
        self.write()
        a_database(state)

    def write(self) -> None:
        """Put `document` on disk."""
        self.path.write_text(tomlkit.dumps(self.document))

    def app(self) -> App:
        """The application in this process; close its store."""
        return build_app(load_config(self.path))

    @contextmanager
    def looking(self) -> Iterator[Session]:
        """A look into the archive."""
        app = self.app()
        try:
            with app.store.read() as session:
                yield session
        finally:
            app.store.close()

    def cli(self, *args: str, ok: int | None = 0, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run `mailcrm ARGS` to its end; `ok` is the exit code it must have (None: any)."""
        done = starter.run(["--config", str(self.path), *args], environment(self.columns), text or "", timeout=120)
        if ok is not None and done.returncode != ok:
            raise AssertionError(f"mailcrm {args} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def start(self, *args: str) -> starter.Command:
        """Begin `mailcrm ARGS`; nobody hears what it says."""
        with Path(os.devnull).open("r+b") as nothing:
            return starter.Command(["--config", str(self.path), *args], environment(), nothing, nothing, nothing)

    def json(self, *args: str) -> Any:
        """The JSON that a command prints."""
        return json.loads(self.cli(*args, "--json").stdout)

    def daemon(self) -> Daemon:
        """`mailcrm run` in the background; a context manager."""
        return Daemon(self)


def environment(columns: int = 200) -> dict[str, str]:
    """Ours, without colours and with an English terminal of fixed width."""
    return {**os.environ, "NO_COLOR": "1", "COLUMNS": str(columns), "TERM": "dumb", "PYTHONWARNINGS": "error"}


class Daemon:
    """`mailcrm run` as a process; its log is kept beside the configuration."""

    def __init__(self, instance: Instance) -> None:
        self.log = instance.folder / f"daemon-{time.monotonic_ns()}.log"
        self._args = ["--config", str(instance.path), "run"]
        self.process: starter.Command | None = None

    def __enter__(self) -> Daemon:
        with self.log.open("wb") as log, Path(os.devnull).open("rb") as nothing:
            self.process = starter.Command(self._args, environment(), nothing, log, log)
        return self

    def __exit__(self, *_exc: object) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def kill(self) -> None:
        """SIGKILL: no chance to say good-bye."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def terminate(self, seconds: float = 20) -> int:
        """SIGTERM, and wait. Returns the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def events(self) -> list[dict[str, Any]]:
        """What it logged so far."""
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


def until(condition: Callable[[], Any], seconds: float = 20, every: float = 0.1) -> Any:
    """Wait for a true value of `condition` and return it; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"still not so after {seconds} s: {condition}")
        time.sleep(every)
    return found


def imap_account(
    folder: Path,
    server: MailServer,
    user: str,
    name: str = "main",
    initial: Mapping[str, str] | None = None,
    **more: Any,
) -> Section:
    """An account on a test server that keeps everything; `user`@own.example is its address."""
    return {
        "name": name,
        "address": f"{user}@own.example",
        "login": user,
        "secret": {"file": str(folder / "secret")},
        "imap": {"host": "127.0.0.1", "port": server.tls_port, "ca_file": str(server.ca_file)},
        "initial": {"capture": "all", "visibility": "team", "customer_when": "replied", **(initial or {})},
        **more,
    }
