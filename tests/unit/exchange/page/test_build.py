"""What stands on the page of a customer, and where."""

from dataclasses import replace

import pytest

from mailcrm.exchange.page.build import build_page
from mailcrm.exchange.page.document import Document, Entry, printable
from mailcrm.exchange.page.texts import PageLanguage, Words
from mailcrm.model.archive import PartyArchive
from mailcrm.model.contact import NETWORKS, ContactField
from mailcrm.model.important_date import DateKind
from mailcrm.model.interaction import InteractionKind
from mailcrm.model.order import OrderStatus
from mailcrm.model.party import SOURCES, PartyKind, PartyState
from mailcrm.model.recipient import Suppress
from tests.unit.exchange.page.sample import content, local


def page(language: PageLanguage = PageLanguage.EN) -> Document:
    return build_page(content(), language, local)


def entries(document: Document, key: str) -> list[Entry]:
    return [entry for each in document.sections if each.key == key for group in each.groups for entry in group.entries]


def test_a_reader_meets_first_what_waits_and_last_what_was() -> None:
    assert [section.key for section in page().sections] == [
        "cases", "pinned", "values", "emails", "postal", "own", "ties", "tags", "dates", "totals", "orders", "payments",
        "suggestions", "former", "timeline", "changes",
    ]  # fmt: skip


def test_parts_without_anything_are_left_out() -> None:
    whole = content()
    archive = PartyArchive(whole.archive.line, "user", whole.archive.created_at, 1)
    document = build_page(type(whole)(archive, whole.printed_at, "ann"), PageLanguage.EN, local)
    assert (document.sections, document.left_out) == ((), ())


def test_head_has_number_other_numbers_kind_state_and_since_when() -> None:
    facts = dict(page().facts)
    assert (facts["Number"], facts["Also found as"]) == ("C000017Z", "sap:王小明")
    assert (facts["Kind"], facts["State"], facts["Known since"]) == ("person", "customer", "2026-03-06")


def test_value_says_source_day_and_confidence_and_suggestions_stand_apart() -> None:
    [given, title] = entries(page(), "values")
    assert (given.label, title.text) == ("Given name", "王小明")
    assert title.note == "entered by a user · 2026-03-06 · 100% sure · confirmed by 王小明"
    [suggested] = entries(page(), "suggestions")
    assert (suggested.text, "80% sure" in suggested.note) == ("Buyer?", True)
    [former] = entries(page(), "former")
    assert former.text == "+8613800138000"


def test_address_says_whether_it_holds_what_was_consented_with_proof_and_what_is_closed() -> None:
    [email] = entries(page(), "emails")
    assert (email.label, email.text, email.note) == ("In use", "wang@nb.example", "shared mailbox · 王小明")
    assert email.details == (
        "closed for everything (hard bounce)",
        "closed for 王小明",
        "王小明: given on 2026-03-06 04:30 · cli · proof: 王小明",
    )


def test_ended_address_says_until_when() -> None:
    whole = content()
    [address] = whole.archive.addresses
    ended = replace(address, ended_at=whole.printed_at)
    document = build_page(replace(whole, archive=replace(whole.archive, addresses=(ended,))), PageLanguage.EN, local)
    assert entries(document, "emails")[0].label == "Until 2026-03-06"


def test_lunar_day_is_shown_by_the_moon_with_the_next_day_of_the_sun() -> None:
    [day] = entries(page(PageLanguage.ZH), "dates")
    assert (day.label, day.text) == ("生日", "农历1980年八月十五")
    assert day.note.startswith("下一次：2026-09-25")


def test_order_has_positions_payments_and_what_was_paid() -> None:
    [order] = entries(page(), "orders")
    assert (order.text, order.note) == ("王小明 · 1,299.50 CNY", "open · paid 500.00 CNY · entered by a user")
    assert order.details[1] == "Payment 2026-03-06 · 500.00 CNY · 王小明 · 王小明"
    assert order.grid is not None
    assert order.grid.rows == (("王小明 · 王小明", "2.5", "519.80"), ("Tea", "1", ""))
    [total] = entries(page(PageLanguage.ZH), "totals")
    assert (total.text, total.note) == ("订购 1,299.50 元，已付 500.00 元", "1 个订单")


def test_timeline_is_by_month_in_the_zone_of_the_reader() -> None:
    [section] = [each for each in page().sections if each.key == "timeline"]
    assert [group.heading for group in section.groups] == ["2026-03", "2026-02"]
    assert section.groups[0].entries[0].label == "03-06 04:30"


def test_what_is_not_on_the_page_is_told_and_who_printed_it() -> None:
    document = page()
    assert document.left_out[0].startswith("12 older lines")
    assert "masked" in document.left_out[1]
    assert document.colophon == "Printed by 王小明 on 2026-03-06 04:30. Times are local (UTC+0800)."


@pytest.mark.parametrize(
    ("of", "values"),
    [
        ("kind", PartyKind), ("state", PartyState), ("source", SOURCES), ("order", OrderStatus), ("date", DateKind),
        ("what", InteractionKind), ("closed", Suppress),
    ],
)  # fmt: skip
def test_everything_has_a_chinese_name(of: str, values: object) -> None:
    words = Words(PageLanguage.ZH)
    assert [each for each in values if words.name(of, str(each)).isascii()] == []  # type: ignore[attr-defined]


def test_both_languages_have_the_same_texts() -> None:
    english, chinese = (set(Words(each)._words) for each in PageLanguage)
    assert {key for key in english ^ chinese if "." not in key} == set()


def test_fields_have_chinese_names_but_for_networks_known_by_their_own() -> None:
    words = Words(PageLanguage.ZH)
    assert {each for each in ContactField if words.name("field", each).isascii()} <= set(NETWORKS)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a\0b", "ab"),
        ("a\x1b[31mb", "a[31mb"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\u2067a\u2069", "a"),
        ("\ud800", "\ufffd"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("مرحبا\u200f", "مرحبا\u200f"),
    ],
)
def test_text_is_printable(given: str, shown: str) -> None:
    assert printable(given) == shown
