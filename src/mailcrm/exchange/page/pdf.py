"""The page as PDF: A4, black on white, with page numbers, and Chinese whatever fonts this computer has."""

import io
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

from mailcrm.errors import UserError
from mailcrm.exchange.page.document import Document, Entry, Grid, Section, printable
from mailcrm.exchange.page.fonts import fonts, runs

_MM = 72 / 25.4
_LEFT, _RIGHT, _TOP, _BOTTOM = 18 * _MM, 16 * _MM, 16 * _MM, 20 * _MM
_PADDING = 6.0
"""Which reportlab leaves free on each side of a page's frame."""

_WIDTH = 210 * _MM - _LEFT - _RIGHT - 2 * _PADDING
_LABELS = 34 * _MM
_LONGEST_LABEL = 18
"""Columns that a label may take beside its text; a longer one stands above it. A Chinese character takes two."""

_GREY, _LINE = "#444444", "#999999"


def pdf_page(document: Document) -> bytes:
    """The file. Raises UserError where reportlab is not installed."""
    try:
        from reportlab.platypus import SimpleDocTemplate
    except ImportError as exc:
        raise UserError("PDF needs reportlab: pip install 'mailcrm[pdf]', or choose html and print it") from exc
    from mailcrm.exchange.page.pdf_numbers import numbered_canvas

    file = io.BytesIO()
    title = printable(document.title)
    template: Any = SimpleDocTemplate(
        file, pagesize=(210 * _MM, 297 * _MM), leftMargin=_LEFT, rightMargin=_RIGHT, topMargin=_TOP, bottomMargin=_BOTTOM,
        title=f"{title} - {document.kind}", creator="mailcrm", lang=document.language,
    )  # fmt: skip
    foot = f"{title}  {document.facts[0][1] if document.facts else ''}"
    template.build(
        list(_story(document)), canvasmaker=numbered_canvas(foot, _LEFT + _PADDING, _LEFT + _PADDING + _WIDTH, 11 * _MM)
    )
    return file.getvalue()


def _story(document: Document) -> Iterator[Any]:
    yield _paragraph(document.kind, "kind")
    yield _paragraph(document.title, "title")
    for label, value in document.facts:
        yield _beside(label, value)
    for text in document.left_out:
        yield _paragraph(text, "hint")
    for section in document.sections:
        yield from _section(section)
    yield _paragraph(document.colophon, "colophon")


def _section(section: Section) -> Iterator[Any]:
    from reportlab.platypus import HRFlowable

    yield _paragraph(section.heading, "h2")
    rule: Any = HRFlowable(width="100%", thickness=0.75, color="#000000", spaceBefore=1, spaceAfter=3)
    rule.keepWithNext = True
    yield rule
    if section.hint:
        yield _paragraph(section.hint, "hint", keep=True)
    for group in section.groups:
        if group.heading:
            yield _paragraph(group.heading, "h3")
        for entry in group.entries:
            yield from _entry(entry)


def _entry(entry: Entry) -> Iterator[Any]:
    """The text beside its label, what belongs to it below; paragraphs, not cells, so that the longest one breaks over pages."""
    if _width(entry.label) > _LONGEST_LABEL:
        yield _paragraph(entry.label, "label")
        yield _paragraph(entry.text, "text")
    else:
        yield _beside(entry.label, entry.text, keep=bool(entry.note))
    if entry.note:
        yield _paragraph(entry.note, "note")
    if entry.grid is not None:
        yield _grid(entry.grid)
    for detail in entry.details:
        yield _paragraph(detail, "detail")


def _grid(grid: Grid) -> Any:
    from reportlab.platypus import Table

    wide = _WIDTH - _LABELS
    narrow = wide * 0.19
    widths = [narrow if at in grid.right else wide - narrow * len(grid.right) for at in range(len(grid.columns))]
    rows = [[_cell(text, at in grid.right) for at, text in enumerate(row)] for row in (grid.columns, *grid.rows)]
    padding = [(f"{side}PADDING", (0, 0), (-1, -1), space) for side, space in _CELL]
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, 0), 0.5, _LINE), *padding]
    table: Any = Table(rows, colWidths=widths, repeatRows=1, style=style, hAlign="RIGHT", spaceBefore=2, spaceAfter=3)
    return table


def _cell(text: str, right: bool) -> Any:
    return _paragraph(text, "right" if right else "cell")


_CELL = (("LEFT", 0), ("RIGHT", 0), ("TOP", 2), ("BOTTOM", 2))


# --- text --------------------------------------------------------------------------------------------------------


def _paragraph(text: str, style: str, *, keep: bool = False) -> Any:
    from reportlab.platypus import Paragraph

    made: Any = Paragraph(_marked(text), _style(style))
    made.keepWithNext = keep or style in _KEPT
    return made


def _beside(label: str, text: str, *, keep: bool = False) -> Any:
    """`text` with its label in the left column."""
    from reportlab.platypus import Paragraph

    head = f'<bullet><font color="{_GREY}">{_marked(label)}</font></bullet>'
    made: Any = Paragraph(head + _marked(text), _style("text"))
    made.keepWithNext = keep
    return made


_KEPT = ("h2", "h3", "label")


def _marked(text: str) -> str:
    """As reportlab's mark-up, with the font of each piece: nothing of `text` is mark-up itself."""
    plain = printable(text).replace("\t", "    ")
    lines = (
        "".join(f'<font name="{name}">{escape(piece)}</font>' for name, piece in runs(line, fonts()))
        for line in plain.split("\n")
    )
    return "<br/>".join(lines)


def _width(text: str) -> int:
    return sum(1 if char < "\u2e80" else 2 for char in text)


_STYLES: dict[str, dict[str, Any]] = {
    "kind": {"fontSize": 9, "leading": 12, "textColor": _GREY},
    "title": {"fontSize": 19, "leading": 25, "spaceAfter": 6},
    "h2": {"fontSize": 13, "leading": 17, "spaceBefore": 14},
    "h3": {"fontSize": 9.5, "leading": 13, "spaceBefore": 7, "textColor": _GREY},
    "hint": {"fontSize": 8.5, "leading": 12, "spaceBefore": 3, "spaceAfter": 3, "textColor": _GREY},
    "label": {"spaceBefore": 5, "textColor": _GREY},
    "text": {"leftIndent": _LABELS, "spaceBefore": 5},
    "note": {"fontSize": 8, "leading": 11, "leftIndent": _LABELS, "textColor": _GREY},
    "detail": {"leftIndent": _LABELS, "spaceBefore": 2},
    "cell": {"fontSize": 8.5, "leading": 12},
    "right": {"fontSize": 8.5, "leading": 12, "alignment": 2},
    "colophon": {"fontSize": 8.5, "leading": 12, "spaceBefore": 16, "textColor": _GREY},
}


def _style(name: str) -> Any:
    from reportlab.lib.styles import ParagraphStyle

    latin = fonts()[0].name
    base = {"fontName": latin, "bulletFontName": latin, "fontSize": 9.5, "leading": 14, "bulletFontSize": 9.5}
    return ParagraphStyle(name, **{**base, "wordWrap": "CJK", **_STYLES[name]})
