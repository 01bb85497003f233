"""Contact facts: each value once, from the sender's own mail, and never over what a human entered."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from mailcrm.errors import UserError
from mailcrm.model.account import Visibility
from mailcrm.model.address import AddressKind
from mailcrm.model.contact import ContactField, ContactFinding
from mailcrm.model.interaction import Direction
from mailcrm.model.message import RULES, BodyState, MailKind
from mailcrm.model.rights import Viewer
from mailcrm.service.customers import change_customer
from mailcrm.store import Session, Store, claims, facts, messages
from mailcrm.store.rows.fact import ContactFactRow
from mailcrm.store.rows.mail import Message
from mailcrm.store.rows.party import EmailAddress, Party
from tests.builders import NOW, Customer, a_person, a_write
from tests.store.builders import a_copy, a_mailbox, a_message, some_participants
from tests.store.crowd import after_a_race, written

ALL = Viewer.system()
PHONE = ContactFinding(ContactField.PHONE, "040 33445566", 0.85, "+494033445566")
TITLE = ContactFinding(ContactField.TITLE, "Leiter Einkauf", 0.85)


def a_mail(session: Session, who: Customer, days: float = 0) -> int:
    """A mail that somebody wrote to us so many days after everything was built. Its id."""
    mail = a_message(session)
    messages.add_participants(session, some_participants([who.address_id], mail.id))
    moment = NOW + timedelta(days=days)
    session.execute(update(Message).where(Message.id == mail.id).values(sent_at=moment, received_at=moment))
    return mail.id


def told(session: Session, who: Customer, *findings: ContactFinding, days: float = 0) -> int:
    mail = a_mail(session, who, days)
    facts.record_findings(session, {mail: findings})
    return mail


def shown(session: Session, party_id: int | None, viewer: Viewer = ALL) -> list[tuple[str, str, bool]]:
    assert party_id is not None
    return [(f.field, f.value, f.is_current) for f in facts.facts_of(session, party_id, viewer)]


def test_a_signature_becomes_facts_of_its_writer(store: Store) -> None:
    with a_write(store) as session:
        who, other = a_person(session), a_person(session, "other@example.com")
        mail = told(session, who, TITLE, PHONE)
        found = facts.facts_of(session, who.party_id or 0, ALL)
        assert shown(session, other.party_id) == []
    assert [(f.field, f.value, f.source, f.confidence, f.times, f.source_ref, f.observed_at) for f in found] == [
        ("title", "Leiter Einkauf", "signature", 0.85, 1, mail, NOW),
        ("phone", "+494033445566", "signature", 0.85, 1, mail, NOW),
    ]


def test_a_value_that_is_seen_again_is_the_same_fact(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session)
        mails = [told(session, who, PHONE, days=days) for days in (5, 9, 1)]
        facts.record_findings(session, {mails[2]: [replace(PHONE, number="+49 40 334455-66", confidence=0.95)]})
        [fact] = facts.facts_of(session, who.party_id or 0, ALL)
    assert (fact.times, fact.source_ref, fact.observed_at) == (4, mails[1], NOW + timedelta(days=9))
    assert fact.confidence == 0.95


def test_the_mail_that_told_last_told_once_however_often_it_is_recorded(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session)
        mail = told(session, who, PHONE, TITLE)
        before = facts.facts_of(session, who.party_id or 0, ALL)
        facts.record_findings(session, {mail: [PHONE, TITLE]})
        facts.record_findings(session, {mail: [], 99: [PHONE]})
        assert facts.facts_of(session, who.party_id or 0, ALL) == before


def test_a_mail_that_is_read_by_better_rules_takes_back_what_it_alone_told(store: Store) -> None:
    better = replace(TITLE, value="Leiterin Einkauf")
    with a_write(store) as session:
        who = a_person(session)
        first = told(session, who, TITLE, PHONE)
        told(session, who, PHONE, days=1)
        facts.forget_findings(session, [first], NOW)
        facts.record_findings(session, {first: [better, PHONE]}, again=True)
        assert shown(session, who.party_id) == [("title", "Leiterin Einkauf", True), ("phone", "+494033445566", True)]
        assert [fact.times for fact in facts.facts_of(session, who.party_id or 0, ALL)] == [1, 2]
        facts.forget_findings(session, [first], NOW)
        assert shown(session, who.party_id) == [("phone", "+494033445566", True)]


def test_what_several_mails_told_goes_when_better_rules_find_it_in_none(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session)
        mails = [told(session, who, TITLE, PHONE, days=days) for days in (0, 1)]
        gone = told(session, who, replace(PHONE, number="+4940999"), days=2)
        session.execute(update(ContactFactRow).values(rules=0))
        session.execute(update(Message).where(Message.id.in_(mails)).values(rules=RULES))
        session.expire_all()
        assert change_customer(session, who.party_id or 0, {"company": "Bolts"}, NOW) is None
        for mail in mails:
            facts.forget_findings(session, [mail], NOW)
            facts.record_findings(session, {mail: [replace(PHONE, confidence=0.7)]}, again=True)
        assert facts.forget_outdated(session, 10, NOW) == 1
        assert facts.forget_outdated(session, 10, NOW) == 0
        kept = {
            (f.field, f.value, f.confidence, f.times, f.source_ref)
            for f in facts.facts_of(session, who.party_id or 0, ALL)
        }
    assert kept == {
        ("company", "Bolts", 1.0, 1, None),
        ("phone", "+494033445566", 0.7, 2, mails[1]),
        ("phone", "+4940999", 0.85, 1, gone),  # its mail was not read again
    }


@pytest.mark.parametrize("change", ["role", "list", "noreply", "nobody", "bulk", "calendar", "out"])
def test_mail_that_is_not_a_persons_own_makes_no_facts(store: Store, change: str) -> None:
    with a_write(store) as session:
        who = a_person(session)
        mail = a_mail(session, who)
        of_address = update(EmailAddress).where(EmailAddress.id == who.address_id)
        of_mail = update(Message).where(Message.id == mail)
        session.execute(
            {
                "role": of_address.values(kind=AddressKind.ROLE),
                "list": of_address.values(kind=AddressKind.LIST),
                "noreply": of_address.values(kind=AddressKind.NOREPLY),
                "nobody": of_address.values(match_party_id=None),
                "bulk": of_mail.values(kind=MailKind.BULK),
                "calendar": of_mail.values(kind=MailKind.AUTO),
                "out": of_mail.values(direction=Direction.OUT),
            }[change]
        )
        facts.record_findings(session, {mail: [PHONE]})
        assert session.execute(select(ContactFactRow)).all() == []


def test_what_a_human_entered_stays_and_mail_becomes_a_suggestion(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session)
        assert who.party_id is not None
        told(session, who, PHONE)
        change_customer(session, who.party_id, {"phone": " +49 40 999 ", "name": "Jens"}, NOW)
        told(session, who, PHONE, days=30)
        assert shown(session, who.party_id) == [("phone", "+49 40 999", True), ("phone", "+494033445566", False)]
        change_customer(session, who.party_id, {"phone": ""}, NOW + timedelta(days=1))
        assert shown(session, who.party_id)[0] == ("phone", "", True)
        change_customer(session, who.party_id, {"phone": "+49 40 999"}, NOW + timedelta(days=2))
        assert shown(session, who.party_id)[0] == ("phone", "+49 40 999", True)
        with pytest.raises(UserError, match=r"unknown field 'shoe'; there are: name, .*wechat"):
            change_customer(session, who.party_id, {"shoe": "42"}, NOW)
        current = select(ContactFactRow.value).where(ContactFactRow.is_current)
        assert session.execute(current).scalars().all() == ["+49 40 999"]


def test_a_confirmed_value_is_shown_once(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session)
        assert who.party_id is not None
        told(session, who, PHONE, replace(PHONE, source="vcard"))
        claims.set_by_hand(session, who.party_id, {"phone": "+49 40 33445566"}, NOW)
        [fact] = facts.facts_of(session, who.party_id, ALL)
        assert (fact.source, fact.verified_by) == ("user", "cli:test")


def test_facts_stay_where_they_were_found_and_are_shown_together(store: Store) -> None:
    with a_write(store) as session:
        root, member = a_person(session, "a@example.com"), a_person(session, "b@example.com")
        told(session, root, TITLE)
        told(session, member, replace(TITLE, value="CEO"), days=1)
        session.get_one(Party, member.party_id).root_id = root.party_id
        session.flush()
        assert shown(session, root.party_id) == [("title", "CEO", True), ("title", "Leiter Einkauf", False)]


def test_what_private_mail_tells_is_for_its_owner(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session)
        for name, finding, visibility in (("own", PHONE, Visibility.PRIVATE), ("team", TITLE, Visibility.TEAM)):
            mail = a_message(session)
            messages.add_participants(session, some_participants([who.address_id], mail.id))
            a_copy(session, a_mailbox(session, name, visibility, "zhang"), mail, 1, state=BodyState.DONE)
            facts.record_findings(session, {mail.id: [finding]})
        claims.set_by_hand(session, who.party_id or 0, {"qq": "12345"}, NOW)

        def fields(viewer: Viewer) -> Sequence[str]:
            return [field for field, _, _ in shown(session, who.party_id, viewer)]

        assert fields(Viewer("zhang")) == fields(ALL) == ["title", "phone", "qq"]
        assert fields(Viewer("li")) == ["title", "qq"]


def test_two_workers_that_see_the_same_value_keep_it_once(store: Store) -> None:
    who = written(store, a_person)
    mails = [written(store, lambda s: a_mail(s, who)) for _ in range(4)]
    for first, second in (mails[:2], mails[2:]):
        after_a_race(
            store,
            lambda s, mail=first: facts.record_findings(s, {mail: [PHONE]}),  # type: ignore[misc]
            lambda s, mail=second: facts.record_findings(s, {mail: [PHONE]}),  # type: ignore[misc]
        )
    with store.read() as session:
        [fact] = facts.facts_of(session, who.party_id or 0, ALL)
        assert fact.times == 4
