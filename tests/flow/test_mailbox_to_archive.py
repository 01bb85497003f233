"""Real server -> archive -> customers, compared with an independent reader of the server and with the known truth."""

import json
import subprocess
import sys

import pytest

from mailcrm.model.interaction import InteractionKind
from mailcrm.model.rights import Viewer
from mailcrm.store import Session, blobs, parties, timeline
from mailcrm.store.rows.account import Folder
from mailcrm.store.rows.mail import Message, MessageLocation
from tests.flow.corpus import FOLDERS, OWN, Corpus, a_corpus
from tests.flow.instance import Instance, environment, imap_account
from tests.servers.mail import MailServer

MAILS = 2000


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return a_corpus(MAILS)


@pytest.fixture(scope="module")
def synced(mail_server: MailServer, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """A mailbox of 2,000 mails in five folders, read once by `mailcrm sync --once`."""
    for folder in FOLDERS:
        mail_server.fill("me", corpus.mails[folder], folder, flags="S" if folder == "Sent" else "")
    folder_path = tmp_path_factory.mktemp("synced")
    instance = Instance(folder_path, [imap_account(folder_path, mail_server, "me")])
    before = _flags(mail_server)
    (result,) = instance.json("sync", "--once")
    assert result["error"] is None
    assert result["headers"] == MAILS
    assert _flags(mail_server) == before, "reading mail must not change a flag"
    return instance


def _flags(mail_server: MailServer) -> dict[str, dict[int, frozenset[str]]]:
    with mail_server.reader("me") as reader:
        return {folder: reader.flags(folder) for folder in FOLDERS}


def test_every_mail_of_the_server_is_in_the_archive_byte_by_byte(synced: Instance, mail_server: MailServer) -> None:
    app = synced.app()
    with mail_server.reader("me") as reader, app.store.read() as session:
        for folder in FOLDERS:
            rows = _locations(session, folder)
            assert sorted(rows) == sorted(reader.uids(folder))
            for uid in sorted(rows)[:: max(1, len(rows) // 20)]:
                assert blobs.get(session, rows[uid]) == reader.raw(folder, uid)
    app.store.close()


def _locations(session: Session, folder: str) -> dict[int, str]:
    query = (
        session.query(MessageLocation.uid, MessageLocation.raw_sha256)
        .join(Folder, Folder.id == MessageLocation.folder_id)
        .filter(Folder.name == folder)
    )
    return dict(query.all())


def test_a_mailbox_that_was_read_is_proved_complete(synced: Instance) -> None:
    done = synced.cli("verify", "mail")
    assert "2,000 of 2,000: every mail that the servers held at the last pass is accounted for" in done.stdout
    assert "2,000 in the archive, 0 left out by your rules" in done.stdout
    found = synced.json("verify", "mail")
    assert found["complete"]
    [account] = found["accounts"]
    assert (account["accounted"], account["expected"], account["error"]) == (MAILS, MAILS, None)
    read = {folder["folder"]: folder for folder in account["folders"] if folder["standing"] == "read"}
    assert set(read) == set(FOLDERS)
    assert all(folder["complete"] and folder["last_ok_at"] for folder in read.values())
    assert {f["folder"]: f["why"] for f in account["folders"] if f["standing"] == "left out"} == {
        "Drafts": "it holds drafts",
        "Junk": "it holds junk",
        "Trash": "it holds trash",
    }


def test_the_status_calls_the_folders_healthy_and_tells_their_lag(synced: Instance) -> None:
    [account] = synced.json("status")["accounts"]
    assert account["healthy"]
    assert {folder["folder"] for folder in account["folders"]} == set(FOLDERS)
    for folder in account["folders"]:
        assert (folder["healthy"], folder["problems"], folder["server"]) == (True, [], folder["stored"])
        assert 0 <= folder["lag"] < 600
    assert "5 of 5 healthy" in synced.cli("status").stdout


def test_conversations_are_those_that_were_written(synced: Instance, corpus: Corpus) -> None:
    app = synced.app()
    with app.store.read() as session:
        rows = session.query(Message.message_id, Message.thread_id).all()
    app.store.close()
    ours: dict[int, set[str]] = {}
    truth: dict[int, set[str]] = {}
    for message_id, thread_id in rows:
        ours.setdefault(thread_id, set()).add(message_id)
        truth.setdefault(corpus.threads[message_id], set()).add(message_id)
    assert sorted(map(sorted, ours.values())) == sorted(map(sorted, truth.values()))


def test_customers_are_exactly_those_who_converse_with_us(synced: Instance, corpus: Corpus) -> None:
    people = synced.json("people", "list", "--all", "--limit", "5000")
    active = {row["email"] for row in people if row["state"] == "active"}
    candidates = {row["email"] for row in people if row["state"] == "candidate"}
    assert active == corpus.customers()
    assert candidates == corpus.candidates()
    assert all(row["number"] for row in people if row["state"] == "active")
    assert not any(row["number"] for row in people if row["state"] == "candidate")


def test_robots_and_own_addresses_are_nobody(synced: Instance, corpus: Corpus) -> None:
    emails = {row["email"] for row in synced.json("people", "list", "--all", "--limit", "5000")}
    assert not emails & corpus.robots
    assert OWN not in emails


def test_each_timeline_has_every_mail_of_its_customer(synced: Instance, corpus: Corpus) -> None:
    app = synced.app()
    with app.store.read() as session:
        for address in sorted(corpus.customers())[:30]:
            party_id = parties.get_party(session, address)
            lines = timeline.select_timeline(session, party_id, Viewer.system(), limit=1000)
            kinds = [line.kind for line in lines]
            assert kinds.count(InteractionKind.EMAIL_IN) == corpus.wrote[address]
            assert kinds.count(InteractionKind.EMAIL_OUT) == corpus.got[address]
            times = [line.at for line in lines]
            assert times == sorted(times, reverse=True)
    app.store.close()


def test_a_second_pass_fetches_nothing(synced: Instance) -> None:
    (result,) = synced.json("sync", "--once")
    assert (result["headers"], result["bodies"], result["unchanged"]) == (0, 0, len(FOLDERS))


def test_a_second_pass_loads_no_library_that_it_does_not_need(synced: Instance) -> None:
    """Nearly all of its time is starting up; bench.ingest measures it."""
    needless = {"aiosmtplib", "alembic", "apscheduler", "chardet", "jinja2", "rapidfuzz", "structlog", "uvicorn"}
    needless |= {"authlib", "cryptography", "email_validator", "multiprocessing", "mailcrm.ingest.imap.folder_pass"}
    needless |= {"rich", "itsdangerous", "sqlalchemy.dialects.mysql", "mailcrm.cli.people", "mailcrm.ingest.mail"}
    needless |= {"mailcrm.model.filing", "mailcrm.service.following", "mailcrm.store.rows.campaign"}
    needless |= {"mailcrm.store.rows.audit", "mailcrm.store.rows.mail", "mailcrm.store.rows.party"}
    found = loaded(synced, "sync", "--once")
    assert found & needless == set()
    assert "imapclient" in found
    assert "sqlalchemy" not in loaded(synced, "--version")


def loaded(instance: Instance, *args: str) -> set[str]:
    """The packages and modules that a command loads."""
    command = [sys.executable, "-X", "importtime", "-m", "mailcrm", "--config", str(instance.path), *args]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
    lines = (line for line in done.stderr.splitlines() if line.startswith("import time:"))
    names = {line.rpartition("|")[2].strip() for line in lines}
    return names | {name.partition(".")[0] for name in names}


def test_new_mail_is_filed_with_its_body_in_one_transaction(synced: Instance, mail_server: MailServer) -> None:
    raw = (
        f"From: Neu <neu@c.example>\nTo: {OWN}\nSubject: Neu\nMessage-ID: <neu@c.example>\n"
        "Date: Tue, 01 Sep 2026 08:00:00 +0000\n\nHallo\n"
    )
    mail_server.deliver("me", raw.encode(), "INBOX")
    (result,) = synced.json("sync", "--once")
    assert (result["headers"], result["bodies"]) == (1, 1)
    shown = synced.json("people", "show", "neu@c.example")
    assert [line["title"] for line in shown["timeline"]] == ["Neu"]


def test_folder_counts_add_up(synced: Instance) -> None:
    for row in json.loads(synced.cli("accounts", "folders", "--json").stdout):
        assert row["server"] == row["stored"] + row["skipped"] + row["quarantined"]
        assert row["pending"] == 0


def test_a_robot_made_a_customer_by_hand_has_its_old_mail_at_once(synced: Instance, corpus: Corpus) -> None:
    address = sorted(corpus.robots)[0]
    synced.cli("people", "show", address, ok=2)
    synced.cli("people", "add", address, "--name", "Letters Ltd")
    shown = synced.json("people", "show", address)
    assert shown["archive"]["line"]["name"] == "Letters Ltd"
    assert [line["kind"] for line in shown["timeline"]] == ["email_in"]
