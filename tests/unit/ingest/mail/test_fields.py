"""The header block is read exactly as the standard parser reads it."""

from collections.abc import Iterable
from email.parser import BytesHeaderParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailcrm.ingest.mail.charset import Guesser
from mailcrm.ingest.mail.fields import HeaderFields, normalise_raw, read_block, split_message

# Pieces that header blocks go wrong with.
PIECES = [
    *(b"\n", b"\r", b"\r\n", b"\n\n", b" ", b"\t", b":", b"A:", b"Subject: x", b"From ", b"From x\n", b"From: y\n"),
    *(b"\xff", b"\0", b"\x0b", b"\x1c", b"\x85", b"no field", b" fold\n"),
]


def with_plain_folds(items: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """How the line ends inside a value are written does not matter: unfolding takes them away."""
    return [(name, value.replace("\r\n", "\n")) for name, value in items]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join) | st.binary(max_size=120))
@example(b"From x\nFrom y\nA: b\n\nbody")
@example(b"A: b\nFrom y\n\nbody")
@example(b" fold\nA: b\n: nameless\n fold\n\n")
@example(b"A: b\n fold\nC: d\nno field\n")
@example(b"A: b\nC: d\n: nameless\nE: f")
@example(b"A: b\r\n c\r\n\r\nbody\r\n")
@example(b"A: b\r\n c\r\n\r\n")
@example(b"From x\nA: b\n c\n\n")
@example(b"From x\n fold\nA: b\n")
@example(b"A: b\r\nno field: x\r\n")
@example(b"A: b\n\r")
def test_block_is_read_as_the_standard_parser_reads_it(raw: bytes) -> None:
    peer = BytesHeaderParser().parsebytes(raw)
    block = read_block(raw)
    assert with_plain_folds(block.items) == with_plain_folds(peer.raw_items())
    assert block.rest == str(peer._payload).encode("ascii", "surrogateescape")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("raw", "defect"),
    [
        (b" x\nA: b\n\n", "the header begins with a continuation line"),
        (b"A: b\nFrom x\nC: d\n\n", "a mailbox separator stands inside the header"),
        (b": b\n\n", "a header field has no name"),
        (b"A: b\nHello there\n", "the header ends in a line that is no header field"),
    ],
)
def test_what_is_odd_in_a_block_is_named(raw: bytes, defect: str) -> None:
    assert read_block(raw).defects == [defect]


@pytest.mark.parametrize(
    ("raw", "mended", "defects"),
    [
        (b"A: b\n\nx", b"A: b\n\nx", []),
        (b"\xef\xbb\xbfA: b\n\nx", b"A: b\n\nx", ["byte order mark before the header"]),
        (b"A: b\r\rx\ry", b"A: b\n\nx\ny", ["lines end in CR only"]),
        (b"A: b\r\r\n\r\r\nx", b"A: b\r\n\r\nx", ["lines end in CR CR LF"]),
        (b"", b"", []),
    ],
)
def test_strange_line_ends_are_mended(raw: bytes, mended: bytes, defects: list[str]) -> None:
    assert normalise_raw(raw) == (mended, defects)


@pytest.mark.parametrize(
    ("raw", "head", "body"),
    [
        (b"A: b\n\nx\n", b"A: b\n\n", b"x\n"),
        (b"A: b\r\n\r\nx", b"A: b\r\n\r\n", b"x"),
        (b"A: b", b"A: b", b""),
        (b"\nx", b"", b"x"),
        (b"\r\nx", b"", b"x"),
        (b"", b"", b""),
    ],
)
def test_header_ends_at_the_first_blank_line(raw: bytes, head: bytes, body: bytes) -> None:
    assert split_message(raw) == (head, body)


def test_fields_are_found_by_name_in_order_and_unfolded() -> None:
    items = [("X-A", "1"), ("x-a", "2\r\n\tand more "), ("Content-Type", 'text/html; charset="GBK"')]
    fields = HeaderFields(items, Guesser())
    assert fields.first("x-a") == "1"
    assert fields.every("x-a") == ["1", "2\tand more"]
    assert fields.count("x-a") == 2
    assert "x-b" not in fields
    assert fields.first("x-b") == ""
    assert (fields.charset, fields.content_type.value) == ("GBK", "text/html")
