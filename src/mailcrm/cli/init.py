"""`mailcrm init`: from nothing to a working installation by a few questions; every question has a flag."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from mailcrm.cli.ask import Questions
from mailcrm.cli.console import out
from mailcrm.cli.context import Context, context_of, say
from mailcrm.config import search_path
from mailcrm.errors import UserError
from mailcrm.model.account import Attachments, Capture, CustomerWhen, Visibility
from mailcrm.model.address import address_key, parse_address

Address = Annotated[str | None, typer.Option(help="The mailbox's address.")]
Name = Annotated[str | None, typer.Option(help="What the account is called here, for ever")]
Login = Annotated[str | None, typer.Option(help="What the server knows it as, if not the address.")]
SecretEnv = Annotated[str | None, typer.Option(help="Environment variable that holds the code or password now.")]
SecretFile = Annotated[Path | None, typer.Option(help="File that holds it now.")]
SecretStdin = Annotated[bool, typer.Option("--secret-stdin", help="Read it from standard input.")]
OAuthClient = Annotated[
    str | None, typer.Option("--oauth-client-id", help="Sign in in the browser; see docs/oauth.md.")
]
SecretExpires = Annotated[str | None, typer.Option(help="The day the code expires, as 2027-06-30.")]
Imap = Annotated[str | None, typer.Option(help="HOST:PORT:SECURITY (tls, starttls) for reading; else it is looked up.")]
Smtp = Annotated[str | None, typer.Option(help="HOST:PORT:SECURITY for sending; else it is looked up.")]
NoSmtp = Annotated[bool, typer.Option("--no-smtp", help="This mailbox only reads.")]
CaFile = Annotated[Path | None, typer.Option(help="Certificate authority of a server of your own.")]
Shared = Annotated[bool | None, typer.Option("--shared/--personal", help="A team's mailbox, or one person's.")]
CaptureOption = Annotated[Capture | None, typer.Option("--capture", help="How much of each mail is kept.")]
VisibilityOption = Annotated[Visibility | None, typer.Option("--visibility", help="Who may see its mail.")]
When = Annotated[CustomerWhen | None, typer.Option("--customer-when", help="When a correspondent becomes a customer.")]
Since = Annotated[str | None, typer.Option(help="Read mail since: a day, '24 months', or 'all'.")]
AttachmentsOption = Annotated[Attachments | None, typer.Option("--attachments", help="When attachments are fetched.")]
Defaults = Annotated[bool, typer.Option("--yes", "-y", help="Take the default, where there is one, and do not ask.")]
NoLogin = Annotated[bool, typer.Option("--no-login", help="Do not try to sign in.")]
Company = Annotated[str | None, typer.Option(help="The company's name, as in the From line.")]
Domain = Annotated[list[str] | None, typer.Option(help="A domain of our own; may be repeated. '' for none.")]
Language = Annotated[str | None, typer.Option(help="en or zh-CN.")]
State = Annotated[Path | None, typer.Option(help="Directory of the archive and its keys.", file_okay=False)]

_FLAGS = (
    "name login secret_env secret_file secret_stdin secret_expires imap smtp ca_file shared capture visibility "
    "customer_when since attachments no_login oauth_client_id"
).split()
_LANGUAGES = ("en", "zh-CN")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(init)


def init(
    ctx: typer.Context,
    address: Address = None, name: Name = None, login: Login = None,
    secret_env: SecretEnv = None, secret_file: SecretFile = None, secret_stdin: SecretStdin = False,
    secret_expires: SecretExpires = None, oauth_client_id: OAuthClient = None,
    imap: Imap = None, smtp: Smtp = None, no_smtp: NoSmtp = False, ca_file: CaFile = None,
    shared: Shared = None, capture: CaptureOption = None, visibility: VisibilityOption = None, customer_when: When = None,
    since: Since = None, attachments: AttachmentsOption = None, company: Company = None, domain: Domain = None,
    language: Language = None, state: State = None, no_login: NoLogin = False, yes: Defaults = False,
) -> None:  # fmt: skip
    """Set mailcrm up by asking: one mailbox, really signed in to, and what is kept of it. Sending stays off."""
    given = locals()
    context = context_of(ctx)
    path = _new_path(context)
    _stoppable(lambda: _init(context, path, given))


def add_account(
    ctx: typer.Context,
    address: Address = None, name: Name = None, login: Login = None,
    secret_env: SecretEnv = None, secret_file: SecretFile = None, secret_stdin: SecretStdin = False,
    secret_expires: SecretExpires = None, oauth_client_id: OAuthClient = None,
    imap: Imap = None, smtp: Smtp = None, no_smtp: NoSmtp = False, ca_file: CaFile = None,
    shared: Shared = None, capture: CaptureOption = None, visibility: VisibilityOption = None, customer_when: When = None,
    since: Since = None, attachments: AttachmentsOption = None, no_login: NoLogin = False, yes: Defaults = False,
) -> None:  # fmt: skip
    """Add a mailbox to the configuration, after signing in to it."""
    given = locals()
    context = context_of(ctx)
    _stoppable(lambda: _add(context, given))


def _stoppable(work: Callable[[], None]) -> None:
    """Ctrl-C at any moment: the configuration is written last, so there is none, or all of it."""
    try:
        work()
    except (KeyboardInterrupt, typer.Abort):
        out.print()
        say("stopped; the configuration was not changed")
        raise typer.Exit(130) from None


# --- init --------------------------------------------------------------------------------------------------------


def _init(context: Context, path: Path, given: dict[str, Any]) -> None:
    from mailcrm.service.answers import NewHouse, require_place

    questions = Questions(yes=given["yes"])
    state = (given["state"] or _default_state()).expanduser().absolute()
    language, domains = _language(given["language"]), _given_domains(given["domain"])
    require_place(path, state)
    say(f"This makes {path} and {state}. Ctrl-C at any time; nothing is written before the end.", "dim")
    address = _address(given, questions)

    # Only now: these take a second to load, and the first question should not wait for them.
    from mailcrm.cli.interview import Around, ask_account
    from mailcrm.clock import utc_now
    from mailcrm.service.setup import install, require_keys

    require_keys(state)
    around = Around(utc_now().date(), (language or _spoken()) == "zh-CN", state)
    account = ask_account(_given(given, address), around, questions)
    if domains is None:
        domains = _own_domains(account.address, questions)
    company = given["company"]
    if company is None:
        company = questions.ask("The company's name", "--company", domains[0] if domains else "")
    language = language or questions.choose("Language", "--language", _LANGUAGES, _spoken())
    install(path, NewHouse(state, language, company, domains), account, utc_now, context.actor)
    _show_begin(account, path)
    _show_next(path)


def _new_path(context: Context) -> Path:
    """Where the configuration will be. Raises Conflict if there is one."""
    from mailcrm.service.answers import require_new

    if context.config_path is not None:
        require_new(context.config_path)
        return context.config_path.absolute()
    for path in search_path():
        require_new(path)
    return _default_config()


def _default_config() -> Path:
    """One of the places that are looked at: the system's for root, else the user's."""
    *_, users, systems = search_path({name: value for name, value in os.environ.items() if name != "MAILCRM_CONFIG"})
    return systems if os.geteuid() == 0 else users


def _default_state() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/mailcrm")
    return Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state") / "mailcrm"


def _language(given: str | None) -> str | None:
    if given is not None and given not in _LANGUAGES:
        raise UserError(f"--language: {given!r} is none of: {', '.join(_LANGUAGES)}")
    return given


def _spoken() -> str:
    """The language of the environment, as far as mailcrm speaks it."""
    words = [os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    return "zh-CN" if next((word for word in words if word), "").startswith("zh") else "en"


def _given_domains(given: list[str] | None) -> tuple[str, ...] | None:
    return None if given is None else _read_domains(" ".join(given))


def _read_domains(text: str) -> tuple[str, ...]:
    from mailcrm.service.answers import require_company_domain

    return tuple(require_company_domain(word) for word in text.replace(",", " ").split())


def _own_domains(address: str, questions: Questions) -> tuple[str, ...]:
    from mailcrm.service.answers import company_domain

    own = company_domain(address) or ""
    if not own:
        say("Anybody can have an address in that domain, so it does not tell who your colleagues are.")
    return questions.ask_until("We are: domains of your company", "--domain", own, _read_domains)


def _address(given: dict[str, Any], questions: Questions) -> str:
    if given["address"]:
        return parse_address(given["address"]).key
    return questions.ask_until("Address", "--address", None, lambda text: parse_address(text).key)


def _given(given: dict[str, Any], address: str) -> Any:
    """The flags about the mailbox. --no-smtp is the empty server."""
    from mailcrm.cli.interview import Given

    values = {name: given[name] for name in _FLAGS} | {"address": address}
    return Given(**values | ({"smtp": ""} if given["no_smtp"] else {}))


# --- accounts add ------------------------------------------------------------------------------------------------


def _add(context: Context, given: dict[str, Any]) -> None:
    from mailcrm.cli.interview import Around, ask_account
    from mailcrm.clock import utc_now
    from mailcrm.service.setup import add, require_free
    from mailcrm.store import sync_state

    path, config = context.path(), context.config()
    questions = Questions(yes=given["yes"])
    address = _address(given, questions)
    require_free(config, given["name"] or "", address)
    with context.app() as crm, crm.store.read() as session:
        known = {row.name: address_key(row.address) for row in sync_state.list_accounts(session)}
    around = Around(utc_now().date(), config.language == "zh-CN", config.state_dir, known)
    account = ask_account(_given(given, address), around, questions)
    add(path, account, utc_now, context.actor)
    _show_begin(account, path)
    say("A running `mailcrm run` takes it up when it is restarted.")


# --- what was done -----------------------------------------------------------------------------------------------


def _show_begin(account: Any, path: Path) -> None:
    """What was decided about a mailbox, and what follows from it."""
    policy = account.policy
    out.print()
    say(
        f"{account.name}: keeps {policy.capture}, seen by {policy.visibility}, customer when {policy.customer_when}, "
        f"since {account.since or 'the beginning'}, attachments {account.attachments}. Written to {path}"
    )
    if account.oauth is not None:
        say(f"Nobody has signed in yet. Now: {_command(path)} accounts sign-in {account.name}", "bold")
    if account.smtp is not None and policy.capture is not Capture.ALL:
        say("Campaigns from this mailbox could not read their bounces: for that it has to keep 'all'.")


def _command(path: Path) -> str:
    """How mailcrm is called with this configuration."""
    own = any(path == each.absolute() for each in search_path())
    return "mailcrm" if own else f"mailcrm --config {path}"


def _show_next(path: Path) -> None:
    say("SENDING IS OFF. Nothing goes out before you say `mailcrm send on`.", "bold")
    say("Next:")
    for words, why in (
        ("check", "is everything right?"),
        ("sync --once", "read the mailbox once, with progress"),
        ("people list", "who was found"),
        ("run", "the service: keeps reading, sends what is due"),
    ):
        say(f"  {_command(path)} {words:<14} {why}")
