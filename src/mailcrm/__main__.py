"""The command `mailcrm`, also as `python -m mailcrm`: how the process starts and ends. The commands are in `cli`."""

import atexit
import gc
import os

_NEW_OBJECTS = 50_000
"""Between two looks for garbage. Python's 700 makes it go through all that was imported dozens of times, in vain: a
third of the time that a short command takes."""


def run() -> None:
    """The entry point of the installed command."""
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
    atexit.register(gc.freeze)  # what is left at the end goes with the process; there is no use in searching it
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # we have none, and looking reads all of site-packages

    from mailcrm.cli.main import run as run_command

    run_command()


if __name__ == "__main__":
    run()
