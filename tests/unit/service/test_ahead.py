"""Much mail is read in a second process, with the same result as here, whatever happens to that process."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path
from random import Random

import pytest

from mailcrm.errors import StoreBusy
from mailcrm.ingest.filing import Begin, ReadBody, read_at_once
from mailcrm.model.message import ParsedHeaders, ParsedMessage, RawMessage
from mailcrm.service import ahead as module
from mailcrm.service.ahead import Ahead
from mailcrm.service.batch import send_batch
from mailcrm.service.guard import Guard
from mailcrm.store import Store
from mailcrm.store.packing import path_of
from tests.builders import a_store
from tests.unit.ingest.mail.samples import ENVELOPE, multipart

PLAIN = RawMessage(1, ENVELOPE + b"\nhello")
LARGE = RawMessage(2, multipart("mixed", b"\nsee below", b"Content-Type: image/png\n\n" + Random(1).randbytes(300_000)))
ODD = RawMessage(3, b"\0\0 no mail at all")
BATCH = [PLAIN, LARGE, ODD]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with a_store(tmp_path) as store:
        yield store


@pytest.fixture
def guard() -> Iterator[Guard]:
    with closing(Guard()) as guard:
        yield guard


@pytest.fixture
def here(store: Store, guard: Guard) -> Begin:
    return read_at_once(store, guard)


@pytest.fixture
def ahead(store: Store, guard: Guard, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ahead]:
    monkeypatch.setattr(module, "_second_processor", lambda: True)
    with closing(Ahead(store, guard)) as ahead:
        yield ahead


def _filed_of(bodies: Mapping[int, ReadBody]) -> dict[int, ReadBody]:
    """What is filed of bodies whose headers were filed before."""
    return {uid: replace(body, parsed=body.parsed and _beyond_header(body.parsed)) for uid, body in bodies.items()}


def _beyond_header(parsed: ParsedMessage) -> ParsedMessage:
    return replace(parsed, headers=ParsedHeaders(kind=parsed.headers.kind), html="")


def test_a_batch_is_read_as_it_would_be_here(ahead: Ahead, here: Begin, store: Store) -> None:
    with ahead() as begin:
        first = begin(BATCH)
        second = begin([PLAIN])
        assert first() == {
            uid: replace(read, parsed=_beyond_header(read.parsed)) for uid, read in here(BATCH)().items()
        }
        assert second()[1].parsed.text == "hello"
    assert path_of(store.blob_dir, first()[2].raw.sha256).is_file()
    assert ahead._child._process is not None


def test_a_batch_is_read_though_the_process_is_killed(ahead: Ahead) -> None:
    with ahead() as begin:
        first = begin(BATCH)
        assert ahead._child._process is not None
        ahead._child._process.kill()
        assert [read.parsed is not None for read in first().values()] == [True, True, True]
        assert begin([PLAIN])()[1].parsed.text == "hello"  # by another process


def test_a_process_that_went_home_is_replaced(ahead: Ahead) -> None:
    with ahead() as begin:
        begin([PLAIN])()
        assert ahead._child._process is not None
        ahead._child._process.terminate()
        ahead._child._process.wait()
        assert begin([PLAIN])()[1].parsed.text == "hello"


def test_mail_that_takes_too_much_is_the_guards(ahead: Ahead, monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    monkeypatch.setattr(module, "CPU_SECONDS", 0.2)
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(60))
    evil = RawMessage(4, ENVELOPE + nested + b"\n--b\n" * 150_000)
    with closing(Guard(cpu_seconds=0.2)) as guard, closing(Ahead(store, guard)) as ahead, ahead() as begin:
        read = begin([PLAIN, evil])()
    assert read[1].parsed.text == "hello"
    assert "more than 0.2 s" in read[4].error


def test_a_full_disk_is_not_the_mails_fault(ahead: Ahead, here: Begin, store: Store) -> None:
    path_of(store.blob_dir, here([LARGE])()[2].raw.sha256).unlink()
    for folder in store.blob_dir.iterdir():
        folder.rmdir()
    store.blob_dir.rmdir()
    store.blob_dir.write_text("no folder")
    with ahead() as begin, pytest.raises(StoreBusy, match="cannot write"):
        begin(BATCH)()


def test_one_mailbox_at_a_time_has_a_second_process(ahead: Ahead, store: Store, guard: Guard) -> None:
    with ahead() as begin, closing(Ahead(store, guard)) as other, other() as begin_other:
        assert _filed_of(begin_other(BATCH)()) == begin(BATCH)()
        assert (ahead._child._process is None, other._child._process is None) == (False, True)


def test_what_nobody_wants_any_more_ends(ahead: Ahead) -> None:
    with ahead() as begin:
        begin(BATCH)
    assert ahead._child._process is None
    with ahead() as begin:
        assert begin([PLAIN])()[1].parsed.text == "hello"


def test_the_process_says_nothing_when_whoever_asked_is_gone(store: Store) -> None:
    ours, theirs = Pipe()
    command = [sys.executable, "-m", "mailcrm.service.guarded", str(theirs.fileno()), "5", str(64 * 2**20)]
    with subprocess.Popen(command, pass_fds=[theirs.fileno()], stderr=subprocess.PIPE) as child:
        theirs.close()
        send_batch(ours, store.blob_dir, BATCH * 50)
        ours.close()
        assert child.communicate(timeout=60)[1] == b""
    assert child.returncode == 0


def test_without_a_process_it_is_read_here(ahead: Ahead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailcrm.service.child.sys.executable", "/nonexistent/python")
    with ahead() as begin:
        assert begin([PLAIN])()[1].parsed.text == "hello"


def test_one_processor_reads_here(ahead: Ahead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_second_processor", lambda: False)
    with ahead() as begin:
        begin(BATCH)()
    assert ahead._child._process is None
