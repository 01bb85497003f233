"""What the archive knows of each UID, and which mails of ours it only heard of, on each engine."""

from __future__ import annotations

import pytest

from mailcrm.model.filing import Conversation
from mailcrm.model.folder import FolderRole
from mailcrm.model.message import BodyState, ParsedHeaders
from mailcrm.store import Session, Store, completeness, coverage, messages, quarantine, threads, unfetched
from mailcrm.store.rows.mail import Message, MessageLocation
from tests.builders import NOW, a_person, a_running_campaign, a_write
from tests.store.builders import GENERATION, a_copy, a_folder, a_mailbox, a_message, skipped


def test_known_uids_are_those_of_one_generation_of_the_folder(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        other = a_folder(session, folder.account_id, "Sent")
        for uid in (9, 3, 5):
            a_copy(session, folder, a_message(session), uid, state=BodyState.DONE)
        waiting, lost, odd = (a_message(session) for _ in range(3))
        a_copy(session, folder, waiting, 11)
        a_copy(session, other, waiting, 12)
        unfetched.note_missing_body(session, folder, GENERATION, a_copy(session, folder, lost, 13), "not given", 1)
        a_copy(session, folder, odd, 14, state=BodyState.DONE)
        session.get_one(Message, odd.id).body_state = BodyState.QUARANTINED
        session.get_one(Message, odd.id).last_error = "KeyError: x"
        messages.add_skips(session, folder, GENERATION, skipped({2: "rule", 1: "rule"}))
        messages.add_skips(session, folder, GENERATION + 1, skipped({20: "rule"}))
        quarantine.quarantine(session, folder, GENERATION, {8: "broken", 7: "odd"}, NOW)
        session.flush()
        known = completeness.known_in(session, folder, GENERATION)
        assert list(known.filed) == [3, 5, 9, 11, 13, 14]
        assert (list(known.pending), list(known.broken)) == ([11], [13, 14])
        assert (list(known.left_out), list(known.quarantined)) == ([1, 2], [7, 8])
        assert list(completeness.known_in(session, folder, GENERATION + 1).left_out) == [20]
        reasons = completeness.reasons_in(session, folder, GENERATION, 10)
        assert reasons == {7: "odd", 8: "broken", 13: "not given", 14: "KeyError: x"}
        assert list(completeness.reasons_in(session, folder, GENERATION, 2)) == [7, 8]
        assert completeness.count_broken(session) == {folder.id: 2}
        inbox, sent = coverage.count_folders(session)
        assert (inbox.broken, inbox.quarantined, sent.broken, sent.pending) == (2, 2, 0, 1)
        assert completeness.count_filed(session, folder, GENERATION) == 6


def test_known_uids_of_a_large_folder_come_whole_and_in_order(sqlite_store: Store) -> None:
    with a_write(sqlite_store) as session:
        folder, mail = a_mailbox(session), a_message(session)
        rows = [
            {"folder_id": folder.id, "generation": 1, "uid": uid, "message_id": mail.id, "body_state": BodyState.NONE}
            for uid in range(25_000, 0, -1)
        ]
        session.execute(MessageLocation.__table__.insert(), rows)  # type: ignore[attr-defined]
        assert list(completeness.known_in(session, folder, 1).filed) == list(range(1, 25_001))


def test_folders_of_an_account_come_with_their_generation(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        a_folder(session, folder.account_id, "Sent", FolderRole.SENT)
        a_mailbox(session, "other")
        rows = completeness.folders_of(session, folder.account_id)
        assert [(row.ref.name, row.role, row.generation) for row in rows] == [
            ("INBOX", "inbox", 1),
            ("Sent", "sent", 1),
        ]


# --- heard of ----------------------------------------------------------------------------------------------------


def named(session: Session, own_id: str, *names: str) -> int:
    """A mail that names others; returns its message id."""
    [thread_id] = threads.join_threads(session, [Conversation((own_id, *names), "", NOW)])
    return a_message(session, own_id, thread_id=thread_id, headers=ParsedHeaders(message_id=own_id)).id


def lying(session: Session, folder: object, message_id: int, uid: int) -> None:
    from tests.store.builders import Filed

    a_copy(session, folder, Filed(message_id, ""), uid)  # type: ignore[arg-type]


def test_mails_of_ours_that_only_answers_name_are_counted_by_their_domain(store: Store) -> None:
    with a_write(store) as session:
        folder, other = a_mailbox(session), a_mailbox(session, "other")
        answer = named(
            session, "1@c.example", "lost1@own.example", "LOST2@PC.Own.Example", "x@notown.example", "own.example"
        )
        lying(session, folder, answer, 1)
        lying(session, folder, named(session, "2@c.example", "lost3@own.example"), 2)
        lying(session, folder, named(session, "3@c.example", "held@own.example"), 3)
        named(session, "held@own.example")
        lying(session, other, named(session, "4@c.example", "lost4@own.example"), 1)
        ask = completeness.heard_of
        assert ask(session, folder.account_id, ["own.example"]) == completeness.HeardOf(3, 2)
        assert ask(session, other.account_id, ["own.example"]) == completeness.HeardOf(1, 1)
        assert ask(session, folder.account_id, []) == completeness.HeardOf(0, 0)
        assert ask(session, folder.account_id, ["n.example", "notown.example"]) == completeness.HeardOf(1, 1)


def test_campaign_mail_is_not_taken_for_lost_mail(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        zhang = a_person(session, "zhang@example.com", consents=("newsletter",))
        a_running_campaign(session, folder.account_id, [zhang])
        sent = session.connection().exec_driver_sql("SELECT message_id FROM recipient").scalar_one()
        domain = sent.partition("@")[2]
        lying(session, folder, named(session, "1@c.example", sent, f"lost@{domain}"), 1)
        assert completeness.heard_of(session, folder.account_id, [domain]).mails == 1


@pytest.mark.parametrize(
    ("message_id", "domain"),
    [
        ("a@b.Example", "b.example"),
        ("a@b@c.example", "c.example"),
        ("a", ""),
        ("a@", ""),
        ("a@[127.0.0.1]", ""),
        ("a@b c", ""),
        ("a@\x00", ""),
        ("a@" + "x" * 256, ""),
    ],
)
def test_the_domain_of_an_id_is_a_host_name_or_nothing(message_id: str, domain: str) -> None:
    assert threads.id_domain(message_id) == domain
