"""The text of files: of each kind, damaged, encrypted, too large, and of the wrong kind."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import Unparsable
from mailcrm.ingest.documents.read import read_document
from mailcrm.model.document import LONGEST_DOCUMENT_TEXT, DocumentBytes, DocumentKind, document_kind
from tests.unit.ingest.documents.files import a_docx, a_pdf, an_xlsx

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def text_of(kind: DocumentKind, data: bytes) -> str:
    return read_document(DocumentBytes(kind, data))


def test_pdf() -> None:
    assert text_of(DocumentKind.PDF, a_pdf("Offer 4711", "Second page")).split("\n") == ["Offer 4711", "Second page"]


def test_docx() -> None:
    data = a_docx("报价单", "Grüße", table=(("Teil", "Preis"), ("Rad", "7")), header="Own Ltd")
    assert text_of(DocumentKind.WORD, data).split("\n") == ["报价单", "Grüße", "Teil\tPreis", "Rad\t7", "Own Ltd"]


def test_xlsx() -> None:
    data = an_xlsx(("Teil", "单价"), ("Rad", 7), ("Ölfilter", 7.5))
    assert text_of(DocumentKind.SHEET, data).split("\n") == ["Preise", "Teil\t单价", "Rad\t7", "Ölfilter\t7.5"]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_in_any_charset(charset: str) -> None:
    text = "编号,名称,单价\n1,发动机机油滤清器,35\n2,空气滤清器,28\n3,请尽快确认订单和交货时间，谢谢。\n"
    assert text_of(DocumentKind.TEXT, text.encode(charset)) == text.strip()


def test_html() -> None:
    assert text_of(DocumentKind.HTML, "<p>Grüße</p><script>no()</script><p>7 &euro;</p>".encode()) == "Grüße\n\n7 €"


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        (DocumentKind.PDF, b"%PDF-1.4 broken", "no PDF that can be read"),
        (DocumentKind.WORD, b"PK broken", "no DOCX that can be read"),
        (DocumentKind.WORD, OLE, "encrypted, or an old .doc"),
        (DocumentKind.WORD, an_xlsx(("a",)), "no DOCX that can be read"),
        (DocumentKind.SHEET, b"PK broken", "no spreadsheet that can be read"),
        (DocumentKind.SHEET, OLE, "no spreadsheet that can be read"),
        (DocumentKind.TEXT, b"MZ\0\0\1\2", "no text"),
    ],
)
def test_what_cannot_be_read_says_why(kind: DocumentKind, data: bytes, said: str) -> None:
    with pytest.raises(Unparsable, match=said):
        text_of(kind, data)


@pytest.mark.parametrize("kind", DocumentKind)
def test_nothing_is_no_text(kind: DocumentKind) -> None:
    assert text_of(kind, b"") == ""


def test_of_much_text_the_beginning_is_kept() -> None:
    assert len(text_of(DocumentKind.TEXT, b"word " * LONGEST_DOCUMENT_TEXT)) in range(
        LONGEST_DOCUMENT_TEXT - 1, LONGEST_DOCUMENT_TEXT + 1
    )
    rows = [("cell " * 20, float(number)) for number in range(5000)]
    assert len(text_of(DocumentKind.SHEET, an_xlsx(*rows))) <= LONGEST_DOCUMENT_TEXT


@given(
    st.binary(max_size=300),
    st.sampled_from(DocumentKind),
    st.sampled_from([b"", b"%PDF-1.4\n", b"PK\x03\x04", OLE[:8]]),
)
def test_any_bytes_are_text_or_a_reason(data: bytes, kind: DocumentKind, start: bytes) -> None:
    try:
        assert isinstance(text_of(kind, start + data), str)
    except Unparsable as exc:
        assert str(exc) and "\n" not in str(exc)  # noqa: PT017, PT018 - both outcomes are right


@pytest.mark.parametrize("make", [lambda: a_docx("a" * 50), lambda: an_xlsx(("a", 1)), lambda: a_pdf("a")])
def test_a_file_cut_anywhere_is_text_or_a_reason(make: object) -> None:
    data = make()  # type: ignore[operator]
    for length in range(0, len(data), max(len(data) // 60, 1)):
        for kind in (DocumentKind.PDF, DocumentKind.WORD, DocumentKind.SHEET):
            try:
                text_of(kind, data[:length])
            except Unparsable:
                continue


def test_a_zip_with_other_things_in_it() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<x>" * 1000)
    with pytest.raises(Unparsable):
        text_of(DocumentKind.WORD, file.getvalue())


@pytest.mark.parametrize(
    ("name", "mime_type", "kind"),
    [
        ("a.PDF", "application/octet-stream", DocumentKind.PDF),
        ("报价.xlsx", "", DocumentKind.SHEET),
        ("noname", "application/pdf", DocumentKind.PDF),
        ("a.csv", "application/vnd.ms-excel", DocumentKind.TEXT),
        ("a.zip", "application/zip", None),
        ("photo.jpg", "image/jpeg", None),
        ("", "text/plain", DocumentKind.TEXT),
    ],
)
def test_the_kind_by_name_and_type(name: str, mime_type: str, kind: DocumentKind | None) -> None:
    assert document_kind(name, mime_type) == kind
