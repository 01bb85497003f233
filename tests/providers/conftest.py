"""What the tests at scripted servers share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcrm.store import Store
from tests.builders import a_store
from tests.providers.scene import ME, Scene, a_scene
from tests.providers.server import Quirks, ScriptedImap


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new store on SQLite."""
    with a_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def imap(request: pytest.FixtureRequest) -> Iterator[ScriptedImap]:
    """A server with the quirks that a test names, else without."""
    with ScriptedImap(getattr(request, "param", Quirks()), user=ME, secret="pass") as server:
        yield server


@pytest.fixture
def scene(imap: ScriptedImap, tmp_path: Path) -> Iterator[Scene]:
    """An account at that server."""
    with a_scene(imap, tmp_path) as found:
        yield found
