"""Links that only we can have made."""

import string
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from mailcrm.campaigns.content.render import Sender
from mailcrm.errors import UserError
from mailcrm.ingest.record import FilingContext
from mailcrm.model.account import Capture
from mailcrm.model.address import OwnAddresses
from mailcrm.model.party import CustomerNumber
from mailcrm.model.token import FormToken, LinkKeys

OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32
KEYS = LinkKeys((OLD, NEW))
recipient_ids = st.integers(min_value=1, max_value=2**63 - 1)


@given(recipient_ids)
def test_token_leads_back_to_its_recipient(recipient_id: int) -> None:
    assert KEYS.read_unsubscribe(KEYS.unsubscribe_token(recipient_id)) == recipient_id


@given(recipient_ids)
def test_token_survives_a_url_and_a_subject_line(recipient_id: int) -> None:
    token = KEYS.unsubscribe_token(recipient_id)
    assert set(token) <= set(string.ascii_letters + string.digits + "-_.")
    assert 8 <= len(token) <= 60


def test_links_of_the_first_version_work_for_ever() -> None:
    keys = LinkKeys((b"k" * 32,))
    assert keys.unsubscribe_token(7) == "Nw.cN75iXmbRyhPYF44BfX_F47XQyI"
    assert keys.read_unsubscribe("Nw.cN75iXmbRyhPYF44BfX_F47XQyI") == 7


def test_old_links_work_after_a_key_was_added() -> None:
    before, after = LinkKeys((OLD,)), LinkKeys((OLD, NEW))
    assert after.read_unsubscribe(before.unsubscribe_token(7)) == 7


def test_newest_key_signs() -> None:
    assert LinkKeys((NEW,)).read_unsubscribe(LinkKeys((OLD, NEW)).unsubscribe_token(7)) == 7
    assert LinkKeys((OLD,)).read_unsubscribe(LinkKeys((OLD, NEW)).unsubscribe_token(7)) is None


def test_nothing_that_holds_keys_shows_them() -> None:
    context = FilingContext(1, Capture.ALL, OwnAddresses(), KEYS)
    sender = Sender("a@b.example", "A", "B", KEYS)
    for shown in (repr(KEYS), str(KEYS), repr(context), repr(sender)):
        assert "ooo" not in shown
        assert "nnn" not in shown


def test_link_of_another_installation_opens_nothing() -> None:
    assert KEYS.read_unsubscribe(LinkKeys((OTHER,)).unsubscribe_token(7)) is None


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(URLSafeSerializer(NEW, salt="mailcrm.login").dumps(7), id="made for another purpose"),
        pytest.param(URLSafeSerializer(NEW, salt="mailcrm.unsubscribe").dumps("7"), id="text instead of a number"),
        pytest.param(URLSafeSerializer(NEW, salt="mailcrm.unsubscribe").dumps(None), id="null"),
        pytest.param("7", id="only a number"),
        pytest.param("Nw", id="payload without a signature"),
        pytest.param("Nw.", id="empty signature"),
        pytest.param("", id="nothing"),
        pytest.param("unsubscribe", id="a word"),
        pytest.param("张三", id="Chinese"),
        pytest.param("\udcff\udcfe", id="bytes that are no text"),
        pytest.param("." * 10_000, id="long"),
    ],
)
def test_what_we_did_not_sign_opens_nothing(token: str) -> None:
    assert KEYS.read_unsubscribe(token) is None


@given(recipient_ids, recipient_ids)
def test_token_cannot_be_turned_into_that_of_another(mine: int, other: int) -> None:
    signature = KEYS.unsubscribe_token(mine).partition(".")[2]
    forged = f"{KEYS.unsubscribe_token(other).partition('.')[0]}.{signature}"
    assert KEYS.read_unsubscribe(forged) in (None, mine)


@given(st.data())
def test_changed_character_opens_nobody_elses_row(data: st.DataObject) -> None:
    token = KEYS.unsubscribe_token(7_000_000)
    place = data.draw(st.integers(0, len(token) - 1))
    changed = token[:place] + data.draw(st.characters()) + token[place + 1 :]
    assert KEYS.read_unsubscribe(changed) in (None, 7_000_000)


@given(st.text(max_size=80))
@example("\udcff")
def test_any_text_is_read_without_an_error(token: str) -> None:
    assert KEYS.read_unsubscribe(token) is None


# --- replies -----------------------------------------------------------------------------------------------------

customer_numbers = st.integers(1, 10**9).map(lambda serial: CustomerNumber.of(serial).text)
IN_AN_ADDRESS = set(string.ascii_lowercase + string.digits + "-./")


@given(customer_numbers)
def test_a_reply_token_leads_back_to_its_customer_whatever_became_of_capitals(number: str) -> None:
    token = KEYS.sign_reply(number)
    assert set(token) <= IN_AN_ADDRESS
    assert len(f"reply+{token}") <= 64
    for written in (token, token.upper(), f" {token}\n", token.title()):
        assert KEYS.read_reply(written) == number


def test_a_reply_token_of_a_number_with_separators_names_its_key() -> None:
    assert KEYS.read_reply(KEYS.sign_reply("K-2026-00017-Z")) == "K202600017Z"


def test_reply_tokens_of_the_first_version_work_for_ever() -> None:
    keys = LinkKeys((b"k" * 32,))
    assert keys.sign_reply("C000017Z") == "c000017z-npsgclnqjxykzdj4"
    assert keys.read_reply("c000017z-npsgclnqjxykzdj4") == "C000017Z"


def test_old_reply_tokens_work_after_a_key_was_added_and_the_newest_signs() -> None:
    before, after = LinkKeys((OLD,)), LinkKeys((OLD, NEW))
    assert after.read_reply(before.sign_reply("C000017Z")) == "C000017Z"
    assert before.read_reply(after.sign_reply("C000017Z")) is None


@given(customer_numbers, customer_numbers)
def test_a_reply_token_cannot_be_turned_into_that_of_another(mine: str, other: str) -> None:
    forged = f"{other}-{KEYS.sign_reply(mine).rpartition('-')[2]}"
    assert KEYS.read_reply(forged) == (mine if mine == other else None)


@given(st.text(max_size=80))
@example("C000017Z")
@example("C000017Z-")
@example("-")
@example("\udcff-\udcff")
@example("x" * 10_000)
def test_any_text_is_read_as_a_reply_token_without_an_error(token: str) -> None:
    assert KEYS.read_reply(token) is None


@pytest.mark.parametrize("number", ["", "-", "X" * 21])
def test_what_is_no_number_is_not_signed(number: str) -> None:
    with pytest.raises(UserError, match="not a customer number"):
        KEYS.sign_reply(number)


# --- forms -------------------------------------------------------------------------------------------------------

WHEN = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)
TOKEN = FormToken("contact", WHEN, "abcDEF-_")


def test_a_form_knows_when_it_was_given_out() -> None:
    text = KEYS.form_token(TOKEN)
    assert KEYS.read_form(text) == TOKEN
    assert LinkKeys((NEW, OTHER)).read_form(text) == TOKEN  # the key was rotated


@pytest.mark.parametrize("change", ["x{}", "{}x", "contact", "%ff", "W10.abc"])
def test_no_other_text_is_a_form_of_ours(change: str) -> None:
    assert KEYS.read_form(change.format(KEYS.form_token(TOKEN))) is None
    assert KEYS.read_form("") is None


def test_a_link_is_no_form_and_a_form_no_link() -> None:
    assert KEYS.read_form(KEYS.unsubscribe_token(7)) is None
    assert KEYS.read_unsubscribe(KEYS.form_token(TOKEN)) is None
    assert LinkKeys((OTHER,)).read_form(KEYS.form_token(TOKEN)) is None


@pytest.mark.parametrize("value", [7, ["f"], ["f", "x", "n"], ["f", 10**30, "n"], {"a": 1}, None])
def test_what_an_older_version_signed_is_no_form(value: object) -> None:
    text = URLSafeSerializer([NEW], salt="mailcrm.form").dumps(value)
    assert KEYS.read_form(str(text)) is None
