"""The hand-written mails of tests/data, and shorthands to make others."""

from pathlib import Path

from mailcrm.ingest.mail.parse import parse_message
from mailcrm.model.message import ParsedMessage, RawMessage

DATA = Path(__file__).parents[3] / "data"
ENVELOPE = (
    b"From: Ann <ann@example.org>\nTo: Bob <bob@example.com>\nSubject: Hello\n"
    b"Date: Mon, 6 May 2024 09:00:00 +0000\nMessage-ID: <hello@example.org>\n"
)


def sample(name: str) -> bytes:
    """The bytes of tests/data/NAME.eml."""
    return (DATA / f"{name}.eml").read_bytes()


def parsed(raw: bytes) -> ParsedMessage:
    """A whole message, understood."""
    return parse_message(RawMessage(uid=1, raw=raw))


def multipart(subtype: str, *parts: bytes) -> bytes:
    """A message of several parts; each part begins with its own header."""
    body = b"".join(b"--cut\n" + part + b"\n" for part in parts)
    return ENVELOPE + b'Content-Type: multipart/%s; boundary="cut"\n\n' % subtype.encode() + body + b"--cut--\n"
