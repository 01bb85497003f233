"""The keys of this installation: STATE/keys/{hmac,links,master}, made once by `init`, never silently made again.

A new `hmac` key would make every suppression unreadable and so mail people who opted out: a missing key beside a
non-empty store is an error (decisions.md 11).
"""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from mailcrm.errors import ConfigError
from mailcrm.model.token import LinkKeys

NAMES = ("hmac", "links", "master")
_BYTES = 32


@dataclass(frozen=True)
class Keys:
    """`hmac` hashes addresses for suppression, `links` sign public links, `master` encrypts secrets at rest."""

    hmac: bytes = field(repr=False)
    links: LinkKeys = field(repr=False)
    master: bytes = field(repr=False)


def key_dir(state_dir: Path) -> Path:
    """Where the keys lie."""
    return state_dir / "keys"


def create_keys(state_dir: Path) -> list[Path]:
    """Make the keys that are missing, readable by their owner only. Returns the files made."""
    folder = key_dir(state_dir)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return [path for name in NAMES if _create(path := folder / name)]


def _create(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return True


def load_keys(state_dir: Path, overrides: dict[str, str]) -> Keys:
    """The keys from their files, or from `overrides` (name -> text). Raises ConfigError with what to do."""
    found = {name: _lines(overrides[name] if name in overrides else _text(key_dir(state_dir) / name)) for name in NAMES}
    empty = [name for name, lines in found.items() if not lines]
    if empty:
        raise ConfigError(f"the key {empty[0]} is empty; restore {key_dir(state_dir)} from your backup")
    return Keys(hmac=found["hmac"][0], links=LinkKeys(tuple(found["links"])), master=found["master"][0])


def _text(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text("ascii")
    except FileNotFoundError as exc:
        raise ConfigError(
            f"the key {path} is missing. If this is a new installation run `mailcrm init`; otherwise restore "
            f"{path.parent} from your backup: without the old key opt-outs cannot be recognised"
        ) from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"the key {path} cannot be read: {exc}") from exc
    if mode & 0o077:
        raise ConfigError(f"the key {path} can be read by others; run: chmod 600 {path}")
    return text


def _lines(text: str) -> list[bytes]:
    return [line.strip().encode() for line in text.splitlines() if line.strip()]
