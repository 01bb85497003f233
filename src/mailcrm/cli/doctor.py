"""`mailcrm doctor`: what is wrong, what it means, and what to do next."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from mailcrm.cli.console import err, escape, out
from mailcrm.cli.context import Json, account_names, context_of, print_json, print_table, say

app = typer.Typer(help="Look deeply at what does not work, and say what to do.", no_args_is_help=True)

_STYLES = {"ok": "green", "note": "cyan", "warning": "yellow", "error": "bold red"}


@app.callback()
def _doctor() -> None:
    """A group, whatever number of commands it has."""


@app.command()
def mail(
    ctx: typer.Context,
    account: Annotated[list[str] | None, typer.Option(help="Only this account; may be repeated.")] = None,
    json: Json = False,
) -> None:
    """Examine mailboxes step by step: name, connection, TLS, login, folders, INBOX, clock, and what the server can do.

    One connection each, which changes nothing; the daemon may run. Exit code 0: all is well. 1: there is something to do.
    2: a server could not be reached, or not safely.
    """
    from mailcrm.service.doctor import examine

    reports = []
    with context_of(ctx).app() as crm:
        for name in account_names(crm, account):
            with err.status(f"Examining {name} ..."):
                reports.append(examine(crm, name))
            if not json:
                _show(reports[-1])
    if json:
        print_json({"accounts": [_plain(report) for report in reports]})
    if code := max(report.code for report in reports):
        raise typer.Exit(code)


def _plain(report: Any) -> dict[str, Any]:
    facts = report.facts
    seen = asdict(facts) | {name: sorted(getattr(facts, name)) for name in ("before", "after", "enabled")}
    seen["provider"] = facts.provider.key if facts.provider else None
    return {
        "account": facts.account,
        "code": report.code,
        "reached": facts.reached,
        "findings": report.findings,
        "abilities": report.abilities,
        "provider": facts.provider.title if facts.provider else None,
        "quirks": report.quirks,
        "settings": {"compress": facts.compress, "qresync": facts.qresync},
        "facts": seen,
    }


# --- for people --------------------------------------------------------------------------------------------------


def _show(report: Any) -> None:
    facts = report.facts
    title = facts.provider.title if facts.provider else "no known provider"
    say(f"{facts.account}: {facts.user} at {facts.place}, security {facts.security.value} ({title})", "bold")
    for finding in report.findings:
        style = _STYLES[finding.severity]
        line = escape(f"{finding.topic}: {finding.seen}")
        out.print(f"  [{style}]{finding.severity.value:8}[/{style}] {line}", soft_wrap=True)
        for label, text in (("means", finding.means), ("next", finding.next)):
            if text:
                say(f"  {'':8}   {label}: {text}")
    for quirk in report.quirks:
        say(f"  {'profile':8} {title} {quirk}")
    say(f"  {'settings':8} compress = {facts.compress.value}, qresync = {_qresync(facts)}")
    if facts.before:
        say(f"  {'server':8} {_offer(facts)}")
    if report.abilities:
        rows = [(ability.name, ability.use, ability.text) for ability in report.abilities]
        print_table(("the server's ability", "", "what comes of it"), rows, empty="")
    say("")


def _offer(facts: Any) -> str:
    logins = [word.removeprefix("AUTH=") for word in sorted(facts.before) if word.startswith("AUTH=")]
    words = [f"logins by {', '.join(logins)}"] if logins else []
    words.append(f"{len(facts.before)} abilities before the login")
    words += [f"{len(facts.after)} after it"] if facts.after else []
    words += [f"answers from {facts.round_trip_ms:.1f} ms on"] if facts.round_trip_ms is not None else []
    return "; ".join(words)


def _qresync(facts: Any) -> str:
    chosen = "true" if facts.qresync else "false"
    by_profile = facts.qresync_setting is None and facts.provider is not None
    return f"{chosen} (by the provider's profile)" if by_profile else chosen
