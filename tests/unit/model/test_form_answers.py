"""What visitors type: what is kept of it, and what is said at the field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.model.form import NEWSLETTER, FormField, FormSpec, Kind, Wording
from mailcrm.model.form_answers import Answers, Problem, Trouble, read_answers

LABEL = Wording("L", "标")
OPTIONS = (Wording("Wholesale", "批发"), Wording("Retail", "零售"), Wording("", "其他"))


def asked(kind: Kind, text: str | list[str], **rules: object) -> str | Problem:
    """The value of one answer, or its problem."""
    field = FormField("city", kind, LABEL, **rules)  # type: ignore[arg-type]
    spec = FormSpec("f", LABEL, (field,), region="CN")
    found = read_answers(spec, {"city": [text] if isinstance(text, str) else text})
    return found.problems.get("city") or found.values.get("city", "")


@pytest.mark.parametrize(
    ("kind", "typed", "expected"),
    [
        (Kind.TEXT, "  Ulm\t an  der Donau ", "Ulm an der Donau"),
        (Kind.TEXT, "a\r\nBcc: x@y", "a Bcc: x@y"),
        (Kind.TEXT, "\x1b[31mred\x00", "[31mred"),
        (Kind.TEXT, "   ", ""),
        (Kind.LONG_TEXT, " one\r\n\r\ntwo\x07  \n\n\n\n\n\nthree ", "one\n\ntwo\n\n\nthree"),
        (Kind.EMAIL, " Anna@Example.COM ", "Anna@example.com"),
        (Kind.EMAIL, "anna＠example.com", "anna@example.com"),
        (Kind.EMAIL, "anna@", Problem(Trouble.EMAIL)),
        (Kind.EMAIL, "a@b.example, c@d.example", Problem(Trouble.EMAIL)),
        (Kind.EMAIL, "a@b.example\nBcc: c@d.example", Problem(Trouble.EMAIL)),
        (Kind.PHONE, "0755-8888 1234", "+8675588881234"),
        (Kind.PHONE, "+49 (89) 1234567", "+49891234567"),
        (Kind.PHONE, "12345678901234", "12345678901234"),
        (Kind.PHONE, "call me", Problem(Trouble.PHONE)),
        (Kind.PHONE, "+", Problem(Trouble.PHONE)),
        (Kind.NUMBER, "１,250.50", "1250.5"),
        (Kind.NUMBER, "-0", "0"),
        (Kind.NUMBER, "NaN", Problem(Trouble.NUMBER)),
        (Kind.NUMBER, "1e400", Problem(Trouble.NUMBER)),
        (Kind.NUMBER, "ten", Problem(Trouble.NUMBER)),
        (Kind.DATE, "2026-3-5", "2026-03-05"),
        (Kind.DATE, "2026年3月5日", "2026-03-05"),
        (Kind.DATE, "2026-02-30", Problem(Trouble.DATE)),
        (Kind.DATE, "5.3.2026", Problem(Trouble.DATE)),
        (Kind.CHECKBOX, "on", "yes"),
        (Kind.CHECKBOX, "no", ""),
    ],
)
def test_an_answer_is_kept_as_its_kind_is_written(kind: Kind, typed: str, expected: str | Problem) -> None:
    assert asked(kind, typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("Retail", "Retail"), ("零售", "Retail"), ("其他", "其他"), ("retail!", Problem(Trouble.CHOICE)), ("", "")],
)
def test_a_choice_is_kept_in_one_language(typed: str, expected: str | Problem) -> None:
    assert asked(Kind.CHOICE, typed, options=OPTIONS) == expected


def test_several_choices_stand_in_the_order_of_the_form() -> None:
    assert asked(Kind.MULTI, ["零售", "Wholesale", "Retail"], options=OPTIONS) == "Wholesale\nRetail"
    assert asked(Kind.MULTI, ["零售", "x"], options=OPTIONS) == Problem(Trouble.CHOICE)
    assert asked(Kind.MULTI, [], options=OPTIONS, required=True) == Problem(Trouble.MISSING)


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_required_may_not_be_empty(kind: Kind) -> None:
    for given_ in ("", "  ", []):
        assert asked(kind, given_, options=OPTIONS, required=True) == Problem(Trouble.MISSING)


def test_bounds_and_patterns_are_kept() -> None:
    assert asked(Kind.TEXT, "abcd", length=3) == Problem(Trouble.LONG, "3")
    assert asked(Kind.TEXT, "a" * 10_000, length=3) == Problem(Trouble.LONG, "3")
    assert asked(Kind.NUMBER, "4", least=5) == Problem(Trouble.LEAST, "5")
    assert asked(Kind.NUMBER, "6", most=5) == Problem(Trouble.MOST, "5")
    assert asked(Kind.TEXT, "12", pattern="999") == Problem(Trouble.PATTERN, "999")


def test_what_the_form_does_not_ask_for_is_left_out() -> None:
    spec = FormSpec("f", LABEL, (FormField("city", Kind.TEXT, LABEL),))
    assert read_answers(spec, {"owner": ["me"], "city": ["Ulm"]}) == Answers({"city": "Ulm"}, {})


def test_the_newsletter_is_asked_for_only_where_the_form_offers_it() -> None:
    field = FormField("city", Kind.TEXT, LABEL)
    assert not read_answers(FormSpec("f", LABEL, (field,)), {NEWSLETTER: ["yes"]}).newsletter
    offers = FormSpec("f", LABEL, (field,), newsletter=LABEL, purpose="news")
    assert read_answers(offers, {NEWSLETTER: ["yes"]}).newsletter
    assert not read_answers(offers, {NEWSLETTER: [""]}).newsletter


@given(st.sampled_from(Kind), st.lists(st.text(max_size=60), max_size=3))
def test_any_text_is_a_value_or_a_problem_and_can_be_stored(kind: Kind, typed: list[str]) -> None:
    found = asked(kind, typed, options=OPTIONS)
    if isinstance(found, str):
        assert "\0" not in found
        found.encode()
