"""Filing mail: what a later copy tells, whom a mail makes a candidate, and which addresses are mailing lists."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from mailcrm.identity.resolve import resolve_sightings
from mailcrm.model.account import Capture
from mailcrm.model.address import AddressKind
from mailcrm.model.message import MailKind
from mailcrm.store import Store, addresses, consents, parties
from mailcrm.store.rows.campaign import Recipient
from mailcrm.store.rows.mail import Message, Thread
from mailcrm.store.rows.sighting import Sighting
from tests.builders import NOW, a_person, a_running_campaign, a_store, a_write
from tests.flow.filing import Box, a_box, shown

QUESTION = "From: Anna <anna@acme.example>\nTo: team@own.example\nSubject: The price"
AWAY = "From: Anna <anna@acme.example>\nTo: team@own.example\nSubject: Automatic reply: your offer"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with a_store(tmp_path) as found:
        yield found


@pytest.fixture
def personal(store: Store) -> Box:
    return a_box(store, "li", Capture.METADATA)


@pytest.fixture
def team(store: Store) -> Box:
    return a_box(store)


def kind_of(store: Store, key: str) -> AddressKind:
    with store.read() as session:
        return addresses.find_addresses(session, [key])[key].kind


def has_party(store: Store, address: str) -> bool:
    with store.read() as session:
        return parties.find_party(session, address) is not None


def messages(store: Store) -> list[tuple[str, MailKind, str]]:
    """Subject, kind and thread subject of every mail."""
    query = select(Message.subject, Message.kind, Thread.subject).join(Thread, Thread.id == Message.thread_id)
    with store.read() as session:
        return [(row[0], row[1], row[2]) for row in session.execute(query.order_by(Message.id))]


def by_hand(store: Store) -> set[bool]:
    with store.read() as session:
        return set(session.execute(select(Sighting.by_hand)).scalars())


# --- what a later copy tells -------------------------------------------------------------------------------------


def test_a_mail_first_seen_without_its_subject_learns_it_from_a_later_copy(personal: Box, team: Box) -> None:
    personal.gets(QUESTION)
    assert messages(team.store) == [("", MailKind.PERSON, "")]
    team.gets(QUESTION)
    assert messages(team.store) == [("The price", MailKind.PERSON, "The price")]
    assert shown(team.store, "anna@acme.example") == [("The price", "")]


def test_a_subject_once_known_is_not_replaced(store: Store, team: Box) -> None:
    team.gets(QUESTION + "\nMessage-ID: <q@acme.example>")
    a_box(store, "other").gets(QUESTION.replace("price", "[EXTERN] price") + "\nMessage-ID: <q@acme.example>")
    assert messages(store) == [("The price", MailKind.PERSON, "The price")]


def test_a_thread_that_has_a_subject_keeps_it(personal: Box, team: Box) -> None:
    team.gets(QUESTION + "\nMessage-ID: <q@acme.example>")
    answer = QUESTION.replace("The", "Re: The") + "\nIn-Reply-To: <q@acme.example>"
    personal.gets(answer)
    team.gets(answer)
    assert [(subject, thread) for subject, _, thread in messages(team.store)] == [
        ("The price", "The price"), ("Re: The price", "The price"),
    ]  # fmt: skip


def test_a_subject_learnt_later_corrects_the_kind(personal: Box, team: Box) -> None:
    personal.gets(AWAY)
    assert by_hand(team.store) == {True}
    team.gets(AWAY, bodies=False)
    assert [kind for _, kind, _ in messages(team.store)] == [MailKind.OUT_OF_OFFICE]
    assert shown(team.store, "anna@acme.example") == [("Automatic reply: your offer", "out_of_office")]
    assert by_hand(team.store) == {False}


def test_an_opt_out_first_seen_without_its_subject_is_obeyed_when_it_comes(personal: Box, team: Box) -> None:
    store = team.store
    with a_write(store) as session:
        who = a_person(session, "anna@acme.example", consents=("newsletter",))
        [recipient] = a_running_campaign(session, team.folder.account_id, [who]).recipients
    token = store.keys.links.unsubscribe_token(recipient)
    leaving = f"From: anna@acme.example\nTo: team@own.example\nSubject: unsubscribe {token}"
    personal.gets(leaving)
    with store.read() as session:
        assert not consents.suppressions_of(session, [who.address_id])
    for _ in range(2):
        team.gets(leaving)
    with store.read() as session:
        assert len(consents.suppressions_of(session, [who.address_id])[who.address_id]) == 1


@pytest.mark.parametrize(
    ("sender", "text", "closed"),
    [
        (
            "anna@acme.example",
            "Please unsubscribe me.\n\nOn Mon, 6 Jan 2025 at 08:00, Team <team@own.example> wrote:\n> News",
            1,
        ),
        ("anna@acme.example", "请帮我退订，谢谢", 1),
        (
            "anna@acme.example",
            "Nice.\n\nOn Mon, 6 Jan 2025 at 08:00, Team <team@own.example> wrote:\n> Unsubscribe: link",
            0,
        ),
        ("team@own.example", "Please unsubscribe me.", 0),
    ],
)
def test_answer_that_asks_for_no_more_mail_is_obeyed(team: Box, sender: str, text: str, closed: int) -> None:
    store = team.store
    with a_write(store) as session:
        who = a_person(session, "anna@acme.example", consents=("newsletter",))
        [recipient] = a_running_campaign(session, team.folder.account_id, [who]).recipients
        ours = session.get_one(Recipient, recipient).message_id
    team.gets(f"From: {sender}\nTo: team@own.example\nSubject: Re: News\nIn-Reply-To: <{ours}>\n\n{text}")
    with store.read() as session:
        assert len(consents.suppressions_of(session, [who.address_id]).get(who.address_id, ())) == closed


def test_a_body_that_shows_another_kind_corrects_sighting_and_timeline(team: Box) -> None:
    bounce = (
        "From: Anna <anna@acme.example>\nTo: team@own.example\nSubject: About your mail\n"
        "Content-Type: multipart/mixed; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nNot delivered.\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.acme.example\n\n"
        "Final-Recipient: rfc822; bob@acme.example\nAction: failed\nStatus: 5.1.1\n\n--b--"
    )
    team.gets(bounce, bodies=False)
    assert by_hand(team.store) == {True}
    team.gets(bounce)
    assert [kind for _, kind, _ in messages(team.store)] == [MailKind.BOUNCE]
    assert shown(team.store, "anna@acme.example") == [("About your mail", "bounce")]
    assert by_hand(team.store) == {False}


# --- mailing lists -----------------------------------------------------------------------------------------------


def test_a_list_id_does_not_make_its_sender_a_list(team: Box) -> None:
    team.gets("From: anna@acme.example\nTo: team@own.example\nSubject: x\nList-Id: <anna.acme.example>")
    assert kind_of(team.store, "anna@acme.example") == AddressKind.PERSONAL


def test_a_list_id_does_not_make_somebody_beside_the_mail_a_list(team: Box) -> None:
    team.gets("From: x@spam.example\nReply-To: anna@acme.example\nTo: team@own.example\nList-Id: <anna.acme.example>")
    assert kind_of(team.store, "anna@acme.example") == AddressKind.PERSONAL


@pytest.mark.parametrize("where", ["To: users@acme.example", "To: team@own.example\nCc: Users@acme.example"])
def test_a_list_is_known_where_it_was_written_to(team: Box, where: str) -> None:
    team.gets(f"From: anna@acme.example\n{where}\nSubject: x\nList-Id: Users <users.acme.example>")
    assert kind_of(team.store, "users@acme.example") == AddressKind.LIST


def test_a_list_is_known_by_where_it_takes_posts(team: Box) -> None:
    team.gets(
        "From: anna@acme.example\nReply-To: users@acme.example\nTo: team@own.example\nList-Id: <users.acme.example>\n"
        "List-Post: <mailto:users@acme.example>"
    )
    assert kind_of(team.store, "users@acme.example") == AddressKind.LIST


def test_who_writes_in_the_same_batch_is_no_list(team: Box) -> None:
    team.gets(
        "From: x@spam.example\nTo: anna@acme.example\nSubject: x\nList-Id: <anna.acme.example>",
        "From: anna@acme.example\nTo: team@own.example\nSubject: Hello",
    )
    assert kind_of(team.store, "anna@acme.example") == AddressKind.PERSONAL
    assert has_party(team.store, "anna@acme.example")


def test_who_writes_by_hand_is_no_list_whatever_others_said(team: Box) -> None:
    team.gets("From: x@spam.example\nTo: anna@acme.example\nSubject: x\nList-Id: <anna.acme.example>")
    assert kind_of(team.store, "anna@acme.example") == AddressKind.LIST
    team.gets("From: anna@acme.example\nTo: team@own.example\nSubject: Hello")
    assert has_party(team.store, "anna@acme.example")


# --- candidates --------------------------------------------------------------------------------------------------


def test_our_own_automatic_answer_makes_nobody_a_candidate(team: Box) -> None:
    answer = "From: team@own.example\nTo: win@spam.example\nSubject: Out of office\nAuto-Submitted: auto-replied"
    team.gets(answer)
    assert not has_party(team.store, "win@spam.example")


def test_what_we_write_by_hand_makes_a_candidate(team: Box) -> None:
    team.gets("From: team@own.example\nTo: anna@acme.example\nSubject: Our offer")
    assert has_party(team.store, "anna@acme.example")


def test_an_address_that_became_ours_makes_no_candidate_before_the_store_knows(store: Store) -> None:
    team = a_box(store)
    team.gets("From: x@spam.example\nTo: wang@own.example, team@own.example\nPrecedence: bulk\nSubject: Offer")
    assert kind_of(store, "wang@own.example") == AddressKind.PERSONAL
    team.own = type(team.own).build(["team@own.example", "wang@own.example"], [])
    team.gets("From: anna@acme.example\nTo: wang@own.example\nCc: team@own.example\nSubject: Hello")
    assert not has_party(store, "wang@own.example")


# --- names -------------------------------------------------------------------------------------------------------


def resolved(store: Store) -> tuple[str, str, str]:
    """Name, given and family name of Anna after the resolver ran."""
    resolve_sightings(store, lambda: NOW)
    with store.read() as session:
        party_id = parties.get_party(session, "anna@acme.example")
        party = session.get_one(parties.Party, party_id)
        person = session.get_one(parties.Person, party_id)
        return party.display_name, person.given_name, person.family_name


def mails_from(name: str, count: int) -> list[str]:
    return [f"From: {name} <anna@acme.example>\nTo: team@own.example\nSubject: {name} {n}" for n in range(count)]


def test_a_new_name_that_cannot_be_split_takes_the_old_parts_away(team: Box) -> None:
    team.gets(*mails_from("Anna Smith", 1))
    assert resolved(team.store) == ("Anna Smith", "Anna", "Smith")
    team.gets(*mails_from("Acme Trading", 3))
    assert resolved(team.store) == ("Acme Trading", "", "")


@pytest.mark.parametrize("source", ["user", "form", "api", "import", "signature"])
def test_a_name_from_a_better_source_is_not_overwritten_by_mail(team: Box, source: str) -> None:
    team.gets(*mails_from("Anna Smith", 1))
    with a_write(team.store) as session:
        party_id = parties.get_party(session, "anna@acme.example")
        parties.rename_party(session, party_id, "Dr. A. Smith", source, NOW)
    team.gets(*mails_from("Anna Jones", 3))
    assert resolved(team.store)[0] == "Dr. A. Smith"
