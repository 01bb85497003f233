"""Files mail in the archive: message, thread, people, timeline and cursor in one transaction.

headers of a batch
  | known by dedupe key?        a copy in another folder is one more location, not one more mail
  | a subject that lacked       an earlier copy had none, since its mailbox keeps metadata only
  | addresses, threads          one row per address ever seen, one conversation per set of ids
  | new message rows, participants, candidates for correspondents (decisions.md 27)
  | the search index            found by subject and people where no body is to come
  | timeline, sightings         the identity resolver works from the sightings, milliseconds later
  | our own campaign mail       a copy in Sent, a reply, an unsubscribe: settled here
bodies, now or later
  | raw bytes by hash, text, attachments, the kind as the body shows it, delivery reports
  | contact facts: what signature and cards tell of the sender; meetings: what calendars tell
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailcrm.ingest.capture import direction_of
from mailcrm.ingest.mail.threads import is_orphan_reply, subject_key, thread_ids
from mailcrm.ingest.people import People, file_people
from mailcrm.ingest.reports import obey_opt_out, settle_body, settle_headers
from mailcrm.model.account import Capture
from mailcrm.model.address import OwnAddresses
from mailcrm.model.contact import ContactFinding
from mailcrm.model.filing import Conversation, FetchedBody, FiledMessage, KnownMessage, PendingBody, Place
from mailcrm.model.folder import FolderRef
from mailcrm.model.interaction import Direction
from mailcrm.model.meeting import Meeting
from mailcrm.model.message import BodyState, ParsedHeaders, ParsedMessage, happened_at
from mailcrm.model.token import LinkKeys
from mailcrm.store import Session, corrections, message_bodies, messages, objects, reply_links, rereading, threads
from mailcrm.store.rereading import Kept
from mailcrm.store.search import index


@dataclass(frozen=True, slots=True)
class FilingContext:
    """What filing needs to know about an account; `leaves_attachments`: on the server, until they are opened."""

    account_id: int
    capture: Capture
    own: OwnAddresses
    links: LinkKeys
    leaves_attachments: bool = False

    def has(self, message: KnownMessage, size: int) -> bool:
        """Whether of a copy of this size all is kept that the account wants."""
        return size > 0 and (size in message.sizes or (self.leaves_attachments and size in message.partial))


@dataclass(frozen=True, slots=True)
class HeaderItem:
    """One UID, its parsed headers and what makes the mail the same mail elsewhere. `sent`: the server says that we
    wrote it."""

    place: Place
    headers: ParsedHeaders
    dedupe_key: str
    sent: bool = False

    def at(self, now: datetime) -> datetime:
        """When it happened: the Date header unless it lies in the future of the arrival."""
        return happened_at(self.headers.sent_at, self.place.internaldate or now)


def record_headers(
    session: Session,
    context: FilingContext,
    folder: FolderRef,
    generation: int,
    items: Sequence[HeaderItem],
    now: datetime,
) -> dict[int, PendingBody]:
    """File a batch by its headers. Returns, by UID, what still lacks its bytes."""
    known = messages.find_messages(session, [item.dedupe_key for item in items])
    _learn_subjects(session, context, items, known, now)
    new = [
        item for item in {item.dedupe_key: item for item in reversed(items)}.values() if item.dedupe_key not in known
    ]
    new.sort(key=lambda item: item.place.uid)
    known |= _file_new(session, context, new, now)
    placed = [(item.place, known[item.dedupe_key]) for item in items]
    states = [_location_state(context, place, message) for place, message in placed]
    messages.add_locations(
        session, folder, generation, [(p, m.id, s) for (p, m), s in zip(placed, states, strict=True)]
    )
    if any(place.object_id for place, _ in placed):
        objects.add_objects(session, context.account_id, [(place, message.id) for place, message in placed])
    return {
        place.uid: PendingBody(message.id, place.uid, place.size, message.body_state == BodyState.DONE)
        for (place, message), state in zip(placed, states, strict=True)
        if state == BodyState.PENDING
    }


def _learn_subjects(
    session: Session,
    context: FilingContext,
    items: Sequence[HeaderItem],
    known: Mapping[str, KnownMessage],
    now: datetime,
) -> None:
    """What a first copy without subject could not tell: the subject, the kind, and that somebody wants no more mail."""
    for item in items:
        message, headers = known.get(item.dedupe_key), item.headers
        if message is None or not message.untitled:
            continue
        if corrections.learn_subject(session, message.id, headers.subject):
            corrections.correct_kinds(session, {message.id: headers.kind})
            if direction_of(headers, context.own, sent=item.sent) == Direction.IN:
                obey_opt_out(session, headers, context.links, now)


def _location_state(context: FilingContext, place: Place, message: KnownMessage) -> BodyState:
    if context.capture != Capture.ALL:
        return BodyState.NONE
    return BodyState.SAME if context.has(message, place.size) else BodyState.PENDING


def _file_new(
    session: Session, context: FilingContext, items: Sequence[HeaderItem], now: datetime
) -> dict[str, KnownMessage]:
    if not items:
        return {}
    talks = [Conversation(thread_ids(item.headers), item.headers.subject, item.at(now)) for item in items]
    thread_of = threads.join_threads(session, talks)
    state = BodyState.PENDING if context.capture == Capture.ALL else BodyState.NONE
    filed = [
        FiledMessage(
            dedupe_key=item.dedupe_key, headers=item.headers,
            direction=direction_of(item.headers, context.own, sent=item.sent), at=item.at(now),
            received_at=item.place.internaldate or now, size=item.place.size, body_state=state, thread_id=thread,
            subject_key=subject_key(item.headers), orphan=is_orphan_reply(item.headers),
        )
        for item, thread in zip(items, thread_of, strict=True)
    ]  # fmt: skip
    ids = messages.add_messages(session, filed)
    people = People(context.account_id, context.own)
    file_people(session, people, list(zip(ids, filed, strict=True)), now)
    reply_links.link_replies(session, list(zip(ids, filed, strict=True)))
    if state != BodyState.PENDING:
        index.add(session, ids)  # else they are with their bodies, which are about to come
    settle_headers(session, list(zip(ids, filed, strict=True)), context.links, now)
    return {item.dedupe_key: KnownMessage(message_id, state) for item, message_id in zip(items, ids, strict=True)}


def record_bodies(
    session: Session, folder: FolderRef, generation: int, bodies: Sequence[FetchedBody], now: datetime
) -> None:
    """Keep the bytes; of mails not read before also text, attachments and what their delivery reports say.

    A mail that is known already is a variant, e.g. with a gateway's footer: its bytes are kept, it is not read again.
    """
    read = [(body.pending.message_id, body.parsed) for body in bodies if body.parsed and not body.pending.known]
    corrections.correct_kinds(session, {message_id: parsed.headers.kind for message_id, parsed in read})
    message_bodies.store_bodies(session, folder, generation, bodies)
    _record_facts(session, {message_id: parsed.findings for message_id, parsed in read if parsed.findings}, now)
    _record_meetings(session, {message_id: parsed.meetings for message_id, parsed in read if parsed.meetings})
    for message_id, parsed in read:
        settle_body(session, message_id, parsed, now)


def record_again(session: Session, kept: Kept, parsed: ParsedMessage | None, error: str, now: datetime) -> None:
    """What newer rules make of a message whose bytes are in the archive; all that follows from it is settled once."""
    rereading.reread(session, kept, parsed, error)
    if parsed is not None:
        _record_facts(session, {kept.message_id: parsed.findings}, now, again=True)
        _record_meetings(session, {kept.message_id: parsed.meetings} if parsed.meetings else {})
        settle_body(session, kept.message_id, parsed, now)


def _record_facts(
    session: Session, told: Mapping[int, Sequence[ContactFinding]], now: datetime, *, again: bool = False
) -> None:
    if told:
        from mailcrm.store import facts  # only now: where nothing is told, its table need not be known

        if again:
            facts.forget_findings(session, list(told), now)
        facts.record_findings(session, told, again=again)


def _record_meetings(session: Session, told: Mapping[int, Sequence[Meeting]]) -> None:
    if told:
        from mailcrm.store import meetings  # only now: few mails have a calendar, and two tables go with it

        meetings.record_meetings(session, told)
