"""What holds for any mail: nothing of the newest text is lost, nothing is invented, and no text takes long."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail.reply.cut import cut
from mailcrm.ingest.mail.text import html_to_text
from tests.unit.ingest.mail.reply.clients import ATTRIBUTIONS, FORWARDS, HEADERS
from tests.unit.ingest.mail.reply.test_wrappers import QUOTES, body

_WORDS = st.sampled_from(
    "we ship the goods on Monday price is 300 EUR 您好 报价 合同 please confirm Спасибо この件 見積 확인".split()
)
_SENTENCES = st.lists(_WORDS, min_size=1, max_size=12).map(" ".join)
_OWN = st.lists(st.lists(_SENTENCES, min_size=1, max_size=3).map("\n".join), min_size=1, max_size=4).map("\n\n".join)
_ENDS = st.sampled_from(["", "\n\n-- \nBob", "\n\nSent from my iPhone", "\n\n发自我的iPhone"])
# Pieces that mean something to the cutter, for texts that mean nothing.
_PIECES = st.sampled_from(
    [
        *("\n", "\n\n", "> ", ">", "-- ", "From: a@example.com", "Subject: x", "To: b", "发件人：", "```", ":"),
        *("On 5 Mar 2024, at 14:20, a <a@example.com> wrote:", "____", "Sent from my iPhone", "words", "Best regards,"),
        *("-----Original Message-----", "+49 30 1234567", "---- x ----"),
        *("|", "<", "&nbsp;", "\ufeff", "写道：", "<blockquote>", "</blockquote>", '<div class="gmail_signature">', "</div>"),
    ]
)  # fmt: skip


def lines_of(text: str) -> list[str]:
    """What is on the lines, without the white space at their ends."""
    return [line.strip() for line in text.split("\n") if line.strip()]


@given(_OWN, _ENDS, _OWN, st.sampled_from(sorted(ATTRIBUTIONS)), st.booleans())
def test_newest_text_above_a_quote_is_neither_lost_nor_added_to(
    own: str, end: str, old: str, name: str, marked: bool
) -> None:
    quote = "\n".join(f"> {line}" for line in old.split("\n")) if marked else old
    said = cut(f"{own}{end}\n\n{ATTRIBUTIONS[name]}\n\n{quote}", "", "Re: x")
    assert lines_of(said.newest) == lines_of(own)
    assert lines_of(said.signature) == lines_of(end)


@given(_OWN, _ENDS, _OWN, st.sampled_from(sorted({**HEADERS, **FORWARDS})))
def test_newest_text_above_header_fields_is_neither_lost_nor_added_to(own: str, end: str, old: str, name: str) -> None:
    said = cut(f"{own}{end}\n\n{ {**HEADERS, **FORWARDS}[name].text }\n\n{old}", "", "Re: x")
    assert lines_of(said.newest) == lines_of(own)
    assert lines_of(said.signature) == lines_of(end)


@given(st.lists(_OWN, min_size=2, max_size=4), _OWN, st.sampled_from(sorted(ATTRIBUTIONS)))
def test_answers_between_quoted_lines_are_neither_lost_nor_added_to(own: list[str], old: str, name: str) -> None:
    quote = "\n\n" + "\n".join(f"> {line}" for line in old.split("\n")) + "\n\n"
    said = cut(f"{ATTRIBUTIONS[name]}{quote}{quote.join(own)}", "", "Re: x")
    assert lines_of(said.newest) == [line for part in own for line in lines_of(part)]


@given(_OWN, st.sampled_from(sorted(QUOTES)))
def test_newest_text_in_html_is_neither_lost_nor_added_to(own: str, name: str) -> None:
    html = body("".join(f"<div>{line or '<br>'}</div>" for line in own.split("\n")) + QUOTES[name])
    assert lines_of(cut(html_to_text(html), html, "Re: x").newest) == lines_of(own)


@given(
    st.lists(_PIECES, max_size=40).map("".join),
    st.lists(_PIECES, max_size=40).map("".join),
    st.sampled_from(["", "Re: x", "Fwd: x"]),
)
def test_nothing_is_invented(text: str, html: str, subject: str) -> None:
    said = cut(text, html, subject)
    known = {*lines_of(text), *lines_of(html_to_text(html))}
    assert set(lines_of(said.newest)) | set(lines_of(said.signature)) <= known


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_text_is_too_odd(text: str, html: str) -> None:
    cut(text, f"<blockquote>{html}")


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "> a\n",
            "> a\nb\n",
            "\n",
            "-" * 500 + "\n",
            "a:\n",
            "@:\n",
            "From: a\n",
            "From: a@b\nTo: c\n",
            "```\n",
            "Sent from my \n",
            "-- \n",
        ),
        *(
            "On 5 Mar 2024 10:00 a <a@b> x:\n",
            "(" * 400 + ":\n",
            "a@" * 300 + ":\n",
            "Tel: " + "1" * 400 + "\n",
            "2024" * 100 + ":\n",
        ),
        *(
            "a" * 390 + ":\n",
            "<" * 400 + ">:\n",
            "。" * 200,
            "From: " * 10 + "\n",
            "写道" * 100 + "：\n",
            "| From | a |\n",
            "&nbsp;" * 60 + ":\n",
        ),
    ],
)
def test_work_grows_no_faster_than_the_text(piece: str) -> None:
    small, large = (calls_of(piece * (size // len(piece))) for size in (4_000, 12_000))
    assert large <= 3.5 * small + 1_000


def calls_of(text: str) -> int:
    """How many functions are called to cut a text: work that is counted, not timed."""
    count = 0

    def called(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(called)
    try:
        cut(text, "", "Re: x")
    finally:
        sys.setprofile(None)
    return count
