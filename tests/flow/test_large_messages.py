"""Large messages from a real server: piece by piece to disk, gone on with after a break, and in little memory."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Never

import pytest
from sqlalchemy import select

from mailcrm.ingest.imap.job import PassReport
from mailcrm.ingest.imap.mailbox import CommandRefused, Mailbox, open_mailbox
from mailcrm.ingest.imap.sync import sync_account
from mailcrm.ingest.imap.waiting import WaitingBodies
from mailcrm.service.accounts import account_row, imap_login, sync_job
from mailcrm.service.app import App
from mailcrm.service.guard import Guard
from mailcrm.service.passes import sync_once
from mailcrm.store import blobs
from mailcrm.store.rows.mail import Attachment, Message, MessageLocation
from tests.flow.instance import Instance, environment, imap_account
from tests.servers.dovecot import Dovecot

MIB = 1024 * 1024
NOISE = Random(7).randbytes(MIB).replace(b"\r", b"x").replace(b"\n", b"y").replace(b"\0", b"z")
_MEMORY = """
import sys
from pathlib import Path
from mailcrm.config import load_config
from mailcrm.service.bootstrap import build_app
from mailcrm.service.passes import sync_once
app = build_app(load_config(Path(sys.argv[1])))
report, _ = sync_once(app, "main", lambda _report: None)
assert (report.bodies, report.quarantined) == (1, 0), report
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""


def big(mib: int) -> bytes:
    """A mail with an attachment that nothing can compress much."""
    head = b"From: ann@example.org\r\nTo: me@own.example\r\nSubject: Drawings\r\nMessage-ID: <big@example.org>\r\n"
    kind = b"Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\n\r\nHere they are.\r\n"
    drawing = b"".join(b"%d" % number + NOISE for number in range(mib))
    return head + kind + b"--cut\r\nContent-Type: image/x-dwg\r\n\r\n" + drawing + b"\r\n--cut--\r\n"


def long_winded() -> bytes:
    """A mail whose text alone takes longer to understand than a dozen ticks of the clock that limits it."""
    head = b"From: ann@example.org\r\nTo: me@own.example\r\nSubject: Story\r\nMessage-ID: <long@example.org>\r\n\r\n"
    return head + b"".join(
        b"Chapter %d, in which he said nothing, and she heard it.\r\n" % number for number in range(20_000)
    )


def a_pass(app: App, stopped: Callable[[], bool]) -> tuple[PassReport, int]:
    """One pass, and the bytes it received."""
    account, row = app.account("main"), account_row(app.store, "main")
    with open_mailbox(imap_login(app.config, account)) as mailbox, closing(Guard()) as parse:
        report = sync_account(mailbox, app.store, sync_job(app, account, row), app.clock, parse=parse, stopped=stopped)
        return report, mailbox.received


def test_what_came_before_a_break_is_not_fetched_again(dovecot: Dovecot, tmp_path: Path) -> None:
    raw = big(9)
    dovecot.deliver("large", raw)
    instance = Instance(tmp_path, [imap_account(tmp_path, dovecot, "large")])
    app = instance.app()
    partial = app.store.blob_dir / "partial"

    def enough() -> bool:
        return any(path.stat().st_size >= 5 * MIB for path in partial.glob("*"))

    report, _ = a_pass(app, enough)
    assert (report.complete, report.bodies) == (False, 0)
    report, received = a_pass(app, lambda: False)
    assert (report.complete, report.bodies, report.quarantined) == (True, 1, 0)
    assert received < 6 * MIB
    with app.store.read() as session:
        (digest,) = session.execute(select(MessageLocation.raw_sha256)).scalars()
        assert blobs.get(session, digest) == raw
        assert session.execute(select(Message.body_text)).scalar_one().strip() == "Here they are."
        assert session.execute(select(Attachment.mime_type)).scalar_one() == "image/x-dwg"
    assert list(partial.iterdir()) == []
    app.store.close()


def _gone(dovecot: Dovecot, patch: pytest.MonkeyPatch) -> None:
    with dovecot.reader("half") as other:
        other.delete("Plans", 1)


def _folder_gone(dovecot: Dovecot, patch: pytest.MonkeyPatch) -> None:
    with dovecot.reader("half") as other:
        other.remove("Plans")


def _renumbered(dovecot: Dovecot, patch: pytest.MonkeyPatch) -> None:
    dovecot.renumber("half", "Plans")
    patch.setattr(WaitingBodies, "fetch", lambda *_: None)  # it would come anew


def _refused(dovecot: Dovecot, patch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> Never:
        raise CommandRefused("it cannot be read")

    patch.setattr(Mailbox, "fetch_body_parts", refuse)


@pytest.mark.parametrize(("lost", "passes"), [(_gone, 1), (_folder_gone, 1), (_renumbered, 1), (_refused, 4)])
def test_what_came_of_a_message_goes_when_nobody_waits_for_it_any_more(
    dovecot: Dovecot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lost: Callable[[Dovecot, pytest.MonkeyPatch], None],
    passes: int,
) -> None:
    with dovecot.reader("half") as other:
        if "Plans" not in other.folders():
            other.create("Plans")
        for uid in other.uids("Plans"):
            other.delete("Plans", uid)
    dovecot.deliver("half", big(4), "Plans")
    app = Instance(tmp_path, [imap_account(tmp_path, dovecot, "half")]).app()
    partial = app.store.blob_dir / "partial"
    a_pass(app, lambda: any(path.stat().st_size >= 2 * MIB for path in partial.glob("*")))
    lost(dovecot, monkeypatch)
    for _ in range(passes):
        assert list(partial.iterdir())
        a_pass(app, lambda: False)
    assert list(partial.iterdir()) == []
    app.store.close()


def test_a_message_that_takes_too_long_to_understand_is_kept_and_listed(
    dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.deliver("slow", long_winded())
    instance = Instance(tmp_path, [imap_account(tmp_path, dovecot, "slow")])
    app = instance.app()
    monkeypatch.setattr("mailcrm.service.passes.Guard", lambda: Guard(cpu_seconds=0.001))
    report, _ = sync_once(app, "main", lambda _report: None)
    assert (report.bodies, report.quarantined) == (1, 1)
    with app.store.read() as session:
        error, state = session.execute(select(Message.last_error, Message.body_state)).one()
        (digest,) = session.execute(select(MessageLocation.raw_sha256)).scalars()
        assert blobs.get(session, digest) == long_winded()
    app.store.close()
    assert "to understand the message takes more than 0.001 s" in error
    assert state == "quarantined"


def test_a_hundred_megabytes_need_little_memory(dovecot: Dovecot, tmp_path: Path) -> None:
    dovecot.deliver("huge", big(100))
    instance = Instance(tmp_path, [imap_account(tmp_path, dovecot, "huge")])
    command = [sys.executable, "-c", _MEMORY, str(instance.path)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.splitlines()[-1]) / 1024 < 150
