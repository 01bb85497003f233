"""What is said of the way to a server, and what is never said without knowing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailcrm.ingest.imap.doctor.diagnose import diagnose
from mailcrm.ingest.imap.doctor.facts import Severity, Step
from mailcrm.model.provider import Security
from tests.unit.ingest.imap.doctor.builders import CERTIFICATE, NOW, facts, provider, stopped, the_one, to_do


def test_each_step_that_fails_is_the_last_one() -> None:
    for step in list(Step)[1:]:
        seen = stopped(step, "it broke off")
        topics = [each.topic for each in diagnose(seen)]
        assert topics == [each.value for each in list(Step)[1 : list(Step).index(step) + 1]]
        assert seen.reached is (step not in (Step.NAME, Step.CONNECT, Step.TLS))
        assert the_one(seen).severity is Severity.ERROR


@pytest.mark.parametrize(
    ("text", "cause", "changes", "means", "step"),
    [
        ("connection refused", "ConnectionRefusedError", {}, "no mail server listens", "993"),
        ("does not answer", "TimeoutError", {}, "firewall", "nc -vz imap.shop.example 993"),
        ("does not answer", "TimeoutError", {"provider": provider("gmail")}, "firewall", "accounts.imap.proxy"),
        ("network is unreachable", "OSError", {}, "no way", "accounts.imap.proxy"),
        ("cannot reach the proxy p:1", "ConnectionRefusedError", {"proxy": "p:1"}, "the proxy", "who runs the proxy"),
    ],
)
def test_server_that_cannot_be_reached(
    text: str, cause: str, changes: dict[str, object], means: str, step: str
) -> None:
    found = the_one(stopped(Step.CONNECT, text, cause=cause, **changes))
    assert found.topic == "connect"
    assert means in found.means
    assert step in found.next


# --- TLS ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "means", "step"),
    [
        (10, "(2026-03-04 05:06 UTC) the certificate is too old", "is the clock right"),
        (9, "most likely this clock is slow", "set the clock"),
        (62, "other names than imap.shop.example", "accounts.imap.host"),
        (64, "other names than imap.shop.example", "accounts.imap.host"),
        (18, "somebody in the line", "ca_file"),
        (20, "somebody in the line", "ca_file"),
        (99, "nothing was sent", "operator"),
    ],
)
def test_certificates_that_are_not_trusted(code: int, means: str, step: str) -> None:
    text = "the certificate of x is not trusted: why; set ca_file to ..."
    shown = replace(CERTIFICATE, trusted=False)
    changes = {"cause": "SSLCertVerificationError", "code": code, "certificate": shown}
    found = the_one(stopped(Step.TLS, text, "PermanentError", **changes))
    assert "why (for imap.shop.example, *.shop.example, by Some CA, 2026-02-02 to 2026-05-03)" in found.seen
    assert means in found.means
    assert step in found.next


def test_certificate_that_could_not_be_seen_is_told_without_it() -> None:
    found = the_one(stopped(Step.TLS, "not trusted", "PermanentError", cause="SSLCertVerificationError", code=20))
    assert found.seen == "not trusted"


@pytest.mark.parametrize(
    ("text", "error", "cause", "security", "means", "step"),
    [
        ("does not answer", "ConnectionLost", "TimeoutError", Security.STARTTLS, "wants TLS from the first", "'tls'"),
        ("does not answer", "ConnectionLost", "TimeoutError", Security.TLS, "overloaded", "again later"),
        ("x does not speak TLS on", "PermanentError", "SSLError", Security.TLS, "for plain text", "'starttls'"),
        ("does not offer STARTTLS", "PermanentError", "", Security.STARTTLS, "cannot be protected", "'tls'"),
        ("ca_file is not readable", "ConfigError", "FileNotFoundError", Security.TLS, "cannot be read", "ca_file"),
        ("the connection broke off", "ConnectionLost", "abort", Security.TLS, "may not be IMAP", "host and port"),
    ],
)
def test_greeting_that_does_not_come(
    text: str, error: str, cause: str, security: Security, means: str, step: str
) -> None:
    found = the_one(stopped(Step.TLS, text, error, cause=cause, security=security))
    assert (found.severity, found.topic) == (Severity.ERROR, "tls")
    assert means in found.means
    assert step in found.next


def test_server_that_is_full_asks_for_patience() -> None:
    seen = stopped(Step.TLS, "x asks us to slow down", "Throttled")
    assert the_one(seen).severity is Severity.WARNING
    assert seen.reached


@pytest.mark.parametrize(("life", "left", "warned"), [(90, 6, True), (90, 8, False), (6, 2, False)])
def test_certificate_that_ends_soon_is_named_if_a_human_must_renew_it(life: int, left: int, warned: bool) -> None:
    end = NOW + timedelta(days=left)
    shown = replace(CERTIFICATE, not_before=end - timedelta(days=life), not_after=end)
    assert [each.seen for each in to_do(facts(certificate=shown))] == (
        [f"the certificate ends on {end:%Y-%m-%d}"] if warned else []
    )


def test_connection_without_encryption_is_noted() -> None:
    notes = diagnose(facts(security=Security.NONE, tls="", certificate=None))
    assert [each.seen for each in notes if each.severity is Severity.NOTE] == ["the connection is not encrypted"]


def test_proxy_looks_up_the_name_itself() -> None:
    found = diagnose(facts(proxy="proxy.example:1080", addresses=()))
    assert found[0].topic == "connect"
    assert "through the proxy proxy.example:1080" in found[0].seen
