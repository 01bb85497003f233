"""Looks at one mailbox after the other: its secret, what is known of its provider, and whether both logins really work."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from mailcrm.clock import utc_now
from mailcrm.config import Account, Config
from mailcrm.errors import MailcrmError
from mailcrm.model.account import AccountState, Capture
from mailcrm.model.address import OwnAddresses, address_key, domain_of
from mailcrm.model.oauth import TokenSource
from mailcrm.model.provider import EXPIRY_DAYS, Provider, provider_for_host
from mailcrm.service.accounts import imap_login, token_source
from mailcrm.service.answers import is_anybodys
from mailcrm.service.bootstrap import open_configured_store
from mailcrm.service.check import Finding, Standing, error, ok, too_open, unreadable, warning
from mailcrm.service.logins import try_imap, try_smtp
from mailcrm.service.senders import smtp_login
from mailcrm.service.slots import mailboxes_at, places_at


def check_accounts(config: Config, standing: Standing | None, now: datetime, *, offline: bool) -> Iterator[Finding]:
    """All mailboxes. With `offline` nobody is contacted. `now` is aware."""
    if not config.accounts:
        yield warning("accounts", "no mailbox is configured", "run: mailcrm accounts add")
    for host in sorted({account.imap.host.lower() for account in config.accounts}):
        yield from _connections(config, host)
    for account in config.accounts:
        yield from _account(config, account, standing, now, offline=offline)


def _account(
    config: Config, account: Account, standing: Standing | None, now: datetime, *, offline: bool
) -> Iterator[Finding]:
    key = f"accounts.{account.name}"
    provider = provider_for_host(account.imap.host)
    if provider is not None:
        yield _provider(key, account, provider)
    yield from _expiry(key, account, now)
    yield from _policy(key, config, account, standing)
    missing, exposed = _secret(key, account)
    yield from (finding for finding in (missing, exposed) if finding is not None)
    if not offline and missing is None:
        yield _imap(key, config, account)
        if account.smtp is not None:
            yield _smtp(key, config, account)


def _secret(key: str, account: Account) -> tuple[Finding | None, Finding | None]:
    """Whether the secret that the configuration refers to cannot be read, and whether others can."""
    place, secret = f"{key}.secret", account.secret
    if account.oauth is not None:
        place, secret = f"{key}.oauth.client_secret", account.oauth.client_secret
    return (None, None) if secret is None else (unreadable(place, secret), too_open(place, secret))


def _connections(config: Config, host: str) -> Iterator[Finding]:
    mailboxes, places = mailboxes_at(config, host), places_at(config, host)
    if mailboxes > places:
        text = (
            f"{mailboxes} mailboxes at {host} share {places} connection{'s' if places > 1 else ''}: {places - 1} are watched "
            "all the time, the others are looked at in turn"
        )
        yield ok("sync.connections_per_host", text)


def _provider(key: str, account: Account, provider: Provider) -> Finding:
    if provider.oauth_only and account.oauth is None:
        fix = f"give the table accounts.oauth in place of secret, then run: mailcrm accounts sign-in {account.name}"
        return error(key, f"{provider.title} no longer takes passwords", fix)
    facts = [f"{provider.title}: about {provider.daily_limit} mails a day to strangers"]
    if provider.mails_per_connection:
        facts.append(f"{provider.mails_per_connection} mails a connection")
    if provider.code_name and account.oauth is None:
        facts.append(f"wants its {provider.code_name}")
    if provider.ambiguous_login:
        facts.append("one error for wrong code, service off and rate limit, so a refusal is tried three times")
    return ok(key, "; ".join(facts))


def _expiry(key: str, account: Account, now: datetime) -> Iterator[Finding]:
    if account.secret_expires is None:
        return
    day = date.fromisoformat(account.secret_expires)
    left = (day - now.date()).days
    if left < 0:
        yield error(f"{key}.secret_expires", f"the code expired on {day}", _renew(account))
    elif left <= EXPIRY_DAYS:
        yield warning(f"{key}.secret_expires", f"the code expires in {left} days, on {day}", _renew(account))


def _renew(account: Account) -> str:
    provider = provider_for_host(account.imap.host)
    where = f": {provider.code_where[0]}" if provider and provider.code_where[0] else ""
    return f"make a new one{where}; then change the secret and secret_expires"


def _policy(key: str, config: Config, account: Account, standing: Standing | None) -> Iterator[Finding]:
    row = standing.rows.get(account.name) if standing else None
    if row is not None and row.state is AccountState.PARKED:
        yield error(
            key, f"is parked: {row.last_error}", f"correct that, then run: mailcrm accounts resume {account.name}"
        )
    capture = row.policy.capture if row else account.initial.capture
    if account.smtp is not None and capture is not Capture.ALL:
        fix = f"run: mailcrm accounts set {account.name} --capture all"
        yield warning(key, f"bounces cannot be read, since it keeps only {capture}; campaigns go on blindly", fix)
    yield from _company(account, config.company.domains)


def _company(account: Account, domains: Sequence[str]) -> Iterator[Finding]:
    key = address_key(account.address)
    domain = domain_of(key)
    if not is_anybodys(domain) and key not in OwnAddresses.build((), domains):
        fix = f'add "{domain}" to company.domains if it is yours'
        yield warning("company.domains", f"colleagues at {domain} would be taken for customers", fix)


def _imap(key: str, config: Config, account: Account) -> Finding:
    place = f"{account.imap.host}:{account.imap.port}"
    try:
        with _tokens(config, account) as source:
            seen = try_imap(imap_login(config, account, source))
    except MailcrmError as exc:
        return error(f"{key}.imap", exc.message)
    news = "new mail comes at once (IDLE)" if seen.idle else "no IDLE, so it is polled"
    return ok(f"{key}.imap", f"signed in to {place}; {seen.folders} folders; {news}")


@contextmanager
def _tokens(config: Config, account: Account) -> Iterator[TokenSource | None]:
    """Where its tokens come from; they are in the store."""
    if account.oauth is None:
        yield None
        return
    store = open_configured_store(config)
    try:
        yield token_source(config, account, store, utc_now)
    finally:
        store.close()


def _smtp(key: str, config: Config, account: Account) -> Finding:
    assert account.smtp is not None
    try:
        with _tokens(config, account) as source:
            try_smtp(smtp_login(config, account, source))
    except MailcrmError as exc:
        return error(f"{key}.smtp", exc.message)
    return ok(f"{key}.smtp", f"signed in to {account.smtp.host}:{account.smtp.port}; no mail was sent")
