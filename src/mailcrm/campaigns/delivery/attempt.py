"""What one conversation with a mail server came to, as values."""

import re
from dataclasses import dataclass
from enum import StrEnum

from mailcrm.model.text import clean_line

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?!\d)")
_TEXT_LIMIT = 500


class Stage(StrEnum):
    """How far a mail came. Only from `dot` on can the server have taken it.

    `held`: `before_data` said no, or (with `lost`) the connection died before a byte of the mail was written.
    `data`: the DATA command was not answered with 354. `dot`: the reply to the final dot, or none.
    """

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    HELD = "held"
    DATA = "data"
    DOT = "dot"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last thing that happened: the stage it happened in, and the reply (code 0: there was none).

    `lost` means that the server's answer to this stage is not known: dropped, timed out, or not a reply at all.
    """

    stage: Stage
    code: int = 0
    enhanced: str = ""
    text: str = ""
    lost: bool = False

    @classmethod
    def of_reply(cls, stage: Stage, code: int, message: str, *, lost: bool = False) -> "Attempt":
        """From a reply as it came, with the enhanced code (RFC 3463) that may stand before its text."""
        text = reply_text(message)
        found = _ENHANCED.match(text)
        return cls(stage, code, found[1] if found else "", text, lost)


def reply_text(message: str) -> str:
    """A server's words as one line. Bytes that were not UTF-8 (lone surrogates here) are GBK at Chinese providers."""
    raw = message.encode("utf-8", "surrogateescape")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")
    return clean_line(text, _TEXT_LIMIT)
