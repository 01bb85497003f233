"""Installs the Debian packages of the test servers where it may, and else names what is missing.

`make test` runs this before the tests: python -m tests.servers.install
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.servers import browser
from tests.servers.cyrus import UNPACKED, Cyrus
from tests.servers.dovecot import Dovecot
from tests.servers.mariadb import MariaDB
from tests.servers.postgres import Postgres
from tests.servers.server import find_program, is_root
from tests.servers.smtp_sink import SmtpSink
from tests.servers.unpack import unpack

# What is asked whether it is there, and the packages that bring it.
WANTED: tuple[tuple[Callable[[], str | None], tuple[str, ...]], ...] = (
    (Dovecot.available, Dovecot.packages),
    (SmtpSink.available, SmtpSink.packages),
    (Postgres.available, Postgres.packages),
    (MariaDB.available, MariaDB.packages),
    (browser.available, browser.PACKAGES),
)

# postfix asks what kind of mail server this is to be. None: the tests need only its smtp-sink.
_ANSWERS = "postfix postfix/main_mailer_type select No configuration\n"
_TRIES = 3
_APT = (
    "apt-get",
    "-qq",
    "-o=Acquire::Retries=3",
    "-o=DPkg::Lock::Timeout=180",
    "-o=Dpkg::Use-Pty=0",
)
# A machine that has another mail server than postfix keeps it, and its tests do without smtp-sink.
_INSTALL_FLAGS = ("--yes", "--no-install-recommends", "--no-remove")


def missing_packages() -> list[str]:
    """The packages to install, whose programs are not there."""
    return [package for available, packages in WANTED if available() for package in packages]


def missing_unpacked() -> list[str]:
    """Those to unpack only: they cannot be installed beside Dovecot's."""
    return [*Cyrus.packages] if Cyrus.available() else []


def main() -> int:
    """Install what is missing; 1 only if servers are required and still missing."""
    packages, unpacked = missing_packages(), missing_unpacked()
    if not packages and not unpacked:
        return 0
    _say(f"Missing for the tests: {' '.join(packages + unpacked)}")
    reason = _refusal()
    if not reason and not is_root():
        return _again_as_root()
    if not reason:
        _install(packages, unpacked)
    still = missing_packages() + missing_unpacked()
    if not still:
        _say("All test servers are there.")
        return 0
    required = os.environ.get("MAILCRM_REQUIRE_SERVERS") == "1"
    fate = "required, and still missing" if required else "skipped are the tests that need"
    _say(f"{fate.capitalize()}: {' '.join(still)} ({reason or 'apt-get failed'})")
    return 1 if required else 0


def _refusal() -> str | None:
    """Why packages may not be installed here, or None."""
    if os.environ.get("MAILCRM_INSTALL_SERVERS") == "0":
        return "MAILCRM_INSTALL_SERVERS=0"
    if not find_program("apt-get") or not find_program("dpkg"):
        return "there is no apt-get here"
    if not is_root() and not _has_sudo():
        return "neither root nor sudo without a password"
    return None


def _has_sudo() -> bool:
    if not shutil.which("sudo"):
        return False
    return (
        subprocess.run(["sudo", "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode
        == 0
    )


def _again_as_root() -> int:
    # -B: root must not leave bytecode files in the tree of a plain user.
    kept = [f"{name}={os.environ[name]}" for name in ("MAILCRM_REQUIRE_SERVERS",) if name in os.environ]
    command = ["sudo", "-n", "env", *kept, sys.executable, "-B", "-m", "tests.servers.install"]
    return subprocess.run(command, check=False).returncode


def _install(packages: list[str], unpacked: list[str]) -> None:
    with _no_services(), _no_database_cluster():
        for attempt in range(1, _TRIES + 1):
            _say(f"Installing with apt-get (try {attempt} of {_TRIES}; this takes a minute or two)")
            if (
                _apt("update")
                and (not packages or (_answer() and _apt("install", *_INSTALL_FLAGS, *packages)))
                and (not unpacked or unpack(unpacked, UNPACKED, _apt))
            ):
                return


def _answer() -> bool:
    if not find_program("debconf-set-selections"):
        return True
    return subprocess.run(["debconf-set-selections"], input=_ANSWERS.encode(), check=False).returncode == 0


def _apt(*arguments: str, where: Path | None = None) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_MODE": "l", "LC_ALL": "C.UTF-8"}
    command = [*_APT, *arguments]
    done = subprocess.run(
        command, cwd=where, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode:
        words = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        _say(f"apt-get {arguments[0]} failed: {words[-1] if words else done.returncode}")
    return done.returncode == 0


@contextlib.contextmanager
def _no_services() -> Iterator[None]:
    """While packages are installed, nothing they bring may start by itself."""
    with _written(Path("/usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", mode=0o755):
        yield


@contextlib.contextmanager
def _no_database_cluster() -> Iterator[None]:
    """PostgreSQL's packages make a cluster and start it, unless told not to."""
    folder = Path("/etc/postgresql-common/createcluster.d")
    with _written(folder / "mailcrm-tests.conf", "create_main_cluster = false\n", mode=0o644):
        yield


@contextlib.contextmanager
def _written(path: Path, text: str, *, mode: int) -> Iterator[None]:
    """A file that is there for a while; one of the same name stays as it is."""
    if path.exists():
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
