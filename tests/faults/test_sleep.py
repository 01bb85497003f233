"""A machine that is put to sleep while it waits for mail: its connection dies, and nobody tells it.

The process is stopped in the place of the machine, so its clocks go on; that the wall clock alone went on is noticed
is tested with the waiting itself (tests/unit/ingest/imap/test_idling.py).
"""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from mailcrm.store.rows.mail import Message
from tests.faults.line import FaultyLine
from tests.faults.rig import mail
from tests.flow.instance import Instance, imap_account, until
from tests.servers.dovecot import Dovecot

_POLL, _PATIENCE, _SOON = 5, 2, 60
"""Seconds between polls; until a silent server is given up; and until the mail must be there: the server is asked again a
quarter of a minute later."""


@pytest.mark.servers
def test_what_came_while_the_machine_slept_is_read_soon_after(dovecot: Dovecot, tmp_path: Path) -> None:
    with FaultyLine(dovecot.port) as line:
        imap = {"host": "127.0.0.1", "port": line.port, "security": "none"}
        account = imap_account(tmp_path, dovecot, "sleeper") | {"imap": imap}
        instance = Instance(tmp_path, [account], sync={"poll_seconds": _POLL, "read_timeout": _PATIENCE})
        with instance.daemon() as daemon:
            assert daemon.process is not None
            dovecot.deliver("sleeper", mail(1))
            until(lambda: _subjects(instance) == ["Mail 1"])
            until(lambda: _is_quiet(line))
            daemon.process.send_signal(signal.SIGSTOP)
            line.fall_silent()
            dovecot.deliver("sleeper", mail(2))
            daemon.process.send_signal(signal.SIGCONT)
            until(lambda: _subjects(instance) == ["Mail 1", "Mail 2"], _SOON)
            assert daemon.terminate() == 0


def _is_quiet(line: FaultyLine) -> bool:
    before = dict(line.passed)
    time.sleep(1)
    return line.passed == before


def _subjects(instance: Instance) -> list[str]:
    with instance.looking() as session:
        return sorted(session.execute(select(Message.subject)).scalars())
