"""PDF by pypdfium2: its text layer. A scan has none."""

from collections.abc import Iterator

import pypdfium2

from mailcrm.errors import Unparsable
from mailcrm.ingest.documents.refused import refused

_MOST_PAGES = 500


def pieces(data: bytes) -> Iterator[str]:
    """The text, page by page. Raises Unparsable, also where it needs a password."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as exc:
        if "password" in str(exc).lower():
            raise Unparsable("it is encrypted: it needs a password") from exc
        raise refused("PDF", exc) from exc
    for number in range(min(len(document), _MOST_PAGES)):
        try:
            yield document[number].get_textpage().get_text_range().replace("\r\n", "\n")
        except pypdfium2.PdfiumError:  # a damaged page; the others may be whole
            continue
