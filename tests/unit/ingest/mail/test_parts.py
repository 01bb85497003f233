"""The MIME tree and the undoing of transfer encodings."""

import base64
import binascii
import quopri

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailcrm.ingest.mail.parts import Part, decode_transfer, read_tree
from tests.unit.ingest.mail.samples import ENVELOPE, multipart, sample


def shape(part: Part) -> object:
    """The types of a tree, nested as its parts are."""
    return (part.mime_type, [shape(child) for child in part.children]) if part.children else part.mime_type


def test_tree_has_the_shape_of_the_message() -> None:
    assert shape(read_tree(sample("gbk_inquiry"))) == (
        "multipart/mixed",
        [("multipart/alternative", ["text/plain", "text/html"]), "application/pdf"],
    )


def test_message_inside_a_message_stays_whole() -> None:
    inner = multipart("mixed", b"\ninner text")
    root = read_tree(
        ENVELOPE
        + b"Content-Type: multipart/mixed; boundary=outer\n\n--outer\nContent-Type: message/rfc822\n\n"
        + inner
        + b"\n--outer--\n"
    )
    assert shape(root) == ("multipart/mixed", ["message/rfc822"])
    assert root.children[0].content() == inner


def test_message_inside_base64_comes_out_as_its_bytes() -> None:
    part = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(ENVELOPE)
    assert read_tree(multipart("mixed", part)).children[0].content() == ENVELOPE


@pytest.mark.parametrize(
    ("head", "subject", "name"),
    [
        (b"Content-Type: message/rfc822", b"Your order", "Your order.eml"),
        (b"Content-Type: message/rfc822; name=note.eml", b"Your order", "note.eml"),
        (b"Content-Type: message/global", "订单 7".encode(), "订单 7.eml"),
        (b"Content-Type: message/rfc822", b"=?utf-8?b?UmU6IDEvMg==?=\n \tfolded", "Re: 1_2 folded.eml"),
        (b"Content-Type: message/rfc822", b"a" * 300, "a" * 251 + ".eml"),
        (b"Content-Type: message/rfc822", b" ", ""),
        (b"Content-Type: message/delivery-status", b"Your order", ""),
    ],
)
def test_a_message_without_a_file_name_goes_by_its_subject(head: bytes, subject: bytes, name: str) -> None:
    root = read_tree(multipart("mixed", head + b"\n\nFrom: a@example.com\nSubject: " + subject + b"\n\nSubject: no"))
    assert root.children[0].filename == name


def test_parts_of_a_digest_are_messages_unless_they_say_otherwise() -> None:
    root = read_tree(multipart("digest", b"\nSubject: one\n\n1", b"Content-Type: text/plain\n\n2"))
    assert shape(root) == ("multipart/digest", ["message/rfc822", "text/plain"])


@pytest.mark.parametrize(
    ("line", "mime_type"),
    [
        (b"", "text/plain"),
        (b"Content-Type: TEXT/HTML; x=y\n", "text/html"),
        (b"Content-Type: text\n", "text/plain"),
        (b"Content-Type: text/\n", "text/plain"),
        (b"Content-Type: a/b/c\n", "text/plain"),
        (b'Content-Type: "image/png"\n', "image/png"),
    ],
)
def test_unreadable_type_is_plain_text(line: bytes, mime_type: str) -> None:
    assert read_tree(ENVELOPE + line + b"\nx").mime_type == mime_type


def test_boundary_that_begins_another_boundary_does_not_confuse() -> None:
    inner = b'Content-Type: multipart/mixed; boundary="cutter"\n\n--cutter\n\n1\n--cutter\n\n2\n--cutter--\n'
    root = read_tree(multipart("mixed", inner, b"\n3"))
    assert [child.content() for child in root.children[0].children] == [b"1", b"2"]
    assert root.children[1].content() == b"3"


@pytest.mark.parametrize(
    ("raw", "defect"),
    [
        (ENVELOPE + b"Content-Type: multipart/mixed\n\ntext", "multipart without a boundary"),
        (ENVELOPE + b"Content-Type: multipart/mixed; boundary=b\n\ntext", "multipart whose boundary never occurs"),
        (ENVELOPE + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntext", "multipart that is not closed"),
        (b"Subject: x\nno field here\n\ntext", "the header ends in a line that is no header field"),
    ],
)
def test_broken_structure_is_named(raw: bytes, defect: str) -> None:
    assert defect in read_tree(raw).defects


def test_lines_behind_a_broken_header_belong_to_the_body() -> None:
    root = read_tree(b"Subject: x\nno field here\n\ntext")
    assert root.content() == b"no field here\n\ntext"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b'Content-Disposition: attachment; filename="a.pdf"\nContent-Type: x/y; name="b.pdf"', "a.pdf"),
        (b'Content-Type: x/y; name="b.pdf"', "b.pdf"),
        (b"Content-Disposition: attachment; filename*=utf-8''%E6%8A%A5.pdf", "报.pdf"),
        (b'Content-Disposition: attachment; filename="C:\\docs\\a.pdf"', "a.pdf"),
        (b'Content-Disposition: attachment; filename="../../etc/passwd"', "passwd"),
        (b'Content-Disposition: attachment; filename="a\0b.pdf"', "ab.pdf"),
        (b"Content-Disposition: attachment", ""),
    ],
)
def test_file_name_is_plain_and_without_a_path(header: bytes, name: str) -> None:
    part = read_tree(header + b"\n\nx")
    assert part.filename == name
    assert part.has_filename is bool(name)


def test_disposition_and_content_id_are_read() -> None:
    part = read_tree(b"Content-Disposition: INLINE; x=y\nContent-ID: <logo@x>\n\n")
    assert (part.disposition, part.content_id) == ("inline", "logo@x")


@pytest.mark.parametrize(
    ("encoding", "data", "decoded"),
    [
        ("7bit", b"a=3Db", b"a=3Db"),
        ("", b"a\xffb", b"a\xffb"),
        ("quoted-printable", b"a=3Db=\nc =E4=ZZ", b"a=bc \xe4=ZZ"),
        (' "quoted-printable"; x', b"a=3Db", b"a=b"),
        ("base64", b"aGVs\nbG8=\n", b"hello"),
        ("base64", b"aGVs bG8", b"hello"),
        ("base64", b"aGVs-bG8=_", b"hello"),
        ("base64", b"aGVsb", b"hel"),
        ("base64", b"aGVsbG8=\n--\nfooter of a mailing list", b"hello"),
        ("x-uuencode", b"begin 644 a.txt\n%:&5L;&\\\n`\nend\n", b"hello"),
        ("uuencode", b"no such thing", b"no such thing"),
        ("uuencode", b"begin 644 a\n\xff\xff\xff\nend\n", b"begin 644 a\n\xff\xff\xff\nend\n"),
    ],
)
def test_transfer_encoding_is_undone_as_far_as_possible(encoding: str, data: bytes, decoded: bytes) -> None:
    assert decode_transfer(data, encoding) == decoded


@given(st.binary(max_size=300))
def test_whatever_was_encoded_comes_back(data: bytes) -> None:
    assert decode_transfer(base64.encodebytes(data), "base64") == data
    assert decode_transfer(quopri.encodestring(data), "quoted-printable") == data


DAMAGE = st.sampled_from([b"=", b"==", b"\r\n", b" ", b"A", b"-", b"_", b"!", b"\0", b"\xff", b"\n--\nfooter\n"])


@settings(max_examples=500)
@given(st.binary(max_size=150), st.lists(st.tuples(st.integers(0, 250), DAMAGE), max_size=5), st.integers(0, 3))
@example(b"12345", [(8, b"aGVsbG8=")], 0)
def test_damaged_base64_is_read_as_the_standard_library_reads_it(
    data: bytes, damage: list[tuple[int, bytes]], lost: int
) -> None:
    """Where that reads it at all: what it refuses for a lack of padding is read as far as it goes."""
    coded = base64.encodebytes(data)
    for place, piece in damage:
        coded = coded[:place] + piece + coded[place:]
    coded = coded[: len(coded) - lost]
    try:
        expected = binascii.a2b_base64(coded)
    except binascii.Error:
        return
    assert decode_transfer(coded, "base64") == expected


@given(st.binary(max_size=200), st.sampled_from(["base64", "quoted-printable", "x-uuencode"]))
def test_any_data_is_decoded_without_complaint(data: bytes, encoding: str) -> None:
    decode_transfer(data, encoding)
    decode_transfer(b"begin 644 x\n" + data, encoding)
