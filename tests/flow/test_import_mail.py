"""`mailcrm import mail` on real files: what comes into the archive, what a second run does, what is left out."""

from __future__ import annotations

import mailbox
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, update

from mailcrm.clock import utc_now
from mailcrm.ingest.files.source_pass import SourcePass
from mailcrm.ingest.files.sources import find_sources
from mailcrm.ingest.mail.parse import parse_message
from mailcrm.model.account import Capture
from mailcrm.model.message import BodyState
from mailcrm.model.rights import Actor
from mailcrm.service.accounts import account_row, sync_job
from mailcrm.service.importing import import_mail
from mailcrm.store import Session, Store, blobs, coverage, threads
from mailcrm.store.rows.account import Account, Folder
from mailcrm.store.rows.audit import AuditEntry
from mailcrm.store.rows.mail import Message, MessageLocation, SyncQuarantine
from tests.builders import a_write
from tests.flow.corpus import OWN, Corpus, a_corpus
from tests.flow.importing import a_mail, an_mbox, counts, imported, locations, message_ids, unread_account
from tests.flow.instance import Instance
from tests.servers.mariadb import MariaDB
from tests.servers.postgres import Postgres


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path, [unread_account(tmp_path)])


@pytest.fixture
def store(instance: Instance) -> Iterator[Store]:
    """The store of the instance, for looking."""
    app = instance.app()
    yield app.store
    app.store.close()


def rows(session: Session) -> list[tuple[Any, ...]]:
    """All that an import writes of mail and of its cursor."""
    places = select(
        MessageLocation.folder_id, MessageLocation.generation, MessageLocation.uid, MessageLocation.message_id
    )
    folders = select(Folder.id, Folder.name, Folder.generation, Folder.uid_high, Folder.mark)
    return [tuple(row) for query in (places, folders) for row in sorted(session.execute(query))]


# --- one mbox with everything ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return a_corpus(300, seed=5)


@pytest.fixture(scope="module")
def whole(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """An instance into which an mbox of 300 mails was imported by the command."""
    folder = tmp_path_factory.mktemp("whole")
    an_mbox(folder / "旧邮件.mbox", [raw for mails in corpus.mails.values() for raw in mails])
    instance = Instance(folder, [unread_account(folder, address=OWN)])
    said = instance.cli("import", "mail", str(folder / "旧邮件.mbox")).stdout
    assert said.startswith(
        "main: 300 mails (300 read now): 300 new, 0 already there, 0 left out, 0 quarantined; "
        f"{len(corpus.customers())} new customers; "
    )
    return instance


def test_every_mail_is_in_the_archive_with_its_people_and_conversations(whole: Instance, corpus: Corpus) -> None:
    app = whole.app()
    with app.store.read() as session:
        assert coverage.count_messages(session) == {BodyState.DONE: corpus.total}
        assert message_ids(session) == sorted(corpus.threads)
        assert threads.count_threads(session) == len(set(corpus.threads.values()))
        assert locations(session) == {"import: 旧邮件.mbox": corpus.total}
    app.store.close()
    people = whole.json("people", "list", "--all", "--limit", "5000")
    assert {row["email"] for row in people if row["state"] == "active"} == corpus.customers()
    assert {row["email"] for row in people if row["state"] == "candidate"} == corpus.candidates()


def test_the_bytes_are_those_of_an_independent_reader(whole: Instance) -> None:
    box = mailbox.mbox(whole.folder / "旧邮件.mbox", create=False)
    written = {str(mail["Message-ID"]).strip("<>"): mail.as_bytes() for mail in box}
    box.close()
    app = whole.app()
    with app.store.read() as session:
        query = select(Message.message_id, MessageLocation.raw_sha256).join(MessageLocation)
        for message_id, digest in session.execute(query):
            assert blobs.get(session, digest) == written[message_id].replace(b"\n", b"\r\n")
    app.store.close()


def test_a_second_run_reads_and_changes_nothing(whole: Instance) -> None:
    app = whole.app()
    with app.store.read() as session:
        before = rows(session)
    again = whole.json("import", "mail", str(whole.folder / "旧邮件.mbox"), "--account", "main")
    expected = {"account": "main", "mails": 300, "read": 0, "new": 0, "known": 300, "left_out": {}, "quarantined": 0}
    assert again.items() >= expected.items()
    with app.store.read() as session:
        assert rows(session) == before
        audited = session.execute(select(AuditEntry.action).where(AuditEntry.action == "import.mail")).all()
    app.store.close()
    assert len(audited) == 1


def test_an_import_is_no_folder_of_the_server(whole: Instance) -> None:
    (account,) = whole.json("status")["accounts"]
    assert (account["imported"], account["stored"], account["server"], account["pending"]) == (300, 0, 0, 0)
    (folder,) = whole.json("accounts", "folders")
    assert (folder["role"], folder["server"], folder["stored"]) == ("import", 0, 300)


# --- an mbox that changes ----------------------------------------------------------------------------------------


def test_of_an_mbox_that_grew_only_the_new_mail_is_read(instance: Instance, tmp_path: Path) -> None:
    box = an_mbox(tmp_path / "box", [a_mail(n) for n in range(30)])
    assert counts(imported(instance, box)) == (30, 0, 0, 0)
    report = imported(instance, an_mbox(box, [a_mail(n) for n in range(30, 35)]))
    assert (counts(report), report.read) == ((5, 30, 0, 0), 5)


def test_an_mbox_from_which_mail_was_deleted_is_read_anew_and_doubles_nothing(
    instance: Instance, store: Store, tmp_path: Path
) -> None:
    mails = [a_mail(n) for n in range(10, 40)]
    box = an_mbox(tmp_path / "box", mails)
    imported(instance, box)
    box.unlink()
    report = imported(instance, an_mbox(box, [*mails[1:], a_mail(40)]))  # as long as it was
    assert (counts(report), report.read) == ((1, 29, 0, 0), 30)
    with store.read() as session:
        assert len(message_ids(session)) == len(set(message_ids(session))) == 31


def test_a_mail_that_stands_in_a_file_twice_is_one_message(instance: Instance, store: Store, tmp_path: Path) -> None:
    box = an_mbox(tmp_path / "box", [a_mail(1), a_mail(2), a_mail(1)])
    for expected in ((2, 1, 0, 0), (0, 3, 0, 0)):
        assert counts(imported(instance, box)) == expected
    with store.read() as session:
        assert message_ids(session) == ["m1@c.example", "m2@c.example"]
        assert locations(session) == {"import: box": 3}


def test_another_file_of_the_same_name_is_another_source(instance: Instance, store: Store, tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        imported(instance, an_mbox(tmp_path / str(number) / "box", [a_mail(number)]))
    with store.read() as session:
        first, second = sorted(locations(session))
    assert first == "import: box"
    assert second.startswith("import: box #")


# --- Maildir and .eml --------------------------------------------------------------------------------------------


def a_maildir(root: Path) -> Path:
    box = mailbox.Maildir(root)
    for number in range(3):
        mail = mailbox.MaildirMessage(a_mail(number))
        mail.set_subdir("cur")
        mail.set_flags("RS")
        box.add(mail)
    for name, number in (("Sent", 3), ("&W6JiNw-.2020", 4), ("Trash", 5)):
        box.add_folder(name).add(a_mail(number))
    box.close()
    return root


def test_a_maildir_comes_with_folders_and_flags_but_without_its_trash(
    instance: Instance, store: Store, tmp_path: Path
) -> None:
    report = imported(instance, a_maildir(tmp_path / "Maildir"))
    assert (counts(report), report.folders_left_out) == ((5, 0, 0, 0), ["Trash"])
    with store.read() as session:
        assert locations(session) == {
            "import: Maildir": 3, "import: Maildir/Sent": 1, "import: Maildir/客户/2020": 1,
        }  # fmt: skip
        flags = select(MessageLocation.flags).join(Folder).where(Folder.name == "import: Maildir")
        assert set(session.execute(flags).scalars()) == {"\\Answered \\Seen"}


def test_of_a_maildir_only_what_came_since_is_read(instance: Instance, tmp_path: Path) -> None:
    root = a_maildir(tmp_path / "Maildir")
    imported(instance, root)
    for path in sorted((root / "cur").iterdir()):
        path.rename(path.with_name(path.name + "F"))
    (root / "new" / "0.first").write_bytes(a_mail(9))  # sorts before all others
    report = imported(instance, root)
    assert (counts(report), report.read) == ((1, 5, 0, 0), 1)


def test_a_tree_of_eml_files_with_chinese_names_and_gbk_mail_is_read(
    instance: Instance, store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "邮件" / "报价" / "二〇二〇年"
    folder.mkdir(parents=True)
    head = "From: 张三 <zhang@zh.example>\r\nTo: main@own.example\r\nSubject: 报价单\r\n"
    for charset in ("gbk", "utf-8"):
        kind = f"Message-ID: <{charset}@zh.example>\r\nContent-Type: text/plain; charset={charset}\r\n\r\n"
        (folder / f"{charset} 报价.eml").write_bytes((head + kind + "您好，请查收。\r\n").encode(charset))
    assert counts(imported(instance, tmp_path / "邮件")) == (2, 0, 0, 0)
    with store.read() as session:
        found = set(session.execute(select(Message.subject, Message.body_text)))
    assert {(subject, text.strip()) for subject, text in found} == {("报价单", "您好，请查收。")}
    people = instance.json("people", "list", "--all")
    assert [row["name"] for row in people] == ["张三"]


def test_when_a_mail_came_is_told_by_separator_file_or_date(instance: Instance, store: Store, tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(b"From a@b Wed Nov 10 09:00:00 2021\n" + a_mail(1))
    (tmp_path / "2.eml").write_bytes(a_mail(2))
    (tmp_path / "3.eml").write_bytes(a_mail(3).replace(b"2020", b"2090"))
    for name in ("box", "2.eml", "3.eml"):
        imported(instance, tmp_path / name)
    with store.read() as session:
        came = {row[0]: row[1] for row in session.execute(select(Message.message_id, Message.received_at))}
    assert came["m1@c.example"] == datetime(2021, 11, 10, 9, 0, tzinfo=UTC)
    assert came["m2@c.example"] == datetime(2020, 9, 3, 10, 0, tzinfo=UTC)
    assert came["m3@c.example"].year < 2090


@pytest.mark.parametrize("form", ["mbox", "eml"])
def test_progress_goes_up_to_the_end_of_the_source(instance: Instance, tmp_path: Path, form: str) -> None:
    path = _in_form(tmp_path, form, [a_mail(n) for n in range(120)])
    seen: list[tuple[str, int]] = []
    app = instance.app()
    report = import_mail(app, Actor.cli("test"), path, None, lambda r: seen.append((r.source, r.done))).report
    app.store.close()
    steps = [done for _, done in seen]
    assert steps == sorted(steps)
    assert len(set(steps)) == 4, "50, 50 and 20 mails at a time"
    assert (steps[0], steps[-1], {name for name, _ in seen}) == (0, report.total, {path.name})


# --- the account's rules -----------------------------------------------------------------------------------------


def test_rules_of_the_account_hold_and_are_counted_by_name(tmp_path: Path) -> None:
    rules = {"since": "2020-09-15", "never_log": ["person20@c.example"]}
    instance = Instance(tmp_path, [unread_account(tmp_path, **rules)])
    box = an_mbox(tmp_path / "box", [a_mail(n) for n in range(28)])
    box.write_bytes(_separated(box, "From - "))  # no arrival: Date counts
    first, second = imported(instance, box), imported(instance, box)
    assert first.left_out == second.left_out == {"older than 2020-09-15": 14, "never-log address": 1}
    assert (counts(first), counts(second), second.read) == ((13, 0, 15, 0), (0, 13, 15, 0), 0)


def _separated(box: Path, line: str) -> bytes:
    return b"".join(
        f"{line}Tue Nov 10 09:00:00 2026\n".encode() if text.startswith(b"From MAILER-DAEMON") else text
        for text in box.read_bytes().splitlines(keepends=True)
    )


@pytest.mark.parametrize("form", ["mbox", "eml"])
def test_what_a_rule_left_out_comes_when_the_rule_is_gone(tmp_path: Path, form: str) -> None:
    instance = Instance(tmp_path, [unread_account(tmp_path, never_log=["person2@c.example"])])
    path = _in_form(tmp_path, form, [a_mail(n) for n in range(4)])
    assert counts(imported(instance, path)) == (3, 0, 1, 0)
    del instance.document["accounts"][0]["never_log"]
    instance.write()
    assert counts(imported(instance, path)) == (1, 3, 0, 0)
    assert counts(imported(instance, path)) == (0, 4, 0, 0)


def _in_form(folder: Path, form: str, mails: list[bytes]) -> Path:
    if form == "mbox":
        return an_mbox(folder / "box", mails)
    (tree := folder / "tree").mkdir(exist_ok=True)
    for number, raw in enumerate(mails):
        (tree / f"{number}.eml").write_bytes(raw)
    return tree


def test_an_account_that_keeps_metadata_keeps_no_subject_and_no_body_until_it_keeps_more(
    tmp_path: Path,
) -> None:
    initial = {"capture": "metadata", "visibility": "private", "customer_when": "replied", "owner": "li"}
    instance = Instance(tmp_path, [unread_account(tmp_path, initial=initial)])
    large = a_mail(2, text=f"Hello {Random(1).randbytes(200_000).hex()}")  # too large for a row even when packed
    box = an_mbox(tmp_path / "box", [a_mail(0), a_mail(1), large])
    said = instance.cli("import", "mail", str(box)).stdout
    assert "3 new" in said
    assert not list((tmp_path / "state").glob("blobs/*/*"))
    assert "main keeps metadata only: texts and attachments were not taken over" in said
    app = instance.app()
    kept = select(Message.subject, Message.body_text, Message.body_state)
    with app.store.read() as session:
        assert set(session.execute(kept)) == {("", None, BodyState.NONE)}
    with a_write(app.store) as session:
        session.execute(update(Account).values(capture=Capture.ALL))
    assert counts(imported(instance, box)) == (0, 3, 0, 0)
    with app.store.read() as session:
        found = sorted((row[0], row[1].strip()[:5], row[2]) for row in session.execute(kept))
    assert found == [(f"Subject {n}", "Hello", BodyState.DONE) for n in range(3)]
    app.store.close()


def test_mail_that_its_owner_threw_away_is_left_out(instance: Instance, tmp_path: Path) -> None:
    mails = [
        a_mail(1, "X-Gmail-Labels: Inbox"), a_mail(2, "X-Gmail-Labels: Spam"), a_mail(3, "X-Mozilla-Status: 0008"),
    ]  # fmt: skip
    report = imported(instance, an_mbox(tmp_path / "takeout.mbox", mails))
    assert report.left_out == {"Gmail label Spam": 1, "deleted in Thunderbird": 1}
    assert counts(report) == (1, 0, 2, 0)


# --- damage and mistakes -----------------------------------------------------------------------------------------


def test_damaged_mail_is_listed_with_its_reason_until_it_is_mended(
    instance: Instance, store: Store, tmp_path: Path
) -> None:
    tree = _in_form(tmp_path, "eml", [a_mail(0), b"", b"no mail\n\nat all\n"])
    (tree / "3.eml").symlink_to("nowhere")
    (tree / "4.eml").write_bytes(b"From: a@b.example\nContent-Type: multipart/mixed\n\n\xff\x00broken")
    assert counts(imported(instance, tree)) == (2, 0, 0, 3)
    problems = {row["reason"] for row in instance.json("accounts", "problems")}
    assert problems == {
        "1.eml: the file is empty",
        "2.eml: this is no mail: it has no header",
        "3.eml: it cannot be read: No such file or directory",
    }
    with store.read() as session:
        digests = set(session.execute(select(SyncQuarantine.raw_sha256)).scalars()) - {None}
        assert [blobs.get(session, digest) for digest in digests] == [b"no mail\r\n\r\nat all\r\n"]
    (tree / "3.eml").unlink()
    (tree / "nowhere").write_bytes(a_mail(3))
    (tree / "3.eml").symlink_to("nowhere")
    (tree / "1.eml").write_bytes(a_mail(1))
    (tree / "2.eml").unlink()
    assert counts(imported(instance, tree)) == (2, 2, 0, 0)
    assert instance.json("accounts", "problems") == []


def test_damage_in_an_mbox_says_where_and_stops_nothing(instance: Instance, tmp_path: Path) -> None:
    line = b"From a@b Tue Nov 10 09:00:00 2020\n"
    box = tmp_path / "box"
    box.write_bytes(line + a_mail(0) + b"\n" + line + b"no header\n\n" + line + b"\n" + line + a_mail(1))
    at = len(line + a_mail(0)) + 1
    for _ in range(2):
        report = imported(instance, box)
        assert (report.mails, report.quarantined) == (4, 2)
    assert {row["reason"] for row in instance.json("accounts", "problems")} == {
        f"at byte {at}: this is no mail: it has no header",
        f"at byte {at + len(line) + 11}: the mail is empty",
    }


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing", "missing cannot be read: No such file or directory"),
        ("empty.mbox", "empty.mbox is empty: there is no mail in it"),
        ("nothing", "nothing: no mbox, no Maildir, no .eml file"),
        ("letter.txt", "letter.txt is no mail: an mbox begins with a line 'From ...'"),
    ],
)
def test_a_path_without_mail_is_refused_in_one_line(instance: Instance, tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "empty.mbox").touch()
    (tmp_path / "nothing").mkdir()
    (tmp_path / "letter.txt").write_text("Dear all\n\nhello\n")
    done = instance.cli("import", "mail", str(tmp_path / name), ok=2)
    assert said in done.stderr
    assert done.stderr.strip().count("\n") == 0


def test_with_several_accounts_somebody_must_say_whose_mail_it_is(tmp_path: Path) -> None:
    instance = Instance(tmp_path, [unread_account(tmp_path, name) for name in ("li", "wang")])
    box = an_mbox(tmp_path / "box", [a_mail(1)])
    assert "--account NAME; the accounts are: li, wang" in instance.cli("import", "mail", str(box), ok=2).stderr
    assert "no account 'zhao'" in instance.cli("import", "mail", str(box), "--account", "zhao", ok=2).stderr
    assert counts(imported(instance, box, "wang")) == (1, 0, 0, 0)
    assert counts(imported(instance, box, "li")) == (0, 1, 0, 0)


def test_a_source_that_cannot_be_read_is_named_and_the_others_are_imported(instance: Instance, tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    for name in ("a", "b"):
        an_mbox(tmp_path / "mail" / name, [a_mail(ord(name))])
    found = find_sources(tmp_path / "mail", [])
    (tmp_path / "mail" / "a").unlink()
    app = instance.app()
    job = sync_job(app, app.account("main"), account_row(app.store, "main"))
    one = SourcePass(app.store, job, utc_now, parse_message, lambda work: work(), lambda _report: None)
    for source in found.sources:
        one.run(source)
    app.store.close()
    assert one.report.failures == [("mail/a", "No such file or directory")]
    assert counts(one.report) == (1, 0, 0, 0)
    assert "mail/a: No such file" in instance.json("status")["accounts"][0]["problem"]


# --- every engine ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", [pytest.param(n, marks=pytest.mark.servers) for n in ("postgres", "mariadb")])
def test_other_databases_hold_the_same(request: pytest.FixtureRequest, tmp_path: Path, engine: str) -> None:
    database: Postgres | MariaDB = request.getfixturevalue(engine)
    instance = Instance(tmp_path, [unread_account(tmp_path)], store={"url": database.new_database()})
    instance.cli("db", "upgrade")
    (tmp_path / "客户").mkdir()
    box = an_mbox(tmp_path / "客户" / "box", [a_mail(n) for n in range(30)])
    shutil.copytree(a_maildir(tmp_path / "Maildir"), tmp_path / "客户" / "Maildir")
    assert counts(imported(instance, tmp_path / "客户")) == (30, 5, 0, 0)
    an_mbox(box, [a_mail(30)])
    for expected in ((1, 35, 0, 0), (0, 36, 0, 0)):
        assert counts(imported(instance, tmp_path / "客户")) == expected
