"""What mail lies at a path, and what is said where there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailcrm.errors import UserError
from mailcrm.ingest.files.sources import Found, Source, SourceKind, find_sources

MBOX = b"From a@b.example Tue Nov 10 09:00:00 2026\nA: 1\n\none\n\n"
MAIL = b"From: a@b.example\nSubject: s\n\nHello\n"


def lay(root: Path, files: dict[str, bytes]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    return root


def named(found: Found) -> dict[str, tuple[SourceKind, int]]:
    return {source.name: (source.kind, source.size) for source in found.sources}


def test_a_thunderbird_profile_is_its_mbox_files(tmp_path: Path) -> None:
    root = lay(
        tmp_path / "Local Folders",
        {
            "Inbox": MBOX, "Inbox.msf": b"index", "Inbox.sbd/客户": MBOX, "Sent.sbd/2020.mbox": MBOX * 2, "Empty": b"",
            "Trash": MBOX, "Junk.mbox": MBOX, "Notes.txt": b"From the desk of\nsomebody",
        },
    )  # fmt: skip
    found = find_sources(root, [])
    assert named(found) == {
        "Local Folders/Inbox": (SourceKind.MBOX, len(MBOX)),
        "Local Folders/Inbox/客户": (SourceKind.MBOX, len(MBOX)),
        "Local Folders/Sent/2020.mbox": (SourceKind.MBOX, 2 * len(MBOX)),
    }
    assert (found.left_out, found.other_files) == (["Junk", "Trash"], 2)


def test_a_maildir_is_its_inbox_and_its_folders(tmp_path: Path) -> None:
    root = lay(
        tmp_path / "Maildir",
        {
            "cur/1.a:2,S": MAIL, "new/2.a": MAIL, "tmp/3.a": MAIL, "dovecot-uidlist": b"3 V1",
            ".Sent/cur/4.a:2,": MAIL, ".&W6JiNw-.2020/new/5.a": MAIL, ".Trash/cur/6.a": MAIL, ".Drafts/cur/7.a": MAIL,
            ".Bare/new/8.a": MAIL, "Plain/cur/9.a": MAIL,
        },
    )  # fmt: skip
    (root / ".Empty" / "cur").mkdir(parents=True)
    (root / ".Bare" / "tmp").mkdir()
    found = find_sources(root, [])
    assert named(found) == {
        "Maildir": (SourceKind.MAILDIR, 2),
        "Maildir/Sent": (SourceKind.MAILDIR, 1),
        "Maildir/客户/2020": (SourceKind.MAILDIR, 1),
        "Maildir/Bare": (SourceKind.MAILDIR, 1),
        "Maildir/Plain": (SourceKind.MAILDIR, 1),
    }
    assert found.left_out == ["Drafts", "Trash"]


def test_eml_files_of_a_tree_are_one_source(tmp_path: Path) -> None:
    root = lay(
        tmp_path / "导出",
        {
            "一.eml": MAIL, "2020/05/b.EML": MAIL, "2020/c.eml": MAIL, "Spam/d.eml": MAIL, "old/e.eml": MAIL,
            ".hidden.eml": MAIL, "list.csv": b"a,b",
        },
    )  # fmt: skip
    found = find_sources(root, ["ol*"])
    (source,) = found.sources
    assert (source.kind, source.name, source.size) == (SourceKind.EML, "导出", 3)
    assert source.folders == (root, root / "2020", root / "2020" / "05")
    assert (found.left_out, found.other_files) == (["Spam", "old"], 2)


def test_a_folder_that_is_named_itself_is_imported_whatever_its_name(tmp_path: Path) -> None:
    root = lay(tmp_path, {"Trash": MBOX, "Spam/d.eml": MAIL})
    assert named(find_sources(root / "Trash", [])) == {"Trash": (SourceKind.MBOX, len(MBOX))}
    assert named(find_sources(root / "Spam", [])) == {"Spam": (SourceKind.EML, 1)}


@pytest.mark.parametrize("name", ["mail.eml", "mail", "报价.txt"])
def test_a_single_mail_is_a_source(tmp_path: Path, name: str) -> None:
    (source,) = find_sources(lay(tmp_path, {name: MAIL}) / name, []).sources
    assert source == Source(SourceKind.EML, tmp_path / name, name, 1)


def test_names_of_chinese_file_systems_are_shown_and_kept_apart(tmp_path: Path) -> None:
    for name in ("客户.mbox".encode("gbk"), "客户.mbox".encode()):
        with open(os.fsencode(tmp_path) + b"/" + name, "wb") as file:  # noqa: PTH123 - a name that is no UTF-8
            file.write(MBOX)
    first, second = find_sources(tmp_path, []).sources
    assert first.name == second.name == f"{tmp_path.name}/客户.mbox"
    assert first.key != second.key
    first.key.encode(), second.key.encode()


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    root = lay(tmp_path / "box", {"a.eml": MAIL})
    (root / "again").symlink_to(root)
    (link := tmp_path / "link").symlink_to(root)
    assert [source.path for source in find_sources(link, []).sources] == [root]
    assert find_sources(link, []).sources[0].size == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "is empty: there is no mail in it"),
        (b"\r\n\n", "is empty: there is no mail in it"),
        (b"PK\x03\x04rest", "is a zip archive; unpack it"),
        (b"\x1f\x8b\x08rest", "is a gzip archive; unpack it"),
        (b"!BDN rest", "is an Outlook data file; turn it into mbox"),
        (b"\xd0\xcf\x11\xe0 rest", "is an Outlook message; save it as .eml"),
        (b"Dear all,\n\nhello\n", "is no mail: an mbox begins with a line 'From ...'"),
    ],
)
def test_a_file_without_mail_is_refused_with_what_to_do(tmp_path: Path, text: bytes, said: str) -> None:
    with pytest.raises(UserError, match=said.replace(".", r"\.")):
        find_sources(lay(tmp_path, {"file": text}) / "file", [])


def test_a_path_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing cannot be read: No such file"):
        find_sources(tmp_path / "missing", [])
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="neither a file nor a folder"):
        find_sources(tmp_path / "pipe", [])


def test_a_folder_without_mail_is_refused_and_says_what_was_left_out(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no mail in"):
        find_sources(tmp_path, [])
    with pytest.raises(UserError, match="there is no mail in") as refused:
        find_sources(lay(tmp_path, {"Trash/a.eml": MAIL, "b.txt": b"x", "empty": b""}), [])
    assert refused.value.problems == ("left out: Trash",)
