"""Parts by their section numbers, and bodies that are decoded in pieces: the same as all at once."""

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail.attached import decode_pieces, find_part
from mailcrm.ingest.mail.parts import decode_transfer
from tests.providers.structure import sections
from tests.unit.ingest.mail.samples import ENVELOPE, multipart, parsed

INNER = b'Content-Type: multipart/alternative; boundary="in"\n\n--in\n\nplain\n--in\nContent-Type: text/html\n\n<p>\n--in--\n'
PDF = b"Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n"


def test_parts_are_found_by_the_numbers_of_the_server() -> None:
    raw = multipart("mixed", INNER, PDF).replace(b"\n", b"\r\n")
    there = sections(raw)
    for section, text in {"1.1": b"plain", "1.2": b"<p>", "2": b"hello"}.items():
        part = find_part(raw, section)
        assert part is not None
        assert part.section == section
        assert part.content().strip() == text
        assert section in there
    for section in ("", "1", "3", "0", "1.3", "2.1", "x", "-1", "1.1.1", "²"):
        assert find_part(raw, section) is None
    assert [each.section for each in parsed(raw).attachments] == ["2"]


def test_a_message_of_one_part_has_the_number_one() -> None:
    raw = ENVELOPE + PDF
    part = find_part(raw, "1")
    assert part is not None
    assert part.content() == b"hello"
    assert find_part(raw, "2") is None
    assert parsed(raw).attachments[0].section == "1"


@given(
    st.binary(max_size=400), st.sampled_from(["base64", "BASE64 ", "quoted-printable", "8bit", "", "7bit"]), st.data()
)
def test_in_pieces_as_all_at_once(data: bytes, encoding: str, draw: st.DataObject) -> None:
    encoded = base64.encodebytes(data).replace(b"\n", b"\r\n") if "64" in encoding else data
    encoded = quopri.encodestring(data) if encoding == "quoted-printable" else encoded
    pieces = []
    while encoded:
        count = draw.draw(st.integers(1, 90))
        pieces.append(encoded[:count])
        encoded = encoded[count:]
    assert b"".join(decode_pieces(pieces, encoding)) == decode_transfer(b"".join(pieces), encoding.strip().lower())


@pytest.mark.parametrize("damaged", [b"aGVsbG8", b"aGV!sbG8=", b"====", b"aGVsbG8=\r\nrest", b"a"])
def test_damaged_base64_gives_what_can_be_had(damaged: bytes) -> None:
    found = b"".join(decode_pieces([damaged[:3], damaged[3:]], "base64"))
    assert found == b"hello"[: len(found)]
