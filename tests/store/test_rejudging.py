"""What has to be looked at again when the rules of an account change."""

from __future__ import annotations

from datetime import timedelta

from mailcrm.model.filing import LeftOut, Place
from mailcrm.model.message import BodyState, ParsedHeaders
from mailcrm.store import Store, copies, coverage, messages, rejudging, standing, unfetched
from mailcrm.store.rows.mail import Message
from tests.builders import NOW, a_write
from tests.store.builders import GENERATION, a_copy, a_mailbox, a_message

_DAY = timedelta(days=1)
_TOP = 100


def test_what_was_left_out_is_looked_at_again_unless_it_is_too_old(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        skips = {uid: LeftOut("a rule", NOW - uid * _DAY) for uid in range(1, 6)} | {6: LeftOut("a rule", None)}
        messages.add_skips(session, folder, GENERATION, skips)
        messages.add_skips(session, folder, GENERATION + 1, {9: LeftOut("a rule", NOW)})
        since = NOW - 3 * _DAY
        rejudging.keep_too_old(session, folder, GENERATION, since, "older than X")
        rules = coverage.skipped_uids(session, folder, GENERATION, range(1, 7))
        assert [uid for uid, rule in rules.items() if rule == "older than X"] == [4, 5]

        def ask(below: int = _TOP, limit: int = 9) -> list[int]:
            return rejudging.to_judge(session, folder, GENERATION, since, subjects=True, below=below, limit=limit)

        assert ask() == [6, 3, 2, 1]
        assert (ask(limit=2), ask(below=3)) == ([6, 3], [2, 1])
        assert rejudging.to_judge(session, folder, GENERATION, None, subjects=False, below=_TOP, limit=2) == [6, 5]
        messages.forget_skips(session, folder, GENERATION, [6, 3])
        assert ask() == [2, 1]


def test_mail_without_a_subject_is_looked_at_again_where_subjects_are_kept(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        untitled, gone, both = (a_message(session, headers=ParsedHeaders(message_id=f"{n}@x")) for n in range(3))
        for uid, message in enumerate((untitled, gone, both, a_message(session)), 1):
            a_copy(session, folder, message, uid, state=BodyState.NONE)
        copies.mark_gone(session, folder, GENERATION, [2], NOW)
        for subjects, uids in ((True, [3, 1]), (False, [])):
            found = rejudging.to_judge(session, folder, GENERATION, None, subjects=subjects, below=_TOP, limit=9)
            assert found == uids
        assert copies.keys_at(session, folder, GENERATION, [1, 4, 7]).get(1) == untitled.key
        assert set(copies.keys_at(session, folder, GENERATION, [1, 4, 7])) == {1, 4}


def test_what_is_left_out_and_what_has_no_subject_come_in_one_order(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        messages.add_skips(session, folder, GENERATION, {uid: LeftOut("a rule", NOW) for uid in (1, 3, 5)})
        for uid in (2, 4, 6):
            untitled = a_message(session, headers=ParsedHeaders(message_id=f"{uid}@x"))
            a_copy(session, folder, untitled, uid, state=BodyState.NONE)
        for below, uids in ((_TOP, [6, 5, 4]), (4, [3, 2, 1])):
            found = rejudging.to_judge(session, folder, GENERATION, None, subjects=True, below=below, limit=3)
            assert found == uids


def test_bodies_that_were_left_on_the_server_are_wanted(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        mails = [a_message(session) for _ in range(4)]
        for mail in mails:
            session.get_one(Message, mail.id).body_state = BodyState.NONE
        session.flush()
        places = [Place(uid, "", NOW - uid * _DAY, 10, labels=f"L{uid}") for uid in range(1, 5)]
        states = [BodyState.NONE, BodyState.NONE, BodyState.SAME, BodyState.NONE]
        rows = [(place, mail.id, state) for place, mail, state in zip(places, mails, states, strict=True)]
        messages.add_locations(session, folder, GENERATION, rows)
        since = NOW - 2 * _DAY
        assert rejudging.lacking_bodies(session, folder, GENERATION, since, below=None, limit=9) == [
            (2, "L2"),
            (1, "L1"),
        ]
        assert rejudging.lacking_bodies(session, folder, GENERATION, None, below=4, limit=1) == [(2, "L2")]
        unfetched.want_bodies(session, folder, GENERATION, [2, 3])
        session.expire_all()
        assert [session.get_one(Message, mail.id).body_state for mail in mails] == [
            BodyState.NONE,
            BodyState.PENDING,
            BodyState.NONE,
            BodyState.NONE,
        ]
        assert rejudging.lacking_bodies(session, folder, GENERATION, since, below=None, limit=9) == [(1, "L1")]


def test_where_judging_again_stands_holds_for_the_rules_of_now(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)

        def left() -> int:
            session.expire_all()
            return standing.left_to_judge(session, folder)

        assert left() == 0
        rejudging.begin_to_judge(session, folder, 2**63 - 1, 41)
        assert left() == 42
        rejudging.note_judged(session, folder, 2**63 - 1, 20)
        rejudging.begin_to_judge(session, folder, 2**63 - 1, 50)
        assert left() == 20
        rejudging.begin_to_judge(session, folder, 7, 50)
        assert left() == 51, "other rules: from the top"
        rejudging.note_judged(session, folder, 7)
        assert left() == 0
