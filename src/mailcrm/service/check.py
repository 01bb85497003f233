"""Looks at everything that must be right before the service can do its work, and says of each problem what to do."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mailcrm.config import Config, Secret, load_config
from mailcrm.errors import ConfigError, MailcrmError
from mailcrm.service.bootstrap import open_configured_store
from mailcrm.service.holding import daemons
from mailcrm.service.listening import listen, place
from mailcrm.store import Store, leases, migrate, settings, sync_state
from mailcrm.store.engine import database_now
from mailcrm.store.secrets import NAMES, key_dir
from mailcrm.store.sync_state import AccountRow

_LITTLE_DISK = 0.1
_REFERENCE = "every key is described in share/mailcrm/mailcrm.toml where mailcrm is installed (config/ in its sources)"


class Level(StrEnum):
    """How a thing stands. Only an error keeps something from working."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `key` is where in the configuration, `fix` what to do, in one sentence."""

    level: Level
    key: str
    text: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the store knows that a check needs."""

    rows: dict[str, AccountRow]
    sending: bool
    running: bool


@dataclass(frozen=True, slots=True)
class House:
    """The findings about everything but the mailboxes, and what can be used for looking at those."""

    findings: list[Finding]
    config: Config | None = None
    standing: Standing | None = None


def check_house(path: Path) -> House:
    """Everything on this machine, in the order in which one thing needs the other. Nobody else is contacted, but the
    database server."""
    try:
        config = load_config(path)
    except ConfigError as exc:
        return House(list(_config_problems(exc)))
    base = [*_state_problems(config.state_dir), *_key_problems(config), *_public_secrets(path, config)]
    standing, store = (None, []) if _broken(base) else _store_findings(config)
    running = standing is not None and standing.running
    findings = [ok("(file)", f"{path} can be read"), *base, *store, *_public(config, running=running)]
    return House(findings, config, standing)


def _broken(findings: list[Finding]) -> bool:
    return any(finding.level is Level.ERROR for finding in findings)


def _store_findings(config: Config) -> tuple[Standing | None, list[Finding]]:
    """The database, for which the state directory and its keys must be right."""
    right = ok("state", f"{config.state_dir} can be written, and its keys are there")
    standing = _standing(config)
    if isinstance(standing, Finding):
        return None, [right, standing]
    sending = "sending is on" if standing.sending else "sending is off; switch it on with: mailcrm send on"
    return standing, [
        right,
        ok("store", "the database answers, with the schema of this version"),
        ok("sending", sending),
    ]


def ok(key: str, text: str) -> Finding:
    """All is well."""
    return Finding(Level.OK, key, text)


def warning(key: str, text: str, fix: str) -> Finding:
    """It works, but somebody should know."""
    return Finding(Level.WARNING, key, text, fix)


def error(key: str, text: str, fix: str = "") -> Finding:
    """It does not work."""
    return Finding(Level.ERROR, key, text, fix)


# --- configuration -----------------------------------------------------------------------------------------------


def _config_problems(exc: ConfigError) -> Iterator[Finding]:
    if not exc.problems:
        yield error("(file)", exc.message, _REFERENCE)
    for problem in exc.problems:
        key, _, text = problem.partition(": ")
        yield error(key, text, _REFERENCE if "unknown key" in text else "")


def _public_secrets(path: Path, config: Config) -> Iterator[Finding]:
    """A password written into the URL instead of being referred to."""
    login = (config.store.url or "").partition("://")[2].rpartition("@")[0]
    if ":" in login and "{password}" not in login and path.stat().st_mode & 0o077:
        fix = f"write {{password}} in its place and give store.password, or run: chmod 600 {path}"
        yield warning("store.url", f"a password stands in {path}, which others can read", fix)


def unreadable(key: str, secret: Secret) -> Finding | None:
    """Whether a secret cannot be read. Its value goes nowhere."""
    try:
        secret.read(key)
    except ConfigError as exc:
        return error(key, exc.message.removeprefix(f"{key}: "), _secret_fix(secret))
    return None


def too_open(key: str, secret: Secret) -> Finding | None:
    """Whether others can read the file of a secret."""
    if secret.file is None or not secret.file.expanduser().exists():
        return None
    path = secret.file.expanduser()
    if path.stat().st_mode & 0o007:
        return error(key, f"everybody on this machine can read {path}", f"run: chmod 600 {path}")
    if path.stat().st_mode & 0o070:
        return warning(key, f"the group of {path} can read it", f"run: chmod 600 {path}")
    return None


def _secret_fix(secret: Secret) -> str:
    if secret.file is not None:
        return f"write the secret into {secret.file}, readable by the user that runs mailcrm (chmod 600)"
    if secret.env is not None:
        return f"set {secret.env} in the environment of the service"
    if secret.credential is not None:
        return f"add LoadCredential={secret.credential}:/PATH to the unit; outside the service it cannot be read"
    return "run the command by hand, as the user that runs mailcrm, and see what it says"


# --- state and keys ----------------------------------------------------------------------------------------------


def _state_problems(state: Path) -> Iterator[Finding]:
    if not state.is_dir():
        yield error("state", f"{state} does not exist", "run: mailcrm init (or restore it from your backup)")
        return
    probe = state / f".check-{os.getpid()}"
    try:
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as exc:
        fix = "give it to the user that runs mailcrm, or free disk space"
        yield error("state", f"{state} cannot be written: {exc.strerror}", fix)
    if state.stat().st_mode & 0o077:
        yield warning("state", f"others can look into {state}", f"run: chmod 700 {state}")
    disk = shutil.disk_usage(state)
    if disk.free < disk.total * _LITTLE_DISK:
        yield warning("state", f"{disk.free / 1e9:.1f} GB of disk are free, less than a tenth", "make room")


def _key_problems(config: Config) -> Iterator[Finding]:
    for name in NAMES:
        override: Secret | None = getattr(config.keys, name)
        if override is not None:
            found = unreadable(f"keys.{name}", override) or too_open(f"keys.{name}", override)
        else:
            found = _key_file_problem(name, key_dir(config.state_dir) / name)
        if found is not None:
            yield found


def _key_file_problem(name: str, path: Path) -> Finding | None:
    key = f"keys.{name}"
    try:
        text, mode = path.read_text("ascii"), path.stat().st_mode
    except FileNotFoundError:
        fix = f"restore {path.parent} from your backup; in a new installation run: mailcrm init"
        return error(key, f"{path} is missing; without the old key opt-outs cannot be recognised", fix)
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "not a key"
        return error(key, f"{path} cannot be read: {reason}", "give it to the user that runs mailcrm")
    if mode & 0o077:
        return error(key, f"others can read {path}", f"run: chmod 600 {path}")
    return None if text.strip() else error(key, f"{path} is empty", f"restore {path.parent} from your backup")


# --- store -------------------------------------------------------------------------------------------------------


def _standing(config: Config) -> Standing | Finding:
    """What the store says, or why it says nothing. Changes nothing, and does not even make an empty database."""
    file = config.state_dir / "mailcrm.db"
    if config.store.url is None and not file.exists():
        return error("store", f"{file} does not exist", "run: mailcrm db upgrade")
    try:
        store = open_configured_store(config)
    except MailcrmError as exc:
        return error("store", exc.message, "correct store.url and store.password")
    try:
        migrate.require_current(store)
        return _read_standing(store)
    except MailcrmError as exc:
        fix = "run: mailcrm db upgrade" if isinstance(exc, ConfigError) else "is the database server running?"
        return error("store", exc.message, "" if "run:" in exc.message else fix)
    finally:
        store.close()


def _read_standing(store: Store) -> Standing:
    with store.read() as session:
        now = database_now(session)
        running = bool(daemons(leases.list_leases(session), now))
        rows = {row.name: row for row in sync_state.list_accounts(session)}
        return Standing(rows, settings.sending_enabled(session), running)


# --- the public endpoint -----------------------------------------------------------------------------------------


def _public(config: Config, *, running: bool) -> Iterator[Finding]:
    public = config.public
    if public.base_url is None and any(account.smtp for account in config.accounts):
        limit = config.sending.limit_without_base_url
        yield warning(
            "public.base_url",
            f"is not set: people unsubscribe by mail, and marketing campaigns have at most {limit} recipients",
            "put a proxy with TLS before the endpoint and give its address, as https://mail.mytrade.example",
        )
    elif public.base_url is not None and not public.base_url.startswith("https://"):
        yield warning("public.base_url", "only this machine can reach it", "give an https address for real campaigns")
    if public.enabled:
        yield _port(public.listen, public.port, running=running)
    elif public.base_url is not None:
        yield error("public.enabled", "base_url is set, but nothing answers there", "set public.enabled = true")


def _port(host: str, port: int, *, running: bool) -> Finding:
    if running:
        return ok("public.port", f"mailcrm is running; {place(host, port)} is its own")
    try:
        listen(host, port).close()
    except ConfigError as exc:
        key, _, text = exc.message.partition(": ")
        fix = "choose another public.port, or stop the program that listens there" if key == "public.port" else ""
        return error(key, text, fix)
    return ok("public.port", f"{place(host, port)} is free")
