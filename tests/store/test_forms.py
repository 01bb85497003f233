"""Public forms and what came in by them, on every engine."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from mailcrm.clock import utc_now
from mailcrm.errors import Conflict, NotFound, StoreBusy
from mailcrm.model.address import OwnAddresses
from mailcrm.model.form import FormField, FormSpec, FormState, Judged, Kind, SubmissionState, Wording
from mailcrm.model.form_answers import Answers
from mailcrm.model.own_field import FieldType, OwnFieldSpec
from mailcrm.model.party import PartyKind
from mailcrm.model.recipient import Suppress
from mailcrm.model.rights import Viewer
from mailcrm.model.submission import Before, NewSubmission
from mailcrm.model.token import FormToken
from mailcrm.service.form_filing import file_submission, trust_submission
from mailcrm.service.forms import Posted, Received, receive
from mailcrm.service.retry import store_retry
from mailcrm.store import Session, Store, consents, facts, forms, own_fields, parties, submissions, timeline
from mailcrm.store.rows.form import FormSubmission
from tests.builders import NOW, a_person, a_write
from tests.store.crowd import at_once

EMAIL = FormField("email", Kind.EMAIL, Wording("E-mail", "电子邮箱"), required=True)
SPEC = FormSpec(
    "contact", Wording("Contact us", "联系我们"), (EMAIL,), lead=Wording("Hello"), thanks=Wording(zh="谢谢"),
    purpose="newsletter", newsletter=Wording("News, please", "我想订阅"), text_version="1",
    redirect_url="https://own.example/x", origins=("https://a.example", "https://b.example"), region="CN",
)  # fmt: skip


def a_form(session: Session, spec: FormSpec = SPEC) -> int:
    forms.save_form(session, spec, NOW)
    return forms.get_form(session, spec.key).id


def a_submission(form_id: int, number: int = 1, **changes: object) -> NewSubmission:
    new = NewSubmission(
        form_id=form_id, at=NOW, answers={"email": f"anna{number}@例子.example", "message": "您好 \U0001f600"},
        language="zh-CN", asked="", text_version="", ip_hash="a" * 64, text_hash="", user_agent="browser",
        judged=Judged.OK, reasons="", source_key=f"page:{number}",
    )  # fmt: skip
    return replace(new, **changes)  # type: ignore[arg-type]


# --- forms -------------------------------------------------------------------------------------------------------


def test_a_form_is_read_as_it_was_written(store: Store) -> None:
    with a_write(store) as session:
        assert forms.save_form(session, SPEC, NOW)
    with store.read() as session:
        found = forms.get_form(session, "contact")
    assert (found.spec, found.state, found.row_version) == (SPEC, FormState.OPEN, 1)


def test_a_form_is_changed_only_by_somebody_who_means_it(store: Store) -> None:
    other = replace(SPEC, title=Wording("Write to us"), purpose="", newsletter=Wording())
    with a_write(store) as session:
        a_form(session)
        forms.switch_form(session, "contact", FormState.CLOSED)
        with pytest.raises(Conflict, match="--replace"):
            forms.save_form(session, other, NOW)
        assert not forms.save_form(session, other, NOW, replace=True)
    with store.read() as session:
        found = forms.get_form(session, "contact")
    assert (found.spec, found.state, found.row_version) == (other, FormState.CLOSED, 2)


def test_a_field_of_the_teams_own_must_be_there(store: Store) -> None:
    asks = replace(SPEC, fields=(EMAIL, FormField("x.budget", Kind.NUMBER, Wording("Budget"))))
    with a_write(store) as session:
        with pytest.raises(NotFound, match="no field 'budget'"):
            forms.save_form(session, asks, NOW)
        own_fields.add_own_field(session, OwnFieldSpec("budget", "Budget"), NOW)
        assert forms.save_form(session, asks, NOW)


def test_opening_and_closing_says_whether_it_changed_anything(store: Store) -> None:
    with a_write(store) as session:
        a_form(session)
        done = [forms.switch_form(session, "contact", state) for state in (FormState.CLOSED, FormState.CLOSED)]
        assert done == [True, False]
        with pytest.raises(NotFound, match="mailcrm forms list"):
            forms.switch_form(session, "other", FormState.OPEN)
        assert forms.find_form(session, "Contact") is None


def test_the_list_counts_what_is_filed_and_what_waits(store: Store) -> None:
    with a_write(store) as session:
        form_id = a_form(session)
        a_form(session, replace(SPEC, key="empty"))
        anna = a_person(session)
        filed = submissions.add_submission(session, a_submission(form_id, 1))
        submissions.mark_filed(session, filed, anna.party_id, anna.address_id)
        submissions.add_submission(session, a_submission(form_id, 2, judged=Judged.HELD))
        submissions.add_submission(session, a_submission(form_id, 3, judged=Judged.SPAM))
    with store.read() as session:
        lines = forms.list_forms(session)
    assert [(line.key, line.title, line.filed, line.held) for line in lines] == [
        ("contact", "Contact us", 1, 1),
        ("empty", "Contact us", 0, 0),
    ]


# --- submissions -------------------------------------------------------------------------------------------------


def test_what_came_in_is_read_as_it_was_kept(store: Store) -> None:
    with a_write(store) as session:
        new = a_submission(a_form(session), asked="我想订阅", text_version="1", reasons="links", judged=Judged.HELD)
        submission_id = submissions.add_submission(session, new)
    with store.read() as session:
        found = submissions.get_submission(session, submission_id)
        assert submissions.find_sent(session, "page:1") == found
        assert submissions.find_sent(session, "page:2") is None
        with pytest.raises(NotFound, match="no submission 99"):
            submissions.get_submission(session, 99)
    assert found.answers == new.answers
    assert (found.asked, found.text_version, found.language) == ("我想订阅", "1", "zh-CN")
    assert (found.judged, found.reasons, found.state) == (Judged.HELD, "links", SubmissionState.NEW)


def test_a_page_is_kept_once(store: Store) -> None:
    with a_write(store) as session:
        form_id = a_form(session)
        submissions.add_submission(session, a_submission(form_id))
    collides = pytest.raises((StoreBusy, IntegrityError))  # on SQLite nobody writes between the look and this
    with collides, a_write(store) as session:
        submissions.add_submission(session, a_submission(form_id))


def test_a_page_that_is_sent_several_times_at_once_is_kept_once(server_store: Store) -> None:
    with a_write(server_store) as session:
        a_form(session)
    with server_store.read() as session:
        form = forms.get_form(session, "contact")
    posted = Posted(
        form=form, answers=Answers({"email": "anna@example.com"}, {}), language="en", token="t",
        signed=FormToken("contact", utc_now() - timedelta(seconds=30), "nonce"), proof="", honeypot="",
        foreign_site=False, ip="203.0.113.7", user_agent="browser",
    )  # fmt: skip
    said: list[Received] = []
    at_once([lambda: said.append(store_retry(lambda: receive(server_store, posted))[0]) for _ in range(4)])
    assert said == [Received.THANKS] * 4
    with server_store.read() as session:
        assert len(submissions.list_submissions(session)) == 1


def test_the_guard_counts_a_visitor_an_hour_a_text_a_day_and_one_form_only(store: Store) -> None:
    with a_write(store) as session:
        form_id, other = a_form(session), a_form(session, replace(SPEC, key="other"))
        times = [timedelta(minutes=1), timedelta(minutes=59), timedelta(minutes=61), timedelta(hours=25)]
        for number, age in enumerate(times):
            new = a_submission(form_id, number, at=NOW - age, text_hash="t" * 64)
            submissions.add_submission(session, new)
        submissions.add_submission(session, a_submission(form_id, 8, ip_hash="b" * 64))
        submissions.add_submission(session, a_submission(other, 9, text_hash="t" * 64))
        assert submissions.count_before(session, form_id, "a" * 64, "t" * 64, NOW) == Before(2, 3, 3)
        assert submissions.count_before(session, form_id, "c" * 64, "", NOW) == Before(0, 3, 0)


def test_a_visitor_is_somebody_else_tomorrow_and_a_house_is_one_visitor(store: Store) -> None:
    with store.read() as session:

        def seen(ip: str, days: int = 0) -> str:
            return submissions.visitor_hash(session, ip, NOW + timedelta(days=days))

        assert seen("203.0.113.7") == seen("203.0.113.7")
        assert len({seen("203.0.113.7"), seen("203.0.113.8"), seen("203.0.113.7", 1), seen("2001:db8::1")}) == 4
        assert seen("2001:db8::1") == seen("2001:db8::ffff:1")
        assert seen("2001:db8::1") != seen("2001:db8:0:1::1")
        assert len(seen("no address")) == 64


def test_only_what_nothing_speaks_against_is_ready(store: Store) -> None:
    with a_write(store) as session:
        form_id = a_form(session)
        ids = [
            submissions.add_submission(session, a_submission(form_id, number, judged=judged))
            for number, judged in enumerate((Judged.OK, Judged.HELD, Judged.SPAM, Judged.OK))
        ]
        assert submissions.ready_to_file(session, 10) == [ids[0], ids[3]]
        submissions.hold(session, ids[0], "a reason")
        assert submissions.ready_to_file(session, 10) == [ids[3]]
        states = [each.state for each in submissions.list_submissions(session)]
        assert states == [SubmissionState.NEW, SubmissionState.DROPPED, SubmissionState.NEW, SubmissionState.NEW]


def test_a_list_shows_what_was_asked_for(store: Store) -> None:
    with a_write(store) as session:
        form_id, other = a_form(session), a_form(session, replace(SPEC, key="other"))
        first = submissions.add_submission(session, a_submission(form_id, 1, asked="News, please"))
        second = submissions.add_submission(session, a_submission(form_id, 2, judged=Judged.HELD))
        third = submissions.add_submission(session, a_submission(other, 3, judged=Judged.SPAM))
    with store.read() as session:

        def ids(**which: object) -> list[int]:
            return [each.id for each in submissions.list_submissions(session, **which)]  # type: ignore[arg-type]

        assert ids() == [third, second, first]
        assert ids(limit=1) == [third]
        assert ids(form="contact") == [second, first]
        assert ids(asked=True) == [first]
        assert ids(state=SubmissionState.NEW, judged=Judged.HELD) == [second]
        assert ids(state=SubmissionState.DROPPED) == [third]


def test_what_was_dropped_is_deleted_after_its_time_and_nothing_else_is(store: Store) -> None:
    with a_write(store) as session:
        form_id = a_form(session)
        submissions.add_submission(session, a_submission(form_id, 1, judged=Judged.SPAM))
        submissions.add_submission(session, a_submission(form_id, 2, judged=Judged.HELD))
        assert submissions.forget_dropped(session, NOW) == 0
        assert submissions.forget_dropped(session, NOW + timedelta(seconds=1)) == 1
        left = session.execute(select(FormSubmission.source_key)).scalars().all()
    assert left == ["page:2"]


def test_whoever_was_erased_is_known_again_by_any_spelling_of_the_mailbox(store: Store) -> None:
    with a_write(store) as session:
        consents.suppress(session, "anna@gmail.com", Suppress.ERASED, NOW, purpose_id=None, source="test")
        consents.suppress(session, "li@gmail.com", Suppress.UNSUBSCRIBE, NOW, purpose_id=None, source="test")
        known = [submissions.was_erased(session, f"{who}@gmail.com") for who in ("anna", "an.na+x", "li", "wang")]
    assert known == [True, True, False, False]


# --- filing ------------------------------------------------------------------------------------------------------


def test_what_is_filed_is_suggested_and_counts_when_somebody_stands_for_it(store: Store) -> None:
    company = FormField("company", Kind.TEXT, Wording("Company", "公司"))
    budget = FormField("x.budget", Kind.NUMBER, Wording("Budget", "预算"))
    chats = FormField("preference", Kind.MULTI, Wording("How", "方式"), options=(Wording("mail"), Wording("chat")))
    answers = {
        "email": "anna@例子.example", "message": "您好 \U0001f600", "company": "灯具公司", "x.budget": "1200",
        "preference": "mail\nchat", "name": "李安娜",
    }  # fmt: skip
    name = FormField("name", Kind.TEXT, Wording("Name", "姓名"))
    with a_write(store) as session:
        own_fields.add_own_field(session, OwnFieldSpec("budget", "Budget", FieldType.NUMBER), NOW)
        form_id = a_form(session, replace(SPEC, fields=(name, EMAIL, company, budget, chats)))
        new = a_submission(form_id, answers=answers, asked="我想订阅")
        submission_id = submissions.add_submission(session, new)
    with a_write(store) as session:
        assert file_submission(session, OwnAddresses(), submission_id, NOW)
        assert file_submission(session, OwnAddresses(), submission_id, NOW)
    with a_write(store) as session:
        filed = submissions.get_submission(session, submission_id)
        party_id = filed.party_id or 0
        found = facts.facts_of(session, party_id, Viewer.system())
        [line] = timeline.select_timeline(session, party_id, Viewer.system())
        [brief] = parties.states_of(session, [party_id]).values()
    assert {(fact.field, fact.value) for fact in found} == {
        ("name", "李安娜"), ("company", "灯具公司"), ("x.budget", "1200"), ("preference", "mail"), ("preference", "chat"),
    }  # fmt: skip
    assert not any(fact.is_current for fact in found)
    assert {(fact.source, fact.source_ref) for fact in found} == {("form", submission_id)}
    assert line.body == "您好 \U0001f600\n\n姓名: 李安娜\n公司: 灯具公司\n预算: 1200\n方式: mail, chat"
    assert (line.title, line.outcome) == ("联系我们", "newsletter asked, not confirmed")
    assert (brief.name, brief.name_source) == ("李安娜", "header")

    with a_write(store) as session:
        done = [trust_submission(session, submission_id, "test", NOW) for _ in range(2)]
    assert done == [True, False]
    with a_write(store) as session:
        found = facts.facts_of(session, party_id, Viewer.system())
        [brief] = parties.states_of(session, [party_id]).values()
        assert submissions.get_submission(session, submission_id).trusted_at == NOW
    assert sum(fact.is_current for fact in found) == 4
    assert brief.name_source == "form"


def test_a_role_address_is_its_organisation_which_has_no_name_of_a_person(store: Store) -> None:
    name = FormField("name", Kind.TEXT, Wording("Name"))
    company = FormField("company", Kind.TEXT, Wording("Company"))
    with a_write(store) as session:
        form_id = a_form(session, replace(SPEC, fields=(name, EMAIL, company)))
        answers = {"email": "info@lamps.example", "name": "Anna", "company": "Lamps"}
        submission_id = submissions.add_submission(session, a_submission(form_id, answers=answers))
        assert file_submission(session, OwnAddresses(), submission_id, NOW)
        assert trust_submission(session, submission_id, "test", NOW)
        party_id = submissions.get_submission(session, submission_id).party_id or 0
        [brief] = parties.states_of(session, [party_id]).values()
        found = facts.facts_of(session, party_id, Viewer.system())
    assert (brief.kind, brief.name) == (PartyKind.ORGANISATION, "lamps.example")
    assert [(fact.field, fact.value) for fact in found] == [("company", "Lamps")]
