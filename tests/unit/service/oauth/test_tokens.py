"""The source of access tokens: renewed in time, by one at a time, and never lost or shown."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailcrm.errors import ConnectionLost, LoginRefused, MailcrmError, PermanentError, Throttled
from mailcrm.store import leases
from mailcrm.store.tokens import lease_name
from tests.builders import a_write
from tests.servers.proxy import ScriptedProxy
from tests.unit.service.oauth.house import House, a_house

LIFE = timedelta(seconds=60)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with a_house(tmp_path) as found:
        yield found


def test_a_good_token_is_given_without_asking_anybody(house: House) -> None:
    given = house.sign_in()
    house.pass_time(minutes=54, seconds=59)
    assert house.source()() == given.access
    assert house.server.asked == []


def test_a_token_is_renewed_five_minutes_before_it_ends_and_kept(house: House) -> None:
    given = house.sign_in()
    house.pass_time(minutes=55)
    renewed = house.source()()
    assert renewed != given.access
    assert house.server.active(renewed) == house.server.user
    assert house.source()() == renewed
    assert house.server.asked == ["refresh_token"]


def test_a_refresh_token_that_is_replaced_is_not_used_twice(house: House) -> None:
    house.sign_in()
    for _ in range(3):
        house.pass_time(hours=1)
        assert house.server.active(house.source()())


def test_a_refresh_token_that_stays_is_kept(house: House) -> None:
    house.server.rotate = False
    house.sign_in()
    for _ in range(3):
        house.pass_time(hours=1)
        assert house.server.active(house.source()())


def test_a_token_that_a_server_refused_is_renewed_before_its_time(house: House) -> None:
    given = house.sign_in()
    renewed = house.source()(refused=given.access)
    assert renewed != given.access
    assert house.source()(refused=given.access) == renewed  # the other who was refused takes the newer one
    assert house.server.asked == ["refresh_token"]


def test_many_at_once_renew_only_once(house: House) -> None:
    house.sign_in()
    house.pass_time(hours=1)
    house.server.delay = 0.3
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(house.source()())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 6
    assert len(set(found)) == 1
    assert house.server.asked == ["refresh_token"]


def test_one_who_waits_takes_what_another_process_has_got(house: House) -> None:
    house.sign_in()
    house.pass_time(hours=1)
    name = lease_name("shop")
    with a_write(house.store) as session:
        leases.add_leases(session, {name: leases.TOKEN})
        assert leases.take_lease(session, name, "another:1:abc", LIFE)
    found: list[str] = []
    waiting = threading.Thread(target=lambda: found.append(house.source()()))
    waiting.start()
    newer = house.sign_in()
    with a_write(house.store) as session:
        leases.release_lease(session, name, "another:1:abc", LIFE)
    waiting.join(30)
    assert found == [newer.access]
    assert house.server.asked == []


def test_nobody_has_signed_in_yet(house: House) -> None:
    with pytest.raises(LoginRefused, match="nobody has signed in to shop yet; run: mailcrm accounts sign-in shop"):
        house.source()()


def test_access_that_was_taken_away_is_a_matter_for_a_human(house: House) -> None:
    given = house.sign_in()
    house.server.revoke()
    house.pass_time(hours=1)
    with pytest.raises(LoginRefused) as caught:
        house.source()()
    assert "invalid_grant AADSTS70008: it has expired. Trace ID: 1 ***" in str(caught.value)
    assert "sign in again: mailcrm accounts sign-in shop" in str(caught.value)
    assert given.refresh not in str(caught.value)


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (503, ConnectionLost),
        (500, ConnectionLost),
        (404, ConnectionLost),
        (429, Throttled),
        (b"[]", ConnectionLost),
        (b"<html>", ConnectionLost),
    ],
)
def test_trouble_at_the_server_says_nothing_of_the_sign_in(
    house: House, broken: int | bytes, error: type[MailcrmError]
) -> None:
    house.sign_in()
    house.server.broken = broken
    house.pass_time(hours=1)
    with pytest.raises(MailcrmError) as caught:
        house.source()()
    assert type(caught.value) is error
    house.server.broken = None
    assert house.server.active(house.source()())


def test_a_server_that_cannot_be_reached_says_nothing_of_the_sign_in(house: House) -> None:
    house.sign_in()
    house.pass_time(hours=1)
    house.server.__exit__()
    with pytest.raises(ConnectionLost, match=r"cannot reach 127\.0\.0\.1 for a token: Connection refused"):
        house.source()()


def test_while_it_cannot_be_renewed_the_old_token_is_used_to_its_end(house: House) -> None:
    given = house.sign_in()
    house.server.broken = 503
    house.pass_time(minutes=57)
    assert house.source()() == given.access
    with pytest.raises(ConnectionLost):
        house.source()(refused=given.access)
    house.pass_time(minutes=3)
    with pytest.raises(ConnectionLost):
        house.source()()


def test_a_client_that_the_server_does_not_know_is_told_so(house: House) -> None:
    house.sign_in()
    house.pass_time(hours=1)
    house.server.client_secret = "an0ther"
    with pytest.raises(
        PermanentError, match=r"not take us for its client \(invalid_client AADSTS7000215.*client_secret"
    ):
        house.source()()


def test_a_server_that_does_not_say_how_long_a_token_lives_is_trusted_for_an_hour(house: House) -> None:
    house.sign_in()
    house.server.lifetime = None
    house.pass_time(hours=1)
    renewed = house.source()()
    house.pass_time(minutes=54)
    assert house.source()() == renewed
    house.pass_time(minutes=1)
    assert house.source()() != renewed


@pytest.mark.parametrize("kind", ["socks5", "http"])
def test_tokens_come_through_the_proxy_of_the_mailbox(tmp_path: Path, kind: str) -> None:
    with ScriptedProxy(kind) as proxy, a_house(tmp_path, proxy=proxy.url()) as house:
        house.sign_in()
        house.pass_time(hours=1)
        assert house.server.active(house.source()())
        assert proxy.targets == [("127.0.0.1", house.server.port)]


def test_no_token_shows_in_a_repr(house: House) -> None:
    given = house.sign_in()
    assert given.access not in repr(given) + repr(house.source())
    assert given.refresh not in repr(given)
