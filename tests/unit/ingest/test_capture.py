"""What is kept out of the archive, and which way a mail went."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import ConfigError
from mailcrm.ingest.capture import CaptureRules, direction_of, skip_rule
from mailcrm.model.account import Capture
from mailcrm.model.address import OwnAddresses, address_key
from mailcrm.model.interaction import Direction
from mailcrm.model.message import ParsedHeaders, Participant, ParticipantRole

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
FROM, SENDER, REPLY_TO = ParticipantRole.FROM, ParticipantRole.SENDER, ParticipantRole.REPLY_TO
TO, CC, BCC = ParticipantRole.TO, ParticipantRole.CC, ParticipantRole.BCC


def a_mail(*people: tuple[ParticipantRole, str]) -> ParsedHeaders:
    return ParsedHeaders(participants=tuple(Participant(role, 0, address_key(who), who) for role, who in people))


def rules(*never_log: str, since: str | None = None) -> CaptureRules:
    return CaptureRules.build(Capture.ALL, since, never_log)


# --- since ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arrived", "kept"),
    [
        pytest.param(datetime(2026, 1, 31, tzinfo=UTC), True, id="the first moment of the day"),
        pytest.param(datetime(2026, 1, 30, 23, 59, 59, 999_999, UTC), False, id="a moment before"),
        pytest.param(datetime(2026, 1, 31, 7, tzinfo=timezone(timedelta(hours=8))), False, id="the day before in UTC"),
        pytest.param(datetime(2026, 1, 31, 8, tzinfo=timezone(timedelta(hours=8))), True, id="the day in UTC"),
        pytest.param(datetime(2030, 1, 1, tzinfo=UTC), True, id="later"),
    ],
)
def test_mail_older_than_since_is_left_out(arrived: datetime, kept: bool) -> None:
    rule = skip_rule(a_mail((FROM, "jane@x.example")), arrived, rules(since="2026-01-31"))
    assert rule == (None if kept else "older than 2026-01-31")


def test_without_rules_everything_is_kept() -> None:
    assert skip_rule(a_mail(), datetime(1990, 1, 1, tzinfo=UTC), rules()) is None


@pytest.mark.parametrize("since", ["2026-02-30", "yesterday", "31.1.2026", ""])
def test_day_that_does_not_exist_is_refused(since: str) -> None:
    with pytest.raises(ConfigError, match=r"since: .* is not a day like 2026-01-31"):
        rules(since=since)


# --- never_log -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "address", "rule"),
    [
        ("jane@x.example", "jane@x.example", "never-log address"),
        ("Jane@X.example", "JANE@x.EXAMPLE", "never-log address"),
        (" <jane@x.example> ", "jane@x.example", "never-log address"),
        ("Jane Doe <jane@x.example>", "jane@x.example", "never-log address"),
        ("jane@x.example", "jane+anything@x.example", "never-log address"),
        ("jane.doe@gmail.com", "janedoe@googlemail.com", "never-log address"),
        ("jane+home@x.example", "jane+home@x.example", "never-log address"),
        ("jane+home@x.example", "jane@x.example", None),
        ("jane+home@x.example", "jane+work@x.example", None),
        ("jane@x.example", "joe@x.example", None),
        ("jane@x.example", "jane@mail.x.example", None),
        ("张三@公司.cn", "张三@公司.cn", "never-log address"),
        ("x.example", "jane@x.example", "never-log domain"),
        ("@x.example", "jane@x.example", "never-log domain"),
        ("*.x.example", "jane@x.example", "never-log domain"),
        ("@*.x.example", "jane@mail.x.example", "never-log domain"),
        (".x.example", "jane@mail.x.example", "never-log domain"),
        ("X.Example.", "jane@a.b.x.example", "never-log domain"),
        ("公司.cn", "jane@xn--55qx5d.cn", "never-log domain"),
        ("@公司.cn", "jane@mail.公司.cn", "never-log domain"),
        ("x.example", "jane@notx.example", None),
        ("x.example", "jane@x.example.com", None),
        ("mail.x.example", "jane@x.example", None),
        ("x.example", "x.example@y.example", None),
        ("", "jane@x.example", None),
        ("", "root", None),
        ("@", "root", None),
        ("<@>", "root", None),
        ("*", "jane@x.example", None),
    ],
)
def test_never_logged_people_leave_no_trace(entry: str, address: str, rule: str | None) -> None:
    assert skip_rule(a_mail((FROM, address)), NOON, rules(entry)) == rule


@pytest.mark.parametrize("role", ParticipantRole)
def test_never_log_looks_at_everybody_in_a_mail(role: ParticipantRole) -> None:
    mail = a_mail((FROM, "us@mytrade.example"), (TO, "joe@y.example"), (role, "jane@x.example"))
    assert skip_rule(mail, NOON, rules("jane@x.example", "other.example")) == "never-log address"
    assert skip_rule(mail, NOON, rules("other.example")) is None


def test_age_comes_first() -> None:
    mail = a_mail((FROM, "jane@x.example"))
    assert skip_rule(mail, NOON, rules("x.example", since="2026-02-01")) == "older than 2026-02-01"
    assert skip_rule(mail, NOON, rules("x.example", since="2026-01-31")) == "never-log domain"


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_entry_and_any_address_are_judged(entry: str, address: str) -> None:
    assert skip_rule(a_mail((FROM, address)), NOON, rules(entry)) in (None, "never-log address", "never-log domain")


# --- direction -----------------------------------------------------------------------------------------------------

OURS = OwnAddresses.build(["us@gmail.com", "sales@partner.example"], ["mytrade.example"])


@pytest.mark.parametrize(
    ("people", "direction"),
    [
        pytest.param([(FROM, "jane@x.example"), (TO, "us@mytrade.example")], Direction.IN, id="a customer writes"),
        pytest.param([(FROM, "us@mytrade.example"), (TO, "jane@x.example")], Direction.OUT, id="we write"),
        pytest.param([(FROM, "us@mytrade.example"), (TO, "you@mytrade.example")], Direction.INTERNAL, id="among us"),
        pytest.param([(FROM, "us@shop.mytrade.example"), (TO, "jane@x.example")], Direction.OUT, id="from a subdomain"),
        pytest.param([(FROM, "sales@partner.example"), (TO, "jane@x.example")], Direction.OUT, id="from an alias"),
        pytest.param(
            [(FROM, "u.s+x@googlemail.com"), (TO, "jane@x.example")], Direction.OUT, id="from another spelling"
        ),
        pytest.param([(FROM, "buyer@partner.example"), (TO, "us@gmail.com")], Direction.IN, id="beside an alias"),
        pytest.param(
            [(FROM, "us@gmail.com"), (TO, "you@mytrade.example"), (CC, "jane@x.example")],
            Direction.OUT,
            id="cc outside",
        ),
        pytest.param([(FROM, "us@gmail.com"), (BCC, "jane@x.example")], Direction.OUT, id="bcc outside"),
        pytest.param([(FROM, "us@gmail.com")], Direction.INTERNAL, id="to nobody that can be seen"),
        pytest.param(
            [(FROM, "us@gmail.com"), (REPLY_TO, "jane@x.example"), (TO, "you@mytrade.example")],
            Direction.INTERNAL,
            id="who should answer is no recipient",
        ),
        pytest.param([(TO, "us@gmail.com")], Direction.IN, id="without From"),
        pytest.param([(SENDER, "us@gmail.com"), (TO, "jane@x.example")], Direction.OUT, id="Sender instead of From"),
        pytest.param(
            [(FROM, "jane@x.example"), (SENDER, "us@gmail.com"), (TO, "joe@x.example")], Direction.IN, id="From counts"
        ),
        pytest.param([], Direction.IN, id="nobody"),
    ],
)
def test_direction_is_seen_from_us(people: list[tuple[ParticipantRole, str]], direction: Direction) -> None:
    assert direction_of(a_mail(*people), OURS) is direction
