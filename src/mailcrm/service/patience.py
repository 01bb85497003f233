"""What becomes of an account after a failure: when it is tried again, and what alone stops the tries.

Only a login that is proved to be wrong parks an account at once. An unclear refusal gets three tries over 30 minutes; a
lost network, a busy server, an expired certificate or a missing secret are tried again for ever.
"""

import hashlib
import hmac
from datetime import timedelta
from random import Random

from mailcrm.config import Account
from mailcrm.errors import ConfigError, LoginRefused, LoginUnclear, MailcrmError, Throttled
from mailcrm.ingest.imap.mailbox import Suspended
from mailcrm.log import get_logger
from mailcrm.model.account import AccountState
from mailcrm.model.backoff import account_delay, hinted_delay, login_delay
from mailcrm.model.rights import Actor
from mailcrm.service.accounts import account_row, resume_account
from mailcrm.service.app import App
from mailcrm.store import sync_state
from mailcrm.store.sync_state import AccountRow

_ACTOR = Actor.system("watch")
_PARKED_LOOK = timedelta(minutes=1)
_COMMAND_LOOK = timedelta(minutes=15)
_log = get_logger("mailcrm.service")


def wait_after(exc: MailcrmError, fails: int, refusals: int, chance: Random) -> timedelta | None:
    """How long to wait; None: no further try. `fails` and `refusals` in a row, this one included."""
    if isinstance(exc, Suspended):  # this machine slept: nobody's fault, and mail may have waited for hours
        return timedelta(0)
    if isinstance(exc, LoginUnclear):
        return login_delay(refusals)
    if isinstance(exc, LoginRefused):
        return None
    delay = account_delay(fails, chance)
    return hinted_delay(delay, exc.wait) if isinstance(exc, Throttled) else delay


def after_failure(app: App, account: Account, exc: MailcrmError, chance: Random) -> timedelta:
    """Note why a mailbox was not read. Returns when its work is due again."""
    row = account_row(app.store, account.name)
    wait = wait_after(exc, row.fail_count + 1, row.refusals + 1, chance)
    if wait is None:
        return park(app, account, row, exc, "mailbox parked")
    if wait:
        with app.store.write(_ACTOR) as session:
            unclear = isinstance(exc, LoginUnclear)
            sync_state.note_failure(session, row.id, str(exc), app.clock() + wait, refused=unclear)
        _log.warning("mailbox not read", account=account.name, reason=exc.message, again_in=round(wait.total_seconds()))
    return wait


def park(app: App, account: Account, row: AccountRow, exc: MailcrmError, event: str) -> timedelta:
    """Stop trying, loudly. Returns when to look whether something has changed."""
    with app.store.write(_ACTOR) as session:
        sync_state.park_account(session, row.id, str(exc), login_digest(app, account))
    _log.error(event, account=account.name, reason=exc.message, next=f"mailcrm accounts resume {account.name}")
    return _look(account)


def parked(app: App, account: Account, row: AccountRow) -> timedelta | None:
    """When to look again at an account that is not to be used now; None: it is. Another login than the one that was
    refused starts it again; also the first that can be read, where it could not be read when it was parked."""
    if row.state == AccountState.ACTIVE:
        return None
    if row.state == AccountState.PARKED and _differs(app, account, row):
        _log.info("the login has changed: trying it", account=account.name)
        resume_account(app, _ACTOR, account.name)
        return None
    return _look(account)


def _differs(app: App, account: Account, row: AccountRow) -> bool:
    return login_digest(app, account) not in ("", row.refused_login)


def _look(account: Account) -> timedelta:
    """`accounts resume` is obeyed at once; a program that gives the secret may ask somebody to touch a key."""
    return _COMMAND_LOOK if account.secret is not None and account.secret.command else _PARKED_LOOK


def login_digest(app: App, account: Account) -> str:
    """What the servers are shown, unreadable without our key; '' if the secret cannot be read."""
    try:
        secret = account.password
    except ConfigError:
        return ""
    hosts = [server.host for server in (account.imap, account.smtp) if server]
    shown = "\0".join(["login", *hosts, account.login_name, secret])
    return hmac.new(app.store.keys.hmac, shown.encode(), hashlib.sha256).hexdigest()
