"""Our own campaign mail coming back: the copy in Sent, replies, automatic answers, bounces, complaints, opt-outs."""

from collections.abc import Sequence
from datetime import datetime

from mailcrm.ingest.mail.unsubscribe import read_unsubscribe_token
from mailcrm.model.filing import FiledMessage
from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.model.message import MailKind, ParsedHeaders, ParsedMessage, Report
from mailcrm.model.recipient import DeliveryEvent, EventType
from mailcrm.model.token import LinkKeys
from mailcrm.store import Session, messages, optouts, outbox, recipients, settle, timeline
from mailcrm.store.threads import ref_hash

_NEAREST = 50
_AUTOMATIC = (MailKind.AUTO, MailKind.OUT_OF_OFFICE, MailKind.RECEIPT)
_EVENTS = {"bounced": EventType.BOUNCED, "complained": EventType.COMPLAINED, "delivered": EventType.DELIVERED}


def settle_headers(session: Session, filed: Sequence[tuple[int, FiledMessage]], links: LinkKeys, now: datetime) -> None:
    """What the headers of new mails (id, message) say about mail of ours."""
    refs = [_refs(message) for _, message in filed]
    ours = recipients.find_by_message_ids(session, {ref for each in refs for ref in each})
    for (message_id, message), each in zip(filed, refs, strict=True):
        named = [ours[ref] for ref in each if ref in ours]
        if message.direction == Direction.IN:
            _settle_answer(session, message, named, links, now)
        else:
            _settle_copies(session, message_id, named, now)


def _refs(message: FiledMessage) -> list[str]:
    """Hashes of the ids that tie a mail to one of ours: its own if we wrote it, else those it answers."""
    headers = message.headers
    if message.direction != Direction.IN:
        return [ref_hash(headers.message_id)] if headers.message_id else []
    return [ref_hash(found) for found in dict.fromkeys((*headers.in_reply_to, *headers.references[-_NEAREST:]))]


def _settle_copies(session: Session, message_id: int, recipient_ids: Sequence[int], now: datetime) -> None:
    """A mail of ours that lies in a mailbox was accepted: evidence, and the body of the line that sending wrote."""
    for recipient_id in recipient_ids:
        event = DeliveryEvent(
            EventType.SENT, f"copy:{recipient_id}", detail="found in our own mailbox", is_machine=True
        )
        outbox.settle(session, recipient_id, event, now)
        key = settle.timeline_key(EventType.SENT, recipient_id)
        if timeline.attach_message(session, InteractionKind.CAMPAIGN, key, message_id):
            timeline.drop_message_line(session, message_id)


def _settle_answer(
    session: Session, message: FiledMessage, recipient_ids: Sequence[int], links: LinkKeys, now: datetime
) -> None:
    """An opt-out by mail; else an answer: a robot's proves delivery, a human's is a reply."""
    kind = message.headers.kind
    if obey_opt_out(session, message.headers, links, now):
        return
    if kind == MailKind.PERSON or kind in _AUTOMATIC:
        machine = kind in _AUTOMATIC
        event = EventType.DELIVERED if machine else EventType.REPLIED
        for recipient_id in recipient_ids:
            key = f"{event.value}:{recipient_id}:{message.dedupe_key[:32]}"
            outbox.settle(session, recipient_id, DeliveryEvent(event, key, detail=kind.value, is_machine=machine), now)


def obey_opt_out(session: Session, headers: ParsedHeaders, links: LinkKeys, now: datetime) -> bool:
    """Close the purpose that an incoming mail asks to close. Returns whether it asks for that."""
    token = read_unsubscribe_token(headers)
    leaving = links.read_unsubscribe(token) if token else None
    if leaving is None or not recipients.exists(session, leaving):
        return False
    optouts.close_purpose(session, leaving, "asked by mail", now)
    return True


def settle_body(session: Session, message_id: int, parsed: ParsedMessage, now: datetime) -> None:
    """What the delivery reports and complaints in a mail say about mail of ours, and that who answers it wants no more."""
    if parsed.asks_to_stop:
        _stop(session, message_id, parsed.headers, now)
    for report in parsed.reports:
        kind = _EVENTS.get(report.kind)
        recipient_id = recipients.find_reported(session, report.original_message_id, report.recipient, now)
        if kind is not None and recipient_id is not None:
            outbox.settle(session, recipient_id, _event(kind, recipient_id, message_id, report), now)


def _stop(session: Session, message_id: int, headers: ParsedHeaders, now: datetime) -> None:
    """Close the purpose of the campaign that somebody answers so. In other mail it is left to a human."""
    if messages.direction_of(session, message_id) != Direction.IN:
        return
    refs = {ref_hash(found) for found in (*headers.in_reply_to, *headers.references[-_NEAREST:])}
    for recipient_id in recipients.find_by_message_ids(session, refs).values():
        optouts.close_purpose(session, recipient_id, "asked in an answer", now)


def _event(kind: EventType, recipient_id: int, message_id: int, report: Report) -> DeliveryEvent:
    return DeliveryEvent(
        type=kind,
        dedupe_key=f"{kind.value}:{recipient_id}:message:{message_id}",
        enhanced=report.status,
        detail=f"{report.reason}: {report.diagnostic}" if report.diagnostic else report.reason,
        hard=report.hard,
        is_machine=True,
    )
