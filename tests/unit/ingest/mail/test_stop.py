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
        *(
            "Hi,\n\nunsubscribe\n\nThanks",
            "Not interested. Remove me.",
            "Please opt me out",
            "I no longer wish to receive your emails",
            "Please stop contacting me",
        ),
        *(
            "Bitte keine Werbung mehr!",
            "Bitte streichen Sie mich von Ihrer Liste",
            "Bitte nehmen Sie uns aus Ihrem Newsletter.",
        ),
        *("Désinscription svp", "Je ne souhaite plus recevoir vos offres", "Merci de ne plus m'envoyer de mails"),
        *("Por favor, denme de baja", "Quítenme: no queremos recibir más publicidad"),
        *("Non desidero ricevere le vostre newsletter", "Cancellatemi dalla lista"),
        *("Por favor remova meu e-mail da lista", "Não quero mais receber e-mails", "descadastrar"),
        *("Отпишите меня, пожалуйста", "Прошу исключить меня из рассылки", "Больше не пишите мне."),
        *("别再发了", "请不要再发此类邮件", "停止给我发送广告邮件", "請把我從名單中刪除"),
        *("今後メールは不要です", "メルマガの配信は不要です"),
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
        *(
            "Please do not unsubscribe me, I like your mails.",
            "Please don't take me off your list",
            "I did not want to unsubscribe, put me back.",
            "I never asked to be removed.",
            "不要退订",
            "请不要把我从名单中删除",
            "我没有要求退订，请继续发",
            "Ich möchte mich nicht abmelden",
            "Ne me désabonnez pas",
            "No me den de baja",
            "Не отписывайте меня",
        ),
        *(
            "如需退订此邮件，请点击这里",
            "如不想收到此类邮件，请回复退订",
            "退订请回复T",
            "To unsubscribe my address click here",
            "Pour ne plus recevoir nos offres, cliquez ici",
            "Si vous souhaitez vous désabonner, cliquez ici",
            "Falls Sie keine weiteren E-Mails mehr erhalten möchten, klicken Sie hier",
        ),
        *(
            "Stop sending the goods to Hamburg until Friday",
            "Please stop sending samples by DHL.",
            "Please cease contacting my supplier directly.",
            "Stop\n\nthe drawing is wrong, please wait.",
            "Please take me off the account list and add Bob",
            "Remove our old address from your database",
            "Don't send me the parts any more before payment",
            "Ich möchte meinen Kollegen für die Schulung abmelden",
            "Quiero dar de baja el contrato",
            "请不要发货，邮件确认后再说",
            "不要再发旧版资料",
            "请勿再发到旧邮箱，新邮箱是 a@example.cn",
            "请停止发送样品",
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
