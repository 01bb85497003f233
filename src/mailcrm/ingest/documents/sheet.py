"""XLSX, XLS, XLSB and ODS by python-calamine: names of sheets, and rows with tabs between cells."""

import io
from collections.abc import Iterator

import python_calamine

from mailcrm.errors import Unparsable
from mailcrm.ingest.documents.refused import refused


def pieces(data: bytes) -> Iterator[str]:
    """The text, row by row. Raises Unparsable, also where it needs a password."""
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        for name in book.sheet_names:
            yield name
            for row in book.get_sheet_by_name(name).iter_rows():
                line = "\t".join(_cell(value) for value in row if value != "")
                if line:
                    yield line
    except python_calamine.PasswordError as exc:
        raise Unparsable("it is encrypted: it needs a password") from exc
    except MemoryError:
        raise
    except Exception as exc:  # damaged zip, XML or sheets: each an exception of its own
        raise refused("spreadsheet", exc) from exc


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))  # as people type it when they search for it
    return str(value)
