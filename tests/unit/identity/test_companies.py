"""Names of companies and their domains."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.identity.companies.key import company_key
from mailcrm.identity.domains import organisation_domain, provider_meant


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme Tools Ltd.", "ACME TOOLS"),
        ("Acme Tools GmbH & Co. KG", "Acme Tools"),
        ("Harbor Labs, Incorporated", "Harbor Labs Inc"),
        ("Nowak Sp. z o.o.", "Nowak"),
        ("Müller S.p.A.", "Muller SpA"),
        ("深圳恒达软件有限公司", "恒达软件"),
        ("广州市立信传媒（集团）有限责任公司", "立信传媒"),
        ("成都瑞丰传媒有限责任公司", "Ruifengchuanmei Co., Ltd"),
        ("上海新宇食品股份有限公司北京分公司", "新宇食品股份有限公司北京分公司"),
    ],
)
def test_one_company_in_two_spellings(one: str, other: str) -> None:
    assert company_key(one) == company_key(other) != ""


def test_two_companies_stay_two() -> None:
    assert (
        len(
            {company_key(name) for name in ("Acme Tools Ltd", "Acme Foods Ltd", "恒达软件", "恒达食品", "北京有限公司")}
        )
        == 5
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [("北京银行", "上海银行"), ("北京科技大学", "武汉科技大学"), ("海南航空", "四川航空"), ("中国移动", "香港移动")],
)
def test_the_place_tells_apart_what_is_called_by_it(one: str, other: str) -> None:
    assert company_key(one) != company_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Østergård A/S", "Ostergard"),
        ("ООО Ромашка", "Ромашка"),
        ("株式会社アクメ", "アクメ株式会社"),
        ("Acme FZE", "Acme"),
    ],
)
def test_legal_forms_of_other_countries(one: str, other: str) -> None:
    assert company_key(one) == company_key(other)


def test_only_the_start_of_a_very_long_name_is_read() -> None:
    assert len(company_key("北京" + "有限公司" * 20_000 + "x")) < 5_000


@given(st.text(max_size=60))
def test_any_name_has_a_key(name: str) -> None:
    assert company_key(name) == company_key(name).strip()


def test_the_domain_of_an_organisation() -> None:
    assert organisation_domain("mail.acme.co.uk") == "acme.co.uk"
    assert organisation_domain("acme.com.cn") == "acme.com.cn"
    assert [organisation_domain(each) for each in ("gmail.com", "vip.163.com", "localhost", "")] == ["", "", "", ""]


def test_a_provider_that_was_mistyped() -> None:
    assert [provider_meant(each) for each in ("gmail.con", "gmial.com", "outlok.com", "hotmial.com")] == [
        "gmail.com", "gmail.com", "outlook.com", "hotmail.com",
    ]  # fmt: skip
    assert [provider_meant(each) for each in ("gmail.com", "mail.com", "acme.com", "126.com", "263.com")] == [""] * 5


@pytest.mark.parametrize("nothing", ["N/A", "none", "-", "Self-employed", "无", "个人", ""])
def test_what_people_write_for_no_company_is_none(nothing: str) -> None:
    assert company_key(nothing) == ""
