"""The command `mailcrm`, also as `python -m mailcrm`: how the process starts and ends. The commands are in `cli`."""

import gc
import os
import sys
import threading

_NEW_OBJECTS = 200_000
"""Before the first look for garbage. Python's 700 makes it go through all that was imported dozens of times, in vain: a
third of the time that a short command takes. What takes longer opens the store, and is looked after from then on."""


def run() -> None:
    """The entry point of the installed command."""
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # we have none, and looking reads all of site-packages

    from mailcrm.cli.main import run as run_command

    try:
        run_command()
    except SystemExit as exc:
        _end(exc.code)
        raise


def _end(code: str | int | None) -> None:
    """End at once if nothing is left to do: to take all modules apart costs a tenth of a short command's time."""
    if isinstance(code, str) or threading.active_count() > 1:
        return
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:  # whoever read it is gone
            continue
        except OSError:  # a full disk: Python says so
            return
    os._exit(code or 0)


if __name__ == "__main__":
    run()
