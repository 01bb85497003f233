"""Cards of all versions become customers; a card that is damaged says so and harms no other."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailcrm.errors import UserError
from mailcrm.exchange.cards.lines import read_cards, unescaped
from mailcrm.exchange.cards.reader import read_card_file
from mailcrm.exchange.records import ReadRow
from mailcrm.model.important_date import Calendar, ImportantDate
from mailcrm.model.party import PartyKind
from mailcrm.model.record import AffiliationEntry, Claim
from tests.unit.exchange.cards import exports

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def _read(folder: Path, data: str | bytes) -> list[ReadRow]:
    path = folder / "contacts.vcf"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return list(read_card_file(path, region="CN", of="import:contacts.vcf", at=NOW))


def _claims(row: ReadRow) -> set[tuple[str, str, str]]:
    return {(claim.field, claim.value, claim.label) for claim in row.record.claims}


def test_card_of_an_iphone(tmp_path: Path) -> None:
    (row,) = _read(tmp_path, exports.IOS)
    assert row.problems == ()
    assert row.record.fields == {"name": "王小明", "given_name": "小明", "family_name": "王"}
    assert [(entry.address, entry.label) for entry in row.record.emails] == [
        ("wxm@hq.example.cn", "work"),
        ("wxm@qq.example.com", "备用"),
    ]
    assert _claims(row) >= {
        ("company", "深圳华强电子有限公司", ""),
        ("department", "采购部", ""),
        ("alias", "小王", ""),
        ("mobile", "+8613800138000", ""),
        ("fax", "+8675588888888", "home"),
        ("address", "中国广东省深圳市华强北路1号, 3楼 518000", "work"),
        ("url", "https://hq.example.cn", "homepage"),
        ("linkedin", "wangxm", ""),
        ("city", "深圳市", ""),
    }
    assert row.record.affiliations == (AffiliationEntry("深圳华强电子有限公司", title="采购经理"),)
    assert row.record.dates == (
        ImportantDate("birthday", Calendar.SOLAR, 8, 15),
        ImportantDate("anniversary", Calendar.SOLAR, 5, 1, 2015),
    )
    assert row.record.activities[0].title == "喜欢茶, 不喝咖啡"


def test_firm_of_an_iphone_is_an_organisation(tmp_path: Path) -> None:
    (row,) = _read(tmp_path, exports.IOS_FIRM)
    assert (row.record.kind, row.record.fields) == (PartyKind.ORGANISATION, {"name": "Acme GmbH"})


def test_card_of_google(tmp_path: Path) -> None:
    (row,) = _read(tmp_path, exports.GOOGLE)
    assert row.record.fields == {
        "name": "Ann Maria Lee",
        "given_name": "Ann Maria",
        "family_name": "Lee",
        "salutation": "Dr.",
    }
    assert ("company", "Lee, Miller & Co.", "") in _claims(row)
    assert row.record.tags == (("", "myContacts"), ("", "VIP"))
    assert row.record.activities[0].body.endswith("folded in the midst of words")


def test_card_of_outlook_in_the_character_set_of_windows(tmp_path: Path) -> None:
    (row,) = _read(tmp_path, exports.OUTLOOK)
    assert row.record.fields["name"] == "Jürgen Müller"
    assert _claims(row) >= {
        ("company", "Groß AG", ""),
        ("phone", "+4989123456", "work"),
        ("mobile", "+491711234567", ""),
        ("fax", "+4989123457", "work"),
        ("address", "Hauptstraße 5, Hinterhaus, München, Deutschland, 80331", "work"),
    }


def test_card_of_an_android_phone(tmp_path: Path) -> None:
    (row,) = _read(tmp_path, exports.ANDROID)
    assert row.record.fields["name"] == "李娜"
    assert _claims(row) >= {("company", "义乌贸易有限公司", ""), ("alias", "Nana", ""), ("qq", "12345678", "")}
    assert ("mobile", "+8613900139000", "") in _claims(row)
    assert row.record.dates == (ImportantDate("birthday", Calendar.SOLAR, 5, 17, 1990),)
    assert row.record.activities[0].title == "广交会2024"


def test_card_in_gbk(tmp_path: Path) -> None:
    (row,) = _read(tmp_path, exports.GBK_PHONE)
    assert row.record.fields["name"] == "张伟"
    assert _claims(row) >= {
        ("company", "宁波进出口公司", ""),
        ("wechat", "zhangwei", ""),
        ("mobile", "+8613700137000", ""),
    }


def test_card_of_version_four(tmp_path: Path) -> None:
    (row,) = _read(tmp_path, exports.FOUR)
    assert (row.record.fields["language"], row.record.foreign_id) == ("fr", "4fbe8971")
    assert _claims(row) >= {("phone", "+33142685300", "home"), ("gender", "female", ""), ("skype", "zoe.b", "")}
    assert row.record.dates == (ImportantDate("birthday", Calendar.SOLAR, 2, 3),)


def test_many_cards_in_utf_16_are_numbered(tmp_path: Path) -> None:
    rows = _read(tmp_path, (exports.GOOGLE + exports.IOS_FIRM + exports.FOUR).encode("utf-16"))
    assert [row.number for row in rows] == [1, 2, 3]
    assert rows[2].record.fields["name"] == "Zoë Brûlé"


def test_card_that_is_cut_short_says_so_and_keeps_the_others(tmp_path: Path) -> None:
    first, second = _read(tmp_path, exports.GOOGLE + exports.FOUR[:150])
    assert first.problems == ()
    assert "cut short" in second.problems[0].what
    first, second = _read(tmp_path, exports.FOUR.replace("END:VCARD\n", "") + exports.GOOGLE)
    assert "no END:VCARD" in first.problems[0].what
    assert second.record.fields["family_name"] == "Lee"


def test_card_within_a_card_is_left_out(tmp_path: Path) -> None:
    agent = "BEGIN:VCARD\nVERSION:2.1\nFN:Boss\nAGENT:\nBEGIN:VCARD\nFN:Secretary\nEND:VCARD\nTITLE:CEO\nEND:VCARD\n"
    (row,) = _read(tmp_path, agent)
    assert (row.record.fields["name"], row.record.claims) == ("Boss", (Claim("title", "CEO"),))


def test_what_cannot_be_read_in_a_card_is_told(tmp_path: Path) -> None:
    (row,) = _read(tmp_path, "BEGIN:VCARD\nFN:Ann\nEMAIL:none\nBDAY:soon\nTEL:call me\nEND:VCARD\n")
    assert sorted(problem.column for problem in row.problems) == ["BDAY", "EMAIL", "TEL"]


def test_file_without_a_card_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no vCard"):
        _read(tmp_path, "hello")


@pytest.mark.parametrize(("raw", "text"), [(r"a\,b\;c\\n\nd", "a,b;c\\n\nd"), ("end\\", "end\\")])
def test_backslashes_are_those_of_the_rfc(raw: str, text: str) -> None:
    assert unescaped(raw) == text


def test_structured_values_are_taken_apart_at_marks_without_backslash() -> None:
    (card,) = read_cards([rb"BEGIN:VCARD", b"\n", rb"N:a\;b;c\\;d", b"\nEND:VCARD"])
    assert card.properties[0].parts() == ["a;b", "c\\", "d"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.integers(1, 50))
def test_no_bytes_break_the_reader(data: bytes, size: int) -> None:
    whole = b"BEGIN:VCARD\n" + data + b"\nEND:VCARD\n"
    list(read_cards([whole[at : at + size] for at in range(0, len(whole), size)]))


@given(st.integers(1, 40))
def test_pieces_make_no_difference(size: int) -> None:
    whole = exports.IOS.encode()
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert [card.properties for card in read_cards(pieces)] == [card.properties for card in read_cards([whole])]
