"""Other mail programs at work in the middle of passes, at generated moments; then passes that nobody disturbs.

They append, flag, move, copy and delete mail, make, rename and delete folders, and number folders anew, between any two
commands of a pass; on Dovecots with QRESYNC, with CONDSTORE alone and with neither, and on Cyrus. `make faults` tries more.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import func, select

from mailcrm.clock import utc_now
from mailcrm.errors import MailcrmError
from mailcrm.model.message import BodyState
from mailcrm.service.passes import sync_once
from mailcrm.store import Session, blobs
from mailcrm.store.rows.account import Folder
from mailcrm.store.rows.mail import Message, MessageLocation, MessageSkip, SyncQuarantine
from mailcrm.store.rows.party import EmailAddress, Party
from mailcrm.store.rows.timeline import Interaction
from tests.conftest import require
from tests.faults.churn import PLANS, Deed, Kind, OtherProgram
from tests.faults.line import BusyLine
from tests.faults.rig import BATCH, MANY, here, picture
from tests.flow.instance import Instance, imap_account
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot
from tests.servers.mail import FOLLOWING, MailServer

_EXAMPLES = 200 if MANY else 4
_SWEPT = (Kind.MOVE_ALL, Kind.EXPUNGE_ALL, Kind.REMOVE, Kind.RENAME, Kind.RENUMBER)
_STEP = 1 if MANY else 17
"""Between how many commands a sweep looks."""

_QUIET = 6
"""Passes after which all must be settled."""


@dataclass(frozen=True)
class Known:
    """What must not change from pass to pass: ids of mails and customers, and the cursors of a generation of a folder."""

    mails: dict[str, int] = field(default_factory=dict)
    customers: dict[str, tuple[int, str]] = field(default_factory=dict)
    cursors: dict[tuple[int, int], tuple[int, int, int]] = field(default_factory=dict)

    @classmethod
    def to(cls, session: Session) -> Known:
        """An archive."""
        mails = select(Message.dedupe_key, Message.id)
        people = select(EmailAddress.address_norm, Party.id, Party.customer_no)
        people = people.join(Party, Party.id == EmailAddress.match_party_id).where(Party.customer_no.is_not(None))
        folders = session.execute(select(Folder).where(Folder.generation > 0)).scalars()
        return cls(
            {row[0]: row[1] for row in session.execute(mails)},
            {row[0]: (row[1], row[2]) for row in session.execute(people)},
            {(row.id, row.generation): (row.uid_high, -row.uid_floor, row.modseq_done) for row in folders},
        )

    def check_still(self, now: Known) -> None:
        """All of it is so `now`; cursors may have gone on."""
        assert self.mails.items() <= now.mails.items(), "a mail is lost or got another id"
        assert self.customers.items() <= now.customers.items(), "a customer is lost or got another number"
        newest = dict(sorted(now.cursors))
        for (folder, generation), cursor in self.cursors.items():
            assert generation <= newest[folder], "a generation went back"
            if generation == newest[folder]:
                after = now.cursors[folder, generation]
                assert all(a >= b for a, b in zip(after, cursor, strict=True)), f"a cursor went back: {cursor}, {after}"


class Scene:
    """One installation, with the mailbox of a new user for each plan. Each pass is an hour later than the one before."""

    def __init__(self, server: MailServer, folder: Path) -> None:
        self.server = server
        account = imap_account(folder, server, "nobody", initial={"customer_when": "all known"})
        settings = {"batch_messages": BATCH, "live_limit": 2, "read_timeout": 5}
        self.instance = Instance(folder, [account], sync=settings)
        self._state, self._empty = folder / "state", folder / "empty"
        shutil.copytree(self._state, self._empty)
        self._users = self._hours = 0
        self._known = Known()

    def begin(self) -> OtherProgram:
        """A mailbox that nobody has read."""
        self._users += 1
        other = OtherProgram(self.server, f"churn{self._users}")
        other.begin()
        self.instance.document["accounts"][0] |= {"login": other.user, "address": f"{other.user}@own.example"}
        self.forget()
        return other

    def forget(self) -> None:
        """The archive is empty again."""
        self._hours, self._known = 0, Known()
        shutil.rmtree(self._state)
        shutil.copytree(self._empty, self._state)

    def a_pass(self, port: int) -> str:
        """One pass through this port: '' if it was complete, else what it said."""
        self.instance.document["accounts"][0]["imap"] = {"host": "127.0.0.1", "port": port, "security": "none"}
        self.instance.write()
        self._hours += 1
        later = timedelta(hours=self._hours)
        app = replace(self.instance.app(), clock=lambda: utc_now() + later)
        try:
            report, _ = sync_once(app, "main", lambda _report: None)
            return "" if report.complete else str(report)
        except MailcrmError as exc:
            return str(exc)
        finally:
            with app.store.read() as session:
                now = Known.to(session)
            app.store.close()
            self._known.check_still(now)
            self._known = now

    def settle(self) -> None:
        """Passes that nobody disturbs, until one is complete."""
        said = []
        while said[-1:] != [""]:
            assert len(said) < _QUIET, "not settled:\n" + "\n".join(said)
            said.append(self.a_pass(self.server.port))


@pytest.fixture(scope="module", params=FOLLOWING)
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    require(Cyrus if request.param == "cyrus" else Dovecot)
    with FOLLOWING[request.param]() as server:
        yield Scene(server, tmp_path_factory.mktemp("churn"))


@pytest.mark.timeout(14400 if MANY else 900)
@settings(
    max_examples=_EXAMPLES, derandomize=not MANY, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(plan=PLANS)
def test_other_programs_may_be_at_work_during_a_pass(scene: Scene, plan: Sequence[Sequence[Deed]]) -> None:
    other = scene.begin()
    disturb(scene, other, plan)
    scene.settle()
    judge(scene, other)


@pytest.mark.timeout(14400 if MANY else 900)
@pytest.mark.parametrize("folder", [0, 1])
@pytest.mark.parametrize("kind", _SWEPT)
def test_a_folder_may_change_before_any_command(scene: Scene, kind: Kind, folder: int) -> None:
    """One blow, before each command of a first pass in turn."""
    if folder == 0 and kind in (Kind.REMOVE, Kind.RENAME):
        pytest.skip("INBOX stays")
    for at in count(_SWEPT.index(kind) + 3, _STEP):
        other = scene.begin()
        before = disturb(scene, other, [[Deed(at, kind, folder, 0, 1 - folder)]])
        scene.settle()
        judge(scene, other)
        if not before:
            return


def disturb(scene: Scene, other: OtherProgram, plan: Sequence[Sequence[Deed]]) -> bool:
    """A pass for each list of deeds. Whether the last of the first list was done before its pass was over."""
    in_time = []
    with BusyLine(scene.server.port, other.before_command) as line:
        for deeds in plan:
            other.plan(deeds)
            scene.a_pass(line.port)
            in_time.append(other.idle)
            other.finish()
    return in_time[0]


def judge(scene: Scene, other: OtherProgram) -> None:
    """The archive says what the server says, and what one says that read the mailbox as it is now; no mail is double."""
    with scene.instance.looking() as session:
        check_against_server(session, other)
        check_single(session)
        churned = picture(session)
    scene.forget()
    scene.settle()
    with scene.instance.looking() as session:
        plain = picture(session)
    for what in ("messages", "timeline", "people"):
        assert set(plain[what]) <= set(churned[what]), what
    with other.server.reader(other.user) as reader:
        other.look(reader)


def check_against_server(session: Session, other: OtherProgram) -> None:
    """Every copy with its flags and its bytes; nowhere else is one believed to be."""
    with other.server.reader(other.user) as reader:
        other.look(reader)
        for folder, flags in other.left.items():
            rows = here(session, folder)
            assert {uid: row[0] for uid, row in rows.items()} == flags, folder
            for uid, (_, digest) in rows.items():
                assert digest is None or blobs.get(session, digest) == reader.raw(folder, uid)
    there = select(func.count()).where(MessageLocation.gone_at.is_(None))
    assert session.execute(there).scalar_one() == sum(map(len, other.left.values())), "copies that are nowhere"
    for kept in (MessageSkip, SyncQuarantine):
        assert session.execute(select(func.count()).select_from(kept)).scalar_one() == 0
    unread = (
        select(Message.subject, Message.body_state)
        .join(MessageLocation, MessageLocation.message_id == Message.id)
        .where(MessageLocation.gone_at.is_(None), Message.body_state != BodyState.DONE)
    )
    assert session.execute(unread).all() == []


def check_single(session: Session) -> None:
    """Each mail once (their subjects are all different), and each once on the timeline."""
    for column, at in ((Message.subject, Message.id), (Interaction.title, Interaction.message_id)):
        query = select(column, func.count()).where(at.is_not(None)).group_by(column).having(func.count() > 1)
        assert session.execute(query).all() == [], column
    odd = select(Message.subject).where(Message.subject.not_like("Mail %"))
    assert session.execute(odd).all() == []
