"""Mail in files for tests, and what the archive holds of it."""

from __future__ import annotations

import mailbox
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import func, select

from mailcrm.ingest.files.report import ImportReport
from mailcrm.model.rights import Actor
from mailcrm.service.importing import import_mail
from mailcrm.store import Session
from mailcrm.store.rows.account import Folder
from mailcrm.store.rows.mail import Message, MessageLocation
from tests.flow.instance import Instance, Section


def unread_account(folder: Path, name: str = "main", **more: object) -> Section:
    """An account whose server nobody asks."""
    return {
        "name": name,
        "address": f"{name}@own.example",
        "secret": {"file": str(folder / "secret")},
        "imap": {"host": "127.0.0.1", "port": 1, "security": "none"},
        "initial": {"capture": "all", "visibility": "team", "customer_when": "replied"},
        **more,
    }


def an_mbox(path: Path, mails: Iterable[bytes]) -> Path:
    """The mails in a file, written by the standard library."""
    box = mailbox.mbox(path, create=True)
    for raw in mails:
        box.add(raw)
    box.close()
    return path


def a_mail(number: int, *lines: str, text: str = "Hello") -> bytes:
    """A mail from somebody to us."""
    head = (
        f"From: Person {number} <person{number}@c.example>", "To: main@own.example", f"Subject: Subject {number}",
        f"Message-ID: <m{number}@c.example>", f"Date: Tue, {1 + number % 28:02d} Sep 2020 10:00:00 +0000",
    )  # fmt: skip
    return "\n".join((*head, *lines, "", text, "")).encode()


def imported(instance: Instance, path: Path, name: str | None = None) -> ImportReport:
    """What `mailcrm import mail` does, in this process."""
    app = instance.app()
    try:
        return import_mail(app, Actor.cli("test"), path, name, lambda _report: None).report
    finally:
        app.store.close()


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    """New, known, left out, quarantined; they must make up all mails."""
    left_out = sum(report.left_out.values())
    assert report.mails == report.new + report.known + left_out + report.quarantined
    return report.new, report.known, left_out, report.quarantined


def message_ids(session: Session) -> list[str]:
    """The Message-IDs of all mails."""
    return sorted(session.execute(select(Message.message_id)).scalars())


def locations(session: Session) -> dict[str, int]:
    """How many mails lie where."""
    query = select(Folder.name, func.count()).join(MessageLocation, MessageLocation.folder_id == Folder.id)
    return {row[0]: row[1] for row in session.execute(query.group_by(Folder.name))}
