"""Writing an installation: all of it or nothing, whatever interrupts."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailcrm.config import load_config
from mailcrm.errors import ConfigError
from mailcrm.model.account import AccountPolicy, Capture, CustomerWhen, Visibility
from mailcrm.model.provider import Security, Server
from mailcrm.model.rights import Actor
from mailcrm.service.answers import NewAccount, NewHouse
from mailcrm.service.bootstrap import build_app
from mailcrm.service.setup import account_text, add, house_text, install, secret_path
from mailcrm.store import audit, sync_state

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ACTOR = Actor.cli("ann")


def a_house(folder: Path) -> NewHouse:
    return NewHouse(folder / "state", "en", 'Own "quoted" \\ Ltd 贸易', ("own.example",))


def an_account(name: str = "me", secret: str = "hunter2") -> NewAccount:
    server = Server("mail.own.example", 993, Security.TLS)
    policy = AccountPolicy(Capture.SUBJECT, Visibility.TEAM, CustomerWhen.ALL_KNOWN)
    return NewAccount(name, f"{name}@own.example", server, server, policy, secret, since="2025-01-01")


def stopping_at(call: int) -> Callable[[], datetime]:
    """A clock that somebody presses Ctrl-C beside when it is read for the `call`th time."""
    left = [call]

    def clock() -> datetime:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return NOW

    return clock


def test_what_is_written_is_what_was_answered(tmp_path: Path) -> None:
    path = tmp_path / "mailcrm.toml"
    config = install(path, a_house(tmp_path), an_account(), lambda: NOW, ACTOR)
    assert load_config(path) == config
    assert config.company.name == 'Own "quoted" \\ Ltd 贸易'
    (account,) = config.accounts
    assert account.initial.customer_when is CustomerWhen.ALL_KNOWN
    assert account.secret.read("x") == "hunter2"


def test_row_begins_with_the_chosen_policy_and_the_audit_log_names_who_did_it(tmp_path: Path) -> None:
    config = install(tmp_path / "mailcrm.toml", a_house(tmp_path), an_account(), lambda: NOW, ACTOR)
    app = build_app(config)
    with app.store.read() as session:
        row = sync_state.get_account(session, "me")
        assert (row.policy.capture, row.policy.visibility) == (Capture.SUBJECT, Visibility.TEAM)
        assert not list(audit.broken_links(session))
    app.store.close()


def test_every_key_has_its_reason_beside_it(tmp_path: Path) -> None:
    text = house_text(a_house(tmp_path)) + account_text(an_account(), secret_path(tmp_path, "me"))
    assert text.count("#") > 10
    assert "hunter2" not in text


def test_interruption_before_the_end_leaves_no_configuration_and_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "mailcrm.toml"
    with pytest.raises(KeyboardInterrupt):
        install(path, a_house(tmp_path), an_account(), stopping_at(1), ACTOR)
    assert not path.exists()
    assert not secret_path(tmp_path / "state", "me").exists()
    install(path, a_house(tmp_path), an_account(), lambda: NOW, ACTOR)


def test_interruption_after_the_commit_leaves_a_whole_installation(tmp_path: Path) -> None:
    path = tmp_path / "mailcrm.toml"
    with pytest.raises(KeyboardInterrupt):
        install(path, a_house(tmp_path), an_account(), stopping_at(2), ACTOR)
    app = build_app(load_config(path))
    with app.store.read() as session:
        assert sync_state.get_account(session, "me").policy.capture is Capture.SUBJECT
    app.store.close()


def test_configuration_that_cannot_be_written_takes_the_secret_back(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot write"):
        install(tmp_path / "file" / "mailcrm.toml", a_house(tmp_path), an_account(), lambda: NOW, ACTOR)
    assert not list((tmp_path / "state" / "secrets").iterdir())


def test_failed_addition_gives_an_old_secret_back(tmp_path: Path) -> None:
    path = tmp_path / "mailcrm.toml"
    install(path, a_house(tmp_path), an_account(), lambda: NOW, ACTOR)
    old = secret_path(tmp_path / "state", "new")
    old.write_text("of a mailbox that was removed\n")
    draft = path.with_name(f".{path.name}.new")
    text = path.read_text()
    draft.mkdir()  # in the way
    with pytest.raises(ConfigError, match="cannot write"):
        add(path, an_account("new"), lambda: NOW, ACTOR)
    assert old.read_text() == "of a mailbox that was removed\n"
    assert path.read_text() == text
    draft.rmdir()
    add(path, an_account("new"), lambda: NOW, ACTOR)
    assert old.read_text() == "hunter2\n"
    assert [account.name for account in load_config(path).accounts] == ["me", "new"]


def test_link_to_the_configuration_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "mailcrm.toml"
    install(real, a_house(tmp_path), an_account(), lambda: NOW, ACTOR)
    link.symlink_to(real)
    add(link, an_account("new"), lambda: NOW, ACTOR)
    assert link.is_symlink()
    assert len(load_config(real).accounts) == 2
