"""What the tests at scripted servers share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcrm.store import Store
from tests.builders import a_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new store on SQLite."""
    with a_store(tmp_path) as opened:
        yield opened
