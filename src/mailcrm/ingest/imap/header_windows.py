"""Headers, window by window: fetched, judged by the rules, and filed with the cursor in one transaction.

asked for       what is asked for is noted before (`caution`)
  | judged      by the rules, on headers alone
  | recognised  mail without a Message-ID by its body, by the server's id of it, or by how it looks (`former`)
  | bodies now  of a few new mails, to be filed with their headers; all others wait (`waiting`)
  | one transaction: mail, what was left out and why, what could not be had, the cursor
Network and parsing never happen inside a transaction.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from mailcrm.clock import Clock
from mailcrm.errors import ConnectionLost
from mailcrm.ingest.capture import skip_rule
from mailcrm.ingest.filing import Filer, Window, read_headers
from mailcrm.ingest.given import ACTOR
from mailcrm.ingest.imap.careful import Headers, fetch_bodies, fetch_headers
from mailcrm.ingest.imap.caution import Caution
from mailcrm.ingest.imap.fetching import HeadersAsked
from mailcrm.ingest.imap.former import former_keys
from mailcrm.ingest.imap.job import PassReport, SyncJob
from mailcrm.ingest.imap.labels import Labels, is_sent
from mailcrm.ingest.imap.mailbox import CommandRefused, Mailbox
from mailcrm.ingest.imap.plan import chunks, fields_for, flag_text, windows_over
from mailcrm.ingest.imap.reading import Reading
from mailcrm.ingest.mail.digest import arrival_digest, body_digest, dedupe_key
from mailcrm.ingest.record import HeaderItem
from mailcrm.model.account import Capture
from mailcrm.model.filing import LeftOut, Place
from mailcrm.model.folder import FolderRef, SyncState, UidRange
from mailcrm.model.message import LARGE_MESSAGE, SMALL_MESSAGE, FetchedHeader, ParsedHeaders, RawMessage
from mailcrm.store import Store, copies, messages, quarantine

_RETRIES_AT_ONCE = 50

_NO_BODY = "the server does not give this message, and it has no Message-ID to know it by"


@dataclass
class HeaderWindows:
    """Of the folder that `mailbox` has open."""

    mailbox: Mailbox
    store: Store
    job: SyncJob
    clock: Clock
    filer: Filer
    caution: Caution
    labels: Labels
    reading: Reading
    report: PassReport
    stopped: Callable[[], bool]
    progress: Callable[[], None]

    def __post_init__(self) -> None:
        self.fields = fields_for(self.job.rules.capture)
        self.everything = self.job.rules.capture == Capture.ALL
        self.most_at_once = SMALL_MESSAGE if self.job.rules.leaves_attachments else LARGE_MESSAGE

    def file(
        self,
        folder: FolderRef,
        state: SyncState,
        uids: Sequence[int],
        *,
        at_once: bool,
        again: bool = False,
        even_bare: bool = False,
    ) -> None:
        """Fetch, judge and file the mail of one window; `state` is where the cursor stands when that is done.

        `again`: a rule may have left it out before, or it is filed and lacks something; then it stays filed. `even_bare`:
        mail without a Message-ID is filed also if the server does not give its body.
        """
        last_time = self.caution.begin(folder, uids)
        headers = fetch_headers(self.mailbox, uids, self.fields)
        window = Window(again=uids if again else ())
        self._file(folder, state, uids, headers, window, at_once=at_once, last_time=last_time, even_bare=even_bare)

    def ask(self, uids: Sequence[int]) -> HeadersAsked:
        """Ask for headers; `file_asked` takes them."""
        return self.mailbox.ask_headers(uids[0], uids[-1], self.fields)

    def file_asked(
        self, folder: FolderRef, state: SyncState, uids: Sequence[int], asked: HeadersAsked, others: UidRange | None
    ) -> None:
        """The same with headers that were asked for before, as were those of `others`."""
        headers = fetch_headers(self.mailbox, uids, self.fields, asked)
        self._file(folder, state, uids, headers, Window(asked=others))

    def _file(
        self,
        folder: FolderRef,
        state: SyncState,
        uids: Sequence[int],
        headers: Headers,
        window: Window,
        *,
        at_once: bool = False,
        last_time: bool = False,
        even_bare: bool = False,
    ) -> None:
        kept, skips, odd = self._judge(headers.found)
        filed = self._filed(folder, state, uids) if window.again else {}
        unnamed = [(header, parsed) for header, parsed in kept if not parsed.message_id and header.uid not in filed]
        former = filed | former_keys(self.store, folder, state, unnamed)
        raws, lost = self._bodies_now([header for header, _ in unnamed if header.uid not in former])
        if lost is not None and not last_time:
            raise lost  # without their bodies they would be other mails than they are
        missing = [header.uid for header, _ in unnamed if header.uid not in former and header.uid not in raws]
        gone = self._gone(missing) if lost is None else frozenset()  # of a lost connection nothing can be asked
        withheld = {} if lost is not None or even_bare else self._withheld(headers.found, set(missing) - gone)
        kept = [(header, parsed) for header, parsed in kept if header.uid not in gone and header.uid not in withheld]
        items = [self._item(header, parsed, raws.get(header.uid), former) for header, parsed in kept]
        if at_once and lost is None:
            more, lost = self._bodies_now(self._lacking(items, raws))
            raws |= more
        read = {uid: self.reading.one(raw) for uid, raw in raws.items()}
        skips = {uid: skip for uid, skip in skips.items() if uid not in filed}
        refused = {uid: reason for uid, reason in (headers.refused | odd | withheld).items() if uid not in filed}
        window = replace(window, items=items, read=read, skips=skips, refused=refused)
        self.report.quarantined += self.filer.file(folder, state, window)
        self.report.headers += len(items)
        self.report.skipped += len(skips)
        self.progress()
        if lost is not None:
            raise lost

    def below(self, folder: FolderRef, state: SyncState, uids: Sequence[int]) -> bool:
        """UIDs below the cursor that we do not know, or that a rule left out so far; `state` stays as it is. Returns
        whether it got through all of them."""
        windows = windows_over(uids, uids[0], uids[-1], self.job.batch_messages) if uids else ()
        for lo, hi in self.caution.windows(folder, windows, uids):
            if self.stopped():
                return False
            self.file(folder, state, within(uids, lo, hi), at_once=False, again=True)
        return True

    def second_chances(self, folder: FolderRef, state: SyncState) -> None:
        """UIDs that could not be had or filed get another chance, each alone."""
        with self.store.read() as session:
            due = quarantine.retries_due(session, folder, state.generation, self.clock(), _RETRIES_AT_ONCE)
        if not due:
            return
        there = set(self.mailbox.uids(due[0], due[-1]))
        for uid in (uid for uid in due if uid in there):
            self.file(folder, state, [uid], at_once=True, even_bare=True)
        with self.store.write(ACTOR) as session:
            quarantine.let_go(session, folder, state.generation, due, set(due) - there)

    # --- judging -------------------------------------------------------------------------------------------------

    def _judge(
        self, fetched: Sequence[FetchedHeader]
    ) -> tuple[list[tuple[FetchedHeader, ParsedHeaders]], dict[int, LeftOut], dict[int, str]]:
        """What to file; by UID, which rule leaves others out, and which headers the parser cannot bear."""
        kept: list[tuple[FetchedHeader, ParsedHeaders]] = []
        skips: dict[int, LeftOut] = {}
        odd: dict[int, str] = {}
        for header in fetched:
            parsed, reason = read_headers(header.header)
            if parsed is None:
                odd[header.uid] = reason
                continue
            arrived = header.internaldate or parsed.sent_at or self.clock()
            rule = self.labels.rule(header.labels, header.flags) or skip_rule(parsed, arrived, self.job.rules)
            if rule is None:
                kept.append((header, parsed))
            else:
                skips[header.uid] = LeftOut(rule, arrived)
        return kept, skips, odd

    def _filed(self, folder: FolderRef, state: SyncState, uids: Sequence[int]) -> dict[int, str]:
        """The dedupe keys of those that are in the archive under these very UIDs."""
        with self.store.read() as session:
            return copies.keys_at(session, folder, state.generation, uids)

    def _item(
        self, header: FetchedHeader, parsed: ParsedHeaders, raw: RawMessage | None, former: Mapping[int, str]
    ) -> HeaderItem:
        place = Place(
            header.uid, flag_text(header.flags), header.internaldate, header.size,
            self.labels.shown_in(header.labels), header.object_id, header.server_thread,
        )  # fmt: skip
        key = former.get(header.uid) or dedupe_key(parsed, "" if parsed.message_id else _digest(header, raw))
        return HeaderItem(place, parsed, key, is_sent(header))

    # --- bodies --------------------------------------------------------------------------------------------------

    def _bodies_now(
        self, wanted: Sequence[FetchedHeader | Place]
    ) -> tuple[dict[int, RawMessage], ConnectionLost | None]:
        """Bodies to be filed with their headers: of mail without a Message-ID, which is recognised by its body unless it
        is large (decisions.md 19), and of a few new mails. If they cost the connection, the headers are filed all the
        same."""
        found: dict[int, RawMessage] = {}
        sizes = [(each.uid, each.size) for each in wanted if each.size <= LARGE_MESSAGE] if self.everything else []
        try:
            for portion in chunks(sizes, self.job.batch_messages, self.job.batch_bytes):
                found |= fetch_bodies(self.mailbox, portion).found
        except CommandRefused:
            return found, None  # they stay pending
        except ConnectionLost as exc:
            return found, exc
        return found, None

    def _gone(self, uids: Sequence[int]) -> Set[int]:
        """Those of a few UIDs that went before their bodies came. Moved, they come under other UIDs, and are told again by
        their bodies alone."""
        return set(uids).difference(self.mailbox.uids(min(uids), max(uids))) if uids and self.everything else set()

    def _withheld(self, fetched: Sequence[FetchedHeader], uids: Set[int]) -> dict[int, str]:
        """Why those of these UIDs whose bodies should have come wait in the quarantine, by UID.

        By anything but its body such a mail is another one than elsewhere. Servers go on listing mails of a folder that
        somebody else has numbered anew since it was opened.
        """
        wanted = (each.uid for each in fetched if each.uid in uids and each.size <= LARGE_MESSAGE)
        return dict.fromkeys(wanted, _NO_BODY) if self.everything else {}

    def _lacking(self, items: Sequence[HeaderItem], have: Mapping[int, RawMessage]) -> list[Place]:
        """The places of a few new mails without their bytes, if those are small enough for one transaction.

        Large ones come later, in pieces or without their attachments.
        """
        with self.store.read() as session:
            known = messages.find_messages(session, [item.dedupe_key for item in items])
        wanted = [
            item.place
            for item in items
            if item.place.uid not in have
            and item.place.size <= self.most_at_once
            and not ((message := known.get(item.dedupe_key)) and self.filer.context.has(message, item.place.size))
        ]
        return wanted if sum(place.size for place in wanted) <= self.job.batch_bytes else []


def _digest(header: FetchedHeader, raw: RawMessage | None) -> str:
    """What tells a mail without a Message-ID from others: its body, else its size and the moment of its arrival."""
    if raw is not None:
        return body_digest(raw.raw)
    return arrival_digest(header.size, header.internaldate)


def within(uids: Sequence[int], lo: int, hi: int) -> Sequence[int]:
    return uids[bisect_left(uids, lo) : bisect_left(uids, hi + 1)]
