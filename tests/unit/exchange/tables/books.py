"""Workbooks made by hand, with what real ones hold: gaps, merged cells, dates, and values far away."""

import io
import zipfile

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKED = "http://schemas.openxmlformats.org/package/2006"


def a_workbook(*sheets: tuple[str, str], merged: tuple[str, ...] = ()) -> bytes:
    """Sheets with their names and rows of XML (`row`). Style 1 is a date; `merged` are ranges of the first sheet."""
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, (name, _) in enumerate(sheets, 1))
    links = "".join(
        f'<Relationship Id="r{n}" Type="{_LINKS}/worksheet" Target="s{n}.xml"/>' for n in range(1, len(sheets) + 1)
    )
    ranges = "".join(f'<mergeCell ref="{each}"/>' for each in merged)
    spans = f"<mergeCells>{ranges}</mergeCells>" if merged else ""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKED}/content-types"><Default Extension="xml" ContentType="a/b"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKED}/relationships"><Relationship Id="a" '
        f'Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{listed}</sheets></workbook>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKED}/relationships">{links}'
        f'<Relationship Id="st" Type="{_LINKS}/styles" Target="styles.xml"/></Relationships>',
    }
    for number, (_, rows) in enumerate(sheets, 1):
        after = spans if number == 1 else ""
        parts[f"xl/s{number}.xml"] = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


def row(number: int, **cells: str | float) -> str:
    """A row of XML; cells by column. Text that begins with `date:` is an Excel serial shown as a date."""
    return f'<row r="{number}">{"".join(_cell(f"{name}{number}", value) for name, value in cells.items())}</row>'


def _cell(place: str, value: str | float) -> str:
    if isinstance(value, str) and value.startswith("date:"):
        return f'<c r="{place}" s="1"><v>{value[5:]}</v></c>'
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'
