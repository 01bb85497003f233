"""From the configuration to a login: what a provider is known to do wrong is not asked of it."""

from pathlib import Path
from typing import Any

import pytest

from mailcrm.ingest.imap.mailbox import Login
from mailcrm.model.provider import Compress
from mailcrm.service.accounts import imap_login
from tests.builders import a_config

_ICLOUD, _OTHER = "imap.mail.me.com", "imap.example.com"


def _login(folder: Path, **imap: Any) -> Login:
    (folder / "secret").write_text("x")
    account = {
        "name": "shop",
        "address": "hello@own.example",
        "secret": {"file": str(folder / "secret")},
        "imap": {"port": 993, "security": "tls", **imap},
    }
    config = a_config(folder, accounts=[account])
    return imap_login(config, config.accounts[0])


@pytest.mark.parametrize(("host", "expected"), [(_ICLOUD, False), (_OTHER, True)])
def test_qresync_is_left_alone_where_it_is_known_not_to_work(tmp_path: Path, host: str, expected: bool) -> None:
    assert _login(tmp_path, host=host).qresync is expected


@pytest.mark.parametrize("host", [_ICLOUD, _OTHER])
@pytest.mark.parametrize("wish", [True, False])
def test_setting_decides_about_qresync_before_the_provider_does(tmp_path: Path, host: str, wish: bool) -> None:
    assert _login(tmp_path, host=host, qresync=wish).qresync is wish


def test_setting_decides_about_compression(tmp_path: Path) -> None:
    assert _login(tmp_path, host=_OTHER).compress is Compress.AUTO
    assert _login(tmp_path, host=_OTHER, compress="off").compress is Compress.OFF
