"""What folders are for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.imap.folders import Listed, folder_role, roles_of, wanted
from mailcrm.model.folder import FolderInfo, FolderRole

_R = FolderRole


@pytest.mark.parametrize(
    ("name", "flags", "delimiter", "role"),
    [
        ("INBOX", (), "/", _R.INBOX),
        ("Inbox", ("\\HasNoChildren",), "/", _R.INBOX),
        ("Posteingang", ("\\Inbox",), "/", _R.INBOX),
        ("Whatever", ("\\Sent",), "/", _R.SENT),
        ("Whatever", ("\\AllMail",), "/", _R.ALL),
        ("Whatever", ("\\Spam",), "/", _R.JUNK),
        ("Whatever", ("\\ARCHIVE",), "/", _R.ARCHIVE),
        ("Sent", (), None, _R.SENT),
        ("Sent Messages", (), "/", _R.SENT),
        ("Sent_Items", (), "/", _R.SENT),
        ("ＳＥＮＴ  items", (), "/", _R.SENT),
        ("INBOX.Sent", (), ".", _R.SENT),
        ("[Gmail]/已发邮件", (), "/", _R.SENT),
        ("已发送", (), "/", _R.SENT),
        ("已发送邮件", (), "/", _R.SENT),
        ("发件箱", (), "/", _R.SENT),
        ("草稿箱", (), "/", _R.DRAFTS),
        ("草稿夹", (), "/", _R.DRAFTS),
        ("垃圾邮件", (), "/", _R.JUNK),
        ("垃圾箱", (), "/", _R.JUNK),
        ("已删除", (), "/", _R.TRASH),
        ("已删除邮件", (), "/", _R.TRASH),
        ("废件箱", (), "/", _R.TRASH),
        ("Gesendete Elemente", (), "/", _R.SENT),
        ("Entwürfe", (), "/", _R.DRAFTS),
        ("Éléments supprimés", (), "/", _R.TRASH),
        ("Correo no deseado", (), "/", _R.JUNK),
        ("Archive", (), "/", _R.ARCHIVE),
        # the user's own folders
        ("Clients/Drafts", (), "/", _R.OTHER),
        ("INBOX/Clients/Sent", (), "/", _R.OTHER),
        ("Clients/INBOX", (), "/", _R.OTHER),
        ("Sent to Paris", (), "/", _R.OTHER),
        ("", (), "/", _R.OTHER),
        # explicit flags beat names (emailengine#295)
        ("Trash", ("\\Drafts",), "/", _R.DRAFTS),
        ("Drafts", ("\\Flagged", "\\Sent"), "/", _R.SENT),
    ],
)
def test_role(name: str, flags: tuple[str, ...], delimiter: str | None, role: FolderRole) -> None:
    assert folder_role(name, flags, delimiter) is role


def _roles(*folders: tuple[str, tuple[str, ...]]) -> dict[str, FolderRole]:
    return {each.name: each.role for each in roles_of([Listed(name, name, flags, "/") for name, flags in folders])}


def test_only_the_likeliest_name_gets_the_role() -> None:
    roles = _roles(("INBOX/Sent", ()), ("Sent Items", ()), ("Sent", ()), ("Gesendet", ()))
    assert [name for name, role in roles.items() if role is _R.SENT] == ["Sent"]


def test_a_folder_on_top_beats_a_better_name_below() -> None:
    assert _roles(("INBOX/Sent", ()), ("Gesendet", ()))["Gesendet"] is _R.SENT


def test_names_count_for_nothing_once_a_folder_has_the_flag() -> None:
    roles = _roles(("Junk", ()), ("Reklame", ("\\Junk",)))
    assert roles == {"Junk": _R.OTHER, "Reklame": _R.JUNK}


def test_two_folders_may_have_the_same_flag() -> None:
    roles = _roles(("Sent", ("\\Sent",)), ("Sent Items", ("\\Sent",)))
    assert set(roles.values()) == {_R.SENT}


def test_neteases_virus_folder_is_junk_beside_the_flagged_one() -> None:
    roles = _roles(("垃圾邮件", ("\\Junk",)), ("病毒文件夹", ()))
    assert set(roles.values()) == {_R.JUNK}


@pytest.mark.parametrize("flag", ["\\Noselect", "\\NoSelect", "\\NonExistent"])
def test_a_folder_that_only_holds_folders_is_not_selectable(flag: str) -> None:
    [folder] = roles_of([Listed("x", "x", (flag,), "/")])
    assert not folder.selectable
    assert not wanted(folder, ())


@pytest.mark.parametrize(
    ("role", "is_wanted"), [(role, role not in (_R.TRASH, _R.JUNK, _R.DRAFTS)) for role in FolderRole]
)
def test_trash_junk_and_drafts_are_not_wanted(role: FolderRole, is_wanted: bool) -> None:
    assert wanted(FolderInfo("x", "x", role), ()) is is_wanted


@pytest.mark.parametrize(
    ("name", "patterns", "is_wanted"),
    [
        ("Private", ("Private",), False),
        ("Private/Letters", ("Private",), True),
        ("Private/Letters", ("Private/*",), False),
        ("private", ("Private",), True),
        ("其他文件夹/家人", ("其他文件夹/家*",), False),
        ("[Gmail]/Important", ("[Gmail]/Important",), False),
        ("G/Important", ("[Gmail]/Important",), False),
        ("Customers", ("Private", "News?"), True),
    ],
)
def test_folders_are_left_out_by_name_or_pattern(name: str, patterns: tuple[str, ...], is_wanted: bool) -> None:
    assert wanted(FolderInfo(name, name, _R.OTHER), patterns) is is_wanted


_NAMES = st.sampled_from(
    ["INBOX", "Sent", "Sent Items", "已发送", "Trash", "垃圾邮件", "垃圾箱", "Drafts", "x/Drafts", "x"]
)
_FLAGS = st.lists(st.sampled_from(["\\Sent", "\\Junk", "\\Trash", "\\Noselect", "\\HasNoChildren"]), max_size=2)


@given(st.lists(st.tuples(_NAMES, _FLAGS), max_size=8))
def test_a_guess_never_takes_a_role_twice_nor_beside_a_flag(folders: list[tuple[str, list[str]]]) -> None:
    listed = [Listed(name, name, tuple(flags), "/") for name, flags in folders]
    found = roles_of(listed)
    assert [each.name for each in found] == [name for name, _ in folders]
    for role in (_R.SENT, _R.DRAFTS, _R.TRASH, _R.JUNK):
        by_flag = [role is folder_role("", each.flags, "/") for each in listed]
        guessed = sum(each.role is role and not flagged for each, flagged in zip(found, by_flag, strict=True))
        assert guessed <= (0 if any(by_flag) else 1)
