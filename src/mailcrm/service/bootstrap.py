"""The only composition root: from a configuration to an application."""

from typing import TYPE_CHECKING

from mailcrm.clock import Clock, utc_now
from mailcrm.config import Config, KeySection
from mailcrm.errors import ConfigError
from mailcrm.service.accounts import sync_accounts
from mailcrm.service.app import App
from mailcrm.store import Store, migrate, open_store
from mailcrm.store.secrets import NAMES, load_keys

if TYPE_CHECKING:
    from mailcrm.campaigns.delivery.transport import Transport


def open_configured_store(config: Config) -> Store:
    """The store as configured, whatever its schema. Raises ConfigError: keys, URL, rights of the state directory."""
    state = config.state_dir
    if not state.is_dir():
        raise ConfigError(f"state: {state} does not exist; `mailcrm init` makes it")
    keys = load_keys(state, _overrides(config.keys))
    return open_store(config.database_url(), keys, state, numbers=config.numbers.parsed())


def _overrides(section: KeySection) -> dict[str, str]:
    found = {name: getattr(section, name) for name in NAMES}
    return {name: secret.read(f"keys.{name}") for name, secret in found.items() if secret is not None}


def build_app(config: Config, *, clock: Clock = utc_now, transports: "dict[str, Transport] | None" = None) -> App:
    """Everything wired, the accounts of the configuration in the store. Raises ConfigError and StoreBusy.

    `transports` replaces the SMTP server of accounts by name, e.g. to write mails to files.
    """
    store = open_configured_store(config)
    try:
        migrate.require_current(store)
        app = App(config, store, clock, config.own_addresses(), dict(transports or {}))
        sync_accounts(app)
    except BaseException:
        store.close()
        raise
    return app
