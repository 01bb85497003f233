"""What every command needs: the configuration, an opened application, who is typing, and how to print."""

import gc
import getpass
import json
import os
import pwd
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailcrm.errors import UserError
from mailcrm.model.rights import Actor, Viewer

if TYPE_CHECKING:
    from mailcrm.config import Config

_NEW_OBJECTS = 50_000
"""Between two looks for garbage; before the first one there may be more (`__main__`)."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@dataclass
class Context:
    """Lives for one command; made by the callback of `main`."""

    config_path: Path | None = None
    viewer: Viewer = field(default_factory=Viewer.system)
    user: str | None = None

    def path(self) -> Path:
        """The configuration file in use. Raises ConfigError if there is none."""
        from mailcrm.config import find_config  # only now: what needs no configuration starts in half the time

        return self.config_path or find_config()

    def config(self) -> "Config":
        """The configuration. Raises ConfigError."""
        from mailcrm.config import load_config

        return load_config(self.path())

    @property
    def actor(self) -> Actor:
        """Who types: the user of --as, else the operating-system user."""
        if self.user is not None:
            return Actor.user(self.user, _login())
        return Actor.cli(getpass.getuser(), _login())

    @contextmanager
    def app(self) -> Iterator[Any]:
        """The application (a `service.app.App`), closed at the end. Raises ConfigError and StoreBusy, and UserError for a user
        of --as who is none, or was deactivated."""
        from mailcrm.service.bootstrap import build_app

        app = build_app(self.config())
        collect_seldom()
        try:
            if self.user is not None:
                _require_user(app, self.user)
            yield app
        finally:
            app.store.close()


def _require_user(app: Any, name: str) -> None:
    from mailcrm.store.users import require_active

    with app.store.read() as session:
        require_active(session, name)


def _login() -> str:
    """The operating-system user whose process this is, whatever the environment says."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # a container need not know its user
        return str(number)


def collect_seldom() -> None:
    """All that was loaded stays, so the collector need not go through it again and again."""
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 20)


def context_of(ctx: typer.Context) -> Context:
    """The `Context` of a running command."""
    found = ctx.find_object(Context)
    assert found is not None
    return found


def account_names(app: Any, chosen: Sequence[str] | None) -> Sequence[str]:
    """Those that were named, else all. Raises UserError where there are none."""
    names = chosen or [each.name for each in app.config.accounts]
    if not names:
        raise UserError("no accounts are configured; `mailcrm init` adds one")
    return names


def plain(value: Any) -> Any:
    """A value as JSON can hold it: dataclasses as objects, times in ISO 8601 with offset and days, spans in
    seconds, decimals as text, enums by value."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return value.value
    return value


def print_json(value: Any) -> None:
    """JSON on standard output, for programs: no colours, no wrapping."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False, indent=2) + "\n")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, empty: str, title: str | None = None) -> None:
    """A table for people; `empty` says what to do when there is nothing."""
    from rich.table import Table

    from mailcrm.cli.console import escape, out

    if not rows:
        out.print(f"[dim]{escape(empty)}[/dim]", soft_wrap=True)
        return
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")  # half an address is no address
    for row in rows:
        table.add_row(*(escape(cell(value)) for value in row))
    out.print(table)


def cell(value: Any) -> str:
    """A value in a table: local time to the minute, lists with commas, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone():%Y-%m-%d %H:%M}"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, list | tuple):
        return ", ".join(cell(item) for item in value)
    return str(value)


def human_size(count: int) -> str:
    """Bytes for people."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit in ("B", "kB") or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def say(text: str, style: str = "") -> None:
    """A line on standard output; `text` is shown as it is.

    Nobody but the terminal breaks it: in a pipe a command or a path must come out whole.
    """
    if not style and text.isprintable():
        sys.stdout.write(text + "\n")
        sys.stdout.flush()  # beside what goes to standard error
        return
    from mailcrm.cli.console import escape, out

    out.print(escape(text), style=style or None, soft_wrap=True)


def told_to_wait(asked: Any, *, json: bool) -> None:
    """Say that a change (a `model.approval.ChangeAsked`) was kept until a second person has looked."""
    if json:
        print_json({"request": asked.id, "state": asked.state, "sha256": asked.sha256})
        return
    say(
        f"request {asked.id}: {asked.summary} waits for a second person; "
        f"`mailcrm approvals show {asked.id}` is what they look at"
    )


def warn(text: str) -> None:
    """A line on standard error."""
    from mailcrm.cli.console import err, escape

    err.print(escape(text), style="yellow", soft_wrap=True)
