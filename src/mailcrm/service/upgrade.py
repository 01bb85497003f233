"""The database before the daemon starts: SQLite is upgraded by itself, a shared one only by an administrator."""

from mailcrm.clock import utc_now
from mailcrm.config import Config
from mailcrm.log import get_logger
from mailcrm.service.bootstrap import open_configured_store
from mailcrm.store import migrate

_log = get_logger("mailcrm.upgrade")


def upgrade_if_embedded(config: Config) -> None:
    """SQLite: copy, then upgrade. PostgreSQL and MariaDB: nothing; `build_app` refuses and names the command."""
    store = open_configured_store(config)
    try:
        if store.dialect == "sqlite" and migrate.current_revision(store) != migrate.HEAD:
            copy = migrate.upgrade(store, utc_now())
            _log.info("database upgraded", revision=migrate.HEAD, copy=str(copy) if copy else None)
    finally:
        store.close()
