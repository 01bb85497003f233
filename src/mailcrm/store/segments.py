"""Segments: a tree of conditions turned into SQL, the same on all engines; and the stored ones by name.

A condition holds for a customer if it holds for any member of its cluster; times look at the cluster's newest, and the
state is that of its root. A segment that does not speak of `state` means customers, never candidates.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, not_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from mailcrm.errors import Conflict, NotFound, SegmentError
from mailcrm.model.address import address_key, domain_of
from mailcrm.model.consent import ConsentState
from mailcrm.model.number import number_key
from mailcrm.model.party import PartyKind, PartyState
from mailcrm.model.segment import All, And, Node, Not, Op, Or, Segment, Test, parse_segment
from mailcrm.model.tag import ANY, parse_tag
from mailcrm.store.numbers import require_number
from mailcrm.store.rows.campaign import SegmentRow
from mailcrm.store.rows.consent import ConsentNow, Purpose
from mailcrm.store.rows.fact import ShownValue
from mailcrm.store.rows.party import EmailAddress, NumberAlias, Party, PartyEmail, PartyTag, Person, Tag, TagAlias

Condition = ColumnElement[bool]


def select_parties(session: Session, segment: Segment, now: datetime, limit: int | None = None) -> list[int]:
    """The ids of the (root) parties in a segment as of `now`, in the order of the list of customers."""
    require_numbers(session, segment)
    query = select(Party.id).where(segment_condition(segment, now)).order_by(Party.sort_key, Party.id)
    return list(session.execute(query.limit(limit)).scalars())


def count_segment(session: Session, segment: Segment, now: datetime) -> int:
    """How many customers are in a segment as of `now`."""
    require_numbers(session, segment)
    return session.execute(select(func.count()).select_from(Party).where(segment_condition(segment, now))).scalar_one()


def segment_condition(segment: Segment, now: datetime) -> Condition:
    """The condition on `Party` (its root row) that a segment stands for."""
    shown = true() if names_state(segment) else Party.state == PartyState.ACTIVE
    return and_(Party.id == Party.root_id, shown, _node(segment.root, now))


def names_state(segment: Segment) -> bool:
    """Whether a segment says itself in which states those are whom it means."""
    return any(test.field == "state" for test in _tests(segment.root))


def _node(node: Node, now: datetime) -> Condition:
    match node:
        case All():
            return true()
        case Not():
            return not_(_node(node.item, now))
        case And():
            return and_(*(_node(item, now) for item in node.items))
        case Or():
            return or_(*(_node(item, now) for item in node.items))
        case Test():
            return (_shown if _is_shown(node.field) else _FIELDS[node.field])(node, now)


def _members(query: Select[Any]) -> Condition:
    """Customers that have a member among the party ids of `query`."""
    return Party.id.in_(select(Party.root_id).where(Party.id.in_(query)))


def _has_member(member: type[Party], holds: Condition) -> Condition:
    """Customers of whom this holds for a member, asked of each: for what is true of so many that a list of them is long."""
    return exists(select(member.id).where(member.root_id == Party.id, holds).correlate(Party))


# --- fields of several kinds -------------------------------------------------------------------------------------


def _matches(
    test: Test, column: ColumnElement[str] | InstrumentedAttribute[str], fold: Callable[[str], Any]
) -> Condition:
    """`= ~ in` on a folded column; `!=` is the caller's to negate, since it speaks of the customer, not of a row."""
    values = [fold(str(value)) for value in test.values]
    if test.op == Op.CONTAINS:
        return column.contains(values[0], autoescape=True)
    return column.in_(values)


def _any_of(test: Test, query: Select[Any], column: ColumnElement[str], fold: Callable[[str], Any]) -> Condition:
    """Customers with a row in `query` (of party ids) whose `column` matches; `is empty` has no row at all."""
    if test.op == Op.EMPTY:
        return not_(_members(query.where(column != "")))
    found = _members(query.where(_matches(test, column, fold)))
    return not_(found) if test.op == Op.DIFFERS else found


def _tag(test: Test, _now: datetime) -> Condition:
    """By category and name, or names that a tag had before; `interest:*` is any tag of a category."""
    if test.op == Op.EMPTY:
        return not_(_members(select(PartyTag.party_id)))
    names: dict[str, set[str]] = {}
    for value in test.values:
        category, name = parse_tag(str(value)).key
        names.setdefault(category, set()).add(name)
    wanted = or_(*(condition for category, those in names.items() for condition in _tags_in(category, those)))
    found = _members(select(PartyTag.party_id).where(wanted))
    return not_(found) if test.op == Op.DIFFERS else found


def _tags_in(category: str, names: set[str]) -> Iterator[Condition]:
    of_it = select(Tag.id).where(Tag.category == category)
    if category and ANY in names:
        yield PartyTag.tag_id.in_(of_it)
        return
    former = select(TagAlias.tag_id).where(TagAlias.category == category, TagAlias.name_key.in_(names))
    yield PartyTag.tag_id.in_(of_it.where(Tag.name_key.in_(names)))
    yield PartyTag.tag_id.in_(former)


def _emails() -> Select[Any]:
    joined = select(PartyEmail.party_id).join(EmailAddress, EmailAddress.id == PartyEmail.email_id)
    return joined.where(PartyEmail.valid_to.is_(None))


def _email(test: Test, _now: datetime) -> Condition:
    fold = str.lower if test.op == Op.CONTAINS else address_key
    return _any_of(test, _emails(), EmailAddress.address_norm, fold)  # type: ignore[arg-type]


def _domain(test: Test, _now: datetime) -> Condition:
    return _any_of(test, _emails(), EmailAddress.domain, _domain_key)  # type: ignore[arg-type]


def _domain_key(value: str) -> str:
    return domain_of(address_key(f"x@{value}"))


def _person(column: InstrumentedAttribute[str]) -> Callable[[Test, datetime], Condition]:
    """Both sides are folded by the engine where they can be: some PostgreSQL fold ASCII only."""

    def build(test: Test, _now: datetime) -> Condition:
        fold = str.lower if test.op == Op.CONTAINS else func.lower
        return _any_of(test, select(Person.party_id), func.lower(column), fold)

    return build


def _is_shown(field: str) -> bool:
    return field not in _FIELDS


def _shown(test: Test, _now: datetime) -> Condition:
    """What customers show in a field, by the index of its values."""
    query = select(ShownValue.party_id).where(ShownValue.field == test.field)
    if test.op == Op.EMPTY:
        return Party.id.not_in(query)
    found = Party.id.in_(query.where(_matches(test, ShownValue.v_text, lambda value: value.casefold()[:190])))
    return not_(found) if test.op == Op.DIFFERS else found


def _name(test: Test, _now: datetime) -> Condition:
    return _any_of(test, select(Party.id), Party.sort_key, str.casefold)  # type: ignore[arg-type]


def _plain(column: InstrumentedAttribute[Any], read: Callable[[str], Any]) -> Callable[[Test, datetime], Condition]:
    def build(test: Test, _now: datetime) -> Condition:
        member = aliased(Party)
        values = [read(str(value)) for value in test.values]
        found = _has_member(member, getattr(member, column.key).in_(values))
        return not_(found) if test.op == Op.DIFFERS else found

    return build


def _number(test: Test, _now: datetime) -> Condition:
    """Any number a member has: ours, former, or of another system."""
    query = select(NumberAlias.party_id).where(NumberAlias.number_key.in_([number_key(str(v)) for v in test.values]))
    return not_(_members(query)) if test.op == Op.DIFFERS else _members(query)


def require_numbers(session: Session, segment: Segment) -> None:
    """Raises UserError if the segment speaks of a number that is mistyped: it would quietly mean nobody."""
    for test in _tests(segment.root):
        if test.field == "number":
            for value in test.values:
                require_number(session, str(value))


def _tests(node: Node) -> Iterator[Test]:
    match node:
        case Test():
            yield node
        case Not():
            yield from _tests(node.item)
        case And() | Or():
            for item in node.items:
                yield from _tests(item)
        case All():
            return


def _state(test: Test, _now: datetime) -> Condition:
    """Of the root, whose row is asked for: it stands for all."""
    read = _one_of(PartyState, "state")
    found = Party.state.in_([read(str(value)) for value in test.values])
    return not_(found) if test.op == Op.DIFFERS else found


def _one_of(enum: type[StrEnum], field: str) -> Callable[[str], Any]:
    def read(value: str) -> Any:
        try:
            return enum(value.lower())
        except ValueError as exc:
            raise SegmentError(f"{field} is one of {', '.join(enum)}, not {value!r}") from exc

    return read


def _consent(test: Test, _now: datetime) -> Condition:
    query = (
        select(PartyEmail.party_id)
        .join(ConsentNow, ConsentNow.email_id == PartyEmail.email_id)
        .join(Purpose, Purpose.id == ConsentNow.purpose_id)
        .where(ConsentNow.state == ConsentState.GIVEN, PartyEmail.valid_to.is_(None))
    )
    return _any_of(test, query, Purpose.key, str.lower)  # type: ignore[arg-type]


def _time(*columns: InstrumentedAttribute[Any]) -> Callable[[Test, datetime], Condition]:
    def build(test: Test, now: datetime) -> Condition:
        member = aliased(Party)
        times = [getattr(member, column.key) for column in columns]
        known = _has_member(member, or_(*(time.is_not(None) for time in times)))
        if test.op == Op.NEVER:
            return not_(known)
        moment = _moment(test.values[0], now)
        later = _has_member(member, or_(*(time >= moment for time in times)))
        return later if test.op == Op.AFTER else and_(known, not_(later))

    return build


def _moment(value: str | datetime | timedelta, now: datetime) -> datetime:
    if isinstance(value, timedelta):
        return now - value
    assert isinstance(value, datetime)
    return value


_FIELDS: dict[str, Callable[[Test, datetime], Condition]] = {
    "tag": _tag,
    "name": _name,
    "given_name": _person(Person.given_name),
    "family_name": _person(Person.family_name),
    "salutation": _person(Person.salutation),
    "language": _person(Person.language),
    "email": _email,
    "domain": _domain,
    "number": _number,
    "kind": _plain(Party.kind, _one_of(PartyKind, "kind")),
    "state": _state,
    "source": _plain(Party.source, str.lower),
    "consent": _consent,
    "last_in": _time(Party.last_in_at),
    "last_out": _time(Party.last_out_at),
    "last_contact": _time(Party.last_in_at, Party.last_out_at),
    "created": _time(Party.created_at),
}


# --- stored segments ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A segment with a name."""

    name: str
    segment: Segment
    version: int
    updated_at: datetime


def save_segment(
    session: Session, name: str, expression: str, now: datetime, *, replace: bool = False
) -> StoredSegment:
    """Keep an expression under a name. Raises SegmentError, and Conflict if the name is taken and not to be replaced."""
    segment = parse_segment(expression)
    require_numbers(session, segment)
    segment_condition(segment, now)  # values such as `kind = robot` show their error now, not at the next campaign
    row = session.execute(select(SegmentRow).where(SegmentRow.name == name)).scalar_one_or_none()
    if row is not None and not replace:
        raise Conflict(f"there is a segment {name!r} already; use --replace to change it")
    if row is None:
        row = SegmentRow(name=name, version=0)
        session.add(row)
    row.expression, row.updated_at, row.version = segment.text, now, row.version + 1
    session.flush()
    return StoredSegment(name, segment, row.version, now)


def get_segment(session: Session, name: str) -> StoredSegment:
    """A stored segment; raises NotFound."""
    row = session.execute(select(SegmentRow).where(SegmentRow.name == name)).scalar_one_or_none()
    if row is None:
        raise NotFound(f"no segment {name!r}; `mailcrm segments list` shows them")
    return StoredSegment(row.name, parse_segment(row.expression), row.version, row.updated_at)


def list_segments(session: Session) -> list[StoredSegment]:
    """All stored segments by name."""
    rows = session.execute(select(SegmentRow).order_by(SegmentRow.name)).scalars()
    return [StoredSegment(row.name, parse_segment(row.expression), row.version, row.updated_at) for row in rows]


def delete_segment(session: Session, name: str) -> None:
    """Forget a stored segment; campaigns keep the expression they were made with. Raises NotFound."""
    row = session.execute(select(SegmentRow).where(SegmentRow.name == name)).scalar_one_or_none()
    if row is None:
        raise NotFound(f"no segment {name!r}")
    session.delete(row)
