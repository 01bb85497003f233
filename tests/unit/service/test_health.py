"""The health of a folder, from its counts alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailcrm.config import Account, parse_config
from mailcrm.service.health import judge
from mailcrm.store.coverage import FolderCount
from tests.builders import NOW

_SOUND = FolderCount("shop", "INBOX", "inbox", 10, 7, 3, 0, 0, NOW, "", 0, False, False)


def _account(*leave_out: str) -> Account:
    account = {
        "name": "shop", "address": "shop@own.example", "secret": {"env": "X"}, "leave_out_folders": list(leave_out),
        "imap": {"host": "imap.example", "port": 993},
    }  # fmt: skip
    return parse_config({"accounts": [account]}, "test").accounts[0]


def test_a_folder_is_healthy_where_its_counts_agree() -> None:
    health = judge(_SOUND, _account(), NOW + timedelta(seconds=90))
    assert (health.healthy, health.problems, health.lag) == (True, (), 90)


def test_mail_that_was_removed_on_the_server_harms_nothing() -> None:
    assert judge(replace(_SOUND, server=2), _account(), NOW).healthy


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"server": 1011}, "1,001 of 1,011 mails are not read yet"),
        ({"unread": True}, "its first reading has not come to its end"),
        ({"pending": 2}, "2 bodies are still to come"),
        ({"quarantined": 1, "stored": 6}, "1 could not be read; `mailcrm accounts problems` says why"),
        ({"broken": 1}, "1 could not be read; `mailcrm accounts problems` says why"),
        ({"last_error": "refused to open"}, "refused to open"),
        ({"last_ok_at": None}, "no pass over it was complete so far"),
    ],
)
def test_each_thing_that_is_wrong_is_told(change: dict[str, object], words: str) -> None:
    health = judge(replace(_SOUND, **change), _account(), NOW)  # type: ignore[arg-type]
    assert (health.healthy, health.problems) == (False, (words,))


def test_before_the_first_complete_pass_there_is_no_lag() -> None:
    assert judge(replace(_SOUND, last_ok_at=None), _account(), NOW).lag is None


@pytest.mark.parametrize("left_out", ["INBOX", "IN*"])
def test_a_folder_that_is_not_read_any_more_is_neither_healthy_nor_ill(left_out: str) -> None:
    health = judge(replace(_SOUND, server=99, last_error="x"), _account(left_out), NOW)
    assert (health.healthy, health.problems) == (None, ())
    assert judge(_SOUND, None, NOW).healthy is None


def test_a_folder_that_the_server_has_no_more_is_neither_healthy_nor_ill() -> None:
    assert judge(replace(_SOUND, server=0, unread=True, gone=True), _account(), NOW).healthy is None
