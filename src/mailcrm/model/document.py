"""Files whose text can be read, for the search: which they are, and what became of them."""

from dataclasses import dataclass
from enum import StrEnum

LONGEST_DOCUMENT_TEXT = 200_000
"""Characters of text kept of a file."""

LARGEST_DOCUMENT = 10 * 1024 * 1024
"""Bytes. The text of a larger file is not read."""


class DocumentKind(StrEnum):
    """How a file is read."""

    PDF = "pdf"
    WORD = "docx"
    SHEET = "sheet"
    HTML = "html"
    TEXT = "text"


class TextState(StrEnum):
    """What is known of the text of an attachment. `none`: it is no file whose text can be read; `failed`: with a reason."""

    NONE = "none"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DocumentBytes:
    """A file to be read."""

    kind: DocumentKind
    data: bytes


@dataclass(frozen=True, slots=True)
class DocumentText:
    """What is written in one."""

    text: str


_BY_ENDING = {
    "pdf": DocumentKind.PDF, "docx": DocumentKind.WORD, "docm": DocumentKind.WORD, "dotx": DocumentKind.WORD,
    "xlsx": DocumentKind.SHEET, "xlsm": DocumentKind.SHEET, "xlsb": DocumentKind.SHEET, "xls": DocumentKind.SHEET,
    "ods": DocumentKind.SHEET, "htm": DocumentKind.HTML, "html": DocumentKind.HTML,
    "txt": DocumentKind.TEXT, "csv": DocumentKind.TEXT, "tsv": DocumentKind.TEXT, "md": DocumentKind.TEXT,
}  # fmt: skip
_BY_TYPE = {
    "application/pdf": DocumentKind.PDF,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": DocumentKind.WORD,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": DocumentKind.SHEET,
    "application/vnd.ms-excel": DocumentKind.SHEET,
    "application/vnd.oasis.opendocument.spreadsheet": DocumentKind.SHEET,
    "text/html": DocumentKind.HTML,
    "text/plain": DocumentKind.TEXT,
    "text/csv": DocumentKind.TEXT,
}


def document_kind(filename: str, mime_type: str) -> DocumentKind | None:
    """How to read a file of this name and type, None if nobody can. The name counts more: types are often wrong."""
    ending = filename.rpartition(".")[2].lower().strip() if "." in filename else ""
    return _BY_ENDING.get(ending) or _BY_TYPE.get(mime_type.lower())
