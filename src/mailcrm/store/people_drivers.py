"""What the list of customers walks for each sort: an index in its order, and those who stand in no such index.

Mail of a merged customer came last when that of any member did. Such customers are few and are put together from their members;
all others are found by an index.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from mailcrm.model.party import PartyState
from mailcrm.store.rows.fact import ShownValue
from mailcrm.store.rows.party import Party

Driver = Select[Any, int]
"""(value, id) of customers, and of others: who is listed is asked for each of them."""


class Drivers(NamedTuple):
    """Of those who have a value, and of those who have none."""

    some: Sequence[Driver]
    none: Sequence[Driver] = ()


States = Sequence[PartyState]


def by_column(field: str, states: States) -> Drivers | None:
    """For what stands in the row of the customer; None for other fields."""
    build = _BUILDERS.get(field)
    return build(states) if build else None


def by_shown(field: str, *, of_numbers: bool) -> Drivers:
    """For what customers show in a field, by the index of its values; of several values the first."""
    one, row = aliased(Party), ShownValue
    value: InstrumentedAttribute[Any] = row.v_int if of_numbers else row.v_text
    some = select(value.label("value"), row.party_id.label("id"))
    known = and_(row.field == field, row.ordinal == 0, row.v_int.is_not(None) if of_numbers else row.v_text != "")
    shown = aliased(ShownValue)
    has = exists(select(shown.party_id).where(shown.party_id == one.id, shown.field == field, shown.ordinal == 0))
    none = select(one.id.label("value"), one.id.label("id")).where(not_(has))
    return Drivers([some.where(known)], [none])


def _of(one: Any, state: PartyState, value: ColumnElement[Any] | InstrumentedAttribute[Any]) -> Driver:
    query: Driver = select(value.label("value"), one.id.label("id"))
    return query.where(one.state == state)


def _by_name(states: States) -> Drivers:
    one = aliased(Party)
    some = [_of(one, state, one.sort_key).where(one.sort_key != "") for state in states]
    return Drivers(some, [_of(one, state, one.sort_key).where(one.sort_key == "") for state in states])


def _by_number(states: States) -> Drivers:
    one = aliased(Party)
    some = select(one.customer_no.label("value"), one.id.label("id")).where(one.customer_no.is_not(None))
    return Drivers([some], [_of(one, state, one.customer_no).where(one.customer_no.is_(None)) for state in states])


def _by_creation(states: States) -> Drivers:
    one = aliased(Party)
    return Drivers([_of(one, state, one.created_at) for state in states])


def _by_mail(column: str) -> Callable[[States], Drivers]:
    """When mail came last, or went out."""

    def build(states: States) -> Drivers:
        one, newest = aliased(Party), _merged(column)
        at = getattr(one, column)
        alone = [_of(one, state, at).where(one.cluster_size == 1) for state in states]
        some = [each.where(at.is_not(None)) for each in alone]
        none = [each.where(at.is_(None)) for each in alone]
        value = newest.selected_columns.value
        return Drivers([*some, newest.where(value.is_not(None))], [*none, newest.where(value.is_(None))])

    return build


def _merged(*columns: str) -> Driver:
    """The newest of these times of any member, of merged customers."""
    root, member = aliased(Party), aliased(Party)
    times = [
        select(func.max(getattr(member, column))).where(member.root_id == root.id).scalar_subquery().label(column)
        for column in columns
    ]
    query = select(root.id.label("id"), *times).where(root.cluster_size > 1, root.id == root.root_id)
    merged = query.limit(_ALL).subquery()
    value = _later(*(merged.c[column] for column in columns)) if len(columns) > 1 else merged.c[columns[0]]
    return select(value.label("value"), merged.c.id.label("id"))


_ALL = 2**31 - 1
"""A limit that is none: engines compute what stands under one once, not wherever it is named."""


def _later(came: ColumnElement[Any], went: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((or_(went.is_(None), came >= went), came), else_=went)


def _by_last_contact(states: States) -> Drivers:
    """Each customer stands once: in the index of the time that is the later one."""
    one, newest = aliased(Party), _merged("last_in_at", "last_out_at")
    came, went = one.last_in_at, one.last_out_at
    some: list[Driver] = []
    none: list[Driver] = []
    for state in states:
        some.append(_of(one, state, came).where(came.is_not(None), or_(went.is_(None), came >= went)))
        some.append(_of(one, state, went).where(went.is_not(None), or_(came.is_(None), went > came)))
        none.append(_of(one, state, came).where(came.is_(None), went.is_(None)))
    alone = one.cluster_size == 1
    value = newest.selected_columns.value
    return Drivers(
        [*(each.where(alone) for each in some), newest.where(value.is_not(None))],
        [*(each.where(alone) for each in none), newest.where(value.is_(None))],
    )


_BUILDERS: Mapping[str, Callable[[States], Drivers]] = {
    "name": _by_name,
    "number": _by_number,
    "created": _by_creation,
    "last_in": _by_mail("last_in_at"),
    "last_out": _by_mail("last_out_at"),
    "last_contact": _by_last_contact,
}
