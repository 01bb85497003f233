"""`mailcrm search` as somebody types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailcrm.service.customers import add_customer
from mailcrm.store.search import index
from tests.builders import NOW, a_write
from tests.flow.filing import a_box
from tests.flow.instance import Instance

OFFER = "From: Jörg Müller <mueller@acme.example>\nTo: team@own.example\nSubject: Angebot\n\nUnser Preis:\n100 Euro \x1b[31m"
REFUND = "From: 张三 <zhang@shop.example>\nTo: team@own.example\nSubject: 关于发票\n\n您好，请尽快退款。"


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """An archive with two mails and a customer."""
    made = Instance(tmp_path, [])
    app = made.app()
    a_box(app.store).gets(OFFER, REFUND)
    with a_write(app.store) as session:
        add_customer(session, "mueller@acme.example", "Jörg Müller", app.own, NOW)
    app.store.close()
    return made


def _lines(instance: Instance, *words: str) -> list[str]:
    return instance.cli("search", *words).stdout.splitlines()


def test_customers_come_first_and_then_mail(instance: Instance) -> None:
    number, blank, mail, text = _lines(instance, "müller")
    assert "Jörg Müller  mueller@acme.example" in number
    assert not blank
    assert "Jörg Müller  Angebot  1" in mail
    assert text == "    Unser Preis: 100 Euro [31m"  # nothing that a terminal obeys


def test_words_that_the_shell_took_apart_are_one_search(instance: Instance) -> None:
    assert "关于发票" in _lines(instance, "team", "-preis")[0]
    assert "关于发票" in _lines(instance, "from:zhang", "退款")[0]
    assert "Angebot" in _lines(instance, "unser preis", "--mail")[0]  # a phrase, since the shell took its quotes
    assert _lines(instance, "preis unser", "--mail")[0].startswith("20")
    assert "nothing found" in " ".join(_lines(instance, "preis unser", "euro"))


def test_only_people_or_only_mail(instance: Instance) -> None:
    assert len(_lines(instance, "müller", "--people")) == 2
    assert len(_lines(instance, "müller", "--mail")) == 2


def test_nothing_found_is_told_with_what_may_help(instance: Instance) -> None:
    assert " ".join(_lines(instance, "nowhere")).startswith("nothing found. Words are found whole")
    assert " ".join(_lines(instance, "nowhere", "--people")).startswith("nobody found. Customers are found by parts")
    app = instance.app()
    with a_write(app.store) as session:
        index.forget(session, [1])
    app.store.close()
    assert "`mailcrm db reindex` puts it there" in " ".join(_lines(instance, "unser"))
    assert "reindex" not in " ".join(_lines(instance, "team"))


def test_as_json(instance: Instance) -> None:
    found = instance.json("search", "退款")
    [mail] = found["mail"]
    assert (mail["who"], mail["subject"], mail["text"]) == ("张三", "关于发票", "您好，请尽快退款。")
    assert mail["marks"] == {"text": [[6, 8]]}
    assert (found["people"], found["total"], found["total_is_at_least"]) == ([], 1, False)


def test_the_number_of_all_is_told(instance: Instance) -> None:
    assert _lines(instance, "team", "--limit", "1")[-1] == "1 of 2; --limit shows more"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a OR"], "OR stands between two things to search for\n    a OR\n"),
        (["in:Nowhere"], "no folder or account of this name, but INBOX, team"),
        (["from:a", "--people"], "customers are found by words alone"),
        (["a", "--people", "--mail"], "--people or --mail"),
    ],
)
def test_what_cannot_be_searched_is_told(instance: Instance, words: list[str], said: str) -> None:
    assert said in instance.cli("search", *words, ok=2).stderr


def test_the_index_is_made_anew(instance: Instance) -> None:
    assert instance.cli("db", "reindex").stdout == "0 mails indexed, 0 attachments read\n"
    assert instance.cli("db", "reindex", "--all").stdout == "2 mails indexed, 0 attachments read\n"
    assert len(_lines(instance, "退款")) == 2
