"""Public forms as pages: each question with what was typed and what is wrong with it, and what is said when it is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import HTMLResponse

from mailcrm.config import Company
from mailcrm.model.form import NEWSLETTER, PROOF_BITS, FormField, FormSpec, Kind
from mailcrm.model.form_answers import Given, Problem
from mailcrm.model.form_file import origin_of
from mailcrm.web.form_posts import HONEYPOT, first
from mailcrm.web.form_texts import FORM_TEXTS, told
from mailcrm.web.pages import page, policy, script
from mailcrm.web.texts import Language

_TYPES = {Kind.EMAIL: "email", Kind.PHONE: "tel", Kind.DATE: "date"}
_COMPLETED = {
    "name": "name", "email": "email", "company": "organization", "phone": "tel", "mobile": "tel", "url": "url",
    "title": "organization-title", "country": "country-name", "city": "address-level2", "address": "street-address",
}  # fmt: skip
"""What a browser may fill in by itself (HTML, autofill field names): the fewer keys, the fewer mistakes."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form on its way to a visitor: its token, and after a POST what was typed, what is wrong and what to say above it."""

    spec: FormSpec
    language: Language
    token: str
    given: Given
    problems: Mapping[str, Problem]
    notice: str = ""
    proof: str = ""


def form_page(company: Company, host: str, sheet: Sheet, status: int = 200) -> HTMLResponse:
    """The page of a form, by itself or in a frame of a site that it names."""
    spec, language = sheet.spec, sheet.language
    texts = FORM_TEXTS[language]
    heading = spec.title.in_(language)
    fields = [_field(each, sheet) for each in spec.fields]
    values = {
        "title": f"{texts.problem_title}{texts.colon}{heading}" if sheet.problems else heading, "heading": heading,
        "lead": "" if sheet.problems or sheet.notice else spec.lead.in_(language),
        "notice": sheet.notice, "problems": [each for each in fields if each["problem"]], "fields": fields,
        "texts": texts, "token": sheet.token, "proof": sheet.proof, "bits": PROOF_BITS, "script": script(),
        "honeypot": HONEYPOT, "trap": first(sheet.given, HONEYPOT), "newsletter": spec.newsletter.in_(language),
        "newsletter_name": NEWSLETTER, "wanted": bool(first(sheet.given, NEWSLETTER)),
        "button": spec.button.in_(language) or texts.send, "privacy": spec.privacy.in_(language),
        "privacy_url": spec.privacy_url, "other": _other(spec, language) if not sheet.given else "",
    }  # fmt: skip
    return page("form.html", language, company, company.name or host, values, status, _headers(spec, asks=True))


def note_page(
    company: Company, host: str, language: Language, title: str, text: str, status: int, spec: FormSpec | None = None
) -> HTMLResponse:
    """A page that only says something; of a form, it may stand in the same frames."""
    values = {"title": title, "paragraphs": text.split("\n\n")}
    headers = _headers(spec) if spec else None
    return page("message.html", language, company, company.name or host, values, status, headers)


def _headers(spec: FormSpec, *, asks: bool = False) -> dict[str, str]:
    return {
        "Content-Security-Policy": policy(
            scripts=asks, leads_to=origin_of(spec.redirect_url) if asks else "", framed_by=spec.origins
        )
    }


def _other(spec: FormSpec, language: Language) -> str:
    """The other language, where there is one."""
    if spec.language or not (spec.title.en and spec.title.zh):
        return ""
    return "en" if language == "zh-CN" else "zh-CN"


def _field(field: FormField, sheet: Sheet) -> dict[str, Any]:
    language, typed = sheet.language, sheet.given.get(field.key, ())
    problem = sheet.problems.get(field.key)
    help_text = field.help.in_(language)
    described = [f"h-{field.key}"] * bool(help_text) + [f"p-{field.key}"] * bool(problem)
    return {
        "key": field.key, "kind": field.kind.value, "label": field.label.in_(language), "help": help_text,
        "problem": told(language, problem) if problem else "", "described": " ".join(described),
        "required": field.required, "length": field.length, "value": typed[0] if typed else "",
        "type": _TYPES.get(field.kind, "text"), "inputmode": "decimal" if field.kind is Kind.NUMBER else "",
        "autocomplete": _COMPLETED.get(field.key, ""),
        "options": [
            (option.in_("en"), option.in_(language), bool({option.en, option.zh} - {""} & set(typed)))
            for option in field.options
        ],
    }  # fmt: skip


def described_form(sheet: Sheet) -> dict[str, Any]:
    """The form as JSON, for a site that draws it by itself."""
    spec, language = sheet.spec, sheet.language
    return {
        "key": spec.key, "language": language, "title": spec.title.in_(language), "lead": spec.lead.in_(language),
        "token": sheet.token, "proof_bits": PROOF_BITS, "newsletter": spec.newsletter.in_(language),
        "fields": [
            {
                "key": each.key, "type": each.kind.value, "label": each.label.in_(language),
                "help": each.help.in_(language), "required": each.required, "length": each.length,
                "options": [{"value": one.in_("en"), "label": one.in_(language)} for one in each.options],
            }
            for each in spec.fields
        ],
    }  # fmt: skip
