"""Encoded words and raw bytes in header values."""

import base64
from email.header import Header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail.charset import Guesser
from mailcrm.ingest.mail.words import decode_words
from mailcrm.model.text import clean_line


def decoded(value: str | bytes, hint: str = "") -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", "surrogateescape")
    return decode_words(value, Guesser(), hint)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


GBK = "生产线".encode("gbk")
UTF8 = "生产线".encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain words", "plain words"),
        ("=?utf-8?Q?Gr=C3=BC=C3=9Fe_aus?= Bonn", "Grüße aus Bonn"),
        ("=?ISO-8859-1?q?Keld_J=F8rn?= <x@y>", "Keld Jørn <x@y>"),
        (f"=?gb2312?B?{b64(GBK)}?=", "生产线"),
        ("=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        # white space between two words is none, between word and text it is one
        ("=?utf-8?Q?a?= =?utf-8?Q?b?= c", "ab c"),
        ("=?utf-8?Q?a?=\t=?iso-8859-1?Q?=E9?= c", "aé c"),
        ("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
        # a character cut in two, in base64 and in quoted-printable, and between the two
        (f"=?utf-8?B?{b64(UTF8[:4])}?= =?UTF-8?B?{b64(UTF8[4:])}?=", "生产线"),
        (f"=?gbk?B?{b64(GBK[:3])}?= =?gbk?B?{b64(GBK[3:])}?=", "生产线"),
        ("=?utf-8?Q?=E7=94?= =?utf-8?Q?=9F?=", "生"),
        (f"=?utf-8?Q?=E7=94?= =?utf-8?B?{b64(UTF8[2:3])}?=", "生"),
        # one base64 text, cut anywhere
        (f"=?utf-8?B?{b64(UTF8)[:5]}?= =?utf-8?B?{b64(UTF8)[5:]}?=", "生产线"),
        # padded pieces in one word; missing padding; foreign characters; a group of one letter
        (f"=?utf-8?B?{b64(UTF8[:4])}{b64(UTF8[4:])}?=", "生产线"),
        ("=?utf-8?B?YQ?=", "a"),
        ("=?utf-8?B?Y Q=\t=?=", "a"),
        ("=?utf-8?B?YWJjZ?=", "abc"),
        # glued to text, inside quotes, with spaces inside, raw text inside
        ("Re:=?utf-8?Q?=C3=A9?=!", "Re:é!"),
        ('"=?utf-8?Q?=C3=A9?=" <x@y>', '"é" <x@y>'),
        ("=?utf-8?Q?two words?=", "two words"),
        # never closed
        ("=?utf-8?Q?open", "=?utf-8?Q?open"),
        ("=?utf-8?Q?cut_ =?utf-8?Q?whole?=", "cut whole"),
        ("=?utf-8?Q?common?=?utf-8?Q?sign?=", "common?utf-8?Q?sign?="),
        # not encoded words
        ("=?", "=?"),
        ("a =? b ?= c", "a =? b ?= c"),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("=?utf-8?Q??=", ""),
        ("1 =?= 2", "1 =?= 2"),
    ],
)
def test_encoded_words_are_decoded_as_their_writer_meant(value: str, text: str) -> None:
    assert decoded(value) == text


def test_raw_bytes_inside_an_encoded_word_are_kept() -> None:
    assert decoded(b"=?iso-8859-1?Q?Die_Fr\xf6sche?=") == "Die Frösche"


def test_raw_bytes_around_an_encoded_word_are_decoded_for_themselves() -> None:
    assert decoded("李雷 =?utf-8?Q?=C3=A9?= 韩梅梅".encode("gbk"), "gbk") == "李雷 é 韩梅梅"


def test_word_in_an_unknown_charset_is_detected() -> None:
    assert decoded(f"=?x-unknown?B?{b64('我们的产品目录'.encode('gbk'))}?=") == "我们的产品目录"


def test_word_that_does_not_fit_its_charset_is_detected() -> None:
    assert decoded(f"=?us-ascii?B?{b64('我们的产品目录'.encode('gbk'))}?=") == "我们的产品目录"


def test_encoded_line_breaks_make_no_header() -> None:
    injected = decoded("=?utf-8?Q?Hello=0D=0ABcc:_everybody@example.com?=")
    assert clean_line(injected) == "Hello Bcc: everybody@example.com"


@pytest.mark.timeout(20)
def test_thousands_of_unclosed_words_take_no_time() -> None:
    assert decoded("=?utf-8?Q?" * 100_000)
    assert decoded("=?utf-8?Q?a" * 100_000 + "?=") == "a" * 100_000


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=120),
    st.sampled_from(["utf-8", "gb18030", "utf-7"]),
)
def test_whatever_the_standard_library_encodes_comes_back(text: str, charset: str) -> None:
    wire = Header(text, charset, maxlinelen=60).encode().replace("\n", "")
    assert " ".join(decoded(wire).split()) == " ".join(text.split())


@given(st.text(st.characters(codec="gbk", exclude_characters="=?"), min_size=1, max_size=40), st.data())
def test_words_cut_at_any_byte_are_put_together(text: str, data: st.DataObject) -> None:
    raw = text.encode("gbk")
    cut = data.draw(st.integers(0, len(raw)))
    assert decoded(f"=?gbk?B?{b64(raw[:cut])}?=\n =?gbk?B?{b64(raw[cut:])}?=".replace("\n", "")) == text


@given(st.binary(max_size=300))
def test_any_value_becomes_text(value: bytes) -> None:
    assert isinstance(decoded(value.replace(b"\n", b" ")), str)
