"""What makes two sightings two people, whatever else is said: numbers and years of birth that cannot be one person's.

A slip of the finger is no other person. Neither is a number or a date that was mistaken, where something that one person
alone has, and the name, say the same.
"""

from collections.abc import Callable, Collection
from collections.abc import Set as AbstractSet
from datetime import date
from itertools import combinations

from mailcrm.identity.features import Features
from mailcrm.identity.mailboxes import are_nearly_one
from mailcrm.identity.score import is_slip

_GENERATION = 15
"""Years from which on two of one name at one mailbox are a parent and a child."""

_SHORTEST_NUMBER = 5
"""Characters of a customer number in which one may be wrong; in a shorter one another is the next customer."""

NUMBERS, YEARS = "different customer numbers", "born in different years"


def veto(one: Features, other: Features, shared: AbstractSet[str], defaults: AbstractSet[date], *, agrees: bool) -> str:
    """Why two sightings are never one person; ''. `agrees`: their names may be one's; numbers and mailboxes that are `shared`
    and dates that are `defaults` say nothing."""
    if not (one.person and other.person):
        return "a list or a robot is no person"
    if one.customer_no and other.customer_no and one.customer_no != other.customer_no:
        known = one.customer_no not in shared and other.customer_no not in shared
        slipped = slip_of_number(one.customer_no, other.customer_no) and _born_together(one, other, defaults)
        if known and not (agrees and slipped):
            return NUMBERS
    if one.born and other.born and are_others(one.born, other.born) and not {one.born, other.born} & defaults:
        return "" if agrees and _mistaken(one, other, shared) else YEARS
    return ""


def _born_together(one: Features, other: Features, defaults: AbstractSet[date]) -> bool:
    return one.born is not None and one.born == other.born and one.born not in defaults


def _mistaken(one: Features, other: Features, shared: AbstractSet[str]) -> bool:
    """Whether one of two dates of birth is wrong rather than of somebody else: of people of one name."""
    if one.customer_no and one.customer_no == other.customer_no and one.customer_no not in shared:
        return True
    assert one.born is not None
    assert other.born is not None
    if not one.mailbox or not other.mailbox or abs(one.born.year - other.born.year) >= _GENERATION:
        return False
    if one.role or other.role or {one.mailbox, other.mailbox} & shared:
        return False
    return one.mailbox == other.mailbox or are_nearly_one(one.mailbox, other.mailbox)


def are_others(one: date, other: date) -> bool:
    """Whether two dates of birth are of two people: another year, and more than a slip of the finger."""
    return one.year != other.year and not is_slip_of_date(one, other)


def is_slip_of_date(one: date, other: date) -> bool:
    """One digit is another, or two are exchanged; or day and month are."""
    swapped = one.year == other.year and (one.month, one.day) == (other.day, other.month)
    return swapped or is_slip(f"{one:%Y%m%d}", f"{other:%Y%m%d}")


def slip_of_number(one: str, other: str) -> bool:
    """Whether two customer numbers may be one, mistyped."""
    return min(len(one), len(other)) >= _SHORTEST_NUMBER and is_slip(one, other)


# --- of whole groups ---------------------------------------------------------------------------------------------


def numbers_apart(left: AbstractSet[str], right: AbstractSet[str], born: AbstractSet[date]) -> bool:
    """Whether two groups have numbers of two customers. `born`: dates of birth that both have."""
    every = left | right
    return len(every) > 1 and not (born and all(any(slip_of_number(a, b) for b in every if b != a) for a in every))


def years_apart(every: Collection[date], *, number: bool, known: Callable[[], bool]) -> bool:
    """Whether dates of birth are of two people; `number`: both groups have one in common; `known`: nearly a mailbox, or another
    date."""
    if number or not any(are_others(a, b) for a, b in combinations(sorted(every), 2)):
        return False
    return max(every).year - min(every).year >= _GENERATION or not known()
