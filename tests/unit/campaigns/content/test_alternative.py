"""The plain-text alternative: braces intact, order intact, links readable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.campaigns.content import templates
from mailcrm.campaigns.content.alternative import plain_text, text_template, tidy
from mailcrm.campaigns.content.templates import compile_template, parse_template, render

VALUES = dict.fromkeys(templates.KNOWN_VARIABLES, "?") | {
    "name": "Tom <T>",
    "language": "en",
    "email": "tom@buyer.example",
    "unsubscribe_url": "https://mail.example.com/u/abc?x=1&y=2",
}


def text(html: str, **values: str) -> str:
    compiled = compile_template(parse_template(f"Subject: x\n\n{html}", "a.html"))
    assert compiled.text is not None, "the text was not made in advance"
    return render(compiled, VALUES | values).text


def template(html: str) -> str:
    return text_template(templates._HTML.lex(html))  # the tokens that compile_template hands over


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Dear {{ name }},</p><p>bye</p>", "Dear {{ name }},\n\nbye\n"),
        ("<p>{{ name|default('a  \"b\"') }}</p>", "{{ name|default('a  \"b\"') }}\n"),
        ("<p>{{ '<b>' if 1 < 2 else '</p>' }}</p>", "{{ '<b>' if 1 < 2 else '</p>' }}\n"),
        ("<p>{%- if name -%} a {%- endif -%}</p>", "{%- if name -%} a{%- endif -%}\n"),
        ("<p>a{# a comment <p>#}b</p>", "ab\n"),
    ],
)
def test_what_belongs_to_the_template_language_stays_whole(html: str, expected: str) -> None:
    assert template(html) == expected


def test_conditions_work_inside_sentences_and_around_paragraphs() -> None:
    html = (
        "<p>Dear {% if language == 'zh' %}客户{% else %}customer{% endif %}!</p>"
        "{% if language == 'zh' %}<p>您好</p>{% endif %}<p>Bye</p>"
    )
    assert text(html) == "Dear customer!\n\nBye\n"
    assert text(html, language="zh") == "Dear 客户!\n\n您好\n\nBye\n"


def test_conditions_and_quotes_work_inside_an_address() -> None:
    html = (
        """<a href="{% if language == "zh" %}https://zh.example/?m={{ email|replace("@", "%40") }}&amp;x=1"""
        """{% else %}https://en.example{% endif %}">Shop</a>"""
    )
    assert text(html) == "Shop (https://en.example)\n"
    assert text(html, language="zh") == "Shop (https://zh.example/?m=tom%40buyer.example&x=1)\n"


def test_rows_repeat_where_they_stand() -> None:
    row = "{% for n in range(2) %}<tr><td>Row</td><td>{{ n }}</td></tr>{% endfor %}"
    html = f"<p>Before</p><table>{row}</table><p>After</p>"
    lines = [line.replace("\t", " ").split() for line in text(html).splitlines() if line.strip()]
    assert lines == [["Before"], ["Row", "0"], ["Row", "1"], ["After"]]


@pytest.mark.parametrize(("tag", "mark"), [("ul", "•"), ("ol", "1.")])
def test_list_items_repeat_without_stray_bullets(tag: str, mark: str) -> None:
    html = f"<{tag}>\n{{% for n in range(2) %}}\n<li>item {{{{ n }}}}</li>\n{{% endfor %}}\n</{tag}>"
    assert [line.strip() for line in text(html).splitlines()] == [f"{mark} item 0", f"{mark} item 1"]


def test_values_are_not_escaped() -> None:
    assert text("<p>{{ name }} &amp; co</p>") == "Tom <T> & co\n"


def test_braces_that_are_text_stay_text() -> None:
    assert (
        text("<p>{% raw %}{{ name }} {% x %} {# y #}{% endraw %} &#123;{ name }}</p>")
        == "{{ name }} {% x %} {# y #} {{ name }}\n"
    )


def test_links_show_where_they_lead_unless_that_is_what_they_say() -> None:
    html = (
        "<p><a href='{{ unsubscribe_url }}'>Unsubscribe</a> <a href='#top'>Top</a> <a name='x'>here</a> "
        "<a href='https://a.example'>https://a.example</a> <a href='mailto:{{ email }}'>{{ email }}</a> "
        "<a href='tel:+491'>+491</a></p>"
    )
    assert text(html) == (
        "Unsubscribe (https://mail.example.com/u/abc?x=1&y=2) Top here https://a.example tom@buyer.example +491\n"
    )


def test_only_what_is_seen_is_text() -> None:
    html = (
        "<html><head><title>{{ name }}</title><style>p { color: {{ '#fff' }} }</style></head><body>"
        "<!--[if mso]>{% if language == 'en' %}<table><tr><td>{% endif %}<![endif]--><p>Hi</p>"
        "<img src='x' alt='Logo {{ name }}'>"
        "<p {% if language == 'en' %}class='a'{% endif %} title='a > b'>Bye</p><script>x()</script></body></html>"
    )
    assert text(html).split("\n\n") == ["Hi", "Logo Tom <T>", "Bye\n"]


@pytest.mark.parametrize(
    "frame", ["{}", "<html><head><title>x</title></head>{}</html>", "<!DOCTYPE html><html><body>{}</body></html>"]
)
def test_conditions_around_everything_hold(frame: str) -> None:
    part = "{% if language == 'en' %}<p>Hello</p>{% else %}<p>您好</p>{% endif %}"
    assert (text(frame.format(part)), text(frame.format(part), language="zh")) == ("Hello\n", "您好\n")
    whole = "{% if language == 'en' %}" + frame.format("<p>Hello</p>") + "{% endif %}"
    assert (text(whole), text(whole, language="zh")) == ("Hello\n", "\n")


def test_plain_text_of_rendered_html() -> None:
    assert plain_text("<p>a</p><ul><li>b</li></ul><p><a href='https://x.example'>c</a></p>") == (
        "a\n\n  • b\n\nc (https://x.example)\n"
    )


@pytest.mark.parametrize("html", ["", "   ", "<html></html>", "<frameset></frameset>"])
def test_html_without_anything_to_see(html: str) -> None:
    assert plain_text(html) == "\n"


def test_tidy_leaves_one_empty_line() -> None:
    assert tidy("\n\n a \n \n\t\n\nb\n\nc\n\n") == " a\n\nb\n\nc\n"


# --- whatever the template, the text made in advance says what the finished HTML says -------------------------------

words = st.sampled_from(
    [
        "Hello",
        "{{ name }}",
        "{{ email|upper }}",
        "a &amp; b",
        "您好",
        "<br>",
        "<b>bold</b>",
        "{{ '<i>' }}",
        "{# note #}",
    ]
)
sentences = st.lists(words, min_size=1, max_size=4).map(" ".join)


def _around(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, min_size=1, max_size=3).map("".join)
    return st.one_of(
        several.map(lambda html: f"<div>{html}</div>"),
        several.map(lambda html: f"{{% if language == 'en' %}}{html}{{% endif %}}"),
        st.tuples(several, inner).map(
            lambda two: f"{{% if language == 'zh' %}}{two[0]}{{% else %}}{two[1]}{{% endif %}}"
        ),
        sentences.map(lambda line: f"<ul>{{% for n in range(2) %}}<li>{line} {{{{ n }}}}</li>{{% endfor %}}</ul>"),
        sentences.map(
            lambda line: (
                f"<table>{{% for n in range(2) %}}<tr><td>{line}</td></tr>\n{{% endfor %}}<tr><td>x</td></tr></table>"
            )
        ),
        sentences.map(lambda line: f"<a href='https://a.example/?m={{{{ email }}}}'>{line}</a>"),
    )


templates_of_all_kinds = st.recursive(sentences.map(lambda line: f"<p>{line}</p>"), _around, max_leaves=6)


@given(templates_of_all_kinds)
def test_text_made_in_advance_says_what_the_html_says(html: str) -> None:
    compiled = compile_template(parse_template(f"Subject: x\n\n{html}", "a.html"))
    rendered = render(compiled, VALUES)
    assert rendered.html is not None
    assert compiled.text is not None
    assert rendered.text.split() == plain_text(rendered.html).split()
