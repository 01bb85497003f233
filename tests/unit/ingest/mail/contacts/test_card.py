"""Cards that come with mail: the sender's own tell of him, those of others are attachments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail.contacts.card import read_card
from tests.unit.ingest.mail.samples import multipart, parsed

CARD = """BEGIN:VCARD
VERSION:3.0
N:Whitfield;Ann;;;
FN:Ann Whitfield
ORG:Tallowbridge Castings Ltd;Export
TITLE:Sales Manager
TEL;TYPE=WORK,VOICE:020 7946 0018
TEL;TYPE=CELL:+44 7911 123456
TEL;TYPE=WORK,FAX:+44 20 7946 0019
EMAIL;TYPE=INTERNET:Ann@example.org
ADR;TYPE=WORK:;;14 Orchard Lane;Leeds;;LS1 4AB;United Kingdom
URL:https://www.tallowbridge.example
X-WECHAT:ann_wh
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD
END:VCARD
"""
WANTED = {
    ("name", "Ann Whitfield"), ("company", "Tallowbridge Castings Ltd"), ("department", "Export"), ("title", "Sales Manager"), ("phone", "+442079460018"),
    ("mobile", "+447911123456"), ("fax", "+442079460019"), ("address", "14 Orchard Lane, Leeds, LS1 4AB, United Kingdom"), ("url", "https://www.tallowbridge.example"), ("wechat", "ann_wh"),
}  # fmt: skip


def found(card: str, name: str = "Ann Whitfield", address: str = "ann@example.org") -> set[tuple[str, str]]:
    findings, _ = read_card(card.replace("\n", "\r\n").encode(), name, address)
    assert {finding.source for finding in findings} <= {"vcard"}
    return {(finding.field.value, finding.shown) for finding in findings}


def test_the_card_of_the_sender_tells_of_him() -> None:
    assert found(CARD) == WANTED
    assert found(CARD.replace("VERSION:3.0", "VERSION:2.1")) == WANTED
    assert found(CARD.replace("\n", "\n ", 0).replace("FN:Ann Whitfield", "FN:Ann Whit\n field")) == WANTED


def test_the_card_of_somebody_else_tells_nothing() -> None:
    assert found(CARD, "Ann Whitfield", "ann@elsewhere.example") == set()
    nobodys = CARD.replace("EMAIL;TYPE=INTERNET:Ann@example.org\n", "")
    assert found(nobodys, "Whitfield, Ann", "ann@elsewhere.example") == WANTED
    assert found(nobodys, "Bob Whitfield", "bob@example.org") == set()
    assert found(nobodys, "", "bob@example.org") == set()


def test_the_card_of_a_firm_names_no_person() -> None:
    assert found(CARD.replace("FN:Ann Whitfield", "FN:Tallowbridge castings Ltd")) == WANTED - {
        ("name", "Ann Whitfield")
    }


def test_what_a_number_is_for_is_told_in_the_manner_of_each_version() -> None:
    card = "BEGIN:VCARD\nVERSION:2.1\nFN:Ann Whitfield\nTEL;{}:+44 20 7946 0018\nEMAIL:ann@example.org\nEND:VCARD\n"
    number = "+442079460018"
    for kind, field in {"CELL": "mobile", "WORK;FAX": "fax", "WORK;VOICE": "phone"}.items():
        assert (field, number) in found(card.format(kind))
    assert found(card.format("PAGER")) == {("name", "Ann Whitfield")}
    uri = card.replace("2.1", "4.0").replace("+44 20 7946 0018", "tel:+44-20-7946-0018;ext=12").format("VALUE=uri")
    assert ("phone", f"{number};ext=12") in found(uri)


def test_of_several_cards_the_senders_is_read() -> None:
    other = CARD.replace("Ann", "Bob").replace("Sales Manager", "CEO")
    assert found(other + CARD) == WANTED


def test_a_card_in_a_mail_becomes_findings() -> None:
    for kind in (b"text/vcard", b"text/x-vcard", b"application/octet-stream; name=ann.vcf"):
        part = b"Content-Type: %s\nContent-Disposition: attachment\n\n%s" % (kind, CARD.encode())
        message = parsed(multipart("mixed", b"\nHello\n", part))
        assert {(f.field.value, f.shown) for f in message.findings} == WANTED
        assert len(message.attachments) == 1
    bulk = multipart("mixed", b"\nHello\n", part).replace(b"To: Bob", b"Precedence: bulk\nTo: Bob")
    assert parsed(bulk).findings == ()


@pytest.mark.parametrize(
    "card",
    [
        "BEGIN:VCARD\nFN:x\n",
        "BEGIN:VCARD\nVERSION:3.0\nFN;ENCODING=b:%%%\nEND:VCARD",
        "END:VCARD\n",
        "BEGIN:VCARD\nEND:VTODO\n",
    ],
)
def test_a_broken_card_is_a_defect_at_most(card: str) -> None:
    part = b"Content-Type: text/vcard\n\n" + card.encode()
    message = parsed(multipart("mixed", b"\nHello\n", part))
    assert message.findings == ()
    assert set(message.defects) <= {"a vCard cannot be read, it is kept as an attachment only"}


def test_what_could_not_be_read_is_said() -> None:
    assert read_card(b"BEGIN:VCARD\nEND:VTODO\n", "", "")[1] == [
        "a vCard cannot be read, it is kept as an attachment only"
    ]


@given(st.lists(st.sampled_from([line.encode() for line in CARD.split("\n")]) | st.binary(max_size=40), max_size=30))
def test_whatever_comes_is_read_or_a_defect(lines: list[bytes]) -> None:
    findings, defects = read_card(b"\r\n".join(lines), "Ann Whitfield", "ann@example.org")
    assert not (findings and defects)


def test_large_cards_are_left_alone() -> None:
    assert read_card(CARD.encode() + b" " * 300_000, "Ann Whitfield", "ann@example.org") == ((), [])
