"""How large a mailbox is: the arithmetic, and the questions to servers with all their quirks."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailcrm.ingest.imap.mailbox import Login, open_mailbox
from mailcrm.model.account import Attachments, Capture
from mailcrm.model.provider import Security
from mailcrm.service.estimate import FolderSize, MailboxSize, Sample, cost_of, free_disk, measure
from tests.providers import profiles
from tests.providers.server import Quirks, ScriptedImap

DAY = datetime(2026, 1, 1, tzinfo=UTC)
OLD, NEW = DAY - timedelta(days=400), DAY + timedelta(days=3)


def size_of(*folders: FolderSize) -> MailboxSize:
    return MailboxSize(folders)


def test_share_of_recent_mail_is_that_of_the_samples() -> None:
    size = size_of(FolderSize(1000, (Sample(OLD, 100), Sample(OLD, 100), Sample(OLD, 100), Sample(NEW, 500))))
    assert (size.mails, size.mails_since(None), size.mails_since(DAY)) == (1000, 1000, 250)
    assert (size.bytes_since(None), size.bytes_since(DAY)) == (200_000, 125_000)


def test_attachments_that_wait_are_left_out_of_large_mail() -> None:
    size = size_of(
        FolderSize(100, (Sample(NEW, 1_000), Sample(NEW, 9_000_000), Sample(OLD, 3_000), Sample(OLD, 64_000)))
    )
    assert size.bytes_since(None) - size.bytes_since(None, Attachments.WHEN_OPENED) == 25 * (9_000_000 - 24_000)


def test_folder_without_samples_is_taken_to_be_like_the_others() -> None:
    size = size_of(FolderSize(10, (Sample(OLD, 1), Sample(NEW, 1))), FolderSize(100))
    assert size.mails_since(DAY) == 55


def test_mail_without_a_date_counts_as_recent() -> None:
    assert size_of(FolderSize(10, (Sample(None, 1),))).mails_since(DAY) == 10


def test_empty_mailbox_costs_nothing_but_a_minute() -> None:
    size = size_of()
    assert (size.mails_since(DAY), size.bytes_since(DAY)) == (0, 0)
    assert cost_of(0, 0, Capture.ALL) == cost_of(0, 0, Capture.METADATA)


def test_bodies_cost_time_and_disk() -> None:
    lean, full = (cost_of(18_300, 7_000_000_000, capture) for capture in (Capture.SUBJECT, Capture.ALL))
    assert lean.minutes < full.minutes
    assert lean.disk < 7_000_000_000 // 2 < full.disk


def test_free_disk_is_known_before_the_directory_is_made(tmp_path: Path) -> None:
    assert free_disk(tmp_path / "not" / "yet") > 0


@pytest.mark.parametrize("quirks", profiles.ALL, ids=lambda quirks: quirks.name)
def test_mailbox_of_every_provider_can_be_measured(quirks: Quirks) -> None:
    with ScriptedImap(quirks) as server:
        for number in range(60):
            server.append("INBOX", b"Subject: x\r\n\r\n" + b"x" * 86, [], OLD if number < 30 else NEW)
        login = Login(server.host, server.port, Security.NONE, server.user, server.secret, None, 5, 5)
        with open_mailbox(login) as mailbox:
            size = measure(mailbox)
        assert (size.mails, size.bytes_since(None)) == (60, 6000)
        assert 25 <= size.mails_since(DAY) <= 35
        assert server.violations == []


def test_drafts_trash_and_junk_do_not_count() -> None:
    with ScriptedImap() as server:
        for folder in ("INBOX", "Sent", "Drafts", "Trash"):
            server.append(folder, b"Subject: x\r\n\r\nx", [], NEW)
        login = Login(server.host, server.port, Security.NONE, server.user, server.secret, None, 5, 5)
        with open_mailbox(login) as mailbox:
            assert measure(mailbox).mails == 2
            assert measure(mailbox, ("Sent",)).mails == 1
