"""What an address said, and which addresses are closed."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from mailcrm.errors import NotFound, UserError
from mailcrm.model.address import address_key
from mailcrm.model.archive import ConsentLine
from mailcrm.model.consent import ConsentState
from mailcrm.model.recipient import Suppress
from mailcrm.model.rights import Actor
from mailcrm.store import Session, Store, consents
from mailcrm.store.rows.consent import ConsentEvent, ConsentNow, Suppression
from tests.builders import NOW, a_person, a_purpose, a_write, an_address, some_keys
from tests.store.builders import some_addresses
from tests.store.crowd import Work, after_a_race, race, written

GIVEN, WITHDRAWN = ConsentState.GIVEN, ConsentState.WITHDRAWN


def day(number: int) -> datetime:
    return NOW + timedelta(days=number)


def says(address_id: int, action: ConsentState, on: int, purpose: str = "newsletter") -> Work:
    """The address says yes or no on that day."""
    return lambda s: consents.record_consent(
        s, address_id, a_purpose(s, purpose), action, basis="consent", at=day(on), source=f"form {on}",
        evidence=f"evidence {on}", now=day(9),
    )  # fmt: skip


def state(session: Session, address_id: int, purpose: str = "newsletter") -> ConsentState | None:
    return consents.consent_states(session, [address_id], a_purpose(session, purpose)).get(address_id)


# --- consent -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "last", "since"),
    [
        ([(GIVEN, 1)], GIVEN, 1),
        ([(WITHDRAWN, 1)], WITHDRAWN, 1),
        ([(GIVEN, 1), (WITHDRAWN, 2)], WITHDRAWN, 2),
        ([(WITHDRAWN, 1), (GIVEN, 2)], GIVEN, 2),
        ([(WITHDRAWN, 2), (GIVEN, 1)], WITHDRAWN, 2),
        ([(GIVEN, 2), (WITHDRAWN, 1)], GIVEN, 2),
        ([(GIVEN, 1), (WITHDRAWN, 1)], WITHDRAWN, 1),
        ([(WITHDRAWN, 1), (GIVEN, 1)], WITHDRAWN, 1),
        ([(GIVEN, 3), (WITHDRAWN, 1), (GIVEN, 2)], GIVEN, 3),
    ],
)
def test_the_newest_word_counts_and_of_two_at_once_the_no(
    store: Store, words: list[tuple[ConsentState, int]], last: ConsentState, since: int
) -> None:
    with a_write(store) as session:
        address_id = an_address(session, "zhang@example.com")
        for action, on in words:
            says(address_id, action, on)(session)
    with store.read() as session:
        assert state(session, address_id) == last
        [line] = consents.consents_of(session, [address_id])[address_id]
        assert line == ConsentLine("newsletter", last, day(since), f"form {since}", f"evidence {since}")
        assert len(session.execute(select(ConsentEvent)).all()) == len(words)  # nothing that was said is forgotten


def test_it_says_whether_anything_changed(store: Store) -> None:
    with a_write(store) as session:
        address_id = an_address(session, "zhang@example.com")
        changed = [
            says(address_id, *word)(session) for word in [(GIVEN, 2), (GIVEN, 3), (WITHDRAWN, 1), (WITHDRAWN, 4)]
        ]
        assert changed == [True, False, False, True]


def test_a_word_is_about_one_purpose_and_one_address(store: Store) -> None:
    with a_write(store) as session:
        first, second = (an_address(session, f"{n}@example.com") for n in "ab")
        says(first, GIVEN, 1)(session)
        says(first, WITHDRAWN, 1, "surveys")(session)
        assert [state(session, first), state(session, first, "surveys"), state(session, second)] == [
            GIVEN,
            WITHDRAWN,
            None,
        ]
        assert [line.purpose for line in consents.consents_of(session, [first, second])[first]] == [
            "newsletter",
            "surveys",
        ]


def test_the_proof_is_complete(store: Store) -> None:
    with a_write(store) as session:
        who = a_person(session)
    with store.write(Actor.cli("x" * 500)) as session:
        consents.record_consent(
            session, who.address_id, a_purpose(session), GIVEN, basis="consent", at=day(1), source="s\x00" * 400,
            evidence="“张三” signed \x00\udce9" + "e" * 9000, now=day(2),
        )  # fmt: skip
    with store.read() as session:
        event = session.execute(select(ConsentEvent)).scalars().one()
        assert (event.party_id, event.at, event.recorded_at, event.basis) == (who.party_id, day(1), day(2), "consent")
        assert event.evidence.startswith("“张三” signed \ufffdee")
        assert (len(event.source), len(event.actor), len(event.evidence)) == (190, 120, 9013)


@pytest.mark.parametrize("before", [GIVEN, WITHDRAWN])
def test_a_no_that_comes_while_an_older_yes_is_recorded_stays_a_no(store: Store, before: ConsentState) -> None:
    """An import of old forms and an unsubscribe at the same moment."""
    with a_write(store) as session:
        address_id = an_address(session, "zhang@example.com")
        says(address_id, before, 1)(session)
    after_a_race(store, says(address_id, WITHDRAWN, 5), says(address_id, GIVEN, 3))
    with store.read() as session:
        [line] = consents.consents_of(session, [address_id])[address_id]
        assert (line.state, line.since) == (WITHDRAWN, day(5))


def test_the_first_two_words_at_once_are_both_kept(store: Store) -> None:
    with a_write(store) as session:
        address_id = an_address(session, "zhang@example.com")
        a_purpose(session)
    after_a_race(store, says(address_id, WITHDRAWN, 5), says(address_id, GIVEN, 3))
    with store.read() as session:
        assert state(session, address_id) == WITHDRAWN
        assert len(session.execute(select(ConsentEvent)).all()) == 2
        assert len(session.execute(select(ConsentNow)).all()) == 1


def test_many_addresses_are_asked_at_once(store: Store) -> None:
    with a_write(store) as session:
        ids = some_addresses(session, 1100)
        for address_id in (ids[0], ids[600], ids[-1]):
            says(address_id, GIVEN, 1)(session)
        assert consents.consent_states(session, ids, a_purpose(session)) == {
            ids[0]: GIVEN,
            ids[600]: GIVEN,
            ids[-1]: GIVEN,
        }


# --- purposes ----------------------------------------------------------------------------------------------------


def test_a_purpose_is_made_once_and_known_in_any_spelling(store: Store) -> None:
    with a_write(store) as session:
        first = consents.ensure_purpose(session, " Newsletter ", "Our news" * 50)
        assert consents.ensure_purpose(session, "newsletter") == first == consents.get_purpose(session, "NEWSLETTER ")
        with pytest.raises(NotFound, match="no purpose 'surveys'"):
            consents.get_purpose(session, "surveys")
        for bad in ("", "  ", "x" * 61):
            with pytest.raises(UserError, match="short name"):
                consents.ensure_purpose(session, bad)


def test_two_that_make_the_same_purpose_make_one(store: Store) -> None:
    second = after_a_race(store, a_purpose, a_purpose)
    with store.read() as session:
        assert consents.get_purpose(session, "newsletter") == second


# --- suppression -------------------------------------------------------------------------------------------------


def close(session: Session, address: str, reason: Suppress = Suppress.MANUAL, purpose_id: int | None = None) -> bool:
    return consents.suppress(session, address_key(address), reason, NOW, purpose_id=purpose_id, source="test")


@pytest.mark.parametrize(
    ("closed", "asked", "is_closed"),
    [
        ("bob@example.com", "bob@example.com", True),
        ("bob@example.com", "BOB@Example.com", True),
        ("bob@example.com", "bob+news@example.com", True),
        ("bob+news@example.com", "bob@example.com", True),
        ("bob+news@example.com", "bob+shop@example.com", True),
        ("b.o.b@gmail.com", "bob@gmail.com", True),
        ("bob@gmail.com", "b.ob+x@googlemail.com", True),
        ("b.ob@example.com", "bob@example.com", False),
        ("bob@example.com", "bob@example.org", False),
        ("bob@example.com", "rob@example.com", False),
        ("bob@bücher.example", "bob@xn--bcher-kva.example", True),
    ],
)
def test_a_closed_mailbox_is_closed_in_all_its_spellings(
    store: Store, closed: str, asked: str, is_closed: bool
) -> None:
    with a_write(store) as session:
        assert close(session, closed, Suppress.COMPLAINT)
        asked_id = an_address(session, asked)
        assert consents.suppressed(session, [asked_id], None) == ({asked_id: Suppress.COMPLAINT} if is_closed else {})


def test_closing_twice_says_so_and_keeps_the_first_reason(store: Store) -> None:
    with a_write(store) as session:
        address_id = an_address(session, "bob@example.com")
        assert close(session, "bob@example.com", Suppress.HARD_BOUNCE)
        assert not close(session, "bob@example.com", Suppress.COMPLAINT)
        assert consents.suppressed(session, [address_id], None) == {address_id: Suppress.HARD_BOUNCE}
        assert len(session.execute(select(Suppression)).all()) == 2


def test_a_purpose_is_closed_alone_and_everything_closes_all(store: Store) -> None:
    with a_write(store) as session:
        news, surveys = a_purpose(session, "newsletter"), a_purpose(session, "surveys")
        left, dead = an_address(session, "left@example.com"), an_address(session, "dead@example.com")
        close(session, "left@example.com", Suppress.UNSUBSCRIBE, news)
        close(session, "dead@example.com", Suppress.HARD_BOUNCE)
        both = {left: Suppress.UNSUBSCRIBE, dead: Suppress.HARD_BOUNCE}
        assert consents.suppressed(session, [left, dead], news) == both
        assert consents.suppressed(session, [left, dead], surveys) == {dead: Suppress.HARD_BOUNCE}
        assert consents.suppressed(session, [left, dead], None) == {dead: Suppress.HARD_BOUNCE}
        assert consents.suppressed(session, [], news) == {}
        close(session, "left@example.com", Suppress.MANUAL)
        words = consents.suppressions_of(session, [left, dead])
        assert words == {left: ["unsubscribe (newsletter)", "manual (everything)"], dead: ["hard bounce (everything)"]}


def test_a_closed_address_is_known_before_it_is_ever_seen(store: Store) -> None:
    """The hash outlives the erasure of the row, and an import of the address meets it."""
    with a_write(store) as session:
        close(session, "bob@example.com", Suppress.ERASED)
    with a_write(store) as session:
        address_id = an_address(session, "bob@example.com")
        assert consents.suppressed(session, [address_id], None) == {address_id: Suppress.ERASED}


def test_no_plain_address_is_kept(store: Store) -> None:
    written(store, lambda s: close(s, "bob@example.com"))
    with store.read() as session:
        for row in session.execute(select(Suppression)).scalars():
            assert len(row.key_hash) == 64
            assert "bob" not in f"{row.key_hash} {row.source} {row.kind} {row.scope}"


def test_without_the_old_key_nobody_is_recognised(sqlite_store: Store, tmp_path: Path) -> None:
    """Why a missing key is never made anew."""
    written(sqlite_store, lambda s: close(s, "bob@example.com"))
    (tmp_path / "other").mkdir()
    other = replace(sqlite_store, keys=some_keys(tmp_path / "other"))
    with a_write(other) as session:
        address_id = an_address(session, "bob@example.com")
        assert consents.suppressed(session, [address_id], None) == {}


def test_a_closure_can_be_lifted(store: Store) -> None:
    with a_write(store) as session:
        bob, rob = an_address(session, "bob@example.com"), an_address(session, "rob@example.com")
        close(session, "bob@example.com", Suppress.UNSUBSCRIBE, a_purpose(session))
        close(session, "bob@example.com")
        close(session, "rob@example.com")
        assert consents.lift_suppression(session, "bob@example.com") == 4
        assert consents.lift_suppression(session, "bob@example.com") == 0
        assert consents.suppressed(session, [bob, rob], a_purpose(session)) == {rob: Suppress.MANUAL}


def test_lifting_opens_the_mailbox_in_all_its_spellings(store: Store) -> None:
    with a_write(store) as session:
        ids = [an_address(session, address) for address in ("bob@gmail.com", "b.o.b+x@gmail.com")]
        close(session, "bob@gmail.com")
        consents.lift_suppression(session, address_key("b.o.b+x@gmail.com"))
        assert consents.suppressed(session, ids, None) == {}


def test_two_that_close_the_same_address_close_it_once(store: Store) -> None:
    def shut(session: Session) -> bool:
        return close(session, "bob@example.com")

    after_a_race(store, shut, shut)
    assert race(store, shut, shut).exception() is None
    with store.read() as session:
        assert len(session.execute(select(Suppression)).all()) == 2


def test_many_addresses_are_looked_up_at_once(store: Store) -> None:
    with a_write(store) as session:
        ids = some_addresses(session, 1100)
        close(session, "person1099@example.com")
        assert consents.suppressed(session, ids, None) == {ids[1099]: Suppress.MANUAL}
