"""Tables of phrases are found in text of any case and language."""

import pytest

from mailcrm.ingest.mail.phrases import any_of

PHRASES = any_of(r"""
    Returned mail|mailbox \S+ is full
    退信
""")


@pytest.mark.parametrize(
    "text",
    [
        "returned mail",
        "RETURNED MAIL: see below",
        "Mailbox BOB is FULL",
        "MAILBOX 鲍勃 IS FULL",
        "您的邮件退信",
        "é Returned Mail",
    ],
)
def test_phrase_is_found_whatever_its_case(text: str) -> None:
    assert PHRASES.search(text)


@pytest.mark.parametrize("text", ["", "returned the mail", "mailbox   is full", "邮件"])
def test_other_text_is_not(text: str) -> None:
    assert PHRASES.search(text) is None
