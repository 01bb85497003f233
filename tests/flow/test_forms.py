"""Public forms against the real endpoint: what arrives, what is filed, what is held, and what nobody is told."""

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import structlog

from mailcrm.config import LogSection
from mailcrm.errors import Conflict, StoreBusy
from mailcrm.model.address import AddressKind, OwnAddresses
from mailcrm.model.consent import ConsentState
from mailcrm.model.contact import Standing
from mailcrm.model.form import FormState, Judged, SubmissionState
from mailcrm.model.interaction import InteractionKind
from mailcrm.model.recipient import Suppress
from mailcrm.service.form_filing import file_submission, trust_submission
from mailcrm.service.forms import file_waiting
from mailcrm.service.logs import configure_logs
from mailcrm.store import Session, claims, consents, forms, parties
from tests.builders import NOW, a_config, a_person, a_purpose, a_web_server, a_write, an_address, an_app
from tests.flow.asking import ANNA, SITE, Asking, an_asking, send
from tests.flow.leaving import a_client


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Asking]:
    with an_asking(tmp_path) as found:
        yield found


@pytest.fixture
def http(asking: Asking) -> Iterator[httpx.Client]:
    with a_web_server(asking.store) as base_url, a_client(base_url) as client:
        yield client


def states(asking: Asking, *, settled: bool = True) -> list[tuple[Judged, SubmissionState, str]]:
    return [(each.judged, each.state, each.reasons) for each in asking.kept(settled=settled)]


FILED = (Judged.OK, SubmissionState.FILED, "")


# --- what arrives ------------------------------------------------------------------------------------------------


def test_a_stranger_who_writes_is_a_candidate_with_a_line_and_suggestions(asking: Asking, http: httpx.Client) -> None:
    answer = send(http, asking.filled())
    assert (answer.status_code, answer.headers["location"]) == (303, "contact/thanks?lang=en")
    assert states(asking) == [FILED]
    [line] = asking.lines()
    assert line[:2] == (InteractionKind.FORM, "Contact us")
    assert line[2].startswith(f"{ANNA['message']}\n\nYour name: Anna Li\n")
    assert "Industry: Retail" in line[2]
    assert line[3] == "inquiry"
    found = asking.facts()
    assert (found["phone"].value, found["phone"].source) == ("+8675588881234", "form")
    assert {fact.standing for fact in found.values()} == {Standing.SUGGESTION}
    assert "message" not in found
    with asking.store.read() as session:
        party_id = parties.get_party(session, ANNA["email"])
        [brief] = parties.states_of(session, [party_id]).values()
    assert (brief.name, brief.name_source, brief.state) == ("Anna Li", "header", "candidate")


def test_the_thank_you_page_is_led_to_and_can_be_reloaded(asking: Asking, http: httpx.Client) -> None:
    answer = http.post("/f/contact", data=asking.filled(), follow_redirects=True)
    assert (answer.status_code, str(answer.url).partition("/f/")[2]) == (200, "contact/thanks?lang=en")
    assert "Your message has arrived" in answer.text
    assert "谢谢" in http.get("/f/contact/thanks?lang=zh-CN").text
    assert len(asking.kept()) == 1


def test_a_customer_we_know_gets_suggestions_and_nothing_is_overwritten(asking: Asking, http: httpx.Client) -> None:
    with a_write(asking.store) as session:
        anna = a_person(session, ANNA["email"], "Anna Lee")
        claims.set_by_hand(session, anna.party_id or 0, {"company": "Lamps International"}, NOW)
    assert send(http, asking.filled(company="Evil Corp")).status_code == 303
    with asking.store.read() as session:
        [brief] = parties.states_of(session, [anna.party_id or 0]).values()
    assert brief.name == "Anna Lee"
    found = [fact for fact in asking.facts().values() if fact.field == "company"]
    assert [(fact.value, fact.is_current) for fact in found if fact.is_current] in ([], [("Lamps International", True)])


def test_the_answer_is_the_same_for_somebody_we_know_and_somebody_we_do_not(asking: Asking, http: httpx.Client) -> None:
    with a_write(asking.store) as session:
        a_person(session, "known@example.com")
        own = an_address(session, "robot@example.com", AddressKind.NOREPLY)
    answers = [
        send(http, asking.filled(email=address, message=f"This is what {address} asks for."))
        for address in ("known@example.com", "new@example.com", "robot@example.com")
    ]
    seen = [(each.status_code, each.text, dict(each.headers) | {"date": ""}) for each in answers]
    assert seen[0] == seen[1] == seen[2]
    assert asking.kept()[0].email_id == own
    assert asking.kept()[0].party_id is None


def test_held_and_spam_get_the_same_thanks(asking: Asking, http: httpx.Client) -> None:
    fine = send(http, asking.filled())
    held = send(http, asking.filled(_proof="", message="Somebody without JavaScript asks for lamps."))
    spam = send(http, asking.filled(homepage="http://x.example", message="Somebody else asks for many lamps."))
    assert fine.headers["location"] == held.headers["location"] == spam.headers["location"]
    assert states(asking) == [
        (Judged.SPAM, SubmissionState.DROPPED, "honeypot"),
        (Judged.HELD, SubmissionState.NEW, "no proof of work"),
        FILED,
    ]
    assert len(asking.lines()) == 1


def test_what_was_asked_of_the_newsletter_is_an_asking_and_no_consent(asking: Asking, http: httpx.Client) -> None:
    send(http, asking.filled(_newsletter="yes", _lang="zh-CN"))
    [found] = asking.kept()
    assert found.asked.startswith("我希望收到贵公司的新品通讯")
    assert (found.text_version, found.language) == ("2026-11", "zh-CN")
    assert asking.lines()[0][3] == "newsletter asked, not confirmed"
    with asking.store.read() as session:
        purpose_id = consents.get_purpose(session, "newsletter")
        assert consents.consent_states(session, [found.email_id or 0], purpose_id) == {}


def test_an_address_that_opted_out_stays_closed(asking: Asking, http: httpx.Client) -> None:
    with a_write(asking.store) as session:
        anna = a_person(session, ANNA["email"])
        purpose_id = a_purpose(session)
        consents.suppress(session, ANNA["email"], Suppress.UNSUBSCRIBE, NOW, purpose_id=None, source="test")
    send(http, asking.filled(_newsletter="yes"))
    with asking.store.read() as session:
        assert anna.address_id in consents.suppressed(session, [anna.address_id], purpose_id)
        assert (
            consents.consent_states(session, [anna.address_id], purpose_id).get(anna.address_id) != ConsentState.GIVEN
        )
    assert asking.lines()[0][3] == "newsletter asked, but opted out"


def test_somebody_who_was_erased_is_not_made_again_by_a_stranger(asking: Asking, http: httpx.Client) -> None:
    with a_write(asking.store) as session:
        consents.suppress(session, ANNA["email"], Suppress.ERASED, NOW, purpose_id=None, source="test")
    assert send(http, asking.filled()).status_code == 303
    assert states(asking) == [(Judged.HELD, SubmissionState.NEW, "this person asked to be forgotten")]
    assert asking.party() is None


# --- once --------------------------------------------------------------------------------------------------------


def test_the_same_page_sent_twice_is_one_submission(asking: Asking, http: httpx.Client) -> None:
    filled = asking.filled()
    assert [send(http, filled).status_code for _ in range(2)] == [303, 303]
    assert len(asking.kept()) == len(asking.lines()) == 1


def test_the_same_page_with_other_words_is_asked_for_again_and_loses_nothing(
    asking: Asking, http: httpx.Client
) -> None:
    filled = asking.filled()
    send(http, filled)
    answer = send(http, filled | {"message": "One more thing: by ship, please."})
    assert answer.status_code == 409
    assert "One more thing: by ship, please." in answer.text
    assert "press the button once more" in answer.text
    assert filled["_token"] not in answer.text
    assert len(asking.kept()) == 1


def test_a_page_that_was_open_for_days_is_asked_for_again_and_loses_nothing(asking: Asking, http: httpx.Client) -> None:
    answer = send(http, asking.filled(asking.token(timedelta(hours=25))))
    assert answer.status_code == 409
    assert ANNA["message"] in answer.text
    assert asking.kept() == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"_token": ""}, "no token"),
        ({"_token": "abc.def"}, "forged token"),
        ({"_proof": ""}, "no proof of work"),
        ({"_proof": "x"}, "wrong proof of work"),
    ],
)
def test_what_no_page_of_ours_sent_is_held(
    asking: Asking, http: httpx.Client, change: dict[str, str], reason: str
) -> None:
    filled = asking.filled() | change
    assert [send(http, filled).status_code for _ in range(2)] == [303, 303]
    assert states(asking) == [(Judged.HELD, SubmissionState.NEW, reason)]


def test_a_page_sent_within_a_second_is_held(asking: Asking, http: httpx.Client) -> None:
    send(http, asking.filled(asking.token(timedelta())))
    assert states(asking) == [(Judged.HELD, SubmissionState.NEW, "too fast")]


def test_the_token_of_one_form_is_none_for_another(asking: Asking, http: httpx.Client) -> None:
    send(http, asking.filled(asking.token(key="other")))
    assert states(asking)[0][2] == "forged token"


def test_a_visitor_who_sends_often_is_held_and_then_refused(asking: Asking, http: httpx.Client) -> None:
    anna = {"X-Forwarded-For": "203.0.113.7"}
    codes = [
        send(http, asking.filled(message=f"Please quote number {n} from our list."), headers=anna).status_code
        for n in range(21)
    ]
    assert codes == [303] * 20 + [429]
    judged = [each.judged for each in reversed(asking.kept())]
    assert judged == [Judged.OK] * 5 + [Judged.HELD] * 15
    other = send(http, asking.filled(message="A neighbour asks for lamps."), headers={"X-Forwarded-For": "203.0.113.8"})
    assert other.status_code == 303
    assert asking.kept()[0].judged is Judged.OK


def test_a_text_that_comes_again_and_again_is_held(asking: Asking, http: httpx.Client) -> None:
    for number in range(3):
        there = {"X-Forwarded-For": f"203.0.113.{number}"}
        send(http, asking.filled(email=f"a{number}@example.com"), headers=there)
    assert [each.reasons for each in asking.kept()] == ["same text again", "", ""]


# --- what is not right -------------------------------------------------------------------------------------------


def test_problems_stand_at_their_fields_and_what_was_typed_stays(asking: Asking, http: httpx.Client) -> None:
    filled = asking.filled(email="anna@", name="", message="<script>alert(1)</script>", phone="call me")
    answer = send(http, filled)
    assert answer.status_code == 422
    for part in ('id="p-email"', 'id="p-name"', 'id="p-phone"', 'value="anna@"', 'aria-invalid="true"'):
        assert part in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    assert "<script>alert" not in answer.text
    assert f'name="_token" value="{filled["_token"]}"' in answer.text
    assert "电子邮箱，例如" in send(http, filled | {"_lang": "zh-CN"}).text
    assert asking.kept() == []


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"x" * 100_001, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a=1" for _ in range(400)), "application/x-www-form-urlencoded", 400),
        (b"--x\r\n", "multipart/form-data; boundary=x", 415),
        (b"[1]", "application/json", 400),
        (b'{"email": {"a": 1}}', "application/json", 400),
        (b"{", "application/json", 400),
        (b"[" * 50_000, "application/json", 400),
        (b"<x/>", "text/xml", 415),
    ],
)
def test_what_cannot_be_read_is_refused_and_not_kept(
    asking: Asking, http: httpx.Client, content: bytes, kind: str, status: int
) -> None:
    answer = http.post("/f/contact", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert asking.kept() == []


def test_bytes_that_are_no_text_are_kept_as_far_as_they_are_some(asking: Asking, http: httpx.Client) -> None:
    filled = asking.filled()
    body = b"&".join(f"{key}={value}".encode() for key, value in filled.items() if key not in ("message", "phone"))
    answer = http.post(
        "/f/contact",
        content=body + b"&message=%ff%00abc",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 303
    assert asking.kept()[0].answers["message"] == "\ufffdabc"


def test_a_closed_form_takes_nothing(asking: Asking, http: httpx.Client) -> None:
    with a_write(asking.store) as session:
        forms.switch_form(session, "contact", FormState.CLOSED)
    assert http.get("/f/contact").status_code == send(http, asking.filled()).status_code == 410
    assert asking.kept() == []


@pytest.mark.parametrize("path", ["/f/other", "/f/", "/f/contact/", "/f/%00", "/f/Contact", "/f/contact/x", "/f/a%27b"])
def test_every_other_form_does_not_exist(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


# --- other sites -------------------------------------------------------------------------------------------------


def test_a_program_reads_the_form_and_posts_json(asking: Asking, http: httpx.Client) -> None:
    described = http.get("/f/contact", headers={"Accept": "application/json"}).json()
    assert [each["key"] for each in described["fields"]][:2] == ["name", "email"]
    assert described["fields"][4]["options"][0] == {"value": "Wholesale", "label": "Wholesale"}
    answer = http.post("/f/contact", json={**asking.filled(), "_newsletter": True})
    assert (answer.status_code, answer.json()["status"]) == (200, "received")
    assert states(asking) == [FILED]
    wrong = http.post("/f/contact", json={**asking.filled(), "email": None})
    assert (wrong.status_code, list(wrong.json()["problems"])) == (422, ["email"])


def test_a_script_may_post_only_from_a_site_that_the_form_names(asking: Asking, http: httpx.Client) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    allowed = http.options("/f/contact", headers={"Origin": SITE, **asks})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, SITE)
    refused = http.options("/f/contact", headers={"Origin": "https://evil.example", **asks})
    assert refused.status_code == 403
    assert "access-control-allow-origin" not in refused.headers
    answer = http.post("/f/contact", json=asking.filled(), headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    read = http.get("/f/contact", headers={"Origin": "https://evil.example", "Accept": "application/json"})
    assert "access-control-allow-origin" not in {**answer.headers, **read.headers}
    assert asking.kept() == []
    answer = http.post("/f/contact", json=asking.filled(), headers={"Origin": SITE})
    assert answer.headers["access-control-allow-origin"] == SITE
    assert states(asking) == [FILED]


def test_a_form_that_another_site_copied_is_held(asking: Asking, http: httpx.Client) -> None:
    send(http, asking.filled(), headers={"Origin": "https://evil.example"})
    assert states(asking)[0][2] == "posted by another site"


def test_only_sites_that_the_form_names_may_show_it_in_a_frame(asking: Asking, http: httpx.Client) -> None:
    policy = http.get("/f/contact").headers["content-security-policy"]
    assert f"frame-ancestors {SITE};" in policy
    assert "unsafe" not in policy
    assert f"frame-ancestors {SITE};" in http.get("/f/contact/thanks").headers["content-security-policy"]
    assert "frame-ancestors 'none'" in http.get("/u/x").headers["content-security-policy"]


def test_a_form_may_end_at_a_page_of_its_authors(tmp_path: Path) -> None:
    with (
        an_asking(tmp_path, redirect_url="https://www.shop.example/thanks?x=1") as asking,
        a_web_server(asking.store) as base_url,
        a_client(base_url) as http,
    ):
        assert send(http, asking.filled()).headers["location"] == "https://www.shop.example/thanks?x=1"
        policy = http.get("/f/contact").headers["content-security-policy"]
        assert "form-action 'self' https://www.shop.example;" in policy


def test_the_form_works_behind_a_base_url_with_a_path(asking: Asking) -> None:
    public = {"base_url": "https://own.example/mail/"}
    with a_web_server(asking.store, public=public) as base_url, a_client(base_url) as http:
        for prefix in ("", "/mail"):
            answer = http.post(f"{prefix}/f/contact", data=asking.filled(), follow_redirects=True)
            assert (answer.status_code, "Thank you" in answer.text) == (200, True)


def test_what_is_filed_is_not_filed_again(asking: Asking, http: httpx.Client) -> None:
    own = OwnAddresses(frozenset({ANNA["email"]}))
    send(http, asking.filled(_proof=""))
    with a_write(asking.store) as session:
        assert file_submission(session, own, 1, NOW, by_hand=True)  # a colleague tries the form
        assert file_submission(session, OwnAddresses(), 1, NOW, by_hand=True)
        with pytest.raises(Conflict, match="with no customer"):
            trust_submission(session, 1, "test", NOW)
    assert asking.party() is None


# --- what goes wrong ---------------------------------------------------------------------------------------------


def test_what_cannot_be_filed_at_once_is_kept_and_filed_by_the_clock(
    asking: Asking, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_args: object) -> None:
        raise StoreBusy

    with monkeypatch.context() as broken:
        broken.setattr("mailcrm.service.forms.file_submission", busy)
        assert send(http, asking.filled()).status_code == 303
        assert http.get("/health").status_code == 200
        time.sleep(0.2)
        assert states(asking, settled=False) == [(Judged.OK, SubmissionState.NEW, "")]
    app = an_app(asking.store, a_config(asking.store.state_dir))
    assert [file_waiting(app), file_waiting(app)] == [1, 0]
    assert states(asking) == [FILED]
    assert len(asking.lines()) == 1


def test_filing_that_breaks_in_the_middle_leaves_the_submission_and_nothing_else(
    asking: Asking, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_session: Session, *_args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("mailcrm.service.form_filing._claim", broken)
    assert send(http, asking.filled()).status_code == 303  # it is kept, so its sender need not hear of it
    time.sleep(0.2)
    assert states(asking, settled=False) == [(Judged.OK, SubmissionState.NEW, "")]
    with asking.store.read() as session:
        assert parties.find_party(session, ANNA["email"]) is None


@pytest.fixture
def quiet_afterwards() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("quiet_afterwards")
def test_what_was_typed_and_who_typed_it_never_reach_a_log_nor_the_address_a_table(
    asking: Asking, http: httpx.Client, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    configure_logs(LogSection(level="debug", format="json"))
    caplog.set_level(logging.DEBUG)
    there = {"X-Forwarded-For": "203.0.113.99"}
    for filled in (asking.filled(), asking.filled(email="x"), asking.filled(_proof="")):
        send(http, filled, headers=there)
    clients = ("httpx", "httpcore")
    records = [record.getMessage() for record in caplog.records if record.name.partition(".")[0] not in clients]
    captured = capfd.readouterr()
    everything = f"{records}{captured.out}{captured.err}"
    assert "form received" in everything
    for secret in ("Anna", "lamps", "8888", "203.0.113", "Do you have"):
        assert secret not in everything
    assert b"203.0.113.99" not in (asking.store.state_dir / "mailcrm.db").read_bytes()
