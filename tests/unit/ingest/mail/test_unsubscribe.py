"""The unsubscribe request that a mail program writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail.unsubscribe import read_unsubscribe_token
from mailcrm.model.message import ParsedHeaders
from mailcrm.model.token import LinkKeys

TOKEN = "NDI.b8Jw_x-PqR0"


@pytest.mark.parametrize(
    "subject",
    [
        f"unsubscribe {TOKEN}",
        f"Unsubscribe  {TOKEN} ",
        f"UNSUBSCRIBE: {TOKEN}",
        f"Re: unsubscribe {TOKEN}",
        f"回复：unsubscribe {TOKEN}",
        f"unsubscribe <{TOKEN}>",
    ],
)
def test_token_is_read_from_the_subject(subject: str) -> None:
    assert read_unsubscribe_token(ParsedHeaders(subject=subject)) == TOKEN


@pytest.mark.parametrize(
    "subject",
    ["", "unsubscribe", "unsubscribe me", "unsubscribe me please now", f"please unsubscribe {TOKEN}", f"{TOKEN}"],
)
def test_other_subjects_hold_no_token(subject: str) -> None:
    assert read_unsubscribe_token(ParsedHeaders(subject=subject)) is None


@given(st.integers(0, 2**62))
def test_tokens_that_we_sign_come_back(recipient_id: int) -> None:
    keys = LinkKeys((b"k" * 32,))
    subject = f"unsubscribe {keys.unsubscribe_token(recipient_id)}"
    token = read_unsubscribe_token(ParsedHeaders(subject=subject))
    assert token is not None
    assert keys.read_unsubscribe(token) == recipient_id
