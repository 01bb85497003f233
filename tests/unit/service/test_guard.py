"""Large messages are understood in a child process, within limits, and nothing happens to the parent."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mailcrm.errors import StoreBusy, Unparsable
from mailcrm.model.message import LONGEST_TEXT, LargeMessage, RawMessage
from mailcrm.service.guard import Guard
from tests.unit.ingest.mail.samples import ENVELOPE, multipart


@pytest.fixture
def guard() -> Iterator[Guard]:
    with closing(Guard()) as guard:
        yield guard


def large(path: Path, raw: bytes) -> LargeMessage:
    path.write_bytes(raw)
    return LargeMessage(1, path)


def test_a_file_is_understood_like_bytes(guard: Guard, tmp_path: Path) -> None:
    raw = multipart("mixed", b"\nhello", b"Content-Type: application/pdf\n\n" + b"x" * 400_000)
    parsed = guard(large(tmp_path / "mail", raw))
    assert parsed == guard(RawMessage(1, raw))
    assert (parsed.text, parsed.attachments[0].size) == ("hello", 400_000)


def test_endless_text_is_cut_before_it_comes_back(guard: Guard) -> None:
    parsed = guard(RawMessage(1, ENVELOPE + b"\n" + b"word " * (LONGEST_TEXT // 4)))
    assert len(parsed.text) == LONGEST_TEXT


def test_what_takes_too_much_time_is_given_up_and_the_next_is_read() -> None:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(60))
    with closing(Guard(cpu_seconds=0.2)) as guard:
        with pytest.raises(Unparsable, match=r"more than 0\.2 s"):
            guard(RawMessage(1, ENVELOPE + nested + b"\n--b\n" * 4_000_000))
        assert guard(RawMessage(2, ENVELOPE + b"\n" + b"x" * 300_000)).headers.subject == "Hello"


def test_what_takes_too_much_memory_is_read_as_far_as_its_header(tmp_path: Path) -> None:
    raw = ENVELOPE + b"Content-Transfer-Encoding: base64\n\n" + b"QUJD" * 10_000_000
    with closing(Guard(memory=64 * 2**20)) as guard:
        parsed = guard(large(tmp_path / "mail", raw))
    assert parsed.headers.subject == "Hello"
    assert "the message needs too much memory, only the header was read" in parsed.defects


def test_a_child_that_went_home_is_replaced(guard: Guard) -> None:
    raw = ENVELOPE + b"\n" + b"x" * 300_000
    assert guard(RawMessage(1, raw)).headers.subject == "Hello"
    assert guard._child._process is not None
    guard._child._process.terminate()
    guard._child._process.wait()
    assert guard(RawMessage(2, raw)).headers.subject == "Hello"


def test_nothing_is_loaded_from_the_folder_one_happens_to_be_in(
    guard: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "resource.py").write_text("raise SystemExit('not ours')")
    monkeypatch.chdir(tmp_path)
    assert guard(RawMessage(1, ENVELOPE + b"\n" + b"x" * 300_000)).headers.subject == "Hello"


def test_a_child_that_cannot_live_is_not_blamed_on_the_mail() -> None:
    with closing(Guard(memory=-40 * 2**20)) as guard, pytest.raises(StoreBusy, match="ended with code"):
        guard(RawMessage(1, ENVELOPE + b"\n" + b"x" * 300_000))


def test_a_machine_without_room_for_a_process_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailcrm.service.child.sys.executable", "/nonexistent/python")
    with closing(Guard()) as guard, pytest.raises(StoreBusy, match="no process can be started"):
        guard(RawMessage(1, ENVELOPE + b"\n" + b"x" * 300_000))


def test_a_file_that_is_gone_is_named(guard: Guard, tmp_path: Path) -> None:
    with pytest.raises(Unparsable, match="No such file"):
        guard(LargeMessage(1, tmp_path / "nowhere"))


def test_small_messages_need_no_child(guard: Guard) -> None:
    assert guard(RawMessage(1, ENVELOPE + b"\nhello")).text == "hello"
    assert guard._child._process is None
