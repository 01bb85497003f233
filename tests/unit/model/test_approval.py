"""Who may approve what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailcrm.errors import UserError
from mailcrm.model.approval import (
    ChangeAsked,
    FourEyes,
    RequestState,
    canonical,
    digest,
    require_content,
    require_open,
    require_second,
    require_undecided,
)
from mailcrm.model.rights import Actor

AT = datetime(2026, 3, 5, tzinfo=UTC)
PAYLOAD = canonical({"one": 1, "other": 2})
ASKED = ChangeAsked(
    7, FourEyes.MERGE, "merge A and B", PAYLOAD, digest(PAYLOAD), RequestState.OPEN, "user:ann", "shop", AT,
    AT + timedelta(days=30), "", "", None, "", "",
)  # fmt: skip


def test_a_payload_has_one_text_in_whatever_order_it_was_made() -> None:
    assert canonical({"b": [1, "张"], "a": None}) == canonical({"a": None, "b": [1, "张"]}) == '{"a":null,"b":[1,"张"]}'


def test_what_json_cannot_hold_is_no_payload() -> None:
    with pytest.raises(ValueError):
        canonical({"a": float("nan")})
    with pytest.raises(TypeError):
        canonical({"a": AT})


@pytest.mark.parametrize("seen", ["", "0", "abcdefgh", digest("{}"), digest(PAYLOAD)[:7], digest(PAYLOAD) + "0"])
def test_who_saw_something_else_approves_nothing(seen: str) -> None:
    with pytest.raises(UserError, match="approve what you saw"):
        require_content(ASKED, seen)


@pytest.mark.parametrize("seen", [digest(PAYLOAD), digest(PAYLOAD)[:8].upper(), f" {digest(PAYLOAD)[:12]} "])
def test_who_saw_it_approves_it(seen: str) -> None:
    require_content(ASKED, seen)


def test_a_content_that_was_changed_is_approved_by_nobody() -> None:
    changed = replace(ASKED, payload=canonical({"one": 1, "other": 3}))
    for seen in (ASKED.sha256, digest(changed.payload)):
        with pytest.raises(UserError, match="was changed since"):
            require_content(changed, seen)


@pytest.mark.parametrize("state", [state for state in RequestState if state != RequestState.OPEN])
def test_what_is_decided_is_decided(state: RequestState) -> None:
    decided = replace(ASKED, state=state, decided_by="user:bob")
    for check in (require_undecided, lambda asked: require_open(asked, AT)):
        with pytest.raises(UserError, match=f"not open: {state.value} by user:bob"):
            check(decided)


def test_what_waited_too_long_is_not_approved() -> None:
    require_open(ASKED, AT + timedelta(days=29))
    with pytest.raises(UserError, match="expired"):
        require_open(ASKED, AT + timedelta(days=30))
    require_undecided(ASKED)  # but can be rejected
    require_open(replace(ASKED, expires_at=None), AT + timedelta(days=3000))


@pytest.mark.parametrize(
    ("asked_by", "asked_login", "deciding", "why"),
    [
        ("user:ann", "shop", Actor.user("ann", "shop"), "somebody else must look"),
        ("user:ann", "ann", Actor.user("ann", "bob"), "somebody else must look"),
        ("cli:ann", "ann", Actor.user("ann", "bob"), "somebody else must look"),
        ("cli:Ann", "Ann", Actor.user("ann", "bob"), "somebody else must look"),
        ("cli:root", "ann", Actor.user("ann", "bob"), "without --as"),
        ("cli:root", "root", Actor.user("ann", "root"), "without --as"),
        ("user:ann", "ann", Actor.cli("bob", "bob"), "only a user of the team"),
        ("user:ann", "ann", Actor.system(), "only a user of the team"),
    ],
)
def test_who_asked_does_not_decide(asked_by: str, asked_login: str, deciding: Actor, why: str) -> None:
    with pytest.raises(UserError, match=why):
        require_second(asked_by, asked_login, deciding, separate_logins=False)


def test_two_users_decide_on_one_login_unless_two_are_wanted() -> None:
    bob = Actor.user("bob", "shop")
    require_second("user:ann", "shop", bob, separate_logins=False)
    require_second("cli:root", "root", bob, separate_logins=True)
    with pytest.raises(UserError, match="separate_logins wants two"):
        require_second("user:ann", "shop", bob, separate_logins=True)
