"""The timeline: each thing once, newest first, and only for those who may see it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select

from mailcrm.model.account import Visibility
from mailcrm.model.folder import FolderRef
from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.model.message import BodyState, MailKind
from mailcrm.model.rights import Actor, Viewer
from mailcrm.store import Session, Store, messages, timeline
from mailcrm.store.rows.account import Account
from mailcrm.store.rows.mail import Message
from mailcrm.store.rows.party import Party
from mailcrm.store.rows.timeline import Interaction, InteractionParty
from mailcrm.store.timeline import NewInteraction
from tests.builders import a_person, a_write, an_address
from tests.store.builders import Filed, a_copy, a_mailbox, a_message, at, some_participants
from tests.store.crowd import after_a_race, written

ALL, OWNER, FOREIGN = Viewer.system(), Viewer("zhang"), Viewer("li")


def a_line(key: str, party_id: int, minutes: float = 0, message_id: int | None = None) -> NewInteraction:
    return NewInteraction(
        InteractionKind.EMAIL_IN, key, at(minutes), f"Subject {key}", ((party_id, "from"),), Direction.IN,
        message_id=message_id,
    )  # fmt: skip


def titles(session: Session, party_id: int, viewer: Viewer = ALL) -> list[str]:
    return [line.title.removeprefix("Subject ") for line in timeline.select_timeline(session, party_id, viewer)]


# --- once --------------------------------------------------------------------------------------------------------


def test_a_replay_is_harmless(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        lines = [a_line("a", who, 1), a_line("b", who, 2)]
        first = timeline.append_interactions(session, lines)
        assert len(first) == 2
        assert timeline.append_interactions(session, [*lines, a_line("c", who, 3)]) not in (first, [])
        assert timeline.append_interactions(session, lines) == []
        assert titles(session, who) == ["c", "b", "a"]
        assert timeline.append_interactions(session, []) == []


def test_a_line_that_comes_twice_in_one_batch_is_one_line(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        twice = [a_line("a", who), replace(a_line("a", who), title="Subject other"), a_line("b", who, 1)]
        assert len(timeline.append_interactions(session, twice)) == 2
        assert titles(session, who) == ["b", "a"]


def test_the_same_key_of_another_kind_is_another_line(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        other = replace(a_line("a", who), kind=InteractionKind.CAMPAIGN)
        assert len(timeline.append_interactions(session, [a_line("a", who), other])) == 2


def test_two_workers_that_append_the_same_line_append_it_once(store: Store) -> None:
    who = written(store, a_person).party_id
    for _ in range(2):
        after_a_race(
            store,
            lambda s: timeline.append_interactions(s, [a_line("a", who)]),
            lambda s: timeline.append_interactions(s, [a_line("a", who)]),
        )
    with store.read() as session:
        assert titles(session, who) == ["a"]


def test_somebody_in_two_roles_has_one_link_by_the_first(store: Store) -> None:
    with a_write(store) as session:
        first, second = (a_person(session, f"{n}@example.com").party_id for n in "ab")
        line = replace(a_line("a", first), parties=((first, "from"), (second, "to"), (first, "cc")))
        timeline.append_interactions(session, [line])
        links = session.execute(select(InteractionParty.party_id, InteractionParty.role)).all()
        assert dict(map(tuple, links)) == {first: "from", second: "to"}


# --- looking -----------------------------------------------------------------------------------------------------


def test_a_line_shows_all_that_is_known_of_it(store: Store) -> None:
    with store.write(Actor.cli("x" * 500)) as session:
        who, mail = a_person(session).party_id, a_message(session)
        sender = an_address(session, "Li@example.com")
        messages.add_participants(session, [some_participants([sender], mail.id)[0] | {"display_name": ""}])
        line = replace(a_line("a", who, message_id=mail.id), body="b" * 9000, title="张" * 2000, outcome="answered")
        timeline.append_interactions(session, [line])
        session.expire_all()
        [shown] = timeline.select_timeline(session, who, ALL)
    assert (shown.who, shown.role, shown.direction, shown.message_id) == ("Li@example.com", "from", "in", mail.id)
    assert (len(shown.title), len(shown.body), shown.outcome, shown.at) == (998, 9000, "answered", at(0))


@pytest.mark.parametrize(
    ("kind", "body", "newest", "said"),
    [
        (MailKind.PERSON, "Fine.\n\nOn Monday.", None, "Fine. On Monday."),
        (MailKind.PERSON, "Fine.\n\n> Well?", "Fine.", "Fine."),
        (MailKind.PERSON, "> Well?", "", ""),
        (MailKind.PERSON, "a" * 9000, None, "a" * 160),
        (MailKind.PERSON, None, None, ""),
        (MailKind.BULK, "Buy now!", None, ""),
    ],
)
def test_a_line_shows_how_a_human_began(
    store: Store, kind: MailKind, body: str | None, newest: str | None, said: str
) -> None:
    with a_write(store) as session:
        who, mail = a_person(session).party_id, session.get_one(Message, a_message(session).id)
        mail.kind, mail.body_text, mail.newest_text = kind, body, newest
        timeline.append_interactions(session, [a_line("a", who, message_id=mail.id)])
        session.flush()
        [shown] = timeline.select_timeline(session, who, ALL)
    assert shown.said == said


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_paging_loses_no_line_even_of_one_moment(store: Store, size: int) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        timeline.append_interactions(session, [a_line(str(n), who, n // 4) for n in range(12)])
        whole = [line.id for line in timeline.select_timeline(session, who, ALL)]
        seen = timeline.select_timeline(session, who, ALL, size)
        while page := timeline.select_timeline(session, who, ALL, size, seen[-1].at, seen[-1].id):
            seen += page
        assert [line.id for line in seen] == whole
        assert len(timeline.select_timeline(session, who, ALL, before=at(2))) == 8


def test_a_cluster_has_the_lines_of_all_its_members(store: Store) -> None:
    with a_write(store) as session:
        root, member, other = (a_person(session, f"{n}@example.com").party_id for n in "abc")
        timeline.append_interactions(session, [a_line(str(n), who, n) for n, who in enumerate((root, member, other))])
        session.get_one(Party, member).root_id = root
        session.get_one(Party, root).cluster_size = 2
        session.flush()
        assert titles(session, root) == ["1", "0"]
        assert titles(session, member) == ["1"]
        assert titles(session, other) == ["2"]


# --- who sees it -------------------------------------------------------------------------------------------------


def mail_in(session: Session, *folders: FolderRef) -> Filed:
    mail = a_message(session)
    for folder in folders:
        a_copy(session, folder, mail, mail.id, state=BodyState.DONE)
    return mail


def seen(store: Store, party_id: int) -> dict[str, Sequence[str]]:
    found = {}
    for name, viewer in (("system", ALL), ("owner", OWNER), ("foreign", FOREIGN)):
        with store.read(viewer) as session:
            found[name] = sorted(titles(session, party_id, viewer))
    return found


def test_private_mail_is_seen_by_its_owner_only(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        private = a_mailbox(session, "own", Visibility.PRIVATE, "zhang")
        nobodys = a_mailbox(session, "nobodys", Visibility.PRIVATE)
        team, everybody = a_mailbox(session, "team", Visibility.TEAM), a_mailbox(session, "all", Visibility.ALL)
        places = {
            "private": [private], "nobodys": [nobodys], "team": [team], "all": [everybody], "both": [private, team],
            "lost": [],
        }  # fmt: skip
        lines = [a_line(name, who, message_id=mail_in(session, *where).id) for name, where in places.items()]
        timeline.append_interactions(session, [*lines, a_line("call", who)])
    shared = ["all", "both", "call", "team"]
    assert seen(store, who) == {
        "system": sorted([*places, "call"]),
        "owner": sorted([*shared, "private"]),
        "foreign": shared,
    }


def test_a_mailbox_that_is_made_private_takes_its_mail_along(store: Store) -> None:
    """The rule is asked at every look, not when the mail is filed."""
    with a_write(store) as session:
        who = a_person(session).party_id
        folder = a_mailbox(session, "own", Visibility.TEAM, "zhang")
        timeline.append_interactions(session, [a_line("a", who, message_id=mail_in(session, folder).id)])
    assert seen(store, who)["foreign"] == ["a"]
    with a_write(store) as session:
        account = session.get_one(Account, folder.account_id)
        account.visibility = Visibility.PRIVATE
    assert seen(store, who) == {"system": ["a"], "owner": ["a"], "foreign": []}


# --- the copy in Sent --------------------------------------------------------------------------------------------


def test_the_copy_in_sent_joins_the_line_of_its_campaign(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        sent = replace(a_line("recipient:7:sent", who), kind=InteractionKind.CAMPAIGN, direction=Direction.OUT)
        mail = mail_in(session, a_mailbox(session))
        own = replace(a_line(f"message:{mail.id}", who, message_id=mail.id), kind=InteractionKind.EMAIL_OUT)
        timeline.append_interactions(session, [sent, own, a_line("message:999999", who)])
        assert timeline.attach_message(session, InteractionKind.CAMPAIGN, "recipient:7:sent", mail.id)
        timeline.drop_message_line(session, mail.id)
        assert not timeline.attach_message(session, InteractionKind.CAMPAIGN, "recipient:8:sent", mail.id)
    with store.read() as session:
        lines = {line.title: line.message_id for line in timeline.select_timeline(session, who, ALL)}
        assert lines == {"Subject recipient:7:sent": mail.id, "Subject message:999999": None}
        assert (
            len(session.execute(select(Interaction)).all()) == len(session.execute(select(InteractionParty)).all()) == 2
        )
