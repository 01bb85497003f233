"""What is a signature, and what is still the letter."""

import pytest

from mailcrm.ingest.mail.reply.cut import cut

OWN = "Please send us the papers.\n\nBest regards,"


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAnn Black\nSales",
        "--\nAnn Black | Sales\nACME Ltd",
        "—\nAnn",
        "Sent from my iPhone",
        "Sent from Outlook for Android<https://example.com/a>",
        "Get Outlook for iOS<https://example.com/i>",
        "Von meinem iPad gesendet",
        "Gesendet mit der GMX Mail App",
        "Envoyé depuis mon téléphone",
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Verzonden vanaf mijn Galaxy",
        "Skickat från min iPhone",
        "Отправлено с iPhone",
        "发自我的iPhone",
        "从我的华为手机发送",
        "iPhoneから送信",
        "나의 iPhone에서 보냄",
        "Ann Black\nHead of Sales\nACME Ltd\nTel: +44 20 7946 0000\nwww.example.com",
        "Ann Black\nann.black@example.com",
        "CONFIDENTIALITY NOTICE: This e-mail is for its addressee only.",
        "Diese E-Mail enthält vertrauliche Informationen.\nBitte löschen.",
        "本邮件及其附件含有保密信息。",
        "_______________________________________________\nsteel mailing list\nsteel@lists.example.org",
    ],
)
def test_signature_is_beside_the_newest_text(signature: str) -> None:
    said = cut(f"{OWN}\n\n{signature}")
    assert (said.newest, said.signature) == (OWN, signature)
    said = cut(f"{OWN}\n\n{signature}\n\nOn 5 Mar 2024, at 14:20, Jane Roe <jane@example.com> wrote:\n\n> Which?")
    assert (said.newest, said.signature) == (OWN, signature)


def test_chinese_contact_block_is_a_signature() -> None:
    said = cut("好的，请发合同。\n\n祝商祺！\n李四\n示例科技有限公司 销售部\n手机：138 0013 8000\n邮箱：li@example.cn")
    assert said.newest == "好的，请发合同。\n\n祝商祺！"
    assert said.signature == "李四\n示例科技有限公司 销售部\n手机：138 0013 8000\n邮箱：li@example.cn"


def test_card_without_closing_words_is_a_signature() -> None:
    said = cut("We take it.\n\nAnn Black\nACME Ltd\nTel: +44 20 7946 0000\nann@example.com")
    assert (said.newest, said.signature) == (
        "We take it.",
        "Ann Black\nACME Ltd\nTel: +44 20 7946 0000\nann@example.com",
    )


@pytest.mark.parametrize(
    "text",
    [
        "Thanks,\nAnn",
        "I got a mail with the words:\nthis message contains confidential data.\nWhat is it?",
        "See you.\n\nBest regards,\nAnn Black",
        "好的。\n\n谢谢！\n李四",
        "Please deliver to:\n\nACME Ltd\n12 High Street\nTel: +44 20 7946 0000\nann@example.com",
        "Part one.\n\n---\n\nPart two, which is long enough to be a text of its own.",
        "Sent from our warehouse in Shenzhen yesterday.\nThe rest follows.",
        "发自内心地感谢您的支持。",
        "Call me on +44 20 7946 0000 or write to ann@example.com.",
    ],
)
def test_letter_is_left_whole(text: str) -> None:
    assert (cut(text).newest, cut(text).signature) == (text, "")


def test_what_stands_below_a_phone_line_is_an_unmarked_quote() -> None:
    assert cut("Yes.\n\nSent from my Huawei P9\n\nDo you want it?\nRosa").newest == "Yes."


def test_text_below_a_phone_line_is_the_answer_if_there_is_none_above() -> None:
    assert "Yes, please." in cut("Sent from my iPhone\n\nYes, please.").newest


@pytest.mark.parametrize(
    "postscript", ["PS: bring the samples", "P.S. bring the samples", "又及：请带样品", "N.B. by ship"]
)
@pytest.mark.parametrize("signature", ["Sent from my iPhone", "-- \nRosa Roe\nTel +49 30 1234567"])
def test_postscript_below_a_signature_is_said(signature: str, postscript: str) -> None:
    said = cut(f"Agreed.\n\n{signature}\n\n{postscript}", "", "Re: x")
    assert (said.newest, said.signature) == (f"Agreed.\n\n{postscript}", signature)


def test_two_bare_delimiters_are_a_frame() -> None:
    text = "We need:\n--\n20 pcs of A\n40 pcs of B\n--\nPlease ship by Friday.\nRosa"
    assert (cut(text).newest, cut(text).signature) == (text, "")
    footer = "--\nRosa\n\n--\nTo unsubscribe send a mail to the list"
    assert (cut(f"Agreed.\n\n{footer}").newest, cut(f"Agreed.\n\n{footer}").signature) == ("Agreed.", footer)


def test_two_numbers_on_one_line_are_two_facts() -> None:
    card = "李娜\n采购部 经理\n某某电子有限公司\n电话：0755-12345678-801 手机：13800138000"
    assert (cut(f"请发PI。\n\n{card}").newest, cut(f"请发PI。\n\n{card}").signature) == ("请发PI。", card)


def test_short_paragraphs_with_facts_are_no_card() -> None:
    text = "Hi,\n\nour new shop:\n\nwww.example.com\n\ncall +49 30 1234567"
    assert (cut(text).newest, cut(text).signature) == (text, "")


@pytest.mark.parametrize("closing", ["B.Rgds", "B. Regards", "Thanks & best regards,"])
def test_closing_words_of_exporters(closing: str) -> None:
    said = cut(f"Pls confirm.\n\n{closing}\nTony Roe\nSales\nTel: 86-579-12345678")
    assert (said.newest, said.signature) == (f"Pls confirm.\n\n{closing}", "Tony Roe\nSales\nTel: 86-579-12345678")


def test_many_signatures_and_postscripts_take_no_time_and_lose_nothing_said() -> None:
    said = cut("Sent from my iPhone\n\nPS: x\n\n" * 40_000)
    assert said.newest.count("PS: x") == 40_000
