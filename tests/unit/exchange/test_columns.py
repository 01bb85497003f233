"""Which column is what, guessed from headings and values of sheets as people send them."""

import pytest

from mailcrm.exchange.columns import MAPPED, find_heading, guess_columns, mapping_of
from mailcrm.exchange.mapping import Mapping, Rule
from mailcrm.exchange.presets import PRESETS, detect
from mailcrm.exchange.targets import Target


def _guessed(headings: list[str], *rows: list[str]) -> dict[str, str]:
    return {
        guess.column: str(guess.target) if guess.confidence >= MAPPED else f"? {guess.target}"
        for guess in guess_columns(headings, rows)
    }


@pytest.mark.parametrize(
    ("heading", "target"),
    [
        ("Name", "name"), ("First Name", "given_name"), ("Vorname", "given_name"), ("姓", "family_name"), ("名", "given_name"),
        ("姓名*", "name"), ("联系人", "name"), ("客户名称", "company"), ("Firma", "company"), ("部门", "department"),
        ("E-Mail", "email"), ("e-mail 2 address", "email"), ("邮箱（必填）", "email"), ("Customer Email Address", "email"),
        ("手机号码", "mobile"), ("主要联系电话", "phone"), ("Phone (office)", "phone"), ("Home Phone", "phone:home"),
        ("公司电话", "phone:office"), ("Fax", "fax"), ("微信号", "wechat"), ("QQ号", "qq"), ("WhatsApp", "whatsapp"),
        ("LinkedIn URL", "linkedin"), ("网址", "url"), ("详细地址", "address"),
        ("Straße", "street"), ("PLZ", "postcode"), ("Ort", "city"),
        ("省份", "region"), ("国家", "country"), ("行业", "industry"), ("客户来源", "origin"), ("标签", "tags"),
        ("备注", "note"),
        ("生日", "birthday"), ("农历生日", "birthday_lunar"), ("客户编号", "foreign_id"),
        ("语言", "language"), ("称呼", "salutation"),
        ("性别", "gender"), ("负责人", "owner"), ("客户阶段", "lifecycle"), ("客户等级", "tier"), ("创建时间", "created"),
        ("订单号", "order_no"), ("下单时间", "order_date"), ("Order Total", "order_amount"), ("币种", "order_currency"),
        ("SKU", "line_sku"),
        ("数量", "line_qty"), ("单价", "line_price"), ("跟进内容", "activity_text"), ("MobilePhone", "mobile"),
        ("Teléfono", "phone"), ("Apellidos", "family_name"), ("Société", "company"), ("Code postal", "postcode"),
    ],
)  # fmt: skip
def test_heading_tells_the_field(heading: str, target: str) -> None:
    assert _guessed([heading]) == {heading: target}


@pytest.mark.parametrize(
    ("heading", "target"),
    [
        ("Email Opt Out", "opt_out"), ("Unsubscribed from all email", "opt_out"), ("HasOptedOutOfEmail", "opt_out"),
        ("是否退订", "opt_out"), ("不接收邮件", "opt_out"), ("Do not email!", "opt_out"), ("邮件黑名单", "opt_out"),
        ("Email hard bounce reason", "bounced"), ("邮箱退信", "bounced"), ("Newsletter opt-in 2024", "consent"),
        ("是否同意接收邮件", "consent"), ("Email Marketing Consent", "consent"), ("DSGVO Einwilligung", "consent"),
        ("Newsletter unsubscribed", "opt_out"), ("Email subscription status", "consent"),
    ],
)  # fmt: skip
def test_columns_about_mail_are_never_taken_for_addresses(heading: str, target: str) -> None:
    assert _guessed([heading], ["yes"], ["no"], ["yes"]) == {heading: target}


def test_values_tell_what_has_no_heading() -> None:
    rows = [
        ["a@x.de", "13800138000", "深圳市华强电子有限公司", "张伟", "https://x.de"],
        ["b@x.de", "13900139000", "Müller GmbH", "欧阳娜娜", "www.y.com"],
        ["c@x.de", "13700137000", "Acme Ltd.", "王芳", "z.com"],
    ]
    assert _guessed([""] * 5, *rows) == {"A": "email", "B": "mobile", "C": "company", "D": "name", "E": "url"}


def test_heading_that_its_values_belie_is_not_believed() -> None:
    assert _guessed(["Email"], ["yes"], ["no"], ["yes"]) == {"Email": "? x.email"}
    assert _guessed(["Phone"], ["a@x.de"], ["b@x.de"], ["c@x.de"]) == {"Phone": "email"}


def test_unknown_columns_are_suggested_as_own_fields_with_the_reason() -> None:
    guess, other = guess_columns(["Budget (k€)", "预算"], [])
    assert (str(guess.target), guess.confidence) == ("x.budget_k", 0.0)
    assert "field of your own" in guess.why
    assert str(other.target) == "x.column_b"


def test_second_column_of_a_field_gets_a_label_or_is_only_suggested() -> None:
    assert _guessed(["City", "Town", "Name", "Full name", "Phone", "Phone"]) == {
        "City": "city", "Town": "city:other", "Name": "name", "Full name": "? x.full_name",
        "Phone": "phone", "Phone#2": "phone",
    }  # fmt: skip


def test_numbers_of_ours_are_recognised() -> None:
    assert _guessed(["Customer ID"], ["C000017Z"]) == {"Customer ID": "number"}


def test_heading_is_found_below_titles() -> None:
    rows = [
        ["客户联系人名单 2026", ""],
        ["", ""],
        ["制表：王芳", "日期"],
        ["姓名", "电话", "邮箱"],
        ["张伟", "138", "a@x.cn"],
    ]
    assert find_heading(rows) == 3


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([["a@x.de", "Ann"], ["b@x.de", "Bob"]], None),
        ([["13800138000", "a@x.de"]], None),
        ([["Foo", "Bar"], ["1", "2"]], 0),
        ([["email"], ["a@x.de"]], 0),
        ([], None),
    ],
)
def test_heading_is_not_made_up(rows: list[list[str]], place: int | None) -> None:
    assert find_heading(rows) == place


HUBSPOT = [
    "Record ID",
    "First Name",
    "Last Name",
    "Email",
    "Unsubscribed from all email",
    "Email hard bounce reason",
    "My own",
]


def test_export_of_a_known_program_is_recognised_by_its_columns() -> None:
    guessed = _guessed(HUBSPOT)
    assert detect(HUBSPOT) is PRESETS[0]
    assert list(guessed.values())[:6] == ["foreign_id", "given_name", "family_name", "email", "opt_out", "bounced"]
    assert guessed["My own"] == "? x.my_own"


@pytest.mark.parametrize(
    ("headings", "name"),
    [
        ("Id,AccountId,LastName,FirstName,MailingCity,HasOptedOutOfEmail", "salesforce-contacts"),
        ("Lead ID,Last Name,Company / Account,Lead Source,Lead Status,Email Opt Out", "salesforce-leads"),
        ("Id,Name,BillingCity,ShippingCity", "salesforce-accounts"),
        ("Record Id,Contact Owner,First Name,Last Name,Email Opt Out", "zoho-contacts"),
        ("First Name,Last Name,Labels,E-mail 1 - Label,E-mail 1 - Value", "google"),
        ("Name,Given Name,Family Name,E-mail 1 - Type,E-mail 1 - Value", "google"),
        ("First Name,Last Name,E-mail Address,Business Phone,Home City", "outlook"),
        ("客户名称,客户级别,成交状态,负责人", "fxiaoke-customers"),
        ("公司名称,客户阶段,跟进人,联系人,邮箱", "okki"),
    ],
)
def test_every_preset_is_found(headings: str, name: str) -> None:
    found = detect(headings.split(","))
    assert found is not None
    assert found.name == name


def test_opt_outs_of_every_preset_are_in_its_table() -> None:
    for preset in PRESETS:
        for heading in ("Unsubscribed from all email", "Email Opt Out", "HasOptedOutOfEmail", "Portal Unsubscribe"):
            target = preset.target(heading)
            assert target is None or target.field == "opt_out"


def test_what_somebody_decided_comes_before_the_guess() -> None:
    headings = ["Name", "Mail"]
    base = Mapping((Rule("Mail", Target("x.mail")),), region="CN")
    mapping = mapping_of(guess_columns(headings, []), headings, base)
    assert [str(placed.target) for placed in mapping.resolve(headings)] == ["name", "x.mail"]
    assert mapping.region == "CN"
