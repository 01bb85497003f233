"""What goes wrong gets one clear line that says what to do, exit code 2, and loses nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from mailcrm.service.daemon import free_port
from mailcrm.store import coverage
from mailcrm.store.rows.party import Tag
from tests.flow.campaigning import ACTOR, consenting, quick_sections
from tests.flow.corpus import a_corpus
from tests.flow.instance import Instance, environment, imap_account
from tests.servers.dovecot import Dovecot


@pytest.fixture
def instance(dovecot: Dovecot, tmp_path: Path) -> Instance:
    smtp = {"host": "127.0.0.1", "port": free_port("127.0.0.1"), "security": "none"}
    made = Instance(tmp_path, [imap_account(tmp_path, dovecot, tmp_path.name, smtp=smtp)], **quick_sections())
    made.columns = 80  # as in a pipe, where nothing may break a line
    return made


def _only_line(done: subprocess.CompletedProcess[str]) -> str:
    """One line; where there are several problems, one line each below it."""
    first, *more = [line for line in done.stderr.splitlines() if line.strip()]
    assert all(line.startswith("  - ") for line in more), done.stderr
    return " ".join([first, *more])


def test_a_wrong_password_is_named_and_not_shown(instance: Instance, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2-wrong")
    line = _only_line(instance.cli("sync", "--once", ok=2))
    assert "refused the login of" in line
    assert "hunter2" not in line


def test_a_closed_port_is_named(instance: Instance) -> None:
    instance.document["accounts"][0]["imap"]["port"] = (port := free_port("127.0.0.1"))
    instance.write()
    line = _only_line(instance.cli("sync", "--once", ok=2))
    assert f"cannot reach 127.0.0.1:{port}: connection refused; is the port right?" in line


def test_an_untrusted_certificate_is_named(instance: Instance) -> None:
    del instance.document["accounts"][0]["imap"]["ca_file"]
    instance.write()
    line = _only_line(instance.cli("sync", "--once", ok=2))
    assert "is not trusted" in line
    assert "set ca_file" in line


def test_an_unknown_key_is_named_with_a_suggestion(instance: Instance) -> None:
    instance.document["accounts"][0]["addres"] = "x"
    instance.write()
    line = _only_line(instance.cli("status", ok=2))
    assert "accounts.0.addres: unknown key; did you mean 'address'?" in line


def test_a_broken_template_names_its_line(instance: Instance, tmp_path: Path) -> None:
    template = tmp_path / "broken.html"
    template.write_text("Subject: Hi\n\n<p>one</p>\n{% if name %}\n<p>never closed</p>\n")
    line = _only_line(instance.cli("campaigns", "create", "X", "--template", str(template), "--segment", "all", ok=2))
    assert "broken.html" in line
    assert "line" in line


def test_a_misspelt_variable_is_named_with_a_suggestion(instance: Instance, tmp_path: Path) -> None:
    template = tmp_path / "typo.html"
    template.write_text("Subject: Hi {{ nmae }}\n\n<p>{{ unsubscribe_url }}</p>")
    line = _only_line(instance.cli("campaigns", "create", "X", "--template", str(template), "--segment", "all", ok=2))
    assert "nmae" in line
    assert "did you mean 'name'?" in line


def test_a_campaign_does_not_start_while_sending_is_off(instance: Instance, tmp_path: Path) -> None:
    app = instance.app()
    consenting(app, 2)
    app.store.close()
    template = tmp_path / "news.html"
    template.write_text("Subject: Hi\n\n<p>{{ unsubscribe_url }}</p>")
    instance.cli("campaigns", "create", "News", "--template", str(template), "--segment", "all")
    line = _only_line(instance.cli("campaigns", "start", "News", "--yes-send", "2", ok=2))
    assert "sending is off; switch it on with: mailcrm send on" in line


def test_a_wrong_count_typed_back_sends_nothing(instance: Instance, tmp_path: Path) -> None:
    app = instance.app()
    consenting(app, 3)
    app.store.close()
    template = tmp_path / "news.html"
    template.write_text("Subject: Hi\n\n<p>{{ unsubscribe_url }}</p>")
    instance.cli("send", "on", "--yes")
    instance.cli("campaigns", "create", "News", "--template", str(template), "--segment", "all")
    assert "2 is not 3: nothing was sent" in _only_line(
        instance.cli("campaigns", "start", "News", "--yes-send", "2", ok=2)
    )
    assert instance.json("campaigns", "report", "News")["counts"]["total"] == 0


def test_a_full_disk_loses_nothing_and_goes_on_when_there_is_room(
    instance: Instance, dovecot: Dovecot, tmp_path: Path
) -> None:
    corpus = a_corpus(300, seed=5)
    for folder, mails in corpus.mails.items():
        dovecot.fill(tmp_path.name, mails, folder)
    size = (tmp_path / "state" / "mailcrm.db").stat().st_size
    done = _limited(instance, size + 400_000)
    assert done.returncode == 2, done.stdout
    line = _only_line(done)
    assert "the database cannot be written" in line
    assert "free disk space" in line
    app = instance.app()
    with app.store.read() as session:
        assert sum(coverage.count_messages(session).values()) < corpus.total, "the limit was not reached"
    (result,) = instance.json("sync", "--once")
    assert result["complete"]
    with app.store.read() as session:
        assert sum(coverage.count_messages(session).values()) == corpus.total
    app.store.close()
    assert instance.cli("db", "check").stdout.startswith("the database is whole")


def _limited(instance: Instance, limit: int) -> subprocess.CompletedProcess[str]:
    """`sync --once` in a process that cannot make files larger than `limit` bytes, as on a full disk."""
    code = (
        "import resource, runpy, sys; "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, resource.getrlimit(resource.RLIMIT_FSIZE)[1])); "
        f"sys.argv = ['mailcrm', '--config', {str(instance.path)!r}, 'sync', '--once']; "
        "runpy.run_module('mailcrm', run_name='__main__')"
    )
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, env=environment(80), timeout=120, check=False)


def test_a_bug_in_the_store_does_not_print_what_customers_wrote(instance: Instance) -> None:
    app = instance.app()
    with pytest.raises(IntegrityError) as caught, app.store.write(ACTOR) as session:
        session.add_all([Tag(category="", name="Confidential words", name_key="x") for _ in range(2)])
    app.store.close()
    assert "Confidential" not in str(caught.value)
