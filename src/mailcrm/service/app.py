"""The application as one frozen value: what every face and every job is handed."""

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailcrm.clock import Clock
from mailcrm.config import Account, Config
from mailcrm.errors import NotFound
from mailcrm.model.address import OwnAddresses
from mailcrm.store import Store

if TYPE_CHECKING:  # to read a mailbox nobody needs to know how mail is sent
    from mailcrm.campaigns.delivery.transport import Transport


@dataclass(frozen=True)
class Signals:
    """How jobs of one process wake each other; across processes they find the work by looking."""

    filed: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class App:
    """Built by `bootstrap.build_app`, the only composition root. `transports` are ways out that replace an SMTP server."""

    config: Config
    store: Store
    clock: Clock
    own: OwnAddresses
    transports: "dict[str, Transport]"
    signals: Signals = field(default_factory=Signals)

    def account(self, name: str) -> Account:
        """The configured account of that name; raises NotFound."""
        found = self.config.account(name)
        if found is None:
            raise NotFound(f"no account {name!r} in the configuration")
        return found
