"""Understands messages within limits: large ones in a child process, which may be killed without harm (decisions.md 22).

A child is started when the first large message comes and ends by itself when none has come for a while. The memory that
such a message needs is the child's.
"""

import signal
import threading
from typing import TypeAlias

from mailcrm.errors import StoreBusy, Unparsable
from mailcrm.model.document import DocumentBytes, DocumentText
from mailcrm.model.message import READ_AT_ONCE, LargeMessage, ParsedMessage, RawMessage
from mailcrm.service.child import PATIENCE, Child

Asked: TypeAlias = RawMessage | LargeMessage | DocumentBytes
Answer: TypeAlias = ParsedMessage | DocumentText | str
CPU_SECONDS = 5
MEMORY = 500 * 1024 * 1024
_ONE_AT_A_TIME = threading.Lock()
"""So that hostile mail in several mailboxes takes the memory of one."""


class Guard:
    """An `ingest.given.Parse` for one thread. `close` it."""

    def __init__(self, cpu_seconds: float = CPU_SECONDS, memory: int = MEMORY) -> None:
        self._limits = (cpu_seconds, memory)
        self._child = Child("mailcrm.service.guarded", str(cpu_seconds), str(memory))

    def __call__(self, message: RawMessage | LargeMessage) -> ParsedMessage:
        """What the message says. Raises Unparsable where it takes too much time or memory, or cannot be parsed, and
        StoreBusy where no child can be had."""
        if isinstance(message, RawMessage) and len(message.raw) <= READ_AT_ONCE:
            from mailcrm.ingest.mail.parse import parse_message  # only now: most passes find nothing new

            return parse_message(message)
        answer = self._asked(message)
        if isinstance(answer, ParsedMessage):
            return answer
        raise Unparsable(str(answer or self._beyond(message)))

    def text_of(self, document: DocumentBytes) -> str:
        """What is written in a file, always read by the child. Raises like a call."""
        answer = self._asked(document)
        if isinstance(answer, DocumentText):
            return answer.text
        raise Unparsable(str(answer or self._beyond(document)))

    def _asked(self, asked: Asked) -> Answer | None:
        with _ONE_AT_A_TIME:
            answer = self._ask(asked)
            if answer is None:  # it may have gone home at this very moment
                answer = self._ask(asked)
        return answer

    def _beyond(self, asked: Asked) -> str:
        seconds, memory = self._limits
        return f"to understand {_named(asked)} takes more than {seconds:g} s or {memory // 2**20} MiB"

    def _ask(self, asked: Asked) -> Answer | None:
        """What was understood, or why nothing was; None where the child ended without a word, as one does that is idle."""
        try:
            self._child.line.send(asked)
            answer: Answer = self._child.said()
        except TimeoutError:
            return f"to understand {_named(asked)} took more than {PATIENCE:g} s"
        except (EOFError, OSError):
            return self._ended(asked)
        except StoreBusy:
            raise
        except Exception as exc:  # another version of mailcrm answered: it is being installed
            self.close()
            raise StoreBusy(f"the process that reads large mail says what cannot be understood: {exc}") from exc
        return answer

    def _ended(self, asked: Asked) -> str | None:
        """Why it did: killed for the limits, gone home, or never really there."""
        code = self._child.ended()
        if code > 0:
            raise StoreBusy(
                f"the process that reads large mail ended with code {code}; is mailcrm being installed anew?"
            )
        return self._beyond(asked) if code < 0 and code != -signal.SIGTERM else None

    def close(self) -> None:
        """End the child; the next large message starts another."""
        self._child.close()


def _named(asked: Asked) -> str:
    return "the attachment" if isinstance(asked, DocumentBytes) else "the message"
