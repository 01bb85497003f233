"""Who owes whom an answer, since when, and how quickly each side answers: facts that follow from the times of mails.

Only mail written by hand counts. A conversation is one thread seen with one customer: what they wrote, and what we wrote
to them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median

_THANKS = re.compile(
    r"""(?:\s|[.!,;:~。！，、；：～…👍🙏😊🙂]|(?:
        many\ thanks|thanks?(?:\ (?:a\ lot|so\ much|again|very\ much|you(?:\ (?:so|very)\ much)?))?|
        thx|cheers|much\ appreciated|
        great|perfect|excellent|wonderful|ok(?:ay)?|got\ it|noted|received|will\ do|all\ good|sounds\ good|all\ right|
        谢谢(?:您|你|了|啦)?|多谢|感谢|非常感谢|收到(?:了)?|好的?|好滴|明白(?:了)?|了解(?:了)?|知道(?:了)?|没问题|辛苦了|可以|嗯+|谢了|感恩|謝謝(?:您|你)?|
        vielen\ dank|danke(?:\ (?:sehr|schön|dir|ihnen))?|besten\ dank|alles\ klar|passt|super|prima|
        merci(?:\ (?:beaucoup|bien))?|parfait|bien\ reçu|d'accord|(?:muchas\ )?gracias|perfecto|recibido|de\ acuerdo|
        grazie(?:\ mille)?|perfetto|ricevuto|obrigad[oa]|perfeito|bedankt|dank\ je(?:\ wel)?|prima|tack|takk|tak|
        спасибо|благодарю|хорошо|ありがとうございま(?:す|した)|ありがとう|承知(?:いたし|し)ました|了解(?:です|しました)?|감사합니다|네)
        (?![^\W\d_]*[a-z]))+""",
    re.IGNORECASE | re.VERBOSE,
)
_NAME_LINE = re.compile(r"[^\W\d_][^\d?？!@:：]{0,30}")
_LONGEST_THANKS = 120
_RHYTHM = 20
"""Mails from which somebody's rhythm is told: the latest."""

_FEWEST_GAPS = 3
_ONE_TALK = timedelta(hours=12)
"""Mails that follow each other more closely belong together, and say nothing about a rhythm."""


class Waiting(StrEnum):
    """Who is to write next."""

    US = "us"
    THEM = "them"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Turn:
    """A mail written by hand in a conversation. `to_them`: they stand in To; somebody in copy owes no answer. `closing`: it
    only says thanks."""

    at: datetime
    ours: bool
    to_them: bool = True
    closing: bool = False


@dataclass(frozen=True, slots=True)
class ConversationState:
    """How a conversation stands. `since` is when the oldest mail was written that still waits for an answer; times in UTC.

    Seconds are sums over the answers given, each counted from the first mail that it answers.
    """

    waiting: Waiting
    since: datetime | None
    last_in_at: datetime | None
    last_out_at: datetime | None
    mails_in: int
    mails_out: int
    our_replies: int
    our_seconds: int
    their_replies: int
    their_seconds: int


def read_conversation(said: Iterable[Turn]) -> ConversationState:
    """The state of a conversation, whatever order its mails are given in."""
    lines = sorted(said, key=lambda each: (each.at, each.ours))
    waits_since: dict[bool, datetime | None] = {True: None, False: None}  # by who wrote: True are ours
    answers: dict[bool, list[float]] = {True: [], False: []}
    for line in lines:
        open_since = waits_since[not line.ours]
        if open_since is not None:
            answers[line.ours].append((line.at - open_since).total_seconds())
            waits_since[not line.ours] = None
        asks = not line.closing and (line.to_them or not line.ours)
        if asks and waits_since[line.ours] is None:
            waits_since[line.ours] = line.at
    theirs, ours = ([line.at for line in lines if line.ours is mine] for mine in (False, True))
    return ConversationState(
        waiting=Waiting.US if waits_since[False] else Waiting.THEM if waits_since[True] else Waiting.NOBODY,
        since=waits_since[False] or waits_since[True],
        last_in_at=theirs[-1] if theirs else None,
        last_out_at=ours[-1] if ours else None,
        mails_in=len(theirs),
        mails_out=len(ours),
        our_replies=len(answers[True]),
        our_seconds=round(sum(answers[True])),
        their_replies=len(answers[False]),
        their_seconds=round(sum(answers[False])),
    )


def only_thanks(text: str) -> bool:
    """Whether a mail says nothing that waits for an answer: "Thanks!", 收到，谢谢, with or without a name below."""
    text = text.strip()
    if not 0 < len(text) <= _LONGEST_THANKS or "?" in text or "？" in text:
        return False
    words = [line.strip() for line in text.splitlines() if line.strip()]
    while len(words) > 1 and not _THANKS.fullmatch(words[-1]) and _NAME_LINE.fullmatch(words[-1]):
        words.pop()
    return all(_THANKS.fullmatch(line) for line in words)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often somebody writes. `usual` is None where too little is known; `silent` is how long they have been."""

    silent: timedelta
    usual: timedelta | None


@dataclass(frozen=True, slots=True)
class Habits:
    """How quickly both sides answer on average (seconds; None: never yet), in which rhythm a customer writes, and the last
    day (ISO 8601) of an absence they announced, '' where they are not away."""

    our_answer: float | None
    their_answer: float | None
    rhythm: Rhythm | None
    away_until: str = ""


def read_rhythm(times: Sequence[datetime], now: datetime) -> Rhythm | None:
    """The rhythm in which somebody writes, from the times (UTC) of their mails; None without any.

    The usual gap is the median of those between the latest mails. Mails of one talk count as one.
    """
    talks: list[datetime] = []
    for at in sorted(times)[-5 * _RHYTHM :]:
        if not talks or at - talks[-1] > _ONE_TALK:
            talks.append(at)
        last = at
    if not talks:
        return None
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(talks)][-_RHYTHM:]
    usual = timedelta(seconds=median(gaps)) if len(gaps) >= _FEWEST_GAPS else None
    return Rhythm(max(now - last, timedelta(0)), usual)
