"""Composed mail, read back by an independent parser."""

import base64
import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.campaigns.content.mime import OutgoingMail, ascii_address, compose_email
from mailcrm.errors import UserError
from mailcrm.model.text import clean_line, clean_text

MAIL = OutgoingMail(
    from_address="sales@shop.example",
    from_name="Sales",
    to_address="tom@buyer.example",
    to_name="Tom Sawyer",
    reply_to=None,
    subject="Hello",
    text="Hello Tom\n",
    html=None,
    message_id="1f3c.7@shop.example",
    composed_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
)

CHINESE = "您好，欢迎光临我们的网店！"
words = st.text(
    st.one_of(st.characters(), st.sampled_from('您好张伟销售部"\\,;:<>@()[]=?_ \t\r\n\0🎉👩\u200d💻é\u2028')),
    max_size=120,
)
bodies = st.text(st.one_of(st.characters(), st.sampled_from(".=\r\n \tFrom您好🎉-_")), max_size=2000)


def parsed(mail: OutgoingMail) -> EmailMessage:
    return email.message_from_bytes(compose_email(mail), policy=email.policy.default)


def only(message: EmailMessage, header: str) -> Address:
    [address] = message[header].addresses
    return cast(Address, address)


def display_name(raw: bytes, header: str) -> str:
    """Not by policy.default: in Python 3.11 it puts a space between two encoded words of a phrase (RFC 2047 6.2)."""
    value = str(email.message_from_bytes(raw)[header])
    name = parseaddr(re.sub(r"\r\n(?= )", "", value))[0]
    return str(make_header(decode_header(name))) if "=?utf-8?B?" in value else name


def content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return cast(str, part.get_content()).replace("\r\n", "\n")


def normal(text: str) -> str:
    """What a body means: line ends are line ends, and the last line has one."""
    return clean_text(text).replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n") + "\n"


# --- shape -------------------------------------------------------------------------------------------------------


def test_plain_mail_is_exactly_this() -> None:
    assert compose_email(MAIL) == (
        b"From: Sales <sales@shop.example>\r\n"
        b"To: Tom Sawyer <tom@buyer.example>\r\n"
        b"Subject: Hello\r\n"
        b"Date: Fri, 02 Jan 2026 03:04:05 +0000\r\n"
        b"Message-ID: <1f3c.7@shop.example>\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n"
        b"\r\n"
        b"Hello Tom\r\n"
    )


def test_html_and_text_are_alternatives_with_html_last() -> None:
    message = parsed(replace(MAIL, html="<p>Hello Tom</p>"))
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert content(message, "html") == "<p>Hello Tom</p>\n"
    assert not message.defects


def test_html_alone_is_one_part() -> None:
    assert parsed(replace(MAIL, text=None, html="<p>x</p>")).get_content_type() == "text/html"


def test_mail_without_content_is_a_bug() -> None:
    with pytest.raises(ValueError, match="text or an HTML part"):
        compose_email(replace(MAIL, text=None))


def test_same_mail_gives_same_bytes_and_another_message_id_another_boundary() -> None:
    mail = replace(MAIL, html=f"<p>{CHINESE}</p>")
    assert compose_email(mail) == compose_email(replace(mail))
    assert parsed(mail).get_boundary() == "=_35401f03f7531495dee75bf5"
    assert parsed(replace(mail, message_id="other@shop.example")).get_boundary() != parsed(mail).get_boundary()


def test_boundary_cannot_occur_in_content() -> None:
    boundary = parsed(replace(MAIL, html="<p>x</p>")).get_boundary()
    message = parsed(replace(MAIL, text=f"--{boundary}\n--{boundary}--\n", html="<p>x</p>"))
    assert content(message, "plain") == f"--{boundary}\n--{boundary}--\n"


def test_date_keeps_its_zone() -> None:
    moment = datetime(2026, 7, 1, 8, 0, tzinfo=timezone(timedelta(hours=8)))
    assert b"\r\nDate: Wed, 01 Jul 2026 08:00:00 +0800\r\n" in compose_email(replace(MAIL, composed_at=moment))


def test_naive_date_is_a_bug() -> None:
    with pytest.raises(ValueError, match="aware"):
        compose_email(replace(MAIL, composed_at=datetime(2026, 1, 1)))  # noqa: DTZ001


# --- headers -----------------------------------------------------------------------------------------------------


@given(subject=words, from_name=words, to_name=words)
def test_names_and_subject_survive(subject: str, from_name: str, to_name: str) -> None:
    raw = compose_email(replace(MAIL, subject=subject, from_name=from_name, to_name=to_name))
    head = raw.partition(b"\r\n\r\n")[0]
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["Subject"] == clean_line(subject)
    assert display_name(raw, "From") == clean_line(from_name)
    assert display_name(raw, "To") == clean_line(to_name)
    assert (only(message, "From").addr_spec, only(message, "To").addr_spec) == (MAIL.from_address, MAIL.to_address)
    assert message.keys() == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    ]
    for line in head.split(b"\r\n"):
        assert len(line) <= (76 if b"=?utf-8?B?" in line else 78)
        assert re.fullmatch(rb"[\x20-\x7e]+", line)
        assert line.strip()


@given(st.text(min_size=1, max_size=400))
def test_each_encoded_word_holds_whole_characters(text: str) -> None:
    raw = compose_email(replace(MAIL, subject="ü" + text))
    value = re.search(rb"(?ms)^Subject: (.*?)\r\nDate:", raw)
    assert value is not None
    for word in value[1].split(b"\r\n "):
        assert len(word) <= 75
        found = re.fullmatch(rb"=\?utf-8\?B\?([A-Za-z0-9+/=]+)\?=", word)
        assert found is not None
        assert base64.b64decode(found[1], validate=True).decode("utf-8")


@pytest.mark.parametrize("text", [CHINESE * 30, "🎉" * 200, "é" * 300, "a" * 300 + "é"])
def test_long_text_outside_ascii_is_folded(text: str) -> None:
    raw = compose_email(replace(MAIL, subject=text, from_name=text, to_name=text))
    assert all(len(line) <= 76 for line in raw.split(b"\r\n"))
    assert parsed(replace(MAIL, subject=text))["Subject"] == text
    assert display_name(raw, "From") == text


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Tom Sawyer", "Tom Sawyer <tom@buyer.example>"),
        ("Sawyer, Tom", '"Sawyer, Tom" <tom@buyer.example>'),
        ('Tom "T" \\o/', '"Tom \\"T\\" \\\\o/" <tom@buyer.example>'),
        ("Acme Inc.", '"Acme Inc." <tom@buyer.example>'),
        ("", "tom@buyer.example"),
        ("张伟", "=?utf-8?B?5byg5Lyf?= <tom@buyer.example>"),
        ("=?utf-8?B?5byg?=", "=?utf-8?B?PT91dGYtOD9CPzVieWc/PQ==?= <tom@buyer.example>"),
        ("Tom\r\nBcc: all@x.example", '"Tom Bcc: all@x.example" <tom@buyer.example>'),
    ],
)
def test_display_names(name: str, header: str) -> None:
    assert f"\r\nTo: {header}\r\n".encode() in compose_email(replace(MAIL, to_name=name))


def test_address_goes_to_the_next_line_where_it_does_not_fit() -> None:
    address = f"{'a' * 60}@buyer.example"
    raw = compose_email(replace(MAIL, to_name="Tom Sawyer", to_address=address))
    assert f"\r\nTo: Tom Sawyer\r\n <{address}>\r\n".encode() in raw


def test_long_ascii_subject_is_folded_at_spaces() -> None:
    subject = " ".join(["wonderful"] * 30)
    raw = compose_email(replace(MAIL, subject=subject))
    assert b"=?" not in raw
    assert b"\r\n wonderful" in raw
    assert parsed(replace(MAIL, subject=subject))["Subject"] == subject


def test_subject_of_one_endless_word_becomes_encoded_words() -> None:
    assert parsed(replace(MAIL, subject="x" * 500))["Subject"] == "x" * 500


def test_extra_headers_are_written_and_folded() -> None:
    links = f"<https://mail.example.com/u/{'a' * 60}>, <mailto:news@example.com?subject=unsubscribe%20{'a' * 60}>"
    mail = replace(MAIL, extra_headers={"List-Unsubscribe": links, "X-Note": "grüße", "X-Odd": f"a{' ' * 200}b"})
    assert b"\r\n <mailto:news@example.com?subject=" in compose_email(mail)
    message = parsed(mail)
    assert message["List-Unsubscribe"] == links
    assert message["X-Note"] == "grüße"
    assert message["X-Odd"] == "a b"
    assert all(line.strip() for line in compose_email(mail).partition(b"\r\n\r\n")[0].split(b"\r\n"))


@pytest.mark.parametrize("name", ["Subject", "to", "BCC", "Content-Type", "X Y", "X:Y", "", "X\r\nBcc", "Ünicode"])
def test_extra_header_of_a_name_that_is_ours_or_none_is_a_bug(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be an extra header"):
        compose_email(replace(MAIL, extra_headers={name: "x"}))


@pytest.mark.parametrize(
    ("value", "complaint"), [("a\r\nBcc: b@c", "control"), ("a\0", "control"), ("x" * 999, "too long")]
)
def test_extra_header_that_would_break_out_is_a_bug(value: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        compose_email(replace(MAIL, extra_headers={"X-Test": value}))


@pytest.mark.parametrize(
    "message_id", ["", "a", "<a@b.example>", "a@b\r\nBcc: c@d", "a b@c", "ä@b.example", "x" * 300 + "@b"]
)
def test_what_is_no_message_id_is_a_bug(message_id: str) -> None:
    with pytest.raises(ValueError, match="Message-ID"):
        compose_email(replace(MAIL, message_id=message_id))


def test_reply_to_is_an_address() -> None:
    assert only(parsed(replace(MAIL, reply_to="help@例子.中国")), "Reply-To").addr_spec == "help@xn--fsqu00a.xn--fiqs8s"


# --- addresses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "wire"),
    [
        ("tom@buyer.example", "tom@buyer.example"),
        (" Tom.S+x@Buyer.example ", "Tom.S+x@Buyer.example"),
        ("info@例子.中国", "info@xn--fsqu00a.xn--fiqs8s"),
        ("info@müller.example", "info@xn--mller-kva.example"),
        ("a..b@mobile.example", '"a..b"@mobile.example'),
        ('"tom sawyer"@buyer.example', '"tom sawyer"@buyer.example'),
        ('"a\\"b"@buyer.example', '"a\\"b"@buyer.example'),
        ('"a@b"@buyer.example', '"a@b"@buyer.example'),
        ("root@[127.0.0.1]", "root@[127.0.0.1]"),
        ('"@buyer.example', '"\\""@buyer.example'),
    ],
)
def test_address_on_the_wire(written: str, wire: str) -> None:
    assert ascii_address(written) == wire


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("tom", "needs a name"),
        ("@buyer.example", "needs a name"),
        ("tom@", "needs a name"),
        ("张伟@buyer.example", "before the @"),
        ("tom@buyer.example\r\nRCPT TO:<x@y>", "control characters"),
        ("tom@buyer .example", "not a domain"),
        ("tom@-例子-.中国", "not a domain"),
        ("tom@buyer.example>", "not a domain"),
        ("tom@buyer..example", "not a domain"),
        ("tom@buyer.example.", "not a domain"),
        (f"tom@{'a.' * 150}example", "not a domain"),
        (f"tom@{'例' * 80}.example", "not a domain"),
    ],
)
def test_what_is_no_address_is_told_to_the_user(written: str, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        compose_email(replace(MAIL, to_address=written))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.text(max_size=20))
def test_address_is_clean_or_refused(local: str, domain: str) -> None:
    try:
        wire = ascii_address(f"{local}@{domain}")
    except UserError:
        return
    assert re.fullmatch(r"[\x20-\x7e]+@[A-Za-z0-9._:\[\]-]+", wire)
    found = only(parsed(replace(MAIL, to_address=wire)), "To")
    name, _, host = wire.rpartition("@")
    assert found.domain == host
    assert found.username == (re.sub(r"\\(.)", r"\1", name[1:-1]) if name.startswith('"') else name)


# --- bodies ------------------------------------------------------------------------------------------------------


@given(text=bodies, html=bodies)
def test_bodies_survive(text: str, html: str) -> None:
    mail = replace(MAIL, text=text, html=html)
    message = parsed(mail)
    assert content(message, "plain") == normal(text)
    assert content(message, "html") == normal(html)
    for line in compose_email(mail).split(b"\r\n"):
        assert len(line) <= 76 or line.startswith(b"Content-Type")
        assert re.fullmatch(rb"[\t\x20-\x7e]*", line)
        assert line != b"."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain words", "quoted-printable"),
        ("Grüße aus Köln, schöne Straßen", "quoted-printable"),
        ("Добрый день", "base64"),
        (CHINESE * 20, "base64"),
        (f"<p>{CHINESE}</p>" + "<td style='padding:0;margin:0'></td>" * 20, "quoted-printable"),
        ("🎉" * 100, "base64"),
    ],
)
def test_base64_is_for_what_is_mostly_not_ascii(text: str, encoding: str) -> None:
    assert parsed(replace(MAIL, text=text))["Content-Transfer-Encoding"] == encoding


def test_long_line_is_broken_softly() -> None:
    text = "x" * 5000 + "\n"
    assert content(parsed(replace(MAIL, text=text)), "plain") == text
    assert max(map(len, compose_email(replace(MAIL, text=text)).split(b"\r\n"))) <= 76


def test_lone_dot_and_trailing_space_are_encoded() -> None:
    raw = compose_email(replace(MAIL, text="a \n.\n..\nb\t\n"))
    assert raw.endswith(b"\r\n\r\na=20\r\n=2E\r\n..\r\nb=09\r\n")
