"""How likely two names are one company's, in one spelling or two, with legal forms, places, numbers, in two scripts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.identity.companies.forms import Form, forms_differ, without_forms
from mailcrm.identity.companies.likeness import company_likeness

_LIKELY = 0.8
"""What company_likeness calls likely."""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Harbor Labs GmbH", "Harbor Labs Gesellschaft mit beschränkter Haftung"),
        ("Nordwind AG", "Nordwind Aktiengeselschaft"),
        ("OJSC Severny Veter", "Severny Veter Joynt Stock Company"),
        ("Lark Foods S.p.A.", "Lark Foods SpA"),
        ("Lark (UK) Foods Ltd", "Lark Foods Ltd (UK)"),
        ("Lewis & Clarke Ltd", "Lewis and Clarke Limited"),
        ("The Lark Trading Company", "Lark Trading"),
        ("Lark Technologies", "Lark Technology Inc."),
        ("Wesmore Holding", "Wesmore"),
        ("Good Lark Foods", "Goodlark Foods"),
        ("Mei Wah Trading", "Meiwa Trading"),
        ("V Kontakte", "VKontakte"),
        ("Wesmore Logistics", "Wesmire Logistics"),
        ("Schmidt Labour Union", "Schmitt Labor Union"),
        ("Baker's Yard", "The Yard of Bakers"),
        ("D'Arvelle Yard", "Yard of DArvelle"),
        ("Lark GmbH & Co. KG", "Lark"),
        ("IBM", "International Business Machines Corporation"),
        ("Fund Three LP", "Fund III LP"),
        ("3M", "3M Company"),
        ("Yoma d/b/a Lark Foods", "Lark Foods Inc"),
    ],
)
def test_one_company_in_two_spellings_is_likely_one(one: str, other: str) -> None:
    assert company_likeness(one, other) >= _LIKELY
    assert company_likeness(other, one) == company_likeness(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ООО Ромашка", "Romashka LLC"),
        ("Ромашка ПАО", "PJSC Romashka"),
        ("Εθνική Τράπεζα", "Ethniki Trapeza S.A."),
        ("华为技术有限公司", "Huawei Technologies Co., Ltd."),
        ("阿里巴巴集团控股有限公司", "Alibaba Group Holding Limited"),
        ("深圳恒达软件有限公司", "恒达软件"),
        ("中国银行", "Bank of China"),
        ("株式会社アクメ", "Akume KK"),
    ],
)
def test_one_company_in_two_scripts_is_likely_one(one: str, other: str) -> None:
    assert company_likeness(one, other) >= _LIKELY
    assert company_likeness(other, one) == company_likeness(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lark Trading", "Lark Holding"),
        ("Lark Foods", "Lark Tools"),
        ("General Motors", "General Electric"),
        ("Bank of China (Hong Kong) Limited", "Bank of China (Singapore) Limited"),
        ("Banco Lark S.A.", "Banco Lark Chile S.A."),
        ("Lark Wesmore Tools", "Lark Wesmore Tools Chile"),
        ("Lark Wesmore Elcombe Trading", "Lark Wesmore Elcombe Securities"),
        ("Lark Fund 3", "Lark Fund 4"),
        ("Lark Capital VII LP", "Lark Capital VIII LP"),
        ("BP plc", "BD plc"),
        ("Management Company", "Westmore Management Company"),
        ("北京银行", "上海银行"),
        ("Lark Foods", ""),
    ],
)
def test_two_companies_are_not_likely_one(one: str, other: str) -> None:
    assert company_likeness(one, other) < _LIKELY
    assert company_likeness(other, one) == company_likeness(one, other)


def test_another_legal_form_is_mild_evidence_against_and_the_same_is_none_for() -> None:
    assert company_likeness("Lark GmbH", "Lark Ltd") == company_likeness("Lark", "Lark") == 1.0
    assert _LIKELY < company_likeness("Lark GmbH", "Lark plc") < 1.0
    assert company_likeness("Lark GmbH", "Wesmore GmbH") == 0.0


def test_a_generic_word_more_says_less_than_a_name_more() -> None:
    generic, own = (company_likeness("Lark", name) for name in ("Lark Trading", "Lark Wesmore"))
    assert generic > own


def test_a_number_is_what_tells_the_funds_of_a_house_apart() -> None:
    assert company_likeness("Lark Fund 3", "Lark Fund 4") < company_likeness("Lark Fund 3", "Lark Fund III") == 1.0


def test_what_has_no_word_in_common_is_not_alike_at_all() -> None:
    assert [company_likeness(*pair) for pair in (("3M", "5M"), ("", ""), ("3M", "Lark 3M"), ("Lark", ""))] == [0.0] * 4


@pytest.mark.parametrize(
    ("name", "words", "forms"),
    [
        ("ooo lark", ("lark",), {Form.LIMITED}),
        ("lark gmbh and co kg", ("lark",), {Form.PARTNERSHIP}),
        ("lark corporation joint stock company", ("lark",), {Form.COMPANY, Form.SHARES}),
        ("limited liability company lark", ("lark",), {Form.LIMITED}),
        ("company limited", ("company",), {Form.LIMITED}),
        ("as lark", ("as", "lark"), set()),
    ],
)
def test_legal_forms_stand_at_the_ends(name: str, words: tuple[str, ...], forms: set[Form]) -> None:
    assert without_forms(tuple(name.split())) == (words, forms)


def test_what_says_only_that_it_is_a_company_differs_from_nothing() -> None:
    assert not forms_differ(frozenset({Form.COMPANY}), frozenset({Form.SHARES}))
    assert forms_differ(frozenset({Form.LIMITED}), frozenset({Form.SHARES}))


_NAMES = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from("Lark Larks Bank of Fund II 3 GmbH & Co. KG 恒达 银行 / (UK) ООО The".split()), max_size=6
    ).map(" ".join),
)


@given(_NAMES, _NAMES)
def test_any_two_names_have_a_likeness_the_same_in_either_order(one: str, other: str) -> None:
    likeness = company_likeness(one, other)
    assert 0.0 <= likeness <= 1.0
    assert likeness == pytest.approx(company_likeness(other, one))


def test_a_very_long_name_takes_no_time() -> None:
    company_likeness("Lark / " * 20_000, "Lark GmbH " * 20_000)
