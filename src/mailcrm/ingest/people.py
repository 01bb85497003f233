"""Who took part in a mail: address rows, candidate parties, participants, sightings and the line on the timeline.

Robots, mailing lists and our own addresses stay address rows. A newcomer in a newsletter or an automatic answer becomes
nobody; somebody we know is shown with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailcrm.model.address import AddressKind, OwnAddresses, address_kind
from mailcrm.model.archive import KnownAddress
from mailcrm.model.filing import FiledMessage, NewSighting
from mailcrm.model.interaction import Direction
from mailcrm.model.message import MailKind, ParsedHeaders, Participant, ParticipantRole
from mailcrm.store import Session, addresses, candidates, messages, parties, sightings, timeline
from mailcrm.store.adopt import message_line
from mailcrm.store.timeline import NewInteraction

_PEOPLE_ROLES = (ParticipantRole.FROM, ParticipantRole.TO, ParticipantRole.CC, ParticipantRole.BCC)
_LIST_ROLES = (ParticipantRole.TO, ParticipantRole.CC)
_PEOPLE_KINDS = (AddressKind.PERSONAL, AddressKind.ROLE)
_CROWD = 100
"""A mail to more people than this makes nobody but its sender a candidate."""

Filed = tuple[int, FiledMessage]


@dataclass(frozen=True, slots=True)
class People:
    """Through whose eyes addresses are judged."""

    account_id: int
    own: OwnAddresses


@dataclass(frozen=True, slots=True)
class _Seen:
    """A participant with its address row and the party behind it (None: nobody)."""

    index: int
    participant: Participant
    address: KnownAddress
    party_id: int | None


def file_people(session: Session, people: People, filed: Sequence[Filed], now: datetime) -> None:
    """File everybody who took part in these new messages (id, message)."""
    known = _ensure_addresses(session, people, [message for _, message in filed], now)
    owners = _owners(session, people, [message for _, message in filed], known, now)
    seen = {message_id: list(_seen(message, known, owners)) for message_id, message in filed}
    messages.add_participants(
        session, [row for message_id, _ in filed for row in _participants(message_id, seen[message_id])]
    )
    lines = [line for message_id, message in filed if (line := _line(message_id, message, seen[message_id]))]
    timeline.append_interactions(session, lines)
    sightings.add_sightings(
        session, [s for message_id, message in filed for s in _sightings(people, message_id, message, seen[message_id])]
    )
    _touch(session, [(message, seen[message_id]) for message_id, message in filed])


def _ensure_addresses(
    session: Session, people: People, filed: Sequence[FiledMessage], now: datetime
) -> dict[str, KnownAddress]:
    wanted: dict[str, tuple[str, AddressKind]] = {}
    for message in filed:
        for participant in message.headers.participants:
            if participant.key not in wanted:
                wanted[participant.key] = participant.address, address_kind(participant.key, people.own)
    writers = {key for message in filed if message.headers.kind == MailKind.PERSON for key in _writers(message.headers)}
    lists = {key for message in filed if (key := list_address(message.headers))} - writers
    for key in lists & wanted.keys():
        wanted[key] = (wanted[key][0], AddressKind.LIST)
    known = addresses.ensure_addresses(session, wanted, now)
    for key in (lists | writers) & known.keys():
        kind = wanted[key][1]
        # Words and List-Id can be wrong about lists; what a human said or wrote counts more.
        if known[key].kind != kind and AddressKind.LIST in (kind, known[key].kind) and known[key].party_id is None:
            addresses.set_kind(session, known[key].id, kind)
            known[key] = replace(known[key], kind=kind)
    return known


def list_address(headers: ParsedHeaders) -> str:
    """The posting address of a mailing list, from its List-Id <users.example.org> (RFC 2919); '' for other mail.

    Anybody can write any List-Id: it counts only where the mail went to that address or names it for posts, and never
    for who wrote the mail.
    """
    name, _, domain = headers.list_id.partition(".")
    if headers.kind != MailKind.LIST or not name or not domain:
        return ""
    address = f"{name}@{domain}".lower()
    posted = {p.key for p in headers.participants if p.role in _LIST_ROLES} | {headers.list_post}
    return address if address in posted - _writers(headers) else ""


def _writers(headers: ParsedHeaders) -> set[str]:
    return {participant.key for participant in headers.participants if participant.role == ParticipantRole.FROM}


def _owners(
    session: Session, people: People, filed: Sequence[FiledMessage], known: Mapping[str, KnownAddress], now: datetime
) -> dict[str, int]:
    """The party behind each address key; whoever writes or is written to for the first time becomes a candidate."""
    owners = {key: address.party_id for key, address in known.items() if address.party_id is not None}
    wanted: dict[str, tuple[KnownAddress, str]] = {}
    for message in filed:
        crowd = len(message.headers.participants) > _CROWD
        for participant in message.headers.participants:
            address = known.get(participant.key)
            if address is None or participant.key in owners or participant.key in wanted:
                continue
            if _makes_candidate(people, message, participant, address, crowd=crowd):
                wanted[participant.key] = address, participant.name
    return owners | candidates.parties_for(session, wanted.values(), "header", now)


def _seen(message: FiledMessage, known: Mapping[str, KnownAddress], owners: Mapping[str, int]) -> Iterable[_Seen]:
    for index, participant in enumerate(message.headers.participants):
        address = known.get(participant.key)
        if address is not None:  # else it is longer than any address may be: in the raw message only
            yield _Seen(index, participant, address, owners.get(participant.key))


def _makes_candidate(
    people: People, message: FiledMessage, participant: Participant, address: KnownAddress, *, crowd: bool
) -> bool:
    """Only mail written by hand does; a row may be older than the news that its address is ours."""
    if address.kind not in _PEOPLE_KINDS or participant.role not in _PEOPLE_ROLES or "@" not in address.key:
        return False
    if address.key in people.own or message.headers.kind != MailKind.PERSON:
        return False
    if message.direction == Direction.OUT:
        return not crowd
    return message.direction == Direction.IN and (participant.role == ParticipantRole.FROM or not crowd)


def _participants(message_id: int, seen: Iterable[_Seen]) -> Iterable[dict[str, object]]:
    return (
        {
            "message_id": message_id,
            "role": item.participant.role,
            "position": item.participant.position,
            "email_id": item.address.id,
            "display_name": item.participant.name[:255],
            "party_id": item.party_id,
        }
        for item in seen
    )


def _line(message_id: int, message: FiledMessage, seen: Sequence[_Seen]) -> NewInteraction | None:
    """The line on the timeline of everybody in it; mail that concerns no customer has none."""
    with_whom = tuple(
        (item.party_id, item.participant.role.value)
        for item in seen
        if item.party_id is not None and item.participant.role in _PEOPLE_ROLES
    )
    if not with_whom:
        return None
    headers = message.headers
    return message_line(message_id, message.direction, headers.kind, headers.subject, message.at, with_whom)


def _sightings(people: People, message_id: int, message: FiledMessage, seen: Iterable[_Seen]) -> Iterable[NewSighting]:
    for item in seen:
        if item.party_id is not None and item.participant.role in _PEOPLE_ROLES:
            yield NewSighting(
                message_id=message_id, position=item.index, account_id=people.account_id, address_id=item.address.id,
                party_id=item.party_id, name=item.participant.name, role=item.participant.role.value,
                direction=message.direction, by_hand=message.headers.kind == MailKind.PERSON, seen_at=message.at,
            )  # fmt: skip


def _touch(session: Session, filed: Iterable[tuple[FiledMessage, Sequence[_Seen]]]) -> None:
    """Last contact counts what people wrote, not newsletters and automatic answers."""
    newest: dict[bool, dict[int, datetime]] = {True: {}, False: {}}
    for message, seen in filed:
        if message.headers.kind != MailKind.PERSON or message.direction == Direction.INTERNAL:
            continue
        incoming = message.direction == Direction.IN
        for item in seen:
            writer = item.participant.role == ParticipantRole.FROM
            if item.party_id is not None and item.participant.role in _PEOPLE_ROLES and writer == incoming:
                known = newest[incoming].get(item.party_id, message.at)
                newest[incoming][item.party_id] = max(known, message.at)
    for incoming, times in newest.items():
        parties.touch_contact(session, times, incoming=incoming)
