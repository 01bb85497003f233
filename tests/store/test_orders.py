"""Orders: each once however often it is told, never back to what they were, and on the timeline of the whole customer."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from mailcrm.errors import Conflict, NotFound, UserError
from mailcrm.identity import verdicts
from mailcrm.model.interaction import InteractionKind
from mailcrm.model.order import Order, OrderLine, OrderStatus, OrderTotals, Payment
from mailcrm.model.rights import Actor, Viewer
from mailcrm.store import Session, Store, order_lists, orders, parties, payments, timeline
from mailcrm.store.rows.business import PaymentRow, SalesOrder
from tests.builders import NOW, a_person, a_write
from tests.store.builders import at
from tests.store.crowd import after_a_race, written

ALL = Viewer.system()
PAID = Payment(at(5), 129950, "CNY", "bank transfer", "T-1")


def an_order(
    number: str = "W-1",
    status: OrderStatus = OrderStatus.OPEN,
    amount: int = 129950,
    currency: str = "CNY",
    *,
    minutes: float = 0,
    lines: Sequence[OrderLine] = (),
    payments: Sequence[Payment] = (),
) -> Order:
    return Order(
        number, at(minutes), currency, amount, status, lines=tuple(lines), payments=tuple(payments), note="by hand"
    )


def everything(session: Session, party_id: int) -> list[tuple[object, ...]]:
    """All that can be seen of a customer's orders."""
    lines = timeline.select_timeline(session, party_id, ALL)
    return [
        *((line.id, line.at, line.kind, line.title, line.body, line.outcome) for line in lines),
        *(
            (o, order_lists.get_order(session, o.id, ALL))
            for o in order_lists.orders_of(session, party_id, ALL, archived=True)
        ),
        *((total,) for total in order_lists.totals_of(session, party_id, ALL)),
    ]


def told(session: Session, party_id: int) -> list[tuple[InteractionKind, str, str, str]]:
    """Kind, title, body and outcome of the lines on the timeline."""
    lines = timeline.select_timeline(session, party_id, ALL)
    return [(line.kind, line.title, line.body, line.outcome) for line in lines]


# --- once --------------------------------------------------------------------------------------------------------


def test_an_order_stands_with_its_lines_and_payments(store: Store) -> None:
    lines = [OrderLine("Widget 张", 2500, 40000, "W"), OrderLine("Postage")]
    with a_write(store) as session:
        who = a_person(session).party_id
        order_id = orders.record_order(session, who, an_order(lines=lines, payments=[PAID]), "woo:1", NOW)
        found = order_lists.get_order(session, order_id, ALL)
        assert (found.lines, found.payments, found.note) == (tuple(lines), (PAID,), "by hand")
        assert (found.summary.source, found.source_ref, found.summary.paid_minor) == ("woo", "woo:1", 129950)
        assert found.summary.name == "Zhang San"
        assert told(session, who) == [
            (InteractionKind.PAYMENT, "1,299.50 CNY", "bank transfer · T-1", ""),
            (InteractionKind.ORDER, "W-1 · 1,299.50 CNY", "Widget 张; Postage", "open"),
        ]


def test_what_was_told_before_changes_nothing(store: Store) -> None:
    order = an_order(lines=[OrderLine("Widget")], payments=[PAID, PAID, replace(PAID, reference="")])
    with a_write(store) as session:
        who = a_person(session).party_id
        first = orders.record_order(session, who, order, "woo:1", NOW)
        before = everything(session, who)
    with a_write(store) as session:
        assert orders.record_order(session, who, order, "woo:1", at(60)) == first
        assert everything(session, who) == before
        assert session.execute(select(func.count()).select_from(PaymentRow)).scalar_one() == 3


def test_a_newer_state_changes_the_order_and_the_timeline_says_how(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        order_id = orders.record_order(session, who, an_order(), "woo:1", NOW)
        newer = an_order(status=OrderStatus.SHIPPED, amount=100000, minutes=1, lines=[OrderLine("Widget")])
        for now in (at(10), at(20)):
            assert orders.record_order(session, who, newer, "woo:1", now) == order_id
        assert told(session, who) == [
            (InteractionKind.ORDER, "W-1", "open → shipped", "shipped"),
            (InteractionKind.ORDER, "W-1 · 1,000.00 CNY", "Widget", "shipped"),
        ]
        found = order_lists.get_order(session, order_id, ALL)
        changes = {line.field: (line.before, line.after) for line in found.changes}
        assert changes["status"] == ("open", "shipped")
        assert changes["amount_minor"] == ("1299.50", "1000.00")
        assert {line.at for line in found.changes} == {at(10)}
        assert found.summary.row_version == 2


def test_a_former_state_that_comes_late_only_brings_its_payments(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        order_id = orders.record_order(session, who, an_order(status=OrderStatus.SHIPPED), "woo:1", NOW)
        orders.record_order(session, who, an_order(amount=1, payments=[PAID]), "woo:1", at(1))
        found = order_lists.get_order(session, order_id, ALL)
        assert (found.summary.status, found.summary.amount_minor) == (OrderStatus.SHIPPED, 129950)
        assert found.payments == (PAID,)


def test_what_a_human_said_stays_when_the_source_only_repeats_itself(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        order_id = orders.record_order(session, who, an_order(status=OrderStatus.REFUNDED), "woo:1", NOW)
        orders.change_status(session, order_id, OrderStatus.OPEN, at(1))
        orders.record_order(session, who, an_order(status=OrderStatus.REFUNDED, amount=5), "woo:1", at(2))
        found = order_lists.get_order(session, order_id, ALL).summary
        assert (found.status, found.amount_minor) == (OrderStatus.OPEN, 5)


def test_two_shops_may_have_the_same_number(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        one = orders.record_order(session, who, an_order("7"), "woo:7", NOW)
        other = orders.record_order(session, who, an_order("7"), "shopify:7", NOW)
        assert one != other
        with pytest.raises(Conflict, match="several orders have the number '7'") as caught:
            order_lists.find_order(session, "7")
        assert [problem.split(" ")[1] for problem in caught.value.problems] == ["woo:7", "shopify:7"]
        assert order_lists.find_order(session, "shopify:7") == order_lists.find_order(session, f"#{other}") == other
        with pytest.raises(NotFound, match="no order '8'"):
            order_lists.find_order(session, "8")


def test_two_workers_that_are_told_of_the_same_order_keep_it_once(store: Store) -> None:
    who = written(store, a_person).party_id
    after_a_race(
        store,
        lambda s: orders.record_order(s, who, an_order(payments=[PAID]), "woo:1", NOW),
        lambda s: orders.record_order(s, who, an_order(payments=[PAID]), "woo:1", NOW),
    )
    with store.read() as session:
        assert session.execute(select(func.count()).select_from(SalesOrder)).scalar_one() == 1
        assert len(told(session, who)) == 2


def test_a_long_name_of_a_source_is_told_from_another(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        names = [f"{'x' * 300}{end}" for end in "ab"]
        ids = [orders.record_order(session, who, an_order(), name, NOW) for name in (*names, *names)]
        assert ids[:2] == ids[2:]
        assert ids[0] != ids[1]


@pytest.mark.parametrize(
    ("order", "ref", "said"),
    [
        (an_order(), "", "needs a name"),
        (an_order(currency="RMB"), "x:1", "no currency"),
        (an_order(amount=10**16), "x:1", "beyond all bounds"),
        (an_order(lines=[OrderLine("a", 10**16)]), "x:1", "beyond all bounds"),
        (an_order(payments=[replace(PAID, amount_minor=0)]), "x:1", "some amount"),
    ],
)
def test_what_cannot_be_added_up_is_refused(sqlite_store: Store, order: Order, ref: str, said: str) -> None:
    who = written(sqlite_store, a_person).party_id
    with pytest.raises(UserError, match=said), a_write(sqlite_store) as session:
        orders.record_order(session, who, order, ref, NOW)


# --- changed by humans -------------------------------------------------------------------------------------------


def test_a_status_changed_by_two_is_a_conflict_that_is_shown(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        order_id = orders.record_order(session, who, an_order(), "woo:1", NOW)
    with store.write(Actor.cli("zhang")) as session:
        assert orders.change_status(session, order_id, OrderStatus.PAID, at(1), version=1) == 2
    with pytest.raises(Conflict, match="somebody changed this") as caught, a_write(store) as session:
        orders.change_status(session, order_id, OrderStatus.CANCELLED, at(2), version=1)
    assert caught.value.problems == (
        "status: cli:zhang changed it to 'paid' at 2025-01-06 09:01 UTC, you to 'cancelled'",
    )
    with a_write(store) as session:  # the same, and what was looked at anew, is none
        assert orders.change_status(session, order_id, OrderStatus.PAID, at(2), version=1) == 2
        assert orders.change_status(session, order_id, OrderStatus.CANCELLED, at(3), version=2) == 3
        by = [(line.before, line.after, line.by) for line in order_lists.get_order(session, order_id, ALL).changes]
        assert by == [("paid", "cancelled", "cli:test"), ("open", "paid", "cli:zhang")]


def test_an_archived_order_is_left_out_and_comes_back_whole(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        order_id = orders.record_order(session, who, an_order(payments=[PAID]), "woo:1", NOW)
        before = order_lists.get_order(session, order_id, ALL)
        assert orders.archive_order(session, order_id, at(1)) == 2
        assert order_lists.orders_of(session, who, ALL) == order_lists.list_orders(session, ALL) == []
        assert order_lists.totals_of(session, who, ALL) == []
        assert [o.id for o in order_lists.orders_of(session, who, ALL, archived=True)] == [order_id]
        with pytest.raises(Conflict, match="archived"):
            orders.change_status(session, order_id, OrderStatus.PAID, at(2))
        assert orders.archive_order(session, order_id, at(3), undo=True) == 3
        after = order_lists.get_order(session, order_id, ALL)
        assert (after.lines, after.payments) == (before.lines, before.payments)
        assert replace(after.summary, row_version=1) == before.summary
        with pytest.raises(NotFound, match="no order #999"):
            orders.archive_order(session, 999, NOW)


# --- whose, and how much -----------------------------------------------------------------------------------------


def test_a_merged_customer_has_the_orders_of_both_and_each_keeps_its_own(store: Store) -> None:
    with a_write(store) as session:
        one = a_person(session, "a@example.com", "Ann").party_id
        other = a_person(session, "b@example.com", "Bob").party_id
        assert one is not None
        assert other is not None
        for number in range(6):
            who = (one, other)[number % 2]
            orders.record_order(session, who, an_order(f"W-{number}", minutes=number), f"woo:{number}", NOW)
        merge = verdicts.merge(session, one, other, NOW)
        root = parties.get_party(session, f"#{other}")
        shown = order_lists.orders_of(session, root, ALL, limit=4)
        assert [o.order_no for o in shown] == ["W-5", "W-4", "W-3", "W-2"]
        rest = order_lists.orders_of(session, root, ALL, before=(shown[-1].ordered_at, shown[-1].id))
        assert [o.order_no for o in rest] == ["W-1", "W-0"]
        assert {o.number for o in shown} == {order_lists.orders_of(session, root, ALL)[0].number}
        assert order_lists.totals_of(session, root, ALL) == [OrderTotals("CNY", 6, 6 * 129950, 0)]
        verdicts.undo_merge(session, merge, NOW)
        for who, mine in ((one, ["W-4", "W-2", "W-0"]), (other, ["W-5", "W-3", "W-1"])):
            assert [o.order_no for o in order_lists.orders_of(session, who, ALL)] == mine


def test_totals_are_by_currency_and_count_what_was_sold(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session).party_id
        told_of = [
            an_order("1", amount=100), an_order("2", OrderStatus.SHIPPED, 50, payments=[replace(PAID, amount_minor=-7)]),
            an_order("3", OrderStatus.QUOTED, 9999), an_order("4", OrderStatus.CANCELLED, 9999),
            an_order("5", OrderStatus.REFUNDED, 9999), an_order("6", amount=1500, currency="JPY"),
        ]  # fmt: skip
        for order in told_of:
            orders.record_order(session, who, order, f"x:{order.order_no}", NOW)
        payments.record_payment(session, who, replace(PAID, currency="EUR"), "bank:1")
        payments.record_payment(session, who, replace(PAID, currency="EUR"), "bank:1")
        assert order_lists.totals_of(session, who, ALL) == [
            OrderTotals("CNY", 2, 150, -7), OrderTotals("JPY", 1, 1500, 0), OrderTotals("EUR", 0, 0, 129950),
        ]  # fmt: skip
        assert len(order_lists.list_orders(session, ALL, status=OrderStatus.QUOTED)) == 1
        assert len(order_lists.list_orders(session, ALL)) == 6
