"""The timeline: what happened with a customer, newest first, each thing once however often it is replayed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session

from mailcrm.errors import NotFound
from mailcrm.model.archive import TimelineLine
from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.model.message import MailKind, ParticipantRole
from mailcrm.model.rights import Viewer
from mailcrm.model.text import clean_line
from mailcrm.store.bulk import insert_numbered, insert_rows, rows_in, rows_of
from mailcrm.store.context import actor_name
from mailcrm.store.prepared import Lookup
from mailcrm.store.rows.base import UtcMicros
from mailcrm.store.rows.mail import Attachment, Message, MessageParticipant
from mailcrm.store.rows.party import EmailAddress, Party
from mailcrm.store.rows.timeline import Interaction, InteractionParty
from mailcrm.store.visibility import VIEWERS, visible_interaction

_SAID = 160
"""Characters of a mail's text that its line shows."""


@dataclass(frozen=True, slots=True)
class NewInteraction:
    """A line to append. `parties` are (party id, role) pairs; the source key makes a replay harmless."""

    kind: InteractionKind
    source_key: str
    at: datetime
    title: str
    parties: tuple[tuple[int, str], ...]
    direction: Direction | None = None
    body: str = ""
    outcome: str = ""
    message_id: int | None = None


def append_interactions(session: Session, lines: Sequence[NewInteraction]) -> list[int]:
    """Add lines that are new by (kind, source_key); returns the ids of those added."""
    known = _known(session, lines)
    once = {(line.kind, line.source_key): line for line in reversed(lines)}
    fresh = [line for key, line in reversed(once.items()) if key not in known]
    rows = [
        {
            "kind": line.kind, "source_key": line.source_key, "occurred_at": line.at, "direction": line.direction,
            "title": line.title[:998], "body": line.body, "outcome": line.outcome, "message_id": line.message_id,
            "actor": actor_name(session),
        }
        for line in fresh
    ]  # fmt: skip
    ids = insert_numbered(session, Interaction, rows)
    links = [
        {"party_id": party_id, "occurred_at": line.at, "interaction_id": row_id, "role": role}
        for row_id, line in zip(ids, fresh, strict=True)
        for party_id, role in dict(reversed(line.parties)).items()  # the first role of a party counts
    ]
    insert_rows(session, InteractionParty, links)
    return ids


def _known(session: Session, lines: Iterable[NewInteraction]) -> set[tuple[InteractionKind, str]]:
    by_kind: dict[InteractionKind, list[str]] = {}
    for line in lines:
        by_kind.setdefault(line.kind, []).append(line.source_key)
    return {(kind, key) for kind, keys in by_kind.items() for (key,) in rows_in(session, _of_kind(), keys, kind=kind)}


def find_line(session: Session, kind: InteractionKind, source_key: str) -> int:
    """The id of a line that is there."""
    query = select(Interaction.id).where(Interaction.kind == kind, Interaction.source_key == source_key)
    return session.execute(query).scalar_one()


def update_line(
    session: Session,
    interaction_id: int,
    *,
    at: datetime,
    title: str,
    body: str | None = None,
    outcome: str | None = None,
) -> None:
    """Make a line say something else, also when it happened (UTC); None leaves what is there."""
    row = session.get_one(Interaction, interaction_id)
    if row.occurred_at != at:
        moved = update(InteractionParty).where(InteractionParty.interaction_id == interaction_id)
        session.execute(moved.values(occurred_at=at).execution_options(synchronize_session=False))
        row.occurred_at = at
    row.title = title[:998]
    row.body = row.body if body is None else body
    row.outcome = row.outcome if outcome is None else outcome
    session.flush()


@cache
def _of_kind() -> Lookup:
    return Lookup(select(Interaction.source_key).where(Interaction.kind == bindparam("kind")), Interaction.source_key)


def message_key(message_id: int) -> str:
    """The source key of the plain line of a mail."""
    return f"message:{message_id}"


def attach_message(session: Session, kind: InteractionKind, source_key: str, message_id: int) -> bool:
    """Give an existing line its mail: the copy in Sent joins the line that sending wrote, instead of doubling it."""
    row = session.execute(
        select(Interaction).where(Interaction.kind == kind, Interaction.source_key == source_key)
    ).scalar_one_or_none()
    if row is not None:
        row.message_id = message_id
    return row is not None


def drop_message_line(session: Session, message_id: int) -> None:
    """Take away the plain line of a mail that another line (its campaign's) already shows."""
    # By the message, which has an index; the key alone has none without the kind.
    own = select(Interaction.id).where(
        Interaction.message_id == message_id, Interaction.source_key == message_key(message_id)
    )
    for interaction_id in session.execute(own).scalars().all():
        session.execute(delete(InteractionParty).where(InteractionParty.interaction_id == interaction_id))
        session.execute(delete(Interaction).where(Interaction.id == interaction_id))


def select_timeline(
    session: Session,
    party_id: int,
    viewer: Viewer,
    limit: int = 50,
    before: datetime | None = None,
    before_id: int | None = None,
) -> list[TimelineLine]:
    """The newest lines of a customer (all members of its cluster) that `viewer` may see.

    `before` and `before_id` are time and id of the last line seen, to page on; several things can happen at one moment.
    """
    lines = _newest(session, members_of(session, party_id), viewer, limit, before, before_id)
    rows = _rows(session, list(lines))
    mails = [row.message_id for row in rows if row.message_id is not None]
    names, attached, said = sender_names(session, mails), attached_counts(session, mails), _said(session, mails)
    return [_line(row, lines[row.id], names, attached, said) for row in rows]


def members_of(session: Session, party_id: int) -> Sequence[int]:
    """The parties that are one customer, by their root. Raises NotFound where there is none."""
    found = rows_of(session, _size(), party=party_id)
    if not found:
        raise NotFound(f"there is no customer #{party_id}")
    if found[0][0] == 1:
        return [party_id]
    return [row[0] for row in rows_of(session, _in_cluster(), party=party_id)]


@cache
def _size() -> Select[int]:
    return select(Party.cluster_size).where(Party.id == bindparam("party"))


@cache
def _in_cluster() -> Select[int]:
    return select(Party.id).where(Party.root_id == bindparam("party")).order_by(Party.id)


def _newest(
    session: Session,
    members: Sequence[int],
    viewer: Viewer,
    limit: int,
    before: datetime | None,
    before_id: int | None,
) -> dict[int, str]:
    """The ids of the newest lines of these, the newest first, each once with the role that the first of them had.

    One limited range of the index for each member: measured, that is up to 25 times as fast on PostgreSQL and MariaDB as
    to ask for all members at once.
    """
    query = _range(viewer, paged=before is not None)
    values = {"before": before, "before_id": before_id or 0} if before is not None else {}
    found: dict[tuple[datetime, int], str] = {}
    for member in members:
        for at, interaction_id, role in rows_of(session, query, member=member, most=limit, **values):
            found.setdefault((at, interaction_id), role)
    return {interaction_id: found[at, interaction_id] for at, interaction_id in sorted(found, reverse=True)[:limit]}


@lru_cache(maxsize=VIEWERS)
def _range(viewer: Viewer, *, paged: bool) -> Select[datetime, int, str]:
    query = (
        select(InteractionParty.occurred_at, InteractionParty.interaction_id, InteractionParty.role)
        .join(Interaction, Interaction.id == InteractionParty.interaction_id)
        .where(InteractionParty.party_id == bindparam("member"), visible_interaction(viewer))
        .order_by(InteractionParty.occurred_at.desc(), InteractionParty.interaction_id.desc())
        .limit(bindparam("most", type_=Integer))
    )
    if not paged:
        return query
    before = bindparam("before", type_=UtcMicros())
    same = and_(InteractionParty.occurred_at == before, InteractionParty.interaction_id < bindparam("before_id"))
    return query.where(or_(InteractionParty.occurred_at < before, same))


class _Row(NamedTuple):
    id: int
    at: datetime
    kind: InteractionKind
    direction: Direction | None
    title: str
    body: str
    outcome: str
    message_id: int | None


def _rows(session: Session, ids: Sequence[int]) -> list[_Row]:
    """The lines with these ids, in this order."""
    by_id = {row[0]: _Row(*row) for row in rows_in(session, _lines(), ids)}
    return [by_id[each] for each in ids]


@cache
def _lines() -> Lookup:
    columns = select(
        Interaction.id, Interaction.occurred_at, Interaction.kind, Interaction.direction, Interaction.title,
        Interaction.body, Interaction.outcome, Interaction.message_id,
    )  # fmt: skip
    return Lookup(columns, Interaction.id)


def _line(row: _Row, role: str, names: dict[int, str], attached: dict[int, int], said: dict[int, str]) -> TimelineLine:
    return TimelineLine(
        id=row.id, at=row.at, kind=row.kind, direction=row.direction, title=row.title, body=row.body,
        outcome=row.outcome, message_id=row.message_id, role=role, who=names.get(row.message_id or 0, ""),
        attachments=attached.get(row.message_id or 0, 0), said=said.get(row.message_id or 0, ""),
    )  # fmt: skip


def _said(session: Session, message_ids: Sequence[int]) -> dict[int, str]:
    """How the newest text of each mail begins that a human wrote."""
    return {row[0]: clean_line(row[1], _SAID) for row in rows_in(session, _beginnings(), message_ids)}


@cache
def _beginnings() -> Lookup:
    text = func.substr(func.coalesce(Message.newest_text, Message.body_text, ""), 1, _SAID)
    return Lookup(select(Message.id, text).where(Message.kind == MailKind.PERSON), Message.id)


def is_attached() -> ColumnElement[bool]:
    """Of an attachment: people see it as one; pictures within the text are none."""
    return Attachment.inline.is_(False)


def is_sender() -> ColumnElement[bool]:
    """Of a participant: who is shown as the sender of a mail."""
    return and_(MessageParticipant.role == ParticipantRole.FROM, MessageParticipant.position == 0)


def attached_counts(session: Session, message_ids: Sequence[int]) -> dict[int, int]:
    """How many attachments these mails are known to have; those without are left out."""
    return {row[0]: row[1] for row in rows_in(session, _attached(), message_ids)}


@cache
def _attached() -> Lookup:
    counted = select(Attachment.message_id, func.count()).where(is_attached()).group_by(Attachment.message_id)
    return Lookup(counted, Attachment.message_id)


def sender_names(session: Session, message_ids: Sequence[int]) -> dict[int, str]:
    """The senders as these mails name them."""
    return {row[0]: row[1] or row[2] for row in rows_in(session, _senders(), message_ids)}


@cache
def _senders() -> Lookup:
    query = (
        select(MessageParticipant.message_id, MessageParticipant.display_name, EmailAddress.address_display)
        .join(EmailAddress, EmailAddress.id == MessageParticipant.email_id)
        .where(is_sender())
    )
    return Lookup(query, MessageParticipant.message_id)
