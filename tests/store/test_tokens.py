"""OAuth tokens in the store: encrypted, bound to their account, and nowhere to be seen."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from mailcrm.errors import ConfigError
from mailcrm.model.oauth import new_tokens
from mailcrm.store import Store, leases, tokens
from mailcrm.store.rows.account import Account
from tests.builders import NOW, a_write, an_account

GIVEN = new_tokens("acc3ss", "r3fresh", timedelta(hours=1), NOW, "张三@example.com")


def _keep(store: Store, name: str = "shop") -> int:
    with a_write(store) as session:
        account_id = an_account(session, name)
        tokens.save_tokens(session, account_id, GIVEN, store.keys.master)
    return account_id


def test_tokens_come_back_as_they_were(store: Store) -> None:
    account_id = _keep(store)
    with store.read() as session:
        assert tokens.load_tokens(session, account_id, store.keys.master) == GIVEN


def test_before_a_sign_in_there_are_none(store: Store) -> None:
    with a_write(store) as session:
        assert tokens.load_tokens(session, an_account(session), store.keys.master) is None


def test_newer_tokens_replace_older_ones(store: Store) -> None:
    account_id = _keep(store)
    newer = replace(GIVEN, access="n3wer")
    with a_write(store) as session:
        tokens.save_tokens(session, account_id, newer, store.keys.master)
        assert tokens.load_tokens(session, account_id, store.keys.master) == newer


def test_the_database_does_not_hold_them_in_clear_text(store: Store) -> None:
    _keep(store)
    with store.read() as session:
        (sealed,) = session.execute(select(Account.oauth_token_enc)).scalars()
    assert sealed is not None
    assert not any(word in sealed for word in (b"acc3ss", b"r3fresh", b"example.com"))


def test_another_key_or_another_account_opens_nothing(store: Store) -> None:
    account_id = _keep(store)
    with a_write(store) as session:
        with pytest.raises(ConfigError, match=r"OAuth tokens: .*key `master`.*sign in again"):
            tokens.load_tokens(session, account_id, b"another key")
        other = an_account(session, "other")
        (sealed,) = session.execute(select(Account.oauth_token_enc).where(Account.id == account_id)).scalars()
        session.get_one(Account, other).oauth_token_enc = sealed
        session.flush()
        with pytest.raises(ConfigError, match="cannot be decrypted"):
            tokens.load_tokens(session, other, store.keys.master)


@pytest.mark.parametrize("damaged", [b"", b"\x01", b"\x01short", b"\x02" + bytes(60)])
def test_what_is_damaged_is_told(sqlite_store: Store, damaged: bytes) -> None:
    account_id = _keep(sqlite_store)
    with a_write(sqlite_store) as session:
        session.get_one(Account, account_id).oauth_token_enc = damaged
        session.flush()
        with pytest.raises(ConfigError, match="cannot be decrypted"):
            tokens.load_tokens(session, account_id, sqlite_store.keys.master)


def test_a_daemon_that_starts_leaves_the_lease_on_tokens_alone(sqlite_store: Store) -> None:
    name = tokens.lease_name("shop")
    with a_write(sqlite_store) as session:
        leases.add_leases(session, {name: leases.TOKEN, "job:old": "job"})
        assert leases.take_lease(session, name, "command", timedelta(seconds=30))
        leases.sync_leases(session, {"mailbox:shop": "mailbox"})
        assert leases.lease_owner(session, name) == "command"
        assert {row.name for row in leases.list_leases(session)} == {name, "mailbox:shop"}
