"""HTML files, as HTML mail is read."""

from collections.abc import Iterator

from mailcrm.ingest.documents import plain
from mailcrm.ingest.mail.text import html_to_text


def pieces(data: bytes) -> Iterator[str]:
    """The text that a reader sees."""
    for text in plain.pieces(data):
        yield html_to_text(text)
