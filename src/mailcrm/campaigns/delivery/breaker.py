"""Holds a campaign whose mails end badly one after the other, before its whole audience is used up.

The words of mail servers never say all of what is wrong with us. Many refusals that look like the recipients' own fault
are ours: a host on a block list, a lost right to send, a text that a filter dislikes, a list that was bought.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailcrm.campaigns.delivery.attempt import Attempt
from mailcrm.campaigns.delivery.outcome import Outcome
from mailcrm.model.recipient import EventType

STREAK = 5
"""So many identical refusals in a row, or mails in a row without an answer."""

WINDOW = 100
_BAD = 5
"""More refused ones than this among the last `WINDOW` (campaigns.md section 4: bounces above 5 % of the last 100)."""

_PARTICULAR = re.compile(r"<[^<>]*>|[\w.+=-]+@[\w.-]+|\S*\d\S*", re.ASCII)
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Ending:
    """How one mail ended. `words` are equal for equal refusals; `again`: it was its first try, so it may have another."""

    recipient_id: int
    event: EventType
    words: str
    hard: bool
    again: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why the campaign must be held ('': it need not), and who was refused by the same cause and gets another try."""

    hold: str = ""
    spared: tuple[int, ...] = ()


def ending(recipient_id: int, earlier_tries: int, attempt: Attempt, decided: Outcome) -> Ending | None:
    """What to remember of a mail; None while its end is open, or if the server has named us as the cause already."""
    if decided.event not in (EventType.SENT, EventType.FAILED, EventType.IN_DOUBT) or decided.sender_fault:
        return None
    doubt = decided.event == EventType.IN_DOUBT
    return Ending(
        recipient_id,
        decided.event,
        "" if doubt else f"{attempt.code} {attempt.enhanced} {_alike(attempt.text)}",
        decided.hard,
        decided.event == EventType.FAILED and not decided.hard and earlier_tries == 0,
        decided.reason,
    )


def _alike(text: str) -> str:
    """A reply without what differs from mail to mail: addresses, numbers, queue ids."""
    return _SPACES.sub(" ", _PARTICULAR.sub("", text)).strip().lower()


def judge(endings: Sequence[Ending]) -> Verdict:
    """Looks at the endings of one campaign, the newest last; only the last `WINDOW` count."""
    if not endings or endings[-1].event == EventType.SENT:
        return Verdict()
    newest, streak = endings[-1], _streak(endings)
    if len(streak) >= STREAK and newest.event == EventType.IN_DOUBT:
        return Verdict(f"no answer to the last {len(streak)} mails, which are in doubt now: {newest.reason}")
    if len(streak) >= STREAK:
        spared = tuple(each.recipient_id for each in streak if each.again)
        again = ", and will be tried once more" if spared else ""
        return Verdict(f"{len(streak)} recipients in a row were refused alike{again}: {newest.reason}", spared)
    window = endings[-WINDOW:]
    bad = sum(each.event == EventType.FAILED for each in window)
    if bad > _BAD:
        return Verdict(f"{bad} of the last {len(window)} mails were refused, this one last: {newest.reason}")
    return Verdict()


def _streak(endings: Sequence[Ending]) -> list[Ending]:
    """The last ones that ended like the newest; dead addresses make none, their words are alike by nature."""
    newest, found = endings[-1], list[Ending]()
    for each in reversed(endings):
        if (each.event, each.words) != (newest.event, newest.words) or each.hard:
            break
        found.append(each)
    return found
