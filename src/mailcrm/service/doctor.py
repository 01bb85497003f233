"""Examines one account deeply: what is configured and known of it, what its server shows, and what follows."""

from dataclasses import dataclass, replace
from datetime import date

from mailcrm.config import Account
from mailcrm.errors import ConfigError, PermanentError, TransientError
from mailcrm.ingest.imap.doctor.diagnose import diagnose
from mailcrm.ingest.imap.doctor.facts import Facts, Finding, Severity, Step, Trouble
from mailcrm.ingest.imap.doctor.matrix import Ability, matrix, quirks
from mailcrm.ingest.imap.doctor.probe import probe
from mailcrm.model.account import AccountState
from mailcrm.model.provider import provider_for_host
from mailcrm.service.accounts import mailbox_login, uses_qresync
from mailcrm.service.answers import CONNECT_SECONDS
from mailcrm.service.app import App
from mailcrm.store import sync_state

_READ_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Report:
    """What there is to say of an account. `quirks` are those of its provider's profile."""

    facts: Facts
    findings: list[Finding]
    abilities: list[Ability]
    quirks: list[str]

    @property
    def code(self) -> int:
        """0 all is well, 1 there is something to do, 2 its server could not be reached, or not safely."""
        if not self.facts.reached:
            return 2
        return int(any(each.severity in (Severity.WARNING, Severity.ERROR) for each in self.findings))


def examine(app: App, name: str) -> Report:
    """Connect and look, on one connection and without the mailbox's lease. Raises NotFound, StoreBusy."""
    facts = _known(app, app.account(name))
    try:
        login = mailbox_login(app, app.account(name))
        if login.token is not None:
            login = replace(login, secret=login.token())
    except (ConfigError, TransientError, PermanentError) as exc:
        facts.trouble = Trouble(Step.SECRET, exc.message)
    else:
        # Somebody sits and waits.
        connect, read = min(login.connect_timeout, CONNECT_SECONDS), min(login.read_timeout, _READ_SECONDS)
        probe(replace(login, connect_timeout=connect, read_timeout=read), facts)
    odd = list(quirks(facts.provider)) if facts.provider is not None else []
    return Report(facts, diagnose(facts), matrix(facts), odd)


def _known(app: App, account: Account) -> Facts:
    server, provider = account.imap, provider_for_host(account.imap.host)
    with app.store.read() as session:
        row = next((row for row in sync_state.list_accounts(session) if row.name == account.name), None)
    return Facts(
        account=account.name,
        host=server.host,
        port=server.port,
        security=server.security,
        user=account.login_name,
        now=app.clock(),
        provider=provider,
        compress=server.compress,
        qresync=uses_qresync(account),
        qresync_setting=server.qresync,
        expires=date.fromisoformat(account.secret_expires) if account.secret_expires else None,
        oauth=account.oauth is not None,
        parked=row.last_error if row is not None and row.state is AccountState.PARKED else "",
    )
