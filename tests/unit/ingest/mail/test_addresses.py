"""Address lists, from tidy to hostile."""

from email.utils import formataddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail.addresses import split_addresses


@pytest.mark.parametrize(
    ("value", "mailboxes"),
    [
        ("", []),
        (" , ;,", []),
        ("ann@example.org", [("", "ann@example.org")]),
        ("<ann@example.org>", [("", "ann@example.org")]),
        ("Ann <ann@example.org>", [("Ann", "ann@example.org")]),
        ('"Lee, Ann" <ann@example.org>', [("Lee, Ann", "ann@example.org")]),
        (r'"Ann \"Q\" Lee" <ann@example.org>', [('Ann "Q" Lee', "ann@example.org")]),
        ("ann@example.org (Ann Lee)", [("Ann Lee", "ann@example.org")]),
        ("ann@example.org (Ann (the boss) Lee)", [("Ann (the boss) Lee", "ann@example.org")]),
        ("(note) Ann <ann@example.org>", [("Ann", "ann@example.org")]),
        ("a@x.org, b@x.org", [("", "a@x.org"), ("", "b@x.org")]),
        ("a@x.org; b@x.org;", [("", "a@x.org"), ("", "b@x.org")]),
        (
            'a@x.org,"Lee, Bob" <b@x.org> , Cat Ray <c@x.org>,',
            [("", "a@x.org"), ("Lee, Bob", "b@x.org"), ("Cat Ray", "c@x.org")],
        ),
        ("a@x.org, Bob <b@x.org>, Lee, Ann <c@x.org>", [("", "a@x.org"), ("Bob", "b@x.org"), ("Lee, Ann", "c@x.org")]),
        # names with a bare comma
        ("Lee, Ann <ann@example.org>", [("Lee, Ann", "ann@example.org")]),
        ("Lee, Ann <a@x.org>, Ray, Bob <b@x.org>", [("Lee, Ann", "a@x.org"), ("Ray, Bob", "b@x.org")]),
        # groups
        ("undisclosed-recipients:;", []),
        ("Team: Ann <a@x.org>, b@x.org; c@x.org", [("Ann", "a@x.org"), ("", "b@x.org"), ("", "c@x.org")]),
        # no domain
        ("MAILER-DAEMON", [("", "MAILER-DAEMON")]),
        ("MAILER-DAEMON <>", [("MAILER-DAEMON", "")]),
        ("root, ann@example.org", [("", "root"), ("", "ann@example.org")]),
        ("Mail Delivery System", [("Mail Delivery System", "")]),
        ("<>", []),
        ("<@:>", []),
        ("Ann Lee <mailto:>, <b@x.org>", [("Ann Lee", ""), ("", "b@x.org")]),
        # forms of old and of broken mailers
        ("Ann <@relay.org,@b.org:ann@example.org>", [("Ann", "ann@example.org")]),
        ("Ann < ann @ example.org >", [("Ann", "ann@example.org")]),
        ("Ann <mailto:ann@example.org>", [("Ann", "ann@example.org")]),
        ("mailto:ann@example.org", [("", "ann@example.org")]),
        ("Ann Lee ann@example.org", [("Ann Lee", "ann@example.org")]),
        ('"ann@example.org"', [("", "ann@example.org")]),
        ('"ann lee"@example.org', [("", '"ann lee"@example.org')]),
        ('Ann <"ann lee"@example.org>', [("Ann", '"ann lee"@example.org')]),
        ("ann@[IPv6:2001:db8::1]", [("", "ann@[IPv6:2001:db8::1]")]),
        ("[sales] Ann <ann@example.org>", [("[sales] Ann", "ann@example.org")]),
        ("Ann <a@x.org> Bob <b@x.org>", [("Ann", "a@x.org"), ("Bob", "b@x.org")]),
        ("<a@x.org> Ann", [("Ann", "a@x.org")]),
        ("Ann <not an address> <a@x.org>", [("Ann", "a@x.org")]),
        ("Ann <a@x.org> <mobile>", [("Ann", "a@x.org")]),
        ("@", [("", "@")]),
        ("Re: Ann <a@x.org>", [("Ann", "a@x.org")]),
        # unbalanced
        ('"Ann Lee <ann@example.org>', [("Ann Lee", "ann@example.org")]),
        ('Ann" Lee <ann@example.org>, bob@x.org', [("Ann Lee", "ann@example.org"), ("", "bob@x.org")]),
        ("Ann (sales <ann@example.org>", [("Ann sales", "ann@example.org")]),
        ("Ann sales) <ann@example.org>", [("Ann sales", "ann@example.org")]),
        ("Ann <ann@example.org", [("Ann", "ann@example.org")]),
        ("Ann ann@example.org>", [("Ann", "ann@example.org")]),
        # an encoded word may hold a comma
        ("=?utf-8?Q?Lee,_Ann?= <ann@example.org>", [("=?utf-8?Q?Lee,_Ann?=", "ann@example.org")]),
    ],
)
def test_every_mailbox_of_a_header_is_found(value: str, mailboxes: list[tuple[str, str]]) -> None:
    assert [tuple(box) for box in split_addresses(value)] == mailboxes


@pytest.mark.timeout(20)
def test_fifty_thousand_recipients_are_read_within_seconds() -> None:
    value = ", ".join(f'"User {number}" <user{number}@example.com>' for number in range(50_000))
    found = split_addresses(value)
    assert len(found) == 50_000
    assert found[-1] == ("User 49999", "user49999@example.com")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "hostile",
    ["(" * 100_000, '"\\' * 100_000, '"a' * 100_001, "<a" * 100_001, "a@" * 100_000, " " * 100_000, "a b," * 50_000],
)
def test_hostile_headers_are_read_in_linear_time(hostile: str) -> None:
    split_addresses(f"x{hostile}y <ann@example.org>")


NAMES = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=30)
LOCALS = st.from_regex(r"[a-z0-9][a-z0-9._+-]{0,15}", fullmatch=True)


@given(st.lists(st.tuples(NAMES, LOCALS), min_size=1, max_size=6))
def test_well_formed_lists_come_back_exactly(people: list[tuple[str, str]]) -> None:
    value = ", ".join(formataddr((name, f"{local}@example.com")) for name, local in people)
    found = split_addresses(value)
    assert [box.address for box in found] == [f"{local}@example.com" for _, local in people]
    assert [box.name.split() for box in found] == [name.split() for name, _ in people]


@given(st.text(max_size=200))
def test_any_text_is_read_without_complaint(value: str) -> None:
    for box in split_addresses(value):
        assert box.name or box.address


@given(st.text(st.sampled_from('ab@.,;:<>()[]" \\=?Q'), max_size=60))
def test_any_arrangement_of_specials_is_read_without_complaint(value: str) -> None:
    for box in split_addresses(value):
        assert box.name or box.address
