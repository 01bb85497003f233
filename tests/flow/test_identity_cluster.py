"""`mailcrm identity cluster`: a sheet in, groups and pairs to look at out, without a configuration."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path

import pytest

from tests.flow import starter
from tests.flow.instance import environment

_SHEET = """record_id,source,name,email,phone,company,title,birth_date,customer_no,seen
a,header,Jane Wurzelbacher,jane.wurzelbacher@gmail.com,,,,,,2025-01-02
b,signature,"Wurzelbacher, Jane",janewurzelbacher@googlemail.com,+49 30 901820,,,,,2025-01-03
c,import,J. Wurzelbacher,,030 901820,,,,,
d,header,曾语志,zeng@acme.example,,恒达软件有限公司,,,,
e,header,Yuzhi Zeng,yuzhi@other.example,,,,,,
f,header,Peter Klein,peter@else.example,,,,,,
"""


def cluster(folder: Path, *args: str, sheet: bytes = _SHEET.encode()) -> subprocess.CompletedProcess[str]:
    (folder / "in.csv").write_bytes(sheet)
    files = ["--in", str(folder / "in.csv"), "--out", str(folder / "out.csv"), "--review", str(folder / "review.csv")]
    return starter.run(["identity", "cluster", *files, *args], environment(), "", timeout=60)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_sheet_is_grouped(tmp_path: Path) -> None:
    done = cluster(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "6 records, 4 people" in done.stdout
    assert [(row["record_id"], row["cluster_id"]) for row in rows(tmp_path / "out.csv")] == [
        ("a", "a"), ("b", "a"), ("c", "a"), ("d", "d"), ("e", "e"), ("f", "f"),
    ]  # fmt: skip


def test_what_a_human_should_see_is_explained(tmp_path: Path) -> None:
    cluster(tmp_path)
    (pair,) = rows(tmp_path / "review.csv")
    assert (pair["record_id_a"], pair["record_id_b"]) == ("d", "e")
    assert "same reading +" in pair["evidence"]
    told = [float(each.rpartition(" ")[2]) for each in pair["evidence"].split("; ")]
    assert sum(told) == pytest.approx(float(pair["bits"]), abs=0.05)


def test_the_same_sheet_gives_the_same_answer(tmp_path: Path) -> None:
    cluster(tmp_path)
    first = (tmp_path / "out.csv").read_bytes(), (tmp_path / "review.csv").read_bytes()
    cluster(tmp_path)
    assert first == ((tmp_path / "out.csv").read_bytes(), (tmp_path / "review.csv").read_bytes())


def test_counts_for_programs(tmp_path: Path) -> None:
    done = cluster(tmp_path, "--json")
    found = json.loads(done.stdout)
    assert (found["records"], found["clusters"], found["joined"], found["review"], found["capped"]) == (6, 4, 2, 1, [])
    assert done.stderr == ""


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_sheets_as_spreadsheets_save_them(tmp_path: Path, encoding: str) -> None:
    done = cluster(tmp_path, sheet=_SHEET.replace("\n", "\r\n").encode(encoding))
    assert "6 records, 4 people" in done.stdout


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        (b"name,email\nJane,j@a.example\n", "has no column record_id"),
        (b"", "has no column record_id"),
        (b"record_id,name\na,Jane\na,John\n", "row 3: record_id 'a' is there twice"),
        (b"record_id,name\n,Jane\n", "row 2: record_id is empty"),
        (b"record_id,name\na,\xff\xff\n", "neither UTF-8 nor GB18030"),
    ],
)
def test_a_sheet_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path, sheet: bytes, said: str) -> None:
    done = cluster(tmp_path, sheet=sheet)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert not (tmp_path / "out.csv").exists()


def test_a_sheet_that_is_not_there(tmp_path: Path) -> None:
    files = ["--in", str(tmp_path / "none.csv"), "--out", str(tmp_path / "out.csv")]
    done = starter.run(["identity", "cluster", *files], environment(), "", timeout=60)
    assert done.returncode == 2
    assert "No such file" in done.stderr


def test_only_ids_are_needed(tmp_path: Path) -> None:
    cluster(tmp_path, sheet=b"record_id,colour\na,red\nb,blue\n")
    assert [row["cluster_id"] for row in rows(tmp_path / "out.csv")] == ["a", "b"]


def test_a_sheet_with_semicolons_is_read(tmp_path: Path) -> None:
    cluster(tmp_path, sheet="record_id;name;email\r\na;Jane;j@a.example\r\nb;Jane;J@a.example\r\n".encode("utf-8-sig"))
    assert [row["cluster_id"] for row in rows(tmp_path / "out.csv")] == ["a", "a"]


def test_the_sheet_itself_is_never_written_over(tmp_path: Path) -> None:
    sheet = tmp_path / "in.csv"
    sheet.write_text(_SHEET)
    done = starter.run(["identity", "cluster", "--in", str(sheet), "--out", str(sheet)], environment(), "", timeout=60)
    assert done.returncode == 2
    assert "must be different files" in done.stderr
    assert sheet.read_text() == _SHEET


def test_what_was_there_before_stays_if_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "out.csv").mkdir()
    done = cluster(tmp_path)
    assert done.returncode == 2
    assert "cannot write" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]
