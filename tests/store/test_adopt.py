"""Old mail of an address that becomes somebody's."""

from sqlalchemy import event

from mailcrm.model.interaction import Direction
from mailcrm.model.message import MailKind
from mailcrm.model.rights import Viewer
from mailcrm.store import Session, Store, messages, parties, people, timeline
from mailcrm.store.adopt import adopt_mail, message_line
from tests.builders import NOW, a_person, a_write
from tests.store.builders import a_message, some_addresses, some_participants

ALL = Viewer.system()


def titles(session: Session, party_id: int) -> list[str]:
    return [line.title for line in timeline.select_timeline(session, party_id, ALL)]


def an_owner(session: Session, address_id: int) -> int:
    """Somebody to whom the address is given now."""
    party_id = a_person(session, "zhang@example.com").party_id
    parties.attach_address(session, party_id, address_id, "user", NOW)
    return party_id


def test_old_mail_appears_at_once_and_only_once(store: Store) -> None:
    with a_write(store) as session:
        writer, reader = some_addresses(session, 2)
        mail = a_message(session)
        messages.add_participants(session, some_participants([writer, reader], mail.id))
        party_id = an_owner(session, writer)
        assert adopt_mail(session, party_id, writer) == 1
        assert titles(session, party_id) == ["Price"]
        assert adopt_mail(session, party_id, writer) == 0
        assert titles(session, party_id) == ["Price"]
        assert people.get_archive(session, party_id, ALL).line.last_in_at == NOW


def test_a_line_that_others_have_is_joined_not_doubled(store: Store) -> None:
    with a_write(store) as session:
        writer, reader = some_addresses(session, 2)
        mail = a_message(session)
        messages.add_participants(session, some_participants([writer, reader], mail.id))
        other = a_person(session, "li@example.com").party_id
        line = message_line(mail.id, Direction.IN, MailKind.PERSON, "Price", NOW, [(other, "to")])
        timeline.append_interactions(session, [line])
        party_id = an_owner(session, writer)
        adopt_mail(session, party_id, writer)
        assert titles(session, party_id) == titles(session, other) == ["Price"]


def test_much_old_mail_takes_few_statements(sqlite_store: Store) -> None:
    """A frequent correspondent has thousands of mails, and nobody else can write meanwhile."""
    statements: list[str] = []
    with a_write(sqlite_store) as session:
        writer, reader = some_addresses(session, 2)
        other = a_person(session, "li@example.com").party_id
        mails = [a_message(session) for _ in range(300)]
        for mail in mails:
            messages.add_participants(session, some_participants([writer, reader], mail.id))
        lines = [message_line(m.id, Direction.IN, MailKind.PERSON, "Price", NOW, [(other, "to")]) for m in mails]
        timeline.append_interactions(session, lines)
        party_id = an_owner(session, writer)
        event.listen(
            session.connection(), "before_cursor_execute", lambda _c, _cur, sql, *_rest: statements.append(sql)
        )
        assert adopt_mail(session, party_id, writer) == 300
    assert len(statements) < 20
