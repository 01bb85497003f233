"""What stands at the foot of each page of a PDF: whose archive it is, and which page of how many."""

from typing import Any

from reportlab.pdfgen.canvas import Canvas

from mailcrm.exchange.page.fonts import fonts, runs

_SIZE = 8


def numbered_canvas(foot: str, left: float, right: float, height: float) -> type:
    """A canvas that holds all pages until it is known how many there are. Lengths in points."""

    class Numbered(Canvas):  # type: ignore[misc]
        """Writes the foot of each page at the end."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._held: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - as reportlab calls it
            self._held.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._held, 1):
                self.__dict__.update(page)
                _write(self, foot, left, height)
                self.setFont("Helvetica", _SIZE)
                self.drawRightString(right, height, f"{number} / {len(self._held)}")
                super().showPage()
            super().save()

    return Numbered


def _write(canvas: Any, text: str, x: float, y: float) -> None:
    """One line, with the font of each piece."""
    line = canvas.beginText(x, y)
    for name, piece in runs(text[:80], fonts()):
        line.setFont(name, _SIZE)
        line.textOut(piece)
    canvas.drawText(line)
