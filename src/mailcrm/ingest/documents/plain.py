"""Text and CSV files in whatever charset."""

from collections.abc import Iterator

from mailcrm.errors import Unparsable
from mailcrm.ingest.mail.charset import Guesser, decode_text
from mailcrm.model.document import LONGEST_DOCUMENT_TEXT

_BYTES = 4 * LONGEST_DOCUMENT_TEXT


def pieces(data: bytes) -> Iterator[str]:
    """The text. Raises Unparsable for what is no text."""
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in data[:1000] and not wide:
        raise Unparsable("this is no text")
    yield decode_text(data[:_BYTES], "utf-16" if wide else "", Guesser())[0].lstrip("\ufeff")
