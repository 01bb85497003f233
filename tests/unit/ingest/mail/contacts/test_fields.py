"""Fields of signatures: most of what stands there, nothing that does not, and never another person's."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail.contacts.fields import read_fields
from mailcrm.model.contact import ContactField
from tests.unit.ingest.mail.contacts.signatures import PEOPLE, Sample, samples

ALL = list(samples())


def found(text: str, name: str = "", address: str = "", region: str = "") -> set[tuple[str, str]]:
    return {(f.field.value, f.shown) for f in read_fields(text, name, address, region)}


def of(sample: Sample) -> set[tuple[str, str]]:
    return found(sample.text, sample.person.name, sample.person.email)


def test_of_each_field_nearly_all_is_found_and_hardly_anything_else() -> None:
    wanted: Counter[str] = Counter()
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for sample in ALL:
        got = of(sample)
        wanted.update(name for name, _ in sample.wanted)
        right.update(name for name, _ in sample.wanted & got)
        wrong.update(name for name, _ in got - sample.wanted)
    recall = {name: right[name] / wanted[name] for name in wanted}
    precision = {name: right[name] / (right[name] + wrong[name]) for name in wanted}
    assert len(wanted) == 10
    assert min(recall.values()) >= 0.95, recall
    assert min(precision.values()) >= 0.97, precision
    assert not set(wrong) - set(wanted)


# --- one by one --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("Tel/Fax: +49 40 334455-66", {("phone", "+494033445566"), ("fax", "+494033445566")}),
        ("Mob/WhatsApp/WeChat: +86 138 0013 8000", {("mobile", "+8613800138000"), ("whatsapp", "+8613800138000"), ("wechat", "+86 138 0013 8000")}),
        ("T. +44 20 7946 0018 ext. 12", {("phone", "+442079460018;ext=12")}),
        ("电话：0755-88881234转801", {("phone", "+8675588881234;ext=801")}),
        ("電話：０３-３２１２-１２３４　携帯：090-1234-5678", {("phone", "+81332121234"), ("mobile", "+819012345678")}),
        ("微信号：lantern_2024", {("wechat", "lantern_2024")}),
        ("微信同号 13800138000", set()),
        ("QQ 2233445566", {("qq", "2233445566")}),
        ("LinkedIn: https://www.linkedin.com/in/ann-whitfield", {("linkedin", "https://www.linkedin.com/in/ann-whitfield")}),
        ("Twitter: @annwhitfield", {("x", "@annwhitfield")}),
        ("Skype: ann.whitfield", {("skype", "ann.whitfield")}),
        ("https://x.com/annwhitfield", {("x", "https://x.com/annwhitfield")}),
        ("Department: Export Sales", {("department", "Export Sales")}),
        ("所属部门：海外事业部", {("department", "海外事业部")}),
        ("☎ +44 20 7946 0018", {("phone", "+442079460018")}),
        ("Sales Manager, Tallowbridge Castings Ltd", {("title", "Sales Manager"), ("company", "Tallowbridge Castings Ltd")}),
        ("The Tallowbridge Company", {("company", "The Tallowbridge Company")}),
        ("A Plus Castings Ltd", {("company", "A Plus Castings Ltd")}),
        ("Responsable région est", {("title", "Responsable région est")}),
        ("Kernel Developer at Tallowbridge", {("title", "Kernel Developer"), ("company", "Tallowbridge")}),
    ],
)  # fmt: skip
def test_a_line_tells_what_it_says(line: str, wanted: set[tuple[str, str]]) -> None:
    domain = "jp" if "携帯" in line else "cn" if "微信" in line or "电话" in line else "com"
    assert found(f"{line}\n", address=f"x@example.{domain}") == wanted


@pytest.mark.parametrize(
    "line",
    [
        "Order 4500123456", "订单号：20240817001234", "PO: 4500123456", "Invoice no. 0123456789", "IBAN DE89 3704 0044 0532 0130 00",
        "Konto: 1234567890", "账号：6222 0210 0101 1122 334", "税号：91440300MA5ABCDEF", "VAT No. GB 123 4567 89", "HRB 123456",
        "2024-08-17 10:30", "17.08.2024 10:30", "Customer number: 0171 1234567", "ISBN 978-3-16-148410-0", "Meeting ID: 812 3456 7890",
        "192.168.100.200", "4500123456789012", "ABC-0171-1234567-X", "Geschäftsführer: Hans Beispiel", "Please call me when you have time.",
        "Tel: 12", "Fax: none", "Phone", "> Tel: +44 20 7946 0018", "See https://news.example.org/story for what happened last week there",
        "https://lists.example.org/mailman/listinfo/users", "WeChat", "QQ: 12", "Team lead? Not me.", "发件人：张伟 <zhangwei@example.cn>",
    ],
)  # fmt: skip
@pytest.mark.parametrize("domain", ["example.com", "example.de", "example.cn"])
def test_what_only_looks_like_a_field_is_none(line: str, domain: str) -> None:
    assert found(f"Ann Whitfield\n{line}\n", "Ann Whitfield", f"ann@{domain}") <= {("name", "Ann Whitfield")}


ANN = ("Ann Berg", "ann@example.de")


@pytest.mark.parametrize(
    "line",
    [
        *("04.05.2026 - 08.05.2026", "Tel. 04.05.2026", "2026-05-04", "05/04/2026"),
        *("300000000", "4500 0123 45", "P 4500012", "Part 089-1"),
        *("Follow us on Facebook | Instagram\nVisit us in hall 5", "X: 12x30x40 mm", "LinkedIn: Bob Miller", "Facebook: Bolts Ltd"),
        *("an Anvil Group company", "Certified partner of Anvil AG", "Proudly part of Anvil Holding"),
        *("Head of the shift is Bob Miller", "Delivery address: 1 Quay Road, Hull HU1 1AA", "收货地址：浙江省宁波市江北区长兴路1号"),
        *("Warehouse: Bob Miller, Tel. +49 40 3344551", "Ansprechpartner Versand: Herr Groß Tel. 040 334455", "仓库联系人：李四 电话：13900139000"),
        *("https://news.example.net/2026/05/story.html", "Book me: https://calendly.com/ann-berg"),
    ],
)  # fmt: skip
def test_below_her_name_what_is_not_hers_is_not_taken_for_hers(line: str) -> None:
    assert found(f"Ann Berg\n{line}\n", *ANN) == {("name", "Ann Berg")}


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("Tel: +49 40 334455 / 334456", {("phone", "+4940334455")}),
        ("Tel: +49 40 / 33 44 55 - 0", {("phone", "+49403344550")}),
        ("Tel. 040 334455 9-12 Uhr", {("phone", "+4940334455")}),
        ("Tel. 040 334455 oder 0171 1234567", {("phone", "+4940334455"), ("mobile", "+491711234567")}),
        ("C: +1 217 555 0199", {("mobile", "+12175550199")}),
        ("M 0171 1234567", {("mobile", "+491711234567")}),
        ("手机：138-0013-8000（微信同号） 中国", {("mobile", "+8613800138000"), ("wechat", "138-0013-8000")}),
        ("電話：(02) 2345-6789 分機 123 台灣", {("phone", "+886223456789;ext=123")}),
    ],
)  # fmt: skip
def test_numbers_are_cut_where_they_end(line: str, wanted: set[tuple[str, str]]) -> None:
    assert found(f"Ann Berg\n{line}\n", *ANN) - {("name", "Ann Berg")} == wanted


def test_a_spanish_number_needs_no_trunk_prefix() -> None:
    assert found("Ana Ruiz\n91 123 45 67\n", "Ana Ruiz", "ana@example.es") == {
        ("name", "Ana Ruiz"),
        ("phone", "+34911234567"),
    }


def test_a_colleague_who_is_quoted_or_signs_gives_nothing() -> None:
    text = "Bob Miller\nSales Manager\nTallowbridge Castings Ltd\nTel: +44 20 7946 0018\n"
    assert found(text, "Ann Whitfield", "ann@tallowbridge.co.uk") == set()
    assert found(f"{text}bob@tallowbridge.co.uk", "", "ann@tallowbridge.co.uk") == set()
    assert ("title", "Sales Manager") in found(text, "Bob Miller", "bob@tallowbridge.co.uk")
    assert ("title", "Sales Manager") in found(text, "", "bob@tallowbridge.co.uk")
    assert ("title", "Sales Manager") in found(text, "Sales Team", "info@tallowbridge.co.uk")
    assert found("王芳\n采购经理\n手机：13800138000", "张伟", "zhangwei@example.cn") == set()


def test_what_comes_below_quoted_mail_and_notices_is_not_read() -> None:
    below = "Fax: +44 20 7946 0019"
    for line in (
        "> On Monday",
        "From: Bob",
        "-----Original Message-----",
        "发件人：王芳",
        "Am Montag schrieb:",
        "This e-mail is confidential",
    ):
        assert found(f"Ann Whitfield\n{line}\n{below}", "Ann Whitfield", "ann@example.co.uk") == {
            ("name", "Ann Whitfield")
        }


def test_confidence_tells_labels_from_guesses() -> None:
    by_value = {
        f.shown: f.confidence for f in read_fields("Tel: +44 20 7946 0018\n+44 20 7946 0019", "", "a@example.com")
    }
    assert by_value["+442079460018"] > by_value["+442079460019"]


def test_national_numbers_need_a_country() -> None:
    assert found("Tel: 040 33445566", address="a@example.com") == set()
    assert found("Tel: 040 33445566", address="a@example.com", region="DE") == {("phone", "+494033445566")}
    assert found("Tel: 040 33445566\n20095 Hamburg, Germany", address="a@example.com") >= {("phone", "+494033445566")}


# --- whatever comes ----------------------------------------------------------------------------------------------

LINES = [line for sample in ALL[:200] for line in sample.text.split("\n")]
WILD = st.lists(
    st.sampled_from(LINES) | st.text(max_size=60) | st.text("TelFax:+-()/ |\t0123456789手机号：微信", max_size=80),
    max_size=30,
)


@given(
    WILD, st.sampled_from(["", "张伟", "Ann Whitfield"]), st.sampled_from(["", "a@b.de", "x@qq.com", "@", "no address"])
)
def test_every_value_stands_in_the_text(lines: list[str], name: str, address: str) -> None:
    text = "\n".join(lines)
    flat = "".join(text.split())
    for finding in read_fields(text, name, address):
        assert 0 < finding.confidence <= 1
        assert isinstance(finding.field, ContactField)
        for piece in finding.value.split(", "):
            assert "".join(piece.split()) in flat or not finding.value.isascii()


def test_much_text_takes_no_time() -> None:
    for piece in (
        "Tel: ",
        "1 ",
        "a.",
        "手机",
        "Tel/",
        "+",
        "(0)",
        "ann@",
        "http://a.",
        " | ",
        "A b ",
        "\t",
        "号",
        "\n",
    ):
        read_fields(piece * (2_000_000 // len(piece)), "Ann", "ann@example.com")


def test_people_of_the_samples_have_numbers_that_can_be_dialled() -> None:
    from mailcrm.model.phone import find_numbers

    for person in PEOPLE:
        for _, e164 in (person.phone, person.mobile, person.fax):
            assert [number.e164 for number in find_numbers(e164, "")] == [e164]
