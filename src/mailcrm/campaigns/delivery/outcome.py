"""What an attempt means: for the recipient, for the campaign, and for the speed (campaigns.md section 2, step 7).

Two mistakes would cost dearly: to believe that a mail was not taken when it was (it would go out twice), and to blame
the recipient for what is our own fault (a customer would be suppressed). Where a reply leaves room, neither is made.
"""

import re
from dataclasses import dataclass

from mailcrm.campaigns.delivery.attempt import Attempt, Stage
from mailcrm.campaigns.delivery.replies import (
    blames_content,
    blames_sender,
    is_dead,
    is_recipients_affair,
    too_fast,
    wants_reconnect,
)
from mailcrm.model.recipient import EventType


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to do now.

    `event` settles the recipient; with `release` there is none and it goes back to ready, certainly not sent.
    `sender_fault`: we are refused, whoever the recipient is, so the campaign must be held. `slow_down`: too fast or too
    much. `hard`: the address is dead by the reason given. `reconnect`: go on with a new connection only.
    """

    event: EventType | None
    reason: str
    release: bool = False
    sender_fault: bool = False
    slow_down: bool = False
    hard: bool = False
    reconnect: bool = False


_SERVICE_CLOSES = 421
_CONNECTION_TROUBLE = re.compile(r"4\.4\.\d+")


def outcome(attempt: Attempt) -> Outcome:
    """The decision. Total: every attempt has one."""
    reason = _reason(attempt)
    if attempt.stage is Stage.DONE:
        return Outcome(EventType.SENT, reason)
    if attempt.stage is Stage.HELD:
        return Outcome(None, reason, release=attempt.lost, reconnect=attempt.lost)
    if attempt.lost or not 400 <= attempt.code < 600:
        return _cut_off(attempt, reason, slow=False)
    if attempt.code == _SERVICE_CLOSES:
        return _cut_off(attempt, reason, slow=True)
    if attempt.code < 500 and _CONNECTION_TROUBLE.fullmatch(attempt.enhanced):
        return _cut_off(attempt, reason, slow=too_fast(attempt))
    return _put_off(attempt, reason) if attempt.code < 500 else _refused(attempt, reason)


def _cut_off(attempt: Attempt, reason: str, *, slow: bool) -> Outcome:
    """After the final dot, silence says nothing (RFC 1047), and neither do 421 and 4.4.x; before it, nothing was taken.

    Relays give those even when the next server has already accepted: 34 duplicates in one experiment (smtp.md 2).
    """
    if attempt.stage is Stage.DOT:
        return Outcome(EventType.IN_DOUBT, reason, slow_down=slow, reconnect=True)
    return Outcome(None, reason, release=True, slow_down=slow, reconnect=True)


def _put_off(attempt: Attempt, reason: str) -> Outcome:
    if wants_reconnect(attempt):
        early = attempt.stage not in (Stage.DATA, Stage.DOT)
        return Outcome(None if early else EventType.DEFERRED, reason, release=early, reconnect=True)
    if attempt.stage is Stage.CONNECT:
        return Outcome(None, reason, release=True, slow_down=True, reconnect=True)
    return Outcome(EventType.DEFERRED, reason, slow_down=too_fast(attempt))


def _refused(attempt: Attempt, reason: str) -> Outcome:
    """A clear "not taken" at every stage; what is our own fault gives the recipient back.

    What is in the mail is ours as well, but it fails the recipient: some refuse it by a filter of their own, and a mail
    that is given back would hold the campaign at each resumption, for ever.
    """
    slow = too_fast(attempt)
    if slow or blames_sender(attempt) or _can_only_be_us(attempt):
        return Outcome(None, reason, release=True, sender_fault=True, slow_down=slow)
    content = blames_content(attempt)
    return Outcome(EventType.FAILED, reason, sender_fault=content, hard=not content and is_dead(attempt))


def _can_only_be_us(attempt: Attempt) -> bool:
    """At MAIL nobody has been named; at DATA the recipient has been accepted and no word of the mail was seen."""
    if attempt.stage is Stage.DATA:
        return not is_recipients_affair(attempt)
    return attempt.stage in (Stage.CONNECT, Stage.MAIL)


def _reason(attempt: Attempt) -> str:
    answer = f"{attempt.code} {attempt.text}" if attempt.code else attempt.text
    return f"{attempt.stage}: {answer}".rstrip(": ")
