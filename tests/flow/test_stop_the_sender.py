"""A stop in front of a slow server: what is in flight is finished, what only waits is given back and not sent."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from mailcrm.campaigns.delivery.transport import SmtpLogin, SmtpTransport
from mailcrm.model.provider import Security
from tests.builders import a_store
from tests.servers.smtp_sink import SmtpSink
from tests.store.sending import a_campaigning
from tests.unit.campaigns.delivery.stage import send, states

CONNECTIONS = 2


def test_a_stop_does_not_first_send_what_was_claimed_ahead(smtp_sink: Callable[..., SmtpSink], tmp_path: Path) -> None:
    sink = smtp_sink("-w", "1")  # a second before each answer to DATA
    transport = SmtpTransport(SmtpLogin(sink.host, sink.port, Security.NONE, timeout=10, reply_timeout=10))
    begun = time.monotonic()
    with a_store(tmp_path) as store:
        running = a_campaigning(store, 30)
        send(
            running, transport, connections=CONNECTIONS, stopped=lambda: "sending" in states(running), until_idle=False
        )
        found = states(running)
    assert time.monotonic() - begun < 12
    assert found["sent"] == sink.count() <= CONNECTIONS
    assert found == {"sent": sink.count(), "ready": 30 - sink.count()}
