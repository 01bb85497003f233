"""`mailcrm demo`: two minutes that show the main job, without an account."""

from pathlib import Path
from typing import Annotated

import typer

from mailcrm.cli.console import out


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    folder: Annotated[
        Path | None, typer.Option(help="Where to keep the demo's archive; default: a new folder in /tmp.")
    ] = None,
) -> None:
    """See the whole of mailcrm once, on embedded servers with sample mail. Needs no account."""
    from mailcrm.cli.demo.story import run_demo
    from mailcrm.config import LogSection
    from mailcrm.service.logs import configure_logs

    configure_logs(LogSection(level="error"))
    run_demo(out, folder)
