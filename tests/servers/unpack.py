"""Fetches Debian packages and unpacks them into a folder, for servers that cannot be installed beside others."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

# What they are linked with has to be installed; these are for programs that no test starts, and bring much with them.
_NEEDLESS = ("libclamav", "libzephyr")

Apt = Callable[..., bool]
"""Runs apt-get with arguments, in the folder `where`; whether it did."""


def unpack(packages: Sequence[str], target: Path, apt: Apt) -> bool:
    """Programs of `packages` into `target`, and the libraries that they need into the system. Needs root.

    `target` is there whole or not at all.
    """
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        place = Path(name)
        if not apt("download", *packages, where=place):
            return False
        archives = sorted(place.glob("*.deb"))
        libraries = sorted({each for archive in archives for each in _libraries(_field(archive, "Depends"))})
        # --no-upgrade: those that are there already are not to change for the sake of a test.
        if not apt("install", "--yes", "--no-install-recommends", "--no-remove", "--no-upgrade", *libraries):
            return False
        for archive in archives:
            subprocess.run(["dpkg-deb", "--extract", archive, place / "root"], check=True)
        shutil.rmtree(target, ignore_errors=True)
        (place / "root").rename(target)
    return True


def _field(archive: Path, field: str) -> str:
    return subprocess.run(["dpkg-deb", "--field", archive, field], capture_output=True, text=True, check=True).stdout


def _libraries(depends: str) -> list[str]:
    """The libraries among what a package depends on ("libc6 (>= 2.34), gawk, libdb5.3 | libdb5.4")."""
    names = [each.split("|")[0].split("(")[0].strip() for each in depends.split(",")]
    return [name for name in names if name.startswith("lib") and not name.startswith(_NEEDLESS)]
