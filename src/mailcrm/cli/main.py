"""`mailcrm`: the commands, and how errors become one clear line and an exit code.

0 done; 1 it ran but something is left to look at, the answer was no, or a bug; 2 it could not be done and the message
says what to do; 130 it was stopped by Ctrl-C.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from mailcrm import __version__
from mailcrm.cli import (
    accounts,
    campaigns,
    check,
    daemon,
    db,
    demo_command,
    doctor,
    imports,
    init,
    inspect,
    people,
    segments,
    send,
    tags,
    verify,
)
from mailcrm.cli.context import Context, err
from mailcrm.errors import MailcrmError

app = typer.Typer(
    name="mailcrm",
    help="The CRM for teams whose customer relations live in their inbox.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mailcrm {__version__}")
        raise typer.Exit


@app.callback()
def main(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="Configuration file.", envvar="MAILCRM_CONFIG", dir_okay=False),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """The CRM for teams whose customer relations live in their inbox."""
    del version
    ctx.obj = Context(config_path=config)


for noun in (demo_command, init, check, daemon, inspect):
    noun.register(app)
app.add_typer(accounts.app, name="accounts")
app.add_typer(imports.app, name="import")
app.add_typer(people.app, name="people")
app.add_typer(tags.app, name="tags")
app.add_typer(segments.app, name="segments")
app.add_typer(campaigns.app, name="campaigns")
app.add_typer(send.app, name="send")
app.add_typer(verify.app, name="verify")
app.add_typer(doctor.app, name="doctor")
app.add_typer(db.app, name="db")


def run() -> None:
    """The entry point of the installed command."""
    try:
        app()
    except MailcrmError as exc:
        err.print(f"[bold red]error:[/bold red] {escape(exc.message)}", soft_wrap=True)
        for problem in exc.problems:
            err.print(f"  - {escape(problem)}", soft_wrap=True)
        sys.exit(2)
    except KeyboardInterrupt:
        err.print("stopped")
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
