"""Signs in once, for the sake of knowing that it works: what `init` and `check` do before they believe a password."""

import asyncio
from dataclasses import dataclass

from mailcrm.campaigns.delivery.transport import SmtpLogin, SmtpTransport
from mailcrm.ingest.imap.mailbox import Login, open_mailbox
from mailcrm.service.estimate import MailboxSize, measure


@dataclass(frozen=True, slots=True)
class Seen:
    """What a sign-in showed. `server` is what the server says it is, often nothing."""

    server: str
    folders: int
    idle: bool


def try_imap(login: Login) -> Seen:
    """Sign in and list the folders. Raises TransientError, PermanentError or ConfigError, in words that say what to do."""
    with open_mailbox(login) as mailbox:
        folders = len(mailbox.list_folders())
        return Seen(_named(mailbox.server_id), folders, "IDLE" in mailbox.capabilities)


def measure_imap(login: Login) -> tuple[str, MailboxSize]:
    """Sign in and count. Returns what the server says it is, and the size. Raises like `try_imap`."""
    with open_mailbox(login) as mailbox:
        return _named(mailbox.server_id), measure(mailbox)


def _named(server_id: dict[str, str]) -> str:
    return " ".join(server_id[key] for key in ("name", "version") if server_id.get(key))[:60]


def try_smtp(login: SmtpLogin) -> None:
    """Sign in to the submission server and say good-bye; no mail is offered. Raises like `try_imap`."""
    asyncio.run(_connect_and_close(login))


async def _connect_and_close(login: SmtpLogin) -> None:
    connection = await SmtpTransport(login).connect()
    await connection.close()
