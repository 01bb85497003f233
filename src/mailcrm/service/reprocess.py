"""Stored mail is read again by better rules, without its server: in order, a batch a transaction, going on where it stopped."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from mailcrm.errors import StoreBusy
from mailcrm.ingest.given import Parse
from mailcrm.ingest.record import record_again
from mailcrm.log import get_logger
from mailcrm.model.message import LARGE_MESSAGE, LargeMessage, ParsedMessage, RawMessage
from mailcrm.model.rights import Actor
from mailcrm.service.app import App
from mailcrm.service.consequences import draw_consequences
from mailcrm.service.guard import Guard
from mailcrm.service.retry import store_retry
from mailcrm.store import Session, audit, blobs, facts, rereading
from mailcrm.store.rereading import Kept

_BATCH = 50
"""Messages in one transaction: others want to write, too."""

_FACTS = 500
"""Contact facts in one transaction."""

_log = get_logger("mailcrm.reprocess")


@dataclass(slots=True)
class Reprocessed:
    """How many were to be read, how many were, and how many of those nobody could understand (they stay as they were)."""

    total: int
    done: int = 0
    failed: int = 0


def reprocess(app: App, actor: Actor, progress: Callable[[Reprocessed], None], *, all_: bool = False) -> Reprocessed:
    """Read all mail again that older rules read; with `all_` all mail. Interrupted, the next call goes on."""
    if all_:
        with app.store.write(actor) as session:
            rereading.forget_rules(session)
            facts.forget_rules(session)
    with app.store.read() as session:
        report = Reprocessed(rereading.count_old(session))
    after = 0
    with closing(Guard()) as parse:
        while batch := _read_batch(app, parse, after):
            store_retry(lambda batch=batch: _record(app, actor, batch))  # type: ignore[misc]
            after = batch[-1][0].message_id
            report.done += len(batch)
            report.failed += sum(parsed is None for _, parsed, _ in batch)
            progress(report)
    _forget_outdated(app, actor)
    draw_consequences(app.store, app.clock)
    if report.done:
        with app.store.write(actor) as session:
            audit.append_audit(
                session, "mail.reprocess", "messages", app.clock(), done=report.done, failed=report.failed
            )
    return report


def _forget_outdated(app: App, actor: Actor) -> None:
    """What no mail tells any more by today's rules, now that all has been read by them."""
    while True:
        with app.store.write(actor) as session:
            if not facts.forget_outdated(session, _FACTS, app.clock()):
                return


Read = tuple[Kept, ParsedMessage | None, str]


def _read_batch(app: App, parse: Parse, after: int) -> list[Read]:
    with app.store.read() as session:
        return [(kept, *_understood(session, parse, kept)) for kept in rereading.select_old(session, after, _BATCH)]


def _understood(session: Session, parse: Parse, kept: Kept) -> tuple[ParsedMessage | None, str]:
    """What newer rules say of it; None and why there is nothing."""
    try:
        pieces = blobs.pieces(session, kept.sha256)
        if pieces is None:
            return None, "its bytes are not in the archive any more"
        with NamedTemporaryFile(prefix="mailcrm-") as file:
            for piece in pieces:
                file.write(piece)
            if file.tell() <= LARGE_MESSAGE:
                file.seek(0)
                return parse(RawMessage(kept.message_id, file.read())), ""
            file.flush()
            return parse(LargeMessage(kept.message_id, Path(file.name))), ""
    except StoreBusy:
        raise
    except Exception as exc:  # noqa: BLE001 - a bug of the parser must not stop the others; it is listed
        _log.warning("message not understood", message=kept.message_id, error=type(exc).__name__)
        return None, f"{type(exc).__name__}: {exc}"


def _record(app: App, actor: Actor, batch: list[Read]) -> None:
    with app.store.write(actor) as session:
        for kept, parsed, error in batch:
            record_again(session, kept, parsed, error, app.clock())
