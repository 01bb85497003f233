"""From the configuration to a login: what a provider is known to do wrong is not asked of it."""

from pathlib import Path

import pytest

from mailcrm.service.accounts import imap_login
from tests.builders import a_config


@pytest.mark.parametrize(("host", "expected"), [("imap.mail.me.com", False), ("imap.example.com", True)])
def test_qresync_is_left_alone_where_it_is_known_not_to_work(tmp_path: Path, host: str, expected: bool) -> None:
    (tmp_path / "secret").write_text("x")
    account = {
        "name": "shop",
        "address": "hello@own.example",
        "secret": {"file": str(tmp_path / "secret")},
        "imap": {"host": host, "port": 993, "security": "tls"},
    }
    config = a_config(tmp_path, accounts=[account])
    assert imap_login(config, config.accounts[0]).qresync is expected
