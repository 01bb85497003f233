"""Signs somebody in to an account: in the browser of this machine, of another one, or on another device.

page of the provider -> code (with state and PKCE) -> tokens -> they open the mailbox -> kept, encrypted
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from mailcrm.config import Account
from mailcrm.errors import LoginRefused, TransientError, UserError
from mailcrm.model.oauth import Tokens
from mailcrm.model.rights import Actor
from mailcrm.service.accounts import imap_login, resume_account
from mailcrm.service.app import App
from mailcrm.service.logins import try_imap
from mailcrm.service.oauth.redirect import Listener, read_redirect
from mailcrm.service.oauth.server import AuthorizationServer
from mailcrm.service.oauth.tokens import StoredTokens, again, authorization_server
from mailcrm.store import audit, sync_state

PATIENCE_SECONDS = 600.0
"""How long somebody has to sign in."""

# The address that a pasted redirect goes to: nobody listens there, and the browser shows it all the same.
_PASTE_PORT = 28765
_LEAST_SECONDS, _SLOWER_SECONDS = 0.5, 5.0

Show = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What came of it. `trouble`: why the mailbox could not be opened to see, '' if it could."""

    who: str
    trouble: str = ""


def require_oauth(app: App, name: str) -> Account:
    """The account. Raises NotFound, and UserError for one that signs in by a password."""
    account = app.account(name)
    if account.oauth is None:
        raise UserError(
            f"{name} signs in with a password; to sign in by OAuth, give it the table accounts.oauth in place of secret"
        )
    return account


def by_browser(app: App, account: Account, show: Show) -> Tokens:
    """By a browser on this machine; `show` is given the page to open. Raises UserError, and what the server raises."""
    server, host = _server(app, account)
    with Listener() as listener:
        attempt = server.begin(f"http://{host}:{listener.port}/")
        show(attempt.url)
        return server.exchange(attempt, read_redirect(listener.wait(attempt.state, PATIENCE_SECONDS), attempt.state))


def by_paste(app: App, account: Account, show: Show, ask: Callable[[], str]) -> Tokens:
    """By a browser anywhere: its last page cannot be loaded, but its address holds the code; `ask` returns that."""
    server, host = _server(app, account)
    attempt = server.begin(f"http://{host}:{_PASTE_PORT}/")
    show(attempt.url)
    return server.exchange(attempt, read_redirect(ask(), attempt.state))


def by_device(app: App, account: Account, show: Callable[[str, str], None]) -> Tokens:
    """By typing a code on another device; `show` is given the page and the code."""
    server, _ = _server(app, account)
    device = server.begin_device()
    show(device.url, device.user_code)
    deadline = time.monotonic() + device.expires_in
    interval = device.interval
    while time.monotonic() < deadline:
        time.sleep(max(interval, _LEAST_SECONDS))
        try:
            found = server.ask_device(device)
        except TransientError:
            interval += _SLOWER_SECONDS  # RFC 8628, 3.5: when it says slow_down, and when it does not answer
            continue
        if found is not None:
            return found
    raise UserError(f"nobody signed in in time: {again(account)}")


def keep(app: App, actor: Actor, account: Account, tokens: Tokens) -> SignedIn:
    """Keep the tokens if they open the mailbox, and let the daemon try at once.

    Raises UserError if the mailbox does not open: then nothing is changed.
    """
    trouble = ""
    try:
        try_imap(imap_login(app.config, account, lambda _refused="": tokens.access))
    except LoginRefused as exc:
        who = f"You signed in as {tokens.who}, and the mailbox is that of {account.login_name}. " if tokens.who else ""
        raise UserError(f"{exc.message} {who}Nothing was changed; {again(account)}") from exc
    except TransientError as exc:  # a code is good once: better to keep what it gave
        trouble = exc.message
    StoredTokens(app.config, account, app.store, app.clock).replace(tokens)
    with app.store.write(actor) as session:
        row = sync_state.get_account(session, account.name)
        audit.append_audit(session, "account.sign_in", f"account:{row.id}", app.clock())
    resume_account(app, actor, account.name)
    return SignedIn(tokens.who, trouble)


def _server(app: App, account: Account) -> tuple[AuthorizationServer, str]:
    """Who is asked, and the name of this machine by which it sends browsers back."""
    assert account.oauth is not None
    return authorization_server(app.config, account, app.clock), account.oauth.endpoints().redirect_host
