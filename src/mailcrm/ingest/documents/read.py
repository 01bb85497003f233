"""Reads a file by its kind, each with the library that owns it."""

from itertools import islice

from mailcrm.model.document import LONGEST_DOCUMENT_TEXT, DocumentBytes, DocumentKind
from mailcrm.model.text import clean_text


def read_document(document: DocumentBytes) -> str:
    """The text of a file, as much of it as is kept. Raises Unparsable with the reason."""
    if not document.data:
        return ""
    match document.kind:
        case DocumentKind.PDF:
            from mailcrm.ingest.documents import pdf as reader
        case DocumentKind.WORD:
            from mailcrm.ingest.documents import word as reader  # type: ignore[no-redef]
        case DocumentKind.SHEET:
            from mailcrm.ingest.documents import sheet as reader  # type: ignore[no-redef]
        case DocumentKind.HTML:
            from mailcrm.ingest.documents import page as reader  # type: ignore[no-redef]
        case _:
            from mailcrm.ingest.documents import plain as reader  # type: ignore[no-redef]
    found: list[str] = []
    length = 0
    for piece in islice(reader.pieces(document.data), LONGEST_DOCUMENT_TEXT):
        found.append(piece)
        length += len(piece) + 1
        if length >= LONGEST_DOCUMENT_TEXT:
            break
    return clean_text("\n".join(found))[:LONGEST_DOCUMENT_TEXT].strip()
