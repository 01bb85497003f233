"""Forms as their authors write them: what is understood, and that every mistake is named by its place."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.errors import UserError
from mailcrm.model.form import (
    FormField,
    Kind,
    Wording,
    fields_text,
    fits,
    read_fields,
    read_texts,
    texts_text,
)
from mailcrm.model.form_file import origin_of, parse_form

READY = Path(__file__).parents[3] / "config" / "forms" / "contact.toml"
EMAIL = '[[fields]]\nkey = "email"\ntype = "email"\nlabel = "E-mail"\nrequired = true\n'
HEAD = 'key = "f"\ntitle = "F"\n'


def problems(text: str) -> str:
    with pytest.raises(UserError) as caught:
        parse_form(text)
    return str(caught.value)


def test_the_ready_form_is_read_in_both_languages() -> None:
    spec = parse_form(READY.read_text("utf-8"))
    assert [field.key for field in spec.fields] == ["name", "email", "company", "phone", "industry", "message"]
    assert (spec.title.in_("en"), spec.title.in_("zh-CN")) == ("Contact us", "联系我们")
    assert (spec.purpose, spec.text_version, spec.region) == ("newsletter", "2026-11", "CN")
    industry = spec.field("industry")
    assert industry is not None
    assert industry.values == ("Wholesale", "Retail", "Manufacturing", "Other")
    assert all(field.label.en and field.label.zh for field in spec.fields)


def test_what_is_kept_of_a_form_is_the_same_form() -> None:
    spec = parse_form(READY.read_text("utf-8"))
    assert read_fields(fields_text(spec)) == spec.fields
    assert read_texts(texts_text(spec))["thanks"] == spec.thanks


wordings = st.builds(Wording, st.text(max_size=5), st.text(max_size=5))
fields = st.builds(
    FormField, st.text(min_size=1, max_size=5), st.sampled_from(Kind), wordings, wordings, st.booleans(), st.integers(1, 500),
    st.none() | st.integers(-5, 5), st.none() | st.integers(-5, 5), st.lists(wordings, max_size=3).map(tuple),
    st.text(max_size=5),
)  # fmt: skip


@given(st.lists(fields, max_size=3).map(tuple))
def test_every_question_survives_its_text(those: tuple[FormField, ...]) -> None:
    spec = parse_form(HEAD + EMAIL)
    kept = type(spec)(spec.key, spec.title, those)
    assert read_fields(fields_text(kept)) == those


def test_a_text_in_one_language_is_shown_in_both() -> None:
    assert Wording(zh="姓名").in_("en") == "姓名"
    assert Wording(en="Name").in_("zh-CN") == "Name"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key = x\n", "this is no TOML: .*line 1"),
        ('key = "F f"\ntitle = "F"\n' + EMAIL, "key: 'F f': small letters"),
        ('key = "f"\n' + EMAIL, r"title \(or title_zh\) is missing"),
        (HEAD, r"begin each with \[\[fields\]\]"),
        (HEAD + '[[fields]]\nkey = "name"\nlabel = "N"\n', 'one question has key = "email"'),
        (HEAD + EMAIL.replace("required = true", ""), 'one question has key = "email"'),
        (HEAD + EMAIL + EMAIL, "email is asked twice"),
        (HEAD + "colour = 1\n" + EMAIL, "no setting 'colour'"),
        (HEAD + EMAIL + '[[fields]]\nkey = "shoe"\nlabel = "S"\n', r"question 2 \(line 8\): no field 'shoe'"),
        (HEAD + EMAIL + '[[fields]]\nkey = "city"\n', r"question 2 \(line 8\): label \(or label_zh\) is missing"),
        (HEAD + EMAIL + '[[fields]]\nkey = "city"\nlabel = "C"\ntype = "file"\n', "no type 'file'"),
        (HEAD + EMAIL + '[[fields]]\nkey = "city"\nlabel = "C"\ntype = "choice"\n', "which need some"),
        (HEAD + EMAIL + '[[fields]]\nkey = "city"\nlabel = "C"\noptions = ["a"]\n', "options are for choice"),
        (HEAD + EMAIL + '[[fields]]\nkey = "city"\nlabel = "C"\ntype = "choice"\noptions = ["a", "a"]\n', "once"),
        (
            HEAD + EMAIL + '[[fields]]\nkey = "city"\nlabel = "C"\ntype = "multi"\noptions = ["a"]\noptions_zh = ["b", "c"]\n',
            "1 options, but 2 options_zh",
        ),
        (HEAD + EMAIL + '[[fields]]\nkey = "tax_id"\nlabel = "T"\npattern = "(a+)+$"\n', "no regular expression"),
        (HEAD + EMAIL + f'[[fields]]\nkey = "tax_id"\nlabel = "T"\npattern = "{"9" * 61}"\n', "at most 60"),
        (HEAD + EMAIL + '[[fields]]\nkey = "x.n"\nlabel = "N"\ntype = "number"\nmin = 5\nmax = 1\n', "min 5 is above max 1"),
        (HEAD + EMAIL + '[[fields]]\nkey = "city"\nlabel = "C"\nmin = 5\n', "min and max are for numbers"),
        (HEAD + EMAIL + '[[fields]]\nkey = "city"\nlabel = "C"\nlength = 9000\n', "length is from 1 to 500"),
        (HEAD + 'redirect_url = "javascript:alert(1)"\n' + EMAIL, "redirect_url: .*https://"),
        (HEAD + 'origins = ["https://a.example/x"]\n' + EMAIL, "origins: 'https://a.example/x'"),
        (HEAD + 'origins = ["https://a.example; script-src *"]\n' + EMAIL, "origins: "),
        (HEAD + 'language = "fr"\n' + EMAIL, "language: 'fr'"),
        (HEAD + 'region = "China"\n' + EMAIL, "region: 'CHINA': two letters"),
        (HEAD + EMAIL + '[newsletter]\nlabel = "Yes"\n', "newsletter: purpose is missing"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(text: str, expected: str) -> None:
    assert re.search(expected, problems(text)), problems(text)


def test_all_mistakes_are_named_at_once() -> None:
    found = problems('title = "F"\nlanguage = "fr"\n' + EMAIL + '[[fields]]\nkey = "shoe"\n')
    assert [found.count(each) for each in ("key is missing", "language: ", "'shoe'", "label (or")] == [1, 1, 1, 1]


@given(st.text(max_size=300))
def test_no_text_is_anything_but_a_form_or_an_error_of_its_author(text: str) -> None:
    with suppress(UserError):
        parse_form(text)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("9999-AA", "2026-ab", True),
        ("9999-AA", "2026-a1", False),
        ("9999-AA", "2026-ab ", False),
        ("***", "a1B", True),
        ("***", "a-B", False),
        ("999", "１２３", False),
        ("AAA", "äbc", False),
    ],
)
def test_a_pattern_says_what_each_character_is(pattern: str, text: str, expected: bool) -> None:
    assert fits(pattern, text) is expected


def test_the_site_of_an_address_is_its_scheme_and_host() -> None:
    assert origin_of("https://a.example/x?y") == "https://a.example"
    assert origin_of("") == ""
