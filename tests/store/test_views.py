"""Views for analysts: the same columns on all engines, and nothing in them that is private."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import text

from mailcrm.model.account import Visibility
from mailcrm.model.activity import Activity
from mailcrm.model.interaction import InteractionKind
from mailcrm.model.message import BodyState
from mailcrm.model.order import Order, OrderLine, Payment
from mailcrm.store import Session, Store, activities, adopt, edits, messages, orders, tags
from tests.builders import NOW, a_person, a_write
from tests.store.builders import a_copy, a_mailbox, a_message, some_participants
from tests.store.test_merges import join

PARTY = (
    "party_id customer_no kind state name given_name family_name email title department company industry country region city "
    "language lifecycle tier owner origin phone mobile wechat tags created_at last_in_at last_out_at"
).split()
EXAMPLES = (
    "SELECT country, count(*) FROM v_party WHERE state = 'active' GROUP BY country ORDER BY 2 DESC",
    "SELECT tier, currency, sum(amount_minor) FROM v_orders o JOIN v_party p ON p.party_id = o.party_id "
    "GROUP BY tier, currency",
    "SELECT name FROM v_party WHERE last_in_at < '2025-01-01'",
    "SELECT kind, count(*) FROM v_timeline WHERE occurred_at >= '2025-01-01' GROUP BY kind",
    "SELECT p.name FROM v_party p WHERE NOT EXISTS (SELECT 1 FROM v_orders o WHERE o.party_id = p.party_id)",
)


def rows(session: Session, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(text(query)).mappings()]


def test_a_merged_customer_is_one_row_with_what_all_members_have(store: Store) -> None:
    with a_write(store) as session:
        ann, bob = a_person(session, "ann@a.example", "Ann Lee"), a_person(session, "bob@b.example", "Ann Lee")
        edits.save_patch(session, ann.party_id or 0, {"tier": "A", "company": "宁波"}, None, NOW)
        tags.add_tag(session, bob.party_id or 0, "interest:tea", NOW)
        join(session, ann, bob)
        [row] = rows(session, "SELECT * FROM v_party")
        assert list(row) == PARTY
        assert (row["name"], row["tier"], row["company"], row["tags"]) == ("Ann Lee", "A", "宁波", "interest:tea")
        assert (row["created_at"], row["email"], row["last_in_at"]) == ("2025-01-06 09:00:00", "ann@a.example", None)


def test_orders_have_what_was_paid(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id or 0
        order = Order("W-1", NOW, "CNY", 129_950, lines=(OrderLine("tea"),), payments=(Payment(NOW, 100, "CNY"),))
        orders.archive_order(session, orders.record_order(session, who, order, "shop:0", NOW), NOW)
        orders.record_order(session, who, order, "shop:1", NOW)
        [row] = rows(session, "SELECT * FROM v_orders")
        assert (row["order_no"], row["amount_minor"], int(row["paid_minor"]), row["ordered_at"]) == (
            "W-1", 129_950, 100, "2025-01-06 09:00:00",
        )  # fmt: skip


def test_mail_of_private_mailboxes_and_private_notes_are_in_no_view(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session)
        for name, visibility in (("own", Visibility.PRIVATE), ("team", Visibility.TEAM)):
            mail = a_message(session)
            messages.add_participants(session, some_participants([who.address_id], mail.id))
            a_copy(session, a_mailbox(session, name, visibility, "zhang"), mail, 1, state=BodyState.DONE)
            adopt.adopt_mail(session, who.party_id or 0, who.address_id)
        for private in (True, False):
            note = Activity(InteractionKind.NOTE, NOW, f"private {private}", private=private)
            activities.log_activity(session, [who.party_id or 0], note, NOW)
        kinds = [(row["kind"], row["title"]) for row in rows(session, "SELECT kind, title FROM v_timeline")]
        assert [kind for kind, _ in kinds if kind.startswith("email")] == ["email_in"]
        assert [title for kind, title in kinds if kind == "note"] == ["private False"]


def test_the_examples_of_the_documentation_run_on_every_engine(store: Store) -> None:
    with store.read() as session:
        found: Sequence[Any] = [session.execute(text(query)).all() for query in EXAMPLES]
    assert found == [[]] * len(EXAMPLES)
    written = " ".join((Path(__file__).parents[2] / "docs/sql-views.md").read_text(encoding="utf-8").split())
    assert [query for query in EXAMPLES if query not in written] == []
