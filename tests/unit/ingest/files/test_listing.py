"""Mail files one by one: flags, when they came, the number that stays the same, and files that cannot be read."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailcrm.ingest.files.listing import MailFile, list_files, read_file
from mailcrm.ingest.files.sources import Source, find_sources

MAIL = b"From: a@b.example\n\nHello\n"
LARGE = 2**20


def a_source(path: Path) -> Source:
    (source,) = find_sources(path, []).sources
    return source


def listed(path: Path) -> list[MailFile]:
    return list(list_files(a_source(path)))


def a_maildir(root: Path, *names: str) -> Path:
    for part in ("cur", "new", "tmp"):
        (root / part).mkdir(parents=True, exist_ok=True)
    for name in names:
        (root / name).write_bytes(MAIL)
    return root


def test_flags_of_a_maildir_are_in_the_file_name(tmp_path: Path) -> None:
    box = a_maildir(tmp_path, "cur/1600000001.a:2,FRS", "cur/1600000002.b:2,PXT", "new/1600000003.c", "cur/.hidden")
    assert [(file.name, file.flags) for file in listed(box)] == [
        ("cur/1600000001.a:2,FRS", ("\\Flagged", "\\Answered", "\\Seen")),
        ("cur/1600000002.b:2,PXT", ("$Forwarded", "\\Deleted")),
        ("new/1600000003.c", ()),
    ]


def test_a_mail_that_is_read_or_flagged_in_a_maildir_stays_the_same_mail(tmp_path: Path) -> None:
    box = a_maildir(tmp_path, "new/1600000003.c")
    (before,) = listed(box)
    (box / "new/1600000003.c").rename(box / "cur/1600000003.c:2,S")
    (after,) = listed(box)
    assert (after.uid, after.flags) == (before.uid, ("\\Seen",))


@pytest.mark.parametrize(
    ("name", "changed", "arrived"),
    [
        ("1600000003.c", 1600000003.7, 1600000003),
        ("1600000003.c", 1500000000.0, 1500000000),  # put there later by a program that kept the time
        ("1600000003.c", 1700000000.0, 1600000003),  # copied later by one that did not
        ("mail-3", 1700000000.0, 1700000000),
    ],
)
def test_a_maildir_tells_when_a_mail_came(tmp_path: Path, name: str, changed: float, arrived: int) -> None:
    box = a_maildir(tmp_path, f"new/{name}")
    os.utime(box / "new" / name, (changed, changed))
    (file,) = listed(box)
    assert file.arrived == datetime.fromtimestamp(arrived, UTC)


def test_an_eml_file_does_not_tell_when_its_mail_came(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(MAIL)
    (file,) = listed(tmp_path)
    assert (file.name, file.arrived) == ("a.eml", None)


def test_a_number_is_that_of_the_file_whatever_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.eml", "sub/b.eml"):
        (tmp_path / name).write_bytes(MAIL)
        os.utime(tmp_path / name, (10**9, 10**9))
    before = {file.name: file.uid for file in listed(tmp_path)}
    (tmp_path / "a.eml").write_bytes(MAIL)
    after = {file.name: file.uid for file in listed(tmp_path)}
    assert len(set(after.values())) == 3
    assert after.items() > before.items()
    assert all(0 < uid < 2**63 for uid in after.values())


def test_a_file_that_was_written_anew_is_another_mail(tmp_path: Path) -> None:
    path = tmp_path / "1.eml"
    path.write_bytes(MAIL)
    os.utime(path, (10**9, 10**9))
    (before,) = listed(tmp_path)
    os.utime(path, (10**9, 10**9 + 1))
    (after,) = listed(tmp_path)
    assert before.uid != after.uid


def test_a_file_is_read_in_the_form_of_the_wire(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(MAIL)
    (tmp_path / "b.eml").write_bytes(b"From a@b Tue Nov 10 09:00:00 2026\n" + MAIL)
    assert {read_file(file, LARGE).raw for file in listed(tmp_path)} == {MAIL.replace(b"\n", b"\r\n")}


def test_what_keeps_a_file_from_being_read_is_its_problem(tmp_path: Path) -> None:
    (tmp_path / "0.eml").write_bytes(b"")
    (tmp_path / "1.eml").write_bytes(b" \r\n\n")
    (tmp_path / "2.eml").write_bytes(MAIL)
    (tmp_path / "3.eml").write_bytes(b"x" * (LARGE + 1))
    (tmp_path / "4.eml").symlink_to("nowhere")
    found = listed(tmp_path)
    (tmp_path / "2.eml").unlink()
    problems = [(mail.where, mail.raw, mail.problem) for mail in (read_file(file, LARGE) for file in found)]
    assert problems == [
        ("0.eml", None, "the file is empty"),
        ("1.eml", None, "the file is empty"),
        ("2.eml", None, "it cannot be read: No such file or directory"),
        ("3.eml", None, "larger than 1 MiB"),
        ("4.eml", None, "it cannot be read: No such file or directory"),
    ]


def test_a_single_file_is_listed_alone(tmp_path: Path) -> None:
    for name in ("a.eml", "b.eml"):
        (tmp_path / name).write_bytes(MAIL)
    assert [file.name for file in listed(tmp_path / "b.eml")] == ["b.eml"]
