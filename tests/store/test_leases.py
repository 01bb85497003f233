"""Who does which standing work until when: several workers, one clock."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from mailcrm.store import Session, Store, leases, sync_state
from mailcrm.store.engine import database_now
from mailcrm.store.leases import LeaseRow
from mailcrm.store.rows.service import Lease
from tests.builders import a_write, an_account
from tests.store.crowd import after_a_race, at_once, patiently, race, written

LIFE = timedelta(seconds=30)
SOON = timedelta(0)


@pytest.fixture
def work(store: Store) -> Store:
    """A store with three mailboxes and a job."""
    wanted = {"mailbox:a": "mailbox", "mailbox:b": "mailbox", "mailbox:c": "mailbox", "job:x": "job"}
    written(store, lambda s: leases.sync_leases(s, wanted))
    return store


def take(store: Store, worker: str, room: int = 9, kinds: tuple[str, ...] = ("mailbox",)) -> list[str]:
    return written(store, lambda s: leases.claim_leases(s, worker, kinds, room, LIFE))


def lease(store: Store, name: str) -> LeaseRow:
    with store.read() as session:
        return next(row for row in leases.list_leases(session) if row.name == name)


def let_expire(store: Store, name: str) -> None:
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    written(store, lambda s: s.execute(update(Lease).where(Lease.name == name).values(until=long_ago)))


def test_work_is_taken_once_up_to_the_room_there_is(work: Store) -> None:
    assert take(work, "one", room=2) == ["mailbox:a", "mailbox:b"]
    assert take(work, "two") == ["mailbox:c"]
    assert take(work, "three") == []
    assert take(work, "three", room=0, kinds=("job",)) == []
    assert take(work, "three", kinds=("job", "mailbox")) == ["job:x"]
    with a_write(work) as session:
        now = database_now(session)
    assert (lease(work, "mailbox:a").owner, lease(work, "job:x").owner) == ("one", "three")
    assert now < lease(work, "mailbox:c").until <= now + LIFE


def test_a_worker_keeps_only_its_own(work: Store) -> None:
    take(work, "one", room=2)
    take(work, "two")
    before = lease(work, "mailbox:a").until
    assert written(work, lambda s: leases.renew_leases(s, "one", LIFE)) == {"mailbox:a", "mailbox:b"}
    assert lease(work, "mailbox:a").until > before
    assert written(work, lambda s: leases.renew_leases(s, "nobody", LIFE)) == set()


def test_an_expired_lease_is_taken_over_and_cannot_be_renewed(work: Store) -> None:
    take(work, "one", room=2)
    let_expire(work, "mailbox:a")
    assert written(work, lambda s: leases.renew_leases(s, "one", LIFE)) == {"mailbox:b"}  # it hears what it lost
    assert take(work, "two") == ["mailbox:a", "mailbox:c"]
    assert written(work, lambda s: leases.renew_leases(s, "one", LIFE)) == {"mailbox:b"}


def give_back(
    store: Store, name: str, worker: str, again_in: timedelta, error: str = "", *, failed: bool = False
) -> None:
    written(store, lambda s: leases.release_lease(s, name, worker, again_in, error, failed=failed))


def test_work_that_is_given_back_is_due_again_when_it_says(work: Store) -> None:
    take(work, "one")
    give_back(work, "mailbox:a", "one", SOON)
    give_back(work, "mailbox:b", "one", timedelta(hours=1))
    assert take(work, "two") == ["mailbox:a"]
    assert lease(work, "mailbox:b").owner is None


def test_what_is_no_longer_ours_cannot_be_given_back(work: Store) -> None:
    take(work, "one")
    let_expire(work, "mailbox:a")
    take(work, "two")
    give_back(work, "mailbox:a", "one", SOON, "late news", failed=True)
    assert (lease(work, "mailbox:a").owner, lease(work, "mailbox:a").last_error) == ("two", "")
    give_back(work, "mailbox:nowhere", "one", SOON)


def test_what_is_taken_over_while_it_is_given_back_stays_taken(work: Store) -> None:
    take(work, "one")
    let_expire(work, "mailbox:a")
    take_over = lambda s: leases.claim_leases(s, "two", ("mailbox",), 9, LIFE)  # noqa: E731
    race(work, take_over, lambda s: leases.release_lease(s, "mailbox:a", "one", SOON)).result()
    assert lease(work, "mailbox:a").owner == "two"


def test_failures_are_counted_until_a_success(work: Store) -> None:
    for count in (1, 2):
        take(work, "one")
        give_back(work, "mailbox:a", "one", SOON, "no \x00 \udce9 route" + "!" * 5000, failed=True)
        assert lease(work, "mailbox:a").fail_count == count
    assert lease(work, "mailbox:a").last_error.startswith("no  \ufffd route!!")
    take(work, "one")
    give_back(work, "mailbox:a", "one", SOON)
    assert (lease(work, "mailbox:a").fail_count, lease(work, "mailbox:a").last_error) == (0, "")


def test_new_work_is_due_at_once_and_old_work_goes(work: Store) -> None:
    take(work, "one", room=1)
    written(work, lambda s: leases.sync_leases(s, {"mailbox:a": "mailbox", "mailbox:d": "mailbox"}))
    with work.read() as session:
        assert [row.name for row in leases.list_leases(session)] == ["mailbox:a", "mailbox:d"]
    assert lease(work, "mailbox:a").owner == "one"
    assert take(work, "two") == ["mailbox:d"]


def test_what_somebody_holds_does_not_go(work: Store) -> None:
    """As an import does, beside a daemon that starts and knows nothing of it."""
    take(work, "one", room=2)
    let_expire(work, "mailbox:b")
    written(work, lambda s: leases.sync_leases(s, {}))
    with work.read() as session:
        assert [row.name for row in leases.list_leases(session)] == ["mailbox:a"]
    give_back(work, "mailbox:a", "one", SOON)
    written(work, lambda s: leases.sync_leases(s, {}))
    with work.read() as session:
        assert leases.list_leases(session) == []


def test_while_others_live_only_work_of_disconnected_accounts_goes(work: Store) -> None:
    """An older worker must not drop what a newer one has published, nor the other way round."""

    def drop(session: Session) -> None:
        for name in ("a", "b"):
            an_account(session, name, f"{name}@own.example")
        sync_state.disconnect_accounts(session, ["b"])
        leases.beat(session, "other", LIFE)
        leases.sync_leases(session, {"mailbox:b": "mailbox"}, "me")

    written(work, drop)
    with work.read() as session:
        assert [row.name for row in leases.list_leases(session)] == ["job:x", "mailbox:b", "mailbox:c"]
    written(work, lambda s: leases.forget_worker(s, "other"))
    written(work, lambda s: leases.sync_leases(s, {"mailbox:b": "mailbox"}, "me"))
    with work.read() as session:
        assert [row.name for row in leases.list_leases(session)] == ["mailbox:b"]


def test_only_work_that_one_can_do_is_taken(work: Store) -> None:
    names = ["mailbox:b", "mailbox:unknown"]
    assert written(work, lambda s: leases.claim_leases(s, "one", ("mailbox",), 9, LIFE, names)) == ["mailbox:b"]
    assert written(work, lambda s: leases.claim_leases(s, "one", ("mailbox",), 9, LIFE, [])) == []


def test_one_piece_is_taken_by_name_even_before_it_is_due(work: Store) -> None:
    take(work, "one", room=1)
    give_back(work, "mailbox:a", "one", timedelta(hours=1))
    assert written(work, lambda s: leases.take_lease(s, "mailbox:a", "two", LIFE))
    assert not written(work, lambda s: leases.take_lease(s, "mailbox:a", "three", LIFE))
    assert not written(work, lambda s: leases.take_lease(s, "mailbox:a", "three", LIFE, instead_of="one"))
    assert written(work, lambda s: leases.take_lease(s, "mailbox:a", "three", LIFE, instead_of="two"))
    with work.read() as session:
        assert leases.lease_owner(session, "mailbox:a") == "three"
        assert leases.lease_owner(session, "mailbox:b") is None


def test_two_workers_that_start_at_once_make_the_work_once(store: Store) -> None:
    def start(session: Session) -> None:
        leases.sync_leases(session, {"mailbox:a": "mailbox"})

    after_a_race(store, start, start)
    with store.read() as session:
        assert len(leases.list_leases(session)) == 1


def test_workers_that_take_at_once_share_the_work(store: Store) -> None:
    names = {f"mailbox:{n:02}": "mailbox" for n in range(40)}
    written(store, lambda s: leases.sync_leases(s, names))

    def share(worker: str) -> list[str]:
        mine: list[str] = []
        while new := patiently(lambda: take(store, worker, room=3)):
            mine += new
        return mine

    shares = at_once([lambda w=f"worker{n}": share(w) for n in range(4)])
    taken = [name for share in shares for name in share]
    assert len(taken) == len(set(taken))
    taken += share("sweeper")  # what was locked by another at the moment of looking
    assert sorted(taken) == sorted(names)


def test_what_another_takes_right_now_is_passed_over(server_store: Store) -> None:
    """FOR UPDATE SKIP LOCKED: nobody waits for the other's commit."""
    written(server_store, lambda s: leases.sync_leases(s, {"mailbox:a": "mailbox", "mailbox:b": "mailbox"}))
    with a_write(server_store) as first, a_write(server_store) as second:
        assert leases.claim_leases(first, "one", ("mailbox",), 1, LIFE) == ["mailbox:a"]
        expected = ["mailbox:b"] if server_store.dialect == "postgresql" else []  # MariaDB locks all that it sorts
        assert leases.claim_leases(second, "two", ("mailbox",), 1, LIFE) in (expected, ["mailbox:b"])


def beat(store: Store, worker: str, life: timedelta = LIFE) -> int:
    return written(store, lambda s: leases.beat(s, worker, life))


def test_living_workers_are_counted(store: Store) -> None:
    assert beat(store, "one") == 1
    assert beat(store, "two") == 2
    assert beat(store, "one") == 2
    written(store, lambda s: leases.forget_worker(s, "one"))
    assert beat(store, "two") == 1


def test_a_worker_that_no_longer_beats_is_not_counted(store: Store) -> None:
    assert beat(store, "dead", timedelta(milliseconds=50)) == 1
    time.sleep(0.1)
    assert beat(store, "two") == 1
