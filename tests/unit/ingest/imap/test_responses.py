"""What servers say, also when they say it badly."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.imap.folders import Listed
from mailcrm.ingest.imap.responses import (
    body_of,
    code,
    examined,
    fetched_header,
    flags_of,
    folder_name,
    internaldate,
    listed,
    number,
    readable,
    server_identity,
    statuses,
    wire_name,
)
from mailcrm.ingest.imap.values import Chunk, Value, fetched, parsed
from mailcrm.model.folder import FolderStatus
from mailcrm.model.message import FetchedHeader
from tests.servers.imap_reader import encode_folder


def test_a_header_arrives_with_all_that_is_known_of_the_message() -> None:
    chunks: list[Chunk] = [
        (
            rb'4 (UID 9 FLAGS (\Seen $a[1]) INTERNALDATE " 7-Jul-2024 10:00:00 +0800" RFC822.SIZE 512 '
            rb'BODY[HEADER.FIELDS ("FROM" TO)] {5}',
            b"a:b\r\n",
        ),
        b")",
    ]
    [items] = fetched(chunks)
    assert fetched_header(items) == FetchedHeader(
        9, b"a:b\r\n", ("\\Seen", "$a[1]"), datetime(2024, 7, 7, 2, 0, tzinfo=UTC), 512
    )


@pytest.mark.parametrize(
    "chunks",
    [
        [b"4 (FLAGS (\\Seen))"],
        [b"4 (UID 9 FLAGS (\\Seen))"],
        [(b"4 (BODY[HEADER.FIELDS (TO)] {2}", b"\r\n"), b")"],
        [b"4 (UID 9 BODY[HEADER.FIELDS (TO)] NIL)"],
        [b'4 (UID x BODY[HEADER.FIELDS (TO)] "")'],
        [b"4"],
        [b""],
        [b"(((("],
        [b"))))"],
        [b'4 ("'],
        [b"4 (UID {7})"],
    ],
)
def test_what_is_no_header_is_passed_over(chunks: list[Chunk]) -> None:
    good: list[Chunk] = [(b"5 (UID 10 BODY[HEADER.FIELDS (TO)] {2}", b"\r\n"), b" RFC822.SIZE 3)"]
    headers = [fetched_header(items) for items in fetched([*chunks, *good])]
    assert [header for header in headers if header] == [FetchedHeader(10, b"\r\n", size=3)]


def test_a_header_may_come_as_a_quoted_string() -> None:
    [items] = fetched([rb'1 (BODY[HEADER.FIELDS (TO)] "To: \"x\" \\" uid 3)'])
    assert fetched_header(items) == FetchedHeader(3, rb'To: "x" \ '.strip())


@pytest.mark.parametrize(
    ("items", "body"), [({b"BODY[]": b"x"}, b"x"), ({b"BODY[]": None}, None), ({b"BODY[]": b""}, None), ({}, None)]
)
def test_body(items: dict[bytes, Value], body: bytes | None) -> None:
    assert body_of(items) == body


@pytest.mark.parametrize(
    ("text", "when"),
    [
        (b"17-Jul-1996 02:44:25 -0700", datetime(1996, 7, 17, 9, 44, 25, tzinfo=UTC)),
        (b" 1-Jan-2024 00:00:00 +0800", datetime(2023, 12, 31, 16, 0, tzinfo=UTC)),
        (b"31-Feb-2024 00:00:00 +0000", None),
        (b"01-Foo-2024 00:00:00 +0000", None),
        (b"01-Jan-0001 00:00:00 +0800", None),
        (b"01-Jan-2024 00:00:00 +9900", None),
        (b"yesterday", None),
        (None, None),
        ([b"x"], None),
    ],
)
def test_internaldate(text: Value, when: datetime | None) -> None:
    assert internaldate(text) == when


@pytest.mark.parametrize(
    ("chunks", "folder"),
    [
        ([rb'(\HasNoChildren) "/" "Sent Items"'], Listed("Sent Items", "Sent Items", ("\\HasNoChildren",), "/")),
        ([rb"(\Marked \HasNoChildren) NIL Inbox"], Listed("Inbox", "Inbox", ("\\Marked", "\\HasNoChildren"))),
        ([b'() "/" [Gmail]/All'], Listed("[Gmail]/All", "[Gmail]/All", (), "/")),
        ([b'() "/" Sent Items'], Listed("Sent Items", "Sent Items", (), "/")),
        ([b'() "/" 2024'], Listed("2024", "2024", (), "/")),
        ([rb'() "\\" "a\\b\"c"'], Listed('a\\b"c', 'a\\b"c', (), "\\")),
        ([(b'() "/" {3}', b'a"b'), b""], Listed('a"b', 'a"b', (), "/")),
        ([b'() "/" "x" ("CHILDINFO" ("SUBSCRIBED"))'], Listed("x", "x", (), "/")),
        ([b'() "/" "&UXZO1mWHTvZZOQ-"'], Listed("&UXZO1mWHTvZZOQ-", "其他文件夹", (), "/")),
        ([b'() "/" NIL'], Listed("NIL", "NIL", (), "/")),
    ],
)
def test_listed(chunks: list[Chunk], folder: Listed) -> None:
    assert list(listed([b"nonsense", b"1 2 3", *chunks])) == [folder]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"A&-B", "A&B"),
        (b"&V4NXPpCuTvY-", "垃圾邮件"),
        (b"&2D3eAA-", "😀"),
        (b"&2D0-", "&2D0-"),  # half of a surrogate pair
        (b"&V4NX-", "&V4NX-"),  # an odd number of bytes
        (b"R&D", "R&D"),
        ("已发送".encode(), "已发送"),
        ("已发送".encode("gbk"), "已发送"),
        (b"a\x00b\tc", "a\ufffdb\ufffdc"),
        (b"&AAA-", "\ufffd"),
        (b"\xff\xff", "ÿÿ"),
    ],
)
def test_bad_folder_names_stay_readable(raw: bytes, name: str) -> None:
    assert folder_name(raw) == name
    assert wire_name(raw).encode("latin-1") == raw
    name.encode()


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1))
def test_every_good_folder_name_is_decoded(name: str) -> None:
    assert folder_name(encode_folder(name).encode()) == name


@pytest.mark.parametrize(
    ("chunks", "found"),
    [
        ([b'"INBOX" (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 5)'], {"INBOX": FolderStatus(5, 9, 3)}),
        ([b"INBOX (messages 0 UIDVALIDITY 5 HIGHESTMODSEQ 77)"], {"INBOX": FolderStatus(5, None, 0, 77)}),
        ([b'"INBOX" ()'], {}),
        ([b'"INBOX" (MESSAGES 3)'], {}),
        ([b'"INBOX" (MESSAGES 3 UIDVALIDITY 0)'], {}),
        ([b'"INBOX" (MESSAGES 3 UIDVALIDITY 5 UIDNEXT 0 HIGHESTMODSEQ 0)'], {"INBOX": FolderStatus(5, None, 3)}),
        ([b'"INBOX" (MESSAGES many UIDVALIDITY 5)'], {}),
        ([b"INBOX"], {}),
        ([b"() ()"], {}),
        ([(b"{5}", b"a b\xff("), b" (MESSAGES 1 UIDVALIDITY 2)"], {"a b\xff(": FolderStatus(2, None, 1)}),
        ([b"a b (MESSAGES 1 UIDVALIDITY 2)"], {"a b": FolderStatus(2, None, 1)}),
        ([b"A (MESSAGES 1 UIDVALIDITY 2)", b"A (MAILBOXID (F1))"], {"A": FolderStatus(2, None, 1, None, "F1")}),
        ([b"A (MAILBOXID (F1))", b"B (MAILBOXID (F2) MESSAGES 1)"], {}),
    ],
)
def test_an_empty_status_is_unknown_and_not_zero(chunks: list[Chunk], found: dict[str, FolderStatus]) -> None:
    assert statuses(chunks) == found


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([b"[UIDVALIDITY 5] ok", b"[UIDNEXT 9] next [really]"], FolderStatus(5, 9, 2)),
        ([b"[UIDVALIDITY 5]", b"[HIGHESTMODSEQ 12] x", b"text"], FolderStatus(5, None, 2, 12)),
        ([b"[uidnext 4]"], FolderStatus(0, 4, 2)),
        ([b"[UIDNEXT 0]", b"[NOMODSEQ] no"], FolderStatus(0, None, 2)),
    ],
)
def test_a_missing_uidnext_is_unknown(lines: list[bytes], status: FolderStatus) -> None:
    assert examined(lines, 2) == status


def test_code() -> None:
    assert code(b"[limit] wait") == (b"LIMIT", b"")
    assert code(b"[CAPABILITY A B] hello [you]") == (b"CAPABILITY", b"A B")
    assert code(b"no [LIMIT]") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"7", 7),
        (b"", None),
        (b"-1", None),
        (b"1 ", None),
        (b"9" * 30, None),
        (b"9" * 20, None),
        (b"9" * 18, 10**18 - 1),
        ("²".encode(), None),
    ],
)
def test_number(text: bytes, value: int | None) -> None:
    assert number(text) == value


def test_server_identity() -> None:
    assert server_identity([b'("name" "Coremail" "x" NIL)']) == {"name": "Coremail"}
    assert server_identity([b"NIL"]) == {}
    assert server_identity([]) == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("登录失败".encode(), "登录失败"),
        ("登录失败".encode("gbk"), "登录失败"),
        (b"a\r\nb\x00\x1b[31m", "a b [31m"),
        (b"x" * 5000, "x" * 300),
        (b"\xff", "ÿ"),
    ],
)
def test_readable(text: bytes, words: str) -> None:
    assert readable(text) == words


_CHUNKS = st.lists(st.one_of(st.binary(), st.tuples(st.binary().map(lambda text: text + b"{3}"), st.binary())))


@given(_CHUNKS)
def test_nothing_a_server_says_is_an_accident(chunks: list[Chunk]) -> None:
    list(parsed(chunks))
    [fetched_header(items) for items in fetched(chunks)]
    list(listed(chunks))
    statuses(chunks)
    server_identity(chunks)


def test_a_list_of_flags_that_was_cut_short_tells_nothing() -> None:
    (items,) = fetched([b"1 (UID 7 FLAGS ("])
    assert (items[b"UID"], items[b"FLAGS"], flags_of(items)) == (b"7", None, None)
