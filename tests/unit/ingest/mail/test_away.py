"""Until when somebody is away."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail.away import away_until
from mailcrm.model.message import MailKind
from tests.unit.ingest.mail.samples import parsed

SENT = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("I am out of the office until 4 December 2026.", "2026-12-04"),
        ("I will be back on December 5th.", "2026-12-04"),
        ("I am away from 23.11.2026 to 27.11.2026", "2026-11-27"),
        ("Ich bin bis einschließlich 30.11. nicht im Büro.", "2026-11-30"),
        ("Ab dem 1. Dezember bin ich wieder erreichbar.", "2026-11-30"),
        ("我将于11月23日至11月27日外出，", "2026-11-27"),
        ("我休假中，12月1日返回", "2026-11-30"),
        ("12月1日上班", "2026-11-30"),
        ("Je suis absent jusqu'au 2 décembre inclus", "2026-12-02"),
        ("de retour le 3 décembre", "2026-12-02"),
        ("Estaré fuera hasta el 5 de enero de 2027", "2027-01-05"),
        ("11月27日まで不在です", "2026-11-27"),
        ("I will return to the office on Monday 30 November", "2026-11-29"),
        ("Out 11/23 - 11/27, returning 11/30", "2026-11-29"),
        ("I am on leave. Call +86 139 1234 5678.", None),
        ("In 2019 we were founded on 3 May 2019", None),
        ("Sono fuori sede fino al 12/12/2026", "2026-12-12"),
        ("Ik ben terug op 2 december", "2026-12-01"),
        ("on vacation from Nov 21, 2026 through Nov 28, 2026", "2026-11-28"),
        ("Thank you for your mail of 25 November. I answer soon.", None),
        ("I'm out of office from 2026-11-21 to 2026-12-01 with limited access", "2026-12-01"),
        ("休假至2026年12月3日，如有急事请联系 13912345678", "2026-12-03"),
        ("vom 21.11. bis 28.11.2026 im Urlaub", "2026-11-28"),
        ("Our meeting on 25 November is back to normal", None),
        ("нахожусь в отпуске до 5 декабря", "2026-12-05"),
        ("I am on leave 23-27 November.", "2026-11-27"),
        ("Ich bin am 1.12. zurück.", "2026-11-30"),
        ("Am 1. Dezember bin ich wieder für Sie da.", "2026-11-30"),
        ("Ich bin bis zum 27.11. im Urlaub. Rückkehr: 30.11.2026", "2026-11-29"),
        ("Je reprendrai le 1er décembre", "2026-11-30"),
        ("Sono fuori ufficio fino all'8 dicembre", "2026-12-08"),
        ("您好，本人11月23日-27日休假，", "2026-11-27"),
        ("我在11月27日前无法回复邮件", "2026-11-26"),
        ("请于11月27日前付款", None),
        ("11月23日（月）から11月27日（金）まで不在です。", "2026-11-27"),
        ("11月23日〜27日は休暇をいただきます", "2026-11-27"),
        ("11月30日より出社いたします。", "2026-11-29"),
        ("11月30日（月）以降にご連絡いたします", "2026-11-29"),
        ("I am out of office. Our prices are valid until 31 December 2026.", None),
        ("Ich arbeite bis 31.12.2026 in Teilzeit und bin heute nicht da.", None),
        ("Ich bin bis 27.11. auf einer Reise.\nUnser Angebot gilt bis 31.12.2026.", "2026-11-27"),
        (
            "I am out of the office starting Friday, November 20, 2026 and will not return until Monday, November 30, 2026.",
            "2026-11-29",
        ),
    ],
)
def test_last_day_is_found(text: str, last: str | None) -> None:
    found = away_until(text, SENT)
    assert (found.isoformat() if found else None) == last


@pytest.mark.parametrize(
    ("header", "text", "kind"),
    [
        ("Auto-Submitted: auto-replied", "Ich bin bis 4.12. im Urlaub.", MailKind.OUT_OF_OFFICE),
        ("X-Autoreply: yes", "I am out of the office until 4 December.", MailKind.OUT_OF_OFFICE),
        ("Auto-Submitted: auto-replied", "我正在休假，12月5日上班", MailKind.OUT_OF_OFFICE),
        ("Auto-Submitted: auto-replied", "Your request has number 7, we answer until 4 December.", MailKind.AUTO),
        ("Auto-Submitted: auto-generated", "Bob is on vacation until 4 December.", MailKind.AUTO),
        ("X-Mailer: x", "I am out of the office until 4 December.", MailKind.PERSON),
    ],
)
def test_an_automatic_answer_without_a_telling_subject_is_known_by_its_words(
    header: str, text: str, kind: MailKind
) -> None:
    date_line = "Date: Fri, 20 Nov 2026 09:00:00 +0000"
    message = parsed(f"From: a@example.org\n{date_line}\nSubject: Re: offer\n{header}\n\n{text}\n".encode())
    assert message.headers.kind is kind
    assert message.away_until == (date(2026, 12, 4) if kind is MailKind.OUT_OF_OFFICE else None)


def test_only_an_absence_is_read_for_it() -> None:
    head = b"From: a@example.org\nDate: Fri, 20 Nov 2026 09:00:00 +0000\nSubject: "
    text = b"\n\nI am away until 4 December 2026.\n"
    assert parsed(head + b"Automatic reply: offer" + text).away_until == date(2026, 12, 4)
    assert parsed(head + b"My holidays" + text).away_until is None


@given(st.text(max_size=300), st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_any_text_is_read(text: str, sent: date) -> None:
    away_until(text, sent)


@given(
    st.lists(
        st.sampled_from(["until", "back", "31", ".", "/", "2", "2026", "-", "月", "日", "Feb", " ", "to"]), max_size=40
    )
)
def test_pieces_of_dates_are_read(words: list[str]) -> None:
    found = away_until("".join(words), SENT)
    assert found is None or found >= SENT
