"""How addresses are compared, what kind they are, and which are our own."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailcrm.errors import UserError
from mailcrm.model.address import (
    AddressKind,
    EmailAddress,
    OwnAddresses,
    address_key,
    address_kind,
    domain_of,
    is_free_mail,
    mailbox_key,
    parse_address,
)
from mailcrm.model.provider import PROVIDERS

NOBODY = OwnAddresses()

_TROUBLE = st.text(st.sampled_from("aA@@.+\"'<> ,;\\[]_-ßİΣﬁé\u0301公。．＠😀\u200b\ufeff\x00\x9b\ud800"), max_size=30)
wild_text = st.one_of(
    _TROUBLE, st.text(max_size=60), st.builds("{}@{}".format, st.text(max_size=20), st.text(max_size=30))
)


# --- address_key ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "key"),
    [
        pytest.param("Jane.Doe@Example.COM", "jane.doe@example.com", id="capitals"),
        pytest.param("  jane@example.com\t", "jane@example.com", id="spaces around"),
        pytest.param("jane @ example.com", "jane@example.com", id="spaces at the @"),
        pytest.param("jane+shop@example.com", "jane+shop@example.com", id="a plus tag stays"),
        pytest.param("j.ane@gmail.com", "j.ane@gmail.com", id="Gmail dots stay"),
        pytest.param("jane@example.com.", "jane@example.com", id="trailing dot"),
        pytest.param("jane@example.com;", "jane@example.com", id="trailing semicolon"),
        pytest.param("<jane@example.com>", "jane@example.com", id="angle brackets"),
        pytest.param("Jane Doe <jane@example.com>", "jane@example.com", id="a name before it"),
        pytest.param("Jane <jane@example.com", "jane jane@example.com", id="a bracket that is never closed"),
        pytest.param("'jane@example.com'", "jane@example.com", id="quoted by Outlook"),
        pytest.param('"jane@example.com"', "jane@example.com", id="quoted whole"),
        pytest.param('"jane"@example.com', "jane@example.com", id="needless quotes (RFC 5321 4.1.2)"),
        pytest.param('"jane doe"@example.com', "jane doe@example.com", id="quotes around a space"),
        pytest.param('"jane@home"@example.com', "jane@home@example.com", id="an @ in quotes"),
        pytest.param("o'brien@example.com", "o'brien@example.com", id="an apostrophe"),
        pytest.param("jane@[192.0.2.1]", "jane@[192.0.2.1]", id="an address literal"),
        pytest.param("Cafe\u0301@example.com", "café@example.com", id="a decomposed accent"),
        pytest.param("张三@公司.cn", "张三@xn--55qx5d.cn", id="Chinese on both sides"),
        pytest.param("info@公司。中国", "info@xn--55qx5d.xn--fiqs8s", id="Chinese full stop"),
        pytest.param("info@公司.中国。", "info@xn--55qx5d.xn--fiqs8s", id="trailing Chinese full stop"),
        pytest.param("info@ｅｘａｍｐｌｅ．ｃｏｍ", "info@example.com", id="full-width domain"),
        pytest.param("info@MÜLLER.example", "info@xn--mller-kva.example", id="IDN in capitals"),
        pytest.param("info@XN--55QX5D.cn", "info@xn--55qx5d.cn", id="A-label in capitals"),
        pytest.param("info@i❤.example", "info@i❤.example", id="a domain that IDNA 2008 refuses"),
        pytest.param("\u202ajane@example.com\u202c", "jane@example.com", id="direction marks of an address book"),
        pytest.param("jane\u200b@example\u200b.com", "jane@example.com", id="zero-width spaces of a chat program"),
        pytest.param("\ufeffjane@example.com", "jane@example.com", id="byte order mark"),
        pytest.param("jane@example.com\r\nBcc: x@y.example", "jane@example.com bcc: x@y.example", id="line break"),
        pytest.param("jane\x00@example.com", "jane@example.com", id="NUL"),
        pytest.param("jane\udce9@example.com", "jane\ufffd@example.com", id="lone surrogate"),
        pytest.param("MAILER-DAEMON", "mailer-daemon", id="no domain"),
        pytest.param("jane@", "jane", id="nothing behind the @"),
        pytest.param("@example.com", "example.com", id="nothing before the @"),
        pytest.param("@", "", id="only an @"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_key_is_the_same_for_all_spellings(written: str, key: str) -> None:
    assert address_key(written) == key


@given(wild_text)
@example("A@公@")
@example("A<A@<A>A")
def test_key_of_any_text_is_storable_and_stable(text: str) -> None:
    key = address_key(text)
    assert address_key(key) == key
    assert key == key.strip()
    assert not set(key) & {"\0", "\r", "\n", "<", ">"}
    key.encode("utf-8")


@given(wild_text)
def test_key_with_an_at_sign_is_a_whole_address(text: str) -> None:
    key = address_key(text)
    assert ("@" in key) == (domain_of(key) != "")
    assert not key.startswith("@")


@given(st.emails())
def test_capitals_make_no_other_address(address: str) -> None:
    assert address_key(address.upper()) == address_key(address.lower()) == address_key(address)


@pytest.mark.parametrize("piece", ["<", "@", "<@", "公@", "公"])
def test_long_hostile_text_is_cut_in_no_time(piece: str) -> None:
    assert len(address_key(piece * 300_000)) < 2000
    assert len(address_key(f"<{piece * 300_000}")) < 2000


@pytest.mark.parametrize(
    ("key", "domain"), [("a@b.example", "b.example"), ("a@b@c.example", "c.example"), ("root", "")]
)
def test_domain_is_what_stands_behind_the_last_at_sign(key: str, domain: str) -> None:
    assert domain_of(key) == domain
    assert EmailAddress(key, key).domain == domain


# --- mailbox_key ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "mailbox"),
    [
        ("jane+shop@example.com", "jane@example.com"),
        ("jane+a+b@example.com", "jane@example.com"),
        ("jane.doe@example.com", "jane.doe@example.com"),
        ("j.a.ne+shop@gmail.com", "jane@gmail.com"),
        ("jane@googlemail.com", "jane@gmail.com"),
        ("jane@gmail.com.example", "jane@gmail.com.example"),
        ("+shop@example.com", "+shop@example.com"),
        ("...@gmail.com", "...@gmail.com"),
        ("root+x", "root+x"),
        ("", ""),
    ],
)
def test_mailbox_is_the_same_for_all_that_its_owner_can_vary(key: str, mailbox: str) -> None:
    assert mailbox_key(key) == mailbox


@given(wild_text)
def test_mailbox_of_a_mailbox_is_itself(text: str) -> None:
    mailbox = mailbox_key(address_key(text))
    assert mailbox_key(mailbox) == mailbox


# --- parse_address -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "display", "key"),
    [
        pytest.param("you@mytrade.example", "you@mytrade.example", "you@mytrade.example", id="domain of the docs"),
        pytest.param(" Jane.Doe@Example.com ", "Jane.Doe@example.com", "jane.doe@example.com", id="spaces, capitals"),
        pytest.param("jane@shop.test", "jane@shop.test", "jane@shop.test", id="domain for tests"),
        pytest.param("jane+news@example.com", "jane+news@example.com", "jane+news@example.com", id="plus tag"),
        pytest.param("张三@公司.中国", "张三@公司.中国", "张三@xn--55qx5d.xn--fiqs8s", id="Chinese on both sides"),
        pytest.param("info@公司。cn", "info@公司.cn", "info@xn--55qx5d.cn", id="Chinese full stop"),
        pytest.param("info@xn--55qx5d.cn", "info@公司.cn", "info@xn--55qx5d.cn", id="A-label"),
        pytest.param(
            "ｗａｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ", "wang@example.com", "wang@example.com", id="full-width letters"
        ),
        pytest.param("\u202ajane@example.com\u202c", "jane@example.com", "jane@example.com", id="direction marks"),
        pytest.param("info@müller.example", "info@müller.example", "info@xn--mller-kva.example", id="IDN"),
        pytest.param("12345678@qq.com", "12345678@qq.com", "12345678@qq.com", id="QQ number"),
    ],
)
def test_typed_address_is_read(typed: str, display: str, key: str) -> None:
    assert parse_address(typed) == EmailAddress(display, key)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "must have an @-sign"),
        ("jane", "must have an @-sign"),
        ("@example.com", "something before the @-sign"),
        ("jane@", "something after the @-sign"),
        ("jane@localhost", "should have a period"),
        ("jane@example..com", "two periods in a row"),
        ("jane@example.com.", "cannot end with a period"),
        ("jane doe@example.com", "invalid characters before the @-sign: SPACE"),
        ("a@example.com,b@example.com", "invalid characters"),
        ("Jane <jane@example.com>", "display name"),
        ("jane@192.0.2.1", "top-level domain"),
        ("jane@[192.0.2.1]", "bracketed IP address"),
        ("jane@nas.local", "special-use or reserved"),
        ("mailto:jane@example.com", "invalid characters before the @-sign: ':'"),
        ("x" * 400 + "@example.com", "too long"),
        ("jane@example.com\nBcc: x@y.example", "invalid characters"),
    ],
)
def test_nonsense_is_refused_with_the_reason(typed: str, reason: str) -> None:
    with pytest.raises(UserError, match="is not an e-mail address: ") as caught:
        parse_address(typed)
    assert reason in str(caught.value)


@given(wild_text)
def test_typed_text_is_an_address_or_refused(text: str) -> None:
    try:
        found = parse_address(text)
    except UserError:
        return
    assert address_key(found.display) == address_key(found.key) == found.key


def test_long_text_is_refused_in_no_time() -> None:
    with pytest.raises(UserError, match="not an e-mail address"):
        parse_address("公" * 1_000_000 + "@example.com")


# --- own addresses -------------------------------------------------------------------------------------------------

OURS = OwnAddresses.build(
    ["Me@Gmail.com", "j.doe+crm@gmail.com", "sales@partner.example", "张三@公司.cn"],
    ["MyTrade.example", "@second.example", "*.third.example.", "贸易.cn", "", " "],
)


@pytest.mark.parametrize(
    "key",
    [
        "me@gmail.com",
        "m.e+anything@googlemail.com",
        "j.doe+crm@gmail.com",
        "jdoe@gmail.com",
        "sales+x@partner.example",
        "张三@xn--55qx5d.cn",
        "anybody@mytrade.example",
        "anybody@mail.shop.mytrade.example",
        "anybody@second.example",
        "anybody@third.example",
        address_key("anybody@贸易.cn"),
    ],
)
def test_own_address_is_recognised(key: str) -> None:
    assert key in OURS
    assert address_kind(key, OURS) is AddressKind.OWN


@pytest.mark.parametrize(
    "key",
    [
        "you@gmail.com",
        "buyer@partner.example",
        "anybody@notmytrade.example",
        "anybody@mytrade.example.com",
        "mytrade.example",
        "root",
        "",
    ],
)
def test_strangers_are_not_our_own(key: str) -> None:
    assert key not in OURS


def test_only_text_is_an_address() -> None:
    assert 5 not in OURS
    assert None not in OURS


def test_empty_configuration_owns_nothing() -> None:
    assert "root" not in OwnAddresses.build([""], [""])
    assert "" not in OwnAddresses.build([""], ["@"])


# --- kinds ---------------------------------------------------------------------------------------------------------

ROBOTS = """
    noreply@x.example no-reply@x.example no_reply@x.example no.reply@x.example donotreply@x.example
    do-not-reply@x.example noreply2@x.example noreply+abc@x.example no-reply-orders@x.example orders-noreply@x.example
    github-noreply@x.example accounts.no-reply@x.example mailer-daemon@x.example MAILER-DAEMON mailerdaemon@x.example
    postmaster@x.example bounce@x.example bounces+123-me=y.example@x.example bounce-77_html@x.example
    notification@x.example notifications@x.example notifications.eu@x.example notify@x.example newsletter@x.example
    newsletter2@x.example newsletter.de@x.example autoreply@x.example auto-reply@x.example auto-confirm@x.example
    unsubscribe@x.example news@x.example updates@x.example update+7@x.example alerts@x.example alert-weather@x.example
    system@x.example robot@x.example daemon@x.example cron@x.example root@x.example root mailing@x.example
    no-reply@qq.com noreply@gmail.com
""".split()
LISTS = """
    owner-announce@x.example announce-bounces@x.example announce-unsubscribe@x.example listserv@x.example
    majordomo@x.example mailman@x.example users@lists.x.example users@list.x.example users@groups.x.example
    users@googlegroups.com users@groups.io users@crm.groups.io
""".split()
ROLES = """
    info@x.example Info@X.example info+web@x.example sales@x.example support@x.example kefu@x.example
    customer.service@x.example customer_service@x.example customer-service@x.example after-sales@x.example hr@x.example
    human.resources@x.example admin@x.example sales xiaoshou@x.example 客服@公司.cn 销售@公司.cn
""".split()
PEOPLE = """
    jane@x.example jane.doe@x.example autumn.smith@x.example infomann@x.example info.mann@x.example Sally.Sales@x.example
    sally-sales@x.example sales01@x.example andrew.news@x.example news.smith@x.example system.wang@x.example
    alerts.jones@x.example updates.li@x.example robert@x.example robotti@x.example newsome@x.example
    newsham.smith@x.example rooter@x.example daemonic@x.example bouncer@x.example notifyme@x.example casino.reply@x.example
    product-owner@x.example quote-request@x.example homeowner@x.example s.ales@x.example t.eam@x.example
    jane@list.ru jane@groups.com jane@lists.co.uk robot@qq.com system@163.com news@gmail.com 12345678@qq.com 张三@公司.cn
    jane@x.example.com jane o'brien@x.example
""".split()


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        *((address, AddressKind.NOREPLY) for address in ROBOTS),
        *((address, AddressKind.LIST) for address in LISTS),
        *((address, AddressKind.ROLE) for address in ROLES),
        *((address, AddressKind.PERSONAL) for address in PEOPLE),
    ],
)
def test_words_tell_what_stands_behind_an_address(address: str, kind: AddressKind) -> None:
    assert address_kind(address_key(address), NOBODY) is kind


def test_own_robot_is_our_own() -> None:
    assert address_kind("noreply@mytrade.example", OURS) is AddressKind.OWN


@given(wild_text)
def test_any_text_has_a_kind(text: str) -> None:
    assert address_kind(address_key(text), OURS) in AddressKind


@pytest.mark.parametrize(
    "domain", ["qq.com", "QQ.com", "@qq.com", " gmail.com. ", "list.ru", "yahoo.com.cn", "foxmail.com"]
)
def test_free_mail_says_nothing_of_an_organisation(domain: str) -> None:
    assert is_free_mail(domain)


@pytest.mark.parametrize("domain", ["mytrade.example", "mail.acme.example", "notqq.com", "qq.com.example", ""])
def test_other_domains_belong_to_somebody(domain: str) -> None:
    assert not is_free_mail(domain)


@pytest.mark.parametrize("domain", [domain for provider in PROVIDERS for domain in provider.domains])
def test_addresses_that_providers_give_away_are_free_mail(domain: str) -> None:
    assert is_free_mail(domain)
