"""The newest text of plain mails, as the programs of many languages compose them."""

import pytest

from mailcrm.ingest.mail.reply.cut import cut
from tests.unit.ingest.mail.reply.clients import ATTRIBUTIONS, HEADERS

OWN = "That is fine, please go ahead.\n\nWe would like it on Monday."


@pytest.mark.parametrize("name", ATTRIBUTIONS)
def test_quote_below_its_attribution_is_cut(name: str) -> None:
    said = cut(f"{OWN}\n\n{ATTRIBUTIONS[name]}\n\n> Shall we go on?\n>\n> Rosa", "", "Re: Offer")
    assert (said.newest, said.signature, said.forwarded) == (OWN, "", None)


@pytest.mark.parametrize("name", ATTRIBUTIONS)
def test_all_below_an_attribution_is_quoted_if_no_sign_tells_where_it_ends(name: str) -> None:
    assert cut(f"{OWN}\n{ATTRIBUTIONS[name]}\n\nShall we go on?\n\nRosa").newest == OWN


@pytest.mark.parametrize("name", ATTRIBUTIONS)
def test_answer_below_the_quote_is_the_newest_text(name: str) -> None:
    assert cut(f"{ATTRIBUTIONS[name]}\n\n> Shall we go on?\n> Rosa\n\n{OWN}\n").newest == OWN


@pytest.mark.parametrize("name", HEADERS)
def test_quote_below_header_fields_is_cut(name: str) -> None:
    said = cut(f"{OWN}\n\n{HEADERS[name].text}\n\nShall we go on?\n\nRosa", "", "Re: Offer")
    assert (said.newest, said.signature, said.forwarded) == (OWN, "", None)


def test_apple_mail_quotes_the_attribution_itself() -> None:
    assert cut(f"{OWN}\n\n> Am 05.03.2024 um 14:20 schrieb Jana Roh <jana@example.de>:\n> \n> Alt").newest == OWN


def test_answers_between_quoted_lines_are_kept_in_their_order() -> None:
    attribution = ATTRIBUTIONS["apple en"]
    text = (
        f"Hi Jane,\n\n{attribution}\n\n> When do you ship?\n\nOn Monday.\n\n> To which port?\n> And how?\nRotterdam.\n"
    )
    assert cut(text).newest == "Hi Jane,\n\nOn Monday.\n\nRotterdam."
    assert cut(text.replace(attribution, "")).newest == "Hi Jane,\n\nOn Monday.\n\nRotterdam."


def test_quoted_line_that_was_wrapped_is_no_answer() -> None:
    long = "> It was agreed that the goods leave the warehouse in the first week,"
    text = f"{OWN}\n\n{ATTRIBUTIONS['gmail en']}\n\n{long}\nif the papers are there\n> by then.\n(https://example.com/a)\n> R."
    assert cut(text).newest == OWN


@pytest.mark.parametrize(
    "text",
    [
        "> Something that somebody once said.",
        "> Something that somebody once said.\n\nI agree with that.",
        "Look at this:\n>>> buy now <<<\nIsn't it odd?",
        "x > 3\n> 4 is wrong\nso choose 5",
    ],
)
def test_one_quoted_block_that_nothing_announces_is_part_of_the_text(text: str) -> None:
    assert cut(text).newest == text


def test_quoted_block_at_the_end_is_cut() -> None:
    assert cut(f"{OWN}\n\n> Shall we go on?\n> Rosa").newest == OWN


def test_quote_without_a_word_has_no_newest_text() -> None:
    assert cut("> On 5 Mar 2024, at 14:20, Jane Roe <jane@example.com> wrote:\n>\n> Shall we?").newest == ""


@pytest.mark.parametrize(
    "text",
    [
        "Please quote:\n\nFrom: Shanghai\nTo: Hamburg\nDate: 3 May 2024\nCargo: 20 t steel\n\nThanks\nJoe",
        "As I wrote on 5 March 2024 at 10:00:\nthe price is fixed.\n\nIn 2019 he wrote:\nsomething.",
        "Meeting:\n\nDate: 5 March 2024\nTime: 10:00\nPlace: room 5\n\nSee you there",
        "On Monday we ship.\nOn Tuesday, March 5, 2024 at 14:20 we got your order: thanks.",
        "From: my side all is fine.\nSubject: to approval.",
        "Our times:\n2024-03-05 14:20 arrival\n2024-03-06 contact bob@example.com:\nbring papers",
        "在会议上王小明写道的内容需要修改。\n发件人信息请核对。",
        "您好，\n\n请发给以下地址：\n收件人：李四\n电话：13800138000\n地址：上海市\n\n谢谢",
        "1. one\n2. two:\n   - a\n   - b\n\n-----\n\n3. three and some more words about it",
    ],
)
def test_own_text_that_resembles_a_quote_stays(text: str) -> None:
    assert cut(text, "", "Re: Offer").newest == text


def test_code_is_never_cut() -> None:
    code = f"```\n> npm install\n-- \n{ATTRIBUTIONS['apple en']}\n```"
    assert cut(f"Run\n\n{code}\n\nThen call me.").newest == f"Run\n\n{code}\n\nThen call me."


def test_text_without_a_quote_is_the_same_object() -> None:
    text = "Dear Jane,\n\n\nthank you.  \n\nBob\n"
    assert cut(text).newest is text


@pytest.mark.parametrize(
    "text",
    [
        "On May 4, 2026 we wrote you that the goods were late:\n\nplease answer now.\n\nRosa",
        "Dear Max,\n\nOn 4 May 2026 Mr. Roe wrote us that nothing was ready:\n\nPlease explain.",
        "Bonjour,\n\nLe 4 mai 2026, votre collègue nous a écrit :\n\nque la livraison aurait lieu.",
        "您好，\n\n2026年5月4日，李经理来信写道：\n\n货已发出。\n\n但我们没收到。",
    ],
)
def test_people_too_write_of_what_was_written(text: str) -> None:
    assert cut(text, "", "Late goods").newest == text


def test_sentence_about_what_was_written_is_own_text_in_an_answer_too() -> None:
    text = "On May 4, 2026 we wrote you that the goods were late:\n\nplease answer now."
    assert cut(text, "", "Re: Late goods").newest == text


@pytest.mark.parametrize(
    "block",
    [
        "发件人：王芳 13800138000\n收件人：李四 13900139000\n日期：5月6日\n主题：样品",
        "From: 3 May 2026\nTo: 5 May 2026\nDate: 1 May\nSubject: hotel booking 4711",
        "Von: Muster GmbH\nAn: Lager Nord\nDatum: 3.5.2026\nBetreff: Umlagerung",
    ],
)
def test_order_of_a_courier_or_a_room_is_no_quoted_header(block: str) -> None:
    text = f"Please see to this:\n\n{block}\n\nThank you!\nRosa"
    said = cut(text, "", "An order")
    assert (said.newest, said.forwarded) == (text, None)


def test_title_between_rules_is_own_text_where_nothing_is_answered() -> None:
    text = "This is what he said:\n\n----- Original message -----\nWe stop buying.\n\nRosa"
    assert cut(text, "", "Our boss").newest == text
    assert cut(text, "", "Re: Our boss").newest == "This is what he said:"


@pytest.mark.parametrize("quote", ["> Shall we?", "Shall we?\n\nRosa", ""])
def test_words_on_the_line_of_the_attribution_are_own(quote: str) -> None:
    text = f"Hi,\nok thanks On Mon, May 4, 2026 at 3:02 PM Rosa <rosa@example.com> wrote:\n\n{quote}"
    assert cut(text, "", "Re: Offer").newest == "Hi,\nok thanks"
    german = f"Ja, gern Am 04.05.2026 um 15:02 schrieb Rosa Roe <rosa@example.com>:\n{quote}"
    assert cut(german, "", "Re: Offer").newest == "Ja, gern"
