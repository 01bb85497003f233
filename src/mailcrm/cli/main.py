"""`mailcrm`: the commands, and how errors become one clear line and an exit code.

0 done; 1 it ran but something is left to look at, the answer was no, or a bug; 2 it could not be done and the message
says what to do; 130 it was stopped by Ctrl-C.
"""

import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from mailcrm import __version__
from mailcrm.cli.context import Context
from mailcrm.errors import MailcrmError

_FILES = {
    "demo": "demo_command",
    "init": "init",
    "check": "check",
    "run": "daemon",
    "sync": "daemon",
    "status": "daemon",
    "inspect": "inspect",
    "accounts": "accounts",
    "import": "imports",
    "export": "exports",
    "search": "search",
    "people": "people",
    "conversations": "conversations",
    "forms": "forms",
    "orders": "orders",
    "log": "log",
    "cases": "cases",
    "notes": "notes",
    "mail": "mail",
    "reprocess": "reprocess",
    "identity": "identity",
    "fields": "fields",
    "preset": "preset",
    "numbers": "numbers",
    "dates": "dates",
    "tags": "tags",
    "segments": "segments",
    "campaigns": "campaigns",
    "send": "send",
    "users": "users",
    "approvals": "approvals",
    "verify": "verify",
    "doctor": "doctor",
    "db": "db",
}
"""The first word of a command, in the order of the help, and the file it is in: one that `register`s commands, or has an
`app` of them."""


class Commands(TyperGroup):
    """Loads the file of the command that is typed; for help, and where a word is not known, all of them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All first words."""
        del ctx
        return list(_FILES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command that begins so, None if there is none."""
        for word in [cmd_name] if cmd_name in _FILES else _FILES:
            if word not in self.commands:
                self.commands.update(_load(word))
        return super().get_command(ctx, cmd_name)


def _load(word: str) -> Mapping[str, Any]:
    file = import_module(f"mailcrm.cli.{_FILES[word]}")
    found = typer.Typer(rich_markup_mode="rich")
    if hasattr(file, "app"):
        found.add_typer(file.app, name=word)
    else:
        file.register(found)
    return get_group(found).commands


app = typer.Typer(
    name="mailcrm",
    cls=Commands,
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
    as_: Annotated[
        str | None,
        typer.Option("--as", metavar="USER", help="Who you are: a user of the team (`mailcrm users list`)."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """The CRM for teams whose customer relations live in their inbox."""
    del version
    ctx.obj = Context(config_path=config)
    if as_ is not None:
        from mailcrm.model.rights import Viewer
        from mailcrm.store.users import user_key

        name = user_key(as_)
        ctx.obj = Context(config_path=config, viewer=Viewer(name), user=name)


def run() -> None:
    """The entry point of the installed command."""
    try:
        app()
    except MailcrmError as exc:
        from mailcrm.cli.console import err, escape

        err.print(f"[bold red]error:[/bold red] {escape(exc.message)}", soft_wrap=True)
        for problem in exc.problems:
            err.print(f"  - {escape(problem)}", soft_wrap=True)
        sys.exit(2)
    except KeyboardInterrupt:
        from mailcrm.cli.console import err

        err.print("stopped")
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
