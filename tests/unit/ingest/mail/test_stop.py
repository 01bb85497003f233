"""Whether somebody asks for no more mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.mail.stop import asks_to_stop


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Unsubscribe",
            "unsubscribe.",
            "Please unsubscribe me!",
            "STOP",
            "Remove me\n\nAnn",
            "TD",
            "退订",
            "请退订",
            "退订，谢谢",
        ),
        *(
            "Please remove me from your mailing list.",
            "Kindly take me off this list, thanks.",
            "Stop sending me these mails",
        ),
        *(
            "Please do not email me again.",
            "I don't want to receive your newsletter any more",
            "No more emails, please",
        ),
        *("I would like to be removed from the list.", "Hi, please unsubscribe me from your newsletter.\n\nBest, Bob"),
        *(
            "你好，请帮我退订，谢谢",
            "不要再给我发邮件了",
            "请勿再发送广告邮件",
            "请把我从邮件列表中删除",
            "我要取消订阅",
            "停止发送",
        ),
        *("Bitte aus dem Verteiler nehmen: ich möchte mich abmelden.", "Keine weiteren Mails mehr bitte", "abmelden"),
        *("Merci de me désabonner", "No deseo recibir más correos", "Quiero darme de baja", "配信停止をお願いします"),
    ],
)
def test_request_is_understood(text: str) -> None:
    assert asks_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "Thanks, we take 100 pieces.",
            "How do I unsubscribe?",
            "The machine did not stop in time.",
            "退货的事怎么处理",
            "我们要取消订单",
        ),
        *(
            "Please remove me from the cc of this thread",
            "Please don't unsubscribe me",
            "Stop by our booth",
            "请问如何退订？",
        ),
        *(
            "We remove the old list of prices on Monday.",
            "Don't mail the contract, fax it.",
            "请发送邮件给我",
            "请再发一次邮件",
        ),
        "If you want to be removed, click below",
        "Please unsubscribe me from your list. " + "And now to something else, at length. " * 20,
    ],
)
def test_what_is_no_request_is_left_alone(text: str) -> None:
    assert not asks_to_stop(text)


@given(st.text(max_size=600))
def test_any_text_is_read(text: str) -> None:
    asks_to_stop(text)
