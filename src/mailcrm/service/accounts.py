"""From an account of the configuration to what the rooms need: logins, sync jobs, sender jobs."""

from datetime import timedelta

from mailcrm.campaigns.content.render import Sender
from mailcrm.campaigns.delivery.job import SenderJob
from mailcrm.campaigns.delivery.throttle import Limits
from mailcrm.campaigns.delivery.transport import SmtpLogin
from mailcrm.campaigns.preflight import Means
from mailcrm.config import Account, Config
from mailcrm.errors import ConfigError
from mailcrm.ingest.capture import CaptureRules
from mailcrm.ingest.imap.mailbox import Login
from mailcrm.ingest.imap.sync import SyncJob
from mailcrm.model.account import AccountPolicy
from mailcrm.model.provider import provider_for_host
from mailcrm.model.rights import Actor
from mailcrm.service.app import App
from mailcrm.store import Session, Store, audit, leases, own, settings, sync_state
from mailcrm.store.sync_state import AccountRow

_ACTOR = Actor.system("config")


def sync_accounts(app: App) -> None:
    """Rows for the configured accounts; those that left the configuration are disconnected, their history stays."""
    with app.store.write(_ACTOR) as session:
        for account in app.config.accounts:
            start = account.initial
            policy = AccountPolicy(start.capture, start.visibility, start.customer_when, start.owner)
            sync_state.upsert_account(session, account.name, account.address, policy, app.clock())
        gone = sync_state.disconnect_accounts(session, [account.name for account in app.config.accounts])
        for name in gone:
            audit.append_audit(session, "account.disconnect", f"account:{name}", app.clock())
        _follow_own_addresses(session, app)


def _follow_own_addresses(session: Session, app: App) -> None:
    """An address that was a correspondent's may be that of an account by now, or of a colleague, and the reverse."""
    changes = own.follow_own(session, app.own, app.clock())
    if changes.became or changes.left:
        archived, restored = (",".join(map(str, ids)) for ids in (changes.archived, changes.restored))
        audit.append_audit(
            session, "addresses.own", "configuration", app.clock(),
            became=changes.became, left=changes.left, archived=archived, restored=restored,
        )  # fmt: skip


def imap_login(config: Config, account: Account) -> Login:
    """How to log in to the mailbox. Raises ConfigError if the secret cannot be read."""
    server = account.imap
    return Login(
        host=server.host,
        port=server.port,
        security=server.security,
        user=account.login_name,
        secret=account.secret.read(f"accounts.{account.name}.secret"),
        ca_file=server.ca_file,
        connect_timeout=config.sync.connect_timeout,
        read_timeout=config.sync.read_timeout,
    )


def smtp_login(config: Config, account: Account) -> SmtpLogin:
    """How to log in to the submission server. Raises ConfigError if there is none or the secret cannot be read."""
    if account.smtp is None:
        raise ConfigError(f"accounts.{account.name}.smtp: is missing, so this account cannot send")
    server = account.smtp
    secret = account.secret.read(f"accounts.{account.name}.secret")
    return SmtpLogin(
        server.host, server.port, server.security, account.login_name, secret, server.ca_file, config.sending.timeout
    )


def sync_job(app: App, account: Account, row: AccountRow) -> SyncJob:
    """What a pass over the mailbox needs to know."""
    return SyncJob(
        account_id=row.id,
        own=app.own,
        links=app.store.keys.links,
        rules=CaptureRules.build(row.policy.capture, account.since, account.never_log),
        leave_out=account.leave_out_folders,
        batch_messages=app.config.sync.batch_messages,
        batch_bytes=app.config.sync.batch_bytes,
        live_limit=app.config.sync.live_limit,
    )


def sender_of(app: App, account: Account) -> Sender:
    """Who the account sends as."""
    return Sender(
        address=account.address,
        name=account.sending.from_name or app.config.company.name,
        company=app.config.company.name,
        links=app.store.keys.links,
        reply_to=account.sending.reply_to,
        base_url=app.config.public.base_url,
        postal_address=app.config.company.postal_address,
    )


def sender_job(app: App, account: Account, row: AccountRow, owner: str) -> SenderJob:
    """What the sender of an account needs to know; limits not configured are the provider's cautious ones."""
    sending = account.sending
    provider = provider_for_host(account.smtp.host) if account.smtp else None
    per_day = sending.per_day or (provider.daily_limit if provider else None)
    mails = min(sending.mails_per_connection, (provider.mails_per_connection or 10**6) if provider else 10**6)
    return SenderJob(
        account_id=row.id,
        owner=owner,
        sender=sender_of(app, account),
        limits=Limits(sending.per_minute, per_day),
        connections=sending.connections,
        mails_per_connection=mails,
        lease=timedelta(seconds=app.config.sending.lease_seconds),
        idle_seconds=app.config.sending.idle_seconds,
    )


def means_of(app: App, name: str) -> Means:
    """What there is to send with, for the check before a campaign starts."""
    account = app.account(name)
    with app.store.read() as session:
        row = sync_state.get_account(session, name)
        switched_on = settings.sending_enabled(session)
    return Means(
        sender=sender_of(app, account),
        can_send=account.smtp is not None or name in app.transports,
        capture=row.policy.capture,
        limit=app.config.sending.limit_without_base_url,
        switched_on=switched_on,
    )


def account_row(store: Store, name: str) -> AccountRow:
    """The row of an account; raises NotFound."""
    with store.read() as session:
        return sync_state.get_account(session, name)


def resume_account(app: App, actor: Actor, name: str) -> None:
    """A human says the account is fixed: a running daemon tries again at once. Raises NotFound."""
    with app.store.write(actor) as session:
        row = sync_state.get_account(session, name)
        sync_state.resume_account(session, row.id)
        for work in ("mailbox", "sender"):
            leases.make_due(session, f"{work}:{name}")
        audit.append_audit(session, "account.resume", f"account:{row.id}", app.clock())
