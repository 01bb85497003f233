"""Full-text search: the same hits as looking through every mail, on each engine, and never those of somebody else's box."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text as sql

from mailcrm.errors import SearchError
from mailcrm.model.account import Capture, Visibility
from mailcrm.model.filing import Conversation, FetchedBody, FiledMessage, PendingBody, Place, StagedBlob
from mailcrm.model.folder import FolderRef, FolderRole
from mailcrm.model.hits import plain
from mailcrm.model.interaction import Direction
from mailcrm.model.message import Attachment, BodyState, MailKind, ParsedHeaders, ParsedMessage, ParticipantRole
from mailcrm.model.rights import Viewer
from mailcrm.model.search import parse_search
from mailcrm.service.reindex import merge_index, reindex_mail
from mailcrm.store import Session, Store, addresses, corrections, message_bodies, messages, threads
from mailcrm.store.rows.search import MessageSearch
from mailcrm.store.search import find, index, words
from mailcrm.store.search.documents import documents
from tests.builders import NOW, a_write, an_address
from tests.flow.filing import a_box
from tests.store.builders import GENERATION, a_body, a_copy, a_folder, a_key, a_mailbox, a_message

BOSS = Viewer.system()


class Archive:
    """Mail in one folder, each written a minute before the one before it unless it is said when."""

    def __init__(self, session: Session, folder: FolderRef) -> None:
        self.session = session
        self.folder = folder
        self.uid = 0

    def put(
        self,
        body: str = "",
        subject: str = "",
        *,
        sender: tuple[str, str] = ("", "someone@example.com"),
        to: tuple[str, str] = ("", "team@own.example"),
        files: tuple[str, ...] = (),
        at: datetime | None = None,
        flags: str = "",
        labels: str = "",
    ) -> int:
        session = self.session
        self.uid += 1
        at = at or NOW - timedelta(minutes=self.uid)
        [thread] = threads.join_threads(session, [Conversation((), subject, at)])
        headers = ParsedHeaders(subject=subject, sent_at=at, kind=MailKind.PERSON)
        key = a_key(f"{self.folder.id}/{self.uid}")
        filing = FiledMessage(key, headers, Direction.IN, at, at + timedelta(hours=1), 10, BodyState.PENDING, thread)
        [message_id] = messages.add_messages(session, [filing])
        people = [(ParticipantRole.FROM, *sender), (ParticipantRole.TO, *to)]
        rows = [
            {
                "message_id": message_id, "role": role, "position": 0, "email_id": an_address(session, address),
                "display_name": name, "party_id": None,
            }
            for role, name, address in people
        ]  # fmt: skip
        messages.add_participants(session, rows)
        place = Place(self.uid, flags, at, 10, labels)
        messages.add_locations(session, self.folder, GENERATION, [(place, message_id, BodyState.PENDING)])
        index.add(session, [message_id])
        parts = tuple(Attachment(n, name, "application/pdf", 3, a_key(name)) for n, name in enumerate(files))
        parsed = ParsedMessage(headers, body, attachments=parts)
        raw = StagedBlob(a_key(f"raw {key}"), 10, b"raw")
        came = FetchedBody(PendingBody(message_id, self.uid, 10, known=False), raw, parsed)
        message_bodies.store_bodies(session, self.folder, GENERATION, [came])
        return message_id


def an_archive(session: Session, name: str = "shop", **policy: object) -> Archive:
    return Archive(session, a_mailbox(session, name, **policy))  # type: ignore[arg-type]


def found(store: Store, search: str, viewer: Viewer = BOSS, limit: int = 1000, now: datetime = NOW) -> list[int]:
    """The ids of the hits, in their order."""
    with store.read(viewer) as session:
        hits = find.find_mail(session, viewer, parse_search(search), now, limit)
        assert find.count_mail(session, viewer, parse_search(search), now, limit) == len(hits)
    return [hit.id for hit in hits]


# --- words -------------------------------------------------------------------------------------------------------


def test_each_part_of_a_chinese_text_is_found_as_by_like(store: Store) -> None:
    """All searches of one to three characters of a small alphabet, against a look through every text."""
    chance = Random(7)
    signs = "发票退款 ，a\n"
    texts = ["".join(chance.choices(signs, k=chance.randrange(12))) for _ in range(150)]
    with a_write(store) as session:
        archive = an_archive(session)
        ids = [archive.put(body, sender=("", f"x{n}@example.com")) for n, body in enumerate(texts)]
    for size in (1, 2, 3):
        for letters in product("发票退", repeat=size):
            wanted = "".join(letters)
            like = [i for i, body in zip(ids, texts, strict=True) if wanted in body]
            assert found(store, wanted) == like, wanted


def test_words_and_phrases_are_found_as_in_a_list_of_words(store: Store) -> None:
    chance = Random(8)
    vocabulary = ["red", "redder", "blue", "green", "tea", "grün"]
    texts = [" ".join(chance.choices(vocabulary, k=chance.randrange(8))) for _ in range(150)]
    with a_write(store) as session:
        archive = an_archive(session)
        ids = [archive.put(body.replace(" ", chance.choice([" ", ", ", "\n", "-"]))) for body in texts]
    folded = [f" {body.replace('ü', 'u')} " for body in texts]

    def like(*parts: str) -> list[int]:
        return [i for i, body in zip(ids, folded, strict=True) if all(part in body for part in parts)]

    for one, two in product(["red", "redder", "blue", "grun"], repeat=2):
        assert found(store, f"{one} {two}") == like(f" {one} ", f" {two} ")
        assert found(store, f'"{one} {two}"') == like(f" {one} {two} ")
        assert found(store, f'"{one} {two[:3]}"*') == like(f" {one} {two[:3]}")
        assert found(store, f"{one} -{two}") == [i for i in like(f" {one} ") if i not in like(f" {two} ")]
        either = set(like(f" {one} ")) | set(like(f" {two} "))
        assert found(store, f"{one} OR {two}") == [i for i in ids if i in either]
    assert found(store, "re*") == like(" re")
    assert found(store, "-red") == [i for i in ids if i not in like(" red ")]
    assert found(store, "GRÜN") == like(" grun ")


@pytest.mark.parametrize(
    ("search", "hit"),
    [
        ("müller", True), ("MULLER", True), ("mull", False), ("mull*", True), ("jörg acme", True), ('"jörg acme"', False),
        ("from:müller", True), ("from:mueller@acme.example", True), ("from:acme.example", True), ("from:angebot", False),
        ("to:müller", False), ("to:team", True), ("to:li", True), ("to:zhang", False), ('"müller li"', False),
        ("subject:angebot", True), ("subject:tee", False), ("subject:(angebot tee)", False), ("subject:(tee OR märz)", True),
        ("tee", True), ("报价", True), ("价", True), ("filename:报价", True), ("filename:PDF", True), ("filename:xls", False),
        ("has:attachment", True), ("-has:attachment", False), ("附件:报价", True), ("主题:报价", False),
        ("in:inbox", True), ("in:INBOX", True), ("in:shop", True), ("in:Work", True), ("in:sent OR tee", True),
        ("is:read", True), ("is:unread", False), ("is:starred", False), ("-is:starred", True), ("is:answered", True),
        ("after:2025-01-06", True), ("before:2025-01-06", False), ("after:1d", True), ("before:1d", False),
        ("tee (kaffee OR in:inbox)", True), ("tee -(kaffee OR in:inbox)", False), ("-(kaffee has:attachment)", True),
        ("(kaffee OR from:jörg) is:read", True), ("(kaffee OR -from:jörg) is:read", False),
    ],
)  # fmt: skip
def test_fields(store: Store, search: str, hit: bool) -> None:
    with a_write(store) as session:
        archive = an_archive(session)
        a_folder(session, archive.folder.account_id, "Sent", FolderRole.SENT)
        only = archive.put(
            "Kein Tee heute", "Angebot für März", sender=("Jörg Müller", "mueller@acme.example"),
            to=("Li", "team@own.example"), files=("报价单.pdf",), at=NOW, flags="\\Seen \\Answered", labels="Work\nHome",
        )  # fmt: skip
    assert found(store, search, now=NOW + timedelta(hours=1)) == [only] * hit


def test_a_folder_that_is_not_there_is_told_with_those_that_are(store: Store) -> None:
    with a_write(store) as session:
        an_archive(session).put("tea")
    with pytest.raises(
        SearchError, match=r"no folder or account of this name, but INBOX, shop\n    tea in:Offers\n {11}\^"
    ):
        found(store, "tea in:Offers")


@pytest.mark.parametrize(
    "body", ["tea\0pot", "a\u200bb 🎉 " + "x" * 5000, "'\\\"%_* OR NEAR(", "¦ ¦", "\ufffd\x1b[31m"]
)
def test_odd_texts_are_kept_and_found(store: Store, body: str) -> None:
    body = body.replace("\0", "")  # which the parser takes out
    with a_write(store) as session:
        archive = an_archive(session)
        only = archive.put(body)
    assert found(store, "someone") == [only]
    for word in re.findall(r"[^\W_]+|🎉", body.replace("\u200b", "")):
        assert found(store, f'"{word[:900]}"') == [only], word


def test_a_word_in_two_megabytes(store: Store) -> None:
    """Longer than a tsvector may be, with a word more often than it can say, and phrases at the far end."""
    body = "tea time " * 500 + "".join(f"n{number} " for number in range(200_000)) + "last tea 发票号"
    with a_write(store) as session:
        archive = an_archive(session)
        long, short = archive.put(body[-2_000_000:]), archive.put("tea for n7")
    assert found(store, "tea") == [long, short]
    assert found(store, '"last tea"') == [long]
    assert found(store, "发票号") == [long]
    assert found(store, "tea -n9") == [short]
    assert found(store, "n199998 from:someone") == [long]
    assert found(store, '"tea n7"') == []


# --- the newest first --------------------------------------------------------------------------------------------


def test_the_newest_come_first_however_they_arrived(store: Store) -> None:
    chance = Random(9)
    with a_write(store) as session:
        archive = an_archive(session)
        # many in one minute, so that their keys are scattered
        times = [
            NOW + timedelta(seconds=chance.choice([chance.randrange(40), chance.randrange(4000)])) for _ in range(300)
        ]
        ids = {archive.put("tea", at=at): at for at in times}
    right = sorted(ids, key=lambda i: (ids[i], i), reverse=True)
    assert found(store, "tea") == right
    for limit in (1, 10, 70):
        with store.read() as session:
            hits = find.find_mail(session, BOSS, parse_search("tea"), NOW, limit)
        assert [hit.id for hit in hits] == right[:limit]


def test_times_before_1970_and_far_in_the_future(store: Store) -> None:
    with a_write(store) as session:
        archive = an_archive(session)
        old = archive.put("tea", at=datetime(1960, 1, 1, tzinfo=UTC))
        new = archive.put("tea", at=datetime(2399, 1, 1, tzinfo=UTC))
        now = archive.put("tea")
    assert found(store, "tea") == [new, now, old]


def test_a_hit_tells_what_was_found(store: Store) -> None:
    with a_write(store) as session:
        archive = an_archive(session)
        archive.put("Wir trinken Tee.", "Grüße", sender=("Jörg", "j@acme.example"), files=("a.pdf",), at=NOW)
    with store.read() as session:
        [hit] = find.find_mail(session, BOSS, parse_search("tee jorg"), NOW)
    assert (plain(hit.who), plain(hit.subject), plain(hit.text)) == ("Jörg", "Grüße", "Wir trinken Tee.")
    assert [piece.text for piece in (*hit.who, *hit.text) if piece.hit] == ["Jörg", "Tee"]
    assert (hit.at, hit.attachments, hit.direction) == (NOW, 1, Direction.IN)


def test_a_hit_names_the_first_sender_or_his_address_or_nobody(store: Store) -> None:
    with a_write(store) as session:
        archive = an_archive(session)
        named = archive.put("tea", sender=("Jörg", "j@acme.example"))
        bare, nobodys = archive.put("tea", sender=("", "j@acme.example")), archive.put("tea")
        second = {
            "message_id": named, "role": ParticipantRole.FROM, "position": 1, "party_id": None,
            "email_id": an_address(session, "second@example.com"), "display_name": "Second",
        }  # fmt: skip
        messages.add_participants(session, [second])
        session.execute(sql(f"DELETE FROM message_participant WHERE message_id = {nobodys}"))  # noqa: S608
    with store.read() as session:
        hits = find.find_mail(session, BOSS, parse_search("tea"), NOW)
    assert [(hit.id, plain(hit.who)) for hit in hits] == [(named, "Jörg"), (bare, "j@acme.example"), (nobodys, "")]


def test_a_hit_counts_the_attachments_that_somebody_would_open(store: Store) -> None:
    with a_write(store) as session:
        only = an_archive(session).put("tea", files=("a.pdf", "b.pdf", "logo.png"))
        session.execute(sql(f"UPDATE attachment SET inline = TRUE WHERE message_id = {only} AND position = 2"))  # noqa: S608
    with store.read() as session:
        [hit] = find.find_mail(session, BOSS, parse_search("tea"), NOW)
    assert hit.attachments == 2


def test_the_place_is_found_far_down_in_a_long_mail(store: Store) -> None:
    with a_write(store) as session:
        archive = an_archive(session)
        archive.put("some words " * 15_000 + "the needle")
        archive.put("some words " * 40_000 + "the needle")  # further than is looked
    with store.read() as session:
        near, far = find.find_mail(session, BOSS, parse_search("needle"), NOW)
    assert plain(near.text).endswith("some words the needle")
    assert plain(far.text).startswith("some words some")


# --- rights ------------------------------------------------------------------------------------------------------


def test_nobody_finds_mail_of_a_private_mailbox(store: Store) -> None:
    with a_write(store) as session:
        private = an_archive(session, "boss", visibility=Visibility.PRIVATE, owner="boss")
        shared = an_archive(session, "shop")
        secret, public = private.put("tea secret", labels="Plans"), shared.put("tea")
        both = shared.put("tea both", flags="\\Seen")
        place = Place(99, "", NOW, 10)
        messages.add_locations(session, private.folder, GENERATION, [(place, both, BodyState.SAME)])
    boss, clerk = Viewer("boss"), Viewer("clerk")
    assert found(store, "tea", boss) == [public, secret, both] == found(store, "tea")
    assert found(store, "tea", clerk) == [public, both]
    assert found(store, "-nothing", clerk) == [public, both]
    assert found(store, "secret OR is:unread", clerk) == [public]  # `both` is unread only in the private box
    assert found(store, "is:unread", boss) == [public, secret, both]
    for search in ("in:boss", "in:Plans"):
        assert found(store, search, boss)
        with pytest.raises(SearchError, match="but INBOX, shop\n"):  # not even the name
            found(store, search, clerk)


# --- the index and the archive -----------------------------------------------------------------------------------


def words_in_index(store: Store) -> set[tuple[str, int, str, int]]:
    """All words of an SQLite index: word, key, column, place."""
    with store.write(actor=None) as session:  # type: ignore[arg-type]
        session.execute(
            sql("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'message_words', 'instance')")
        )
        rows = session.execute(sql('SELECT term, doc, col, "offset" FROM temp.vocabulary')).all()
        session.execute(sql("DROP TABLE temp.vocabulary"))
    return {tuple(row) for row in rows}  # type: ignore[misc]


def words_in_archive(store: Store) -> set[tuple[str, int, str, int]]:
    """The same as it should be: told apart anew from what the archive says now."""
    expected = set()
    with store.read() as session:
        keys = {row.message_id: row.key for row in session.query(MessageSearch)}
        for message_id, document in documents(session, sorted(keys)).items():
            for name in ("sender", "recipients", "subject", "body"):
                words = re.findall("[0-9a-z\x80-\U0010ffff]+", getattr(document, name))
                expected |= {(word, keys[message_id], name, place) for place, word in enumerate(words)}
    return expected


def test_the_index_follows_all_that_changes_a_mail(sqlite_store: Store) -> None:
    """Subjects that a second mailbox tells, bodies that come, come in part, again, or cannot be read."""
    store = sqlite_store
    box = a_box(store, "poor", Capture.METADATA)
    mail = "From: Zhang <zhang@example.com>\nTo: team@own.example\nMessage-ID: <1@x>\nSubject: 发票 order\n\nHello 你好"
    box.gets(mail)
    assert found(store, "order") == []
    assert found(store, "zhang") != []
    assert words_in_index(store) == words_in_archive(store)
    a_box(store, "rich").gets(mail, "From: li@example.com\nSubject: Later\n\nnever", bodies=False)
    assert found(store, "order") != []
    assert words_in_index(store) == words_in_archive(store)
    assert found(store, "later") == []
    with a_write(store) as session:
        assert index.add_waiting(session, 0, 100) is None
    assert len(found(store, "later")) == 1  # by its header, until its body comes
    assert words_in_index(store) == words_in_archive(store)
    with a_write(store) as session:
        folder = a_mailbox(session, "other")
        pending = [a_copy(session, folder, a_message(session), uid) for uid in (1, 2, 3)]
        first, broken, never = (a_body(store.state_dir, p) for p in pending)
        partial = FetchedBody(first.pending, first.raw, ParsedMessage(ParsedHeaders(), "part"), partial=True)
        index.add(session, [p.message_id for p in pending])
        message_bodies.store_bodies(session, folder, GENERATION, [partial])
    assert found(store, "part") == [first.pending.message_id]
    assert words_in_index(store) == words_in_archive(store)
    with a_write(store) as session:
        unreadable = FetchedBody(broken.pending, broken.raw, None, "bad")
        message_bodies.store_bodies(session, folder, GENERATION, [first, unreadable])
    assert found(store, "part") == []
    assert found(store, "hello 报价") == [first.pending.message_id]
    assert words_in_index(store) == words_in_archive(store)
    with a_write(store) as session:
        message_bodies.store_bodies(session, folder, GENERATION, [broken])
        assert not corrections.learn_subject(session, never.pending.message_id, "Other")
        addresses.set_kind(session, an_address(session, "li@example.com"), "role")  # type: ignore[arg-type]
    assert words_in_index(store) == words_in_archive(store)
    assert len(words_in_index(store)) > 30


def test_what_is_forgotten_is_found_no_more(store: Store) -> None:
    with a_write(store) as session:
        archive = an_archive(session)
        gone, kept = archive.put("tea 发票"), archive.put("tea 发票")
        long = archive.put("tea " * 300)
    with a_write(store) as session:
        index.forget(session, [gone, long])
        index.leave_no_trace(session)
    assert found(store, "tea") == found(store, "发票") == found(store, "-x") == [kept]


def test_what_is_forgotten_leaves_no_trace_in_the_file(sqlite_store: Store, tmp_path: Path) -> None:
    with a_write(sqlite_store) as session:
        archive = an_archive(session)
        ids = [archive.put(f"common words number{n}") for n in range(300)]
        secret = archive.put("verysecretword 机密内容", sender=("", "verysecretname@example.com"))
        ids += [archive.put(f"common words again{n}") for n in range(300)]
    with a_write(sqlite_store) as session:
        index.forget(session, [secret])
        index.leave_no_trace(session)
        for table in ("message_location", "message_participant"):
            session.execute(sql(f"DELETE FROM {table} WHERE message_id = {secret}"))  # noqa: S608
        session.execute(sql(f"DELETE FROM message WHERE id = {secret}"))  # noqa: S608
        session.execute(sql("DELETE FROM email_address WHERE address_norm LIKE 'verysecretname%'"))
    with sqlite_store.engine.connect() as connection:
        connection.execute(sql("PRAGMA wal_checkpoint(TRUNCATE)"))
    data = b"".join(path.read_bytes() for path in tmp_path.glob("mailcrm.db*"))
    assert b"verysecret" not in data
    assert "机密".encode() not in data
    assert b"common" in data
    assert len(found(sqlite_store, "common")) == 600


def test_all_anew(store: Store) -> None:
    with a_write(store) as session:
        archive = an_archive(session)
        ids = [archive.put("tea") for _ in range(120)]
    assert reindex_mail(store) == 0
    with a_write(store) as session:
        index.forget(session, ids[5:10])
    assert reindex_mail(store) == 5
    with a_write(store) as session:  # as the version before left it
        session.execute(sql(f"UPDATE message_search SET version = 0 WHERE message_id < {ids[50]}"))  # noqa: S608
    assert reindex_mail(store) == 120
    assert found(store, "tea") == ids
    assert reindex_mail(store, anew=True) == 120
    assert found(store, "tea") == ids


def test_what_other_rules_put_there_is_not_touched(sqlite_store: Store) -> None:
    """Taken out by the wrong words it would be damaged."""
    with a_write(sqlite_store) as session:
        archive = an_archive(session)
        one = archive.put("tea")
        session.execute(sql("UPDATE message_search SET version = 0"))
        before = words_in_index_of(session)
        index.forget(session, [one])
        with index.changing(session, [one]):
            session.execute(sql("UPDATE message SET body_text = 'coffee'"))
        assert words_in_index_of(session) == before


def test_many_parts_become_one(sqlite_store: Store) -> None:
    """In small steps, while others write."""
    store = sqlite_store
    with a_write(store) as session:
        archive = an_archive(session)
        folder = archive.folder
    ids = []
    for start in range(7):
        with a_write(store) as session:
            archive.session = session
            texts = [" ".join(f"tea{start}n{n}w{word}" for word in range(300)) for n in range(60)]
            ids += [archive.put(text) for text in texts]
    with a_write(store) as session:
        index.forget(session, [ids.pop()])
        assert len(words.part_sizes(session)) > 2
        assert index.is_scattered(session)
        assert index.merge(session, begin=True)
        archive = Archive(session, folder)
        archive.uid = 1000
        new = archive.put("tea0n0w7", at=NOW)
    before = words_in_index(store)
    assert merge_index(store) > 3
    with a_write(store) as session:
        assert len(words.part_sizes(session)) == 1
        assert not index.merge(session, begin=True)
    assert merge_index(store) == 0
    assert words_in_index(store) == before
    assert found(store, "tea0n0w7") == [new, ids[0]]


def test_an_index_of_one_part_is_left_alone(store: Store) -> None:
    assert merge_index(store) == 0
    with a_write(store) as session:
        an_archive(session).put("tea")
    merge_index(store)
    assert merge_index(store) == 0
    assert len(found(store, "tea")) == 1


def words_in_index_of(session: Session) -> int:
    return session.execute(sql("SELECT count(*) FROM message_words WHERE message_words MATCH 'tea'")).scalar_one()
