"""Accounts of the configuration: their rows in the store, and what reading a mailbox needs (`senders`: sending)."""

import hashlib
import json

from mailcrm import __version__
from mailcrm.clock import Clock
from mailcrm.config import Account, Config
from mailcrm.ingest.capture import CaptureRules
from mailcrm.ingest.imap.job import SyncJob
from mailcrm.ingest.imap.mailbox import Login
from mailcrm.model.oauth import TokenSource
from mailcrm.model.provider import provider_for_host
from mailcrm.model.rights import Actor
from mailcrm.service.app import App
from mailcrm.store import Store, leases, settings, sync_state
from mailcrm.store.sync_state import AccountRow

_ACTOR = Actor.system("config")
_FOLLOWED = "config.followed"


def sync_accounts(app: App, *, always: bool = False) -> None:
    """Rows for the configured accounts; those that left the configuration are disconnected, their history stays.

    A command that finds the store as the configuration says writes nothing. The daemon looks `always`: it may be the
    one that filed mail by an older configuration until now.
    """
    fingerprint = _fingerprint(app)
    with app.store.read() as session:
        if not always and settings.get_setting(session, _FOLLOWED) == fingerprint:
            return
    from mailcrm.service.following import follow  # only now: most commands find nothing to do

    with app.store.write(_ACTOR) as session:
        follow(session, app)
        settings.put_setting(session, _FOLLOWED, fingerprint, app.clock())


def _fingerprint(app: App) -> str:
    """What the rows depend on: the accounts, all that is ours, and the version that tells it."""
    accounts = sorted((account.name, account.address) for account in app.config.accounts)
    words = [__version__, accounts, sorted(app.own.addresses), sorted(app.own.domains)]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()


def mailbox_login(app: App, account: Account) -> Login:
    """How to log in to the mailbox. Raises ConfigError if a secret cannot be read."""
    return imap_login(app.config, account, token_source(app.config, account, app.store, app.clock))


def token_source(config: Config, account: Account, store: Store, clock: Clock) -> TokenSource | None:
    """Where the account's access tokens come from; None for an account that signs in by a password."""
    if account.oauth is None:
        return None
    from mailcrm.service.oauth.tokens import StoredTokens  # only now: it loads what decrypts them

    return StoredTokens(config, account, store, clock)


def imap_login(config: Config, account: Account, token: TokenSource | None = None) -> Login:
    """How to log in to the mailbox; `token` for one that signs in by OAuth. Raises ConfigError if a secret cannot be read."""
    if account.oauth is not None and token is None:
        raise ValueError(f"{account.name} signs in by OAuth, and nobody gives it tokens")  # not with an empty password
    server = account.imap
    provider = provider_for_host(server.host)
    return Login(
        host=server.host,
        port=server.port,
        security=server.security,
        user=account.login_name,
        secret=account.password,
        ca_file=server.ca_file,
        connect_timeout=config.sync.connect_timeout,
        read_timeout=config.sync.read_timeout,
        qresync=uses_qresync(account),
        compress=server.compress,
        ambiguous=provider is not None and provider.ambiguous_login,
        proxy=server.proxy_url(f"accounts.{account.name}.imap.proxy_password"),
        token=token,
    )


def uses_qresync(account: Account) -> bool:
    """By the setting, else wherever the provider's QRESYNC is not known to be wrong."""
    if account.imap.qresync is not None:
        return account.imap.qresync
    provider = provider_for_host(account.imap.host)
    return provider is None or provider.qresync_works


def day_budget(account: Account) -> int | None:
    """How many bytes of the mailbox may come in a day, None for as many as like."""
    provider = provider_for_host(account.imap.host)
    usual = provider.bytes_per_day if provider else 0
    return (usual if account.imap.bytes_per_day is None else account.imap.bytes_per_day) or None


def sync_job(app: App, account: Account, row: AccountRow) -> SyncJob:
    """What a pass over the mailbox needs to know."""
    return SyncJob(
        account_id=row.id,
        own=app.own,
        links=app.store.keys.links,
        rules=CaptureRules.build(row.policy.capture, account.since, account.never_log, account.attachments),
        leave_out=account.leave_out_folders,
        batch_messages=app.config.sync.batch_messages,
        batch_bytes=app.config.sync.batch_bytes,
        live_limit=app.config.sync.live_limit,
    )


def account_row(store: Store, name: str) -> AccountRow:
    """The row of an account; raises NotFound."""
    with store.read() as session:
        return sync_state.get_account(session, name)


def resume_account(app: App, actor: Actor, name: str) -> None:
    """A human says the account is fixed: a running daemon tries again at once. Raises NotFound."""
    from mailcrm.store import audit

    with app.store.write(actor) as session:
        row = sync_state.get_account(session, name)
        sync_state.resume_account(session, row.id)
        for work in ("mailbox", "sender"):
            leases.make_due(session, f"{work}:{name}")
        audit.append_audit(session, "account.resume", f"account:{row.id}", app.clock())
