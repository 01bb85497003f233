"""The settings: TOML on disk, frozen values in memory, every problem reported at once by its key.

Nothing is read at import time. A room receives its section, never the whole `Config`. Secrets are references and are
read when they are needed: `{file = ...}`, `{env = ...}`, `{command = [...]}`, `{credential = ...}` (systemd).
"""

from mailcrm.config.accounts import Account
from mailcrm.config.load import find_config, load_config, parse_config, search_path
from mailcrm.config.section import Secret, Section
from mailcrm.config.settings import Company, Config, KeySection, LogSection, ServiceSection

__all__ = [
    "Account",
    "Company",
    "Config",
    "KeySection",
    "LogSection",
    "Secret",
    "Section",
    "ServiceSection",
    "find_config",
    "load_config",
    "parse_config",
    "search_path",
]
