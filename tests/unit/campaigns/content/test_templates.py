"""Templates: what is rendered, what is refused, and how clearly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.campaigns.content import templates
from mailcrm.campaigns.content.templates import (
    KNOWN_VARIABLES,
    Rendered,
    compile_template,
    parse_template,
    render,
    variables,
)
from mailcrm.errors import TemplateError

VALUES = {
    "name": "Tom Sawyer",
    "given_name": "Tom",
    "family_name": "Sawyer",
    "salutation": "Mr",
    "language": "en",
    "number": "C-1007",
    "email": "tom@buyer.example",
    "company": "Shop & Co",
    "postal_address": "1 Main Street",
    "from_name": "Sales",
    "unsubscribe_url": "https://mail.example.com/u/abc?x=1&y=2",
    "campaign": "Spring",
    "today": "2026-01-02",
}


def made(source: str, file: str = "news.html", **values: str) -> Rendered:
    return render(compile_template(parse_template(source, file)), VALUES | values)


def html(body: str, **values: str) -> str:
    rendered = made(f"Subject: x\n\n{body}", **values)
    assert rendered.html is not None
    return rendered.html


def text(body: str, **values: str) -> str:
    return made(f"Subject: x\n\n{body}", "news.txt", **values).text


def refused(source: str, file: str = "news.html", **values: str) -> str:
    with pytest.raises(TemplateError) as caught:
        made(source, file, **values)
    return str(caught.value)


# --- rendering ---------------------------------------------------------------------------------------------------


def test_values_are_the_known_variables() -> None:
    assert frozenset(VALUES) == KNOWN_VARIABLES


def test_plain_template_has_no_html() -> None:
    rendered = made("Subject: For {{ name }}\n\nDear {{ name }},\nyours, {{ company }}\n", "a.txt")
    assert rendered == Rendered("For Tom Sawyer", "Dear Tom Sawyer,\nyours, Shop & Co\n", None)


def test_only_html_is_escaped() -> None:
    rendered = made("Subject: {{ name }}\n\n<p title='{{ name }}'>{{ name }}</p>", name="<b>\"T\" & 'S'</b>")
    assert rendered.subject == "<b>\"T\" & 'S'</b>"
    assert rendered.text == "<b>\"T\" & 'S'</b>\n"
    escaped = "&lt;b&gt;&#34;T&#34; &amp; &#39;S&#39;&lt;/b&gt;"
    assert rendered.html == f"<p title='{escaped}'>{escaped}</p>"


def test_subject_is_one_line() -> None:
    assert made("Subject: {{ company }}\n\nx", company="A\r\nBcc: all@x.example").subject == "A Bcc: all@x.example"


def test_preheader_is_hidden_in_html_and_absent_from_text() -> None:
    rendered = made("Subject: x\nPreheader: Soon, {{ name }}\n\n<html><body class='a'><p>Hi</p></body></html>")
    assert rendered.html is not None
    assert (
        "<body class='a'><div style=\"display:none;max-height:0;overflow:hidden\">Soon, Tom Sawyer</div><p>"
        in rendered.html
    )
    assert rendered.text == "Hi\n"


def test_preheader_without_body_tag_comes_first() -> None:
    assert (made("Subject: x\nPreheader: Soon\n\n<p>Hi</p>").html or "").startswith("<div style=")


def test_lines_of_statements_alone_leave_no_trace_in_text() -> None:
    body = "Hi\n{% if language == 'zh' %}\n您好\n{% else %}\nHello\n  {% endif %}\nBye {% if name %}x{% endif %}\nEnd\n"
    assert text(body) == "Hi\nHello\nBye x\nEnd\n"
    assert text(body, language="zh") == "Hi\n您好\nBye x\nEnd\n"


def test_variables_of_all_parts_are_named() -> None:
    source = "Subject: {{ name }}\nPreheader: {{ today }}\n\n<p>{% set x = number %}{{ x }}{{ range(2) }}</p>"
    assert variables(compile_template(parse_template(source, "a.html"))) == {"name", "today", "number"}


def test_further_variables_can_be_known() -> None:
    source = parse_template("Subject: x\n\n{{ crop }}", "a.txt")
    assert render(compile_template(source, known={"crop"}), {"crop": "Wheat"}).text == "Wheat\n"


def test_filters_and_loops_work() -> None:
    assert (
        text("{{ name|upper }} {{ '%.2f'|format(1.5) }} {{ '%s' % name }} {{ 2 * 3 }}")
        == "TOM SAWYER 1.50 Tom Sawyer 6\n"
    )
    assert text("{% for n in range(3) %}{{ n }},{% endfor %}") == "0,1,2,\n"
    assert text("{{ salutation|default('Dear') }}") == "Mr\n"


@given(st.dictionaries(st.sampled_from(sorted(KNOWN_VARIABLES)), st.text(max_size=50).map("-".__add__)))
def test_no_value_is_ever_run_as_template(values: dict[str, str]) -> None:
    body = "".join(f"[{{{{ {name} }}}}]" for name in sorted(KNOWN_VARIABLES))
    all_values = VALUES | values | {"name": "{{ 7 * 7 }}{% raw %}"}
    rendered = render(compile_template(parse_template(f"Subject: x\n\n{body}", "a.html")), all_values)
    assert "{{ 7 * 7 }}{% raw %}" in (rendered.html or "")


# --- what is wrong, and where ------------------------------------------------------------------------------------


def test_unknown_variable_is_named_with_its_line_and_its_neighbour() -> None:
    message = refused("Subject: x\n\n<p>\n{{ nmae }}</p>", "newsletter.html")
    assert message.startswith(
        "unknown variable 'nmae' in newsletter.html line 4; did you mean 'name'? known: campaign, "
    )


def test_unknown_variable_without_neighbour() -> None:
    assert refused("Subject: {{ zzz }}\n\nx").startswith(
        "unknown variable 'zzz' in news.html line 1; known: campaign, "
    )


def test_all_unknown_variables_are_reported_at_once() -> None:
    message = refused("Subject: {{ a_1 }}\nPreheader: {{ b_2 }}\n\n{{ emial }}\n{{ a_1 }}\n{{ emial }}\n{{ qqq }}")
    assert message.splitlines()[0].startswith("news.html: 5 unknown variables; known: campaign")
    assert [line.split(";")[0] for line in message.splitlines()[1:]] == [
        "  - unknown variable 'a_1' in news.html line 1",
        "  - unknown variable 'b_2' in news.html line 2",
        "  - unknown variable 'emial' in news.html line 4",
        "  - unknown variable 'a_1' in news.html line 5",
        "  - unknown variable 'qqq' in news.html line 7",
    ]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("a\n{{ name", "news.html line 4: unexpected end of template"),
        ("a\n{% if name %}\nb", "news.html line 4: Unexpected end of template"),
        ("a\n{% fi %}", "news.html line 4: Encountered unknown tag 'fi'"),
        ("a\n{{ name|uper }}", "news.html line 4: unknown filter 'uper'; did you mean 'upper'?"),
        ("a\n{{ name is defind }}", "news.html line 4: unknown test 'defind'; did you mean 'defined'?"),
        ("a\n{% if name %}{{ name|qqqqqqq }}{% endif %}", "news.html line 4: No filter named 'qqqqqqq'"),
        ("a\n{{ name.nick }}", "news.html line 4: 'str object' has no attribute 'nick'"),
        ("a\n{{ name + 1 }}", "news.html line 4: can only concatenate str"),
        ("a\n{{ 1 / 0 }}", "news.html line 4: division by zero"),
        ("a\n\n\n{{ name|truncate('x') }}", "news.html line 6: "),
    ],
)
def test_faults_are_told_with_file_and_line(body: str, complaint: str) -> None:
    assert refused(f"Subject: x\n\n{body}").startswith(complaint)


@pytest.mark.parametrize("values", [{}, {"number": ""}, {"number": " "}])
def test_missing_value_is_told_with_file_and_line_and_what_to_write(values: dict[str, str]) -> None:
    compiled = compile_template(parse_template("Subject: x\n\na\nb {{ number }}", "a.txt"))
    with pytest.raises(TemplateError) as caught:
        render(compiled, values)
    assert str(caught.value) == (
        "a.txt line 4: 'number' has no value; write {{ number or '...' }} or {% if number %}...{% endif %}"
    )


def test_missing_value_of_ours_names_the_key_of_the_configuration() -> None:
    assert refused("Subject: x\n\n{{ postal_address }}", postal_address="").endswith(
        "...{% endif %}, or set company.postal_address in the configuration"
    )


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("{{ name or 'friend' }}", "friend"),
        ("{{ given_name or name or 'friend' }}", "friend"),
        ("{{ name|default('friend') }}", "friend"),
        ("{{ name|default('friend', true) }}", "friend"),
        ("{% if name %}Dear {{ name }}{% else %}Hello{% endif %}", "Hello"),
        ("{% if not name %}Hello{% endif %}", "Hello"),
        ("{% if name and number %}x{% else %}Hello{% endif %}", "Hello"),
        ("{% if language == 'zh' %}您好{% else %}Hello{% endif %}", "Hello"),
        ("{% if language != 'zh' %}Hello{% endif %}", "Hello"),
        ("{% if name == '' %}Hello{% endif %}", "Hello"),
        ("{% if name is defined %}x{% else %}Hello{% endif %}", "Hello"),
        ("{% if language in ['zh', 'en'] %}x{% else %}Hello{% endif %}", "Hello"),
    ],
)
@pytest.mark.parametrize("file", ["a.txt", "a.html"])
def test_missing_value_can_be_asked_for(body: str, shown: str, file: str) -> None:
    nobody = {"name": "", "given_name": "", "language": "", "number": ""}
    assert made(f"Subject: x\n\n{body}", file, **nobody).text == f"{shown}\n"


@pytest.mark.parametrize(
    "body",
    [
        "{{ name }}",
        "{{ name|upper }}",
        "{{ 'Dear ' ~ name }}",
        "{{ 'Dear ' + name }}",
        "{{ '%s' % name }}",
        "{% for letter in name %}x{% endfor %}",
        "{{ name|length }}",
        "{% if name.first %}x{% endif %}",
    ],
)
def test_missing_value_is_never_printed(body: str) -> None:
    assert "'name' has no value" in refused(f"Subject: x\n\n{body}", name="")


def test_misspelt_attribute_is_an_error_in_a_condition_too() -> None:
    assert "'str object' has no attribute 'first'" in refused("Subject: x\n\n{% if name.first %}x{% endif %}")


def test_fault_in_the_subject_has_its_line() -> None:
    assert refused("Preheader: x\nSubject: {{ name.x }}\n\ny").startswith("news.html line 2: ")


def test_empty_subject_is_refused() -> None:
    assert (
        refused("Subject: {% if company %}{{ company }}{% endif %}\n\nx", company=" \t ")
        == "news.html: the subject is empty for this recipient"
    )


# --- limits ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "include 'x'",
        "import 'x' as y",
        "from 'x' import y",
        "extends 'x'",
        "macro m() %}{% endmacro",
        "call x() %}{% endcall",
    ],
)
def test_a_mail_is_one_file(statement: str) -> None:
    message = refused(f"Subject: x\n\n{{% {statement} %}}")
    assert (
        message
        == f"news.html line 3: {statement.split()[0].replace('from', 'import')!r} cannot be used; a mail is one file"
    )


@pytest.mark.parametrize(
    "expression",
    [
        "name.__class__",
        "''.__class__.__mro__",
        "name.format.__globals__",
        "cycler.__init__",
        "self.__init__",
        "lipsum()",
    ],
)
def test_the_sandbox_is_closed(expression: str) -> None:
    assert refused(f"Subject: x\n\n{{{{ {expression} }}}}")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("{% for n in range(1001) %}{% endfor %}", "range() gives at most 1000 numbers in a mail"),
        ("{{ 'x' * 10**9 }}", "'**' cannot be used in a mail"),
        ("{{ 'x' * 1000000000 }}", "'*' is for numbers only"),
        ("{{ 1000000000 * [name] }}", "'*' is for numbers only"),
        ("{{ '%1000000000d' % 1 }}", "this format makes the text too wide"),
        ("{{ '%1000000000d'|format(1) }}", "this format makes the text too wide"),
        ("{{ '%*d'|format(1000000000, 1) }}", "this format makes the text too wide"),
        ("{{ '{:>300000000}'.format(name) }}", "this format makes the text too wide"),
        ("{{ '{:{}}'.format(name, 300000000) }}", "this format makes the text too wide"),
        ("{{ '{0!r:>300000000}'.format(name) }}", "this format makes the text too wide"),
        ("{{ '{x:>300000000}'.format_map({'x': 1}) }}", "this format makes the text too wide"),
        ("{{ name|center(900000000) }}", "'center' takes at most 1000 in a mail"),
        ("{{ name|center(width=900000000) }}", "'center' takes at most 1000 in a mail"),
        ("{{ name.center(900000000) }}", "'center' takes at most 1000 in a mail"),
        ("{{ name.ljust(900000000) }}", "'ljust' takes at most 1000 in a mail"),
        ("{{ name.rjust(900000000) }}", "'rjust' takes at most 1000 in a mail"),
        ("{{ name.zfill(900000000) }}", "'zfill' takes at most 1000 in a mail"),
        ("{{ 'a\tb'.expandtabs(900000000) }}", "'expandtabs' takes at most 1000 in a mail"),
        ("{{ name|batch(900000000, 'x')|list }}", "'batch' takes at most 1000 in a mail"),
        ("{{ name|slice(900000000)|list }}", "'slice' takes at most 1000 in a mail"),
        ("{{ name|indent(900000000, true) }}", "'indent' takes at most 1000 in a mail"),
        ("{{ [1]|tojson(900000000) }}", "'tojson' takes at most 1000 in a mail"),
        ("{{ 1.5|round(900000000, 'ceil') }}", "'round' takes at most 1000 in a mail"),
        ("{{ 900000000 * 900000000 }}", "numbers in a mail go up to 1,000,000,000,000,000"),
        ("{% for x in 'x'.ljust(1000) ~ name %}{% endfor %}", "a loop has at most 1000 turns in a mail"),
    ],
)
def test_what_would_fill_the_memory_is_refused(body: str, complaint: str) -> None:
    assert refused(f"Subject: x\n\n{body}") == f"news.html line 3: {complaint}"


def test_a_list_cannot_grow_while_it_is_walked() -> None:
    body = "{% set l = [1] %}{% for x in l %}{% set _ = l.append(x) %}{% endfor %}"
    assert "access to attribute 'append' of 'list' object is unsafe" in refused(f"Subject: x\n\n{body}")


@pytest.mark.parametrize(
    "body",
    [
        "{% set a = 'x' %}" + "{% set a = a ~ a ~ a ~ a %}" * 12 + "{{ a|length }}",
        "{% set a = 'x' %}" + "{% set a = a + a + a + a %}" * 12 + "{{ a|length }}",
        "{% set a = ['x'] %}" + "{% set a = a + a + a + a %}" * 12 + "{{ a|length }}",
        "{% set a = 'xx' %}" + "{% set a = a|replace('x', a) %}" * 6 + "{{ a|length }}",
        "{% set a = 'xx' %}" + "{% set a = a.replace('x', a) %}" * 6 + "{{ a|length }}",
        "{% set a %}xx{% endset %}" + "{% set a %}{{ a }}{{ a }}{{ a }}{{ a }}{% endset %}" * 12 + "{{ a|length }}",
    ],
)
@pytest.mark.parametrize("file", ["a.txt", "a.html"])
def test_text_that_doubles_and_doubles_is_cut_off(body: str, file: str) -> None:
    assert "the mail would be longer than 2,000,000 characters" in refused(f"Subject: x\n\n{body}", file)


def test_what_the_limits_replace_still_works() -> None:
    assert text("{{ name ~ '<' ~ 2 }}{% set a %}[{{ name }}]{% endset %}{{ a }}") == "Tom Sawyer<2[Tom Sawyer]\n"
    assert html("{{ name ~ '<' ~ company }}", name="<b>") == "&lt;b&gt;&lt;Shop &amp; Co"
    assert html("{% set a %}{{ name }}<br>{% endset %}{{ a }}", name="<b>") == "&lt;b&gt;<br>"
    assert text("{% set a | upper %}{{ name }}{% endset %}{{ a }} {{ a|center(12) }}|") == "TOM SAWYER  TOM SAWYER |\n"
    assert text("{% for n in [1, 2] if n > 1 %}{{ loop.last }}{{ n }}{% else %}none{% endfor %}") == "True2\n"
    assert text("{{ '{:>5}'.format(name) }} {{ 1.234|round(2) }} {{ name|replace('T', 'D') }}") == (
        "Tom Sawyer 1.23 Dom Sawyer\n"
    )


def test_long_stretches_without_output_end_nothing() -> None:
    body = "{% for a in range(1000) %}{% for b in range(5) %}{{ '' }}{% endfor %}{% endfor %}end"
    assert text(body) == "end\n"


def test_endless_output_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "MAX_CHARACTERS", 1000)
    body = "{% for a in range(1000) %}{% for b in range(1000) %}some text{% endfor %}{% endfor %}"
    assert refused(f"Subject: x\n\n{body}") == "news.html: the mail would be longer than 1,000 characters"


@pytest.mark.parametrize(
    "body",
    [
        "{% for a in 'x' %}{% for b in 'x' %}\n{% for c in 'x' %}{% endfor %}{% endfor %}{% endfor %}",
        "\n{% for a in 'x' recursive %}{{ loop('x') }}{% endfor %}",
    ],
)
def test_loops_have_a_depth(body: str) -> None:
    assert refused(f"Subject: x\n\n{body}") == "news.html line 4: loops cannot be recursive or nested deeper than 2"


# --- the plain-text alternative ----------------------------------------------------------------------------------


def test_text_is_made_once_per_template(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = compile_template(parse_template("Subject: x\n\n<p>Dear <b>{{ name }}</b></p>", "a.html"))
    monkeypatch.setattr(templates, "plain_text", None)
    assert render(compiled, VALUES).text == "Dear Tom Sawyer\n"


def test_text_of_html_that_cannot_be_taken_apart_is_made_from_each_mail() -> None:
    body = "<html><head>{% set hello = 'Dear ' ~ name %}</head><body><p>{{ hello }}</p></body></html>"
    compiled = compile_template(parse_template(f"Subject: x\n\n{body}", "a.html"))
    assert compiled.text is None
    assert render(compiled, VALUES).text == "Dear Tom Sawyer\n"


def test_text_whose_statements_the_parser_tears_apart_is_made_from_each_mail() -> None:
    torn = "<p>a</p><script>{% if language == 'en' %}</script><p>b</p>{% endif %}<script></script>"
    assert compile_template(parse_template(f"Subject: x\n\n{torn}", "a.html")).text is None
    assert made(f"Subject: x\n\n{torn}").text == "a\n\nb\n"
