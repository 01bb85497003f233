"""Names that mail gives to files: they stay readable and can do no harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.model.filename import free_name, safe_file_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("报价 2026.pdf", "报价 2026.pdf"), ("a/b\\c.txt", "a_b_c.txt"), ("../../etc/passwd", "_._etc_passwd"),
        (".bashrc", "bashrc"), ("..", "other"), ("", "other"), ("///", "other"), ("CON", "_CON"), ("nul.txt", "_nul.txt"),
        ("a\u202egpj.exe", "a gpj.exe"), ("a\0b\n.pdf", "a b.pdf"), (" x . ", "x"), ("c:evil", "c_evil"),
        ("e\u0301.pdf", "é.pdf"),
    ],
)  # fmt: skip
def test_names(name: str, safe: str) -> None:
    assert safe_file_name(name, "other") == safe


def test_a_long_name_keeps_its_ending() -> None:
    name = safe_file_name("价" * 300 + ".tar.gz", "other")
    assert name.endswith(".gz")
    assert 150 < len(name.encode()) <= 180


@given(st.text())
def test_nothing_leads_elsewhere(name: str) -> None:
    safe = safe_file_name(name, "other")
    assert safe == "other" or not set(safe) & set('/\\\0:*?"<>|\n\r')
    assert safe not in ("", ".", "..")
    assert not safe.startswith((".", " "))
    assert len(safe.encode("utf-8")) <= 200


def test_two_of_one_name_get_numbers() -> None:
    assert free_name("a.pdf", []) == "a.pdf"
    assert free_name("a.pdf", ["A.PDF", "a (2).pdf"]) == "a (3).pdf"
    assert free_name("readme", ["readme"]) == "readme (2)"
