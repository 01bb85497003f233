"""Template files, taken apart."""

import pytest

from mailcrm.campaigns.content.source import TemplateSource, parse_template
from mailcrm.errors import TemplateError


def test_subject_then_empty_line_then_body() -> None:
    source = parse_template("Subject: Hello {{ name }}\n\nDear {{ name }},\n", "greeting.txt")
    assert source == TemplateSource(
        "greeting.txt", "Hello {{ name }}", "Dear {{ name }},\n", is_html=False, body_line=3
    )


def test_preheader_and_dashes() -> None:
    source = parse_template("Preheader: Soon\nSubject: Sale\n---\n\n<p>x</p>\n", "sale.html")
    assert (source.subject, source.subject_line) == ("Sale", 2)
    assert (source.preheader, source.preheader_line) == ("Soon", 1)
    assert (source.body, source.body_line) == ("\n<p>x</p>\n", 4)


@pytest.mark.parametrize(
    ("name", "body", "is_html"),
    [
        ("a.html", "no tags", True),
        ("A.HTM", "no tags", True),
        ("a.txt", "<p>shown as it is</p>", False),
        ("a", "<p>Hello</p>", True),
        ("a.tmpl", "Hello <br/> you", True),
        ("a", "1 < 2 and 3 > 2, <name@example.com>", False),
        ("a", "see <https://example.com>", False),
        ("a", "<!DOCTYPE html><title>x</title>", True),
    ],
)
def test_html_is_recognised(name: str, body: str, is_html: bool) -> None:
    assert parse_template(f"Subject: x\n\n{body}", name).is_html is is_html


def test_editors_of_all_systems_may_write_it() -> None:
    source = parse_template("\ufeffSUBJECT:  x \r\n\r\na\r\nb\0", "a.txt")
    assert (source.subject, source.body) == ("x", "a\nb")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "a.txt line 1: a template begins with a line 'Subject: ...'"),
        ("\nSubject: late\n\nx", "a.txt line 1: a template begins with a line 'Subject: ...'"),
        ("Hello\n\nx", "a.txt line 1: expected 'Subject: ...'"),
        ("Subject: x\nFrom: me\n\nx", "a.txt line 2: expected 'Subject: ...'"),
        ("Subject:\n\nx", "a.txt: the subject is empty"),
        ("Subject: x", "a.txt: the body is empty"),
        ("Subject: x\n\n \n", "a.txt: the body is empty"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, complaint: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse_template(text, "a.txt")
    assert str(caught.value).startswith(complaint)
