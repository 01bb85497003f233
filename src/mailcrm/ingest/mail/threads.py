"""Which messages belong to one conversation: by the ids they name, never by their subject alone.

The ids of a message are an edge of a graph; threads are its connected components. That does not depend on the order
in which the messages arrive, unlike building a tree of parents.
"""

import hashlib
import re

from mailcrm.model.message import MailKind, ParsedHeaders
from mailcrm.model.text import clean_line

_REFERENCES_AT_EACH_END = 100
_REPLY_WORDS = "re aw sv antw vs ref rif odp ynt res r 回复 回覆 答复 答覆 回 答 返信 답장".split()
_FORWARD_WORDS = "fw fwd wg tr rv enc vb i 转发 轉寄 轉發 转 転送 전달".split()
_PREFIX = re.compile(
    rf"({'|'.join(sorted(_REPLY_WORDS + _FORWARD_WORDS, key=len, reverse=True))})"
    r"\s?(?:\[\d{1,4}\]|\(\d{1,4}\)|（\d{1,4}）|\^\d{1,4}|\*\d{1,4})?\s?[:：]\s?",
    re.IGNORECASE,
)
_LIST_TAGS = re.compile(r"(?:\[[^\[\]]{1,80}\]\s?){1,4}")
_FORWARDED = re.compile(r"\[\s?fwd?\s?[:：]\s?(.*)\]", re.IGNORECASE)


def thread_ids(headers: ParsedHeaders) -> tuple[str, ...]:
    """All ids that are of one conversation with this message, its own first.

    That is the Message-ID, the References and of In-Reply-To the last id: what stands before it there is often an
    address. Of very long References both ends are taken: the root and the nearest ancestors.
    """
    references = headers.references
    if len(references) > 2 * _REFERENCES_AT_EACH_END:
        references = references[:_REFERENCES_AT_EACH_END] + references[-_REFERENCES_AT_EACH_END:]
    ids = dict.fromkeys((headers.message_id, *references, *headers.in_reply_to[-1:]))
    ids.pop("", None)
    return tuple(ids)


def base_subject(subject: str) -> str:
    """`subject` without the marks of replies and forwards, whatever mailer and language put them there.

    The tag of a mailing list stays, prefixes before and behind it go: "Re: [x] AW: y" and "[x] y" are one subject.
    """
    rest = clean_line(subject)
    tag = ""
    while True:
        prefix = _PREFIX.match(rest)
        if prefix:
            rest = rest[prefix.end() :]
            continue
        forwarded = _FORWARDED.fullmatch(rest)
        if forwarded:
            rest = forwarded[1].strip()
            continue
        tags = _LIST_TAGS.match(rest)
        if not tags or not _PREFIX.match(rest, tags.end()):
            return (tag + rest).strip()
        tag, rest = tag + tags[0].strip() + " ", rest[tags.end() :]


def is_orphan_reply(headers: ParsedHeaders) -> bool:
    """Whether a human's mail is a reply by its subject, and names nothing that it answers: some mailers drop that."""
    if headers.kind != MailKind.PERSON or headers.references or headers.in_reply_to:
        return False
    tags = _LIST_TAGS.match(headers.subject)
    prefix = _PREFIX.match(headers.subject, tags.end() if tags else 0)
    return prefix is not None and prefix[1].lower() in _REPLY_WORDS


def subject_key(headers: ParsedHeaders) -> int | None:
    """What the subjects of a mail and of its answers have in common, as a number of 63 bits; None where it says nothing:
    without a subject, or where no human wrote."""
    if headers.kind != MailKind.PERSON or not headers.subject:
        return None
    words = " ".join(base_subject(headers.subject).casefold().split())
    return int.from_bytes(hashlib.sha256(words.encode("utf-8", "replace")).digest()[:8], "big") >> 1 if words else None


class ThreadIndex:
    """Threads of one run, in memory: a union-find over every id seen, ids of missing messages included."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._age: dict[str, int] = {}

    def join(self, ids: tuple[str, ...]) -> str:
        """Unite the threads of all `ids`. Returns the id of that thread: the one in it that was seen first."""
        roots = dict.fromkeys(self._root(found) for found in ids)
        winner = min(roots, key=self._age.__getitem__, default="")
        for root in roots:
            self._parent[root] = winner
        return winner

    def find(self, found: str) -> str:
        """The thread of an id as it is known by now; the id itself if it was never seen."""
        return self._root(found) if found in self._parent else found

    def _root(self, found: str) -> str:
        self._age.setdefault(found, len(self._age))
        path = []
        while (parent := self._parent.setdefault(found, found)) != found:
            path.append(found)
            found = parent
        for step in path:
            self._parent[step] = found
        return found
