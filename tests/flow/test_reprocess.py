"""Stored mail read again by better rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from mailcrm.errors import Unparsable
from mailcrm.model.message import RULES, BodyState, MailKind
from mailcrm.model.rights import Actor
from mailcrm.service import reprocess as shell
from mailcrm.service.app import App
from mailcrm.service.reprocess import Reprocessed, reprocess
from mailcrm.store import Store
from mailcrm.store.rows.mail import Attachment, Message
from mailcrm.store.rows.sighting import Sighting
from mailcrm.store.rows.timeline import Interaction
from tests.builders import NOW, a_config, a_store, a_write, an_app
from tests.flow.filing import a_box

ACTOR = Actor.system("test")
PLAIN = "From: Anna <anna@acme.example>\nTo: team@own.example\nSubject: Price\n\nHow much?"
PARTS = (
    "From: Bob <bob@acme.example>\nTo: team@own.example\nSubject: Plan\nContent-Type: multipart/mixed; boundary=b\n\n"
    "--b\n\nSee the plan.\n--b\nContent-Type: application/pdf; name=plan.pdf\n\nPDF\n--b--"
)
FIELDS = (Message.subject, Message.kind, Message.body_text, Message.body_state, Message.rules)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with a_store(tmp_path) as found:
        a_box(found).gets(PLAIN, PARTS)
        yield found


@pytest.fixture
def app(store: Store, tmp_path: Path) -> App:
    return an_app(store, a_config(tmp_path), NOW)


def mails(store: Store) -> list[tuple[object, ...]]:
    with store.read() as session:
        return [tuple(row) for row in session.execute(select(*FIELDS).order_by(Message.id))]


def spoiled(store: Store) -> None:
    """As older rules might have read them."""
    with a_write(store) as session:
        session.execute(
            update(Message).values(rules=0, subject="Pr?ce", body_text="H?w much", kind=MailKind.AUTO, defects="odd")
        )
        session.execute(update(Interaction).values(title="Pr?ce", outcome="auto"))
        session.execute(update(Sighting).values(by_hand=False))
        session.execute(update(Attachment).values(filename="?.pdf"))


def test_all_that_was_read_wrongly_is_mended(store: Store, app: App) -> None:
    right = mails(store)
    spoiled(store)
    report = reprocess(app, ACTOR, lambda report: None)
    assert (report.total, report.done, report.failed) == (2, 2, 0)
    assert mails(store) == right
    with store.read() as session:
        assert {tuple(row) for row in session.execute(select(Interaction.title, Interaction.outcome))} == {
            ("Price", ""),
            ("Plan", ""),
        }
        assert set(session.execute(select(Sighting.by_hand)).scalars()) == {True}
        assert session.execute(select(Attachment.filename)).scalar_one() == "plan.pdf"


def test_what_the_present_rules_read_is_read_again_only_on_demand(store: Store, app: App) -> None:
    assert reprocess(app, ACTOR, lambda report: None).done == 0
    with store.read() as session:
        before = session.execute(select(Attachment.id)).scalar_one()
    assert reprocess(app, ACTOR, lambda report: None, all_=True).done == 2
    with store.read() as session:
        assert session.execute(select(Attachment.id)).scalar_one() == before


def test_it_goes_on_where_it_was_stopped(store: Store, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "_BATCH", 1)
    right = mails(store)
    spoiled(store)

    def stop(report: Reprocessed) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reprocess(app, ACTOR, stop)
    assert [row == wanted for row, wanted in zip(mails(store), right, strict=True)] == [True, False]
    assert reprocess(app, ACTOR, lambda report: None).done == 1
    assert mails(store) == right


def test_mail_that_nobody_can_bear_stays_as_it_was(store: Store, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    right = mails(store)

    def give_way(*_: object) -> None:
        raise Unparsable("no")

    monkeypatch.setattr(shell.Guard, "__call__", give_way)
    report = reprocess(app, ACTOR, lambda report: None, all_=True)
    assert (report.done, report.failed) == (2, 2)
    assert mails(store) == right
    with store.read() as session:
        assert set(session.execute(select(Message.last_error)).scalars()) == {"Unparsable: no"}
    assert reprocess(app, ACTOR, lambda report: None).done == 0


def test_mail_in_quarantine_comes_out_when_rules_can_bear_it(store: Store, app: App) -> None:
    right = mails(store)
    with a_write(store) as session:
        spoilt = {"body_state": BodyState.QUARANTINED, "rules": RULES - 1, "body_text": None, "last_error": "old"}
        session.execute(update(Message).where(Message.subject == "Price").values(**spoilt))
    reprocess(app, ACTOR, lambda report: None)
    assert mails(store) == right
