"""SIGKILL in the middle of a campaign: nobody gets a mail twice, nobody is silently left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from mailcrm.model.campaign import CampaignState
from mailcrm.model.recipient import RecipientState
from mailcrm.service.campaigns import read_report
from mailcrm.store import campaigns
from tests.flow.campaigning import quick_sections, started
from tests.flow.instance import Instance, imap_account, until
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import SmtpSink

RECIPIENTS = 500
CONNECTIONS = 4


def test_no_duplicate_and_none_missing_after_kills(
    dovecot: Dovecot, smtp_sink: Callable[..., SmtpSink], tmp_path: Path
) -> None:
    sink = smtp_sink("-a")
    smtp = {"host": sink.host, "port": sink.port, "security": "none"}
    account = imap_account(tmp_path, dovecot, "killed", smtp=smtp, sending={"connections": CONNECTIONS})
    instance = Instance(tmp_path, [account], **quick_sections())
    app = instance.app()
    addresses = started(app, tmp_path, RECIPIENTS)

    kills = 0
    for reached in (RECIPIENTS // 6, RECIPIENTS // 2, RECIPIENTS * 5 // 6):
        with instance.daemon() as daemon:
            until(lambda goal=reached: sink.count() >= goal, 60, every=0.005)
            daemon.kill()
            kills += 1
    with instance.daemon() as daemon:
        until(lambda: _state(app) == CampaignState.FINISHED, 60)
        assert daemon.terminate() == 0

    result = read_report(app, "News", lines=True)
    app.store.close()
    states = result.counts.states
    got = Counter(sink.recipients())
    assert max(got.values()) == 1, f"mailed twice: {[a for a, n in got.items() if n > 1]}"
    assert states[RecipientState.SENT] + states[RecipientState.UNKNOWN] == RECIPIENTS
    assert states[RecipientState.UNKNOWN] <= kills * CONNECTIONS
    assert result.lines is not None
    sent = {line.address for line in result.lines if line.state == RecipientState.SENT}
    unknown = {line.address for line in result.lines if line.state == RecipientState.UNKNOWN}
    assert sent <= set(got), "reported as sent, but the server never got it"
    assert sent | unknown == set(addresses), "somebody is missing from the report"


def _state(app) -> CampaignState:  # type: ignore[no-untyped-def]
    with app.store.read() as session:
        return campaigns.get_campaign(session, "News").state
