"""The list of what rules left out."""

from __future__ import annotations

from datetime import timedelta

from mailcrm.model.account import Visibility
from mailcrm.model.filing import LeftOut
from mailcrm.model.folder import SyncState
from mailcrm.model.rights import Viewer
from mailcrm.store import Store, messages, sync_state
from mailcrm.store.left_out import LeftOutLine, RuleCount, count_left_out, list_left_out
from tests.builders import NOW, a_write
from tests.store.builders import GENERATION, a_folder, a_mailbox

_DAY = timedelta(days=1)
_SYSTEM = Viewer.system()


def test_mails_are_counted_by_rule_and_listed_newest_first(store: Store) -> None:
    with a_write(store) as session:
        inbox, other = a_mailbox(session), a_mailbox(session, "other")
        sent = a_folder(session, inbox.account_id, "Sent")
        old = {uid: LeftOut("older than 2026-01-01", NOW - uid * _DAY) for uid in (3, 1, 2)}
        messages.add_skips(session, inbox, GENERATION, old)
        messages.add_skips(session, sent, GENERATION, {1: LeftOut("never-log domain", None)})
        messages.add_skips(session, other, GENERATION, {1: LeftOut("never-log domain", NOW)})
        assert count_left_out(session, _SYSTEM, "shop") == [
            RuleCount("INBOX", "older than 2026-01-01", 3, NOW - 3 * _DAY, NOW - _DAY),
            RuleCount("Sent", "never-log domain", 1, None, None),
        ]
        assert list_left_out(session, _SYSTEM, "shop", 2) == [
            LeftOutLine("INBOX", 1, NOW - _DAY, "older than 2026-01-01"),
            LeftOutLine("INBOX", 2, NOW - 2 * _DAY, "older than 2026-01-01"),
        ]


def test_uids_of_the_past_are_not_counted(store: Store) -> None:
    with a_write(store) as session:
        inbox = a_mailbox(session)
        messages.add_skips(session, inbox, GENERATION, {1: LeftOut("a draft", NOW)})
        sync_state.advance(session, inbox, SyncState(GENERATION + 1, 4712, 0, 0))
        assert count_left_out(session, _SYSTEM, "shop") == []
        assert list_left_out(session, _SYSTEM, "shop", 9) == []


def test_a_private_mailbox_is_its_owners(store: Store) -> None:
    with a_write(store) as session:
        inbox = a_mailbox(session, "ann", Visibility.PRIVATE, "ann")
        messages.add_skips(session, inbox, GENERATION, {1: LeftOut("a draft", NOW)})
        assert count_left_out(session, Viewer("bob"), "ann") == []
        assert list_left_out(session, Viewer("bob"), "ann", 9) == []
        assert len(list_left_out(session, Viewer("ann"), "ann", 9)) == 1
