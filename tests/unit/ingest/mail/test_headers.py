"""Header blocks become values."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail.headers import parse_headers, parse_thread_ids
from mailcrm.ingest.mail.threads import thread_ids
from mailcrm.model.message import MailKind, ParticipantRole
from tests.unit.ingest.mail.samples import ENVELOPE, sample


def test_plain_header_tells_all() -> None:
    headers = parse_headers(
        ENVELOPE + b"Cc: Cat <cat@example.net>, dog@example.net\nReply-To: x@example.org\nSender: s@example.org\n"
        b"In-Reply-To: <a@b>\nReferences: <r1@b>\n <a@b>\nList-Id: The list <the.list.example>\nContent-Type: text/html\n\n"
    )
    assert headers.message_id == "hello@example.org"
    assert headers.subject == "Hello"
    assert headers.sent_at == datetime(2024, 5, 6, 9, tzinfo=UTC)
    assert headers.in_reply_to == ("a@b",)
    assert headers.references == ("r1@b", "a@b")
    assert (headers.list_id, headers.content_type, headers.kind) == ("the.list.example", "text/html", MailKind.LIST)
    assert [(p.role.value, p.position, p.key, p.name) for p in headers.participants] == [
        ("from", 0, "ann@example.org", "Ann"),
        ("sender", 0, "s@example.org", ""),
        ("reply_to", 0, "x@example.org", ""),
        ("to", 0, "bob@example.com", "Bob"),
        ("cc", 0, "cat@example.net", "Cat"),
        ("cc", 1, "dog@example.net", ""),
    ]
    assert headers.defects == ()


def test_chinese_header_with_a_word_cut_inside_a_character_is_read() -> None:
    headers = parse_headers(sample("gbk_inquiry"))
    assert headers.subject == "生产线询价：合同"
    assert [p.name for p in headers.participants] == ["陈丽", "销售部"]
    assert headers.sent_at == datetime(2024, 5, 7, 2, 32, 11, tzinfo=UTC)


def test_raw_gbk_headers_are_read() -> None:
    headers = parse_headers(sample("raw_gbk_headers"))
    assert headers.subject == "关于合作的几个问题"
    assert [p.name for p in headers.participants] == ["王小明", "销售, 华东"]
    assert [p.key for p in headers.participants] == ["wang@example.cn", "sales@example.com"]


def test_address_keeps_its_spelling_and_gets_a_key() -> None:
    sender = parse_headers("From: <Ann@Müller.Example>\n\n".encode()).sender()
    assert sender is not None
    assert (sender.address, sender.key) == ("Ann@Müller.Example", "ann@xn--mller-kva.example")


def test_encoded_line_break_injects_nothing() -> None:
    headers = parse_headers(
        b"From: =?utf-8?Q?Ann=0D=0ABcc:_x@evil.example?= <ann@example.org>\nSubject: =?utf-8?Q?a=0D=0ATo:_b?=\n\n"
    )
    assert [p.role for p in headers.participants] == [ParticipantRole.FROM]
    assert headers.participants[0].name == "Ann Bcc: x@evil.example"
    assert headers.subject == "a To: b"


@pytest.mark.parametrize(
    ("line", "message_id"),
    [
        (b"Message-ID: <a@b>", "a@b"),
        (b"Message-ID: a@b", "a@b"),
        (b"Message-ID: <a@\n b c>", "a@bc"),
        (b"Message-ID: <<a@b>>", "a@b"),
        (b"Message-ID: <a@b", "a@b"),
        (b"Message-ID: <a@b> (added by relay)", "a@b"),
        (b"Message-ID: <>", ""),
        (b"Message-ID: <\xc4\xe3@b>", "\ufffd\ufffd@b"),
        (b"Message-ID: <" + b"x" * 3_000 + b"@b>", "x" * 998),
    ],
)
def test_message_id_is_bare_and_bounded(line: bytes, message_id: str) -> None:
    assert parse_headers(line + b"\n\n").message_id == message_id


def test_ids_stand_in_angle_brackets_only() -> None:
    headers = parse_headers(
        b'In-Reply-To: Your message of "Mon" <ann@example.org> <real\n id@b>\n'
        b"References: x@y <a@b> <a@b> <> <c\n\t@d>\n\n"
    )
    assert headers.in_reply_to == ("ann@example.org", "realid@b")
    assert headers.references == ("a@b", "c@d")


def test_of_endless_references_both_ends_are_kept() -> None:
    raw = b"References: " + b" ".join(b"<%d@x>" % number for number in range(5_000)) + b"\n\n"
    references = parse_headers(raw).references
    assert len(references) == 1_000
    assert (references[0], references[-1]) == ("0@x", "4999@x")


@pytest.mark.parametrize(
    ("date", "sent_at"),
    [
        ("Mon, 6 May 2024 09:00:00 +0200", datetime(2024, 5, 6, 7, tzinfo=UTC)),
        ("Wed, 01 Jan 2020 00:30:00 +0530 (IST)", datetime(2019, 12, 31, 19, tzinfo=UTC)),
        ("6 May 2024 23:00:59 -0930", datetime(2024, 5, 7, 8, 30, 59, tzinfo=UTC)),
        ("6 MAY 2024 09:00:00 +0800", datetime(2024, 5, 6, 1, tzinfo=UTC)),
        ("6 May 2024 09:00:00 -0000", datetime(2024, 5, 6, 9, tzinfo=UTC)),
        ("Mon, 6 May 2024 09:00", datetime(2024, 5, 6, 9, tzinfo=UTC)),
        ("Mon, 6 May 2024 09:00:00 GMT (Greenwich)", datetime(2024, 5, 6, 9, tzinfo=UTC)),
        ("Mon, 6 May 24 09:00:00 EST", datetime(2024, 5, 6, 14, tzinfo=UTC)),
    ],
)
def test_date_is_read_in_utc(date: str, sent_at: datetime) -> None:
    assert parse_headers(f"Date: {date}\n\n".encode()).sent_at == sent_at


@pytest.mark.parametrize(
    "date",
    [
        "yesterday",
        "Mon, 36 May 2024 09:00:00 +0000",
        "Mon, 6 May 2024 24:00:00 +0000",
        "Mon, 31 Feb 2024 09:00:00 +0000",
        "Mon, 6 May 1024 09:00:00 +0000",
        "Mon, 6 May 2424 09:00:00 +0000",
        "Mon, 6 May 9999 23:59:59 -2300",
        "Mon, 6 May 2024 09:00:00 +9999999999",
        "Mon, 6 May 99999999999999999999 09:00:00 +0000",
        "2024年5月6日",
        ",",
    ],
)
def test_impossible_date_is_none_with_a_defect(date: str) -> None:
    headers = parse_headers(b"Date: " + date.encode("gbk") + b"\n\n")
    assert headers.sent_at is None
    assert "Date is impossible" in headers.defects


def test_of_repeated_fields_the_first_counts() -> None:
    headers = parse_headers(b"Subject: one\nSubject: two\nFrom: a@b\nFrom: c@d\nTo: e@f\nTo: g@h\n\n")
    assert headers.subject == "one"
    assert [p.key for p in headers.participants] == ["a@b", "e@f", "g@h"]
    assert [p.position for p in headers.participants] == [0, 0, 1]
    assert "subject stands 2 times, the first counts" in headers.defects
    assert "from stands 2 times, the first counts" in headers.defects


def test_one_address_may_stand_in_several_roles() -> None:
    headers = parse_headers(b"From: Ann <a@b>\nSender: Ann <a@b>\nTo: x@y\nTo: Ann <a@b>\nCc: Ann <a@b>\n\n")
    assert [(p.role.value, p.position, p.key) for p in headers.participants] == [
        ("from", 0, "a@b"), ("sender", 0, "a@b"), ("to", 0, "x@y"), ("to", 1, "a@b"), ("cc", 0, "a@b"),
    ]  # fmt: skip


def test_what_is_missing_is_named() -> None:
    assert parse_headers(b"").defects == ("From is missing", "Message-ID is missing", "Date is missing")
    assert "From has no address" in parse_headers(b"From: Mail Delivery System\n\n").defects
    assert "Message-ID without angle brackets" in parse_headers(b"Message-ID: x@y\n\n").defects


def test_list_id_without_brackets_is_taken_whole() -> None:
    assert parse_headers(b"List-Id: The.List\n\n").list_id == "the.list"


def test_body_behind_the_header_does_not_matter() -> None:
    raw = sample("newsletter")
    head = raw[: raw.index(b"\n\n") + 2]
    assert parse_headers(raw) == parse_headers(head) == parse_headers(head.replace(b"\n", b"\r\n"))


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "recipient", [b'"User %d" <u%d@example.com>', b"\xd5\xc5\xc8\xfd%d <u%d@x.cn>", b"=?x?Q?=d5=c5%d?= <u%d@x.cn>"]
)
def test_fifty_thousand_recipients_are_kept(recipient: bytes) -> None:
    to = b",\n ".join(recipient % (number, number) for number in range(50_000))
    assert len(parse_headers(b"To: " + to + b"\n\n").participants) == 50_000


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "header",
    [
        b"From: " + b"(" * 20_000 + b"a@b",
        b"Subject: " + b"=?utf-8?q?=E4=BD=A0?=\n " * 20_000,
        b"Subject: a" + b"\n b" * 100_000,
        b"X: y\n" * 50_000,
        b"Subject: y\n" * 50_000,
        b"Content-Type: text/plain;" + b' "a' * 50_000,
    ],
)
def test_hostile_header_is_read_in_time(header: bytes) -> None:
    parse_headers(header + b"\n\n")


@given(st.binary(max_size=400))
def test_any_bytes_give_headers(raw: bytes) -> None:
    parse_headers(raw)


@given(st.sampled_from([b"From", b"To", b"Subject", b"Date", b"Message-ID", b"References", b"List-Id"]), st.binary())
def test_any_field_value_gives_storable_text(name: bytes, value: bytes) -> None:
    headers = parse_headers(name + b": " + value + b"\n\n")
    for text in (headers.subject, headers.message_id, headers.list_id, *headers.references):
        assert "\0" not in text
        text.encode("utf-8")
    for participant in headers.participants:
        assert participant.key
        f"{participant.name}{participant.address}{participant.key}".encode()


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("<mailto:Users@Example.org>", "users@example.org"),
        ("<mailto:users@example.org?subject=x>, <https://example.org>", "users@example.org"),
        ("<https://example.org>, <MAILTO: users%40example.org> (open)", "users@example.org"),
        ("NO (closed)", ""),
        ("", ""),
        ("<mailto:>", ""),
    ],
)
def test_list_post_names_an_address(value: str, key: str) -> None:
    assert parse_headers(f"List-Post: {value}\n\n".encode()).list_post == key


_ID_FIELD = st.sampled_from(["Message-ID", "message-id", "In-Reply-To", "References", "Subject", "X"])


@given(st.lists(st.tuples(_ID_FIELD, st.text(alphabet="<>ab@. \t\n:é", max_size=40))))
def test_thread_ids_alone_are_those_of_the_whole_header(fields: list[tuple[str, str]]) -> None:
    raw = "".join(f"{name}: {value}\n" for name, value in fields).encode() + b"\nbody <c@d>\n"
    assert parse_thread_ids(raw) == thread_ids(parse_headers(raw))
