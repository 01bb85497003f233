"""The mutants of `make mutants` fit the source as it is: they take long to try, so nobody does it at each change."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.faults.mutants import MUTANTS, SOURCE, Mutant

_ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_fits_and_is_python(mutant: Mutant) -> None:
    ast.parse(mutant.of((_ROOT / SOURCE / mutant.path).read_text()))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_tests_that_shall_notice_are_there(mutant: Mutant) -> None:
    assert (_ROOT / mutant.tests[0]).is_file()
