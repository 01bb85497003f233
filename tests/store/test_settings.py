"""Switches: what one process sets, all others see in their next transaction."""

from sqlalchemy import select

from mailcrm.model.rights import Actor
from mailcrm.store import Store, settings
from mailcrm.store.rows.service import Setting
from tests.builders import NOW, a_write
from tests.store.crowd import Work, after_a_race, written


def test_nothing_is_sent_until_somebody_says_so(store: Store) -> None:
    with store.read() as session:
        assert not settings.sending_enabled(session)
    for on in (True, False, True):
        written(store, lambda s, on=on: settings.switch_sending(s, on, NOW))
        with store.read() as session:
            assert settings.sending_enabled(session) is on


def test_a_switch_is_seen_within_the_transaction_that_sets_it(store: Store) -> None:
    with a_write(store) as session:
        settings.switch_sending(session, True, NOW)
        assert settings.sending_enabled(session)


def test_a_switch_remembers_who_set_it_last(store: Store) -> None:
    for name in ("zhang", "x" * 500):
        with store.write(Actor.cli(name)) as session:
            settings.put_setting(session, "colour", "蓝", NOW)
    with store.read() as session:
        row = session.execute(select(Setting)).scalars().one()
        assert (row.value, row.actor[:6], row.at) == ("蓝", "cli:xx", NOW)
        assert settings.get_setting(session, "size") is None


def test_two_that_set_a_new_switch_leave_the_later(store: Store) -> None:
    def put(value: str) -> Work:
        return lambda session: settings.put_setting(session, "colour", value, NOW)

    after_a_race(store, put("red"), put("blue"))
    with store.read() as session:
        assert settings.get_setting(session, "colour") == "blue"
