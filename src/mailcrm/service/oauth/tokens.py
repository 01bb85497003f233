"""The one source of an account's access tokens: from the store while they are good, else renewed, by one at a time.

Threads and processes that need a token at the same time must not all renew it: some providers take a refresh token only
once. Who renews holds a lease in the store; the others wait and take what it got.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from mailcrm.clock import Clock
from mailcrm.config import Account, Config
from mailcrm.errors import Conflict, ConnectionLost, LoginRefused, TransientError
from mailcrm.model.oauth import Tokens
from mailcrm.model.proxy import parse_proxy
from mailcrm.model.rights import Actor
from mailcrm.service.holding import held
from mailcrm.service.retry import store_retry
from mailcrm.store import Store, leases, sync_state, tokens

if TYPE_CHECKING:
    from mailcrm.service.oauth.server import AuthorizationServer

_ACTOR = Actor.system("oauth")
_LIFE = timedelta(seconds=30)
_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 120.0


class StoredTokens:
    """A `TokenSource` over the store."""

    def __init__(self, config: Config, account: Account, store: Store, clock: Clock) -> None:
        self._config, self._account, self._store, self._clock = config, account, store, clock

    def __call__(self, refused: str = "") -> str:
        """See `TokenSource`."""
        found = self._load()
        return found.access if found.good(self._clock(), refused) else self._renewed(refused).access

    def _load(self) -> Tokens:
        name, found = self._account.name, None
        with self._store.read() as session:
            row = next((each for each in sync_state.list_accounts(session) if each.name == name), None)
            if row is not None:  # an account that was just configured has none before the next command
                found = tokens.load_tokens(session, row.id, self._store.keys.master)
        if found is None:
            raise LoginRefused(f"nobody has signed in to {name} yet; run: {_command(self._account)}")
        return found

    def replace(self, new: Tokens) -> None:
        """Keep what a new sign-in gave. Raises StoreBusy, and ConnectionLost like the rest."""
        with self._alone():
            store_retry(lambda: self._save(new))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lease on these tokens, as soon as nobody else does."""
        with ExitStack() as stack:
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while True:
                try:
                    stack.enter_context(held(self._store, tokens.lease_name(self._account.name), leases.TOKEN, _LIFE))
                    break
                except Conflict:
                    if time.monotonic() > deadline:
                        raise ConnectionLost(
                            f"somebody else renews the tokens of {self._account.name}, for minutes"
                        ) from None
                time.sleep(_LOOK_SECONDS)
            yield

    def _renewed(self, refused: str) -> Tokens:
        with self._alone():
            return self._renew(refused)

    def _renew(self, refused: str) -> Tokens:
        old = self._load()  # again: somebody may have been faster
        now = self._clock()
        if old.good(now, refused):
            return old
        try:
            new = authorization_server(self._config, self._account, self._clock).renew(old)
        except TransientError:
            if now < old.expires_at and old.access != refused:
                return old
            raise
        # Before anybody sees them: the old refresh token may be worth nothing by now.
        store_retry(lambda: self._save(new))
        return new

    def _save(self, new: Tokens) -> None:
        with self._store.write(_ACTOR) as session:
            row = sync_state.get_account(session, self._account.name)
            tokens.save_tokens(session, row.id, new, self._store.keys.master)


def authorization_server(config: Config, account: Account, clock: Clock) -> "AuthorizationServer":
    """The account's, reached as its mail server is. Raises ConfigError if a secret cannot be read."""
    from mailcrm.service.oauth.server import AuthorizationServer  # only now: most of the time a token is still good
    from mailcrm.service.oauth.web import Web

    assert account.oauth is not None
    key = f"accounts.{account.name}"
    proxy = account.imap.proxy_url(f"{key}.imap.proxy_password")
    web = Web(parse_proxy(proxy) if proxy else None, config.sync.connect_timeout)
    return AuthorizationServer(account.oauth.client(f"{key}.oauth"), web, clock, again(account))


def again(account: Account) -> str:
    """What to do when tokens are of no use."""
    return f"sign in again: {_command(account)}"


def _command(account: Account) -> str:
    return f"mailcrm accounts sign-in {account.name}"
