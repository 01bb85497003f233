"""Free-form notices of mail systems (qmail, Exim, Exchange, QQ, 163 ...): who was not reached, and the words why.

A notice is an introduction of the mail system's own words and, often, a copy of the mail that came back. Only the
introduction says who failed; of the copy only the Message-ID is of use.
"""

import re
from bisect import bisect_right
from functools import cache
from typing import NamedTuple

from mailcrm.ingest.mail.phrases import alternatives, any_of

_ADDRESS = r"[^\s<>()\[\]\"',;:，；：、。（）《》「」【】“”‘’@]{1,200}@[A-Za-z0-9][A-Za-z0-9.-]{0,250}[A-Za-z0-9]"
# Where the copy of the returned mail begins.
_COPY_BEGINS = alternatives(r"""
    below this line is a copy|this is a copy of (?:the|your) message|(?:here|below) is (?:a copy|your)
    (?:original|returned|undelivered|rejected|unsent) message(?: (?:header\w*|text|follows|is|below)\b| ?[-:=]|$)
    (?:message|original) headers? follow|the header of the original
    the original (?:message|mail) .{0,40}header
    enclosed (?:is|are)|the following is (?:a copy|your)|(?:copy|start) of (?:the |your )?(?:original|returned|message)
    unsent message below
    (?:原始?|被退回的?)邮件(?:内容|头)
    (?:return-path|received|dkim-signature|message-id):[ \t]
""")
_COPY = re.compile(rf"^[ \t]{{0,20}}[-=>*]{{0,80}}[ \t]{{0,20}}{_COPY_BEGINS}", re.IGNORECASE | re.MULTILINE)
_COPY_ID = re.compile(r"^[>\s]*message-id:\s*<([^<>\s]+)>", re.IGNORECASE | re.MULTILINE)
_DELAYED = any_of(
    r"""
    has not (?:yet )?been delivered|not yet been delivered|delivery attempts will continue|will keep trying
    will be retried|still being retried|continue to (?:try|retry)
    (?:message|delivery) (?:\w+ )?(?:has been |is )?delayed
    temporary failure.{0,40}will|do(?:es)? not need to (?:re)?send
    (?:正在|继续|稍后)(?:重试|尝试)|延迟(?:投递|送达)
    """
)
_ARRIVED = any_of(
    r"""
    (?:was|were|been) (?:successfully|also) (?:delivered|relayed)|successfully delivered|successful delivery
    (?:已|成功)(?:成功)?(?:送达|投递|发送)
    """
)
# What only a mail system writes: these make a notice of a text whose headers do not give it away.
_OPENING = any_of(
    r"""
    this message was created automatically by (?:mail delivery software|the mail system)
    this is the (?:qmail-send program|mail system at host|\w+ mail (?:agent|system))
    (?:sorry|afraid).{0,80}(?:wasn'?t able|unable|could not|couldn'?t|not be) (?:to )?(?:be )?deliver
    (?:following|intended) (?:address|recipient)\S* (?:\S+ ){0,4}?(?:failed|could not|did not|were not|undeliver|had)
    did not reach (?:the|some or all of the) (?:following|intended) recipient
    (?:delivery|mail) to the following (?:recipients?|address\S*)(?: \S+)? failed
    (?:message|mail) (?:\S+ ){0,10}?(?:could not|cannot|can not|was not|couldn'?t) be (?:successfully )?deliver
    (?:message|mail) (?:\S+ ){0,6}?was not delivered to
    undeliverable (?:mail|message) |unable to deliver
    error message below:.{0,400}message details:
    there was an error delivering your mail|error has occurred while attempting to deliver
    (?:邮件|信件)(?:被退回|被退信|未能(?:送达|投递)|无法(?:送达|投递|发送)|投递失败)
    (?:很抱歉|抱歉|对不起).{0,30}(?:退回|退信|无法(?:送达|投递|发送))
    """
)
_OPENING_HINTS = (
    "error message",
    "deliver",
    "qmail",
    "created automatically",
    "reach",
    "recipient",
    "failed",
    "退",
    "投递",
    "送达",
    "发送",
)
_OPENING_WITHIN = 1_500
_INTRODUCTION_LIMIT = 20_000
_DIAGNOSTIC_LIMIT = 800


_ANY_ADDRESS = re.compile(_ADDRESS)
_BLANK_LINE = re.compile(r"\S[^\n]*\n[ \t]*\n")


class Failure(NamedTuple):
    """An address that was not reached, as written ('' if the notice does not say), and the words that belong to it."""

    address: str
    diagnostic: str


class Notice(NamedTuple):
    """A free-form notice, understood. `kind` is bounced, delayed or delivered."""

    kind: str
    failures: tuple[Failure, ...]
    introduction: str
    original_message_id: str


def opens_like_notice(text: str) -> bool:
    """Whether the first lines are words that only a mail system writes."""
    opening = " ".join(text[:_OPENING_WITHIN].lower().split())
    return any(word in opening for word in _OPENING_HINTS) and _OPENING.search(opening) is not None


def read_notice(text: str, known_failed: tuple[str, ...], not_failed: frozenset[str]) -> Notice:
    """Take a notice apart.

    `known_failed` are addresses that a header already named; `not_failed` (lower case) are those of the sender, which
    notices quote as well.
    """
    introduction = introduction_of(text)
    copy = text[len(introduction) :]
    failures = _failures(introduction, known_failed, not_failed)
    found = _COPY_ID.search(copy)
    return Notice(_kind(introduction), failures, introduction, found[1] if found else "")


def _kind(introduction: str) -> str:
    if _DELAYED.search(introduction):
        return "delayed"
    return "delivered" if _ARRIVED.search(introduction) and not opens_like_notice(introduction) else "bounced"


def introduction_of(text: str) -> str:
    """The mail system's own words, without the copy of the mail that came back."""
    for mark in _COPY.finditer(text):
        if text[: mark.start()].strip():
            return text[: min(mark.start(), _INTRODUCTION_LIMIT)]
    return text[:_INTRODUCTION_LIMIT]


def words_about(introduction: str, address: str) -> str:
    """What an introduction says of an address (in lower case): up to the next address or paragraph; '' if it is not there."""
    begin = introduction.lower().find(address)
    if not address or begin < 0:
        return ""
    begin += len(address)
    words = introduction[begin : begin + _DIAGNOSTIC_LIMIT]
    others = (found.start() for found in _ANY_ADDRESS.finditer(words) if found[0].lower() != address)
    end = min(next(others, len(words)), (paragraph.end() if (paragraph := _BLANK_LINE.search(words)) else len(words)))
    return words[:end].strip(" \t\r\n<>:\"'")


@cache
def _named() -> tuple[re.Pattern[str], ...]:
    """Where an introduction names who was not reached; tried in this order, the first that finds somebody counts."""
    patterns = (
        rf"^[ \t>]*(?:final|original)-recipient:[^;\n]*;\s*<?({_ADDRESS})>?",
        rf"^[ \t]*<({_ADDRESS})>",
        rf"^[ \t>*-]*\"?<?({_ADDRESS})>?\"?[ \t]*(?:<[^<>\n]*>)?:?[ \t]*$",
        rf"(?:收件人|收信人|收件地址|无法(?:发送|投递|送达)(?:到|至)?|(?:发送|投递)(?:到|给|至))[^\n@]{{0,20}}?<?({_ADDRESS})",
        rf"rcpt to:\s*<({_ADDRESS})>",
        rf"^[ \t]*({_ADDRESS})(?::|[ \t]+(?:on \w{{3}}|on \d|\(|-|:|\.\.\.|[^\n@]{{0,60}}\berror))",
        rf"(?:recipients?|deliver\w*|sen[dt]|reach\w*|address\w*|mail|user|to)\b[^\n@]{{0,60}}?[\s<(\"']({_ADDRESS})",
        rf"<({_ADDRESS})>",
    )
    return tuple(re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns)


def _failures(introduction: str, known_failed: tuple[str, ...], not_failed: frozenset[str]) -> tuple[Failure, ...]:
    if known_failed:
        lower = introduction.lower()
        return _with_words(introduction, [(lower.find(address.lower()), address) for address in known_failed])
    for pattern in _named():
        hits = [(hit.start(1), hit[1]) for hit in pattern.finditer(introduction) if hit[1].lower() not in not_failed]
        first_hits = {address.lower(): (place, address) for place, address in reversed(hits)}
        if first_hits:
            return _with_words(introduction, sorted(first_hits.values()))
    return ()


def _with_words(introduction: str, places: list[tuple[int, str]]) -> tuple[Failure, ...]:
    """The addresses with what is said of each: what stands before the next one; all of it for one not found there."""
    starts = sorted(place for place, _ in places)
    failures = []
    for place, address in places:
        begin = place + len(address) if place >= 0 else 0
        words = introduction[begin : _next(starts, place) if place >= 0 else None]
        failures.append(Failure(address, words[:_DIAGNOSTIC_LIMIT].strip(" \t\r\n<>:\"'")))
    return tuple(failures)


def _next(starts: list[int], place: int) -> int | None:
    index = bisect_right(starts, place)
    return starts[index] if index < len(starts) else None
