"""Messages cut at their boundaries: whatever the mail, the same pieces as the standard parser finds line by line."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailcrm.ingest.mail.fields import normalise_raw
from mailcrm.ingest.mail.headers import parse_headers
from mailcrm.ingest.mail.split import Piece, cut, read_by_line
from tests.unit.ingest.mail.samples import DATA, multipart

TYPES = (
    "multipart/mixed; boundary=b", 'multipart/mixed; boundary="b"', 'multipart/mixed;\r\n\tboundary="b c"; x=y',
    "multipart/mixed; boundary=", 'Multipart/Digest; BOUNDARY="b"', "multipart/mixed; boundary=b--",
    "multipart/mixed; boundary=<b>", 'multipart/mixed; boundary="b "', "multipart/mixed; boundary=c",
    'multipart/mixed; type="a;boundary=c"; boundary=b', "multipart/mixed; boundary=b; boundary=c",
    "multipart/mixed; boundary*=b", "multipart/mixed; boundary*0=b", 'multipart/mixed; boundary="b\\b"',
    "multipart/mixed; boundary=b (comment)", "multipart/mixed boundary=b", "multipart/mixed; boundary =b",
    "multipart / mixed; boundary=b", "multipart; boundary=b", 'text/plain; name="multipart/x"', "message/rfc822",
    "text/html; charset=utf-8", "multipart/mixed; boundary=b;", "multipart/mixed;boundary=b;;",
    'multipart/mixed; boundary="="', 'multipart/mixed; boundary="b\r\n b"', "multipart/é; boundary=b",
    "multipart/mixed; boundary=(b)",
)  # fmt: skip
FIELDS = [f"Content-Type: {value}\r\n".encode("latin-1") for value in TYPES]
LINES = [
    b"--b\n", b"--b\r\n", b"--b \n", b"--b\t\r\n", b"--b--\n", b"--b--\r\n", b"--b-- \r\n", b"--b", b"--b--",
    b"--bb\n", b"--b c\r\n", b"--b c--\n", b"--c\n", b"--c--\r\n", b"----\n", b"--=\r\n", b"--=--\n", b"--(b)\n", b"--<b>\n",
    b"--\n", b"-- \n", b"words --b\n", b" --b\n", b"\r--b\r", b"\n", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r",
    b"text\r\n", b"text", b"\xff\x00\r\n", b" folded\r\n", b"No field\r\n", b"Subject: x\r\n", b"From mbox\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: 7BIT\r\n",
    b"Content-Transfer-Encoding: 8bit \r\n",
]  # fmt: skip
WILD = st.lists(st.sampled_from([*LINES, *FIELDS]), max_size=24).map(b"".join)
HEAD = b"Content-Type: multipart/mixed; boundary=b\r\n"


@st.composite
def sound(draw: st.DrawFn, depth: int = 0) -> bytes:
    """A multipart as it should be, but for a line here and there."""
    boundary = b"b" * (depth + 1)
    end = draw(st.sampled_from([b"\n", b"\r\n"]))
    leaf = st.lists(st.sampled_from([b"text", b"", b"--", b"--" + boundary + b"x", b"a" * 80]), max_size=3).map(
        end.join
    )
    parts = []
    for _ in range(draw(st.integers(0, 3))):
        inner = sound(depth=depth + 1) if depth < 2 and draw(st.booleans()) else leaf.map(lambda body: end + body)
        parts.append(b"--" + boundary + end + draw(inner) + end)
    behind = draw(st.sampled_from([b"", end, b"epilogue" + end, b"--" + boundary + end]))
    before = draw(st.sampled_from([b"", b"preamble" + end, b"--" + boundary + b"-" + end]))
    closed = draw(st.sampled_from([b"--", b"--", b"-- \t", b""]))
    head = b"Content-Type: multipart/mixed;" + end + b' boundary="' + boundary + b'"' + end + end
    return head + before + b"".join(parts) + b"--" + boundary + closed + behind


def plain(piece: Piece) -> object:
    items = [(name, value.replace("\r\n", "\n")) for name, value in piece.items]  # how folds end does not matter
    return items, piece.body, list(piece.defects), [plain(child) for child in piece.children]


def agrees(raw: bytes) -> bool:
    """Whether `raw` was cut at all; the same as the standard parser is demanded."""
    found = cut(raw)
    if found is not None:
        assert plain(found) == plain(read_by_line(raw))
    return found is not None


@settings(max_examples=400)
@given(st.sampled_from([b"", HEAD, *FIELDS]), WILD)
def test_any_lines_are_cut_as_the_standard_parser_reads_them(head: bytes, body: bytes) -> None:
    agrees(head + body)


@settings(max_examples=600)
@given(st.sampled_from([HEAD, HEAD, *FIELDS]), WILD)
@example(HEAD, b"--b\r\n\r\n--b--")
@example(HEAD, b"\r\nx\r--b\r\n\r\ny")
@example(HEAD, b"\r\nx\r\n--b\r\r\ny")
@example(HEAD, b"\r\nx\r\n--b--\ry")
@example(HEAD, b"--b\r\n\r\nx\r\n--b \t\r\n\r\ny")
@example(HEAD, b"--b\r\n\r\nx\r\n--b\r\n--b\r\n\r\ny")
@example(b"Content-Type: multipart/mixed; boundary=<b>\r\n", b"--<b>\r\n\r\nx\r\n--<b>--\r\n")
@example(HEAD, b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n1\r\n--c--\r\n--b--\r\n")
@example(HEAD, b"--b\nContent-Type: multipart/mixed; boundary=b--\n\n--b--\n\n1\n--b----\n--b--\n")
def test_a_closed_body_is_cut_as_the_standard_parser_reads_it(head: bytes, body: bytes) -> None:
    agrees(head + b"\r\n--b\r\n" + body + b"\r\n--b--\r\n")


@settings(max_examples=300)
@given(sound())
def test_multiparts_are_cut_as_the_standard_parser_reads_them(raw: bytes) -> None:
    agrees(raw)


@pytest.mark.parametrize("path", sorted(DATA.glob("*.eml")), ids=lambda path: path.stem)
def test_sample_is_cut_as_the_standard_parser_reads_it(path: object) -> None:
    agrees(normalise_raw(path.read_bytes())[0])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "raw",
    [
        multipart("mixed", b"\none", b"Content-Type: text/html\n\ntwo"),
        multipart("mixed", b"\none", b"\ntwo").replace(b"\n", b"\r\n"),
        multipart(
            "mixed", b'Content-Type: multipart/alternative;\n boundary="in"\n\n--in\n\n1\n--in\n\n2\n--in--\n', b"\n3"
        ),
        b"From someone\n" + multipart("mixed", b"\none\rline", b"\ntwo"),
        multipart("mixed", b"Content-Type: message/rfc822\n\n" + multipart("mixed", b"\ninner").replace(b"cut", b"in")),
    ],
)
def test_ordinary_mail_needs_no_reading_by_line(raw: bytes) -> None:
    assert agrees(raw)


def test_a_million_lines_are_cut_in_one_search() -> None:
    body = b"\r\n--c\r\n" * 300_000
    piece = cut(HEAD + b"\r\n--b\r\n\r\n" + body + b"\r\n--b--\r\n")
    assert piece is not None
    assert piece.children[0].body == body


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/mixed; boundary=x" + b"\r\n " * 400_000 + b'"\r\n\r\n',
        b"Content-Type: multipart/mixed" + b"; a=b" * 200_000 + b'"\r\n\r\n',
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nSubject: " + b" " * 800_000 + b"\rx\r\n\r\n--x--\r\n",
    ],
)
def test_endless_white_space_is_read_once(raw: bytes) -> None:
    """Not once for each of its letters: that would take hours, and `re` lets no other thread run meanwhile."""
    cut(raw)
    normalise_raw(raw)
    parse_headers(raw)
