"""Decides what a folder is for, and whether its mail belongs into the archive (RFC 6154, else by name)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mailcrm.ingest.imap.folder_names import ALWAYS_JUNK, BY_NAME, plain
from mailcrm.model.folder import FolderInfo, FolderRole

# RFC 6154, and the names XLIST has for the same.
_BY_FLAG = {
    "\\inbox": FolderRole.INBOX,
    "\\sent": FolderRole.SENT,
    "\\drafts": FolderRole.DRAFTS,
    "\\trash": FolderRole.TRASH,
    "\\junk": FolderRole.JUNK,
    "\\spam": FolderRole.JUNK,
    "\\archive": FolderRole.ARCHIVE,
    "\\all": FolderRole.ALL,
    "\\allmail": FolderRole.ALL,
}

_CANNOT_OPEN = {"\\noselect", "\\nonexistent"}
# Where providers put the folders they made; below any other folder a name such as "Drafts" is the user's own.
_GMAILS = {"[gmail]", "[google mail]"}
_HOMES = {"inbox"} | _GMAILS
_ONE_EACH = (FolderRole.SENT, FolderRole.DRAFTS, FolderRole.TRASH, FolderRole.JUNK)
_NOT_WANTED = {FolderRole.DRAFTS, FolderRole.TRASH, FolderRole.JUNK}


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of LIST: the name on the wire and in readable form, its flags, and what separates its levels."""

    name_raw: str
    name: str
    flags: tuple[str, ...] = ()
    delimiter: str | None = None


def folder_role(name: str, flags: Iterable[str], delimiter: str | None) -> FolderRole:
    """What a folder is for: by its flags, which beat names ("Trash" flagged as drafts holds drafts), else by name."""
    return _role_by_flags(flags) or _role_by_name(name, delimiter)[0]


def roles_of(listed: Sequence[Listed]) -> list[FolderInfo]:
    """The folders with their roles, in the order given.

    Sent, drafts, trash and junk are given by name to one folder each, and only if no folder has the flag: what is taken
    for junk is left out, so a guess too many would lose mail.
    """
    flagged = [_role_by_flags(each.flags) for each in listed]
    roles = [folder_role(each.name, each.flags, each.delimiter) for each in listed]
    guesses = [i for i, each in enumerate(listed) if not flagged[i] and not _is_surely_junk(each)]
    for role in _ONE_EACH:
        named = [i for i in guesses if roles[i] is role]
        keep = None if role in flagged else min(named, key=lambda i: _rank(listed[i]), default=None)
        for i in named:
            roles[i] = role if i == keep else FolderRole.OTHER
    return [_folder(each, role) for each, role in zip(listed, roles, strict=True)]


def is_flagged(listed: Listed) -> bool:
    """Whether the server itself says what the folder is for; else its name does."""
    return _role_by_flags(listed.flags) is not None


def wanted(folder: FolderInfo, leave_out: Sequence[str]) -> bool:
    """Whether the mail of a folder is fetched. `leave_out` are readable names or patterns (* ? [abc]) over them."""
    if not folder.selectable or folder.role in _NOT_WANTED:
        return False
    return not is_named(folder.name, leave_out)


def is_named(name: str, patterns: Iterable[str]) -> bool:
    """Whether one of the names or patterns means this folder."""
    # The name itself counts too: as a pattern, "[Gmail]/Important" would mean one letter out of five.
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in patterns)


def _role_by_flags(flags: Iterable[str]) -> FolderRole | None:
    return next((_BY_FLAG[flag.lower()] for flag in flags if flag.lower() in _BY_FLAG), None)


def _role_by_name(name: str, delimiter: str | None) -> tuple[FolderRole, int]:
    """The role and how unlikely it is among the names of that role."""
    parents, leaf = _levels(name, delimiter)
    if not parents and leaf == "inbox":
        return FolderRole.INBOX, 0
    if parents and (len(parents) > 1 or parents[0] not in _HOMES):
        return FolderRole.OTHER, 0
    role, rank = BY_NAME.get(leaf, (FolderRole.OTHER, 0))
    if role is FolderRole.ALL and not (parents and parents[0] in _GMAILS):  # "Todos" is anybody's folder elsewhere
        return FolderRole.OTHER, 0
    return role, rank


def _rank(listed: Listed) -> tuple[int, int]:
    """Smaller is likelier: first the level, then the place in the table."""
    return len(_levels(listed.name, listed.delimiter)[0]), _role_by_name(listed.name, listed.delimiter)[1]


def _levels(name: str, delimiter: str | None) -> tuple[list[str], str]:
    *parents, leaf = [plain(part) for part in (name.split(delimiter) if delimiter else [name])]
    return parents, leaf


def _is_surely_junk(listed: Listed) -> bool:
    return _levels(listed.name, listed.delimiter)[1] in ALWAYS_JUNK


def _folder(listed: Listed, role: FolderRole) -> FolderInfo:
    selectable = _CANNOT_OPEN.isdisjoint(flag.lower() for flag in listed.flags)
    return FolderInfo(listed.name_raw, listed.name, role, selectable)
