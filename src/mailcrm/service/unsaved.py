"""Mail that we wrote and that lies in no folder: known from the answers to it, and from nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass

from mailcrm.config import Account
from mailcrm.model.provider import provider_for_host
from mailcrm.service.app import App
from mailcrm.store import completeness

_SETTINGS = {
    "qq": "QQ Mail, web mail > Settings > Account: switch on that mail sent over SMTP is saved on the server "
    "(SMTP发信后保存到服务器)",
    "exmail": "Tencent Exmail, web mail > Settings > Client settings: switch on that mail sent over SMTP is saved on the "
    "server",
    "gmail": "Gmail > Settings > Labels: tick 'Show in IMAP' for Sent Mail, or for All Mail",
}


@dataclass(frozen=True)
class Unsaved:
    """How many mails made in our `domains` are named by mail of an account and held nowhere, and what may be the cause."""

    mails: int = 0
    conversations: int = 0
    domains: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()


def find_unsaved(app: App, account: Account, account_id: int, *, reads_sent: bool) -> Unsaved:
    """By the domain of the Message-IDs that are named: that is certain, who wrote the mail is not.

    `reads_sent` is whether a Sent folder of the account is read. Campaign mail has rows of its own and is not counted.
    """
    domains = tuple(sorted(app.own.domains))
    with app.store.read() as session:
        heard = completeness.heard_of(session, account_id, domains)
    causes = tuple(_causes(account, reads_sent=reads_sent)) if heard.mails else ()
    return Unsaved(heard.mails, heard.conversations, domains, causes)


def _causes(account: Account, *, reads_sent: bool) -> Iterator[str]:
    if not reads_sent:
        yield "no Sent folder of this mailbox is read: it has none, hides it from IMAP, or leave_out_folders names it"
    provider = provider_for_host(account.imap.host)
    if provider is not None and provider.key in _SETTINGS:
        yield _SETTINGS[provider.key]
    if provider is None or not provider.files_sent_copy:
        yield (
            "the mail program or phone does not save a copy of what it sends: in its account settings, let it keep "
            "sent mail in the Sent folder of the server"
        )
    if account.since is not None:
        yield f"they are older than {account.since}, where reading this mailbox begins"
    yield "a colleague wrote them from a mailbox that mailcrm does not read, or they were deleted from the server"
