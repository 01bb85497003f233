"""The audit log: every entry seals the one before it."""

import pytest
from sqlalchemy import delete, select, text, update

from mailcrm.model.rights import Actor
from mailcrm.store import Session, Store, audit
from mailcrm.store.rows.audit import AuditEntry, AuditHead
from tests.builders import NOW, a_write
from tests.store.crowd import Work, after_a_race, at_once, patiently, written


def note(number: int) -> Work:
    return lambda s: audit.append_audit(s, "campaign.start", f"campaign:{number}", NOW, recipients=number, 名="张三")


def broken(store: Store) -> list[int]:
    with store.read() as session:
        return list(audit.broken_links(session))


@pytest.fixture
def log(store: Store) -> Store:
    """A store with five entries."""
    for number in range(5):
        written(store, note(number))
    return store


def test_an_empty_log_is_whole(store: Store) -> None:
    assert broken(store) == []


def test_a_log_is_whole_and_says_who_did_what(log: Store) -> None:
    assert broken(log) == []
    with log.read() as session:
        entries = session.execute(select(AuditEntry).order_by(AuditEntry.seq)).scalars().all()
        assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
        last = entries[-1]
        assert (last.at, last.actor, last.action, last.object) == (NOW, "cli:test", "campaign.start", "campaign:4")
        assert last.payload == '{"recipients":4,"名":"张三"}'


def test_several_entries_of_one_transaction_are_a_chain(store: Store) -> None:
    with a_write(store) as session:
        for number in range(3):
            note(number)(session)
    written(store, note(3))
    assert broken(store) == []


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "cli:other"},
        {"payload": "{}"},
        {"object": "campaign:9"},
        {"action": "x"},
        {"at": NOW.replace(year=1999)},
    ],
)
def test_an_edit_is_found(log: Store, change: dict[str, object]) -> None:
    written(log, lambda s: s.execute(update(AuditEntry).where(AuditEntry.seq == 3).values(**change)))
    assert broken(log) == [3]


def test_an_edit_with_a_new_seal_is_found_at_the_next_entry(log: Store) -> None:
    def forge(session: Session) -> None:
        row = session.get_one(AuditEntry, 3)
        row.payload = "{}"
        row.hash = audit._seal(row)

    written(log, forge)
    assert broken(log) == [4]


def test_a_removed_entry_is_found(log: Store) -> None:
    written(log, lambda s: s.execute(delete(AuditEntry).where(AuditEntry.seq == 3)))
    assert broken(log) == [4]


@pytest.mark.parametrize("kept", [0, 1, 4])
def test_a_cut_tail_is_found(log: Store, kept: int) -> None:
    written(log, lambda s: s.execute(delete(AuditEntry).where(AuditEntry.seq > kept)))
    assert broken(log) == [5]


def test_a_log_without_its_head_is_found(log: Store) -> None:
    """Whoever cuts the tail takes the head away, too."""

    def cut(session: Session) -> None:
        session.execute(delete(AuditEntry).where(AuditEntry.seq > 3))
        session.execute(delete(AuditHead))

    written(log, cut)
    assert broken(log) == [3]


def test_four_writers_at_once_leave_no_gap(store: Store) -> None:
    def work() -> None:
        for number in range(20):
            patiently(lambda n=number: written(store, note(n)))

    at_once([work] * 4)
    assert broken(store) == []
    with store.read() as session:
        assert session.execute(select(AuditEntry.seq).order_by(AuditEntry.seq)).scalars().all() == list(range(1, 81))


def test_the_first_two_entries_at_once_are_a_chain(store: Store) -> None:
    after_a_race(store, note(1), note(2))
    assert broken(store) == []


def test_what_is_rolled_back_leaves_no_entry(store: Store) -> None:
    def fail(session: Session) -> None:
        note(1)(session)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        written(store, fail)
    written(store, note(2))
    assert broken(store) == []


def test_an_actor_with_a_long_name_is_noted(store: Store) -> None:
    with store.write(Actor.cli("张" * 500)) as session:
        note(1)(session)
    with store.read() as session:
        assert session.execute(text("SELECT actor FROM audit_entry")).scalar_one().startswith("cli:张张")
    assert broken(store) == []
