"""The pages of public forms: every kind of question, what was typed, and that nothing typed becomes HTML."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest
from starlette.responses import Response

from mailcrm.config import Company
from mailcrm.model.form import FormField, FormSpec, Kind, Wording
from mailcrm.model.form_answers import Problem, Trouble
from mailcrm.web.form_pages import Sheet, form_page, note_page
from mailcrm.web.form_texts import FORM_TEXTS, told
from mailcrm.web.texts import Language

COMPANY = Company(name="Own Ltd")
OPTIONS = (Wording("Wholesale", "批发"), Wording("Retail", "零售"))
FIELDS = tuple(
    FormField(f"x.{kind}", kind, Wording(f"The {kind}", f"{kind} 项"), options=OPTIONS if "i" in kind else ())
    for kind in Kind
)
SPEC = FormSpec(
    "f", Wording("Ask", "询问"), FIELDS, newsletter=Wording("News", "通讯"), privacy_url="https://own.example/p"
)
SHEET = Sheet(SPEC, "en", "the-token", {}, {})


def html(response: Response) -> str:
    return bytes(response.body).decode()


@pytest.mark.parametrize("language", list(FORM_TEXTS))
def test_every_kind_of_question_has_a_label_in_the_language(language: Language) -> None:
    page = html(form_page(COMPANY, "host", replace(SHEET, language=language)))
    for field in FIELDS:
        assert field.label.in_(language) in page
        if field.kind is not Kind.MULTI:
            assert f'id="f-{field.key}" name="{field.key}"' in page or f'id="f-{field.key}"' in page
    labels = set(re.findall(r'for="([^"]+)"', page))
    assert labels <= set(re.findall(r'id="([^"]+)"', page))
    assert page.count("<fieldset") == page.count("<textarea") == 1


@pytest.mark.parametrize("kind", list(Kind))
def test_nothing_typed_becomes_html(kind: Kind) -> None:
    evil = "\"'><script>alert(1)</script></textarea>"
    page = html(
        form_page(COMPANY, "host", replace(SHEET, given={f"x.{kind}": [evil]}, notice=evil, token=evil, proof=evil))
    )
    assert "<script>alert" not in page
    assert page.count("</textarea>") == 1


def test_choices_stay_chosen_in_whatever_language_they_were_made() -> None:
    page = html(form_page(COMPANY, "host", replace(SHEET, given={"x.choice": ["零售"], "x.multi": ["Wholesale"]})))
    assert '<option value="Retail" selected>Retail</option>' in page
    assert re.findall(r'value="(\w+)" checked', page) == ["Wholesale"]


def test_a_problem_is_tied_to_its_field() -> None:
    page = html(form_page(COMPANY, "host", replace(SHEET, problems={"x.email": Problem(Trouble.EMAIL)}), 422))
    assert 'aria-describedby="p-x.email" aria-invalid="true"' in page
    assert '<a href="#f-x.email">The email</a>: ' in page
    assert "<title>Please check: Ask" in page
    assert 'role="alert"' in page
    assert 'role="alert"' not in html(form_page(COMPANY, "host", SHEET))


@pytest.mark.parametrize("language", list(FORM_TEXTS))
@pytest.mark.parametrize("trouble", list(Trouble))
def test_every_problem_has_words_and_names_its_bound(language: Language, trouble: Trouble) -> None:
    said = told(language, Problem(trouble, "§"))
    assert "{" not in said
    assert ("§" in said) == (trouble in (Trouble.LONG, Trouble.LEAST, Trouble.MOST, Trouble.PATTERN))


def test_the_script_and_the_style_are_the_ones_that_the_policy_allows() -> None:
    response = form_page(COMPANY, "host", SHEET)
    policy, page = response.headers["content-security-policy"], html(response)
    for tag in ("script", "style"):
        [inner] = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert re.findall(r'(?:src|href)="(?!#|data:|\?)([^"]+)"', page) == ["https://own.example/p"]


def test_a_page_without_a_form_runs_nothing() -> None:
    framed = replace(SPEC, origins=("https://a.example",), redirect_url="https://b.example/x")
    policy = note_page(COMPANY, "host", "en", "T", "x", 200, framed).headers["content-security-policy"]
    assert "script-src" not in policy
    assert "b.example" not in policy
    assert "frame-ancestors https://a.example" in policy


def test_the_other_language_is_offered_where_there_is_one_and_nothing_was_typed() -> None:
    assert 'href="?lang=zh-CN"' in html(form_page(COMPANY, "host", SHEET))
    for sheet in (
        replace(SHEET, spec=replace(SPEC, language="en")),
        replace(SHEET, spec=replace(SPEC, title=Wording("Ask"))),
        replace(SHEET, given={"x.text": ["a"]}),
    ):
        assert "?lang=" not in html(form_page(COMPANY, "host", sheet))
