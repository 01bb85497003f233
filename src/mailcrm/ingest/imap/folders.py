"""Decides what a folder is for, and whether its mail belongs into the archive (RFC 6154, else by name)."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

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

# A folder of this name holds junk even beside the one that is flagged: NetEase's "virus folder".
_ALWAYS_JUNK = "病毒文件夹"
# Within a role the likelier name comes first: if two folders qualify, the earlier name wins.
_NAMES: dict[FolderRole, tuple[str, ...]] = {
    FolderRole.SENT: (
        *("sent", "sent messages", "sent items", "sent mail"),
        *("已发送", "已发送邮件", "已发邮件", "发件箱", "已傳送", "寄件備份", "已寄出", "寄件匣"),
        *("送信済み", "送信済みトレイ", "보낸편지함", "gesendet", "gesendete elemente", "gesendete objekte"),
        *("gesendete nachrichten", "envoyés", "messages envoyés", "éléments envoyés", "enviados", "elementos enviados"),
        *("mensajes enviados", "correo enviado", "itens enviados", "mensagens enviadas", "inviati", "inviata"),
        *("posta inviata", "verzonden", "verzonden items", "skickat", "wysłane", "elementy wysłane", "отправленные"),
    ),
    FolderRole.DRAFTS: (
        *("drafts", "draft", "草稿箱", "草稿夹", "草稿", "草稿匣", "下書き", "임시보관함", "entwürfe", "brouillons"),
        *("borradores", "rascunhos", "bozze", "concepten", "utkast", "szkice", "kopie robocze", "черновики"),
    ),
    FolderRole.TRASH: (
        *("trash", "deleted messages", "deleted items", "deleted", "bin"),
        *("已删除", "已删除邮件", "废件箱", "废纸篓", "已刪除的郵件", "垃圾桶", "刪除的郵件", "ゴミ箱"),
        *("削除済みアイテム", "휴지통", "papierkorb", "gelöscht", "gelöschte elemente", "gelöschte objekte"),
        *("corbeille", "éléments supprimés", "papelera", "elementos eliminados", "lixeira", "itens excluídos"),
        *("cestino", "posta eliminata", "prullenbak", "verwijderde items", "papperskorg", "kosz"),
        *("корзина", "удаленные"),
    ),
    FolderRole.JUNK: (
        *("junk", "spam", "junk mail", "junk email", "bulk mail"),
        *("垃圾邮件", "垃圾箱", "垃圾郵件", _ALWAYS_JUNK, "迷惑メール", "스팸", "스팸편지함"),
        *("spamverdacht", "unerwünscht", "indésirables", "courrier indésirable", "correo no deseado", "no deseado"),
        *("lixo eletrônico", "posta indesiderata", "ongewenste e mail", "skräppost", "спам"),
    ),
    FolderRole.ARCHIVE: ("archive", "archives", "归档", "封存", "archiv", "archivo", "arquivo", "archivio", "archief"),
}
_BY_NAME = {name: (role, rank) for role, names in _NAMES.items() for rank, name in enumerate(names)}

_CANNOT_OPEN = {"\\noselect", "\\nonexistent"}
# Where providers put the folders they made; below any other folder a name such as "Drafts" is the user's own.
_HOMES = {"inbox", "[gmail]", "[google mail]"}
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


def wanted(folder: FolderInfo, leave_out: Sequence[str]) -> bool:
    """Whether the mail of a folder is fetched. `leave_out` are readable names or patterns (* ? [abc]) over them."""
    if not folder.selectable or folder.role in _NOT_WANTED:
        return False
    # The name itself counts too: as a pattern, "[Gmail]/Important" would mean one letter out of five.
    return not any(folder.name == pattern or fnmatchcase(folder.name, pattern) for pattern in leave_out)


def _role_by_flags(flags: Iterable[str]) -> FolderRole | None:
    return next((_BY_FLAG[flag.lower()] for flag in flags if flag.lower() in _BY_FLAG), None)


def _role_by_name(name: str, delimiter: str | None) -> tuple[FolderRole, int]:
    """The role and how unlikely it is among the names of that role."""
    parents, leaf = _levels(name, delimiter)
    if not parents and leaf == "inbox":
        return FolderRole.INBOX, 0
    if parents and (len(parents) > 1 or parents[0] not in _HOMES):
        return FolderRole.OTHER, 0
    return _BY_NAME.get(leaf, (FolderRole.OTHER, 0))


def _rank(listed: Listed) -> tuple[int, int]:
    """Smaller is likelier: first the level, then the place in the table."""
    return len(_levels(listed.name, listed.delimiter)[0]), _role_by_name(listed.name, listed.delimiter)[1]


def _levels(name: str, delimiter: str | None) -> tuple[list[str], str]:
    *parents, leaf = [_plain(part) for part in (name.split(delimiter) if delimiter else [name])]
    return parents, leaf


def _plain(part: str) -> str:
    """For comparing: one width, one case, single spaces ("Sent_Items" and "SENT ITEMS" are "sent items")."""
    return " ".join(unicodedata.normalize("NFKC", part).casefold().replace("_", " ").replace("-", " ").split())


def _is_surely_junk(listed: Listed) -> bool:
    return _levels(listed.name, listed.delimiter)[1] == _ALWAYS_JUNK


def _folder(listed: Listed, role: FolderRole) -> FolderInfo:
    selectable = _CANNOT_OPEN.isdisjoint(flag.lower() for flag in listed.flags)
    return FolderInfo(listed.name_raw, listed.name, role, selectable)
