"""Understands messages within limits: large ones in a child process, which may be killed without harm (decisions.md 22).

A child is started when the first large message comes and ends by itself when none has come for a while. The memory that
such a message needs is the child's.
"""

import subprocess
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from mailcrm.errors import Unparsable
from mailcrm.model.message import LargeMessage, ParsedMessage, RawMessage

_SMALL = 256 * 1024
"""Bytes up to which a message is understood at once: the worst of that size takes a fraction of a second."""

CPU_SECONDS = 5
MEMORY = 500 * 1024 * 1024
_PATIENCE = 60.0
"""Seconds that a child may be silent, however busy the machine is."""


class Guard:
    """An `ingest.given.Parse` for one thread. `close` it."""

    def __init__(self, cpu_seconds: float = CPU_SECONDS, memory: int = MEMORY) -> None:
        self._limits = (cpu_seconds, memory)
        self._child: subprocess.Popen[bytes] | None = None
        self._line: Connection | None = None

    def __call__(self, message: RawMessage | LargeMessage) -> ParsedMessage:
        """What the message says. Raises Unparsable where it takes too much time or memory, or cannot be parsed."""
        if isinstance(message, RawMessage) and len(message.raw) <= _SMALL:
            from mailcrm.ingest.mail.parse import parse_message  # only now: most passes find nothing new

            return parse_message(message)
        answer = self._ask(message) or self._ask(message)  # the first child may have gone home at this very moment
        if isinstance(answer, ParsedMessage):
            return answer
        seconds, memory = self._limits
        limits = f"to understand the message takes more than {seconds:g} s or {memory // 2**20} MiB"
        raise Unparsable(answer or limits)

    def _ask(self, message: RawMessage | LargeMessage) -> ParsedMessage | str | None:
        """The message, or why there is none, or None where the child ended over it."""
        line = self._line or self._start()
        try:
            line.send(message)
            if line.poll(_PATIENCE):
                answer: ParsedMessage | str = line.recv()
                return answer
        except (EOFError, OSError):  # it was killed, or its time was up
            self.close()
            return None
        self.close()
        return f"to understand the message took more than {_PATIENCE:g} s"

    def _start(self) -> Connection:
        self._line, theirs = Pipe()
        seconds, memory = self._limits
        command = [sys.executable, "-m", "mailcrm.service.guarded", str(theirs.fileno()), str(seconds), str(memory)]
        with theirs:
            self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        return self._line

    def close(self) -> None:
        """End the child; the next large message starts another."""
        if self._line is not None:
            self._line.close()
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        self._line = self._child = None
