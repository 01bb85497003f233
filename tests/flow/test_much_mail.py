"""Much mail, from a real server or from files: read by a second process, complete whatever happens to that process."""

from collections.abc import Iterator, Mapping, Sequence
from errno import EIO
from itertools import islice
from pathlib import Path
from random import Random
from types import ModuleType
from typing import BinaryIO

import pytest
from sqlalchemy import select

from mailcrm.ingest.files import source_pass
from mailcrm.ingest.files.filemail import FileMail
from mailcrm.ingest.files.mbox import read_mbox
from mailcrm.ingest.files.sources import SourceKind
from mailcrm.ingest.filing import ReadBody
from mailcrm.ingest.imap import reading
from mailcrm.model.message import RawMessage
from mailcrm.service import ahead, importing, passes
from mailcrm.service.ahead import Ahead
from mailcrm.service.passes import sync_once
from mailcrm.store import Store, blobs
from mailcrm.store.rows.mail import Message, MessageLocation
from tests.flow.importing import a_mail, an_mbox, counts, imported, unread_account
from tests.flow.instance import Instance, imap_account
from tests.servers.dovecot import Dovecot

COUNT = 60


def mail(number: int) -> bytes:
    """Every tenth has an attachment that is kept as a file."""
    head = f"From: ann@example.org\r\nTo: me@own.example\r\nSubject: Mail {number}\r\nMessage-ID: <{number}@example.org>\r\n"
    if number % 10:
        return f"{head}\r\nThe text of {number}.\r\n".encode()
    noise = bytes(byte | 64 for byte in Random(number).randbytes(200_000))  # no line ends
    kind = f"{head}Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\n\r\nThe text of {number}.\r\n".encode()
    return kind + b"--cut\r\nContent-Type: image/png\r\n\r\n" + noise + b"\r\n--cut--\r\n"


@pytest.mark.parametrize("killed", [False, True], ids=["undisturbed", "killed"])
def test_a_long_stream_is_read_by_a_second_process_and_complete(
    dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    user = "much-killed" if killed else "much"
    dovecot.fill(user, (mail(number) for number in range(COUNT)))
    monkeypatch.setattr(reading, "_WORTH_A_PROCESS", 1)
    processes = watched(monkeypatch, passes, killed=killed)
    app = Instance(tmp_path, [imap_account(tmp_path, dovecot, user)], sync={"batch_messages": 10}).app()
    report, _ = sync_once(app, "main", lambda _report: None)
    assert (report.bodies, report.quarantined, report.complete) == (COUNT, 0, True)
    assert (len(processes), len(set(processes))) == (COUNT // 10, 4 if killed else 1)
    assert_complete(app.store)
    app.store.close()


@pytest.mark.parametrize("killed", [False, True], ids=["undisturbed", "killed"])
def test_a_large_import_is_read_by_a_second_process_and_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    monkeypatch.setitem(source_pass._WORTH_A_PROCESS, SourceKind.EML, COUNT)
    processes = watched(monkeypatch, importing, killed=killed)
    for number in range(COUNT):
        (tmp_path / "mail" / str(number % 3)).mkdir(parents=True, exist_ok=True)
        (tmp_path / "mail" / str(number % 3) / f"{number}.eml").write_bytes(mail(number))
    instance = Instance(tmp_path, [unread_account(tmp_path)], sync={"batch_messages": 10})
    assert counts(imported(instance, tmp_path / "mail")) == (COUNT, 0, 0, 0)
    assert (len(processes), len(set(processes))) == (COUNT // 10, 4 if killed else 1)
    assert counts(imported(instance, tmp_path / "mail")) == (0, COUNT, 0, 0)
    app = instance.app()
    assert_complete(app.store)
    app.store.close()


def test_the_same_mail_in_two_batches_counts_once_and_is_kept_once(tmp_path: Path) -> None:
    box = an_mbox(tmp_path / "box", (a_mail(number % 25) for number in range(100)))
    instance = Instance(tmp_path, [unread_account(tmp_path)], sync={"batch_messages": 10})
    assert counts(imported(instance, box)) == (25, 75, 0, 0)


def test_what_came_before_a_source_broke_is_filed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(mails: BinaryIO, start: int, largest: int) -> Iterator[FileMail]:
        yield from islice(read_mbox(mails, start, largest), 25)
        raise OSError(EIO, "Input/output error")

    box = an_mbox(tmp_path / "box", (a_mail(number) for number in range(40)))
    instance = Instance(tmp_path, [unread_account(tmp_path)], sync={"batch_messages": 10})
    with monkeypatch.context() as patched:
        patched.setattr(source_pass, "read_mbox", broken)
        report = imported(instance, box)
    assert (counts(report), report.failures) == ((20, 0, 0, 0), [("box", "Input/output error")])
    assert counts(imported(instance, box)) == (20, 20, 0, 0)


def watched(monkeypatch: pytest.MonkeyPatch, module: ModuleType, *, killed: bool) -> list[int]:
    """Which process each batch is read by; every other one is killed before it says what is in its batch."""
    processes: list[int] = []

    class Watched(Ahead):
        def _hear(self, raws: Sequence[RawMessage]) -> Mapping[int, ReadBody]:
            assert self._child._process is not None
            processes.append(self._child._process.pid)
            if killed and len(processes) % 2:
                self._child._process.kill()
                self._child._process.wait()  # else the next batch may still be sent to it
            return super()._hear(raws)

    monkeypatch.setattr(ahead, "_second_processor", lambda: True)
    monkeypatch.setattr(module, "Ahead", Watched)
    return processes


def assert_complete(store: Store) -> None:
    """All mails are there, with their bytes and their text."""
    with store.read() as session:
        rows = session.execute(
            select(Message.subject, Message.body_text, MessageLocation.raw_sha256).join(MessageLocation)
        ).all()
        assert {subject: blobs.get(session, digest) for subject, _, digest in rows} == {
            f"Mail {number}": mail(number) for number in range(COUNT)
        }
    assert all(f"The text of {subject.removeprefix('Mail ')}." in text for subject, text, _ in rows)
