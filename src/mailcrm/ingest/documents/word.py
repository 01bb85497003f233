"""DOCX by python-docx: paragraphs and tables in their order, headers and footers."""

import io
from collections.abc import Iterator
from typing import Any

import docx

from mailcrm.errors import Unparsable
from mailcrm.ingest.documents.refused import refused

_ENCRYPTED = b"\xd0\xcf\x11\xe0"
"""How the container begins in which Office packs what it encrypts."""


def pieces(data: bytes) -> Iterator[str]:
    """The text, paragraph by paragraph. Raises Unparsable."""
    if data.startswith(_ENCRYPTED):
        raise Unparsable("it is encrypted, or an old .doc")
    try:
        document = docx.Document(io.BytesIO(data))
        yield from _blocks(document)
        for section in document.sections:
            for part in (section.header, section.footer):
                yield from _blocks(part)
    except MemoryError:
        raise
    except Exception as exc:  # the library raises whatever zip and XML do
        raise refused("DOCX", exc) from exc


def _blocks(container: Any) -> Iterator[str]:
    for block in container.iter_inner_content():
        if hasattr(block, "rows"):
            for row in block.rows:
                yield "\t".join(cell.text for cell in row.cells)
        elif block.text:
            yield block.text
