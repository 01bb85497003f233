"""Attachments on every engine: those that stay on a server, those that were opened, and those that came after all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select

from mailcrm.errors import NotFound
from mailcrm.model.account import Visibility
from mailcrm.model.filing import FetchedBody, PendingBody
from mailcrm.model.folder import FolderRef
from mailcrm.model.message import BodyState
from mailcrm.model.rights import Viewer
from mailcrm.store import (
    Session,
    Store,
    attachments,
    blobs,
    copies,
    message_bodies,
    messages,
    packing,
    rejudging,
    unfetched,
)
from mailcrm.store.attachments import AttachmentLine, Unopened
from mailcrm.store.rows.mail import Attachment, Message, MessageLocation
from tests.builders import NOW, a_write
from tests.store.builders import GENERATION, Filed, a_body, a_copy, a_key, a_mailbox, a_message

LATER = NOW + timedelta(days=9)


def without(body: FetchedBody) -> FetchedBody:
    """The same mail, its first attachment still on the server."""
    assert body.parsed is not None
    first, second = body.parsed.attachments
    left = replace(first, sha256=None, section="2")
    return replace(body, parsed=replace(body.parsed, attachments=(left, second)), partial=True)


def a_partial(session: Session, store: Store, folder: FolderRef, uid: int = 7) -> Filed:
    """A mail that was read without its attachments."""
    mail = a_message(session)
    body = without(a_body(store.blob_dir, a_copy(session, folder, mail, uid)))
    message_bodies.store_bodies(session, folder, GENERATION, [body])
    return mail


def lines(session: Session, mail: Filed) -> list[AttachmentLine]:
    return attachments.list_attachments(session, mail.id)


def state(session: Session, uid: int = 7) -> BodyState:
    query = select(MessageLocation.body_state).where(MessageLocation.uid == uid)
    return session.execute(query).scalar_one()


def wanted(session: Session, folder: FolderRef, *, all_of_it: bool) -> list[int]:
    """The UIDs whose bytes the rules left on the server."""
    found = rejudging.lacking_bodies(session, folder, GENERATION, None, attachments=all_of_it, below=None, limit=10)
    return [uid for uid, _ in found]


def test_a_mail_without_its_attachments_is_read_but_not_kept_whole(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        mail = a_partial(session, store, folder)
        assert session.get_one(Message, mail.id).body_state == state(session) == BodyState.PARTIAL
        assert [(each.number, each.sha256) for each in lines(session, mail)] == [(1, None), (2, a_key("png"))]
        known = messages.find_messages(session, [mail.key])[mail.key]
        assert (known.sizes, known.partial) == (frozenset(), frozenset({1000}))
        assert unfetched.pending_bodies(session, folder, GENERATION, 9) == []


@pytest.mark.parametrize("size", [10, 300_000])
def test_what_was_opened_is_kept_until_it_comes_with_its_mail(store: Store, size: int) -> None:
    data = Random(size).randbytes(size)
    staged = packing.stage(store.blob_dir, data)
    with a_write(store) as session:
        folder = a_mailbox(session)
        mail = a_partial(session, store, folder)
        attachments.keep_opened(session, lines(session, mail)[0], staged)
        opened = lines(session, mail)[0]
        assert (opened.sha256, opened.size) == (staged.sha256, size)
        blobs.sweep(session, store.blob_dir, 0)
    with store.read() as session:
        pieces = blobs.pieces(session, staged.sha256)
        assert blobs.pieces(session, a_key("never seen")) is None
    assert pieces is not None
    assert b"".join(pieces) == data
    with a_write(store) as session:
        copy = PendingBody(mail.id, 7, 1000, known=False)
        message_bodies.store_bodies(session, folder, GENERATION, [a_body(store.blob_dir, copy, b"whole")])
        assert [each.sha256 for each in lines(session, mail)] == [a_key("pdf"), a_key("png")]
        assert state(session) == session.get_one(Message, mail.id).body_state == BodyState.DONE
        session.execute(Attachment.__table__.update().values(sha256=staged.sha256))  # type: ignore[attr-defined]
        blobs.sweep(session, store.blob_dir, 0)
        assert blobs.get(session, staged.sha256) is None, "it is inside the whole mail"


def test_a_second_look_without_attachments_or_understanding_changes_nothing(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        mail = a_partial(session, store, folder)
        before = lines(session, mail)
        copy = PendingBody(mail.id, 7, 1000, known=False)
        broken = a_body(store.blob_dir, copy, b"odd", "ValueError: odd")
        for body in (without(a_body(store.blob_dir, copy)), broken):
            message_bodies.store_bodies(session, folder, GENERATION, [body])
            assert lines(session, mail) == before
            row = session.get_one(Message, mail.id, populate_existing=True)
            assert (row.body_state, row.body_text) == (BodyState.PARTIAL, "Hello")


def test_what_is_wanted_after_all(store: Store) -> None:
    with a_write(store) as session:
        folder, other = a_mailbox(session), a_mailbox(session, "other")
        mail = a_partial(session, store, folder)
        for number, mailbox in ((8, folder), (9, other)):
            a_copy(session, mailbox, mail, number)
            unfetched.mark_same(session, mailbox, GENERATION)
            assert state(session, number) == BodyState.PENDING
            unfetched.mark_same(session, mailbox, GENERATION, partial=True)
            assert state(session, number) == BodyState.SAME
        assert wanted(session, folder, all_of_it=False) == []
        assert wanted(session, folder, all_of_it=True) == [8, 7]
        unfetched.want_bodies(session, folder, GENERATION, [7], attachments=True)
        assert state(session) == BodyState.PENDING
        [copy] = unfetched.pending_bodies(session, folder, GENERATION, 9)
        assert not copy.known
        message_bodies.store_bodies(session, folder, GENERATION, [a_body(store.blob_dir, copy, b"whole")])
        assert wanted(session, folder, all_of_it=True) == wanted(session, other, all_of_it=True) == []


def test_a_body_that_is_not_fetched_after_all_leaves_what_was_there(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        mail = a_partial(session, store, folder)
        unfetched.want_bodies(session, folder, GENERATION, [7], attachments=True)
        unfetched.leave_on_server(session, folder, GENERATION)
        assert state(session) == BodyState.PARTIAL
        unfetched.want_bodies(session, folder, GENERATION, [7], attachments=True)
        copy = PendingBody(mail.id, 7, 1000, known=False)
        assert unfetched.note_missing_body(session, folder, GENERATION, copy, "gone", 1)
        session.flush()
        assert session.get_one(Message, mail.id).body_state == BodyState.PARTIAL
        assert state(session) == BodyState.QUARANTINED
        assert unfetched.ask_again(session, [folder.id]) == 1
        assert state(session) == BodyState.PENDING


def test_attachments_that_nobody_opened_are_counted(store: Store) -> None:
    with a_write(store) as session:
        folder, other = a_mailbox(session), a_mailbox(session, "other")
        a_partial(session, store, folder)
        moved = a_partial(session, store, folder, 8)
        a_copy(session, folder, moved, 9, state=BodyState.SAME)
        a_copy(session, other, moved, 9, state=BodyState.SAME)
        assert attachments.count_unopened(session, folder.account_id) == Unopened(2, 0)
        copies.mark_gone(session, folder, GENERATION, [7, 8], LATER)
        assert attachments.count_unopened(session, folder.account_id) == Unopened(1, 1)
        assert attachments.count_unopened(session, other.account_id) == Unopened(1, 0)


def test_copies_that_are_whole_and_there_come_first(store: Store) -> None:
    with a_write(store) as session:
        folder = a_mailbox(session)
        mail = a_partial(session, store, folder)
        for uid in (8, 9):
            a_copy(session, folder, mail, uid, size=uid)
        whole = a_body(store.blob_dir, PendingBody(mail.id, 9, 9, known=True), b"another")
        message_bodies.store_bodies(session, folder, GENERATION, [whole])
        copies.mark_gone(session, folder, GENERATION, [7], LATER)
        found = attachments.list_copies(session, mail.id)
        assert [(copy.uid, copy.whole, copy.gone_at) for copy in found] == [
            (9, True, None), (8, False, None), (7, False, LATER),
        ]  # fmt: skip
        assert {copy.ref for copy in found} == {folder}


def test_a_mail_is_found_by_number_and_by_message_id(store: Store) -> None:
    viewer = Viewer.system()
    with a_write(store) as session:
        folder = a_mailbox(session)
        mail = a_partial(session, store, folder)
        name = session.get_one(Message, mail.id).message_id
        for which in (str(mail.id), name, f"<{name}>"):
            assert attachments.find_mail(session, viewer, which).id == mail.id
        for which in ("99999", "9" * 40, "x@y", ""):
            with pytest.raises(NotFound, match="no mail"):
                attachments.find_mail(session, viewer, which)
        twin = session.get_one(Message, a_message(session).id)
        twin.message_id_hash = session.get_one(Message, mail.id).message_id_hash
        session.flush()
        with pytest.raises(NotFound, match=f"{mail.id}, {twin.id}"):
            attachments.find_mail(session, viewer, name)
        hidden = a_partial(session, store, a_mailbox(session, "private", Visibility.PRIVATE))
        with pytest.raises(NotFound):
            attachments.find_mail(session, Viewer("eve"), str(hidden.id))
