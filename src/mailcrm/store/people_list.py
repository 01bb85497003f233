"""The list of customers, sorted and filtered, page by page.

A page is read by keyset: behind the value and id of the last customer seen. Each sort has drivers, which walk an index in the
order wanted; a customer whom a filter leaves out is passed over. Where a filter leaves few, these are found first and sorted.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, select, union_all
from sqlalchemy.orm import Session

from mailcrm.errors import UserError
from mailcrm.model.contact import OWN
from mailcrm.model.listing import Cursor, Listed, Order, Value, read_cursor, write_cursor
from mailcrm.model.own_field import FieldType
from mailcrm.model.party import PartyState
from mailcrm.model.rights import Viewer
from mailcrm.model.segment import Segment
from mailcrm.store import people_drivers as drivers
from mailcrm.store.facts import facts_of
from mailcrm.store.own_fields import MASK, own_fields, sensitive_fields
from mailcrm.store.people_drivers import Driver
from mailcrm.store.people_found import holds_text, is_listed
from mailcrm.store.people_lines import lines_of
from mailcrm.store.rows.base import UtcMicros, from_micros, to_micros
from mailcrm.store.rows.party import Party
from mailcrm.store.segments import names_state, require_numbers, segment_condition

_FEW = 1_000
"""Customers whom a filter leaves that are sorted by themselves, rather than looked for in the order of all."""

_NUMBERS = (FieldType.NUMBER, FieldType.DATE, FieldType.YES_NO)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is listed: a segment, or customers; `find` looks in names, addresses, numbers and handles."""

    segment: Segment | None = None
    find: str = ""
    with_candidates: bool = False

    @property
    def states(self) -> tuple[PartyState, ...]:
        """All that those listed can be in."""
        if self.segment is not None and names_state(self.segment):
            return tuple(PartyState)
        if self.with_candidates and self.segment is None:
            return (PartyState.ACTIVE, PartyState.CANDIDATE)
        return (PartyState.ACTIVE,)


def list_page(
    session: Session,
    viewer: Viewer,
    now: datetime,
    wanted: Wanted,
    *,
    order: Order = Order(),  # noqa: B008 - frozen
    after: str = "",
    limit: int = 50,
) -> list[Listed]:
    """Those behind the cursor `after`, as of `now`. Every viewer sees the list itself; mail is filtered where it is read.

    Raises UserError for a cursor that is none or of another order, and for a field that the team does not have.
    """
    del viewer
    cursor = read_cursor(after, order) if after else None
    walks = _drivers(session, order, wanted.states)
    is_one = _is_one(session, wanted, now)
    if is_one is None:
        return []
    found: list[tuple[Value, int]] = []
    if cursor is None or cursor.value is not None:
        statement = _page(walks.some, is_one, order, cursor, limit)
        found = [(_plain(value), party_id) for value, party_id in session.execute(statement)]
        cursor = None
    if len(found) < limit and walks.none:
        behind = cursor.id if cursor else 0
        rest = _page_of_none(walks.none, is_one, behind, limit - len(found))
        found += [(None, party_id) for party_id in session.execute(rest).scalars()]
    return _listed(session, order, found)


def values_of(
    session: Session, viewer: Viewer, party_ids: Sequence[int], fields: Sequence[str]
) -> dict[int, dict[str, str]]:
    """What these customers show in these fields, from mail that `viewer` may see; sensitive values are masked."""
    masked, wanted = sensitive_fields(session), frozenset(fields)
    found: dict[int, dict[str, str]] = {}
    for party_id in party_ids:
        facts = [fact for fact in facts_of(session, party_id, viewer) if fact.field in wanted and fact.is_current]
        found[party_id] = {str(fact.field): MASK if fact.field in masked else fact.value for fact in reversed(facts)}
    return found


def _listed(session: Session, order: Order, found: Sequence[tuple[Value, int]]) -> list[Listed]:
    ids = [party_id for _, party_id in found]
    rows = {row.id: row for row in session.execute(select(Party).where(Party.id.in_(ids))).scalars()}
    lines = lines_of(session, [rows[each] for each in ids])
    cursors = (write_cursor(Cursor(order, value, party_id)) for value, party_id in found)
    return [Listed(line, cursor) for line, cursor in zip(lines, cursors, strict=True)]


Asked = Callable[[ColumnElement[int]], ColumnElement[bool]]
"""Whether the customer with this id is listed."""


def _is_one(session: Session, wanted: Wanted, now: datetime) -> Asked | None:
    """None where a filter leaves nobody; where it leaves few, it is asked once for all."""
    condition = _condition(session, wanted, now)
    if wanted.segment is not None or wanted.find:
        few = list(session.execute(select(Party.id).where(condition).limit(_FEW + 1)).scalars())
        if len(few) <= _FEW:
            return (lambda key: key.in_(few)) if few else None
    # As a subquery: so that SQLite, which knows no sizes of tables, walks the driver and not the customers.
    return lambda key: exists(select(Party.id).where(Party.id == key, condition))


def _condition(session: Session, wanted: Wanted, now: datetime) -> ColumnElement[bool]:
    if wanted.segment is None:
        return and_(Party.state.in_(wanted.states), is_listed(), holds_text(wanted.find))
    require_numbers(session, wanted.segment)
    return and_(segment_condition(wanted.segment, now), holds_text(wanted.find))


# --- a page ------------------------------------------------------------------------------------------------------


def _page(walks: Sequence[Driver], is_one: Asked, order: Order, cursor: Cursor | None, limit: int) -> Select[Any, int]:
    """Each driver by itself stops after a page; the first of all are the page."""
    parts = [part for driver in walks for part in _behind(driver, order, cursor)]
    limited = [_limited(part, is_one, order, limit) for part in parts]
    rows = union_all(*limited).subquery()
    return select(rows.c.value, rows.c.id).order_by(*_sorted(rows.c.value, rows.c.id, order)).limit(limit)


def _behind(driver: Driver, order: Order, cursor: Cursor | None) -> Iterator[Driver]:
    """With the same value and a later id, and with a later value: two walks of an index, where OR would be none."""
    if cursor is None:
        yield driver
        return
    value, key = driver.selected_columns.value, driver.selected_columns.id
    last = _typed(cursor.value, value)
    if order.descending:
        yield driver.where(value == last, key < cursor.id)
        yield driver.where(value < last)
    else:
        yield driver.where(value == last, key > cursor.id)
        yield driver.where(value > last)


def _limited(driver: Driver, is_one: Asked, order: Order, limit: int) -> Select[Any, int]:
    value, key = driver.selected_columns.value, driver.selected_columns.id
    query = driver.where(is_one(key)).order_by(*_sorted(value, key, order)).limit(limit)
    rows = query.subquery()
    return select(rows.c.value, rows.c.id)


def _page_of_none(walks: Sequence[Driver], is_one: Asked, behind: int, limit: int) -> Select[int]:
    parts = []
    for driver in walks:
        key = driver.selected_columns.id
        rows = driver.where(key > behind, is_one(key)).order_by(key).limit(limit).subquery()
        parts.append(select(rows.c.id))
    united = union_all(*parts).subquery()
    return select(united.c.id).order_by(united.c.id).limit(limit)


def _sorted(value: ColumnElement[Any], key: ColumnElement[int], order: Order) -> tuple[ColumnElement[Any], ...]:
    return (value.desc(), key.desc()) if order.descending else (value, key)


def _typed(value: Value, column: ColumnElement[Any]) -> object:
    is_text = column.type.python_type is str
    if isinstance(value, str) != is_text:
        raise UserError("this cursor is of a field that has changed its type since; begin anew")
    return from_micros(value) if isinstance(column.type, UtcMicros) and isinstance(value, int) else value


def _plain(value: Any) -> Value:
    found: Value = to_micros(value) if isinstance(value, datetime) else value
    return found


# --- drivers -----------------------------------------------------------------------------------------------------


def _drivers(session: Session, order: Order, states: Sequence[PartyState]) -> drivers.Drivers:
    simple = drivers.by_column(order.field, states)
    if simple is not None:
        return simple
    if not order.field.startswith(OWN):
        return drivers.by_shown(order.field, of_numbers=False)
    spec = own_fields(session).get(order.field)
    if spec is None:
        raise UserError(f"no field {order.field!r}; `mailcrm fields list` shows those of the team")
    if spec.is_sensitive:
        raise UserError(f"{order.field} is sensitive: the order of a list would tell its values")
    return drivers.by_shown(order.field, of_numbers=spec.type in _NUMBERS)
