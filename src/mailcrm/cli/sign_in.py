"""Signs in to a new mailbox until it works, or says plainly why not; imported only when that is asked for."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from mailcrm.cli.ask import Questions
from mailcrm.cli.console import err
from mailcrm.cli.context import human_size, say, warn
from mailcrm.errors import LoginRefused, MailcrmError, UserError
from mailcrm.model.provider import Server, provider_for_host
from mailcrm.service.answers import NewAccount, parse_server, server_text
from mailcrm.service.estimate import MailboxSize, free_disk
from mailcrm.service.logins import measure_imap, try_smtp

T = TypeVar("T")

_TRIES = 3


def sign_in(account: NewAccount, state: Path, questions: Questions) -> tuple[NewAccount, MailboxSize]:
    """The account as its login for reading works, and how large the mailbox is. Raises MailcrmError."""

    def attempt(account: NewAccount) -> tuple[str, MailboxSize]:
        try:
            with err.status(f"Signing in to {account.imap.host} ..."):
                return measure_imap(account.imap_login())
        except LoginRefused as exc:
            raise LoginRefused(f"{exc.message.rstrip('.')}. {_hint(account)}") from exc

    account, (server, size) = _until_it_works(account, attempt, _imap_corrected, questions)
    say(f"signed in{f' ({server})' if server else ''}", "green")
    say(
        f"{len(size.folders)} folders · {size.mails:,} mails · about {human_size(size.bytes_since(None))} · "
        f"disk free {human_size(free_disk(state))}"
    )
    return account, size


def sign_in_to_send(account: NewAccount, questions: Questions) -> NewAccount:
    """The account as its login for sending works, or without one. Raises MailcrmError."""

    def attempt(account: NewAccount) -> bool:
        login = account.smtp_login()
        if login is None:
            return False
        with err.status(f"Signing in to {login.host} ..."):
            try_smtp(login)
        return True

    account, sends = _until_it_works(account, attempt, _smtp_corrected, questions)
    say("signed in for sending; no mail was sent" if sends else "this mailbox only reads", "green")
    return account


def _until_it_works(
    account: NewAccount,
    attempt: Callable[[NewAccount], T],
    corrected: Callable[[NewAccount, MailcrmError, Questions], NewAccount],
    questions: Questions,
) -> tuple[NewAccount, T]:
    """`attempt`, three times at most, with what is corrected in between. Without a terminal the first error counts."""
    for tries_left in reversed(range(_TRIES)):
        try:
            return account, attempt(account)
        except MailcrmError as exc:
            if isinstance(exc, UserError) or not questions.on_terminal or not tries_left:
                raise
            warn(exc.message)
            account = corrected(account, exc, questions)
    raise AssertionError("the last try returns or raises")


def _imap_corrected(account: NewAccount, exc: MailcrmError, questions: Questions) -> NewAccount:
    """A refused login is about the secret, everything else about the server."""
    if isinstance(exc, LoginRefused):
        return replace(account, secret=questions.secret("Once more, the code or password", "--secret-env"))
    default = server_text(account.imap)
    return replace(account, imap=questions.ask_until("Server, as HOST:PORT:SECURITY", "--imap", default, parse_server))


def _smtp_corrected(account: NewAccount, _exc: MailcrmError, questions: Questions) -> NewAccount:
    """The secret is right, since it works for reading: another server, or none."""

    def read(text: str) -> Server | None:
        return None if text == "-" else parse_server(text, sends=True)

    question = "Server for sending, as HOST:PORT:SECURITY (-: this mailbox only reads)"
    default = server_text(account.smtp) if account.smtp else "-"
    return replace(account, smtp=questions.ask_until(question, "--smtp", default, read))


def _hint(account: NewAccount) -> str:
    """What the refusal may have meant besides a wrong code."""
    provider = provider_for_host(account.imap.host)
    if provider is None or not provider.code_name:
        return "Is the login the whole address? Is IMAP switched on for this mailbox?"
    hint = f"{provider.title} wants its {provider.code_name}: {provider.code_where[0]}"
    if provider.ambiguous_login:
        hint += ". It answers the same when the service is switched off, or after too many logins"
    return hint
