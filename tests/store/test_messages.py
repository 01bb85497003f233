"""Mail in the archive: one row per mail, and every UID of a server accounted for."""

from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import select

from mailcrm.model.account import Visibility
from mailcrm.model.filing import KnownMessage, PendingBody, Place
from mailcrm.model.message import BodyState, ParsedHeaders
from mailcrm.model.rights import Viewer
from mailcrm.store import (
    Session,
    Store,
    blobs,
    coverage,
    message_bodies,
    messages,
    packing,
    quarantine,
    sync_state,
    unfetched,
    waiting,
)
from mailcrm.store.coverage import ProblemLine
from mailcrm.store.rows.mail import Attachment, Message, MessageLocation, SyncQuarantine
from tests.builders import NOW, a_write, an_address
from tests.store.builders import (
    GENERATION,
    a_body,
    a_copy,
    a_filing,
    a_folder,
    a_key,
    a_mailbox,
    a_message,
    known,
    skipped,
    some_participants,
)
from tests.store.crowd import Work, after_a_race

ALL = Viewer.system()


def state_of(session: Session, message_id: int) -> BodyState:
    return session.execute(select(Message.body_state).where(Message.id == message_id)).scalar_one()


def pending(session: Session, folder: object) -> list[PendingBody]:
    return [
        each
        for tried in (False, True)
        for each in unfetched.pending_bodies(session, folder, GENERATION, 100, tried=tried)
    ]


# --- headers -----------------------------------------------------------------------------------------------------


def test_a_mail_is_recognised_by_its_key(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        read = a_message(session)
        copy = a_copy(session, folder, read, 8)
        message_bodies.store_bodies(session, folder, GENERATION, [a_body(store.blob_dir, copy)])
        thread = session.get_one(Message, read.id).thread_id
        keys = [a_key(str(n)) for n in range(600)]
        ids = messages.add_messages(session, [a_filing(key, thread) for key in keys])
        found = messages.find_messages(session, [*keys, read.key, a_key("never seen")])
    waiting = {key: KnownMessage(i, BodyState.PENDING) for key, i in zip(keys, ids, strict=True)}
    assert found == waiting | {read.key: KnownMessage(read.id, BodyState.DONE, frozenset({1000}))}


def test_new_mails_get_their_ids_in_order(store: Store) -> None:
    with a_write(store) as session:
        thread = session.get_one(Message, a_message(session).id).thread_id
        ids = messages.add_messages(session, [a_filing(a_key(str(n)), thread) for n in range(50)])
        query = select(Message.dedupe_key).where(Message.id.in_(ids)).order_by(Message.id)
        assert ids == sorted(ids)
        assert session.execute(query).scalars().all() == [a_key(str(n)) for n in range(50)]


def test_two_mailboxes_that_get_the_same_mail_file_it_once(store: Store) -> None:
    with a_write(store) as session:
        thread = session.get_one(Message, a_message(session).id).thread_id

    def file(session: Session) -> int:
        have = messages.find_messages(session, [a_key("same")])
        if have:
            return have[a_key("same")].id
        return messages.add_messages(session, [a_filing(a_key("same"), thread)])[0]

    second = after_a_race(store, file, file)
    with store.read() as session:
        assert session.execute(select(Message.id).where(Message.dedupe_key == a_key("same"))).scalars().all() == [
            second
        ]


def test_long_and_wild_headers_fit(store: Store) -> None:
    wild = ParsedHeaders(message_id="x" * 3000, subject="张" * 3000, defects=("d" * 3000,) * 3)
    with a_write(store) as session:
        found = session.get_one(Message, a_message(session, headers=wild).id)
        assert (found.message_id, len(found.subject), len(found.defects)) == ("x" * 3000, 998, 9002)


def test_filing_a_uid_again_changes_nothing(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        mail, other = a_message(session), a_message(session)
        copy = a_copy(session, folder, mail, 7)
        message_bodies.store_bodies(session, folder, GENERATION, [a_body(store.blob_dir, copy)])
        a_copy(session, folder, other, 7)
        a_copy(session, folder, other, 8)
        rows = session.execute(select(MessageLocation).order_by(MessageLocation.uid)).scalars().all()
        assert [(r.uid, r.message_id, r.body_state) for r in rows] == [(7, mail.id, "done"), (8, other.id, "pending")]
        assert (rows[0].flags, rows[0].internaldate, rows[0].size) == (r"\Seen", NOW, 1000)


def test_a_uid_of_another_generation_is_another_uid(store: Store) -> None:
    with a_write(store) as session:
        folder, mail = a_mailbox(session), a_message(session)
        for generation in (1, 2):
            messages.add_locations(session, folder, generation, [(Place(7, "", None, 0), mail.id, BodyState.NONE)])
        assert len(session.execute(select(MessageLocation)).all()) == 2


def test_participants_are_kept_in_their_roles(store: Store) -> None:
    with a_write(store) as session:
        mail = a_message(session)
        ids = [an_address(session, f"{n}@example.com") for n in "abc"]
        messages.add_participants(session, some_participants(ids, mail.id))
        messages.add_participants(session, [])
        query = select(messages.MessageParticipant.email_id, messages.MessageParticipant.role)
        assert dict(session.execute(query).all()) == {ids[0]: "from", ids[1]: "to", ids[2]: "to"}


# --- bodies ------------------------------------------------------------------------------------------------------


def test_a_body_is_kept_with_what_was_read_in_it(store: Store) -> None:
    with a_write(store) as session:
        folder, mail = a_mailbox(session), a_message(session)
        a_copy(session, folder, mail, 7)
        [waiting] = pending(session, folder)
        assert waiting == PendingBody(mail.id, 7, 1000, known=False)
        message_bodies.store_bodies(session, folder, GENERATION, [a_body(store.blob_dir, waiting, b"raw bytes")])
        message_bodies.store_bodies(session, folder, GENERATION, [])
    with store.read() as session:
        row = session.get_one(Message, mail.id)
        assert (row.body_state, row.body_text, row.newest_text, row.last_error) == (BodyState.DONE, "Hello", None, "")
        assert row.defects.split("\n") == ["no date", "no end"]
        files = session.execute(select(Attachment).order_by(Attachment.position)).scalars().all()
        assert [(f.position, f.filename, f.size, f.sha256) for f in files] == [
            (0, "报价.pdf", 3, a_key("pdf")), (1, "", 4, a_key("png")),
        ]  # fmt: skip
        location = session.execute(select(MessageLocation)).scalars().one()
        assert location.body_state == BodyState.DONE
        assert blobs.get(session, location.raw_sha256) == b"raw bytes"
        assert pending(session, folder) == []


@pytest.mark.parametrize("newest", ["Fine.", ""])
def test_the_newest_text_is_kept_where_it_is_not_all(store: Store, newest: str) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        copy = a_copy(session, folder, a_message(session), 7)
        body = a_body(store.blob_dir, copy, text="Fine.\n\n> Well?", newest=newest)
        message_bodies.store_bodies(session, folder, GENERATION, [body])
        row = session.get_one(Message, copy.message_id)
        assert (row.body_text, row.newest_text) == ("Fine.\n\n> Well?", newest)


def test_the_newest_bodies_come_first(store: Store) -> None:
    with a_write(store) as session:
        folder, mail = a_mailbox(session), a_message(session)
        for uid in (3, 9, 5):
            a_copy(session, folder, mail, uid)
        assert [item.uid for item in unfetched.pending_bodies(session, folder, GENERATION, 2)] == [9, 5]
        assert unfetched.pending_bodies(session, folder, GENERATION + 1, 2) == []


def test_two_copies_in_one_folder_are_read_once(store: Store) -> None:
    with a_write(store) as session:
        folder, mail = a_mailbox(session), a_message(session)
        copies = [a_copy(session, folder, mail, uid) for uid in (7, 8)]
        raws = (b"as it came", b"with the footer of a gateway")
        bodies = [a_body(store.blob_dir, copy, raw) for copy, raw in zip(copies, raws, strict=True)]
        message_bodies.store_bodies(session, folder, GENERATION, bodies)
        assert len(session.execute(select(Attachment)).all()) == 2
        kept = session.execute(select(MessageLocation.raw_sha256).order_by(MessageLocation.uid)).scalars()
        assert [blobs.get(session, digest) for digest in kept] == list(raws)  # the variant is kept


@pytest.mark.parametrize("errors", [("", "ValueError: cut"), ("ValueError: cut", "")])
def test_of_two_copies_the_one_that_can_be_read_counts(store: Store, errors: tuple[str, str]) -> None:
    with a_write(store) as session:
        folder, mail = a_mailbox(session), a_message(session)
        copies = [a_copy(session, folder, mail, uid) for uid in (7, 8)]
        raws = [error.encode() or b"whole" for error in errors]
        bodies = [a_body(store.blob_dir, *each) for each in zip(copies, raws, errors, strict=True)]
        message_bodies.store_bodies(session, folder, GENERATION, bodies)
        assert state_of(session, mail.id) == BodyState.DONE


def test_a_copy_in_another_mailbox_that_was_read_meanwhile_is_not_read_again(store: Store) -> None:
    """A personal and a group mailbox get the same mail and fetch it at the same time."""
    with a_write(store) as session:
        folders, mail = [a_mailbox(session, name) for name in ("one", "two")], a_message(session)
        copies = [a_copy(session, folder, mail, 7) for folder in folders]

    def store_one(number: int) -> Work:
        body = a_body(store.blob_dir, copies[number])
        return lambda s: message_bodies.store_bodies(s, folders[number], GENERATION, [body])

    after_a_race(store, store_one(0), store_one(1))
    with store.read() as session:
        assert len(session.execute(select(Attachment)).all()) == 2
        assert session.execute(select(MessageLocation.body_state)).scalars().all() == [BodyState.DONE] * 2


def test_a_known_copy_keeps_only_its_bytes(store: Store) -> None:
    with a_write(store) as session:
        folder, mail = a_mailbox(session), a_message(session)
        first, second = (a_copy(session, folder, mail, uid) for uid in (7, 8))
        message_bodies.store_bodies(session, folder, GENERATION, [a_body(store.blob_dir, first)])
        [waiting] = pending(session, folder)
        assert waiting == known(second)
        message_bodies.store_bodies(
            session, folder, GENERATION, [a_body(store.blob_dir, waiting, b"?", "ValueError: x")]
        )
        assert (state_of(session, mail.id), pending(session, folder)) == (BodyState.DONE, [])


def test_a_copy_of_the_same_size_as_one_we_have_is_not_fetched(store: Store) -> None:
    with a_write(store) as session:
        here, mail = a_mailbox(session), a_message(session)
        there = a_folder(session, here.account_id, "Archive")
        message_bodies.store_bodies(session, here, GENERATION, [a_body(store.blob_dir, a_copy(session, here, mail, 7))])
        a_copy(session, there, mail, 1)
        a_copy(session, there, mail, 2, size=1017)
        assert waiting.folders_with_pending(session, here.account_id) == {there.id}
        assert unfetched.mark_same(session, there, GENERATION) == 1
        assert unfetched.mark_same(session, there, GENERATION) == 0
        assert [item.uid for item in pending(session, there)] == [2]


def test_a_mail_that_cannot_be_read_is_kept_and_listed(store: Store) -> None:
    with a_write(store) as session:
        folder, mail = a_mailbox(session), a_message(session)
        body = a_body(
            store.blob_dir, a_copy(session, folder, mail, 7), b"\xff", "LookupError: \x00 \udce9" + "!" * 9000
        )
        message_bodies.store_bodies(session, folder, GENERATION, [body])
        assert state_of(session, mail.id) == BodyState.QUARANTINED
        [line] = coverage.list_problems(session, ALL)
        assert (line.account, line.folder, line.uid, line.subject) == ("shop", "INBOX", 7, "Price")
        assert line.reason.startswith("LookupError:  \ufffd!!!")
        assert blobs.get(session, line.raw_sha256 or "") == b"\xff"
        better = a_body(store.blob_dir, a_copy(session, folder, mail, 8), b"\xff")
        message_bodies.store_bodies(session, folder, GENERATION, [better])
        assert (state_of(session, mail.id), coverage.list_problems(session, ALL)) == (BodyState.DONE, [])


def test_a_body_that_never_comes_is_given_up(store: Store) -> None:
    with a_write(store) as session:
        folder, mail = a_mailbox(session), a_message(session)
        copy = a_copy(session, folder, mail, 7)
        for number in (1, 2, 3):
            assert pending(session, folder) == [replace(copy, attempts=number - 1)]
            unfetched.note_missing_body(session, folder, GENERATION, copy, f"not given \x00 {number}", 3)
            session.flush()
        assert (pending(session, folder), state_of(session, mail.id)) == ([], BodyState.QUARANTINED)
        assert coverage.list_problems(session, ALL) == [ProblemLine("shop", "INBOX", 7, "Price", "not given  3", None)]


def test_a_copy_that_never_comes_takes_nothing_from_a_mail_that_was_read(store: Store) -> None:
    with a_write(store) as session:
        folder, mail = a_mailbox(session), a_message(session)
        first, second = (a_copy(session, folder, mail, uid) for uid in (7, 8))
        message_bodies.store_bodies(session, folder, GENERATION, [a_body(store.blob_dir, first)])
        unfetched.note_missing_body(session, folder, GENERATION, second, "not given", 1)  # it was listed before
        assert (state_of(session, mail.id), pending(session, folder)) == (BodyState.DONE, [])
        [line] = coverage.list_problems(session, ALL)
        assert (line.uid, line.reason) == (8, "not given")


def test_what_an_earlier_try_did_not_bring_waits_apart(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        copies = [a_copy(session, folder, a_message(session), uid) for uid in (1, 2, 3)]
        unfetched.note_lost(session, [copies[1].message_id])
        ask = unfetched.pending_bodies
        assert [item.uid for item in ask(session, folder, GENERATION, 9)] == [3, 1]
        assert [item.uid for item in ask(session, folder, GENERATION, 9, below=3)] == [1]
        assert [item.uid for item in ask(session, folder, GENERATION, 9, tried=True)] == [2]
        for copy in (copies[1], known(copies[1])):  # also where the mail was read before
            unfetched.note_lost(session, [copy.message_id])
            message_bodies.store_bodies(session, folder, GENERATION, [a_body(store.blob_dir, copy)])
            assert session.get_one(Message, copy.message_id, populate_existing=True).attempts == 0


# --- every UID is somewhere --------------------------------------------------------------------------------------


def test_a_uid_that_could_not_be_filed_is_listed_with_its_bytes(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        quarantine.quarantine(session, folder, GENERATION, {7: "IntegrityError: \x00"}, NOW)
        raw = {7: packing.stage(store.blob_dir, b"raw")}
        quarantine.quarantine(session, folder, GENERATION, {7: "again"}, NOW, raw)
        row = session.execute(select(SyncQuarantine)).scalars().one()
        assert (row.attempts, row.error) == (2, "again")
        [line] = coverage.list_problems(session, ALL)
        assert (line.uid, line.subject, line.reason) == (7, "", "again")
        assert blobs.get(session, line.raw_sha256 or "") == b"raw"


def test_every_uid_of_a_folder_is_counted_once(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        other = a_folder(session, folder.account_id, "Sent")
        for uid in range(1, 6):
            a_copy(session, folder, a_message(session), uid)
        for uid in (1, 2):
            body = a_body(
                store.blob_dir, PendingBody(pending(session, folder)[-uid].message_id, uid, 1000, known=False)
            )
            message_bodies.store_bodies(session, folder, GENERATION, [body])
        for _ in range(2):
            messages.add_skips(session, folder, GENERATION, skipped({6: "newsletter", 7: "x" * 999}))
        quarantine.quarantine(session, folder, GENERATION, {8: "broken"}, NOW)
        messages.add_locations(session, folder, 0, [(Place(1, "", None, 0), a_message(session).id, BodyState.PENDING)])
        sync_state.note_folder(session, folder, 8, "", NOW)
        inbox, sent = coverage.count_folders(session)
    assert (inbox.stored, inbox.skipped, inbox.quarantined, inbox.pending) == (5, 2, 1, 3)
    assert inbox.stored + inbox.skipped + inbox.quarantined == inbox.server == 8
    assert (inbox.account, inbox.folder, inbox.role, inbox.last_ok_at) == ("shop", "INBOX", "inbox", NOW)
    assert (sent.folder, sent.stored, sent.server) == (other.name, 0, 0)


def test_mails_are_counted_by_what_we_have_of_them(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        mails = [a_message(session) for _ in range(3)]
        message_bodies.store_bodies(
            session, folder, GENERATION, [a_body(store.blob_dir, a_copy(session, folder, mails[0], 1))]
        )
        assert Counter(coverage.count_messages(session)) == {BodyState.DONE: 1, BodyState.PENDING: 2}


def test_folders_with_work_are_those_of_the_account_and_its_generation(store: Store) -> None:
    with a_write(store) as session:
        folder, other = a_mailbox(session), a_mailbox(session, "other")
        a_copy(session, other, a_message(session), 1)
        messages.add_locations(session, folder, 0, [(Place(1, "", None, 0), a_message(session).id, BodyState.PENDING)])
        assert waiting.folders_with_pending(session, folder.account_id) == set()
        assert waiting.folders_with_pending(session, other.account_id) == {other.id}


# --- who sees it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("visibility", "viewer", "sees"),
    [
        (Visibility.PRIVATE, Viewer("zhang"), True),
        (Visibility.PRIVATE, Viewer("li"), False),
        (Visibility.PRIVATE, Viewer.system(), True),
        (Visibility.TEAM, Viewer("li"), True),
        (Visibility.ALL, Viewer("li"), True),
    ],
)
def test_problems_of_a_private_mailbox_are_its_owners(
    store: Store, visibility: Visibility, viewer: Viewer, sees: bool
) -> None:
    with a_write(store) as session:
        folder, mail = a_mailbox(session, "own", visibility, "zhang"), a_message(session)
        copy = a_copy(session, folder, mail, 7)
        message_bodies.store_bodies(session, folder, GENERATION, [a_body(store.blob_dir, copy, b"x", "ValueError: x")])
        quarantine.quarantine(session, folder, GENERATION, {8: "ValueError: y"}, NOW)
    with store.read(viewer) as session:
        assert [line.uid for line in coverage.list_problems(session, viewer)] == ([7, 8] if sees else [])


def test_a_copy_in_a_shared_mailbox_does_not_show_the_private_folder(store: Store) -> None:
    with a_write(store) as session:
        mail = a_message(session)
        private = a_mailbox(session, "own", Visibility.PRIVATE, "zhang")
        for folder in (private, a_mailbox(session)):
            copy = a_copy(session, folder, mail, 7)
            message_bodies.store_bodies(
                session, folder, GENERATION, [a_body(store.blob_dir, copy, b"x", "ValueError: x")]
            )
        assert [line.account for line in coverage.list_problems(session, Viewer("li"))] == ["shop"]
        assert {line.account for line in coverage.list_problems(session, Viewer("zhang"))} == {"own", "shop"}
