"""Many rows at once: every engine gets them as its driver wants them, and finds them by their keys."""

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from mailcrm.errors import WriteCollision
from mailcrm.model.address import AddressKind
from mailcrm.store import Store
from mailcrm.store.bulk import PORTION, insert_numbered, insert_rows, rows_in, update_rows
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.mail import Thread
from mailcrm.store.rows.party import EmailAddress
from tests.builders import NOW, a_write
from tests.store.builders import a_key, at

_KINDS = Lookup(
    select(EmailAddress.address_norm, EmailAddress.kind, EmailAddress.created_at), EmailAddress.address_norm
)
_OF_KIND = Lookup(select(EmailAddress.id).where(EmailAddress.kind == bindparam("kind")), EmailAddress.address_norm)
_RETIMED = (
    update(EmailAddress)
    .where(EmailAddress.address_norm == bindparam("key"))
    .values(created_at=bindparam("at"), kind=AddressKind.ROLE)
)


def an_address(key: str, kind: AddressKind = AddressKind.PERSONAL) -> dict[str, object]:
    return {
        "address_norm": key, "address_display": f"{key} 100%s 张", "domain": "", "key_hash": a_key(key),
        "mailbox_hash": a_key(key), "kind": kind, "created_at": NOW,
    }  # fmt: skip


def test_rows_get_the_defaults_of_what_they_do_not_name(store: Store) -> None:
    with a_write(store) as session:
        insert_rows(session, Thread, [{"last_at": at(n)} for n in range(3)])
        insert_rows(session, Thread, [])
        rows = session.execute(select(Thread).order_by(Thread.last_at)).scalars().all()
        assert [(row.subject, row.first_at, row.last_at, row.message_count) for row in rows] == [
            ("", None, at(n), 0) for n in range(3)
        ]


@pytest.mark.parametrize("number", [1, 2, 10, 11, PORTION, PORTION + 1, 2 * PORTION + 3])
def test_every_key_is_found_once_however_many_there_are(store: Store, number: int) -> None:
    keys = [f"n{count}@example.com" for count in range(number)]
    with a_write(store) as session:
        insert_rows(session, EmailAddress, [an_address(key) for key in keys])
        insert_rows(session, EmailAddress, [an_address("other@example.com")])
        found = [tuple(row) for row in rows_in(session, _KINDS, [*keys, *keys, "nobody@example.com"])]
        assert sorted(found) == sorted((key, AddressKind.PERSONAL, NOW) for key in keys)
        assert list(rows_in(session, _KINDS, [])) == []


def test_words_and_times_are_converted_both_ways(store: Store) -> None:
    with a_write(store) as session:
        kinds = {"a@b": AddressKind.LIST, "c@d": AddressKind.OWN, "e@f": AddressKind.ROLE}
        insert_rows(session, EmailAddress, [an_address(key, kind) for key, kind in kinds.items()])
        assert {row[0]: row[1] for row in rows_in(session, _KINDS, kinds)} == kinds
        assert len(list(rows_in(session, _OF_KIND, kinds, kind=AddressKind.OWN))) == 1
        shown = session.execute(select(EmailAddress.address_display).where(EmailAddress.address_norm == "a@b"))
        assert shown.scalar_one() == "a@b 100%s 张"


def test_an_update_changes_each_row_by_its_own_values(store: Store) -> None:
    with a_write(store) as session:
        insert_rows(session, EmailAddress, [an_address(key) for key in ("a@b", "c@d", "e@f")])
        update_rows(session, _RETIMED, [{"key": "a@b", "at": at(1)}, {"key": "c@d", "at": at(2)}])
        update_rows(session, _RETIMED, [])
        assert {tuple(row) for row in rows_in(session, _KINDS, ["a@b", "c@d", "e@f"])} == {
            ("a@b", AddressKind.ROLE, at(1)),
            ("c@d", AddressKind.ROLE, at(2)),
            ("e@f", AddressKind.PERSONAL, NOW),
        }


def test_a_word_that_a_column_does_not_know_is_refused(sqlite_store: Store) -> None:
    with a_write(sqlite_store) as session, pytest.raises(ValueError, match="unheard"):
        insert_rows(session, EmailAddress, [an_address("a@b") | {"kind": "unheard"}])


def test_a_row_without_a_value_that_others_have_is_refused(sqlite_store: Store) -> None:
    with a_write(sqlite_store) as session, pytest.raises(KeyError):
        insert_rows(session, Thread, [{"last_at": NOW, "subject": "Price"}, {"last_at": NOW}])


def test_what_waits_in_the_session_is_written_first(store: Store) -> None:
    with a_write(store) as session:
        session.add(EmailAddress(**an_address("a@b")))
        assert [row[0] for row in rows_in(session, _KINDS, ["a@b"])] == ["a@b"]


def test_a_key_that_is_taken_is_a_collision(store: Store) -> None:
    with pytest.raises((WriteCollision, IntegrityError)), a_write(store) as session:
        insert_rows(session, EmailAddress, [an_address("a@b"), an_address("a@b")])


def test_new_numbers_come_in_the_order_of_the_rows(store: Store) -> None:
    with a_write(store) as session:
        ids = insert_numbered(session, Thread, [{"subject": f"n{count}"} for count in range(700)])
        found = {row[0]: row[1] for row in session.execute(select(Thread.id, Thread.subject))}
        assert [found[new] for new in ids] == [f"n{count}" for count in range(700)]
