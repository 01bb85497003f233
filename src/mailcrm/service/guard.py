"""Understands messages within limits: large ones in a child process, which may be killed without harm (decisions.md 22).

A child is started when the first large message comes and ends by itself when none has come for a while. The memory that
such a message needs is the child's.
"""

import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from mailcrm.errors import StoreBusy, Unparsable
from mailcrm.model.message import LargeMessage, ParsedMessage, RawMessage

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_SMALL = 256 * 1024
"""Bytes up to which a message is understood at once: the worst of that size takes a fraction of a second."""

CPU_SECONDS = 5
MEMORY = 500 * 1024 * 1024
_ONE_AT_A_TIME = threading.Lock()
"""So that hostile mail in several mailboxes takes the memory of one."""

_ENDING = 5.0
_PATIENCE = 60.0
"""Seconds that a child may be silent, however busy the machine is."""


class Guard:
    """An `ingest.given.Parse` for one thread. `close` it."""

    def __init__(self, cpu_seconds: float = CPU_SECONDS, memory: int = MEMORY) -> None:
        self._limits = (cpu_seconds, memory)
        self._child: subprocess.Popen[bytes] | None = None
        self._line: Connection | None = None

    def __call__(self, message: RawMessage | LargeMessage) -> ParsedMessage:
        """What the message says. Raises Unparsable where it takes too much time or memory, or cannot be parsed, and
        StoreBusy where no child can be had."""
        if isinstance(message, RawMessage) and len(message.raw) <= _SMALL:
            from mailcrm.ingest.mail.parse import parse_message  # only now: most passes find nothing new

            return parse_message(message)
        with _ONE_AT_A_TIME:
            answer = self._ask(message)
            if answer is None:  # it may have gone home at this very moment
                answer = self._ask(message)
        if isinstance(answer, ParsedMessage):
            return answer
        raise Unparsable(answer or self._beyond)

    @property
    def _beyond(self) -> str:
        seconds, memory = self._limits
        return f"to understand the message takes more than {seconds:g} s or {memory // 2**20} MiB"

    def _ask(self, message: RawMessage | LargeMessage) -> ParsedMessage | str | None:
        """The message, or why there is none; None where the child ended without a word, as one does that is idle."""
        line = self._line or self._start()
        try:
            line.send(message)
            if line.poll(_PATIENCE):
                answer: ParsedMessage | str = line.recv()
                return answer
        except (EOFError, OSError):
            return self._ended()
        except Exception as exc:  # another version of mailcrm answered: it is being installed
            self.close()
            raise StoreBusy(f"the process that reads large mail says what cannot be understood: {exc}") from exc
        self.close()
        return f"to understand the message took more than {_PATIENCE:g} s"

    def _ended(self) -> str | None:
        """Why it did: killed for the limits, gone home, or never really there."""
        assert self._child is not None
        try:
            code = self._child.wait(_ENDING)
        except subprocess.TimeoutExpired:
            code = 0
        self.close()
        if code > 0:
            raise StoreBusy(
                f"the process that reads large mail ended with code {code}; is mailcrm being installed anew?"
            )
        return self._beyond if code < 0 and code != -signal.SIGTERM else None

    def _start(self) -> "Connection":
        from multiprocessing import Pipe  # only now: most mail is small

        self._line, theirs = Pipe()
        seconds, memory = self._limits
        module = ["-P", "-m", "mailcrm.service.guarded"]  # -P: nothing from the folder that we happen to be in
        command = [sys.executable, *module, str(theirs.fileno()), str(seconds), str(memory)]
        with theirs:
            try:
                self._child = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], process_group=0
                )  # a group of its own: Ctrl-C is for us, whose end is its end
            except OSError as exc:
                self.close()
                raise StoreBusy(f"no process can be started to read large mail: {exc.strerror}") from exc
        return self._line

    def close(self) -> None:
        """End the child; the next large message starts another."""
        if self._line is not None:
            self._line.close()
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        self._line = self._child = None
