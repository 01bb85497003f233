"""The child of `guard`: understands one message after another and is killed by the system when one takes too much.

python -m mailcrm.service.guarded FD CPU_SECONDS MEMORY
"""

import gc
import resource
import signal
import sys
from dataclasses import replace
from multiprocessing.connection import Connection

from mailcrm.errors import Unparsable
from mailcrm.ingest.mail.parse import parse_message
from mailcrm.model.message import LONGEST_TEXT, LargeMessage, ParsedMessage, RawMessage

_IDLE_SECONDS = 10.0
_OURSELVES = 48 * 1024 * 1024
"""Bytes that the child has in use before the first message."""


def main(fd: int, cpu_seconds: float, memory: int) -> None:
    """Answer until nobody asks any more."""
    _limit_memory(memory)
    line = Connection(fd)
    while line.poll(_IDLE_SECONDS):
        try:
            message = line.recv()
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)  # SIGPROF ends a process that does not want it
        answer = _understood(message)
        signal.setitimer(signal.ITIMER_PROF, 0)
        line.send(answer)
        del message, answer
        gc.collect()


def _limit_memory(size: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = _OURSELVES + size
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if most < 0 else min(wanted, most), most))


def _understood(message: RawMessage | LargeMessage) -> ParsedMessage | str:
    """The message with as much of its text as is kept, or why there is none."""
    try:
        raw = message if isinstance(message, RawMessage) else RawMessage(message.uid, message.path.read_bytes())
        parsed = parse_message(raw)
    except (Unparsable, MemoryError, OSError) as exc:
        return str(exc) or "the message needs too much memory"
    return replace(parsed, text=parsed.text[:LONGEST_TEXT], html=parsed.html[:LONGEST_TEXT])


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
