"""Looks at a whole folder without reading its mail: which UIDs there are, their flags, and what a few of them are.

Asked for in portions: one answer for 200,000 mails would be tens of megabytes, and minutes without a sign of life.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailcrm.ingest.capture import CaptureRules, skip_rule
from mailcrm.ingest.imap.careful import fetch_headers
from mailcrm.ingest.imap.compare import FlagTable
from mailcrm.ingest.imap.labels import Labels
from mailcrm.ingest.imap.mailbox import Mailbox
from mailcrm.ingest.imap.plan import fields_for
from mailcrm.ingest.mail.headers import parse_headers
from mailcrm.model.folder import FolderInfo, FolderStatus
from mailcrm.model.message import FetchedHeader

_PORTION = 10_000

Advanced = Callable[[int], None]
"""Is told how many more mails were looked at."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The UIDs of a folder, ascending, and what EXAMINE said. `unlisted` is how many more mails the server counts."""

    status: FolderStatus
    uids: Sequence[int]
    unlisted: int

    @property
    def uidnext(self) -> int:
        """The server's word, else one above the highest UID."""
        return self.status.uidnext or (self.uids[-1] if self.uids else 0) + 1


def list_uids(mailbox: Mailbox, folder: FolderInfo, advanced: Advanced) -> Listing:
    """The UIDs that a folder has now. Raises what Mailbox raises.

    Servers leave single messages out of a long answer; where the number does not come out right they are asked again.
    """
    listing = _list_once(mailbox, folder, advanced)
    return listing if not listing.unlisted else _list_once(mailbox, folder, lambda _count: None)


def _list_once(mailbox: Mailbox, folder: FolderInfo, advanced: Advanced) -> Listing:
    status = mailbox.examine(folder)
    uids = array("L")
    for lo, hi in _portions(status):
        found = mailbox.uids(lo, hi)
        uids.extend(found)
        advanced(len(found))
    return Listing(status, uids, max(0, status.exists - len(uids)))


def list_flags(mailbox: Mailbox, folder: FolderInfo, advanced: Advanced) -> tuple[FolderStatus, FlagTable]:
    """The flags of every mail of a folder, `\\Recent` included. Raises what Mailbox raises."""
    status = mailbox.examine(folder)
    table = FlagTable()
    for lo, hi in _portions(status):
        found = mailbox.flags(lo, hi)
        table.add(found)
        advanced(len(found))
    return status, table


def _portions(status: FolderStatus) -> Iterator[tuple[int, int | None]]:
    """Ranges of UIDs, as many as there would be portions if the UIDs lay evenly: they may lie millions apart."""
    if status.uidnext is None:
        yield 1, None
        return
    top = status.uidnext - 1
    count = max(1, -(-status.exists // _PORTION))
    width = max(1, -(-top // count))
    for lo in range(1, top + 1, width):
        yield lo, min(lo + width - 1, top)


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A mail that is not in the archive. `note` says why the rest is empty: a rule, or the server."""

    uid: int
    date: datetime | None = None
    sender: str = ""
    subject: str = ""
    note: str = ""


def glimpse(mailbox: Mailbox, uids: Sequence[int], rules: CaptureRules, labels: Labels, now: datetime) -> list[Glimpse]:
    """Who wrote a few mails of the open folder, and when; of whose mail is never kept nothing is shown.

    What the account does not capture is not even asked for. Raises what Mailbox raises.
    """
    found = []
    for uid in uids:
        headers = fetch_headers(mailbox, [uid], fields_for(rules.capture))
        note = headers.refused.get(uid, "it is gone by now")
        found.append(_glimpsed(headers.found[0], rules, labels, now) if headers.found else Glimpse(uid, note=note))
    return found


def _glimpsed(fetched: FetchedHeader, rules: CaptureRules, labels: Labels, now: datetime) -> Glimpse:
    headers = parse_headers(fetched.header)
    date = headers.sent_at or fetched.internaldate
    arrived = fetched.internaldate or headers.sent_at or now
    rule = labels.rule(fetched.labels, fetched.flags) or skip_rule(headers, arrived, rules)
    if rule is not None:
        return Glimpse(fetched.uid, note=f"a rule leaves it out: {rule}")
    sender = headers.sender()
    return Glimpse(fetched.uid, date, sender.address if sender else "", headers.subject)
