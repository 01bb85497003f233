"""Text comes out right whatever charset the header claims."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail import charset
from mailcrm.ingest.mail.charset import Guesser, codecs_for, decode_text, decode_undeclared

LONG_CHINESE = "尊敬的客户，感谢您对我们产品的关注，报价单请见附件。"


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("gb2312", "gb18030"),
        ("GBK", "gb18030"),
        ('"gb2312"', "gb18030"),
        ("x-gbk", "gb18030"),
        ("cp936", "gb18030"),
        ("hz-gb-2312", "hz"),
        ("big5", "cp950"),
        ("x-x-big5", "cp950"),
        ("iso-8859-1", "cp1252"),
        ("latin1", "cp1252"),
        ("iso-8859-9", "cp1254"),
        ("ISO8859-15", "iso8859_15"),
        ("windows-1251", "cp1251"),
        ("windows1251", "cp1251"),
        ("ibm-850", "cp850"),
        ("shift_jis", "cp932"),
        ("x-sjis", "cp932"),
        ("euc-kr", "cp949"),
        ("ks_c_5601-1987", "cp949"),
        ("ks_c_5601", "cp949"),
        ("windows-949", "cp949"),
        ("iso-2022-jp", "iso2022_jp_ext"),
        ("tis-620", "cp874"),
        ("utf-8*en", "utf_8"),
        ("UTF-8-STRICT", "utf_8"),
        ("unicode-1-1-utf-7", "utf_7"),
        ("us-ascii", "ascii"),
    ],
)
def test_charset_name_leads_to_the_codec_that_senders_mean(declared: str, codec: str) -> None:
    assert codecs_for(declared)[0] == codec


NOT_CHARSETS = (
    "idna punycode undefined zlib bz2 base64_codec hex rot13 uu quopri unicode_escape raw_unicode_escape mbcs oem "
    "utf_8_sig_evil x-unknown 8bit binary default \0 ../../etc/passwd ____ 🙂 cp99999"
)


@pytest.mark.parametrize("declared", [*NOT_CHARSETS.split(), "", " ", "a" * 10_000])
def test_no_name_from_a_header_reaches_a_dangerous_codec(declared: str) -> None:
    for codec in codecs_for(declared):
        assert codec == "utf_8"
    assert decode_text(b"plain", declared, Guesser()) == ("plain", "")
    text, _ = decode_text("Grüße aus Köln".encode(), declared, Guesser())
    assert text == "Grüße aus Köln"


def test_every_listed_codec_exists() -> None:
    for codec in charset._CODECS:
        codecs.lookup(codec)


@pytest.mark.parametrize(
    ("text", "codec", "declared"),
    [
        ("镕基，你好 €", "gb18030", "gb2312"),  # 镕 is not in GB2312
        ("“quoted” – 5 €", "cp1252", "iso-8859-1"),
        ("①髙橋さん", "cp932", "shift_jis"),
        ("안녕하세요 똠방각하", "cp949", "euc-kr"),
        ("香港嘅士多啤梨", "big5hkscs", "big5"),  # 嘅 is in no code page of Taiwan
        ("日本語のメール", "iso2022_jp", "iso-2022-jp"),
        ("你好", "hz", "hz-gb-2312"),
        ("Grüße", "utf_7", "utf-7"),
        ("Grüße", "utf_16", "utf-16"),
    ],
)
def test_declared_text_is_decoded_by_the_superset(text: str, codec: str, declared: str) -> None:
    assert decode_text(text.encode(codec), declared, Guesser()) == (text, "")


@pytest.mark.parametrize(
    ("text", "codec", "declared"),
    [
        (LONG_CHINESE, "utf_8", "us-ascii"),
        (LONG_CHINESE, "gb18030", "us-ascii"),
        (LONG_CHINESE, "gb18030", "utf-8"),
        (LONG_CHINESE, "gb18030", "x-unknown"),
        ("Добрый день, высылаю вам прайс-лист на май", "cp1251", "utf-8"),
        ("お世話になっております。見積書をお送りします。", "cp932", "x-nonsense"),
    ],
)
def test_wrong_declaration_is_mended_and_named(text: str, codec: str, declared: str) -> None:
    decoded, defect = decode_text(text.encode(codec), declared, Guesser())
    assert decoded == text
    assert declared in defect


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (LONG_CHINESE, "gb18030"),
        ("関西国際空港でお会いしましょう。", "euc_jp"),
        ("안녕하세요, 견적서를 보내 드립니다.", "cp949"),
        ("The café was naïve", "cp1252"),
    ],
)
def test_undeclared_text_is_detected_with_a_defect(text: str, codec: str) -> None:
    decoded, defect = decode_text(text.encode(codec), "", Guesser())
    assert decoded == text
    assert defect.startswith("charset not declared, read as")


def test_undeclared_utf8_is_no_defect() -> None:
    assert decode_text("Grüße".encode(), "", Guesser()) == ("Grüße", "")


def test_undeclared_iso_2022_jp_is_seen_though_it_is_seven_bit() -> None:
    assert decode_text("会議の件".encode("iso2022_jp"), "us-ascii", Guesser())[0] == "会議の件"


def test_ascii_text_with_a_utf_16_label_stays_ascii() -> None:
    assert decode_text(b"Hello you", "utf-16", Guesser()) == ("Hello you", "")


def test_little_chinese_in_much_english_is_still_detected() -> None:
    raw = b"Please find below our offer. " * 2_000 + LONG_CHINESE.encode("gb18030") + b" Regards. " * 2_000
    assert LONG_CHINESE in decode_text(raw, "", Guesser())[0]


@pytest.mark.parametrize("declared", ["utf-8", "gb2312"])
def test_text_cut_inside_a_character_keeps_its_charset(declared: str) -> None:
    raw = (LONG_CHINESE * 3).encode(declared if declared == "utf-8" else "gb18030")[:-1]
    decoded, defect = decode_text(raw, declared, Guesser())
    assert decoded.startswith(LONG_CHINESE * 2)
    assert decoded.endswith("\ufffd")
    assert "some characters are not valid" in defect


def test_what_fits_nothing_is_decoded_with_replacement_and_a_defect() -> None:
    decoded, defect = decode_text(bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D] * 3), "us-ascii", Guesser())
    assert decoded
    assert "does not fit" in defect


def test_byte_order_mark_is_no_text() -> None:
    assert decode_text(b"\xef\xbb\xbfHello \xc3\xa9", "utf-8", Guesser()) == ("Hello é", "")


def test_detection_is_asked_only_so_often_per_message(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def detect(data: bytes) -> str:
        asked.append(data)
        return "gb18030"

    monkeypatch.setattr(charset, "_detect", detect)
    guesser = Guesser()
    answers = {guesser.guess(b"\xc4\xe3\xba\xc3") for _ in range(1_000)}
    assert answers == {"gb18030"}
    assert len(asked) == charset._GUESSES_PER_MESSAGE


@pytest.mark.parametrize(
    ("raw", "hint", "text"),
    [
        ("王小明".encode("gbk"), "", "王小明"),
        ("王小明".encode("gbk"), "gb2312", "王小明"),
        ("你好".encode(), "gb2312", "你好"),  # valid GBK as well, but three-byte UTF-8 is beyond doubt
        ("Grüße".encode(), "iso-8859-1", "Grüße"),
        ("Grüße".encode("latin-1"), "iso-8859-1", "Grüße"),
        ("Grüße".encode("latin-1"), "us-ascii", "Grüße"),
        ("陌拢".encode("gbk"), "gbk", "陌拢"),  # happens to be valid two-byte UTF-8
        ("Åse".encode(), "euc-jp", "Åse"),  # not valid in the hint
    ],
)
def test_raw_header_bytes_are_read_by_the_best_evidence(raw: bytes, hint: str, text: str) -> None:
    assert decode_undeclared(raw, hint, Guesser()) == text


@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes_with_any_charset_become_text(data: bytes, declared: str) -> None:
    text, defect = decode_text(data, declared, Guesser())
    assert isinstance(text, str)
    assert isinstance(defect, str)
    assert isinstance(decode_undeclared(data, declared, Guesser()), str)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_utf8_comes_back_exactly(text: str) -> None:
    decoded, defect = decode_text(text.encode(), "utf-8", Guesser())
    assert decoded == text.removeprefix("\ufeff")
    assert not defect
