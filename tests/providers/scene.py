"""A mailbox on a scripted server, the archive of it, and what tests ask of both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from mailcrm.ingest.imap.job import PassReport
from mailcrm.service.app import App
from mailcrm.service.passes import sync_once
from mailcrm.store.rows.account import Folder
from mailcrm.store.rows.mail import Message, MessageLocation, MessageSkip
from tests.flow.instance import Instance
from tests.providers.server import ScriptedImap

ME = "me@own.example"


def a_mail(subject: str, *, frm: str = "Lina <lina@kunde.example>", to: str = ME, named: bool = True) -> bytes:
    """A mail of our customer; without `named` it has no Message-ID."""
    name = f"Message-ID: <{abs(hash((subject, frm)))}@kunde.example>\r\n" if named else ""
    head = f"From: {frm}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: Tue, 10 Nov 2026 09:00:00 +0800\r\n{name}"
    return f"{head}\r\nText of {subject}\r\n".encode()


class Scene:
    """One account that keeps everything, and the passes over it."""

    def __init__(self, imap: ScriptedImap, folder: Path, **account: Any) -> None:
        self.imap = imap
        self.folder = folder
        self.instance = Instance(folder, [self._account(**account)])
        self.app: App = self.instance.app()

    def _account(self, **more: Any) -> dict[str, Any]:
        return {
            "name": "main",
            "address": ME,
            "secret": {"file": str(self.folder / "secret")},
            "imap": {"host": self.imap.host, "port": self.imap.port, "security": "none"},
            "initial": {"capture": "all", "visibility": "team", "customer_when": "replied"},
            **more,
        }

    def configure(self, **account: Any) -> None:
        """Another configuration of the account."""
        self.app.store.close()
        self.instance.document["accounts"] = [self._account(**account)]
        self.instance.write()
        self.app = self.instance.app()

    def reads(self) -> PassReport:
        """A complete pass; what clients sent before is forgotten."""
        self.imap.commands.clear()
        report, _ = sync_once(self.app, "main", lambda _report: None)
        assert report.complete, report.failures
        assert not self.imap.violations
        return report

    def opened(self) -> set[str]:
        """The folders that the last pass opened."""
        opened = {line.split('"')[1] for line in self.imap.sent("EXAMINE")}
        return {folder.name for folder in self.imap.box.folders.values() if folder.wire_name in opened}

    def bodies(self) -> list[str]:
        """The FETCH commands of the last pass that asked for whole messages."""
        return [line for line in self.imap.sent("UID FETCH") if "BODY.PEEK[]" in line]

    def places(self) -> dict[str, list[tuple[str, str]]]:
        """By subject: the folders that hold the mail now, each with its labels."""
        query = (
            select(Message.subject, Folder.name, MessageLocation.labels)
            .join(MessageLocation, MessageLocation.message_id == Message.id)
            .join(Folder, Folder.id == MessageLocation.folder_id)
            .where(MessageLocation.gone_at.is_(None))
            .order_by(Folder.name)
        )
        found: dict[str, list[tuple[str, str]]] = {}
        with self.app.store.read() as session:
            for subject, folder, labels in session.execute(query):
                found.setdefault(subject, []).append((folder, labels))
        return found

    def left_out(self) -> list[str]:
        """The rules that left mail out, one for each mail."""
        with self.app.store.read() as session:
            return sorted(session.execute(select(MessageSkip.rule)).scalars())

    def texts(self) -> dict[str, str | None]:
        """By subject: what is stored of the body."""
        with self.app.store.read() as session:
            return {row[0]: row[1] for row in session.execute(select(Message.subject, Message.body_text))}


@contextmanager
def a_scene(imap: ScriptedImap, folder: Path, **account: Any) -> Iterator[Scene]:
    """The archive, closed at the end."""
    scene = Scene(imap, folder, **account)
    try:
        yield scene
    finally:
        scene.app.store.close()
