"""Ids that servers give to mails."""

from __future__ import annotations

from datetime import UTC, datetime

from mailcrm.model.filing import Place
from mailcrm.store import Store, objects
from tests.builders import a_write
from tests.store.builders import a_mailbox, a_message

_WHEN = datetime(2026, 11, 10, tzinfo=UTC)


def _place(object_id: str) -> Place:
    return Place(1, "", _WHEN, 10, object_id=object_id, server_thread="T1")


def test_a_mail_is_known_by_its_id_in_its_account_only(store: Store) -> None:
    with a_write(store) as session:
        shop, other = a_mailbox(session), a_mailbox(session, "other")
        mail = a_message(session, "order")
        objects.add_objects(session, shop.account_id, [(_place("M1"), mail.id), (_place(""), mail.id)])
        objects.add_objects(session, shop.account_id, [(_place("M1"), mail.id), (_place("m1"), mail.id)])
        assert objects.known_keys(session, shop.account_id, ["M1", "m1", "M2"]) == {"M1": mail.key, "m1": mail.key}
        assert objects.known_keys(session, other.account_id, ["M1"]) == {}
