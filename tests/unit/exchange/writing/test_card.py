"""vCards as RFC 2426 and RFC 6350 want them, which our own import reads back."""

import io
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mailcrm.exchange.cards.lines import read_cards, unescaped
from mailcrm.exchange.cards.person import customer_of
from mailcrm.exchange.writing.card import CardVersion, card_of, write_cards
from mailcrm.exchange.writing.card_lines import fold, text_value
from mailcrm.model.party import PartyKind
from mailcrm.model.record import Claim, CustomerRecord
from tests.unit.exchange.generated import records
from tests.unit.exchange.writing.sample import ZHANG


def _unfolded(card: bytes) -> list[str]:
    return card.replace(b"\r\n ", b"").decode().split("\r\n")


@given(st.text(st.sampled_from("a茶é😀"), min_size=1, max_size=400))
@example("a" + "茶" * 60)
@example("ab" + "茶" * 60)
@example("a" * 75)
@example("a" * 76)
def test_folded_lines_are_short_and_tear_no_character(text: str) -> None:
    octets = text.replace("\r", "").replace("\n", "").encode("utf-8", "replace")
    lines = fold(octets)[:-2].split(b"\r\n")
    assert all(len(each) <= 75 for each in lines)
    assert b"".join([lines[0], *(each[1:] for each in lines[1:])]) == octets
    for each in lines:
        each.decode()


@given(st.text(st.sampled_from("\\,;:\n nN茶")))
def test_escaped_text_is_read_as_it_was(text: str) -> None:
    assert unescaped(text_value(text)) == text


def test_card_of_version_4_has_what_phones_show() -> None:
    lines = _unfolded(card_of(ZHANG, CardVersion.V4))
    wanted = [
        "VERSION:4.0", "FN:张伟", "N:张;伟;;;", "ORG:深圳华强\\; 有限公司", "EMAIL;TYPE=work;PREF=1:zw@hq.cn",
        "TEL;TYPE=cell:+8613800138000", "TEL;TYPE=voice;TYPE=work:+862088888888", "X-WECHAT:zhang_wei",
        "ADR:;;华强路1号\\, 2楼;深圳;广东;;中国", "URL:https://hq.cn/a,b", "BDAY:--0305", "CATEGORIES:茶,coffee",
        "UID:C000017Z", "REV:20260305T120000Z",
    ]  # fmt: skip
    assert [each for each in wanted if each not in lines] == []


def test_version_3_writes_an_unknown_year_as_ios_does() -> None:
    lines = _unfolded(card_of(ZHANG, CardVersion.V3))
    assert "BDAY;X-APPLE-OMIT-YEAR=1604:1604-03-05" in lines
    assert "EMAIL;TYPE=work;TYPE=pref:zw@hq.cn" in lines
    assert "REV:2026-03-05T12:00:00Z" in lines


def test_closed_and_former_addresses_are_on_no_card() -> None:
    card = card_of(ZHANG, CardVersion.V4)
    assert b"old@hq.cn" not in card
    assert b"gone@hq.cn" not in card


@pytest.mark.parametrize("version", CardVersion)
def test_own_import_reads_what_was_exported(version: CardVersion) -> None:
    file = io.BytesIO()
    firm = CustomerRecord(PartyKind.ORGANISATION, "C1", fields={"name": "Müller, Söhne"})
    assert write_cards(file, [ZHANG, firm], version) == 2
    (read, problems), (other, _) = (customer_of(card, "") for card in read_cards([file.getvalue()]))
    assert problems == ()
    assert (read.foreign_id, read.fields["name"]) == ("C000017Z", "张伟")
    assert (read.fields["family_name"], read.fields["given_name"]) == ("张", "伟")
    held = {(claim.field, claim.value) for claim in read.claims}
    assert {(each.field, each.value) for each in ZHANG.claims if each.field != "address"} <= held
    assert _parts(read.claims) == _parts(ZHANG.claims)
    assert read.dates == ZHANG.dates[:1]
    assert [tag for _, tag in read.tags] == ["茶", "coffee"]
    assert (other.kind, other.fields["name"]) == (PartyKind.ORGANISATION, "Müller, Söhne")


def _parts(claims: Sequence[Claim]) -> list[dict[str, str]]:
    return [dict(claim.parts) for claim in claims if claim.field == "address"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(records, st.sampled_from(CardVersion))
def test_no_text_breaks_out_of_its_line(record: CustomerRecord, version: CardVersion) -> None:
    lines = card_of(record, version).split(b"\r\n")
    assert all(len(each) <= 75 for each in lines)
    assert not any(b"\r" in each or b"\n" in each for each in lines)
    assert [each for each in lines if each.upper().startswith(b"BEGIN:")] == [b"BEGIN:VCARD"]
    assert len(list(read_cards([card_of(record, version)]))) == 1
