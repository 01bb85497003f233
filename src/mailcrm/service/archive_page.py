"""The whole archive of one customer as a file to read and print: gathered for a viewer, written whole or not, and logged."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from mailcrm.exchange.page.build import build_page
from mailcrm.exchange.page.content import ArchiveContent, Closure, DatedDay
from mailcrm.exchange.page.html import html_page
from mailcrm.exchange.page.pdf import pdf_page
from mailcrm.exchange.page.plain import plain_archive
from mailcrm.exchange.page.texts import PageLanguage
from mailcrm.exchange.writing.files import open_whole
from mailcrm.model.archive import AddressLine, FieldChangeLine, TimelineLine
from mailcrm.model.calendar.occurrences import next_occurrence
from mailcrm.model.order import OrderDetails, Payment
from mailcrm.model.rights import Actor, Viewer
from mailcrm.service.app import App
from mailcrm.store import (
    Session,
    activity_lists,
    audit,
    consents,
    dates,
    history,
    order_lists,
    own_fields,
    parties,
    people,
    tags,
    timeline,
)
from mailcrm.store.exports import log

_PORTION = 500
_ALL = 1_000_000
"""More than one customer has."""


class PageFormat(StrEnum):
    """What `--format` takes."""

    HTML = "html"
    PDF = "pdf"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Printed:
    """What was written: `lines` of the timeline, of which older ones (`left_out`) a limit kept off."""

    customer: str
    format: PageFormat
    lines: int
    left_out: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to print. `lines`: at most so many of the timeline, None = all. `receiver` and `reason` go into the log."""

    form: PageFormat = PageFormat.HTML
    language: PageLanguage = PageLanguage.EN
    sensitive: bool = False
    lines: int | None = None
    receiver: str = ""
    reason: str = ""


def print_archive(app: App, actor: Actor, viewer: Viewer, who: str, path: Path, wanted: Wanted) -> Printed:
    """Write the archive of a customer to `path`, and note it in the log of exports and in the audit log.

    Raises NotFound for nobody, UserError where the file cannot be written or PDF is not installed.
    """
    now = app.clock()
    with app.store.read(viewer) as session:
        party_id = parties.get_party(session, who)
        content = _gather(session, party_id, viewer, now, actor.name, wanted)
    written = _rendered(content, wanted)
    with open_whole(path) as file:
        file.write(written)
    line = content.archive.line
    done = Printed(
        line.number or f"#{line.id}", wanted.form, len(content.timeline), content.left_out,
        hashlib.sha256(written).hexdigest(),
    )  # fmt: skip
    with app.store.write(actor) as session:
        log.note_export(
            session, "archive", wanted.form.value, done.customer, 1, done.sha256, now, receiver=wanted.receiver,
            reason=wanted.reason,
        )  # fmt: skip
        audit.append_audit(
            session, "export.archive", f"party:{party_id}", now, format=wanted.form.value, lines=done.lines,
            left_out=done.left_out, sensitive=int(wanted.sensitive), file=done.sha256,
        )  # fmt: skip
    return done


def _rendered(content: ArchiveContent, wanted: Wanted) -> bytes:
    if wanted.form is PageFormat.JSON:
        return json.dumps(plain_archive(content), ensure_ascii=False, indent=2).encode() + b"\n"
    document = build_page(content, wanted.language)
    return pdf_page(document) if wanted.form is PageFormat.PDF else html_page(document).encode()


# --- gathering ---------------------------------------------------------------------------------------------------


def _gather(session: Session, party_id: int, viewer: Viewer, now: datetime, by: str, wanted: Wanted) -> ArchiveContent:
    """All that the viewer may see of a customer (by root)."""
    archive = people.get_archive(session, party_id, viewer, sensitive=wanted.sensitive)
    orders = _orders(session, party_id, viewer)
    opened, pinned = activity_lists.standing_of(session, party_id, viewer)
    lines, left_out = _timeline(session, party_id, viewer, wanted.lines)
    secret = {fact.field for fact in archive.facts} & own_fields.sensitive_fields(session)
    return ArchiveContent(
        archive, now, by, closures=_closures(session, archive.addresses),
        tags=tuple(tags.tag_pairs_of(session, [party_id]).get(party_id, ())),
        dates=_dates(session, party_id, now.astimezone().date()), specs=own_fields.own_fields(session), orders=orders,
        totals=tuple(order_lists.totals_of(session, party_id, viewer)),
        payments=_other_payments(session, party_id, viewer, orders), cases=tuple(opened), pinned=tuple(pinned),
        changes=_changes(session, party_id, viewer, sensitive=wanted.sensitive), timeline=tuple(lines),
        left_out=left_out, masked=bool(secret) and not wanted.sensitive,
    )  # fmt: skip


def _closures(session: Session, addresses: Sequence[AddressLine]) -> dict[int, Closure]:
    found = consents.closures_of(session, [each.id for each in addresses])
    return {address_id: Closure(*each) for address_id, each in found.items()}


def _dates(session: Session, party_id: int, today: date) -> tuple[DatedDay, ...]:
    kept = dates.dates_of(session, [party_id], ended=True).get(party_id, [])
    return tuple(DatedDay(each, None if each.ended_at else next_occurrence(each.date, today)) for each in kept)


def _orders(session: Session, party_id: int, viewer: Viewer) -> tuple[OrderDetails, ...]:
    """All, the newest first."""
    found: list[OrderDetails] = []
    before = None
    while part := order_lists.orders_of(session, party_id, viewer, _PORTION, before):
        found += [order_lists.get_order(session, each.id, viewer) for each in part]
        before = part[-1].ordered_at, part[-1].id
    return tuple(found)


def _other_payments(
    session: Session, party_id: int, viewer: Viewer, orders: Sequence[OrderDetails]
) -> tuple[Payment, ...]:
    """Those that stand below none of the orders."""
    shown = Counter(payment for order in orders for payment in order.payments)
    others = []
    for payment in order_lists.payments_of(session, party_id, viewer, _ALL):
        if shown[payment]:
            shown[payment] -= 1
        else:
            others.append(payment)
    return tuple(others)


def _changes(session: Session, party_id: int, viewer: Viewer, *, sensitive: bool) -> tuple[FieldChangeLine, ...]:
    """What mail changed is told to the system only: whoever may not see all mail might not see that one."""
    found = history.history_of(session, party_id, limit=_ALL, sensitive=sensitive)
    return tuple(each for each in found if viewer.is_system or each.source not in history.OF_MAIL)


def _timeline(session: Session, party_id: int, viewer: Viewer, most: int | None) -> tuple[list[TimelineLine], int]:
    """The newest lines, and how many older ones there are."""
    kept: list[TimelineLine] = []
    older, before, before_id = 0, None, None
    while part := timeline.select_timeline(session, party_id, viewer, _PORTION, before, before_id):
        room = len(part) if most is None else max(0, most - len(kept))
        kept += part[:room]
        older += len(part[room:])
        before, before_id = part[-1].at, part[-1].id
    return kept, older
