"""What the store holds of the configuration follows it: the rows of its accounts, and which addresses are ours."""

from mailcrm.model.account import AccountPolicy
from mailcrm.service.app import App
from mailcrm.store import Session, audit, own, sync_state


def follow(session: Session, app: App) -> None:
    """Rows for the configured accounts; those that left the configuration are disconnected. The addresses that are ours."""
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
