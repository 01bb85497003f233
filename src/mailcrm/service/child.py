"""A process of ours that understands mail for us: started when it is first needed, and again when it went home."""

import subprocess
import sys
from typing import TYPE_CHECKING, Any

from mailcrm.errors import StoreBusy

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_ENDING = 5.0

PATIENCE = 60.0
"""Seconds that a child may be silent, however busy the machine is."""


class Child:
    """`module` as a process with a line to us, whose number comes first among its arguments. `close` it."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._module = module
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Connection | None = None

    @property
    def line(self) -> "Connection":
        """What we say and hear goes over this. Raises StoreBusy where no process can be started.

        The child may be gone: then what is done with the line raises EOFError or OSError, and `ended` tells more.
        """
        return self._line or self._start()

    def _start(self) -> "Connection":
        from multiprocessing import Pipe  # only now: most passes find little mail

        self._line, theirs = Pipe()
        # -P: nothing from the folder that we happen to be in
        command = [sys.executable, "-P", "-m", self._module, str(theirs.fileno()), *self._arguments]
        with theirs:
            try:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], process_group=0
                )  # a group of its own: Ctrl-C is for us, whose end is its end
            except OSError as exc:
                self.close()
                raise StoreBusy(f"no process can be started to read mail: {exc.strerror}") from exc
        return self._line

    def ended(self) -> int:
        """With which code it did, or minus the signal that killed it; 0 if it does not end. The next one is another."""
        assert self._process is not None
        try:
            return self._process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            return 0
        finally:
            self.close()

    def said(self) -> Any:
        """The next that it says. Raises EOFError or OSError if it is gone, TimeoutError after `PATIENCE`."""
        if not self.line.poll(PATIENCE):
            self.close()
            raise TimeoutError
        return self.line.recv()

    def close(self) -> None:
        """End it; the next word starts another."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._line = self._process = None
