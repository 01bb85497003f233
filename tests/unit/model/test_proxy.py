"""The address of a proxy: what is understood, and that a password in it is never shown."""

import pytest

from mailcrm.errors import UserError
from mailcrm.model.proxy import Proxy, ProxyKind, parse_proxy


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("socks5://p.example:1081", Proxy(ProxyKind.SOCKS5, "p.example", 1081)),
        ("socks5h://p.example", Proxy(ProxyKind.SOCKS5, "p.example", 1080)),
        ("http://p.example/", Proxy(ProxyKind.HTTP, "p.example", 8080)),
        ("HTTP://[::1]:3128", Proxy(ProxyKind.HTTP, "::1", 3128)),
        ("socks5://me:p%40ss%2F@p.example:1", Proxy(ProxyKind.SOCKS5, "p.example", 1, "me", "p@ss/")),
        ("socks5://me:{password}@p.example:1", Proxy(ProxyKind.SOCKS5, "p.example", 1, "me", "{password}")),
    ],
)
def test_the_address_of_a_proxy_is_understood(url: str, proxy: Proxy) -> None:
    assert parse_proxy(url) == proxy
    assert str(proxy) == f"{proxy.host}:{proxy.port}"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hunter2",
        "p.example:1080",
        "https://me:hunter2@p.example",
        "socks4://me:hunter2@p.example",
        "socks5://",
        "socks5://me:hunter2@:1080",
        "socks5://me:hunter2/@p.example:1",
        "socks5://me:hunter2#@p.example:1",
        "socks5://me:hunter2@p.example:0",
        "socks5://me:hunter2@p.example:port",
        "socks5://me:hunter2@p.example:99999",
        "http://me:hunter2@p.example/path",
        "http://me:hunter2@p.example?query",
        "socks5://me:hunter2%0A@p.example",
        f"socks5://me:{'hunter2' * 40}@p.example",
    ],
)
def test_anything_else_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_proxy(url)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_password_is_not_shown() -> None:
    assert "hunter2" not in repr(parse_proxy("socks5://me:hunter2@p.example"))
