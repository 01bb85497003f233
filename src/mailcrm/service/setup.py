"""What `mailcrm init` and `accounts add` do once all questions are answered: keys, database, secret, configuration.

The configuration file comes last and by rename: whatever interrupts before leaves no half-made installation behind.
"""

import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tomlkit

from mailcrm.clock import Clock
from mailcrm.config import Config, load_config, parse_config
from mailcrm.errors import ConfigError, Conflict
from mailcrm.model.account import AccountPolicy
from mailcrm.model.address import address_key
from mailcrm.model.provider import Server
from mailcrm.model.rights import Actor
from mailcrm.service.answers import NewAccount, NewClient, NewHouse, require_new
from mailcrm.service.bootstrap import build_app, open_configured_store
from mailcrm.store import Store, audit, migrate, sync_state
from mailcrm.store.secrets import NAMES, create_keys, key_dir

_WHERE = "Where the secret is; also {env = ...}, {command = [...]}, {credential = ...}."


def install(path: Path, house: NewHouse, account: NewAccount, clock: Clock, actor: Actor) -> Config:
    """Make a new installation with its first mailbox. Raises Conflict, ConfigError, StoreBusy; nothing is overwritten."""
    require_new(path)
    text = f"{house_text(house)}\n\n{account_text(account, secret_path(house.state, account.name))}"
    config = _parsed(text, path)
    with _files(path):
        _make_state(config.state_dir)
    _make_database(config, account, clock)
    _commit(path, text, config, account, mode=0o600)
    _register(config, account, clock, actor)
    return config


def add(path: Path, account: NewAccount, clock: Clock, actor: Actor) -> Config:
    """Add a mailbox to an installation; its file keeps every comment. Raises Conflict, ConfigError, StoreBusy."""
    before = load_config(path)
    require_free(before, account.name, account.address)
    old = path.read_text("utf-8")
    # At the end, where a table of tables may go on; tomlkit would put it in the middle and part comments from their keys.
    text = f"{old.rstrip()}\n\n\n{account_text(account, secret_path(before.state_dir, account.name))}"
    config = _parsed(text, path)
    with _open(before) as store:
        migrate.require_current(store)
        _require_free_row(store, account)
    _commit(path.resolve(), text, config, account, mode=path.stat().st_mode & 0o777)
    _register(config, account, clock, actor)
    return config


def require_free(config: Config, name: str, address: str) -> None:
    """Raises Conflict if the configuration has the name or the address."""
    if config.account(name):
        raise Conflict(f"there is an account {name!r} already; give another name with --name")
    if any(address_key(each.address) == address_key(address) for each in config.accounts):
        raise Conflict(f"the mailbox {address} is configured already")


def secret_path(state: Path, name: str) -> Path:
    """Where `init` keeps the secret of an account."""
    return state / "secrets" / name


def _make_state(state: Path) -> None:
    require_keys(state)
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    create_keys(state)


def require_keys(state: Path) -> None:
    """Raises ConfigError for an archive without its keys: with new ones its opt-outs would be unreadable (decisions.md 11)."""
    missing = [name for name in NAMES if not (key_dir(state) / name).exists()]
    database = state / "mailcrm.db"
    if missing and database.exists() and database.stat().st_size:
        raise ConfigError(
            f"{state} holds an archive, but not its keys ({', '.join(missing)}): restore {key_dir(state)} from your "
            "backup, or choose another directory with --state"
        )


def _make_database(config: Config, account: NewAccount, clock: Clock) -> None:
    with _open(config) as store:
        migrate.upgrade(store, clock())
        _require_free_row(store, account)


@contextmanager
def _open(config: Config) -> Iterator[Store]:
    store = open_configured_store(config)
    try:
        yield store
    finally:
        store.close()


def _require_free_row(store: Store, account: NewAccount) -> None:
    """The archive knows accounts that left the configuration: a name must not take over another mailbox's history."""
    with store.read() as session:
        rows = sync_state.list_accounts(session)
    same = next((row for row in rows if row.name == account.name), None)
    if same is not None and address_key(same.address) != address_key(account.address):
        raise Conflict(f"the archive knows {account.name!r} as {same.address}; give another name with --name")


def _register(config: Config, account: NewAccount, clock: Clock, actor: Actor) -> None:
    """The row of the account, with its initial policy, and who did it."""
    app = build_app(config, clock=clock)
    try:
        with app.store.write(actor) as session:
            row = sync_state.get_account(session, account.name)
            audit.append_audit(session, "account.add", f"account:{row.id}", clock())
    finally:
        app.store.close()


def _parsed(text: str, path: Path) -> Config:
    """What is about to be written must be what `load_config` accepts."""
    try:
        return parse_config(tomllib.loads(text), str(path))
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{path}: accounts are not written as [[accounts]] tables; add the mailbox by hand") from exc


# --- files -------------------------------------------------------------------------------------------------------


def _commit(path: Path, text: str, config: Config, account: NewAccount, *, mode: int) -> None:
    """The secret, then the configuration that names it; neither without the other."""
    secret = secret_path(config.state_dir, account.name)
    before = secret.read_bytes() if secret.exists() else None
    with _files(path):
        try:
            if account.secret:
                secret.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                _replace(secret, f"{account.secret}\n", 0o600)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _replace(path, text, mode)
        except BaseException:
            if not (path.exists() and path.read_text("utf-8") == text):
                secret.unlink(missing_ok=True) if before is None else secret.write_bytes(before)
            raise


@contextmanager
def _files(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise ConfigError(f"cannot write {exc.filename or path}: {exc.strerror or exc}") from exc


def _replace(path: Path, text: str, mode: int) -> None:
    """Write beside, then rename: whoever reads sees the old file or the new one."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)  # of somebody who was killed
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(mode)
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


# --- TOML --------------------------------------------------------------------------------------------------------


def house_text(house: NewHouse) -> str:
    """The head of a configuration, commented."""
    document = tomlkit.document()
    document.add(tomlkit.comment("mailcrm, written by `mailcrm init`. After a change: mailcrm check"))
    document.add(
        tomlkit.comment(
            "All keys with their defaults and reasons: share/mailcrm/mailcrm.toml of the installation (config/ in its sources)."
        )
    )
    document.add(tomlkit.nl())
    why = "The database, the keys, the secrets and attachments. Back it up, with its keys/."
    _put(document, "state", str(house.state.absolute()), why)
    _put(document, "language", house.language, 'Of texts that mailcrm itself writes: "en" or "zh-CN".')
    document.add(tomlkit.nl())
    document["company"] = _company(house)
    document["public"] = _public()
    return document.as_string()


def _company(house: NewHouse) -> Any:
    table = tomlkit.table()
    _put(table, "name", house.company, "Stands in the From line of campaigns.")
    _put(table, "domains", list(house.domains), "Addresses in our domains are colleagues and never become customers.")
    _put(table, "postal_address", "", "Many laws want it in every marketing mail.")
    table.add(tomlkit.nl())
    return table


def _public() -> Any:
    table = tomlkit.table()
    table.add(
        tomlkit.comment("Where the world reaches the unsubscribe links; without it campaigns are limited to 200.")
    )
    table.add(tomlkit.comment('base_url = "https://mail.mytrade.example"'))
    return table


def account_text(account: NewAccount, secret: Path) -> str:
    """The table of one mailbox, commented; `secret` is the file its secret is in."""
    table = tomlkit.table()
    _put(table, "name", account.name, "Identifies the account for ever.")
    _put(table, "address", account.address)
    _put(table, "login", account.login)
    reference = tomlkit.inline_table()
    reference["file"] = str(secret.absolute())
    if account.oauth is None:
        _put(table, "secret", reference, _WHERE)
    _put(table, "secret_expires", account.secret_expires, "`mailcrm check` warns 14 days before.")
    _put(table, "since", account.since, "Mail that arrived before this day is left out.")
    why = '"now", or "when opened": until then they stay on the server.'
    _put(table, "attachments", account.attachments.value, why)
    if account.oauth is not None:
        table["oauth"] = _client(account.oauth, reference if account.secret else None)
    table["imap"] = _server(account.imap, account.ca_file)
    if account.smtp is not None:
        table["smtp"] = _server(account.smtp, account.ca_file, "Nothing is sent before `mailcrm send on`.")
    table["initial"] = _initial(account.policy)
    document, accounts = tomlkit.document(), tomlkit.aot()
    accounts.append(table)
    document.append("accounts", accounts)
    return document.as_string()


def _client(client: NewClient, reference: Any) -> Any:
    table = tomlkit.table()
    _put(table, "provider", client.provider.value, "One signs in in the browser: mailcrm accounts sign-in NAME")
    _put(table, "client_id", client.id)
    _put(table, "client_secret", reference, _WHERE)
    return table


def _server(server: Server, ca_file: Path | None, why: str = "") -> Any:
    table = tomlkit.table()
    _put(table, "host", server.host, why)
    _put(table, "port", server.port)
    _put(table, "security", server.security.value)
    _put(table, "ca_file", None if ca_file is None else str(ca_file.absolute()))
    return table


def _initial(policy: AccountPolicy) -> Any:
    table = tomlkit.table()
    _put(table, "capture", policy.capture.value, "The beginning only; afterwards `mailcrm accounts set` decides.")
    _put(table, "visibility", policy.visibility.value)
    _put(table, "customer_when", policy.customer_when.value)
    return table


def _put(table: Any, key: str, value: Any, why: str = "") -> None:
    """A key with its reason above it; nothing if there is no value."""
    if value is None:
        return
    if why:
        table.add(tomlkit.comment(why))
    table.add(key, value)
