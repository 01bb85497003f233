"""What the commands do without a terminal: they end, say what is missing, and print lines that can be copied."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mailcrm.store import sync_state
from tests.flow.campaigning import ACTOR, consenting
from tests.flow.instance import Instance, environment
from tests.flow.terminal import Terminal

URL = {"enabled": False, "base_url": "https://crm.own.example"}


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """One account whose servers do not exist; 80 columns, as in a pipe."""
    place = {"host": "127.0.0.1", "port": 9, "security": "none"}
    account = {
        "name": "main", "address": "us@own.example", "secret": {"file": str(tmp_path / "secret")},
        "imap": place, "smtp": place, "initial": {"capture": "all"},
    }  # fmt: skip
    made = Instance(tmp_path, [account], public=URL)
    made.columns = 80
    return made


def _campaign(instance: Instance, people: int = 3, text: str = "<p>{{ unsubscribe_url }}</p>") -> list[str]:
    app = instance.app()
    addresses = consenting(app, people)
    app.store.close()
    file = instance.folder / ("news.html" if "<" in text else "news.txt")
    file.write_text(f"Subject: Hi\n\n{text}")
    instance.cli("send", "on", "--yes")
    instance.cli("campaigns", "create", "News", "--template", str(file), "--segment", "all")
    return addresses


def _lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert "Traceback" not in done.stderr
    return [line for line in done.stderr.splitlines() if line.strip()]


# --- questions that nobody can answer ----------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["", "y\n"])
def test_without_a_terminal_a_question_ends_the_command_and_names_its_flag(
    instance: Instance, tmp_path: Path, typed: str
) -> None:
    (tmp_path / "c.csv").write_text("email\na@c.example\nb@c.example\n")
    for args in (
        ["send", "on"],
        ["people", "unsuppress", "a@c.example"],
        ["people", "consent", "add", "news", "--file", str(tmp_path / "c.csv"), "--evidence", "form"],
    ):
        (line,) = _lines(instance.cli(*args, ok=2, text=typed))
        assert line.endswith("give --yes")
    assert not instance.json("status")["sending"]


def test_without_a_terminal_the_number_is_a_flag(instance: Instance) -> None:
    _campaign(instance)
    (line,) = _lines(instance.cli("campaigns", "start", "News", ok=2, text="3\n"))
    assert line.endswith("give --yes-send N")
    assert instance.json("campaigns", "report", "News")["counts"]["total"] == 0


def test_on_a_terminal_the_number_is_typed(instance: Instance) -> None:
    _campaign(instance)
    with Terminal("--config", str(instance.path), "campaigns", "start", "News", env=environment()) as terminal:
        terminal.answer("Type the number of recipients (3) to send", "3")
        assert terminal.end() == 0, terminal.text
    assert instance.json("campaigns", "report", "News")["counts"]["total"] == 3


def test_ctrl_c_at_a_question_is_130_and_a_no_is_1(instance: Instance) -> None:
    for stop, code in ((Terminal.interrupt, 130), (lambda terminal: terminal.answer("", "n"), 1)):
        with Terminal("--config", str(instance.path), "send", "on", env=environment()) as terminal:
            terminal.wait_for("Allow sending?")
            stop(terminal)
            assert terminal.end() == code, terminal.text
    assert not instance.json("status")["sending"]


# --- campaigns -----------------------------------------------------------------------------------------------------


def test_html_goes_into_a_file_or_it_is_said_why_not(instance: Instance, tmp_path: Path) -> None:
    _campaign(instance)
    instance.cli("campaigns", "preview", "News", "--html", str(tmp_path / "x.html"))
    assert "<p>" in (tmp_path / "x.html").read_text()
    (line,) = _lines(instance.cli("campaigns", "preview", "News", "--html", "/no/dir/x.html", ok=2))
    assert "/no/dir/x.html cannot be written: No such file or directory" in line


def test_a_plain_text_campaign_has_no_html_to_write(instance: Instance, tmp_path: Path) -> None:
    _campaign(instance, text="{{ unsubscribe_url }}")
    (line,) = _lines(instance.cli("campaigns", "preview", "News", "--html", str(tmp_path / "x.html"), ok=2))
    assert "plain text" in line
    assert not (tmp_path / "x.html").exists()


def test_the_audience_lists_who_is_chosen(instance: Instance) -> None:
    addresses = _campaign(instance)
    found = instance.json("campaigns", "audience", "News")
    assert [who["address"] for who in found["chosen"]] == addresses
    assert all(who["number"].startswith("C") and who["name"] for who in found["chosen"])
    assert found["recipients"] == 3


def test_a_start_in_the_past_is_refused_before_a_number_is_asked_for(instance: Instance) -> None:
    _campaign(instance)
    (line,) = _lines(instance.cli("campaigns", "start", "News", "--at", "2020-01-01T09:00:00", ok=2))
    assert "--at 2020-01-01 09:00 is over" in line


def test_a_scheduled_campaign_is_not_offered_to_become_a_draft(instance: Instance) -> None:
    _campaign(instance)
    instance.cli("campaigns", "start", "News", "--yes-send", "3", "--at", "2999-01-01T09:00:00")
    (line,) = _lines(instance.cli("campaigns", "pause", "News", ok=2))
    assert line.endswith("is scheduled; from there it can become: cancelled, running")


# --- files that are not what they should be ------------------------------------------------------------------------


def test_a_file_that_is_not_there_is_exit_code_2(instance: Instance, tmp_path: Path) -> None:
    (tmp_path / "good.eml").write_text("Subject: Hi\n\nHello\n")
    instance.cli("inspect", str(tmp_path / "good.eml"))
    done = instance.cli("inspect", str(tmp_path / "good.eml"), str(tmp_path / "missing.eml"), ok=2)
    assert "missing.eml: No such file or directory" in done.stdout
    done = instance.cli("inspect", "--json", str(tmp_path / "missing.eml"), ok=2)
    assert json.loads(done.stdout)["error"] == "No such file or directory"


def test_threads_that_a_later_mail_joins_are_one_from_the_first_line_on(instance: Instance, tmp_path: Path) -> None:
    mails = {"a": "Message-ID: <a@x>", "b": "Message-ID: <b@x>", "c": "Message-ID: <c@x>\nReferences: <a@x> <b@x>"}
    for name, header in mails.items():
        (tmp_path / f"{name}.eml").write_text(f"{header}\nSubject: {name}\n\nHi\n")
    done = instance.cli("inspect", "--json", *(str(tmp_path / f"{name}.eml") for name in mails))
    assert len({json.loads(line)["thread_id"] for line in done.stdout.splitlines()}) == 1


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Mail,Name", "Found: 'mail', 'name'."),
        ("", "Found: none."),
    ],
)
def test_a_file_without_the_column_is_one_line_that_names_both(
    instance: Instance, tmp_path: Path, header: str, found: str
) -> None:
    (tmp_path / "c.csv").write_text(f"{header}\na@c.example,x\n")
    done = instance.cli(
        "people", "consent", "add", "news", "--file", str(tmp_path / "c.csv"), "--evidence", "form", ok=2
    )
    (line,) = _lines(done)
    assert found in line.replace("'Mail'", "'mail'").replace("'Name'", "'name'")
    assert "Wanted: email (or 邮箱, address)" in line


def test_rows_are_numbered_as_in_the_spreadsheet(instance: Instance, tmp_path: Path) -> None:
    rows = "姓名,邮箱\n张三,zhang@c.example\n\n,\n李四,nonsense\n"
    (tmp_path / "c.csv").write_text(rows, "utf-8-sig")
    args = ["people", "consent", "add", "news", "--file", str(tmp_path / "c.csv"), "--evidence", "form", "--yes"]
    done = instance.cli(*args, ok=1)
    assert "1 changed" in done.stdout
    (line,) = _lines(done)
    assert line.startswith("row 5: ")


# --- lines that can be copied ------------------------------------------------------------------------------------


def test_what_is_long_comes_whole_through_a_pipe(instance: Instance, tmp_path: Path) -> None:
    missing = tmp_path / ("long-" * 30) / "news.html"
    (line,) = _lines(instance.cli("campaigns", "create", "X", "--template", str(missing), "--segment", "all", ok=2))
    assert str(missing) in line
    name = "Spring catalogue with a very long name indeed, longer than a line of eighty columns can be"
    (tmp_path / "t.txt").write_text("Subject: x\n\n{{ unsubscribe_url }}")
    done = instance.cli("campaigns", "create", name, "--template", str(tmp_path / "t.txt"), "--segment", "all")
    assert f"next: mailcrm campaigns preview '{name}'\n" in done.stdout
    done = instance.cli("check", "--offline", ok=None)
    assert all(line[:9].strip() or line.startswith(" " * 9) for line in done.stdout.splitlines()[:-1])


def test_a_problem_has_a_line_of_its_own_in_the_status(instance: Instance) -> None:
    problem = "the server 127.0.0.1 refused the login of us@own.example: 535 wrong code; make a new one and change it"
    app = instance.app()
    with app.store.write(ACTOR) as session:
        sync_state.park_account(session, sync_state.get_account(session, "main").id, problem, "")
    app.store.close()
    done = instance.cli("status")
    assert f"main: {problem}" in _lines(done)
    row = next(line for line in done.stdout.splitlines() if line.startswith("main"))
    assert row.split()[1] == "parked"
