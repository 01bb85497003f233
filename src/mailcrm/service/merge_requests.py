"""Merges and un-merges as a human asks for them: written down, and carried out as written.

Between asking and carrying out somebody else may look (`service.approvals`). What is written names who belongs to each
customer, so that nothing is approved that has meanwhile become something else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailcrm.errors import Conflict, NotFound, UserError
from mailcrm.identity import verdicts
from mailcrm.model.approval import Carried
from mailcrm.model.identity import MergeLine, MergeMethod, ReviewLine
from mailcrm.model.rights import Actor
from mailcrm.service import merging
from mailcrm.service.app import App
from mailcrm.store import Session
from mailcrm.store.identity import clusters, merges
from mailcrm.store.identity.sides import sides


@dataclass(frozen=True)
class Plan:
    """What to hand to `service.approvals.ask_or_do`."""

    summary: str
    payload: Mapping[str, Any]


# --- asking ------------------------------------------------------------------------------------------------------


def plan_merge(session: Session, one: int, other: int) -> Plan:
    """Make the customers of two parties one. Raises Conflict if they are."""
    customers = _customers(session, one, other)
    if len(customers) < 2:
        raise Conflict("these are one customer already")
    return Plan(
        f"merge {_named(session, one, other)}", {"do": "merge", "one": one, "other": other, "customers": customers}
    )


def plan_bulk(lines: Sequence[ReviewLine]) -> Plan:
    """Make the customers of each of these pairs one."""
    pairs = [[line.left.party_id, line.right.party_id] for line in lines]
    return Plan(f"merge {len(pairs)} pairs", {"do": "merge pairs", "pairs": pairs})


def plan_unmerge(session: Session, one: int, other: int) -> Plan:
    """Take two parties of a customer apart."""
    payload = {"do": "unmerge", "one": one, "other": other, "customers": _customers(session, one, other)}
    return Plan(f"take {_named(session, one, other)} apart", payload)


def plan_unmerge_all(session: Session, one: int) -> Plan:
    """Take everything off a customer that was merged with it."""
    payload = {"do": "unmerge all", "one": one, "customers": _customers(session, one)}
    return Plan(f"undo all merges of {_named(session, one)}", payload)


def plan_undo(session: Session, merge_id: int) -> Plan:
    """Undo one merge. Raises NotFound."""
    lines = merges.get_merges(session, [merge_id])
    if not lines:
        raise NotFound(f"no merge {merge_id}; `mailcrm identity explain CUSTOMER` shows them")
    [line] = lines
    both = line.party_lo, line.party_hi
    payload = {
        "do": "undo",
        "merge": merge_id,
        "one": both[0],
        "other": both[1],
        "customers": _customers(session, *both),
    }
    return Plan(f"undo merge {merge_id} of {_named(session, *both)}", payload)


def _customers(session: Session, *party_ids: int) -> list[list[int]]:
    return sorted(sorted(members) for members in clusters.members_of(session, party_ids).values())


def _named(session: Session, *party_ids: int) -> str:
    """By numbers: a name would outlive an erasure here."""
    known = sides(session, party_ids)
    return " and ".join(known[each].number or f"#{each}" for each in party_ids)


# --- carrying out ------------------------------------------------------------------------------------------------


def carry_out(app: App, payload: Mapping[str, Any], actor: Actor) -> Carried:
    """Do what is written, as the one who asked. Raises Conflict where the customers are not those any more, and what the merge
    or un-merge raises."""
    if payload["do"] == "merge pairs":
        return _merge_pairs(app, payload["pairs"], actor)
    with app.store.write(actor) as session:
        clusters.hold(session)
        _require_same(session, payload)
        if payload["do"] == "merge":
            one, other = payload["one"], payload["other"]
            merge_id = verdicts.merge(session, one, other, app.clock())
            value = {"merge": merge_id, "customer": merging.membership(session, one)}
            return Carried(f"merge {merge_id}: {_named(session, one, other)} are one customer now", value)
        ended = _unmerge(session, app, payload)
    return Carried(f"{len(ended)} merge(s) undone: {', '.join(str(line.id) for line in ended)}", ended)


def _require_same(session: Session, payload: Mapping[str, Any]) -> None:
    both = [payload[side] for side in ("one", "other") if side in payload]
    if _customers(session, *both) != payload["customers"]:
        raise Conflict("these customers were merged or taken apart meanwhile; look again and repeat your change")


def _unmerge(session: Session, app: App, payload: Mapping[str, Any]) -> list[MergeLine]:
    match payload["do"]:
        case "unmerge":
            return verdicts.unmerge(session, payload["one"], payload["other"], app.clock())
        case "unmerge all":
            return verdicts.unmerge_all(session, payload["one"], app.clock())
        case "undo":
            return verdicts.undo_merge(session, payload["merge"], app.clock())
        case other:
            raise UserError(f"{other!r} is unknown here: a newer version asked for it")


def _merge_pairs(app: App, pairs: Sequence[Sequence[int]], actor: Actor) -> Carried:
    """Each in a transaction of its own; those that became one by an earlier one, or were told apart, are passed over."""
    done = 0
    for one, other in pairs:
        try:
            with app.store.write(actor) as session:
                verdicts.merge(session, one, other, app.clock(), MergeMethod.BULK)
        except Conflict:
            continue
        done += 1
    return Carried(f"{done} pairs merged", {"merged": done})
