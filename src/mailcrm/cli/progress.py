"""One line of progress on standard error, while something is counted that takes long."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from mailcrm.cli.console import err

Report = Callable[[str, int, int], None]
"""What is done, how much of it, and of how much (0: not known)."""


@contextmanager
def counted(name: str = "", unit: str = "", *, quiet: bool) -> Iterator[Report]:
    """Takes reports of what is done for `name`, in numbers of `unit`."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit))
    with Progress(*columns, console=err, disable=quiet, transient=True) as bar:
        task = bar.add_task(name, total=None)

        def report(what: str, done: int, total: int) -> None:
            bar.update(task, description=f"{name}: {what}" if name else what, completed=done, total=total or None)

        yield report
