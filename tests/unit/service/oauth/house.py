"""An application with one account that signs in by OAuth at the test server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mailcrm.config import Account
from mailcrm.model.oauth import Tokens, new_tokens
from mailcrm.service.app import App
from mailcrm.service.oauth.tokens import StoredTokens
from mailcrm.store import Store, sync_state, tokens
from tests.builders import NOW, a_config, a_store, a_write, an_account, an_app
from tests.servers.authorization import AuthorizationServer


class House:
    """The account `shop`, its store, and a clock that is set by hand."""

    def __init__(self, store: Store, server: AuthorizationServer, folder: Path, **imap: Any) -> None:
        self.store, self.server, self.now = store, server, NOW
        account = {
            "name": "shop",
            "address": server.user,
            "oauth": server.section(),
            "imap": {"host": "127.0.0.1", "port": 993, **imap},
        }
        self.app: App = an_app(store, a_config(folder, accounts=[account]))
        with a_write(store) as session:
            an_account(session, "shop")

    @property
    def account(self) -> Account:
        return self.app.config.accounts[0]

    def clock(self) -> datetime:
        return self.now

    def pass_time(self, **span: float) -> None:
        """Set the clock forward."""
        self.now += timedelta(**span)

    def source(self) -> StoredTokens:
        """A new one, as in another process."""
        return StoredTokens(self.app.config, self.account, self.store, self.clock)

    def sign_in(self) -> Tokens:
        """As if somebody had signed in."""
        given = self.server.give()
        lifetime = timedelta(seconds=given.get("expires_in", 3600))
        kept = new_tokens(given["access_token"], given["refresh_token"], lifetime, self.now)
        with a_write(self.store) as session:
            tokens.save_tokens(session, sync_state.get_account(session, "shop").id, kept, self.store.keys.master)
        return kept


@contextmanager
def a_house(folder: Path, **imap: Any) -> Iterator[House]:
    """With its authorization server running."""
    with AuthorizationServer() as server, a_store(folder) as store:
        yield House(store, server, folder, **imap)
