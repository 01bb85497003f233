"""From an account of the configuration to what sending needs: the login, who it sends as, the job of its sender."""

from datetime import timedelta

from mailcrm.campaigns.content.render import Sender
from mailcrm.campaigns.delivery.job import SenderJob
from mailcrm.campaigns.delivery.throttle import Limits
from mailcrm.campaigns.delivery.transport import SmtpLogin
from mailcrm.campaigns.preflight import Means
from mailcrm.config import Account, Config
from mailcrm.errors import ConfigError
from mailcrm.model.oauth import TokenSource
from mailcrm.model.provider import provider_for_host
from mailcrm.service.app import App
from mailcrm.store import settings, sync_state
from mailcrm.store.sync_state import AccountRow


def smtp_login(config: Config, account: Account, token: TokenSource | None = None) -> SmtpLogin:
    """How to log in to the submission server; `token` for an account that signs in by OAuth.

    Raises ConfigError if there is none or the secret cannot be read.
    """
    if account.smtp is None:
        raise ConfigError(f"accounts.{account.name}.smtp: is missing, so this account cannot send")
    server = account.smtp
    return SmtpLogin(
        server.host, server.port, server.security, account.login_name, account.password, server.ca_file,
        config.sending.timeout, token=token,
    )  # fmt: skip


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
