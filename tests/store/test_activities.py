"""Activities and cases: on the timelines of all they were with, changed by one at a time, private ones seen by one alone."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from mailcrm.errors import Conflict, NotFound, UserError
from mailcrm.identity import verdicts
from mailcrm.model.activity import Activity, ActivityLine, CaseState
from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.model.rights import Actor, Viewer
from mailcrm.model.search import parse_search
from mailcrm.store import Session, Store, activities, activity_lists, activity_words, blobs, parties, timeline
from mailcrm.store.packing import stage
from mailcrm.store.rows.mail import Blob
from tests.builders import NOW, a_person, a_write
from tests.store.builders import at
from tests.store.crowd import after_a_race, written

ALL, ZHANG, LI = Viewer.system(), Viewer("zhang"), Viewer("li")
CALL = Activity(InteractionKind.CALL, at(-5), "asked for a quote", "Wants 20 widgets", Direction.IN, minutes=12)
NOTE = Activity(InteractionKind.NOTE, at(-1), "likes tea", "Never call before ten. 喜欢龙井茶")
CASE = Activity(InteractionKind.COMPLAINT, at(-3), "widget broke", due_at=at(60))


def someone(session: Session, address: str = "zhang@example.com") -> int:
    party_id = a_person(session, address).party_id
    assert party_id is not None
    return party_id


def titles(lines: list[ActivityLine]) -> list[str]:
    return [line.activity.title for line in lines]


def cases(session: Session, viewer: Viewer = ALL, **wanted: object) -> list[str]:
    return titles(activity_lists.list_cases(session, viewer, **wanted))  # type: ignore[arg-type]


# --- logging -----------------------------------------------------------------------------------------------------


def test_a_meeting_with_several_is_one_line_on_each_of_their_timelines(store: Store) -> None:
    with a_write(store) as session:
        ann, bob = someone(session, "ann@example.com"), someone(session, "bob@example.com")
        meeting = replace(CALL, kind=InteractionKind.MEETING)
        done = activities.log_activity(session, [ann, bob, ann], meeting, NOW)
        for who in (ann, bob):
            [line] = timeline.select_timeline(session, who, ALL)
            assert (line.id, line.at, line.title, line.body) == (done, at(-5), "asked for a quote", "Wants 20 widgets")
        found = activity_lists.get_activity(session, done, ALL)
        assert found.line.activity == replace(
            meeting, by="cli:test", source_ref=found.line.activity.source_ref, state=None
        )
        assert len(found.line.customers) == 2


def test_what_is_sent_twice_is_logged_once(store: Store) -> None:
    with a_write(store) as session:
        who = someone(session)
        once = [activities.log_activity(session, [who], CALL, NOW) for _ in range(2)]
        once.append(activities.log_activity(session, [who], CALL, at(1)))  # later it is another call
        assert once[0] == once[1] != once[2]
        told = replace(CALL, source_ref="helpdesk:7", by="wang")
        first = activities.log_activity(session, [who], told, NOW)
        assert activities.log_activity(session, [who], replace(told, title="other"), at(9)) == first
        assert activity_lists.get_activity(session, first, ALL).line.activity.title == CALL.title
        assert activity_lists.get_activity(session, first, ALL).line.activity.by == "wang"


def test_two_workers_that_log_the_same_log_it_once(store: Store) -> None:
    who = written(store, someone)
    told = replace(CASE, source_ref="helpdesk:7")
    after_a_race(
        store,
        lambda s: activities.log_activity(s, [who], told, NOW),
        lambda s: activities.log_activity(s, [who], told, NOW),
    )
    with store.read() as session:
        assert cases(session) == ["widget broke"]


@pytest.mark.parametrize(
    ("activity", "said"),
    [
        (replace(CALL, kind=InteractionKind.EMAIL_IN), "email_in is nothing that is logged by hand"),
        (replace(CALL, title=" \n"), "in a few words"),
        (replace(CALL, rating=6), "from 1"),
        (replace(CALL, minutes=-1), "cannot be"),
        (replace(CALL, body="语" * 20_001), "attach it as a file"),
    ],
)
def test_what_cannot_be_is_refused(sqlite_store: Store, activity: Activity, said: str) -> None:
    who = written(sqlite_store, someone)
    with pytest.raises(UserError, match=said), a_write(sqlite_store) as session:
        activities.log_activity(session, [who], activity, NOW)
    with pytest.raises(UserError, match="with whom"), a_write(sqlite_store) as session:
        activities.log_activity(session, [], CALL, NOW)


# --- changing ----------------------------------------------------------------------------------------------------


def test_a_change_keeps_who_changed_what_from_what_to_what(store: Store) -> None:
    with a_write(store) as session:
        who = someone(session)
        done = activities.log_activity(session, [who], CALL, NOW)
    with store.write(Actor.cli("zhang")) as session:
        patch = {"title": "asked for two quotes", "at": at(-7), "minutes": 15, "direction": None, "body": CALL.body}
        assert activities.change_activity(session, done, patch, at(1), ALL, 1) == 2
        assert activities.change_activity(session, done, patch, at(2), ALL) == 2  # nothing is new
        found = activity_lists.get_activity(session, done, ALL)
        assert {(c.field, c.before, c.after, c.by, c.at) for c in found.changes} == {
            ("title", "asked for a quote", "asked for two quotes", "cli:zhang", at(1)),
            ("at", str(at(-5)), str(at(-7)), "cli:zhang", at(1)),
            ("minutes", "12", "15", "cli:zhang", at(1)),
            ("direction", "in", "", "cli:zhang", at(1)),
        }
        [line] = timeline.select_timeline(session, who, ALL)
        assert (line.at, line.title, line.body) == (at(-7), "asked for two quotes", CALL.body)
        with pytest.raises(UserError, match="unknown field 'colour'"):
            activities.change_activity(session, done, {"colour": "red"}, at(3), ALL)


def test_two_who_change_the_same_field_are_told_of_each_other(store: Store) -> None:
    with a_write(store) as session:
        done = activities.log_activity(session, [someone(session)], CASE, NOW)
    with store.write(Actor.cli("zhang")) as session:
        activities.change_activity(session, done, {"owner": "zhang"}, at(1), ALL, 1)
    with store.write(Actor.cli("li")) as session:  # another field does not stand in the way
        assert activities.change_activity(session, done, {"outcome": "refund"}, at(2), ALL, 1) == 3
    with pytest.raises(Conflict) as caught, store.write(Actor.cli("li")) as session:
        activities.change_activity(session, done, {"owner": "li"}, at(3), ALL, 1)
    assert caught.value.problems == ("owner: cli:zhang changed it to 'zhang' at 2025-01-06 09:01 UTC, you to 'li'",)
    with store.read() as session:
        assert activity_lists.get_activity(session, done, ALL).line.activity.owner == "zhang"


def test_a_case_goes_its_way_and_is_opened_again(store: Store) -> None:
    with a_write(store) as session:
        done = activities.log_activity(session, [someone(session)], CASE, NOW)
        activities.set_state(session, done, CaseState.WORKING, at(1), ALL, owner="zhang")
        activities.set_state(session, done, CaseState.SOLVED, at(2), ALL)
        assert activity_lists.get_activity(session, done, ALL).line.closed_at == at(2)
        with pytest.raises(Conflict, match="it is solved, and cannot become waiting"):
            activities.set_state(session, done, CaseState.WAITING, at(3), ALL)
        activities.set_state(session, done, CaseState.CLOSED, at(4), ALL)
        line = activity_lists.get_activity(session, done, ALL).line
        assert (line.closed_at, line.activity.owner) == (at(2), "zhang")
        activities.set_state(session, done, CaseState.OPEN, at(5), ALL)
        line = activity_lists.get_activity(session, done, ALL).line
        assert (line.closed_at, line.activity.state, line.row_version) == (None, CaseState.OPEN, 5)


def test_what_gets_a_due_date_becomes_something_to_do(store: Store) -> None:
    with a_write(store) as session:
        done = activities.log_activity(session, [someone(session)], CALL, NOW)
        with pytest.raises(Conflict, match="neither a case"):
            activities.set_state(session, done, CaseState.SOLVED, at(1), ALL)
        assert cases(session) == []
        activities.change_activity(session, done, {"due_at": at(90), "owner": "zhang"}, at(1), ALL)
        assert cases(session, owner="zhang") == ["asked for a quote"]


def test_a_file_is_attached_once_and_outlives_the_sweep(store: Store, tmp_path: Path) -> None:
    with a_write(store) as session:
        done = activities.log_activity(session, [someone(session)], CALL, NOW)
        for data in (b"quote", b"x" * 400_000, b"quote"):
            staged = stage(store.blob_dir, data)
            fresh = activities.attach_file(session, done, staged, "../报价.pdf", "application/pdf", at(1), ALL)
        assert not fresh
        blobs.put(session, [stage(store.blob_dir, b"nobody's")])
    with a_write(store) as session:
        blobs.sweep(session, store.blob_dir, 2e10)
        files = activity_lists.get_activity(session, done, ALL).files
        assert [(f.filename, f.size) for f in files] == [(files[0].filename, 5), (files[0].filename, 400_000)]
        assert "/" not in files[0].filename
        assert blobs.get(session, files[0].sha256) == b"quote"
        assert len(session.execute(select(Blob.sha256)).all()) == 2


# --- who sees it -------------------------------------------------------------------------------------------------


def test_a_private_note_is_its_writers_alone_wherever_one_looks(store: Store) -> None:
    with store.write(Actor.cli("zhang")) as session:
        who = someone(session)
        private = replace(NOTE, private=True, pinned=True, due_at=at(9))
        note = activities.log_activity(session, [who], private, NOW)
        activities.log_activity(session, [who], replace(NOTE, title="for all", pinned=True), NOW)
    mine, others = ["for all", "likes tea"], ["for all"]
    with a_write(store) as session:
        for viewer, seen in ((ALL, mine), (ZHANG, mine), (LI, others)):
            assert sorted(line.title for line in timeline.select_timeline(session, who, viewer)) == seen
            opened, pinned = activity_lists.standing_of(session, who, viewer)
            assert (sorted(titles(pinned)), titles(opened)) == (seen, seen[1:])
            notes = activity_lists.activities_of(session, who, viewer, [InteractionKind.NOTE])
            assert sorted(titles(notes)) == seen
            assert cases(session, viewer) == seen[1:]
            hits = activity_words.find_activities(session, viewer, parse_search("龙井"), NOW)
            assert sorted(titles(hits)) == seen
        with pytest.raises(NotFound):
            activity_lists.get_activity(session, note, LI)
        for act in (
            lambda: activities.change_activity(session, note, {"private": False}, NOW, LI),
            lambda: activities.pin(session, note, NOW, LI),
            lambda: activities.attach_file(session, note, stage(store.blob_dir, b"x"), "x", "", NOW, LI),
        ):
            with pytest.raises(NotFound, match=f"activity {note}"):
                act()
    with store.write(Actor.cli("zhang")) as session:
        activities.change_activity(session, note, {"private": False}, NOW, ZHANG)
        assert activity_lists.get_activity(session, note, LI).line.activity.title == "likes tea"


def test_a_private_note_that_was_imported_is_its_writers_too(store: Store) -> None:
    with a_write(store) as session:
        who = someone(session)
        activities.log_activity(session, [who], replace(NOTE, private=True, by="cli:zhang", source_ref="x:1"), NOW)
        assert len(timeline.select_timeline(session, who, ZHANG)) == 1
        assert timeline.select_timeline(session, who, LI) == []


# --- lists -------------------------------------------------------------------------------------------------------


def test_cases_come_by_their_due_dates_page_by_page(store: Store) -> None:
    due = [at(50), None, at(10), at(50), None, at(30), at(10)]
    with a_write(store) as session:
        who = someone(session)
        for number, when in enumerate(due):
            done = activities.log_activity(session, [who], replace(CASE, title=str(number), due_at=when), NOW)
            if number % 2:
                activities.set_state(session, done, CaseState.WAITING, NOW, ALL)
        shown: list[ActivityLine] = []
        after: tuple[datetime | None, int] | None = None
        while page := activity_lists.list_cases(session, ALL, after=after, limit=2):
            shown += page
            after = (page[-1].activity.due_at, page[-1].id)
        assert titles(shown) == ["2", "6", "5", "0", "3", "1", "4"]
        assert titles(activity_lists.standing_of(session, who, ALL)[0]) == titles(shown)
        assert cases(session, overdue_at=at(30)) == ["2", "6"]
        assert cases(session, states=[CaseState.WAITING]) == ["5", "3", "1"]
        assert cases(session, owner="") == titles(shown)
        assert cases(session, owner="li") == cases(session, kind=InteractionKind.SERVICE) == []


def test_a_merged_customer_has_what_was_logged_with_both(store: Store) -> None:
    with a_write(store) as session:
        ann, bob = someone(session, "ann@example.com"), someone(session, "bob@example.com")
        for who, title in ((ann, "a"), (bob, "b")):
            activities.log_activity(session, [who], replace(CASE, title=title), NOW)
        activities.log_activity(session, [ann, bob], replace(CASE, title="c"), NOW)
        merge = verdicts.merge(session, ann, bob, NOW)
        root = parties.get_party(session, f"#{ann}")
        opened, _ = activity_lists.standing_of(session, root, ALL)
        assert titles(opened) == cases(session, party_id=root) == ["a", "b", "c"]
        assert [len(line.customers) for line in opened] == [1, 1, 1]
        verdicts.undo_merge(session, merge, NOW)
        assert cases(session, party_id=ann) == ["a", "c"]
        assert cases(session, party_id=bob) == ["b", "c"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("tea", ["likes tea"]), ("TEA likes", ["likes tea"]), ("te*", ["likes tea"]), ("龙井", ["likes tea"]),
        ("茶", ["likes tea"]), ("widget", ["widget broke"]), ("widgets", ["asked for a quote"]),
        ("widget*", ["widget broke", "asked for a quote"]), ("tea OR widgets", ["likes tea", "asked for a quote"]),
        ("widget* -broke", ["asked for a quote"]), ("tea widgets", []), ("tea from:zhang", []), ("has:attachment", []),
        ("subject:tea", ["likes tea"]), ("tea after:2025-01-01", ["likes tea"]), ("tea before:2025-01-01", []),
    ],
)  # fmt: skip
def test_activities_are_found_by_their_words(store: Store, search: str, found: list[str]) -> None:
    with a_write(store) as session:
        who = someone(session)
        for activity in (CALL, NOTE, CASE):
            activities.log_activity(session, [who], activity, NOW)
        hits = activity_words.find_activities(session, ALL, parse_search(search), datetime(2025, 1, 7, tzinfo=UTC))
        assert titles(hits) == found


def test_what_was_changed_is_found_by_what_it_says_now(store: Store) -> None:
    with a_write(store) as session:
        done = activities.log_activity(session, [someone(session)], NOTE, NOW)
        activities.change_activity(session, done, {"title": "prefers coffee"}, at(1), ALL)
        assert titles(activity_words.find_activities(session, ALL, parse_search("coffee"), NOW)) == ["prefers coffee"]
        assert activity_words.find_activities(session, ALL, parse_search("likes"), NOW) == []
