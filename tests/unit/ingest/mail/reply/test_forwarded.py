"""Whose mail was forwarded."""

import pytest

from mailcrm.ingest.mail.reply.cut import cut
from mailcrm.ingest.mail.reply.forwarded import sender_of
from mailcrm.model.message import Forwarded
from tests.unit.ingest.mail.reply.clients import ATTRIBUTIONS, FORWARDS, HEADERS

OWN = "Can you look at this?\n\nAnn"


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("name", FORWARDS)
def test_forwarded_original_is_known_and_is_not_the_newest_text(name: str, quoted: bool) -> None:
    original = f"{FORWARDS[name].text}\n\nBuy our steel.\n\nRosa"
    if quoted:
        original = "\n".join(f"> {line}" for line in original.split("\n"))
    for subject in ("Fwd: Offer", "Offer", ""):
        said = cut(f"{OWN}\n\n{original}", "", subject)
        assert said.newest == OWN
        assert said.forwarded == Forwarded(FORWARDS[name].address, FORWARDS[name].name, "Offer")
    assert cut(original, "", "Fwd: Offer").newest == ""


@pytest.mark.parametrize(
    "subject", ["FW: Offer", "WG: Offer", "TR: Offer", "转发：Offer", "轉寄: Offer", "İLT: Offer", "전달: Offer"]
)
@pytest.mark.parametrize("name", HEADERS)
def test_header_fields_are_of_a_forward_if_the_subject_says_so(name: str, subject: str) -> None:
    header = HEADERS[name]
    said = cut(f"{OWN}\n\n{header.text}\n\nBuy our steel.", "", subject)
    assert said.newest == OWN
    assert said.forwarded == Forwarded(header.address, header.name, "Offer")


def test_outlook_for_mac_forwards_below_an_attribution() -> None:
    text = '\ufeffOn 05/03/2024 14:20, "Jane Roe" <jane@example.com> wrote:\n\n    Buy our steel.\n'
    assert cut(text, "", "FW: Offer").forwarded == Forwarded("jane@example.com", "Jane Roe", "Offer")
    assert cut(text, "", "RE: Offer").forwarded is None


def test_answer_to_a_forward_is_no_forward() -> None:
    inner = "\n".join(f"> {line}" for line in FORWARDS["gmail"].text.split("\n"))
    assert cut(f"Thanks!\n\n{ATTRIBUTIONS['gmail en']}\n\n> See below.\n{inner}", "", "Re: Offer").forwarded is None


def test_subject_of_the_original_that_the_block_lacks_is_that_of_the_mail() -> None:
    said = cut(
        "---------- Forwarded message ---------\nFrom: Rosa <rosa@example.com>\nTo: <max@example.org>\n\nBuy.",
        "",
        "Fwd: Steel",
    )
    assert said.forwarded == Forwarded("rosa@example.com", "Rosa", "Steel")


@pytest.mark.parametrize(
    ("value", "name", "address"),
    [
        ("Rosa Roe <rosa@example.com>", "Rosa Roe", "rosa@example.com"),
        ("Rosa Roe <rosa@example.com<mailto:rosa@example.com>>", "Rosa Roe", "rosa@example.com"),
        ("Rosa Roe [mailto:rosa@example.com]", "Rosa Roe", "rosa@example.com"),
        ("rosa@example.com <rosa@example.com> on behalf of Max <max@example.com>", "", "rosa@example.com"),
        ('"王小明"<wang@example.cn>;', "王小明", "wang@example.cn"),
        ("« Rosa Roe » <rosa@example.com>", "Rosa Roe", "rosa@example.com"),
        ("王小明", "王小明", ""),
        ("<rosa@example.com>", "", "rosa@example.com"),
        ("", "", ""),
    ],
)
def test_sender_is_read_as_programs_write_him(value: str, name: str, address: str) -> None:
    assert sender_of(value) == (name, address)
