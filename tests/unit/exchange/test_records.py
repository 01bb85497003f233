"""Whole tables become customers, and what could not be read is told by its row and column."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import UserError
from mailcrm.exchange.columns import guess_columns, mapping_of
from mailcrm.exchange.mapping import Mapping, Rule
from mailcrm.exchange.records import ReadRow, find_headings, read_rows
from mailcrm.exchange.tables.row import Cell, Rows
from mailcrm.model.consent import ConsentState
from mailcrm.model.important_date import Calendar, ImportantDate
from mailcrm.model.interaction import InteractionKind
from mailcrm.model.order import OrderStatus
from mailcrm.model.party import PartyKind
from mailcrm.model.record import AffiliationEntry, Claim

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def _read(*rows: Sequence[Cell], rules: Sequence[str] = (), **options: str) -> list[ReadRow]:
    table = Rows.of(*rows)
    headed = find_headings(table)
    base = Mapping(tuple(Rule.parse(rule) for rule in rules), **options)  # type: ignore[arg-type]
    mapping = mapping_of(guess_columns(headed.headings, headed.sample), headed.headings, base)
    return list(read_rows(table, headed, mapping, of="import:test.csv", at=NOW))


def _one(*rows: Sequence[Cell], rules: Sequence[str] = (), **options: str) -> ReadRow:
    (only,) = _read(*rows, rules=rules, **options)
    return only


def test_chinese_sheet_becomes_customers_with_the_rows_that_people_see() -> None:
    rows = _read(
        ["客户联系人名单", "", "", "", "", "", "", ""],
        ["姓名", "客户名称", "职位", "手机", "邮箱", "省份", "生日", "标签"],
        ["", "", "", "", "", "", "", ""],
        ["张伟", "深圳华强有限公司", "采购经理", "13800138000.0", "zw@hq.cn；zw2@hq.cn", "广东", "农历八月十五", "重点、茶"],
        region="CN",
    )  # fmt: skip
    (row,) = rows
    record = row.record
    assert (row.number, row.problems) == (4, ())
    assert record.kind is PartyKind.PERSON
    assert record.fields == {"name": "张伟"}
    assert [entry.address for entry in record.emails] == ["zw@hq.cn", "zw2@hq.cn"]
    assert Claim("mobile", "+8613800138000") in record.claims
    assert Claim("region", "广东") in record.claims
    assert record.affiliations == (AffiliationEntry("深圳华强有限公司", title="采购经理"),)
    assert record.dates == (ImportantDate("birthday", Calendar.LUNAR, 8, 15),)
    assert record.tags == (("", "重点"), ("", "茶"))


def test_names_are_put_together_as_they_are_said() -> None:
    head = ["First name", "Last name", "Email"]
    first, second = _read(head, ["小明", "王", "a@x.cn"], ["Ann", "Miller", "b@x.cn"])
    assert first.record.fields == {"name": "王小明", "given_name": "小明", "family_name": "王"}
    assert second.record.fields["name"] == "Ann Miller"


def test_row_with_a_firm_and_nobody_is_an_organisation() -> None:
    record = _one(["Company", "Phone", "Email"], ["Acme Ltd", "+49 89 123456", "info@acme.de"]).record
    assert record.kind is PartyKind.ORGANISATION
    assert record.fields == {"name": "Acme Ltd"}
    assert record.affiliations == ()


def test_cells_that_cannot_be_read_are_told_and_the_rest_is_kept() -> None:
    row = _one(
        ["Name", "Email", "Phone", "Birthday", "Customer number mailcrm"],
        ["Ann", "ann@x.de; broken@", "1.38E+10", "3/5/2026", "#46"],
        rules=["Customer number mailcrm=number"],
    )
    assert row.record.fields == {"name": "Ann"}
    assert [entry.address for entry in row.record.emails] == ["ann@x.de"]
    assert [problem.column for problem in row.problems] == ["Email", "Customer number mailcrm", "Phone", "Birthday"]


def test_order_of_day_and_month_is_seen_in_the_whole_column() -> None:
    rows = _read(["Name", "Birthday"], ["Ann", "3/5/1980"], ["Bob", "3/25/1980"])
    assert rows[0].record.dates == (ImportantDate("birthday", Calendar.SOLAR, 3, 5, 1980),)


def test_row_with_too_many_cells_is_told() -> None:
    row = _one(["Name", "Email"], ["Ann", "a@x.de", "stray"])
    assert row.problems[0].what == "the row has more cells than the 2 columns"


@pytest.mark.parametrize(
    "heading", ["Unsubscribed", "Email Opt Out", "退订", "不接收邮件", "Unsubscribed from all email"]
)
@pytest.mark.parametrize("cell", ["yes", "TRUE", "1", "是", "退订", "whatever", date(2025, 1, 1)])
def test_opt_out_withdraws_everything_at_all_addresses(heading: str, cell: Cell) -> None:
    row = _one(
        ["Email", heading, "Newsletter"], ["a@x.de;b@x.de", cell, "yes"], rules=["Newsletter=consent:news; evidence=E"]
    )
    for entry in row.record.emails:
        assert [(said.purpose, said.state) for said in entry.consents] == [("", ConsentState.WITHDRAWN)]
    assert bool(row.problems) is (cell == "whatever")


def test_consent_counts_only_with_purpose_and_evidence() -> None:
    table = (["Email", "Newsletter", "Proof"], ["a@x.de", "yes", "form of 2025"])
    assert _one(*table).record.emails[0].consents == ()
    assert _one(*table, rules=["Newsletter=consent:news"]).record.emails[0].consents == ()
    assert _one(*table, rules=["Newsletter=consent; evidence=E"]).record.emails[0].consents == ()
    for rules in (["Newsletter=consent:news; evidence=E"], ["Newsletter=consent:news", "Proof=consent_evidence:news"]):
        (said,) = _one(*table, rules=rules).record.emails[0].consents
        assert (said.purpose, said.state) == ("news", ConsentState.GIVEN)
        assert said.evidence


@pytest.mark.parametrize("cell", ["no", "否", "unsubscribed", "perhaps"])
def test_consent_that_is_no_clear_yes_is_a_no(cell: str) -> None:
    row = _one(["Email", "Newsletter"], ["a@x.de", cell], rules=["Newsletter=consent:news; evidence=E"])
    assert [(said.purpose, said.state) for said in row.record.emails[0].consents] == [("news", ConsentState.WITHDRAWN)]
    assert bool(row.problems) is (cell == "perhaps")


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))))
def test_no_text_in_a_column_that_was_guessed_gives_consent(cell: str) -> None:
    for heading in ("Newsletter", "Email Opt Out", "Email Marketing Consent"):
        for row in _read(["Email", heading], ["a@x.de", cell]):
            assert all(said.state is ConsentState.WITHDRAWN for entry in row.record.emails for said in entry.consents)


def test_bounces_and_complaints_close_the_address() -> None:
    bounced = _one(["Email", "Email hard bounce reason"], ["a@x.de", "unknown user"]).record.emails[0]
    complained = _one(["Email", "Spam report", "Bounced"], ["a@x.de", "TRUE", "yes"]).record.emails[0]
    assert (bounced.closed, complained.closed) == ("hard bounce", "complaint")


def test_refusal_without_an_address_is_told() -> None:
    row = _one(["Name", "Email", "Unsubscribed"], ["Ann", "", "yes"])
    assert "no address" in row.problems[0].what


ORDERS = ["Email", "Order no", "Order date", "Amount", "Product", "Qty", "Unit price", "Order status"]


def test_rows_of_one_order_are_one_customer_with_its_lines() -> None:
    first, second = _read(
        ORDERS,
        ["a@x.de", "1001", "2026-03-05", "30", "Tea", "2", "10", "paid"],
        ["a@x.de", "1001", "", "30", "Cup", "1", "10", ""],
        ["b@x.de", "1002", "2026-03-06", "5", "Tea", "0.5", "10", "已发货"],
        currency="EUR",
    )
    (order,) = first.record.orders
    assert (first.number, first.problems, order.amount_minor, order.currency) == (2, (), 3000, "EUR")
    assert [(line.title, line.qty_milli, line.unit_minor) for line in order.lines] == [
        ("Tea", 2000, 1000),
        ("Cup", 1000, 1000),
    ]
    assert (order.status, order.source_ref) == (OrderStatus.PAID, "import:test.csv#1001")
    assert (second.number, second.record.orders[0].status) == (4, OrderStatus.SHIPPED)


@pytest.mark.parametrize(
    ("amounts", "total", "told"),
    [
        (("20", "10"), 3000, False),
        (("30", ""), 3000, False),
        (("33", "33"), 3300, False),
        (("33", "44"), 3300, True),
        (("", ""), 3000, False),
    ],
)
def test_amount_of_an_order_is_not_counted_twice(amounts: tuple[str, str], total: int, told: bool) -> None:
    row = _one(
        ORDERS,
        ["a@x.de", "1", "2026-03-05", amounts[0], "Tea", "2", "10", ""],
        ["a@x.de", "1", "2026-03-05", amounts[1], "Cup", "1", "10", ""],
        currency="EUR",
    )
    assert row.record.orders[0].amount_minor == total
    assert bool(row.problems) is told


def test_refusal_in_any_row_of_an_order_counts() -> None:
    row = _one(
        ["Email", "Order no", "Order date", "退订"],
        ["a@x.de", "1", "2026-03-05", ""],
        ["a@x.de", "1", "", "是"],
        currency="EUR",
    )
    assert [said.state for said in row.record.emails[0].consents] == [ConsentState.WITHDRAWN]


def test_order_without_date_or_currency_is_told() -> None:
    rows = _read(["Email", "Order no", "Order date"], ["a@x.de", "1", ""], ["b@x.de", "2", "2026-03-05"])
    assert [row.record.orders for row in rows] == [(), ()]
    assert "no date" in rows[0].problems[0].what
    assert "no currency" in rows[1].problems[0].what


def test_notes_and_visits_are_activities_that_a_replay_does_not_double() -> None:
    table = (
        ["Name", "备注", "跟进时间", "跟进方式", "跟进内容"],
        ["Ann", "likes tea", "2026-03-05 10:00", "电话", "wants a quote"],
    )
    note, call = _one(*table, zone="Asia/Shanghai").record.activities
    assert (note.kind, note.at, note.title) == (InteractionKind.NOTE, NOW, "likes tea")
    assert (call.kind, call.at, call.title) == (
        InteractionKind.CALL,
        datetime(2026, 3, 5, 2, tzinfo=UTC),
        "wants a quote",
    )
    assert _one(*table, zone="Asia/Shanghai").record.activities == (note, call)


def test_address_in_parts_is_one_claim_with_its_label() -> None:
    record = _one(
        ["Name", "Street", "City", "Postcode", "Country", "Billing Street", "Billing City"],
        ["Ann", "Hauptstr. 5", "Bonn", "53111", "Germany", "Domplatz 1", "Köln"],
    ).record
    places = {claim.label: (claim.value, dict(claim.parts)) for claim in record.claims if claim.field == "address"}
    assert places[""][0] == "Hauptstr. 5, Bonn, Germany, 53111"
    assert places["billing"] == ("Domplatz 1, Köln", {"street": "Domplatz 1", "city": "Köln"})
    assert Claim("city", "Bonn") in record.claims


def test_phone_is_read_as_of_the_country_of_its_row() -> None:
    record = _one(["Name", "Phone", "Country"], ["Ann", "089 123456", "德国"], region="CN").record
    assert Claim("phone", "+4989123456") in record.claims


GOOGLE = (
    "First Name|Last Name|Labels|E-mail 1 - Label|E-mail 1 - Value|Phone 1 - Label|Phone 1 - Value|Address 2 - City"
).split("|")


def test_google_contacts_keep_labels_and_several_values() -> None:
    record = _one(
        GOOGLE,
        ["Ann", "Lee", "* myContacts ::: VIP", "* Work", "a@x.de ::: b@x.de", "Work Fax", "+49 89 123456", "Bonn"],
    ).record
    assert [(entry.address, entry.label) for entry in record.emails] == [("a@x.de", "Work"), ("b@x.de", "Work")]
    assert record.tags == (("", "VIP"),)
    assert Claim("fax", "+4989123456", "Work Fax") in record.claims


def test_own_fields_keep_what_the_cell_holds() -> None:
    record = _one(["Name", "Budget"], ["Ann", "about 5k"], rules=["Budget=x.budget"]).record
    assert record.claims == (Claim("x.budget", "about 5k"),)


def test_table_without_values_and_mapping_without_column_are_told() -> None:
    with pytest.raises(UserError, match="the table is empty"):
        _read(["", ""])
    with pytest.raises(UserError, match="no column 'Foo'"):
        _read(["Name", "Email"], ["Ann", "a@x.de"], rules=["Foo=name"])


def test_list_of_addresses_needs_no_heading() -> None:
    assert [row.record.emails[0].address for row in _read(["a@x.de", "1"], ["b@x.de", "2"])] == ["a@x.de", "b@x.de"]
