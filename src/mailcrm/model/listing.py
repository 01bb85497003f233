"""How the list of customers is sorted, and the cursor that says where its next page begins."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from mailcrm.errors import UserError
from mailcrm.model.archive import PartyLine
from mailcrm.model.contact import OWN, SHOWN

Value = str | int | None
"""What a customer is sorted by: text, a number, microseconds since 1970 (UTC); None where it has none."""

SORTS = ("name", "number", "created", "last_in", "last_out", "last_contact", *(field.value for field in SHOWN))
"""What every list can be sorted by, besides the team's own fields (`x.budget`)."""

_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Order:
    """By which field, and whether the greatest comes first. Who has no value comes last either way."""

    field: str = "name"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last customer of a page: the next one begins behind it, whatever was added or removed meanwhile."""

    order: Order
    value: Value
    id: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list with the cursor that goes on behind it."""

    line: PartyLine
    cursor: str


def parse_order(text: str, *, descending: bool = False) -> Order:
    """Raises UserError for what lists are not sorted by; whether a team has such a field, the store knows."""
    field = text.strip().lower().replace(" ", "_")
    if field not in SORTS and not field.startswith(OWN):
        raise UserError(f"lists are not sorted by {text!r}; there are: {', '.join(SORTS)}, and fields like {OWN}budget")
    return Order(field, descending)


def write_cursor(cursor: Cursor) -> str:
    """A word that needs no quotes in a shell or an address."""
    parts = [cursor.order.field, int(cursor.order.descending), cursor.value, cursor.id]
    plain = json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return urlsafe_b64encode(plain).decode("ascii").rstrip("=")


def read_cursor(text: str, order: Order) -> Cursor:
    """Raises UserError for what is none, and for one of a list that was sorted otherwise."""
    try:
        parts = json.loads(urlsafe_b64decode(text.strip() + "=" * (-len(text.strip()) % 4)))
        field, descending, value, party_id = parts
    except (ValueError, TypeError) as exc:
        raise UserError(f"{text[:40]!r} is no cursor; take the one that the page before ended with") from exc
    known = isinstance(field, str) and descending in (0, 1) and _is_id(party_id) and _is_value(value)
    if not known:
        raise UserError(f"{text[:40]!r} is no cursor; take the one that the page before ended with")
    if Order(field, bool(descending)) != order:
        raise UserError(
            f"this cursor is of a list by {field}{', descending' * bool(descending)}; sort so, or begin anew"
        )
    return Cursor(order, value, party_id)


def _is_id(value: object) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST


def _is_value(value: object) -> bool:
    return value is None or isinstance(value, str) or (type(value) is int and abs(value) <= _LARGEST)
