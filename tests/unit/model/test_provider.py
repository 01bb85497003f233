"""What we know of mail providers, and how one is recognised."""

import pytest

from mailcrm.model.provider import (
    PROVIDERS,
    Provider,
    Security,
    provider_for_domain,
    provider_for_host,
    provider_for_mx,
)

each_provider = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.key)


def test_key_and_title_name_one_provider() -> None:
    assert len({provider.key for provider in PROVIDERS}) == len(PROVIDERS)
    assert len({provider.title for provider in PROVIDERS}) == len(PROVIDERS)


def test_domain_belongs_to_one_provider() -> None:
    domains = [domain for provider in PROVIDERS for domain in provider.domains]
    assert len(domains) == len(set(domains))


def test_mx_ending_belongs_to_one_provider() -> None:
    endings = [(provider.key, ending) for provider in PROVIDERS for ending in provider.mx]
    for key, ending in endings:
        host = f"mx1{ending}" if ending.startswith(".") else ending
        found = provider_for_mx([host])
        assert found is not None
        assert found.key == key


@each_provider
def test_no_password_crosses_a_network_in_the_clear(provider: Provider) -> None:
    for server, plain_port in ((provider.imap, 143), (provider.smtp, 587)):
        assert server.security in (Security.TLS, Security.STARTTLS)
        assert (server.port == plain_port) is (server.security is Security.STARTTLS)
        assert server.port in (993, 143, 465, 587)


@each_provider
def test_provider_is_found_by_all_that_is_its_own(provider: Provider) -> None:
    assert provider_for_host(provider.imap.host) is provider
    assert provider_for_host(provider.smtp.host) is provider
    assert all(provider_for_domain(domain) is provider for domain in provider.domains)
    assert provider.domains or provider.mx


@each_provider
def test_names_of_hosts_and_domains_are_in_comparison_form(provider: Provider) -> None:
    for name in (provider.imap.host, provider.smtp.host, *provider.domains, *provider.mx):
        assert name == name.lower().strip()
        assert not name.endswith(".")
        assert "." in name.lstrip(".")


@each_provider
def test_way_to_the_code_is_told_in_both_languages(provider: Provider) -> None:
    english, chinese = provider.code_where
    assert bool(english) == bool(chinese)
    assert english.isascii()
    assert not chinese or not chinese.isascii()
    assert english or not provider.code_name


@each_provider
def test_limits_are_sensible(provider: Provider) -> None:
    assert 0 < provider.daily_limit <= 2000
    assert provider.mails_per_connection >= 0
    assert provider.code_days is None or provider.code_days > 14


@pytest.mark.parametrize(
    ("domain", "key"),
    [
        ("qq.com", "qq"),
        ("QQ.com", "qq"),
        ("foxmail.com.", "qq"),
        (" 163.com", "163"),
        ("126.com", "126"),
        ("yeah.net", "yeah"),
        ("gmail.com", "gmail"),
        ("hotmail.com", "outlook"),
        ("mytrade.example", None),
        ("mail.qq.com", None),
        ("notqq.com", None),
        ("", None),
    ],
)
def test_address_domain_tells_the_provider(domain: str, key: str | None) -> None:
    found = provider_for_domain(domain)
    assert (found.key if found else None) == key


@pytest.mark.parametrize(
    ("hosts", "key"),
    [
        pytest.param(["mxbiz1.qq.com"], "exmail", id="Exmail"),
        pytest.param(["MXBIZ2.QQ.COM."], "exmail", id="capitals and a trailing dot"),
        pytest.param(["cna.mx.exmail.qq.com."], "exmail", id="Exmail abroad"),
        pytest.param(["mx1.qq.com"], None, id="QQ's own"),
        pytest.param(["notmxbiz1.qq.com"], None, id="an ending that only looks alike"),
        pytest.param(["qiye163mx01.mxmail.netease.com."], "netease-qiye", id="NetEase enterprise"),
        pytest.param(["mxn.mxhichina.com."], "aliyun-qiye", id="Aliyun enterprise"),
        pytest.param(["mx1.qiye.aliyun.com"], "aliyun-qiye", id="Aliyun enterprise, newer"),
        pytest.param(["aspmx.l.google.com."], "gmail", id="Workspace"),
        pytest.param(["smtp.google.com"], "gmail", id="Workspace, newer"),
        pytest.param(["mytrade-example.mail.protection.outlook.com."], "outlook", id="Microsoft 365"),
        pytest.param(["in1-smtp.messagingengine.com"], "fastmail", id="Fastmail"),
        pytest.param(["google.com.attacker.example"], None, id="a name that begins like theirs"),
        pytest.param(["evilgoogle.com"], None, id="a name that ends like theirs"),
        pytest.param(["mail.mytrade.example", "aspmx.l.google.com"], None, id="only the best preference decides"),
        pytest.param(["aspmx.l.google.com", "mail.mytrade.example"], "gmail", id="the best preference decides"),
        pytest.param(["."], None, id="null MX (RFC 7505)"),
        pytest.param([""], None, id="an empty name"),
        pytest.param([], None, id="no MX"),
    ],
)
def test_mx_tells_the_provider(hosts: list[str], key: str | None) -> None:
    found = provider_for_mx(hosts)
    assert (found.key if found else None) == key


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("imap.exmail.qq.com", "exmail"),
        ("IMAP.QQ.COM.", "qq"),
        ("smtp.office365.com", "outlook"),
        ("mail.mytrade.example", None),
        ("qq.com", None),
        ("", None),
    ],
)
def test_host_tells_the_provider(host: str, key: str | None) -> None:
    found = provider_for_host(host)
    assert (found.key if found else None) == key
