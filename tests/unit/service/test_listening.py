"""Where the endpoint listens, by IPv4 and IPv6, and what is said when it cannot."""

import socket

import pytest

from mailcrm.errors import ConfigError
from mailcrm.service.listening import free_port, listen, place


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_both_families_are_listened_on(host: str) -> None:
    port = free_port(host)
    with listen(host, port) as server, socket.create_connection((host, port)):
        assert server.getsockname()[:2] == (host, port)


def test_a_place_is_written_as_in_a_url() -> None:
    assert (place("127.0.0.1", 80), place("::1", 80)) == ("127.0.0.1:80", "[::1]:80")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_in_use_is_told(host: str) -> None:
    port = free_port(host)
    with (
        listen(host, port),
        pytest.raises(ConfigError, match=r"^public\.port: .*is mailcrm running already\?") as caught,
    ):
        listen(host, port)
    assert place(host, port) in caught.value.message


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "no such host.invalid"])
def test_an_address_that_is_not_ours_is_told_by_its_key(host: str) -> None:
    with pytest.raises(ConfigError, match=r"^public\.listen: .*address of this machine") as caught:
        listen(host, 8025)
    assert "running already" not in caught.value.message


def test_a_connection_sends_at_once_what_is_written() -> None:
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()[:2]):
        connection, _ = listening.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
