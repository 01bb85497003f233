"""Decides what Gmail's labels mean: which folders have to be read, what a mail is shown in, what a label keeps out.

Gmail keeps each mail once, in "All Mail"; its other folders are views of the mails with one label. Spam and Trash are
not in "All Mail", drafts are. Marks such as `\\Important` and `\\Starred` are no places, and no folder to leave out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mailcrm.ingest.imap.folders import is_named, wanted
from mailcrm.model.folder import FolderInfo, FolderRole
from mailcrm.model.message import FetchedHeader

_ROLES = {
    "\\inbox": FolderRole.INBOX,
    "\\sent": FolderRole.SENT,
    "\\draft": FolderRole.DRAFTS,
    "\\drafts": FolderRole.DRAFTS,
}
_DRAFT = "a draft"
_LABEL = "label "


def folders_to_read(listed: Sequence[FolderInfo], leave_out: Sequence[str], *, labels: bool) -> list[FolderInfo]:
    """The folders that have to be read: with `labels`, "All Mail" alone where it is there and not left out.

    It can be hidden from IMAP; then all others are read, and what a mail is called by Gmail tells it again.
    """
    folders = [info for info in listed if wanted(info, leave_out)]
    return [info for info in folders if labels and info.role is FolderRole.ALL] or folders


def is_label_rule(rule: str) -> bool:
    """Whether a rule is one of `Labels.rule`."""
    return rule == _DRAFT or rule.startswith(_LABEL)


@dataclass(frozen=True, slots=True)
class Labels:
    """What the labels of an account stand for. `places` are folder names by system label, in lower case."""

    places: Mapping[str, str]
    leave_out: Sequence[str]

    @classmethod
    def of(cls, listed: Iterable[FolderInfo], leave_out: Sequence[str]) -> "Labels":
        """By the folders as the server lists them."""
        names = {info.role: info.name for info in listed}
        return cls({label: names[role] for label, role in _ROLES.items() if role in names}, leave_out)

    def shown_in(self, labels: Iterable[str] | None) -> str:
        """The folders that labels stand for, one a line; a system label that is no folder stays as it is."""
        return "\n".join(sorted({self.places.get(label.lower(), label) for label in labels or ()}))

    def rule(self, labels: Iterable[str] | None, flags: Iterable[str] = ()) -> str | None:
        """The rule that keeps a mail with these labels out of the archive; None to keep it, and where there are none.

        A mail with several labels is left out if one of them is: the folder would not have been read.
        """
        if labels is None:
            return None
        found = set(labels)
        if any(_ROLES.get(label.lower()) is FolderRole.DRAFTS for label in found) or "\\Draft" in flags:
            return _DRAFT
        places = sorted(self.places.get(label.lower(), label) for label in found)
        named = (place for place in places if not place.startswith("\\") and is_named(place, self.leave_out))
        return next((f"{_LABEL}{place}" for place in named), None)

    def keeps(self, shown_in: str) -> bool:
        """Whether a mail that is filed as shown in these folders would be filed now."""
        return not any(is_named(place, self.leave_out) for place in shown_in.split("\n") if place[:1] != "\\")


def is_sent(header: FetchedHeader) -> bool:
    """Whether Gmail says that it was sent from this account, by whatever address."""
    return any(_ROLES.get(label.lower()) is FolderRole.SENT for label in header.labels or ())
