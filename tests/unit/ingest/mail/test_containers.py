"""S/MIME, PGP and winmail.dat: what is inside is found, what is encrypted is said."""

import base64
import struct
import sys
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID
from hypothesis import example, given
from hypothesis import strategies as st

from mailcrm.ingest.mail.armour import take_off
from mailcrm.ingest.mail.attached import find_part
from tests.unit.ingest.mail.samples import ENVELOPE, multipart, parsed

INNER = (
    b'Content-Type: multipart/mixed; boundary="in"\r\n\r\n--in\r\nContent-Type: text/plain\r\n\r\nSigned words\r\n--in\r\n'
    b"Content-Type: application/pdf; name=offer.pdf\r\nContent-Disposition: attachment\r\n\r\nPDF!\r\n--in--\r\n"
)


@cache
def certificate() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ann")])
    now = datetime(2025, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(now).not_valid_after(now + timedelta(days=9))
    return builder.sign(key, hashes.SHA256()), key


def signed(inner: bytes = INNER) -> bytes:
    """DER, as Outlook makes it."""
    cert, key = certificate()
    builder = pkcs7.PKCS7SignatureBuilder().set_data(inner).add_signer(cert, key, hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def streamed(inner: bytes = INNER) -> bytes:
    """BER in pieces, as OpenSSL streams it: lengths are not told, ends are marked."""
    pieces = b"".join(
        b"\x04\x81" + bytes([len(p)]) + p for p in (inner[i : i + 100] for i in range(0, len(inner), 100))
    )
    content = bytes.fromhex("06092a864886f70d010701") + b"\xa0\x80\x24\x80" + pieces + b"\0\0" * 4
    return (
        b"\x30\x80"
        + bytes.fromhex("06092a864886f70d010702")
        + b"\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80"
        + content
    )


def smime(content: bytes, kind: bytes = b"signed-data") -> bytes:
    head = b"Content-Type: application/pkcs7-mime; smime-type=%s; name=smime.p7m\nContent-Transfer-Encoding: base64\n\n"
    return ENVELOPE + head % kind + base64.encodebytes(content)


@pytest.mark.parametrize("make", [signed, streamed])
def test_signed_mail_is_read_and_its_attachments_are_opened(make: object) -> None:
    raw = smime(make())  # type: ignore[operator]
    message = parsed(raw)
    assert message.text.strip() == "Signed words"
    assert message.defects == ()
    [attachment] = message.attachments
    assert (attachment.filename, attachment.size, attachment.section) == ("offer.pdf", 4, "1/2")
    part = find_part(raw, "1/2")
    assert part is not None
    assert part.content() == b"PDF!"
    for section in ("1/3", "2/1", "1/2/1", "1/", "/", "1/1/1/1/1/1", "x/y"):
        assert find_part(raw, section) is None


def test_signed_text_without_parts_is_read() -> None:
    assert parsed(smime(signed(b"Content-Type: text/plain\r\n\r\nOnly words\r\n"))).text.strip() == "Only words"
    raw = multipart("mixed", smime(signed()).split(b"\n", 4)[4])
    assert parsed(raw).text.strip() == "Signed words"
    assert [each.section for each in parsed(raw).attachments] == ["1/2"]


def test_what_is_signed_again_and_again_is_opened_a_few_times() -> None:
    content = INNER
    for _ in range(6):
        content = b"Content-Type: application/pkcs7-mime\r\n\r\n" + signed(content)
    message = parsed(ENVELOPE + content)
    assert [each.mime_type for each in message.attachments] == ["application/pkcs7-mime"]


def test_encrypted_mail_says_so() -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Bob")])
    key = rsa.generate_private_key(65537, 2048)
    now = datetime(2025, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(8)
    )
    cert = builder.not_valid_before(now).not_valid_after(now + timedelta(days=9)).sign(key, hashes.SHA256())
    envelope = pkcs7.PKCS7EnvelopeBuilder().set_data(INNER).add_recipient(cert)
    raw = smime(envelope.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary]), b"enveloped-data")
    message = parsed(raw)
    assert message.defects == ("the mail is encrypted (S/MIME); its text can be read only where its key is",)
    assert [each.filename for each in message.attachments] == ["smime.p7m"]
    version = b"Content-Type: application/pgp-encrypted\n\nVersion: 1\n"
    version = b"Content-Type: application/pgp-encrypted\n\nVersion: 1\n"
    pgp = parsed(multipart("encrypted", version, b"Content-Type: application/octet-stream\n\nx\n"))
    assert pgp.defects == ("the mail is encrypted (PGP); its text can be read only where its key is",)


@example(b"\x0e!", 61)  # the length of what is signed ends within its header
@given(st.binary(max_size=200), st.integers(0, 400))
def test_damaged_signed_mail_is_an_attachment_or_text(noise: bytes, at: int) -> None:
    content = signed()
    message = parsed(smime(content[:at] + noise + content[at + len(noise) :]))
    assert message.attachments or message.text or message.defects


def test_signatures_are_nothing_to_open() -> None:
    text = b"Content-Type: text/plain\n\nSigned words\n"
    for kind in (b"application/pgp-signature; name=signature.asc", b"application/pkcs7-signature; name=smime.p7s"):
        message = parsed(
            multipart("signed", text, b"Content-Type: " + kind + b"\nContent-Disposition: attachment\n\nx\n")
        )
        assert message.text.strip() == "Signed words"
        assert [each.inline for each in message.attachments] == [True]


# --- PGP in the text ---------------------------------------------------------------------------------------------

CLEAR = (
    "Above\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nDear Bob,\n- -- \n- - one\n"
    "-----BEGIN PGP SIGNATURE-----\nVersion: x\n\n"
    "iQEzBAEBCAAdFiEE\n=abcd\n-----END PGP SIGNATURE-----\nBelow\n"
)


def test_newest_text_has_no_armour() -> None:
    message = parsed(ENVELOPE + b"\n" + CLEAR.encode())
    assert take_off(CLEAR) == "Above\nDear Bob,\n-- \n- one\nBelow"
    assert message.said.newest.startswith("Above\nDear Bob,")
    assert "PGP" not in message.said.newest + message.said.signature
    assert "BEGIN PGP" in message.text
    assert take_off(CLEAR * 2).count("Dear Bob") == 2


def test_encrypted_text_is_said() -> None:
    text = "See below\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n"
    assert take_off(text) == "See below"
    message = parsed(ENVELOPE + b"\n" + text.encode())
    assert "the mail is encrypted (PGP); its text can be read only where its key is" in message.defects
    assert message.said.newest == "See below"


@pytest.mark.parametrize("text", [CLEAR.replace("-----", "> -----"), CLEAR.partition("-----BEGIN PGP SIGNATURE")[0]])
def test_armour_that_is_quoted_or_torn_is_text(text: str) -> None:
    assert take_off(text) == text.strip("\n")


@given(st.lists(st.sampled_from(CLEAR.split("\n")) | st.text(max_size=20), max_size=20).map("\n".join))
def test_any_armour_can_be_taken_off(text: str) -> None:
    assert len(take_off(text)) <= len(text)


# --- winmail.dat -------------------------------------------------------------------------------------------------


def attribute(level: int, name: int, kind: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def winmail() -> bytes:
    """A text and a file, as Outlook packs them."""
    return (
        struct.pack("<IH", 0x223E9F78, 1)
        + attribute(1, 0x9006, 8, struct.pack("<I", 0x00010000))
        + attribute(1, 0x800C, 2, b"Packed words\0")
        + attribute(2, 0x9002, 6, b"\0" * 14)
        + attribute(2, 0x8010, 1, b"plan.xls\0")
        + attribute(2, 0x800F, 6, b"XLS!")
    )


TNEF = b"Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n"


def test_winmail_gives_its_files_and_its_text_where_there_is_no_other() -> None:
    alone = ENVELOPE + TNEF + base64.encodebytes(winmail())
    message = parsed(alone)
    assert message.text.strip("\0 \n") == "Packed words"
    [file] = message.attachments
    assert (file.filename, file.size) == ("plan.xls", 4)
    part = find_part(alone, file.section)
    assert part is not None
    assert part.content() == b"XLS!"
    beside = parsed(multipart("mixed", b"\nOther words\n", TNEF + base64.encodebytes(winmail())))
    assert beside.text.strip() == "Other words"
    assert [(each.filename, each.section) for each in beside.attachments] == [("plan.xls", "2/2")]


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tnefparse.tnef", None)
    message = parsed(multipart("mixed", b"\nOther words\n", TNEF + base64.encodebytes(winmail())))
    assert message.defects == ('winmail.dat is not read; `pip install "mailcrm[tnef]"` adds what reads it',)
    assert [each.filename for each in message.attachments] == ["winmail.dat"]


@given(st.integers(0, len(winmail())), st.binary(max_size=30))
def test_damaged_winmail_is_a_defect_at_most(at: int, noise: bytes) -> None:
    content = winmail()
    message = parsed(ENVELOPE + TNEF + base64.encodebytes(content[:at] + noise + content[at + len(noise) :]))
    assert isinstance(message.text, str)
