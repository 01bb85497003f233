"""Which messages belong to one conversation: by the ids they name, never by their subject alone.

The ids of a message are an edge of a graph; threads are its connected components. That does not depend on the order
in which the messages arrive, unlike building a tree of parents.
"""

import re

from mailcrm.model.message import ParsedHeaders
from mailcrm.model.text import clean_line

_REFERENCES_AT_EACH_END = 100
_PREFIX_WORDS = (
    "re aw sv antw vs ref rif odp ynt res r fw fwd wg tr rv enc vb i "
    "回复 回覆 答复 答覆 转发 轉寄 轉發 回 答 转 返信 転送 답장 전달"
)
_PREFIX = re.compile(
    rf"(?:{'|'.join(sorted(_PREFIX_WORDS.split(), key=len, reverse=True))})"
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
