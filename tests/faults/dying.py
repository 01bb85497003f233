"""Passes in a process of their own that is killed (SIGKILL) at a chosen byte or a chosen SQL statement.

The processes are forked from one that has loaded everything already and has no threads, so that dying is cheap.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from mailcrm.config import load_config
from mailcrm.ingest.imap import transport
from mailcrm.service.bootstrap import build_app
from mailcrm.service.passes import sync_once

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, "mailcrm.ingest.imap.folder_pass", "mailcrm.identity.resolve"])


class At(StrEnum):
    """What is counted until the process dies."""

    RECEIVED = "bytes received"
    SENT = "bytes sent"
    STATEMENTS = "SQL statements"


def dies(config: Path, at: At, limit: int) -> bool:
    """One pass that is killed after so many of these; false if it came to its end before."""
    process = _FORKS.Process(target=_pass_until, args=(config, at, limit))
    process.start()
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL), f"a pass ended with {process.exitcode}"
    return process.exitcode != 0


def _pass_until(config: Path, at: At, limit: int) -> None:
    match at:
        case At.RECEIVED:
            _die_after_receiving(limit)
        case At.SENT:
            _die_after_sending(limit)
        case At.STATEMENTS:
            _die_before_statement(limit)
    app = build_app(load_config(config))
    sync_once(app, "main", lambda _report: None)
    app.store.close()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_after_receiving(limit: int) -> None:
    receive = transport.Transport._receive

    def few(self: transport.Transport) -> None:
        transport._RECEIVE = max(limit - self.rx, 1)  # not one byte more is taken from the kernel
        receive(self)
        if self.rx >= limit:
            _die()

    transport.Transport._receive = few  # type: ignore[method-assign]


def _die_after_sending(limit: int) -> None:
    send = transport.Transport.send

    def part(self: transport.Transport, data: Any) -> None:
        if self.tx + len(data) >= limit:
            self.sock.sendall(bytes(data)[: limit - self.tx])
            _die()
        send(self, data)

    transport.Transport.send = part  # type: ignore[method-assign]


def _die_before_statement(limit: int) -> None:
    count = 0

    @event.listens_for(Engine, "before_cursor_execute")
    def step(*_args: Any) -> None:
        nonlocal count
        count += 1
        if count >= limit:
            _die()
