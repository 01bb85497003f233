"""XLSX, XLS, XLSB and ODS: names of sheets, and rows with tabs between cells."""

from collections.abc import Iterator

from mailcrm.model.sheet import Book


def pieces(data: bytes) -> Iterator[str]:
    """The text, row by row. Raises Unparsable, also where it needs a password."""
    book = Book(data)
    for name in book.names:
        yield name
        for _, row in book.rows(name):
            line = "\t".join(_cell(value) for value in row if value != "")
            if line:
                yield line


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))  # as people type it when they search for it
    return str(value)
