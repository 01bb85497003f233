"""A long stream of bodies from a real server: read by a second process, complete whatever happens to that process."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from mailcrm.ingest.filing import ReadBody
from mailcrm.ingest.imap import folder_pass
from mailcrm.model.message import RawMessage
from mailcrm.service import ahead, passes
from mailcrm.service.ahead import Ahead
from mailcrm.service.passes import sync_once
from mailcrm.store import blobs
from mailcrm.store.rows.mail import Message, MessageLocation
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
    monkeypatch.setattr(folder_pass, "_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(ahead, "_second_processor", lambda: True)
    processes: list[int] = []

    class Watched(Ahead):
        def _hear(self, raws: Sequence[RawMessage]) -> Mapping[int, ReadBody]:
            assert self._child._process is not None
            processes.append(self._child._process.pid)
            if killed and len(processes) % 2:
                self._child._process.kill()
            return super()._hear(raws)

    monkeypatch.setattr(passes, "Ahead", Watched)
    app = Instance(tmp_path, [imap_account(tmp_path, dovecot, user)], sync={"batch_messages": 10}).app()
    report, _ = sync_once(app, "main", lambda _report: None)
    assert (report.bodies, report.quarantined, report.complete) == (COUNT, 0, True)
    assert (len(processes), len(set(processes))) == (COUNT // 10, 4 if killed else 1)
    with app.store.read() as session:
        rows = session.execute(
            select(Message.subject, Message.body_text, MessageLocation.raw_sha256).join(MessageLocation)
        ).all()
        assert {subject: blobs.get(session, digest) for subject, _, digest in rows} == {
            f"Mail {number}": mail(number) for number in range(COUNT)
        }
    assert all(f"The text of {subject.removeprefix('Mail ')}." in text for subject, text, _ in rows)
    app.store.close()
