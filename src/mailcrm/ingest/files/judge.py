"""Which mails of a batch are filed, which a rule leaves out, and which are no mail. Nothing here reads or writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailcrm.ingest.capture import skip_rule
from mailcrm.ingest.files.filemail import FileMail
from mailcrm.ingest.files.form import discarded, fields_of
from mailcrm.ingest.filing import Window, read_headers
from mailcrm.ingest.imap.job import SyncJob
from mailcrm.ingest.imap.plan import fields_for, flag_text
from mailcrm.ingest.mail.digest import arrival_digest, body_digest, dedupe_key
from mailcrm.ingest.mail.fields import normalise_raw, split_message
from mailcrm.ingest.record import HeaderItem
from mailcrm.model.account import Capture
from mailcrm.model.filing import LeftOut, Place
from mailcrm.model.message import ParsedHeaders

_ANY_FIELD = frozenset(fields_for(Capture.ALL))
_NO_HEADER = "this is no mail: it has no header"


@dataclass(frozen=True, slots=True)
class Judge:
    """Knows the rules of the account that the mail is for."""

    job: SyncJob

    def window(self, batch: Sequence[FileMail], now: datetime) -> Window:
        """What to file, what a rule leaves out, and why the rest cannot be filed."""
        fields = frozenset(fields_for(self.job.rules.capture))
        items: list[HeaderItem] = []
        skips: dict[int, LeftOut] = {}
        refused: dict[int, str] = {}
        for mail in batch:
            if mail.raw is None:
                refused[mail.uid] = f"{mail.where}: {mail.problem}"
                continue
            header = split_message(normalise_raw(mail.raw)[0])[0]
            lines = fields_of(header, fields)
            parsed, reason = read_headers(lines)
            if parsed is None or not (lines or fields_of(header, _ANY_FIELD)):
                refused[mail.uid] = f"{mail.where}: {reason or _NO_HEADER}"
                continue
            arrived = mail.arrived or _believable(parsed.sent_at, now)
            rule = discarded(header) or skip_rule(parsed, arrived or now, self.job.rules)
            if rule is None:
                place = Place(mail.uid, flag_text(mail.flags), arrived, len(mail.raw))
                items.append(HeaderItem(place, parsed, self._key(parsed, place, mail.raw)))
            else:
                skips[mail.uid] = LeftOut(rule, arrived)
        return Window(items, {}, skips, refused)

    def _key(self, headers: ParsedHeaders, place: Place, raw: bytes) -> str:
        """The same as for mail of a server that is kept at the same level."""
        if headers.message_id:
            return dedupe_key(headers)
        whole = self.job.rules.capture == Capture.ALL
        return dedupe_key(headers, body_digest(raw) if whole else arrival_digest(place.size, place.internaldate))


def _believable(sent: datetime | None, now: datetime) -> datetime | None:
    """The Date header in place of an arrival that no file tells, unless it lies in the future."""
    return sent if sent is not None and sent <= now else None
