"""What a cluster is called: the name of one of its members, chosen anew whenever members or their names change."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from mailcrm.model.cluster import named_by, root_of
from mailcrm.model.identity import Member
from mailcrm.model.party import PartyKind, PartyState
from mailcrm.store.bulk import portions
from mailcrm.store.rows.party import Party


def sort_key(name: str) -> str:
    """What lists are ordered by."""
    return name.casefold()[:255]


def show_names(session: Session, party_ids: Sequence[int]) -> None:
    """Of the clusters of these parties."""
    session.flush()
    for part in portions(sorted(set(party_ids))):
        roots = select(Party.root_id).where(Party.id.in_(part))
        members = select(Party).where(Party.root_id.in_(roots)).order_by(Party.id)
        show(session.execute(members.execution_options(populate_existing=True)).scalars())
    session.flush()


def show(parties: Iterable[Party]) -> None:
    """Name the root of each of these whole clusters; the other members show their own names."""
    clusters: dict[int, list[Party]] = {}
    for party in parties:
        clusters.setdefault(party.root_id or party.id, []).append(party)
    for rows in clusters.values():
        by_id = {row.id: row for row in rows}
        members = [member_of(row) for row in rows]
        root, name = root_of(members).id, named_by(members).id
        for row in rows:
            row.named_by = name if row.id == root and name != root else None
            row.display_name = by_id[name].own_name if row.id == root else row.own_name
            row.sort_key = sort_key(row.display_name)


def member_of(row: Party) -> Member:
    """What the choices of a cluster are made from."""
    return Member(
        row.id, row.state == PartyState.ACTIVE, row.customer_no or "", row.own_name, row.name_source,
        row.kind == PartyKind.ORGANISATION, row.state in (PartyState.ARCHIVED, PartyState.ERASED),
    )  # fmt: skip
