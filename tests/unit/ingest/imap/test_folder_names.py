"""Folder names in many languages."""

from __future__ import annotations

from collections import defaultdict

import pytest

from mailcrm.ingest.imap.folder_names import LANGUAGES, plain
from mailcrm.ingest.imap.folders import Listed, folder_role, roles_of
from mailcrm.model.folder import FolderRole

_R = FolderRole
_ROLES = (_R.SENT, _R.DRAFTS, _R.TRASH, _R.JUNK, _R.ARCHIVE, _R.ALL)


def test_there_are_at_least_twenty_languages_and_each_has_a_name_for_each_role() -> None:
    assert len(LANGUAGES) >= 20
    assert {"zh-CN", "zh-TW", "ja", "ko", "ar", "he"} <= set(LANGUAGES)
    for language, cells in LANGUAGES.items():
        assert all(all(name.strip() for name in cell.split("|")) for cell in cells), language


def test_no_name_means_two_things() -> None:
    meanings = defaultdict(set)
    for cells in LANGUAGES.values():
        for role, cell in zip(_ROLES, cells, strict=True):
            for name in cell.split("|"):
                meanings[plain(name)].add(role)
    assert {name: roles for name, roles in meanings.items() if len(roles) > 1} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mailbox_in_any_language_has_its_roles(language: str) -> None:
    cells = LANGUAGES[language]
    names = [cell.split("|")[-1] for cell in cells[:-1]]
    listed = [Listed(name, name, (), "/") for name in ("INBOX", *names)]
    assert [info.role for info in roles_of(listed)] == [_R.INBOX, *_ROLES[:-1]]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("home", ["[Gmail]", "[Google Mail]"])
def test_gmails_own_folders_in_any_language(language: str, home: str) -> None:
    cells = LANGUAGES[language]
    assert folder_role(f"{home}/{cells[-1].split('|')[0]}", (), "/") is _R.ALL
    assert folder_role(f"{home}/{cells[0].split('|')[0].upper()}", (), "/") is _R.SENT


@pytest.mark.parametrize("name", ["All Mail", "Todos", "INBOX/Todos", "所有邮件"])
def test_a_folder_named_all_is_the_users_own_anywhere_but_at_gmail(name: str) -> None:
    assert folder_role(name, (), "/") is _R.OTHER


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("GÖNDERİLMİŞ ÖĞELER", _R.SENT),
        ("İSTENMEYEN", _R.JUNK),
        ("Entwu\u0308rfe", _R.DRAFTS),  # decomposed, as macOS writes it
        ("ΑΠΕΣΤΑΛΜΈΝΑ", _R.SENT),
        ("ｺﾞﾐ箱", _R.TRASH),
        ("Junk-E-Mail", _R.JUNK),
        ("Virus Items", _R.JUNK),
        ("已删除的邮件", _R.TRASH),
        ("垃圾信件匣", _R.JUNK),
    ],
)
def test_case_width_and_composition_do_not_matter(name: str, role: FolderRole) -> None:
    assert folder_role(name, (), "/") is role
