"""Which part is the text, and how it reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail.parts import read_tree
from mailcrm.ingest.mail.text import Body, html_to_text, unflow
from tests.unit.ingest.mail.samples import ENVELOPE, multipart, sample

PLAIN = b"Content-Type: text/plain\n\nplain text"
HTML = b"Content-Type: text/html\n\n<p>html text</p>"
IMAGE = b"Content-Type: image/png\nContent-ID: <i>\n\npng"


def body_of(raw: bytes) -> Body:
    return Body(read_tree(raw))


def types(body: Body) -> list[str]:
    return [part.mime_type for part in body.attachments]


def test_of_alternatives_plain_is_the_text_and_html_is_kept() -> None:
    body = body_of(multipart("alternative", PLAIN, HTML))
    assert (body.text, body.html, types(body)) == ("plain text", "<p>html text</p>", [])


def test_blank_plain_alternative_gives_way_to_html() -> None:
    body = body_of(multipart("alternative", b"\n \n", HTML))
    assert body.text == "html text"


def test_html_alone_becomes_text() -> None:
    assert body_of(ENVELOPE + HTML).text == "html text"


def test_nested_alternatives_are_read() -> None:
    related = multipart("related", HTML, IMAGE)[len(ENVELOPE) :].replace(b"cut", b"in")
    body = body_of(multipart("alternative", PLAIN, related))
    assert (body.text, body.html, types(body)) == ("plain text", "<p>html text</p>", ["image/png"])


def test_invitation_beside_the_text_is_an_attachment() -> None:
    body = body_of(multipart("alternative", PLAIN, b"Content-Type: text/calendar\n\nBEGIN:VCALENDAR"))
    assert (body.text, types(body)) == ("plain text", ["text/calendar"])


def test_spellings_for_machines_are_neither_text_nor_attachment() -> None:
    body = body_of(multipart("alternative", PLAIN, b"Content-Type: text/x-amp-html\n\n<p>amp</p>", HTML))
    assert (body.text, types(body)) == ("plain text", [])


def test_alternatives_without_text_are_attachments() -> None:
    body = body_of(multipart("alternative", IMAGE))
    assert (body.text, body.html, types(body)) == ("", "", ["image/png"])


def test_texts_of_a_mixed_message_follow_each_other() -> None:
    body = body_of(multipart("mixed", PLAIN, IMAGE, b"\n-- \nlist footer", HTML))
    assert body.text == "plain text\n\n-- \nlist footer\n\nhtml text"
    assert types(body) == ["image/png"]


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Disposition: attachment\n",
        b'Content-Disposition: inline; filename="notes.txt"\n',
        b'Content-Type: text/plain; name="notes.txt"\n',
        b"Content-Type: text/csv\n",
        b"Content-Type: text/rfc822-headers\n",
    ],
)
def test_text_files_are_attachments(header: bytes) -> None:
    body = body_of(multipart("mixed", PLAIN, header + b"\nnotes"))
    assert (body.text, len(body.attachments)) == ("plain text", 1)


def test_named_first_text_is_still_the_text() -> None:
    body = body_of(multipart("mixed", b'Content-Type: text/plain; name="message.txt"\n\nhello'))
    assert (body.text, types(body)) == ("hello", [])


@pytest.mark.parametrize("header", [b"Content-Type: text/enriched\n", b"Content-Disposition: attachment\n"])
def test_only_text_there_is_counts_whatever_it_calls_itself(header: bytes) -> None:
    assert body_of(ENVELOPE + header + b"\nhello").text == "hello"


def test_multipart_that_cannot_be_taken_apart_is_text() -> None:
    assert body_of(ENVELOPE + b"Content-Type: multipart/mixed; boundary=b\n\nhello").text == "hello"


def test_file_without_text_has_no_text() -> None:
    body = body_of(ENVELOPE + b"Content-Type: application/pdf\n\n%PDF")
    assert (body.text, types(body)) == ("", ["application/pdf"])


def test_text_parts_without_end_become_attachments() -> None:
    body = body_of(multipart("mixed", *[b"\nmore"] * 150))
    assert body.text.count("more") == 100
    assert len(body.attachments) == 50


def test_chinese_text_is_read_with_its_superset() -> None:
    body = body_of(sample("gbk_inquiry"))
    assert body.text == "您好：\n\n请报价生产线一套，镕基公司。\n\n陈丽"
    assert "镕基公司" in body.html


def test_newsletter_becomes_lines_without_scripts() -> None:
    assert body_of(sample("newsletter")).text == "Sommer\n\nGrüße aus Köln!\nBis bald.\n\nRad\t\t99 EUR"


def test_charset_of_html_may_stand_in_its_head() -> None:
    html = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"></head>你好</html>'
    body = body_of(ENVELOPE + b"Content-Type: text/html\n\n" + html.encode("gbk"))
    assert (body.text, body.defects) == ("你好", [])


def test_line_ends_and_nul_are_cleaned() -> None:
    assert body_of(ENVELOPE + b"\r\na\r\nb\rc\0d\r\n\r\n").text.lstrip("\n") == "a\nb\ncd"


def test_wrong_charset_is_a_defect() -> None:
    body = body_of(ENVELOPE + b"Content-Type: text/plain; charset=us-ascii\n\nGr\xc3\xbc\xc3\x9fe")
    assert (body.text, body.defects) == ("Grüße", ["charset 'us-ascii' does not fit, read as utf_8"])


@pytest.mark.parametrize(
    ("flowed", "text"),
    [
        ("one \ntwo \nthree\nfour", "one two three\nfour"),
        ("> quoted \n> lines\nown", "> quoted \n> lines\nown"),
        ("> quoted \nown", "> quoted \nown"),
        ("own \n> quoted", "own \n> quoted"),
        (" >no quote\n  two spaces", ">no quote\n two spaces"),
        ("text \n-- \nAnn", "text \n-- \nAnn"),
        ("-- \nAnn", "-- \nAnn"),
        ("", ""),
    ],
)
def test_flowed_lines_are_joined(flowed: str, text: str) -> None:
    assert unflow(flowed) == text


def test_flowed_chinese_is_joined_without_the_space() -> None:
    raw = ENVELOPE + b"Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\n\n" + "你 \n好".encode()
    assert body_of(raw).text == "你好"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two<br>three</p>", "one\n\ntwo\nthree"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<ul><li>one<li>two</ul>", "  • one\n  • two"),
        ("a&nbsp;b &lt;c&gt; &#20320;", "a b <c> 你"),
        ("<style>x</style><script>y</script><!-- z -->text", "text"),
        ('<img alt="logo" src="x">text', "text"),
        ("", ""),
        ("text \udcff more", "text \ufffd more"),
    ],
)
def test_html_reads_as_lines(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.timeout(30)
@pytest.mark.parametrize("tag", ["<ul><li>", "<ol><li>", "<div>", "<b>", "<table><tr><td>", "<blockquote>"])
def test_deeply_nested_html_is_bounded_work(tag: str) -> None:
    text = html_to_text(f"{tag}x" * 20_000)
    assert text.count("x") == 20_000
    assert len(text) < 200_000


def test_ordinary_lists_keep_their_marks() -> None:
    assert html_to_text("<ul><li>a</ul>" * 200).count("•") == 200


@given(st.text(max_size=200))
def test_any_html_becomes_text(html: str) -> None:
    html_to_text(html).encode()


@given(st.text(max_size=100), st.booleans())
def test_unflowing_loses_nothing_but_spaces_and_ends(text: str, delete_space: bool) -> None:
    flowed = unflow(text, delete_space=delete_space)
    assert "".join(flowed.split()) == "".join(text.split())
