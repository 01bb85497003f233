"""The questions about one mailbox, in the order in which a newcomer can answer them; imported only when they are asked."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from mailcrm.cli.ask import Questions
from mailcrm.cli.console import err
from mailcrm.cli.context import human_size, say
from mailcrm.cli.sign_in import sign_in, sign_in_to_send
from mailcrm.errors import UserError
from mailcrm.model.account import AccountPolicy, Attachments, Capture, CustomerWhen, Visibility
from mailcrm.model.provider import Provider, Server, provider_for_host
from mailcrm.service.answers import (
    NewAccount,
    NewClient,
    account_name,
    parse_day,
    parse_server,
    parse_since,
    server_text,
)
from mailcrm.service.discover import Resolver, discover
from mailcrm.service.estimate import MailboxSize, cost_of

_CAREFUL = AccountPolicy(Capture.METADATA, Visibility.PRIVATE, CustomerWhen.REPLIED)
_OPEN = AccountPolicy(Capture.ALL, Visibility.TEAM, CustomerWhen.REPLIED)
_SINCE = "24 months"
_SECRET_FLAGS = "--secret-env, --secret-file or --secret-stdin"
_CAPTURE = "Keep of each mail: metadata = people and dates · subject = and its subject · all = and its body\nKeep"
_ATTACHMENTS = (
    "Attachments, where bodies are kept: now = fetched with their mail · when opened = they stay on the server until then\n"
    "Attachments"
)
_VISIBILITY = "Who may see its mail: private = its owner · team · all\nSeen by"
_CUSTOMER_WHEN = (
    "Who becomes a customer: replied = we wrote and they wrote · sent = we wrote to them · "
    "all known = they wrote, or we did · all = everybody seen\nCustomer when"
)


@dataclass(frozen=True, slots=True)
class Given:
    """The address (in comparison form), and what the flags said; None: ask. `smtp` "" means that it only reads."""

    address: str
    name: str | None = None
    login: str | None = None
    secret_env: str | None = None
    secret_file: Path | None = None
    secret_stdin: bool = False
    secret_expires: str | None = None
    imap: str | None = None
    smtp: str | None = None
    ca_file: Path | None = None
    shared: bool | None = None
    capture: Capture | None = None
    visibility: Visibility | None = None
    customer_when: CustomerWhen | None = None
    since: str | None = None
    attachments: Attachments | None = None
    no_login: bool = False
    oauth_client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """What the questions need to know of the house. `known` are the names that mean something already, with addresses."""

    today: date
    chinese: bool
    state: Path
    known: Mapping[str, str] = field(default_factory=dict)
    resolver: Resolver | None = None


def ask_account(given: Given, around: Around, questions: Questions) -> NewAccount:
    """All about one mailbox, its logins tried. Raises MailcrmError if an answer is missing or no login works."""
    address = given.address
    imap, smtp, provider = _servers(given, around.resolver, questions)
    client = _client(given, provider)
    if client is None:
        _explain_code(provider, chinese=around.chinese)
    account = NewAccount(
        name=given.name or account_name(address, around.known),
        address=address,
        imap=imap,
        smtp=smtp,
        policy=_CAREFUL,
        secret=_secret(given, questions, f"{_code_name(provider)} of {given.login or address}", client),
        login=given.login,
        ca_file=given.ca_file.expanduser() if given.ca_file else None,
        oauth=client,
    )
    size = None
    if not given.no_login and client is None:  # who signs in by OAuth does so afterwards: tokens are kept in the store
        account, size = sign_in(account, around.state, questions)
        account = sign_in_to_send(account, questions)
    expires, since = _expiry(given, provider, around, questions), _since(given, size, around, questions)
    attachments = given.attachments or Attachments(
        questions.choose(_ATTACHMENTS, "--attachments", list(Attachments), Attachments.WHEN_OPENED)
    )
    policy = _policy(given, questions)
    return replace(account, secret_expires=expires, since=since, attachments=attachments, policy=policy)


# --- servers -----------------------------------------------------------------------------------------------------


def _servers(
    given: Given, resolver: Resolver | None, questions: Questions
) -> tuple[Server, Server | None, Provider | None]:
    """For reading, for sending, and whose they are. Raises UserError where no password can be taken."""
    found_smtp = None
    if given.imap:
        imap = parse_server(given.imap)
        provider = provider_for_host(imap.host)
    else:
        imap, found_smtp, provider = _found(given.address, resolver, questions)
    if provider is not None and provider.oauth_only and given.oauth_client_id is None:
        raise UserError(_oauth_only(provider))
    if given.smtp is not None:
        return imap, _server_or_none(given.smtp), provider
    smtp = found_smtp or (provider.smtp if provider else None)
    question = "Server for sending, as HOST:PORT:SECURITY (Enter: this mailbox only reads)"
    return imap, smtp or questions.ask_until(question, "--smtp or --no-smtp", "", _server_or_none), provider


def _server_or_none(text: str) -> Server | None:
    return parse_server(text, sends=True) if text else None


def _oauth_only(provider: Provider) -> str:
    return (
        f"{provider.title} no longer takes passwords from mail programs: one signs in by OAuth. Register mailcrm there "
        "(docs/oauth.md says where), and give --oauth-client-id. Nothing was written. If this mailbox is on a server of "
        "your own, give it with --imap HOST:PORT:SECURITY"
    )


def _found(
    address: str, resolver: Resolver | None, questions: Questions
) -> tuple[Server, Server | None, Provider | None]:
    """By the address alone. A guess is shown to be changed; a host that only DNS vouches for is confirmed."""
    with err.status("Looking for the servers of this address ..."):
        found = discover(address, resolver)
    targets = " and ".join(server_text(each) for each in (found.imap, found.smtp) if each)
    say(f"{found.how}: {found.provider.title if found.provider else found.domain} -> {targets}")
    if found.how != "guess":
        _require_consent(found.needs_consent, questions)
        return found.imap, found.smtp, found.provider
    say("Only a guess: no record in DNS says where this mailbox is.")
    imap = questions.ask_until(
        "Server for reading, as HOST:PORT:SECURITY", "--imap", server_text(found.imap), parse_server
    )
    return imap, found.smtp if imap == found.imap else None, provider_for_host(imap.host)


def _require_consent(hosts: list[str], questions: Questions) -> None:
    """RFC 6186 section 6: whoever can forge DNS could otherwise have the password sent to a host of theirs."""
    if not hosts:
        return
    question = f"Only DNS says that {' and '.join(hosts)} serves this mailbox. The password is sent there. Right?"
    if not questions.agree(question, "--imap and --smtp"):
        raise UserError("give the right servers with --imap and --smtp")


# --- the secret --------------------------------------------------------------------------------------------------


def _code_name(provider: Provider | None) -> str:
    return provider.code_name if provider and provider.code_name else "Password"


def _explain_code(provider: Provider | None, *, chinese: bool) -> None:
    if provider is None or not provider.code_name:
        return
    say(f"{provider.title} wants its {provider.code_name}, not the password of the web mail:")
    say(f"  {provider.code_where[1 if chinese else 0]}")
    if provider.code_days:
        say(f"  It expires after about {provider.code_days} days; `mailcrm check` warns 14 days before.")


def _client(given: Given, provider: Provider | None) -> NewClient | None:
    """Who we are to the provider, if one signs in by OAuth. Raises UserError where its pages are not known."""
    if given.oauth_client_id is None:
        return None
    if provider is None or provider.oauth is None:
        raise UserError(
            "--oauth-client-id: only the sign-in of Google and Microsoft is known; for another provider write the table "
            "accounts.oauth by hand (docs/oauth.md)"
        )
    return NewClient(provider.oauth, given.oauth_client_id)


def _secret(given: Given, questions: Questions, what: str, client: NewClient | None) -> str:
    """The code or password; of a client that signs in by OAuth its secret, which not everybody has."""
    found = _given_secret(given)
    if found is None and client is not None:
        return ""
    if found is None:
        return questions.secret(what, _SECRET_FLAGS)
    if not found:
        raise UserError("the secret is empty")
    return found


def _given_secret(given: Given) -> str | None:
    if given.secret_env is not None:
        if given.secret_env not in os.environ:
            raise UserError(f"--secret-env: {given.secret_env} is not set in the environment")
        return os.environ[given.secret_env].strip()
    if given.secret_file is not None:
        try:
            return given.secret_file.expanduser().read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise UserError(f"--secret-file: {given.secret_file} cannot be read: {exc}") from exc
    return sys.stdin.readline().strip() if given.secret_stdin else None


def _expiry(given: Given, provider: Provider | None, around: Around, questions: Questions) -> str | None:
    if given.secret_expires is not None:
        return parse_day(given.secret_expires).isoformat()
    if provider is None or provider.code_days is None:
        return None
    default = (around.today + timedelta(days=provider.code_days)).isoformat()
    return questions.ask_until("The code expires on", "--secret-expires", default, parse_day).isoformat()


# --- how much ----------------------------------------------------------------------------------------------------


def _since(given: Given, size: MailboxSize | None, around: Around, questions: Questions) -> str | None:
    def read(text: str) -> date | None:
        return parse_since(text, around.today)

    if size is not None:
        _show_costs(size, read(_SINCE))
    question = "Read mail since (a day, a span, or 'all')"
    day = read(given.since) if given.since else questions.ask_until(question, "--since", _SINCE, read)
    return None if day is None else day.isoformat()


def _show_costs(size: MailboxSize, recent: date | None) -> None:
    """For the proposal and for everything, where that is more."""
    _show_cost(f"last {_SINCE}", size, recent)
    if size.mails_since(_start(recent)) < size.mails:
        _show_cost("everything", size, None)


def _start(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, UTC)


def _show_cost(what: str, size: MailboxSize, day: date | None) -> None:
    start = _start(day)
    mails = size.mails_since(start)
    say(f"  {what}: about {mails:,} mails, which take")
    say(f"    {_cost(mails, 0, Capture.SUBJECT)} without bodies")
    say(f"    {_cost(mails, size.bytes_since(start, Attachments.WHEN_OPENED))} with bodies, attachments when opened")
    say(f"    {_cost(mails, size.bytes_since(start))} with bodies and attachments")


def _cost(mails: int, size: int, capture: Capture = Capture.ALL) -> str:
    cost = cost_of(mails, size, capture)
    return f"{cost.minutes} min and {human_size(cost.disk)} of disk"


def _policy(given: Given, questions: Questions) -> AccountPolicy:
    """A personal mailbox begins with as little as possible; its owner may choose more (decisions.md 26)."""
    start = _OPEN if _is_shared(given, questions) else _CAREFUL
    ask = questions.choose
    return AccountPolicy(
        given.capture or Capture(ask(_CAPTURE, "--capture", list(Capture), start.capture)),
        given.visibility or Visibility(ask(_VISIBILITY, "--visibility", list(Visibility), start.visibility)),
        given.customer_when
        or CustomerWhen(ask(_CUSTOMER_WHEN, "--customer-when", list(CustomerWhen), start.customer_when)),
    )


def _is_shared(given: Given, questions: Questions) -> bool:
    """Asked only if it decides something that no flag has decided."""
    if given.shared is not None or (given.capture and given.visibility):
        return bool(given.shared)
    options = ("personal", "shared")
    question = "One person's mailbox, or shared by a team?"
    return questions.choose(question, "--personal or --shared", options, "personal") == "shared"
