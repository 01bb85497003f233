"""Reading an mbox: where mails begin and end, what was quoted, when they came; with little memory, from any place."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.files.filemail import FileMail
from mailcrm.ingest.files.mbox import arrival, goes_on, is_mbox, read_mbox, tail_mark

LARGE = 10 * 2**20
LINE = b"From a@b.example Tue Nov 10 09:00:00 2026\n"


def read(text: bytes, start: int = 0, largest: int = LARGE) -> list[FileMail]:
    return list(read_mbox(io.BytesIO(text), start, largest))


def raws(text: bytes) -> list[bytes | None]:
    return [mail.raw for mail in read(text)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_two_mails_are_two_with_any_line_ends(end: bytes) -> None:
    text = (LINE + b"Subject: 1\n\none\n\n" + LINE + b"Subject: 2\n\ntwo\n\n").replace(b"\n", end)
    assert raws(text) == [b"Subject: 1\r\n\r\none\r\n", b"Subject: 2\r\n\r\ntwo\r\n"]


def test_the_last_mail_may_end_without_a_line_end() -> None:
    assert raws(LINE + b"Subject: 1\n\none\n\n" + LINE + b"Subject: 2\n\ntwo") == [
        b"Subject: 1\r\n\r\none\r\n", b"Subject: 2\r\n\r\ntwo",
    ]  # fmt: skip


def test_blank_lines_that_belong_to_a_body_stay() -> None:
    assert raws(LINE + b"A: 1\n\none\n\n\n" + LINE + b"A: 2\n\ntwo\n") == [
        b"A: 1\r\n\r\none\r\n\r\n", b"A: 2\r\n\r\ntwo\r\n",
    ]  # fmt: skip


def test_blank_lines_and_a_byte_order_mark_in_front_are_passed_over() -> None:
    text = b"\xef\xbb\xbf\r\n\n" + LINE + b"A: 1\n\none\n"
    assert is_mbox(text)
    (mail,) = read(text)
    assert (mail.uid, mail.end, mail.raw) == (7, len(text), b"A: 1\r\n\r\none\r\n")


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        (b">From me", b"From me"),
        (b">>From me", b">From me"),
        (b"> From me", b"> From me"),
        (b"a >From me", b"a >From me"),
    ],
)
def test_quoted_from_lines_are_as_they_were_written(stored: bytes, written: bytes) -> None:
    text = LINE + b"A: 1\n\n" + stored + b"\n" + stored + b"\n\n"
    assert raws(text) == [b"A: 1\r\n\r\n" + written + b"\r\n" + written + b"\r\n"]


@pytest.mark.parametrize(
    "body",
    [
        b"one\n" + LINE + b"A: 2\n",  # no empty line in front
        b"one\n\nFrom now on we meet on Mondays\nand that is that\n",  # neither a date nor a header field
        b"one\n\nFrom now on\n\nthat is that\n",
        b"one\n\nfrom a@b.example Tue Nov 10 09:00:00 2026\nA: 2\n",
    ],
)
def test_a_from_line_in_a_body_that_separates_nothing_is_text(body: bytes) -> None:
    (mail,) = read(LINE + b"A: 1\n\n" + body)
    assert mail.raw == (b"A: 1\n\n" + body).replace(b"\n", b"\r\n")


@pytest.mark.parametrize("line", [b"From MAILER-DAEMON\n", b"From - \n", b"From x@y someday\n", LINE])
def test_a_separator_has_a_date_or_a_header_field_follows(line: bytes) -> None:
    assert len(read(LINE + b"A: 1\n\none\n\n" + line + b"Subject: 2\n\ntwo\n")) == 2


def test_a_separator_with_a_date_needs_no_header_behind_it() -> None:
    found = read(LINE + b"\n" + LINE + b"A: 2\n\ntwo\n")
    assert [(mail.uid, mail.problem) for mail in found] == [(1, "the mail is empty"), (len(LINE) + 2, "")]


def test_each_mail_says_where_to_go_on_and_reading_goes_on_there() -> None:
    text = b"".join(LINE + b"A: %d\n\nbody %d\n\n" % (n, n) for n in range(20))
    every = read(text)
    assert every[-1].end == len(text)
    for number, mail in enumerate(every):
        assert read(text, mail.end) == every[number + 1 :]


def test_mail_that_was_added_behind_a_file_without_a_last_line_end_is_found() -> None:
    first = LINE + b"A: 1\n\none"
    text = first + b"\n\n" + LINE + b"A: 2\n\ntwo\n"
    assert [mail.raw for mail in read(text, len(first))] == [b"A: 2\r\n\r\ntwo\r\n"]


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=6), st.integers(1, 40))
def test_reading_in_small_pieces_gives_the_same(bodies: list[bytes], piece: int) -> None:
    text = b"".join(LINE + b"A: 1\n\n" + body.replace(b"From ", b">From ") + b"\n\n" for body in bodies)
    assert list(read_mbox(_Slow(text, piece), 0, LARGE)) == read(text)  # type: ignore[arg-type]
    assert len(read(text)) == len(bodies)


class _Slow(io.BytesIO):
    """A file that gives a few bytes at a time."""

    def __init__(self, text: bytes, piece: int) -> None:
        super().__init__(text)
        self.piece = piece

    def read(self, _size: int | None = -1, /) -> bytes:
        return super().read(self.piece)


def test_a_mail_that_is_too_large_is_named_and_its_neighbours_are_read() -> None:
    large = LINE + b"A: 2\n\n" + b"x" * 76 + b"\n" * 3
    text = LINE + b"A: 1\n\none\n\n" + large + LINE + b"A: 3\n\nthree\n"
    for largest in (60, 80):
        found = read(text, largest=largest)
        assert [mail.raw for mail in found] == [b"A: 1\r\n\r\none\r\n", None, b"A: 3\r\n\r\nthree\r\n"]
        assert found[1].problem.startswith("larger than ")
        assert (found[1].uid, found[1].where) == (found[0].end + 1, f"at byte {found[0].end}")


def test_of_a_mail_that_is_too_large_little_is_in_memory(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "box"
    with path.open("wb") as file:
        file.write(LINE + b"A: 1\n\n")
        for _ in range(40):
            file.write((b"x" * 75 + b"\n") * 13_797)  # 1 MiB
        file.write(b"\n" + LINE + b"A: 2\n\ntwo\n")
    tracemalloc.start()
    with path.open("rb") as box:
        found = list(read_mbox(box, 0, 2 * 2**20))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [mail.raw for mail in found] == [None, b"A: 2\r\n\r\ntwo\r\n"]
    assert peak < 12 * 2**20


@pytest.mark.parametrize(
    ("line", "when"),
    [
        (b"From a@b Tue Nov 10 09:00:05 2026", datetime(2026, 11, 10, 9, 0, 5, tzinfo=UTC)),
        (b"From a@b Tue Nov  3 09:00 2026", datetime(2026, 11, 3, 9, 0, tzinfo=UTC)),
        (b"From 1763@xxx Tue Nov 10 09:00:05 +0800 2026\r", datetime(2026, 11, 10, 1, 0, 5, tzinfo=UTC)),
        (b"From a@b Tue Nov 10 09:00:05 2026 -0130", datetime(2026, 11, 10, 10, 30, 5, tzinfo=UTC)),
        (b"From a@b Tue Nov 10 09:00:05 PST 2026", datetime(2026, 11, 10, 9, 0, 5, tzinfo=UTC)),
        (b"From - Tue Nov 10 09:00:05 2026", None),
        (b"From a@b Tue Nov 31 09:00:05 2026", None),
        (b"From a@b Tue Nov 10 09:00:05 +9999 2026", None),
        (b"From a@b Tue Jan  1 00:00:00 +0800 0001", None),
        (b"From a@b", None),
    ],
)
def test_the_separator_tells_when_the_mail_came(line: bytes, when: datetime | None) -> None:
    assert arrival(line) == when


def test_what_is_no_mbox_is_told_apart() -> None:
    assert is_mbox(LINE + b"A: 1\n")
    assert is_mbox(b"From x\nA: 1\n")
    for other in (b"", b"\n\n", b"A: 1\n\nFrom x\nA: 2\n", b"From the desk of\nsomebody\n", b"From"):
        assert not is_mbox(other)


def test_a_file_that_changed_in_front_of_the_cursor_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "box"
    mails = [LINE + b"A: %d\n\nbody %d\n\n" % (n, n) for n in range(9)]
    path.write_bytes(b"".join(mails))
    end = len(mails[0]) * 8
    with path.open("rb") as box:
        mark = tail_mark(box, end)
        assert goes_on(box, end)
        assert goes_on(box, end + len(mails[8]))
        assert not goes_on(box, end + 5)
    path.write_bytes(b"".join(mails[1:]) + mails[0])  # the same length, and a mail begins at the cursor
    with path.open("rb") as box:
        assert goes_on(box, end)
        assert tail_mark(box, end) != mark
