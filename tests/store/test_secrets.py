"""The keys of an installation."""

from pathlib import Path

import pytest

from mailcrm.errors import ConfigError
from mailcrm.model.rights import Viewer
from mailcrm.store.context import SessionContext
from mailcrm.store.secrets import NAMES, create_keys, key_dir, load_keys


def test_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    made = create_keys(tmp_path)
    assert [path.name for path in made] == list(NAMES)
    assert {path.stat().st_mode & 0o777 for path in made} == {0o600}
    assert key_dir(tmp_path).stat().st_mode & 0o777 == 0o700


def test_keys_are_random_and_come_back_as_they_were(tmp_path: Path) -> None:
    create_keys(tmp_path)
    keys = load_keys(tmp_path, {})
    assert load_keys(tmp_path, {}) == keys
    assert len({keys.hmac, keys.master, *keys.links.keys}) == 3
    assert len(keys.hmac) >= 32


def test_no_key_is_ever_overwritten(tmp_path: Path) -> None:
    create_keys(tmp_path)
    before = {path.name: path.read_bytes() for path in key_dir(tmp_path).iterdir()}
    assert create_keys(tmp_path) == []
    (key_dir(tmp_path) / "links").unlink()
    assert [path.name for path in create_keys(tmp_path)] == ["links"]
    after = {path.name: path.read_bytes() for path in key_dir(tmp_path).iterdir()}
    assert {name for name in NAMES if after[name] != before[name]} == {"links"}


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_key_says_what_to_do_and_makes_none(tmp_path: Path, name: str) -> None:
    create_keys(tmp_path)
    (key_dir(tmp_path) / name).unlink()
    with pytest.raises(ConfigError, match=f"{name} is missing.*mailcrm init.*restore .* from your backup"):
        load_keys(tmp_path, {})
    assert not (key_dir(tmp_path) / name).exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    create_keys(tmp_path)
    path = key_dir(tmp_path) / "hmac"
    path.chmod(mode)
    with pytest.raises(ConfigError, match=f"can be read by others; run: chmod 600 {path}"):
        load_keys(tmp_path, {})


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xff\xfe"])
def test_a_key_that_is_empty_or_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    create_keys(tmp_path)
    (key_dir(tmp_path) / "hmac").write_bytes(content)
    with pytest.raises(ConfigError, match=r"is empty; restore|cannot be read"):
        load_keys(tmp_path, {})


def test_a_folder_in_place_of_a_key_is_refused(tmp_path: Path) -> None:
    create_keys(tmp_path)
    path = key_dir(tmp_path) / "hmac"
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load_keys(tmp_path, {})


def test_a_key_from_elsewhere_needs_no_file(tmp_path: Path) -> None:
    create_keys(tmp_path)
    (key_dir(tmp_path) / "hmac").unlink()
    keys = load_keys(tmp_path, {"hmac": "from systemd\n"})
    assert keys.hmac == b"from systemd"


def test_links_are_signed_by_the_newest_and_verified_by_all(tmp_path: Path) -> None:
    create_keys(tmp_path)
    old = load_keys(tmp_path, {}).links.unsubscribe_token(7)
    with (key_dir(tmp_path) / "links").open("a") as file:
        file.write("newer\n")
    keys = load_keys(tmp_path, {})
    assert keys.links.keys[-1] == b"newer"
    assert keys.links.read_unsubscribe(old) == 7
    assert keys.links.unsubscribe_token(7) != old


def test_no_key_shows_in_a_traceback(tmp_path: Path) -> None:
    create_keys(tmp_path)
    keys = load_keys(tmp_path, {"hmac": "top secret", "links": "top secret", "master": "top secret"})
    context = SessionContext(Viewer.system(), None, keys.hmac, tmp_path)
    assert "secret" not in repr(keys) + repr(context)
