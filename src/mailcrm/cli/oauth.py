"""`mailcrm accounts sign-in`: shows the page to sign in on, waits, and says what came of it; loaded only then."""

from typing import TYPE_CHECKING

import typer

from mailcrm.cli.console import err
from mailcrm.cli.context import Context, say, warn
from mailcrm.errors import UserError
from mailcrm.service import signing_in

if TYPE_CHECKING:
    from mailcrm.config import Account
    from mailcrm.model.oauth import Tokens
    from mailcrm.service.app import App


def sign_in_to(context: Context, name: str, *, paste: bool, device: bool) -> None:
    """Sign somebody in to the account. Raises UserError, and what the provider's server raises."""
    if paste and device:
        raise UserError("--paste and --device are two ways; choose one")
    with context.app() as crm:
        account = signing_in.require_oauth(crm, name)
        tokens = _by_device(crm, account) if device else _by_page(crm, account, paste=paste)
        with err.status(f"Signing in to {account.imap.host} ..."):
            done = signing_in.keep(crm, context.actor, account, tokens)
    say(f"{name}: signed in{f' as {done.who}' if done.who else ''}; a running daemon reads it at once", "green")
    if done.trouble:
        warn(f"The tokens are kept, but whether they open the mailbox could not be seen: {done.trouble}")


def _by_page(crm: "App", account: "Account", *, paste: bool) -> "Tokens":
    def show(url: str) -> None:
        say(f"Open this page{'' if paste else ' in a browser on this machine'} and sign in as {account.login_name}:")
        say(url)

    if not paste:

        def show_and_wait(url: str) -> None:
            show(url)
            say("Waiting for the browser (Ctrl-C stops). It runs on another machine? Then add --paste", "dim")

        return signing_in.by_browser(crm, account, show_and_wait)

    def ask() -> str:
        say("The last page cannot be loaded: that is right. Copy its whole address, which begins with http://")
        answer: str = typer.prompt("Address")
        return answer

    return signing_in.by_paste(crm, account, show, ask)


def _by_device(crm: "App", account: "Account") -> "Tokens":
    def show(url: str, code: str) -> None:
        say(f"On any device open {url} and type {code}, then sign in as {account.login_name}. Waiting (Ctrl-C stops)")

    return signing_in.by_device(crm, account, show)
