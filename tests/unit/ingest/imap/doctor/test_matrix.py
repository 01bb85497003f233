"""What comes of each ability of a server."""

from __future__ import annotations

import pytest

from mailcrm.ingest.imap.doctor.facts import Facts
from mailcrm.ingest.imap.doctor.matrix import Ability, Use, matrix, quirks
from mailcrm.model.provider import PROVIDERS, Compress
from tests.unit.ingest.imap.doctor.builders import facts, provider


def _of(seen: Facts, name: str) -> Ability:
    (found,) = [each for each in matrix(seen) if each.name == name]
    return found


def _with(*names: str, **changes: object) -> Facts:
    return facts(after=frozenset({"IMAP4REV1", *names}), **changes)


def test_every_ability_says_what_comes_of_it_there_or_not() -> None:
    nothing = matrix(_with())
    everything = matrix(_with(*(each.name for each in nothing), compressed=True, enabled=frozenset({"QRESYNC"})))
    assert {each.use for each in nothing} == {Use.ABSENT}
    assert Use.ABSENT not in {each.use for each in everything}
    assert all(each.text for each in (*nothing, *everything))


def test_nobody_who_could_not_log_in_knows_what_the_server_can_do() -> None:
    assert matrix(facts(after=frozenset())) == []


@pytest.mark.parametrize("name", ["ID", "SASL-IR"])
def test_what_is_used_before_the_login_may_be_named_then_only(name: str) -> None:
    assert _of(_with(before=frozenset({name}), oauth=True), name).use is Use.USED


def test_what_is_used_after_the_login_must_be_named_then() -> None:
    assert _of(_with(before=frozenset({"IDLE"})), "IDLE").use is Use.ABSENT


@pytest.mark.parametrize(
    ("changes", "use", "words"),
    [
        ({"enabled": frozenset({"QRESYNC"})}, Use.USED, "what is gone"),
        ({}, Use.UNUSED, "refuses to switch it on"),
        ({"qresync": False}, Use.UNUSED, "known to name changes wrongly"),
        ({"qresync": False, "qresync_setting": False}, Use.UNUSED, "accounts.imap.qresync"),
    ],
)
def test_qresync_that_is_not_used_has_a_reason(changes: dict[str, object], use: Use, words: str) -> None:
    found = _of(_with("QRESYNC", **changes), "QRESYNC")
    assert found.use is use
    assert words in found.text


@pytest.mark.parametrize(
    ("changes", "use", "words"),
    [
        ({"compressed": True}, Use.USED, "compressed on its way"),
        ({}, Use.UNUSED, "near (under 15 ms)"),
        ({"compress": Compress.ON}, Use.UNUSED, "refuses it"),
        ({"compress": Compress.OFF}, Use.UNUSED, "accounts.imap.compress"),
        ({"compress": Compress.ON, "inbox": None}, Use.UNUSED, "no folder was opened"),
    ],
)
def test_compression_that_is_not_used_has_a_reason(changes: dict[str, object], use: Use, words: str) -> None:
    found = _of(_with("COMPRESS=DEFLATE", **changes), "COMPRESS=DEFLATE")
    assert found.use is use
    assert words in found.text


def test_xlist_is_asked_only_where_list_shows_no_purpose() -> None:
    assert _of(_with("XLIST"), "XLIST").use is Use.USED
    assert _of(_with("XLIST", "SPECIAL-USE"), "XLIST").use is Use.UNUSED


def test_quirks_of_a_profile_are_told() -> None:
    assert any("names changes wrongly" in each for each in quirks(provider("icloud")))
    assert any("180 days" in each for each in quirks(provider("163")))
    assert any("three are tried" in each for each in quirks(provider("qq")))
    assert list(quirks(provider("outlook"))) == ["takes no passwords over IMAP", *list(quirks(provider("outlook")))[1:]]
    assert all(each and not each.endswith(".") for one in PROVIDERS for each in quirks(one))
